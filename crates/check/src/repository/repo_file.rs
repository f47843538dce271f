//! The `.repo` files by which hosts find a repository, as yum reads them.

use std::collections::BTreeMap;

use xen4centos_manifest::Client;

use super::rules;
use crate::Rule;

/// What belongs to a plugin that a host may not have.
const PLUGIN_SETTINGS: [&str; 2] = ["priority", "protect"];

const KEY_DIRECTORY: &str = "file:///";

/// How keys come that anybody on the way can replace.
const OPEN_WAYS: [&str; 2] = ["http://", "ftp://"];

type Found = Vec<(&'static Rule, String)>;

/// What `client` would find wrong with a file; `ships` says whether a path comes with the same package.
pub(super) fn check(bytes: &[u8], client: &Client, ships: impl Fn(&str) -> bool) -> Found {
    let sections = match std::str::from_utf8(bytes).map_err(|error| error.to_string()).and_then(read) {
        Ok(sections) => sections,
        Err(reason) => return vec![(&rules::REPO_FILE, reason)],
    };
    let mut found = Vec::new();
    for (id, settings) in &sections {
        let id = id.as_str();
        let mut add = |rule, message: String| found.push((rule, format!("[{id}] {message}")));
        for part in client.forbidden_repository_id_parts.iter().filter(|part| id.contains(*part)) {
            add(&rules::REPOSITORY_ID, format!("has `{part}` in its id"));
        }
        if !["baseurl", "mirrorlist", "metalink"].iter().any(|key| settings.contains_key(*key)) {
            add(&rules::REPO_FILE, "has no `baseurl`".to_owned());
        }
        for key in client.required_repo_settings.iter().filter(|key| !is_on(settings.get(key.as_str()))) {
            add(&rules::SIGNATURES_NOT_ASKED_FOR, format!("does not have `{key}=1`"));
        }
        for message in unknown_variables(settings, client) {
            add(&rules::REPO_VARIABLE, message);
        }
        for message in ignored(settings, client) {
            add(&rules::REPO_SETTING, message);
        }
        if settings.contains_key("metalink") && client.forbid_metalinks {
            add(&rules::METALINK, "is found by a metalink".to_owned());
        }
        let keys = keys(settings);
        if keys.is_empty() {
            add(&rules::REPO_KEY, "has no `gpgkey`".to_owned());
        }
        for key in keys {
            if OPEN_WAYS.iter().any(|way| key.to_ascii_lowercase().starts_with(way)) {
                add(&rules::OPEN_KEY, format!("takes its key from {key}"));
            } else if let Some(path) = key.strip_prefix(KEY_DIRECTORY).map(|path| format!("/{path}"))
                && !ships(&path)
            {
                add(&rules::REPO_KEY, format!("takes its key from {path}, which the package does not have"));
            }
        }
    }
    found
}

/// The first section of a file, where yum passes over it until somebody enables it; without the setting it does not.
pub(super) fn switched_off(bytes: &[u8]) -> Option<String> {
    let (id, settings) = read(std::str::from_utf8(bytes).ok()?).ok()?.into_iter().next()?;
    let value = settings.get("enabled")?.to_ascii_lowercase();
    ["0", "no", "false"].contains(&value.as_str()).then_some(id)
}

type Settings = BTreeMap<String, String>;

/// Python's `ConfigParser`: sections, `key=value` or `key: value`, and lines that begin with a blank go on.
fn read(text: &str) -> Result<Vec<(String, Settings)>, String> {
    let mut sections: Vec<(String, Settings)> = Vec::new();
    let mut last_key = String::new();
    for (line, number) in text.lines().zip(1..) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(id) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push((id.to_owned(), Settings::new()));
            last_key.clear();
            continue;
        }
        let Some((_, settings)) = sections.last_mut() else {
            return Err(format!("line {number} stands before any `[id]`"));
        };
        if line.starts_with([' ', '\t']) && !last_key.is_empty() {
            let value = settings.entry(last_key.clone()).or_default();
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let Some((key, value)) = trimmed.split_once(['=', ':']) else {
            return Err(format!("line {number} is neither `[id]` nor `key=value`"));
        };
        last_key = key.trim().to_ascii_lowercase();
        settings.insert(last_key.clone(), value.trim().to_owned());
    }
    if sections.is_empty() { Err("has no `[id]`".to_owned()) } else { Ok(sections) }
}

fn is_on(value: Option<&String>) -> bool {
    value.is_some_and(|value| ["1", "yes", "true"].contains(&value.to_ascii_lowercase().as_str()))
}

fn unknown_variables(settings: &Settings, client: &Client) -> Vec<String> {
    let known = &client.repo_variables;
    if known.is_empty() {
        return Vec::new();
    }
    let mut messages = Vec::new();
    for (key, value) in settings {
        for rest in value.split('$').skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !known.contains(&name) {
                messages.push(format!("has `${name}` in `{key}`"));
            }
        }
    }
    messages
}

fn ignored(settings: &Settings, client: &Client) -> Vec<String> {
    let known = &client.repo_settings;
    let unknown = settings.keys().filter(|key| !known.is_empty() && !known.contains(key));
    unknown
        .map(|key| {
            let plugin = PLUGIN_SETTINGS.contains(&key.as_str());
            format!("has `{key}`{}", if plugin { ", which only a plugin reads" } else { "" })
        })
        .collect()
}

fn keys(settings: &Settings) -> Vec<&str> {
    let keys = settings.get("gpgkey").map(|keys| keys.split([' ', '\n', ',']).filter(|key| !key.is_empty()));
    keys.into_iter().flatten().collect()
}
