//! The directory `kernel-configs/` as a whole, so that one call finds everything that is wrong in it.

use std::{collections::BTreeSet, io::ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::{File, Problem, Problems, Text};

use crate::{Contract, Fragment, KconfigError, Request, merge};

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

/// One `[[fragment]]`, as much of it as could be read.
struct Listed {
    file: Option<Text>,
    summary: Option<String>,
}

/// A directory that is being read, and what is wrong in it.
struct Reader<'a> {
    directory: &'a Utf8Path,
    shown: &'a Utf8Path,
    problems: Vec<Problem>,
}

impl KernelConfigs {
    /// Reads `fragments.toml`, the fragments that it lists and `contract.toml` from `directory`. Reports name
    /// the files as `shown` joined with their names.
    ///
    /// # Errors
    /// When a file can not be read; otherwise all that is wrong in all files, in one go. A `*.config` that the
    /// list does not name is an error too: it would have no effect.
    pub fn load(directory: &Utf8Path, shown: &Utf8Path) -> Result<Self, KconfigError> {
        let mut reader = Reader { directory, shown, problems: Vec::new() };
        let (fragments, summaries) = reader.fragments()?;
        let contract = reader.contract()?;
        Ok(Problems::none_or(reader.problems, Self { fragments, summaries, contract })?)
    }

    /// The fragments merged in their order.
    pub fn request(&self) -> Request {
        merge(&self.fragments)
    }
}

/// All `[[fragment]]` of the list.
fn listed(list: &File) -> Vec<Listed> {
    let tree = list.parse();
    let root = list.root(&tree, "the file");
    let tables = root.required_tables("fragment").into_iter();
    let listed = tables
        .map(|table| {
            let file = table.required("file");
            let summary = table.required("summary").map(|summary| summary.value);
            table.finish();
            Listed { file, summary }
        })
        .collect();
    root.finish();
    listed
}

impl Reader<'_> {
    fn fragments(&mut self) -> Result<(Vec<Fragment>, Vec<String>), KconfigError> {
        let Some(text) = self.text("fragments.toml")? else {
            self.unlisted(&BTreeSet::new(), false)?;
            return Ok(Default::default());
        };
        let list = File::new(text, self.shown.join("fragments.toml"));
        let listed = listed(&list);
        let is_whole = !list.is_broken() && listed.iter().all(|listed| listed.file.is_some());
        let mut names = BTreeSet::new();
        let mut fragments = Vec::new();
        for Text { value: name, span } in listed.iter().filter_map(|listed| listed.file.as_ref()) {
            if !names.insert(name.clone()) {
                list.problem(span, format!("`{name}` is listed twice"), None);
            } else if !self.directory.join(name).is_file() {
                list.problem(span, format!("there is no file `{name}`"), None);
            } else {
                fragments.extend(self.fragment(name)?);
            }
        }
        self.problems.extend(list.into_problems());
        self.unlisted(&names, is_whole)?;
        Ok((fragments, listed.into_iter().filter_map(|listed| listed.summary).collect()))
    }

    fn fragment(&mut self, name: &str) -> Result<Option<Fragment>, KconfigError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = Fragment::parse(&text, &self.shown.join(name));
        Ok(parsed.map_err(|Problems(more)| self.problems.extend(more)).ok())
    }

    /// Fragments that are not among `listed`: of a list that is not whole nothing can be said about what is not in
    /// it, but what is wrong in the fragments themselves is wrong.
    fn unlisted(&mut self, listed: &BTreeSet<String>, list_is_whole: bool) -> Result<(), KconfigError> {
        let failed = |source| KconfigError::Read { path: self.directory.to_owned(), source };
        let mut names = BTreeSet::new();
        for entry in fs_err::read_dir(self.directory).map_err(failed)? {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        names.retain(|name| Utf8Path::new(name).extension() == Some("config") && !listed.contains(name));
        for name in names {
            if list_is_whole {
                let message = "this fragment is not in fragments.toml";
                let problem = Problem::of_line(&self.shown.join(&name), 0, message);
                self.problems.push(problem.hint("list it, or delete it"));
            }
            self.fragment(&name)?;
        }
        Ok(())
    }

    fn contract(&mut self) -> Result<Contract, KconfigError> {
        let Some(text) = self.text("contract.toml")? else { return Ok(Contract::default()) };
        Ok(Contract::parse(&text, &self.shown.join("contract.toml")).unwrap_or_else(|Problems(more)| {
            self.problems.extend(more);
            Contract::default()
        }))
    }

    /// The text of a file; one that is not there or is no text is a problem beside others, and a disk that can not be
    /// read is none of the data's.
    fn text(&mut self, name: &str) -> Result<Option<String>, KconfigError> {
        let path: Utf8PathBuf = self.directory.join(name);
        let message = match fs_err::read_to_string(&path) {
            Ok(text) => return Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => "there is no such file",
            Err(error) if error.kind() == ErrorKind::InvalidData => "this is no UTF-8 text",
            Err(source) => return Err(KconfigError::Read { path, source }),
        };
        self.problems.push(Problem::of_line(&self.shown.join(name), 0, message));
        Ok(None)
    }
}
