use super::{Header, HeaderError, Strings, Tag, Text, tag};

/// When a scriptlet runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScriptletKind {
    /// `%pretrans`
    PreTrans,
    /// `%pre`
    PreIn,
    /// `%post`
    PostIn,
    /// `%preun`
    PreUn,
    /// `%postun`
    PostUn,
    /// `%posttrans`
    PostTrans,
    /// `%verifyscript`
    Verify,
    /// `%preuntrans`, since rpm 4.19
    PreUnTrans,
    /// `%postuntrans`, since rpm 4.19
    PostUnTrans,
}

impl ScriptletKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::PreTrans,
        Self::PreIn,
        Self::PostIn,
        Self::PreUn,
        Self::PostUn,
        Self::PostTrans,
        Self::Verify,
        Self::PreUnTrans,
        Self::PostUnTrans,
    ];

    /// How a spec calls it.
    pub const fn section(self) -> &'static str {
        match self {
            Self::PreTrans => "%pretrans",
            Self::PreIn => "%pre",
            Self::PostIn => "%post",
            Self::PreUn => "%preun",
            Self::PostUn => "%postun",
            Self::PostTrans => "%posttrans",
            Self::Verify => "%verifyscript",
            Self::PreUnTrans => "%preuntrans",
            Self::PostUnTrans => "%postuntrans",
        }
    }

    /// Tags of body, interpreter and flags.
    pub const fn tags(self) -> (Tag, Tag, Tag) {
        match self {
            Self::PreTrans => (tag::PRE_TRANS, tag::PRE_TRANS_PROG, tag::PRE_TRANS_FLAGS),
            Self::PreIn => (tag::PRE_IN, tag::PRE_IN_PROG, tag::PRE_IN_FLAGS),
            Self::PostIn => (tag::POST_IN, tag::POST_IN_PROG, tag::POST_IN_FLAGS),
            Self::PreUn => (tag::PRE_UN, tag::PRE_UN_PROG, tag::PRE_UN_FLAGS),
            Self::PostUn => (tag::POST_UN, tag::POST_UN_PROG, tag::POST_UN_FLAGS),
            Self::PostTrans => (tag::POST_TRANS, tag::POST_TRANS_PROG, tag::POST_TRANS_FLAGS),
            Self::Verify => (tag::VERIFY_SCRIPT, tag::VERIFY_SCRIPT_PROG, tag::VERIFY_SCRIPT_FLAGS),
            Self::PreUnTrans => (tag::PRE_UN_TRANS, tag::PRE_UN_TRANS_PROG, tag::PRE_UN_TRANS_FLAGS),
            Self::PostUnTrans => (tag::POST_UN_TRANS, tag::POST_UN_TRANS_PROG, tag::POST_UN_TRANS_FLAGS),
        }
    }
}

/// A scriptlet of a package.
#[derive(Clone, Debug)]
pub struct Scriptlet<'a> {
    /// When it runs.
    pub kind: ScriptletKind,
    /// Its text; `None` for `-p /sbin/ldconfig` and the like.
    pub body: Option<Text<'a>>,
    /// The interpreter and its arguments; none means `/bin/sh`.
    pub interpreter: Strings<'a>,
    /// Scriptlet options (`-e` is 1, `-q` is 2); EL6 knows none of them.
    pub flags: u32,
}

impl Header {
    /// The scriptlets that are there, in the order of [`ScriptletKind::ALL`]. Triggers are not among them.
    ///
    /// # Errors
    /// When a tag has another type.
    pub fn scriptlets(&self) -> Result<Vec<Scriptlet<'_>>, HeaderError> {
        let mut found = Vec::new();
        for kind in ScriptletKind::ALL {
            let (body_tag, interpreter_tag, flags_tag) = kind.tags();
            let body = self.string(body_tag)?;
            let interpreter = self.strings(interpreter_tag)?;
            if body.is_some() || interpreter.len() > 0 {
                found.push(Scriptlet { kind, body, interpreter, flags: self.u32(flags_tag)?.unwrap_or(0) });
            }
        }
        Ok(found)
    }
}
