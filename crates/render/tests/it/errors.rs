use insta::assert_snapshot;

use crate::Case;

/// The error of a template that is rendered for `hello`, with its hint.
fn check(case: &Case, template: &str) -> String {
    match case.render_text(template) {
        Ok(text) => panic!("rendered: {text}"),
        Err(error) => {
            let hint = error.hint().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
            format!("{error}{hint}")
        }
    }
}

/// A template that uses all that `hello` declares, and more after it.
fn with(more: &str) -> String {
    format!(
        "{{{{ source_lines }}}}{{{{ patch_lines }}}}{{{{ patch_commands }}}}\n\
         {{% if option.shout or option.languages %}}x{{% endif %}}\n{more}"
    )
}

#[test]
fn collisions_with_rpm_are_all_named() {
    assert_snapshot!(check(&Case::hello(), "ok\nn=${#array[@]}\n%{{ package.name }}\n{# comment #}\n"), @r##"
    specs/hello/hello.spec.tera:2: `{#` starts a comment for tera, which deletes everything up to the next `#}`
    specs/hello/hello.spec.tera:3: `%{{` loses a brace: tera takes `{{` for the start of an expression
    specs/hello/hello.spec.tera:4: `{#` starts a comment for tera, which deletes everything up to the next `#}`
    hint: put the line between {% raw %} and {% endraw %}; for comments use `#`
    "##);
}

#[test]
fn way_out_of_a_lost_brace_works() {
    let case = Case::hello();
    let text = case.render_text(&with("{{ \"%{\" ~ package.name ~ \"}\" }}")).unwrap();
    assert!(text.ends_with("%{hello}\n"), "{text}");
}

/// Also where tera would take them for false, and in branches that are not taken.
#[test]
fn variables_that_there_are_not() {
    let template = with(
        "{% if option.shuot %}a{% endif %}\n{% if false %}{{ root.gcc_mayor }}{% endif %}\n\
         {{ sorce.hello_service.index }}\n{% if root.capabilities.pyhton2 %}{% endif %}{{ source.hello_service.url }}",
    );
    assert_snapshot!(check(&Case::hello(), &template));
}

/// A variable that is right, for a source that is not needed with these options.
#[test]
fn source_of_an_option_that_is_off() {
    let case = Case::hello().switch("languages", false);
    let guarded = with("{% if option.languages %}{{ source.translations.index }}{% endif %}");
    assert!(case.render_text(&guarded).is_ok());
    assert_snapshot!(check(&case, &with("\n{{ source.translations.index }}")));
}

#[test]
fn declarations_that_the_template_never_looks_at() {
    let template = "{{ patch_lines }}{{ upstream.file }}{{ source[\"hello_service\"].file }}{% if option.shout %}{% endif %}";
    assert_snapshot!(check(&Case::hello(), template));
}

#[test]
fn syntax_that_tera_does_not_take() {
    assert_snapshot!(check(&Case::hello(), &with("cp {{a,b},c} .\n")));
    assert_snapshot!(check(&Case::hello(), &with("{% if option.shout %}\n")));
}

/// Nothing that follows the place of a syntax error is taken for part of it.
#[test]
fn syntax_error_before_other_tags() {
    let rest = "done\n%{?dist} {{ package.name }}\n{% if option.shout %}x{% endif %}\n";
    assert_snapshot!(check(&Case::hello(), &with(&format!("cp {{{{a,b}},c}} .\n{rest}"))));
    assert_snapshot!(check(&Case::hello(), &with(&format!("%{{lua: x = {{{{1,2}},{{3,4}}}} }}\n{rest}"))));
    assert_snapshot!(check(&Case::hello(), &with(&format!("{{{{ package.name | uper }}}}\n{rest}"))));
}

/// What a loop binds has the members of what it loops over, and is gone after it.
#[test]
fn members_of_what_a_loop_binds() {
    let template = with(
        "{% for p in patches %}{% if p.advisry %}x{% endif %}{% endfor %}\n\
         {% for s in sources %}{{ s.nmae }}{{ s.name }}{% endfor %}\n\
         {% for p in patches %}{{ loop.index }}{{ p.file }}{% endfor %}{{ p.file }}{{ loop.index }}\n\
         {{ patches[0].sumary }}{{ [q.x for q in patches if q.advisory] }}{{ patches | sort(attribute=\"y\") | length }}",
    );
    assert_snapshot!(check(&Case::hello(), &template));
}

#[test]
fn variables_of_the_template_itself() {
    let template = with(
        "{% if nope %}A{% else %}B{% endif %}{% set nope = true %}\n\
         {% if option.shout %}{% set loud = true %}{% endif %}\n{% if loud %}x{% endif %}\n\
         {% set u = upstream %}{{ u.directroy }}\n{% set unused = 1 %}{% set used = 1 %}{{ used }}",
    );
    assert_snapshot!(check(&Case::hello(), &template));
}

/// To look at all options is to look at none.
#[test]
fn tables_as_a_whole() {
    let template = with(
        "{{ option }}\n{% for name, on in option %}{{ name }}{{ on }}{% endfor %}\n{% if \"x\" in source %}{% endif %}\n\
         {{ option[package.name] }}{% set o = option %}{{ o.shout }}\n{% if root.capabilities %}{% endif %}{{ __tera_context }}",
    );
    assert_snapshot!(check(&Case::hello(), &template));
}

#[test]
fn whole_of_the_options_is_no_use_of_them() {
    let template = "{{ source_lines }}{{ patch_lines }}{{ patch_commands }}{% if option.shout %}{% endif %}";
    assert_snapshot!(check(&Case::hello(), template));
    assert!(!xen4centos_render::asks_for("{{ source }}", "source.signing_key"));
    assert!(xen4centos_render::asks_for("{{ source[\"signing_key\"].index }}", "source.signing_key"));
    assert!(!xen4centos_render::asks_for("{{ kernel_config }}{% if %}", "kernel_config"));
}

#[test]
fn parts_of_a_template_that_can_not_be_followed() {
    let template = with(
        "{% block one %}{{ package.name }}{% endblock %}\n{% component c() %}{{ nope }}{% endcomponent %}",
    );
    assert_snapshot!(check(&Case::hello(), &template));
}

#[test]
fn values_that_would_change_a_line() {
    let mut case = Case::hello();
    let package = case.project.packages.get_mut("hello").unwrap();
    package.summary = "one\n%post\nrm -rf /".to_owned();
    assert_snapshot!(check(&case, &with("")));
}

#[test]
fn sources_that_are_called_the_same() {
    let mut case = Case::hello();
    let generated = |name: &str, file: &str| xen4centos_render::SourceFile {
        name: name.to_owned(),
        file: file.to_owned(),
        url: None,
        role: xen4centos_render::FileRole::Other,
    };
    case.generated = vec![generated("CentOS-Xen.repo", "hello.service")];
    assert_snapshot!(check(&case, &with("")));
    case.generated = vec![generated("hello_service", "other")];
    assert_snapshot!(check(&case, &with("")));
}
