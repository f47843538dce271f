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

/// The test above would notice a wrong weekday.
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
