//! The HTTP client: made on first use (a run that has nothing to fetch does not pay for it), configured from the
//! settings alone. reqwest's own look at the environment is switched off.

use std::{collections::BTreeSet, io, sync::Mutex};

use camino::Utf8Path;
use reqwest::{
    NoProxy, Proxy, StatusCode,
    blocking::{Client, Response},
    header::{ACCEPT_ENCODING, RANGE},
    redirect::{Attempt, Policy},
};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};

use crate::{FetchError, Limits, NetworkSettings, Outcome, ProxyUrl, error::full_text};

/// Asks servers.
pub(crate) struct Http<'a> {
    pub(crate) settings: &'a NetworkSettings,
    client: Mutex<Option<Client>>,
    /// Hosts that could not be reached, however often they were asked: the next file does not wait for them again.
    unreachable: Mutex<BTreeSet<String>>,
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) patience: Patience,
}

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// The reason may pass.
    Again,
    /// The reason may pass, and is the host's: no connection came about.
    Unreachable,
    /// The answer is final.
    GiveUp,
}

impl Failure {
    pub(crate) fn passing(text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed(text.into()), patience: Patience::Again }
    }

    pub(crate) fn last(outcome: Outcome) -> Self {
        Self { outcome, patience: Patience::GiveUp }
    }

    fn of(error: reqwest::Error) -> Self {
        let patience = if error.is_redirect() || error.is_builder() || is_about_certificates(&error) {
            Patience::GiveUp
        } else if error.is_connect() {
            Patience::Unreachable
        } else {
            Patience::Again
        };
        // Whoever reads the message has the URL beside it.
        Self { outcome: Outcome::Failed(full_text(&error.without_url())), patience }
    }
}

impl<'a> Http<'a> {
    pub(crate) fn new(settings: &'a NetworkSettings) -> Self {
        Self { settings, client: Mutex::new(None), unreachable: Mutex::new(BTreeSet::new()) }
    }

    /// Asks for a file from the byte `from` on. The answer has the status 200, 206 or 416.
    pub(crate) fn get(&self, url: &str, from: u64) -> Result<Result<Response, Failure>, FetchError> {
        let client = self.client()?;
        // Compressed on the way, lengths and ranges would not be those of the file.
        let mut request = client.get(url).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        Ok(match request.send() {
            Ok(response) => accept(response, from),
            Err(error) => Err(Failure::of(error)),
        })
    }

    pub(crate) fn is_unreachable(&self, url: &str) -> bool {
        self.unreachable.lock().is_ok_and(|hosts| hosts.contains(host(url)))
    }

    pub(crate) fn note_unreachable(&self, url: &str) {
        if let Ok(mut hosts) = self.unreachable.lock() {
            hosts.insert(host(url).to_owned());
        }
    }

    fn client(&self) -> Result<Client, FetchError> {
        let mut slot = self.client.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let client = build(self.settings)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

fn accept(response: Response, from: u64) -> Result<Response, Failure> {
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => Ok(response),
        status @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) => {
            Err(Failure { outcome: Outcome::Status(status.as_u16()), patience: Patience::Again })
        }
        status if status.is_server_error() => {
            Err(Failure { outcome: Outcome::Status(status.as_u16()), patience: Patience::Again })
        }
        status => Err(Failure::last(Outcome::Status(status.as_u16()))),
    }
}

/// Scheme and authority: what has to answer.
fn host(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}

fn build(settings: &NetworkSettings) -> Result<Client, FetchError> {
    let limits = &settings.limits;
    let mut builder = Client::builder()
        .user_agent(concat!("xen4centos/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls(settings)?)
        .connect_timeout(limits.connect)
        // For the blocking client this is the time until the headers are there, and for each read of the body.
        .timeout(limits.idle)
        .redirect(redirects(limits))
        .referer(false)
        // Also switches off reqwest's own proxies from the environment.
        .no_proxy();
    let except = settings.proxies.no_proxy.as_deref().and_then(NoProxy::from_string);
    if let Some(url) = &settings.proxies.http {
        let proxy = Proxy::http(url.reveal()).map_err(|source| unusable(url, source))?;
        builder = builder.proxy(proxy.no_proxy(except.clone()));
    }
    if let Some(url) = &settings.proxies.https {
        let proxy = Proxy::https(url.reveal()).map_err(|source| unusable(url, source))?;
        builder = builder.proxy(proxy.no_proxy(except));
    }
    builder.build().map_err(|source| FetchError::Client { source })
}

fn unusable(url: &ProxyUrl, source: reqwest::Error) -> FetchError {
    FetchError::Proxy { proxy: url.to_string(), source: source.without_url() }
}

/// The roots are built in: a bare machine has none, and those of CentOS 6 are out of date.
fn tls(settings: &NetworkSettings) -> Result<ClientConfig, FetchError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for path in &settings.certificates {
        add_certificates(&mut roots, path).ok_or_else(|| FetchError::Certificates { path: path.clone() })?;
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
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

/// Redirects are followed a few times, and never from https to http: the digest would catch other bytes, but what
/// is fetched would be shown to everybody on the way.
fn redirects(limits: &Limits) -> Policy {
    let most = limits.redirects;
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

/// A certificate that is refused now is refused in eight seconds.
fn is_about_certificates(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An `io::Error` gives its content's source as its own, and its content only when asked.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_about_certificates(inner))
        || error.source().is_some_and(is_about_certificates)
}
