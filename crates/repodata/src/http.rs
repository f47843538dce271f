//! A repository behind HTTP. What comes is read once, as it comes, and is not asked for again: repomd.xml says what
//! it must be.

use std::{
    error::Error,
    io::{self, Read},
    sync::Arc,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use reqwest::{
    NoProxy, Proxy, StatusCode,
    blocking::{Client, Response},
    header::ACCEPT_ENCODING,
    redirect::{Attempt, Policy},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{RepodataError, Storage, location::percent_encoded};

/// How the network is used. reqwest's own look at the environment is switched off.
#[derive(Clone)]
pub struct HttpSettings {
    /// For `http://` URLs; may hold a password.
    pub http_proxy: Option<String>,
    /// For `https://` URLs; may hold a password.
    pub https_proxy: Option<String>,
    /// Hosts, domains and networks that are asked directly, separated by commas; `*` is all.
    pub no_proxy: Option<String>,
    /// PEM files with certificates to trust besides the Mozilla roots that are built in.
    pub certificates: Vec<Utf8PathBuf>,
    /// Until a connection stands.
    pub connect: Duration,
    /// Without a byte.
    pub idle: Duration,
    /// For one file.
    pub total: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl HttpSettings {
    /// No proxy; 30 s to connect, 60 s without a byte, an hour for a file, 10 redirects.
    pub const fn usual() -> Self {
        Self {
            http_proxy: None,
            https_proxy: None,
            no_proxy: None,
            certificates: Vec::new(),
            connect: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(3600),
            redirects: 10,
        }
    }
}

/// A repository behind HTTP.
#[derive(Clone, Debug)]
pub struct Http {
    root: Utf8PathBuf,
    client: Client,
    total: Duration,
}

impl Http {
    /// `url` is what `repodata/repomd.xml` lies below.
    ///
    /// # Errors
    /// When a proxy or a file of certificates is not usable.
    pub fn new(url: &str, settings: &HttpSettings) -> Result<Self, RepodataError> {
        let client = client(settings)?;
        Ok(Self { root: url.trim_end_matches('/').into(), client, total: settings.total })
    }
}

impl Storage for Http {
    fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn open(&self, href: &Utf8Path) -> Result<Box<dyn Read + Send>, RepodataError> {
        let path = self.root.join(href);
        let url = format!("{}/{}", self.root, percent_encoded(href.as_str()));
        let started = Instant::now();
        // Compressed on the way, it would not be the file that repomd.xml lists.
        let answer = self.client.get(url).header(ACCEPT_ENCODING, "identity").send();
        let answer = answer.map_err(error_of);
        let response = answer.and_then(accept).map_err(RepodataError::files("fetch", &path))?;
        Ok(Box::new(Body { response, started, total: self.total }))
    }
}

fn accept(response: Response) -> io::Result<Response> {
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::NOT_FOUND => {
            Err(io::Error::new(io::ErrorKind::NotFound, "the server has no such file (404)"))
        }
        status => Err(io::Error::other(format!("the server answered {status}"))),
    }
}

/// The error with its causes: whoever gets it sees one line of it. It has the URL beside it, and a proxy's password
/// could stand in one.
fn error_of(error: reqwest::Error) -> io::Error {
    let kind = if error.is_timeout() { io::ErrorKind::TimedOut } else { io::ErrorKind::Other };
    io::Error::new(kind, full_text(&error.without_url()))
}

fn full_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// A body on its way. A server that sends a byte now and then does not hold its reader for ever.
struct Body {
    response: Response,
    started: Instant,
    total: Duration,
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.started.elapsed() > self.total {
            let what = format!("the file did not come within {} seconds", self.total.as_secs_f32());
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        self.response.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("the connection broke: {}", chain(&error))),
        })
    }
}

/// An `io::Error` gives its content's source as its own, and its content only when asked.
fn chain(error: &io::Error) -> String {
    let inner = error.get_ref().map(|inner| full_text(inner));
    inner.unwrap_or_else(|| error.to_string())
}

fn client(settings: &HttpSettings) -> Result<Client, RepodataError> {
    let mut builder = Client::builder()
        .user_agent(concat!("xen4centos/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls(settings)?)
        .connect_timeout(settings.connect)
        // For the blocking client this is the time until the headers are there, and for each read of the body.
        .timeout(settings.idle)
        .redirect(redirects(settings.redirects))
        .referer(false)
        // Also switches off reqwest's own proxies from the environment.
        .no_proxy();
    let except = settings.no_proxy.as_deref().and_then(NoProxy::from_string);
    let unusable = |error: reqwest::Error| RepodataError::Http { what: full_text(&error.without_url()) };
    if let Some(url) = &settings.http_proxy {
        builder = builder.proxy(Proxy::http(with_scheme(url)).map_err(unusable)?.no_proxy(except.clone()));
    }
    if let Some(url) = &settings.https_proxy {
        builder = builder.proxy(Proxy::https(with_scheme(url)).map_err(unusable)?.no_proxy(except));
    }
    builder.build().map_err(unusable)
}

/// A proxy without a scheme is `http://`, as curl has it.
fn with_scheme(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

/// The roots are built in: a bare machine has none, and those of CentOS 6 are out of date.
fn tls(settings: &HttpSettings) -> Result<ClientConfig, RepodataError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for path in &settings.certificates {
        add_certificates(&mut roots, path)
            .ok_or_else(|| RepodataError::Http { what: format!("no certificates in `{path}`") })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the protocol versions that rustls takes as safe")
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn add_certificates(roots: &mut RootCertStore, path: &Utf8Path) -> Option<()> {
    let pem = fs_err::read(path).ok()?;
    let certificates: Vec<CertificateDer<'_>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().ok()?;
    let (added, _) = roots.add_parsable_certificates(certificates);
    (added > 0).then_some(())
}

/// Redirects are followed a few times, and never from https to http, where anybody on the way could answer for it.
fn redirects(most: usize) -> Policy {
    Policy::custom(move |attempt: Attempt<'_>| {
        if attempt.previous().len() > most {
            return attempt.error(format!("more than {most} redirects"));
        }
        let was_https = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
        if was_https && attempt.url().scheme() != "https" {
            let to = attempt.url().to_string();
            return attempt.error(format!("redirected from https to `{to}`"));
        }
        attempt.follow()
    })
}
