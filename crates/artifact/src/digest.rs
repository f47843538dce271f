use std::{fmt, str::FromStr};

/// A SHA-256 digest (FIPS 180-4), the only digest by which the project pins and names files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest([u8; 32]);

/// Why a text is not a SHA-256 digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DigestError {
    /// Not 64 characters.
    #[error("a sha256 digest has 64 hexadecimal digits, this has {0}")]
    Length(usize),
    /// A character that is no hexadecimal digit.
    #[error("a sha256 digest has only hexadecimal digits, found `{0}`")]
    Character(char),
}

impl Sha256Digest {
    /// Takes the 32 bytes that a hash function returned.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Sha256Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if let Some(character) = text.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(DigestError::Character(character));
        }
        if text.len() != 64 {
            return Err(DigestError::Length(text.len()));
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).expect("length and characters were checked above");
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256:{self}")
    }
}

impl serde::Serialize for Sha256Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Sha256Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let text = "3cf440866315e8085050eb0586f0447b6b47a08dbed6a72226bf5ed5d89ec567";
        assert_eq!(text.parse::<Sha256Digest>().unwrap().to_string(), text);
        assert_eq!("abc".parse::<Sha256Digest>(), Err(DigestError::Length(3)));
        assert_eq!("xyz".parse::<Sha256Digest>(), Err(DigestError::Character('x')));
    }
}
