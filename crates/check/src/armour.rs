//! Armour of OpenPGP (RFC 4880, 6.2): lines of base64 between two lines of words, with a CRC of their own.

/// One block, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What it holds; nothing where it does not end, or is no base64.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) checksum: Checksum,
}

/// What the line with `=` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    Right,
    Wrong,
    Missing,
}

/// All blocks of a kind, such as `PUBLIC KEY BLOCK`.
pub(crate) fn blocks(text: &str, kind: &str) -> Vec<Block> {
    let (begin, end) = (format!("-----BEGIN PGP {kind}-----"), format!("-----END PGP {kind}-----"));
    let mut lines = text.lines().map(str::trim_end);
    let mut blocks = Vec::new();
    let mut next_began = false;
    while next_began || lines.any(|line| line == begin) {
        next_began = false;
        let mut body = Vec::new();
        let mut ended = false;
        for line in lines.by_ref() {
            ended = line == end;
            next_began = line == begin;
            if ended || next_began {
                break;
            }
            body.push(line);
        }
        blocks.push(if ended { read(&body) } else { Block { bytes: None, checksum: Checksum::Missing } });
    }
    blocks
}

fn read(lines: &[&str]) -> Block {
    // Headers such as `Version: …` end at an empty line; where there are none, there may be no empty line either.
    let start = match lines.iter().position(|line| line.is_empty()) {
        Some(empty) if lines[..empty].iter().all(|line| line.contains(": ")) => empty + 1,
        _ => 0,
    };
    let lines = &lines[start..];
    let (data, stated) = match lines.iter().rposition(|line| line.len() == 5 && line.starts_with('=')) {
        Some(place) => (&lines[..place], decode(&lines[place][1..])),
        None => (lines, None),
    };
    let bytes = decode(&data.concat()).filter(|bytes| !bytes.is_empty());
    let checksum = match (&bytes, stated.as_deref()) {
        (Some(bytes), Some([a, b, c])) if crc24(bytes) == u32::from_be_bytes([0, *a, *b, *c]) => {
            Checksum::Right
        }
        (_, Some(_)) => Checksum::Wrong,
        (_, None) => Checksum::Missing,
    };
    Block { bytes, checksum }
}

/// Base64 with its padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    Some(bytes)
}

/// RFC 4880, 6.1.
fn crc24(bytes: &[u8]) -> u32 {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_and_without_what_belongs_to_them() {
        let check = |text: &str, expect: &[(Option<&str>, Checksum)]| {
            let found = blocks(text, "SIGNATURE");
            let found: Vec<_> = found
                .iter()
                .map(|block| {
                    (block.bytes.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap()), block.checksum)
                })
                .collect();
            assert_eq!(found, expect, "{text}");
        };
        let (begin, end) = ("-----BEGIN PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\n");
        check(&format!("{begin}Version: 1\n\nYWJj\n=uhx7\n{end}"), &[(Some("abc"), Checksum::Right)]);
        check(&format!("x\n{begin}\nYW\r\nJj\r\n=uhx7\r\n{end}"), &[(Some("abc"), Checksum::Right)]);
        check(&format!("{begin}\nYWJj\n=uhx8\n{end}"), &[(Some("abc"), Checksum::Wrong)]);
        check(&format!("{begin}\nYWI=\n{end}"), &[(Some("ab"), Checksum::Missing)]);
        check(&format!("{begin}\nYW!j\n{end}"), &[(None, Checksum::Missing)]);
        check(&format!("{begin}\nYWJj\n"), &[(None, Checksum::Missing)]);
        let cut = format!("{begin}\nYWJj\n{begin}\nYWJj\n=uhx7\n{end}");
        check(&cut, &[(None, Checksum::Missing), (Some("abc"), Checksum::Right)]);
        check("YWJj", &[]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(-----(BEGIN|END) PGP SIGNATURE-----\n|[A-Za-z=:\\PC \n]{0,9}){0,12}") {
            blocks(&text, "SIGNATURE");
        }
    }
}
