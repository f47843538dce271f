use std::fmt;

/// The usual three variables, as somebody else read them.
#[derive(Clone, Debug)]
pub struct Proxies {
    /// For `http://` URLs.
    pub http: Option<ProxyUrl>,
    /// For `https://` URLs.
    pub https: Option<ProxyUrl>,
    /// Hosts, domains and networks that are asked directly, separated by commas; `*` is all.
    pub no_proxy: Option<String>,
}

impl Proxies {
    /// No proxy at all.
    pub const fn none() -> Self {
        Self { http: None, https: None, no_proxy: None }
    }
}

/// The URL of a proxy (`http://`, `https://`, `socks5://` or `socks5h://`), which may hold a password: neither
/// [`Debug`](fmt::Debug) nor [`Display`](fmt::Display) shows user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// Takes a URL; one without a scheme is `http://`, as curl has it.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self(if url.contains("://") { url } else { format!("http://{url}") })
    }

    /// With user and password.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("http", &self.0));
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        write!(formatter, "{scheme}://{host}")
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
