//! The rules about what a package brings to a host: its payload is read once, file by file, and compared with its header;
//! programs, init scripts and traces of the build are looked at on the way.
//!
//! Programs are held one at a time, and none beyond a limit; all else streams.

mod arrivals;
mod boot;
mod contents;
mod digest;
mod elf;
mod init_script;
mod package;
mod programs;
mod rules;
mod scripts;
mod traces;

use std::io::{Read as _, Seek as _, SeekFrom};

use camino::Utf8Path;
use xen4centos_artifact::header::{HeaderError, RpmHeaders};
use xen4centos_manifest::Client;
use xen4centos_payload::{Payload, PayloadError};

use crate::{CheckError, Finding, KernelContract, Rule, package::read_headers};
use arrivals::Arrivals;
use boot::Boot;
use contents::Contents;
use digest::FileDigest;
use package::Package;

/// How far into packages a check looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What headers and metadata say. Package files are not compared with their checksums.
    Headers,
    /// Package files as wholes, too.
    Packages,
    /// The files in payloads, too.
    Payloads,
}

pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    rules::all_rules().chain(programs::all_rules()).chain(scripts::all_rules()).chain(boot::all_rules())
}

/// What `client` would find wrong with the files in the package at `path`: that its payload is not what its header says,
/// and what is in it. Kernels are held to `contract`, whatever they
/// are called. What the headers alone tell is [`check_rpm`](crate::check_rpm)'s, and so is a file that is no package.
///
/// # Errors
/// When the file can not be opened.
pub fn check_payload(
    path: &Utf8Path,
    client: &Client,
    contract: Option<&KernelContract>,
) -> Result<Vec<Finding>, CheckError> {
    let subject = path.file_name().unwrap_or(path.as_str());
    let Ok(headers) = read_headers(path)? else { return Ok(Vec::new()) };
    check_files(path, (subject, &headers), client, contract)
}

/// The same for headers that were read before.
pub(crate) fn check_files(
    path: &Utf8Path,
    (subject, headers): (&str, &RpmHeaders),
    client: &Client,
    contract: Option<&KernelContract>,
) -> Result<Vec<Finding>, CheckError> {
    let failed = |source| CheckError::Read { path: path.to_owned(), source };
    let mut file = fs_err::File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(headers.payload_offset())).map_err(failed)?;
    // What can not be read of a header is reported by the rules about headers.
    let Ok(mut walk) = Walk::new((subject, headers), client, contract) else { return Ok(Vec::new()) };
    match walk.run(file) {
        Ok(()) | Err(PayloadError::Header(_)) => {}
        Err(error) => walk.add(&rules::DAMAGED, described(&error)),
    }
    Ok(walk.finish())
}

/// An error with what is under it, in one line.
pub(crate) fn described(error: &PayloadError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// No path is longer; what is, is not what the header says.
const LONGEST_TARGET: u64 = 4096;

/// One pass over a payload.
struct Walk<'a> {
    package: Package<'a>,
    arrivals: Arrivals,
    boot: Boot<'a>,
    algorithm: u32,
    findings: Vec<Finding>,
    /// What all programs of a package share: the rule, the fault, the first path, and how many more there are.
    shared: Vec<(&'static Rule, String, String, usize)>,
}

impl<'a> Walk<'a> {
    fn new(
        (subject, headers): (&'a str, &'a RpmHeaders),
        client: &'a Client,
        contract: Option<&'a KernelContract>,
    ) -> Result<Self, HeaderError> {
        let package = Package::new(subject, headers, client)?;
        let arrivals = Arrivals::new(&package.files);
        let algorithm = headers.file_digest_algorithm()?;
        let boot = Boot::new(contract);
        Ok(Self { package, arrivals, boot, algorithm, findings: Vec::new(), shared: Vec::new() })
    }

    fn add(&mut self, rule: &Rule, message: impl Into<String>) {
        self.findings.push(Finding::new(rule, self.package.subject, message));
    }

    fn run(&mut self, file: fs_err::File) -> Result<(), PayloadError> {
        let mut payload = Payload::open(file, self.package.headers)?;
        // For all files, so that thousands of small ones do not cost as many buffers.
        let mut buffer = vec![0; 64 * 1024];
        while let Some((entry, content)) = payload.next_entry()? {
            let Some(index) = self.arrivals.find(&entry.path) else {
                let path = String::from_utf8_lossy(&entry.path).into_owned();
                self.add(&rules::OTHER_FILES, format!("{path} is in the payload and not in the header"));
                continue;
            };
            if !self.arrivals.note(index, entry.size) {
                let path = self.package.files[index].path_lossy();
                self.add(&rules::OTHER_FILES, format!("{path} is in the payload twice"));
            } else if self.arrivals.is_further_name(index, entry.size) {
                // The content comes with the last of its names.
            } else {
                self.content(index, entry.size, content, &mut buffer)?;
            }
        }
        for index in self.arrivals.missing() {
            let path = self.package.files[index].path_lossy();
            self.add(&rules::OTHER_FILES, format!("{path} is in the header and not in the payload"));
        }
        for index in self.arrivals.without_content() {
            let path = self.package.files[index].path_lossy();
            self.add(&rules::CONTENT, format!("{path}: no name of this file has its content"));
        }
        Ok(())
    }

    fn content(
        &mut self,
        index: usize,
        size: u64,
        content: xen4centos_payload::Content<'_>,
        buffer: &mut [u8],
    ) -> Result<(), PayloadError> {
        let file = self.package.files[index];
        let broken = PayloadError::of_content;
        if file.is_link() {
            let mut target = Vec::new();
            content.take(LONGEST_TARGET).read_to_end(&mut target).map_err(broken)?;
            if target != file.link_target.as_bytes() {
                let target = String::from_utf8_lossy(&target).into_owned();
                let message = format!("{} leads to {target}, not to {}", file.path_lossy(), file.link_target);
                self.add(&rules::CONTENT, message);
            }
            return Ok(());
        }
        if !file.is_regular() {
            return Ok(());
        }
        if size != file.size {
            let message = format!("{} has {size} bytes, the header says {}", file.path_lossy(), file.size);
            self.add(&rules::CONTENT, message);
            return Ok(());
        }
        let path = file.path_lossy();
        let interest = self.package.interest(&file, &path);
        let digest = FileDigest::new(self.algorithm).filter(|_| !file.digest.is_empty());
        let found = Contents::read(content, digest, interest, buffer).map_err(broken)?;
        if found
            .digest
            .as_ref()
            .is_some_and(|digest| !file.digest.to_str_lossy().eq_ignore_ascii_case(digest))
        {
            // What else could be said of it would be said of something that nobody packaged.
            self.add(&rules::CONTENT, format!("{path} is not what the header's digest says"));
            return Ok(());
        }
        if !self.package.headers.is_source() && !found.is_cut {
            self.boot.take(&self.package, &path, &found.held);
        }
        let mut messages = programs::judge(&self.package, (&file, &path), &found);
        messages.extend(scripts::judge(&self.package, (&file, &path), &found));
        for (rule, fault) in messages {
            if programs::OF_THE_BUILD_ROOT.contains(&rule) {
                self.share(rule, fault, &path);
            } else {
                self.add(rule, format!("{path} {fault}"));
            }
        }
        Ok(())
    }

    fn share(&mut self, rule: &'static Rule, fault: String, path: &str) {
        let same = self.shared.iter_mut().find(|known| known.0 == rule && known.1 == fault);
        match same {
            Some((.., more)) => *more += 1,
            None => self.shared.push((rule, fault, path.to_owned(), 0)),
        }
    }

    fn finish(mut self) -> Vec<Finding> {
        let boot = std::mem::replace(&mut self.boot, Boot::new(None));
        for (rule, message) in boot.finish(&self.package) {
            self.add(rule, message);
        }
        for (rule, fault, path, more) in std::mem::take(&mut self.shared) {
            let more = if more > 0 { format!(", and so do {more} more") } else { String::new() };
            self.add(rule, format!("{path} {fault}{more}"));
        }
        self.findings
    }
}
