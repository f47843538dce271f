use std::{fmt, str::FromStr};

use crate::{Evr, EvrError};

/// Name, epoch, version, release and architecture: what identifies a package to yum. Source packages have the
/// architecture `src`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Nevra {
    /// RPM tag 1000.
    pub name: String,
    /// RPM tags 1003, 1001 and 1002.
    pub evr: Evr,
    /// RPM tag 1022, or `src`.
    pub arch: String,
}

/// Why a text is not `name-[epoch:]version-release.arch`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NevraError {
    /// A part is missing.
    #[error("expected `name-[epoch:]version-release.arch`, found `{0}`")]
    Shape(String),
    /// The middle is no EVR.
    #[error("bad version in package name `{text}`")]
    Evr {
        /// What was given.
        text: String,
        /// What is wrong with its middle.
        source: EvrError,
    },
}

impl Nevra {
    /// A NEVRA from its parts.
    pub fn new(name: impl Into<String>, evr: Evr, arch: impl Into<String>) -> Self {
        Self { name: name.into(), evr, arch: arch.into() }
    }

    /// `name-version-release.arch.rpm`: rpm leaves the epoch out of file names.
    pub fn file_name(&self) -> String {
        format!("{}-{}.{}.rpm", self.name, self.evr.version_release(), self.arch)
    }
}

impl fmt::Display for Nevra {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}.{}", self.name, self.evr, self.arch)
    }
}

impl FromStr for Nevra {
    type Err = NevraError;

    fn from_str(text: &str) -> Result<Self, NevraError> {
        let shape = || NevraError::Shape(text.to_owned());
        let (rest, arch) = text.rsplit_once('.').ok_or_else(shape)?;
        let (rest, release) = rest.rsplit_once('-').ok_or_else(shape)?;
        let (name, version) = rest.rsplit_once('-').ok_or_else(shape)?;
        if name.is_empty() || arch.is_empty() {
            return Err(shape());
        }
        let evr = format!("{version}-{release}")
            .parse()
            .map_err(|source| NevraError::Evr { text: text.to_owned(), source })?;
        Ok(Self::new(name, evr, arch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let text = "centos-release-xen-10:6-7.el6.centos.x86_64";
        let nevra: Nevra = text.parse().unwrap();
        assert_eq!(nevra.to_string(), text);
        assert_eq!(nevra.file_name(), "centos-release-xen-6-7.el6.centos.x86_64.rpm");
        assert!("xen".parse::<Nevra>().is_err());
    }
}
