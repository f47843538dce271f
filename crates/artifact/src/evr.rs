use std::{cmp::Ordering, fmt, str::FromStr};

/// Epoch, version and release of a package (RPM tags 1003, 1001, 1002 of the main header), ordered as rpm
/// orders them: epoch first, then `rpmvercmp` on version and release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Evr {
    /// 0 where the package has no epoch tag.
    pub epoch: u32,
    /// Upstream's version.
    pub version: String,
    /// The release, dist tag included.
    pub release: String,
}

/// Why a text is not `[epoch:]version-release`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EvrError {
    /// The text before the colon is no unsigned 32-bit number.
    #[error("epoch is not a number in `{0}`")]
    Epoch(String),
    /// No `-`, or nothing on one side of it.
    #[error("expected `[epoch:]version-release`, found `{0}`")]
    Shape(String),
}

impl Evr {
    /// An EVR from its three parts.
    pub fn new(epoch: u32, version: impl Into<String>, release: impl Into<String>) -> Self {
        Self { epoch, version: version.into(), release: release.into() }
    }

    /// `version-release`, without the epoch, as it stands in file names.
    pub fn version_release(&self) -> String {
        format!("{}-{}", self.version, self.release)
    }
}

/// `rpmvercmp` on one part of an EVR; the crate offers it only on whole ones.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    rpm_version::Evr::new("0", left, "").cmp(&rpm_version::Evr::new("0", right, ""))
}

impl Ord for Evr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_versions(&self.version, &other.version))
            .then_with(|| compare_versions(&self.release, &other.release))
            // `rpmvercmp` calls `1.0` and `1..0` equal; Ord must agree with Eq.
            .then_with(|| (&self.version, &self.release).cmp(&(&other.version, &other.release)))
    }
}

impl PartialOrd for Evr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Evr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch != 0 {
            write!(formatter, "{}:", self.epoch)?;
        }
        write!(formatter, "{}-{}", self.version, self.release)
    }
}

impl FromStr for Evr {
    type Err = EvrError;

    fn from_str(text: &str) -> Result<Self, EvrError> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (epoch.parse().map_err(|_| EvrError::Epoch(text.to_owned()))?, rest),
            None => (0, text),
        };
        match rest.rsplit_once('-') {
            Some((version, release)) if !version.is_empty() && !release.is_empty() => {
                Ok(Self::new(epoch, version, release))
            }
            _ => Err(EvrError::Shape(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_rpms() {
        let parse = |text: &str| text.parse::<Evr>().unwrap();
        assert!(parse("4.2.5-10.el6") > parse("4.2.5-9.el6"));
        assert!(parse("1:1.0-1") > parse("2.0-1"));
        assert!(parse("3.4.113-1") > parse("3.4.61-9"));
    }

    #[test]
    fn refusals() {
        assert_eq!("x:1-1".parse::<Evr>(), Err(EvrError::Epoch("x:1-1".into())));
        assert_eq!("1.0".parse::<Evr>(), Err(EvrError::Shape("1.0".into())));
    }
}
