use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_toml_tree::{File, Spot, Table, Text};

use super::{
    Switches, all_checked, checked, own_name, parsed, plain_switches, refuse_repeated, switches, value,
};
use crate::{
    Accepts, Base, BuildRootKind, BuildRootSettings, Channel, KeySettings, RepositorySettings, RpmSettings,
    Target, Upstreams, words,
};

/// A target as far as it could be read, with what is checked against packages, clients and other targets.
pub(crate) struct ReadTarget<'a> {
    pub(crate) file: &'a File,
    pub(crate) target: Option<Target>,
    pub(crate) client: Option<Text>,
    pub(crate) packages: Vec<Text>,
    pub(crate) key_file: Option<Text>,
    pub(crate) switches: Vec<Switches>,
    pub(crate) upstreams: Option<Upstreams>,
    pub(crate) payload: Option<Text>,
    pub(crate) file_digest: Option<Spot<u32>>,
    pub(crate) channel_directories: Vec<Text>,
}

pub(crate) fn read<'a>(root: Table<'a>, path: &Utf8Path, templates: &Utf8Path) -> ReadTarget<'a> {
    let name = own_name(&root, path.file_stem().unwrap_or_default(), "file");
    let client = checked(&root, root.required("client"), words::name);
    let packages = packages(&root);
    let upstreams = root.word(
        root.required("upstreams"),
        &[("release", Upstreams::Release), ("miniature", Upstreams::Miniature)],
    );
    let dist = value(&root, root.required("dist"), dist);
    let arch = value(&root, root.required("arch"), arch);
    let summary = root.required("summary").map(|text| text.value);
    let [vendor, maintainer, distribution] =
        ["vendor", "packager", "distribution"].map(|key| value(&root, root.required(key), words::macro_text));
    let (rpm, payload, file_digest) = rpm(&root);
    let build_root = build_root(&root);
    let switches = switches(&root);
    let repository = repository(&root, templates);
    let (key, key_file) = key(&root);
    let (channels, channel_directories) = channels(&root);
    let waivers = super::waiver::read(&root);
    let file = root.file();
    root.finish();
    let target = (|| {
        Some(Target {
            name: name?,
            summary: summary?,
            dist: dist?,
            arch: arch?,
            client: client.clone()?.value,
            vendor: vendor?,
            packager: maintainer?,
            distribution: distribution?,
            upstreams: upstreams?,
            packages: packages.iter().map(|package| package.value.clone()).collect(),
            rpm: rpm?,
            build_root: build_root?,
            options: plain_switches(&switches),
            repository: repository?,
            key: key?,
            channels,
            waivers,
            path: path.to_owned(),
        })
    })();
    ReadTarget {
        file,
        target,
        client,
        packages,
        key_file,
        switches,
        upstreams,
        payload,
        file_digest,
        channel_directories,
    }
}

fn packages(root: &Table<'_>) -> Vec<Text> {
    let packages = all_checked(root, root.texts("packages"), words::name);
    refuse_repeated(root, &packages, "package");
    if !root.has("packages") {
        root.missing("packages", None);
    } else if packages.is_empty() && root.file().is_sound() {
        root.problem("`packages` is empty: the repository would hold nothing", None);
    }
    packages
}

fn dist(text: &str) -> Option<words::Complaint> {
    match text.strip_prefix('.') {
        Some(rest) if !rest.is_empty() => words::version(text),
        _ => Some((format!("a dist tag starts with `.`, `{text}` does not"), None)),
    }
}

/// What both rpm 4.8 and `$basearch` of yum know.
pub(crate) const ARCHITECTURES: [&str; 2] = ["x86_64", "i686"];

fn arch(text: &str) -> Option<words::Complaint> {
    if ARCHITECTURES.contains(&text) {
        return None;
    }
    Some((format!("`{text}` is no architecture of these clients"), Some("known here: `x86_64`, `i686`")))
}

type Rpm = (Option<RpmSettings>, Option<Text>, Option<Spot<u32>>);

fn rpm(root: &Table<'_>) -> Rpm {
    let Some(table) = root.required_table("rpm") else { return (None, None, None) };
    let payload = checked(&table, table.required("payload"), |text| {
        let hint = "such as `w6.xzdio`: level and one of gzdio, bzdio, xzdio, lzdio, zstdio";
        let complaint = (format!("`{text}` is no payload that rpm can write"), Some(hint));
        if words::payload_compressor(text).is_some() { None } else { Some(complaint) }
    });
    if !table.has("file-digest") {
        table.missing("file-digest", None);
    }
    let file_digest = table.number("file-digest", 1..=11);
    let macros = table.required_table("macros").map(macros);
    table.finish();
    let settings = (|| {
        Some(RpmSettings {
            payload: payload.clone()?.value,
            file_digest: file_digest.clone()?.value,
            macros: macros?,
        })
    })();
    (settings, payload, file_digest)
}

fn macros(table: Table<'_>) -> BTreeMap<String, String> {
    let mut macros = BTreeMap::new();
    for name in table.keys() {
        let word = name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // rpm reads a macro name of fewer than three characters as something else.
        if !word || name.value.len() < 3 || name.value.starts_with(|c: char| c.is_ascii_digit()) {
            table.problem_at(&name, format!("`{}` is no name of an rpm macro", name.value), None);
        }
        if let Some(value) = table.text(&name.value) {
            macros.insert(name.value, value.value);
        }
    }
    table.finish();
    macros
}

fn build_root(root: &Table<'_>) -> Option<BuildRootSettings> {
    let table = root.required_table("build-root")?;
    let kinds = [
        ("host", BuildRootKind::Host),
        ("chroot", BuildRootKind::Chroot),
        ("mock", BuildRootKind::Mock),
        ("koji", BuildRootKind::Koji),
    ];
    let kind = table.word(table.required("kind"), &kinds);
    table.finish();
    Some(BuildRootSettings { kind: kind? })
}

fn repository(root: &Table<'_>, templates: &Utf8Path) -> Option<RepositorySettings> {
    let table = root.required_table("repository")?;
    let id = value(&table, table.required("id"), words::repository_id);
    let title = table.required("title").map(|text| text.value);
    let comps = checked(&table, table.text("comps"), words::inner_path).map(|text| {
        let path = templates.join(&text.value);
        if !path.is_file() {
            let message = format!("there is no file `{}` in repo-templates/", text.value);
            table.problem_at(&text, message, None);
        }
        path
    });
    let base = base(&table, templates);
    table.finish();
    Some(RepositorySettings { id: id?, title: title?, comps, base })
}

fn base(table: &Table<'_>, templates: &Utf8Path) -> Vec<Base> {
    let places = table.texts("base");
    refuse_repeated(table, &places, "base");
    let mut bases = Vec::new();
    for place in places {
        if place.value.contains("://") {
            bases.extend(value(table, Some(place), words::download_url).map(Base::Repository));
            continue;
        }
        let Some(text) = checked(table, Some(place), words::inner_path) else { continue };
        let path = templates.join(&text.value);
        if !path.is_file() {
            let hint = "a list of names or packages in repo-templates/, or the URL of a repository";
            let message = format!("there is no file `{}` in repo-templates/", text.value);
            table.problem_at(&text, message, Some(hint));
        }
        bases.push(Base::List(path));
    }
    bases
}

fn key(root: &Table<'_>) -> (Option<KeySettings>, Option<Text>) {
    let Some(table) = root.required_table("key") else { return (None, None) };
    let user_id = table.required("user-id").map(|text| text.value);
    let file = checked(&table, table.required("file"), words::file_name);
    for key in ["bits", "valid-years"] {
        if !table.has(key) {
            table.missing(key, None);
        }
    }
    // RSA keys outside of this range were not tried on the client.
    let bits = table.number("bits", 2048..=4096).map(|bits| bits.value);
    let valid_years = table.number("valid-years", 1..=30).map(|years| years.value);
    let fingerprint = parsed(&table, table.text("fingerprint"));
    table.finish();
    let settings = (|| {
        let file = file.clone()?.value;
        Some(KeySettings { user_id: user_id?, file, bits: bits?, valid_years: valid_years?, fingerprint })
    })();
    (settings, file)
}

fn channels(root: &Table<'_>) -> (BTreeMap<String, Channel>, Vec<Text>) {
    let tables = root.named_tables("channel");
    if tables.is_empty() && !root.has("channel") {
        root.missing("channel", Some("a target has at least one [channel.NAME]"));
    }
    let has_channels = !tables.is_empty();
    let mut channels = BTreeMap::new();
    let mut private: Vec<Private> = Vec::new();
    let mut directories = Vec::new();
    let mut defaults: Vec<Text> = Vec::new();
    let is_public =
        |(name, table): &(Text, Table<'_>)| (!table.has("private-of")).then(|| name.value.clone());
    let names: BTreeSet<String> = tables.iter().filter_map(is_public).collect();
    for (name, table) in tables {
        let default = table.boolean("default");
        if default.as_ref().is_some_and(|default| default.value) {
            defaults.push(Spot { value: name.value.clone(), span: table.span.clone() });
        }
        let directory = checked(&table, table.required("directory"), words::inner_path);
        directories.extend(directory.clone());
        let default = default.is_some_and(|default| default.value);
        if let Some(of) = table.text("private-of") {
            if default {
                root.problem_at(&name, "a private channel is not the default one", None);
            }
            table.finish();
            private.extend(directory.map(|directory| Private { name: name.clone(), directory, of }));
        } else {
            let channel = channel(table, directory, (&name.value, default), &names);
            channels.extend(channel.map(|channel| (channel.name.clone(), channel)));
        }
        checked(root, Some(name), words::name);
    }
    // One that is out of order is told of already.
    let is_public = |name: &str| names.contains(name);
    let private: Vec<Channel> = private
        .iter()
        .filter_map(|private| private.channel(root, &channels, is_public(&private.of.value)))
        .collect();
    channels.extend(private.into_iter().map(|channel| (channel.name.clone(), channel)));
    defaults.sort_by_key(|default| default.span.start);
    if let [first, second, ..] = &defaults[..] {
        let message = format!("`{}` is the default channel already", first.value);
        root.problem_at(second, message, Some("one channel of a target has `default = true`"));
    }
    if defaults.is_empty() && has_channels {
        root.problem("no channel is the default", Some("give one of the channels `default = true`"));
    }
    (channels, directories)
}

/// A channel that is what another one is, but for where it lies.
struct Private {
    name: Text,
    directory: Text,
    of: Text,
}

impl Private {
    fn channel(
        &self,
        root: &Table<'_>,
        channels: &BTreeMap<String, Channel>,
        is_of_public: bool,
    ) -> Option<Channel> {
        if !is_of_public {
            let public: Vec<&str> = channels.keys().map(String::as_str).collect();
            let hint = format!("public ones of this target: {}", public.join(", "));
            let message = format!("`{}` is no public channel of this target", self.of.value);
            root.problem_at(&self.of, message, Some(&hint));
            return None;
        }
        let public = channels.get(&self.of.value)?;
        Some(Channel {
            name: self.name.value.clone(),
            directory: self.directory.value.clone().into(),
            from: std::iter::once(&public.name).chain(&public.from).cloned().collect(),
            default: false,
            private_of: Some(public.name.clone()),
            ..public.clone()
        })
    }
}

fn channel(
    table: Table<'_>,
    directory: Option<Text>,
    (name, default): (&str, bool),
    names: &BTreeSet<String>,
) -> Option<Channel> {
    let base_url = value(&table, table.required("base-url"), words::base_url);
    let accepts = table.word(
        table.required("accepts"),
        &[("pinned", Accepts::Pinned), ("override", Accepts::Override), ("miniature", Accepts::Miniature)],
    );
    let from = origins(&table, name, names);
    let lifetime_days = table.number("lifetime-days", 1..=36525).map(|days| days.value);
    table.finish();
    Some(Channel {
        name: name.to_owned(),
        directory: directory?.value.into(),
        base_url: base_url?,
        accepts: accepts?,
        from,
        lifetime_days,
        default,
        private_of: None,
    })
}

/// `from`, which names other channels of the target.
fn origins(table: &Table<'_>, name: &str, names: &BTreeSet<String>) -> Vec<String> {
    let origins = table.texts("from");
    refuse_repeated(table, &origins, "channel");
    for origin in &origins {
        if origin.value == name || !names.contains(&origin.value) {
            let others: Vec<_> = names.iter().filter(|other| *other != name).map(String::as_str).collect();
            let hint = format!("others of this target: {}", others.join(", "));
            let message = format!("`{}` is no other channel of this target", origin.value);
            table.problem_at(origin, message, Some(&hint));
        }
    }
    origins.into_iter().map(|origin| origin.value).collect()
}
