use std::{fmt, str::FromStr};

/// The fingerprint of a version 4 OpenPGP primary key (RFC 4880, 12.2): 20 bytes, written as 40 upper-case
/// hexadecimal digits. Blanks in the text are ignored, as gpg prints them in groups of four.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 20]);

/// Why a text is not a version 4 fingerprint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an OpenPGP v4 fingerprint has 40 hexadecimal digits, found `{0}`")]
pub struct FingerprintError(String);

impl Fingerprint {
    /// Takes the 20 bytes of a fingerprint.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes of the fingerprint.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The last 8 bytes as 16 lower-case hexadecimal digits, as rpm prints key ids.
    pub fn key_id(&self) -> String {
        hex::encode(&self.0[12..])
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        let mut bytes = [0; 20];
        hex::decode_to_slice(&digits, &mut bytes).map_err(|_| FingerprintError(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode_upper(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpg_spacing_is_accepted() {
        let key: Fingerprint = "23E3 222C 145F 4475 FA80  60A7 83FE 14C9 57E8 2BD9".parse().unwrap();
        assert_eq!(key.to_string(), "23E3222C145F4475FA8060A783FE14C957E82BD9");
        assert_eq!(key.key_id(), "83fe14c957e82bd9");
        assert!("23E3".parse::<Fingerprint>().is_err());
    }
}
