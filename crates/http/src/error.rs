use std::{error::Error, io, time::Duration};

use camino::Utf8PathBuf;

/// Why no server can be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A proxy setting is no URL that can be used.
    #[error("the proxy `{proxy}` is not usable")]
    Proxy {
        /// The URL without user and password.
        proxy: String,
        /// What is wrong with it.
        source: reqwest::Error,
    },
    /// A file of certificates to trust could not be read.
    #[error("no certificate could be read from `{path}`")]
    Certificates {
        /// The PEM file.
        path: Utf8PathBuf,
    },
    /// The client could not be made.
    #[error("could not set up https")]
    Client {
        /// What is wrong with it.
        source: reqwest::Error,
    },
}

impl HttpError {
    /// Whether the settings are at fault: the same ones fail again.
    pub const fn is_of_settings(&self) -> bool {
        !matches!(self, Self::Client { .. })
    }

    /// The way out.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Certificates { .. } => Some("the file has to hold certificates in PEM form".to_owned()),
            Self::Proxy { .. } | Self::Client { .. } => None,
        }
    }
}

/// Why a request brought nothing, or only a part. The texts hold all causes: they end in messages of one line.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The deadline is over.
    #[error("not done after {} s", .total.as_secs_f32())]
    Late {
        /// What there was.
        total: Duration,
    },
    /// It will be the same next time: a certificate that is not trusted, a redirect that is not followed, a URL that
    /// is none.
    #[error("{what}")]
    Refused {
        /// What is wrong.
        what: String,
    },
    /// No connection came about, which lies in the host, not in the file.
    #[error("{what}")]
    Unreachable {
        /// What went wrong.
        what: String,
    },
    /// The server was silent for as long as it may be.
    #[error("{what}")]
    Silent {
        /// What was waited for.
        what: String,
    },
    /// The connection broke.
    #[error("the connection broke: {what}")]
    Broken {
        /// How.
        what: String,
    },
}

impl RequestError {
    pub(crate) fn of_request(error: reqwest::Error) -> Self {
        let is_refused = error.is_redirect() || error.is_builder() || is_about_certificates(&error);
        let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
        // Whoever reads the message has the URL beside it.
        let what = full_text(&error.without_url());
        if is_refused {
            Self::Refused { what }
        } else if is_connect {
            Self::Unreachable { what }
        } else if is_timeout {
            Self::Silent { what }
        } else {
            Self::Broken { what }
        }
    }

    pub(crate) fn of_body(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        let what = full_text(error);
        if inner.is_some_and(reqwest::Error::is_timeout) {
            Self::Silent { what }
        } else {
            Self::Broken { what }
        }
    }
}

impl From<RequestError> for io::Error {
    fn from(error: RequestError) -> Self {
        let kind = match error {
            RequestError::Late { .. } | RequestError::Silent { .. } => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// An error with its causes, for places that can show one line only.
pub fn full_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// A certificate that is refused now is refused in eight seconds.
fn is_about_certificates(error: &(dyn Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An `io::Error` gives its content's source as its own, and its content only when asked.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_about_certificates(inner))
        || error.source().is_some_and(is_about_certificates)
}
