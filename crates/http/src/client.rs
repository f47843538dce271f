use std::sync::Arc;

use camino::Utf8Path;
use reqwest::{
    NoProxy, Proxy,
    header::{ACCEPT_ENCODING, RANGE},
    redirect::{Attempt, Policy},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{Answer, Deadline, HttpError, HttpSettings, ProxyUrl, RequestError};

/// Asks servers. A clone shares the connections.
#[derive(Clone, Debug)]
pub struct Client(reqwest::blocking::Client);

impl Client {
    /// Costs some milliseconds: it takes in all roots.
    ///
    /// # Errors
    /// When a proxy or a file of certificates is not usable.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(concat!("xen4centos/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls(settings)?)
            .connect_timeout(settings.limits.connect)
            // For the blocking client this is the time until the headers are there, and for each read of the body.
            .timeout(settings.limits.idle)
            .redirect(redirects(settings.limits.redirects))
            .referer(false)
            // Also switches off reqwest's own proxies from the environment.
            .no_proxy();
        let proxies = &settings.proxies;
        let except = proxies.no_proxy.as_deref().and_then(NoProxy::from_string);
        if let Some(url) = &proxies.http {
            let proxy = Proxy::http(url.reveal()).map_err(|source| unusable(url, source))?;
            builder = builder.proxy(proxy.no_proxy(except.clone()));
        }
        if let Some(url) = &proxies.https {
            let proxy = Proxy::https(url.reveal()).map_err(|source| unusable(url, source))?;
            builder = builder.proxy(proxy.no_proxy(except));
        }
        builder.build().map(Self).map_err(|source| HttpError::Client { source })
    }

    /// Asks for a file from the byte `from` on. Whatever the server answers is an answer, with its status;
    /// so is a redirect to something that is neither http nor https.
    ///
    /// # Errors
    /// When no answer comes, or not before the deadline.
    pub fn get(&self, url: &str, from: u64, deadline: Deadline) -> Result<Answer, RequestError> {
        deadline.check()?;
        // Compressed on the way, lengths, ranges and digests would not be those of the file.
        let mut request = self.0.get(url).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request.send().map_err(RequestError::of_request)?;
        Ok(Answer::new(response, deadline))
    }
}

fn unusable(url: &ProxyUrl, source: reqwest::Error) -> HttpError {
    HttpError::Proxy { proxy: url.to_string(), source: source.without_url() }
}

/// The roots are built in: a bare machine has none, and those of CentOS 6 are out of date.
fn tls(settings: &HttpSettings) -> Result<ClientConfig, HttpError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for path in &settings.certificates {
        add_certificates(&mut roots, path).ok_or_else(|| HttpError::Certificates { path: path.clone() })?;
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

/// Redirects are followed a few times, and never from https to http, where anybody on the way could answer for the
/// server, and would see what is fetched even where a digest catches other bytes.
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
