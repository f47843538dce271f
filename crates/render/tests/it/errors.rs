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

#[test]
fn values_that_would_change_a_line() {
    let mut case = Case::hello();
    let package = case.project.packages.get_mut("hello").unwrap();
    package.summary = "100%{?evil}".to_owned();
    assert_snapshot!(check(&case, &with("")), @r"
    specs/hello/hello.spec.tera: the value of `package.summary` has an rpm macro: `100%{?evil}`
    hint: change it in package.toml or the target's file
    ");
}
