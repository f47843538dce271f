use std::io::Read as _;

/// The content of a compressed file, by its first bytes.
pub(crate) fn opened(bytes: Vec<u8>) -> Vec<u8> {
    let mut open = Vec::new();
    match &bytes[..bytes.len().min(6)] {
        [0x1f, 0x8b, ..] => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut open),
        [b'B', b'Z', b'h', ..] => bzip2::read::MultiBzDecoder::new(&bytes[..]).read_to_end(&mut open),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => {
            liblzma::read::XzDecoder::new_multi_decoder(&bytes[..]).read_to_end(&mut open)
        }
        _ => return bytes,
    }
    .unwrap();
    open
}
