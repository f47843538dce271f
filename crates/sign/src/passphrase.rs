use std::fmt;

use pgp::types::Password;
use zeroize::Zeroizing;

/// What unlocks a secret key. `Debug` hides it, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the passphrase without the line end that a file may have after it. An empty one stands for a key
    /// without protection.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = Zeroizing::new(text.into());
        let length = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(length);
        Self(text)
    }

    /// For a key that is not protected.
    pub fn none() -> Self {
        Self::new("")
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_password(&self) -> Password {
        Password::from(self.0.as_str())
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_it_and_line_ends_are_cut() {
        let passphrase = Passphrase::new("correct horse\r\n");
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
        assert_eq!(passphrase.0.as_str(), "correct horse");
        assert!(Passphrase::none().is_empty());
    }
}
