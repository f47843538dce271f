//! An advisory for programs: CSAF 2.0 (OASIS Standard, 2022), profile "security advisory" for what closes holes and "base" for
//! what does not.

use serde_json::{Value, json};

use crate::Bulletin;

/// The document; `publisher` is a name and a URL that stands for it.
pub fn csaf(bulletin: &Bulletin, (publisher, namespace): (&str, &str)) -> Value {
    let is_security = bulletin.kind == "security";
    let mut document = json!({
        "document": {
            "category": if is_security { "csaf_security_advisory" } else { "csaf_base" },
            "csaf_version": "2.0",
            "lang": "en",
            "publisher": { "category": "vendor", "name": publisher, "namespace": namespace },
            "title": bulletin.title,
            "tracking": {
                "id": bulletin.id,
                "status": "final",
                "version": bulletin.version.to_string(),
                "initial_release_date": bulletin.published,
                "current_release_date": bulletin.revised,
                "revision_history": history(bulletin),
            },
        },
    });
    let head = &mut document["document"];
    if !bulletin.description.is_empty() {
        head["notes"] = json!([{ "category": "summary", "text": bulletin.description.join("\n\n") }]);
    }
    if !bulletin.severity.is_empty() {
        head["aggregate_severity"] = json!({ "text": bulletin.severity });
    }
    if !bulletin.references.is_empty() {
        let references = bulletin.references.iter().map(|reference| {
            let category = if reference.id == bulletin.id { "self" } else { "external" };
            json!({ "category": category, "summary": reference.id, "url": reference.href })
        });
        head["references"] = references.collect();
    }
    if !bulletin.credits.is_empty() {
        head["acknowledgments"] = json!([{ "names": bulletin.credits }]);
    }
    if is_security {
        document["product_tree"] = json!({ "full_product_names": products(bulletin) });
        document["vulnerabilities"] = vulnerabilities(bulletin).into();
    }
    document
}

/// Every version, as CSAF wants it; of those between the first and the last no dates are kept.
fn history(bulletin: &Bulletin) -> Vec<Value> {
    let entry = |version: u32| {
        let is_last = version == bulletin.version;
        let date = if is_last { &bulletin.revised } else { &bulletin.published };
        let summary = if version == 1 { "Published" } else { "Published again" };
        json!({ "number": version.to_string(), "date": date, "summary": summary })
    };
    (1..=bulletin.version).map(entry).collect()
}

/// What CSAF has files called: the id in lower case, with `_` for all that is neither letter, digit, `+` nor `-`.
pub fn csaf_file_name(id: &str) -> String {
    let mut name = String::new();
    for character in id.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '+' | '-') {
            name.push(character);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    format!("{name}.json")
}

/// Packages are known by their files' names without the end.
fn product_id(file: &str) -> &str {
    file.strip_suffix(".rpm").unwrap_or(file)
}

fn products(bulletin: &Bulletin) -> Vec<Value> {
    let packages = bulletin.architectures.iter().flat_map(|architecture| &architecture.packages);
    packages
        .map(|package| {
            json!({
                "product_id": product_id(&package.file),
                "name": format!("{} of {}", product_id(&package.file), bulletin.repository),
                "product_identification_helper": {
                    "hashes": [{
                        "filename": package.file,
                        "file_hashes": [{ "algorithm": "sha256", "value": package.sha256 }],
                    }],
                },
            })
        })
        .collect()
}

/// One of each CVE, and of each issue without one.
fn vulnerabilities(bulletin: &Bulletin) -> Vec<Value> {
    let packages = bulletin.architectures.iter().flat_map(|architecture| &architecture.packages);
    let fixed: Vec<&str> = packages.map(|package| product_id(&package.file)).collect();
    let mut remediation = json!({
        "category": "vendor_fix",
        "details": "Update the packages.",
        "product_ids": fixed,
        "restart_required": { "category": if bulletin.reboot { "system" } else { "none" } },
    });
    if let Some(url) = &bulletin.base_url {
        remediation["url"] = json!(url);
    }
    let mut found = Vec::new();
    for issue in &bulletin.issues {
        let is_cve = issue.id.starts_with("CVE-");
        let text = if issue.title.is_empty() { &bulletin.title } else { &issue.title };
        let mut vulnerability = json!({
            "notes": [{ "category": "summary", "text": text }],
            "product_status": { "fixed": fixed },
            "remediations": [remediation],
        });
        if !is_cve {
            vulnerability["ids"] = json!([{ "system_name": "Xen Security Advisory", "text": issue.id }]);
        }
        let own = is_cve.then(|| issue.id.clone());
        let cves: Vec<&String> = issue.cves.iter().chain(&own).collect();
        if cves.is_empty() {
            found.push(vulnerability);
            continue;
        }
        for cve in cves {
            vulnerability["cve"] = json!(cve);
            found.push(vulnerability.clone());
        }
    }
    found
}
