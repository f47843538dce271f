//! The directory `kernel-configs/` as a whole, so that one call finds everything that is wrong in it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::{Contract, Fragment, KconfigError, Problem, Problems, Request, merge, problem};

/// Everything in `kernel-configs/`: fragments in their order, and the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelConfigs {
    /// The fragments in the order in which they are merged.
    pub fragments: Vec<Fragment>,
    /// What each of them is for, in the same order.
    pub summaries: Vec<String>,
    /// What Xen needs.
    pub contract: Contract,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawList {
    fragment: Vec<RawFragment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFragment {
    file: toml::Spanned<String>,
    summary: String,
}

impl KernelConfigs {
    /// Reads `fragments.toml`, the fragments that it lists and `contract.toml` from `directory`. Reports name
    /// the files as `directory` joined with their names.
    ///
    /// # Errors
    /// When a file can not be read; otherwise all that is wrong in all files, in one go. A `*.config` that the
    /// list does not name is an error too: it would have no effect.
    pub fn load(directory: &Utf8Path) -> Result<Self, KconfigError> {
        let list_path = directory.join("fragments.toml");
        let list_text = read(&list_path)?;
        let list: RawList = toml::from_str(&list_text)
            .map_err(|error| Problems(vec![problem::toml_problem(&list_path, &list_text, &error)]))?;
        let mut problems = unlisted(directory, &list)?;
        let mut fragments = Vec::new();
        let mut seen = BTreeSet::new();
        for raw in &list.fragment {
            let name = raw.file.get_ref();
            let line = problem::line_of(&list_text, raw.file.span().start);
            let path = directory.join(name);
            if !seen.insert(name) {
                problems.push(Problem::new(&list_path, line, format!("`{name}` is listed twice")));
            } else if !path.is_file() {
                problems.push(Problem::new(&list_path, line, format!("there is no file `{name}`")));
            } else {
                match Fragment::parse(&read(&path)?, &path) {
                    Ok(fragment) => fragments.push(fragment),
                    Err(Problems(more)) => problems.extend(more),
                }
            }
        }
        let contract_path = directory.join("contract.toml");
        let contract = Contract::parse(&read(&contract_path)?, &contract_path).unwrap_or_else(|more| {
            problems.extend(more.0);
            Contract::default()
        });
        let summaries = list.fragment.into_iter().map(|raw| raw.summary).collect();
        Ok(Problems::none_or(problems, Self { fragments, summaries, contract })?)
    }

    /// The fragments merged in their order.
    pub fn request(&self) -> Request {
        merge(&self.fragments)
    }
}

fn unlisted(directory: &Utf8Path, list: &RawList) -> Result<Vec<Problem>, KconfigError> {
    let failed = |source| KconfigError::Read { path: directory.to_owned(), source };
    let mut names = BTreeSet::new();
    for entry in fs_err::read_dir(directory).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    for raw in &list.fragment {
        names.remove(raw.file.get_ref());
    }
    names.retain(|name| Utf8Path::new(name).extension() == Some("config"));
    Ok(names
        .into_iter()
        .map(|name| {
            Problem::new(&directory.join(&name), 0, "this fragment is not in fragments.toml")
                .hint("list it, or delete it")
        })
        .collect())
}

fn read(path: &Utf8PathBuf) -> Result<String, KconfigError> {
    fs_err::read_to_string(path).map_err(|source| KconfigError::Read { path: path.clone(), source })
}
