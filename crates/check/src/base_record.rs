//! Packages in the form in which hosts are recorded (README.md, "What a host would get").

use xen4centos_artifact::{Evr, Nevra, header::DependencyFlags};

use crate::{BaseProvides, PackageFacts, Provision};

/// Text that says what a line should have been.
type Expected = &'static str;

const PACKAGE: Expected = "`package NAME EPOCH VERSION RELEASE ARCH`";
const DEPENDENCY: Expected = "a name, or a name, a comparison and a version";

/// rpm 4.8 prints this, and no end of line, for lists that a package has not.
const ABSENT: &str = "(none)";

/// Takes the lines of records out of a list.
#[derive(Default)]
pub(crate) struct RecordReader {
    /// The package that lines belong to.
    package: Option<PackageFacts>,
}

impl RecordReader {
    /// Whether the line is one of a record.
    pub(crate) fn line(&mut self, line: &str, base: &mut BaseProvides) -> Result<bool, Expected> {
        let line = line.trim_start_matches(ABSENT).trim();
        let Some((word, rest)) = line.split_once(char::is_whitespace) else { return Ok(false) };
        if word == "package" {
            self.finish(base);
            self.package = Some(package(rest)?);
            return Ok(true);
        }
        let Some(package) = &mut self.package else { return Ok(false) };
        match word {
            "provides" => package.provides.push(provision(rest)?),
            "requires" => package.requires.push(provision(rest)?),
            "conflicts" => package.conflicts.push(provision(rest)?),
            "obsoletes" => package.obsoletes.push(provision(rest)?),
            "file" => base.add_file(rest.trim_start()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The last package is whole.
    pub(crate) fn finish(&mut self, base: &mut BaseProvides) {
        self.package.take().into_iter().for_each(|package| base.add_package(package));
    }
}

fn package(rest: &str) -> Result<PackageFacts, Expected> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [name, epoch, version, release, arch] = words.as_slice() else { return Err(PACKAGE) };
    let evr = Evr::new(epoch.parse().map_err(|_| PACKAGE)?, *version, *release);
    let shown = evr.to_string();
    let mut package = PackageFacts::new(Nevra::new(*name, evr, *arch));
    // A hand does not write what every package gives of itself.
    package.provides.push(Provision::exactly(*name, shown.as_str()));
    if *arch == "x86_64" {
        package.provides.push(Provision::exactly(format!("{name}(x86-64)"), shown));
    }
    Ok(package)
}

fn provision(text: &str) -> Result<Provision, Expected> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (name, comparison, evr) = match words.as_slice() {
        [name] => (name, "", ""),
        // A comparison without a version says nothing.
        [name, comparison] => (name, *comparison, ""),
        [name, comparison, evr] => (name, *comparison, *evr),
        _ => return Err(DEPENDENCY),
    };
    let flags = match comparison {
        "" => 0,
        "<" => DependencyFlags::LESS,
        "<=" => DependencyFlags::LESS | DependencyFlags::EQUAL,
        "=" => DependencyFlags::EQUAL,
        ">=" => DependencyFlags::GREATER | DependencyFlags::EQUAL,
        ">" => DependencyFlags::GREATER,
        _ => return Err(DEPENDENCY),
    };
    Ok(Provision::new(*name, DependencyFlags(flags), evr))
}
