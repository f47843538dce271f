use std::time::Duration;

use camino::Utf8PathBuf;

use crate::Proxies;

/// How servers are asked.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The proxies.
    pub proxies: Proxies,
    /// PEM files with certificates to trust besides the Mozilla roots that are built in: bare machines have no
    /// bundle, and those of CentOS 6 machines are out of date.
    pub certificates: Vec<Utf8PathBuf>,
    /// How long anything may take.
    pub limits: HttpLimits,
}

impl HttpSettings {
    /// No proxy, no certificates besides the built-in ones, the usual limits.
    pub const fn usual() -> Self {
        Self { proxies: Proxies::none(), certificates: Vec::new(), limits: HttpLimits::usual() }
    }
}

/// How long anything may take.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Without a byte.
    pub idle: Duration,
    /// For one file. The client leaves it to its caller to make a [`Deadline`](crate::Deadline) of it, since several
    /// requests can be made for one.
    pub total: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl HttpLimits {
    /// 30 s to connect, 60 s without a byte, an hour for a file, 10 redirects.
    pub const fn usual() -> Self {
        Self {
            connect: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(3600),
            redirects: 10,
        }
    }
}
