use std::fmt;

/// What an administrator types after `yum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// `update`: of everything, or of these packages.
    Update(Vec<String>),
    /// `install` of these packages.
    Install(Vec<String>),
}

impl Job {
    /// The paths among the names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let (Self::Update(names) | Self::Install(names)) = self;
        names.iter().map(String::as_str).filter(|name| name.starts_with('/'))
    }

    /// Reads `update`, `update NAME…` or `install NAME…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let verb = words.next()?;
        let names: Vec<String> = words.map(str::to_owned).collect();
        match verb {
            "update" => Some(Self::Update(names)),
            "install" if !names.is_empty() => Some(Self::Install(names)),
            _ => None,
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, names) = match self {
            Self::Update(names) => ("update", names),
            Self::Install(names) => ("install", names),
        };
        write!(formatter, "yum {verb}")?;
        names.iter().try_for_each(|name| write!(formatter, " {name}"))
    }
}
