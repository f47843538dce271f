use insta::assert_snapshot;

use crate::{Case, Form, rpmspec};

#[test]
fn release_with_the_target_s_options() {
    assert_snapshot!(Case::hello().render());
}

#[test]
fn tree_in_place_of_the_release_without_options() {
    let case = Case { form: Form::Tree, ..Case::hello() };
    assert_snapshot!(case.switch("languages", false).switch("shout", false).render());
}

/// `%` of the manifest's values comes through as itself, and the weekdays are right: rpm warns of wrong ones.
#[test]
fn rpm_reads_what_the_manifest_says() {
    let text = Case::hello().render();
    let (parsed, complaints) = rpmspec(&text, &["--parse"]);
    assert_eq!(complaints, "");
    assert!(parsed.contains("install -D -m 0644 "), "{parsed}");
    let (tags, _) = rpmspec(&text, &["--query", "--queryformat", "%{NEVR} %{SUMMARY} [%{CHANGELOGTEXT}|]"]);
    assert_eq!(
        tags,
        "hello-2.10-3.el6.centos.alt A greeting \
         - Shout on request, 100% louder: %{greeting}\n- Greet safely (XSA-1)|- Greet on leap days|"
    );
    let (sources, _) = rpmspec(&text, &["--query", "--srpm", "--queryformat", "[%{SOURCE}\n][%{PATCH}\n]"]);
    let mut files: Vec<&str> = sources.lines().collect();
    files.sort_unstable();
    assert_eq!(
        files,
        [
            "hello-2.10.tar.gz",
            "hello.service",
            "one.patch",
            "patch-2.10.1.xz",
            "translations.tar.gz",
            "two.patch"
        ]
    );
}

/// Whatever stands in a value, rpm takes it as it stands, and runs nothing of it.
#[test]
fn nothing_of_the_data_is_run() {
    let directory = tempfile::tempdir().unwrap();
    let pwned = directory.path().join("pwned");
    let evil = format!("100%(touch {}) %{{?dist}}", pwned.display());
    let mut case = Case::hello();
    let package = case.project.packages.get_mut("hello").unwrap();
    package.summary = format!("Sum {evil}");
    package.patches[0].summary = evil.clone();
    package.patches[0].advisories = vec![evil.clone()];
    for entry in &mut package.changelog {
        entry.author = format!("A {evil} <a@example.org>");
        entry.version = format!("2.10-{evil}");
        entry.entries = vec![evil.clone()];
    }
    let target = case.project.targets.get_mut("here").unwrap();
    target.vendor.clone_from(&evil);
    target.repository.title.clone_from(&evil);
    for channel in target.channels.values_mut() {
        channel.base_url = format!("http://h/{evil}/");
    }
    let template = fs_err::read_to_string(&case.package().template).unwrap().replace(
        "%prep",
        "{{ target.vendor }} {{ target.repository_title }} {{ channel.base_url }}\n{% for p in patches %}{{ p.advisory }}{% endfor %}\n%prep",
    );
    let text = case.render_text(&template).unwrap();
    let (parsed, _) = rpmspec(&text, &["--parse"]);
    assert!(parsed.contains(&format!("http://h/{evil}/")), "{parsed}");
    let (tags, _) =
        rpmspec(&text, &["--query", "--queryformat", "%{SUMMARY}\n[%{CHANGELOGNAME}\n%{CHANGELOGTEXT}\n]"]);
    let entry = format!("A {evil} <a@example.org> - 2.10-{evil}\n- {evil}");
    assert_eq!(tags.trim_end(), format!("Sum {evil}\n{entry}\n{entry}"));
    assert!(!pwned.exists());
}

/// The test of what rpm reads would notice a wrong weekday.
#[test]
fn rpm_complains_of_a_wrong_weekday() {
    let text = Case::hello().render().replace("* Mon Nov 23 2026", "* Sun Nov 23 2026");
    let (_, complaints) = rpmspec(&text, &["--query"]);
    assert!(complaints.contains("bogus date"), "{complaints}");
}

#[test]
fn same_input_gives_the_same_text() {
    assert_eq!(Case::hello().render(), Case::hello().render());
}

#[test]
fn repository_file_is_rendered_from_the_same_variables() {
    let template = "[{{ target.repository_id }}]\nname={{ target.repository_title }} & more\n\
                    baseurl={{ channel.base_url }}\ngpgkey=file:///etc/pki/rpm-gpg/{{ target.key_file }}\n";
    let context = Case::hello().context();
    let render = |path: &str| xen4centos_render::text(template, path.into(), &context).unwrap();
    assert_snapshot!(render("repo-templates/CentOS-Xen.repo.tera"), @r"
    [Xen4CentOS]
    name=Xen4CentOS & more
    baseurl=http://127.0.0.1:8642/quickstart/x86_64/
    gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Xen4CentOS-quickstart
    ");
}

#[test]
fn values_are_escaped_in_xml_and_html_only() {
    let mut case = Case::hello();
    let target = case.project.targets.get_mut("here").unwrap();
    target.repository.title = "Xen <4> & CentOS".to_owned();
    let context = case.context();
    let render =
        |path: &str| xen4centos_render::text("{{ target.repository_title }}", path.into(), &context).unwrap();
    assert_eq!(render("page.html.tera"), "Xen &lt;4&gt; &amp; CentOS");
    assert_eq!(render("comps.xml.tera"), "Xen &lt;4&gt; &amp; CentOS");
    assert_eq!(render("mail.txt.tera"), "Xen <4> & CentOS");
}
