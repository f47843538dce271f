//! gzip in blocks that are compressed on their own, several at a time.
//!
//! All blocks of a document are one deflate stream: each ends at a byte (a "sync flush"), and the next one may refer back
//! to the last bytes before it, which its compression was primed with. So the output is one ordinary gzip member, hardly
//! larger than if it had been compressed in one go. Where blocks end depends on what is in them and not on their
//! position, so a change in one package changes a block or two; blocks that an earlier index compressed are taken from
//! the file that it wrote.

use std::{
    collections::{HashMap, VecDeque},
    os::unix::fs::FileExt,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
};

use crc32fast::Hasher as Crc;
use flate2::{Compress, Compression, FlushCompress};
use rayon::ThreadPool;
use sha2::{Digest, Sha256};

use crate::seed::{BlockKey, Seed};

/// Level 5 of zlib-rs comes to the size of zlib's 6 in two thirds of its time.
const USUAL: Compression = Compression::new(5);

/// Level 3 takes two thirds of the time of 5. It makes changelogs three percent larger and pages of databases two, but the
/// other XML five.
const QUICK: Compression = Compression::new(3);

/// How much work a document is worth: changelogs are fetched by those who ask for them.
fn level(kind: &str) -> Compression {
    if kind == "other" || kind.ends_with("_db") { QUICK } else { USUAL }
}

/// Bytes of a block: it ends at the first chance after the lower limit, at the end of a package after the upper one, and
/// anywhere at [`LARGEST`].
#[derive(Clone, Copy)]
struct Limits {
    smallest: usize,
    large: usize,
    /// One boundary of so many is a chance.
    chance: u32,
}

const LIMITS: Limits = Limits { smallest: 48 * 1024, large: 128 * 1024, chance: 8 };

const LARGEST: usize = 256 * 1024;

/// The same for databases, in which one more package changes pages here and there.
const DATABASE_LIMITS: Limits = Limits { smallest: 16 * 1024, large: 64 * 1024, chance: 6 };

/// Bytes before a block that it may refer back to. More makes the output a percent smaller, and lets a change reach the
/// next block more often.
const DICTIONARY: usize = 8 * 1024;

/// Blocks of one document that may be compressed at a time or wait to be written, for each thread of the pool.
const PENDING: usize = 2;

/// Where a compressed block stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockPlace {
    pub(crate) key: BlockKey,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    /// Of the compressed bytes.
    pub(crate) crc: u32,
}

/// Compressed blocks of an earlier document.
#[derive(Debug)]
pub(crate) struct KnownBlocks {
    pub(crate) file: fs_err::File,
    pub(crate) places: HashMap<BlockKey, BlockPlace>,
}

impl KnownBlocks {
    fn get(&self, key: &BlockKey) -> Option<Vec<u8>> {
        let place = self.places.get(key)?;
        let mut bytes = vec![0; place.length as usize];
        self.file.file().read_exact_at(&mut bytes, place.offset).ok()?;
        (crc32fast::hash(&bytes) == place.crc).then_some(bytes)
    }
}

/// The threads that read packages and compress blocks, and what they share.
#[derive(Clone)]
pub(crate) struct Pool {
    pub(crate) threads: Arc<ThreadPool>,
    /// Compression states that nobody uses at the moment: each is some hundred kB.
    idle: Arc<Mutex<Vec<Compress>>>,
}

impl Pool {
    pub(crate) fn new(workers: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|index| format!("worker {index}"))
            // Who waits for the result notices that there is none.
            .panic_handler(|_| ())
            .build()?;
        Ok(Self { threads: Arc::new(threads), idle: Arc::default() })
    }

    fn compress(&self, block: &Block) -> Result<Vec<u8>, flate2::CompressError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = idle.unwrap_or_else(|| Compress::new(block.level, false));
        let (dictionary, content) = block.bytes.split_at(block.start);
        let mut out = Vec::with_capacity((content.len() / 3 + 1024).max(2 * DICTIONARY));
        state.reset();
        if dictionary.is_empty() {
            state.set_level(block.level)?;
        } else {
            // zlib-rs looks at one byte behind the dictionary, where an earlier block may have left any. So that the output
            // does not depend on it, the byte that is going to follow is put there first: storing is the fastest way.
            state.set_level(Compression::none())?;
            let first = &block.bytes[..block.bytes.len().min(block.start + 1)];
            state.compress_vec(first, &mut out, FlushCompress::Sync)?;
            out.clear();
            state.reset();
            state.set_level(block.level)?;
            state.set_dictionary(dictionary)?;
        }
        loop {
            let done = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
            let rest = content.get(done..).unwrap_or_default();
            state.compress_vec(rest, &mut out, FlushCompress::Sync)?;
            // Room that is left says that the flush is complete.
            if state.total_in() == content.len() as u64 && out.len() < out.capacity() {
                break;
            }
            out.reserve(content.len() / 4 + 64);
        }
        out.shrink_to_fit();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        Ok(out)
    }
}

/// Stands for what a piece of a document is made of: pieces of one identity are equal in documents of one kind.
pub(crate) type Identity = [u8; 16];

/// The start of the SHA-256 of all of it.
pub(crate) fn identity_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Identity {
    let mut hasher = Sha256::new();
    parts.into_iter().for_each(|part| hasher.update(part));
    let digest: [u8; 32] = hasher.finalize().into();
    std::array::from_fn(|index| digest[index])
}

/// A block before it is compressed: what it may refer back to, then from `start` on its content.
struct Block {
    level: Compression,
    bytes: Vec<u8>,
    start: usize,
    /// What its pieces are, where that is known of all of them.
    pieces: Option<Vec<u8>>,
}

impl Block {
    fn new(level: Compression, limits: Limits, before: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(DICTIONARY + limits.large);
        bytes.extend_from_slice(before);
        Self { level, start: bytes.len(), bytes, pieces: Some(Vec::new()) }
    }

    /// Of what it refers back to and of its content, or of the identities that stand for that.
    fn key(&self, seed: Seed) -> BlockKey {
        let (before, content) = self.bytes.split_at(self.start);
        match &self.pieces {
            None => seed.key(&[b"content", before, content]),
            Some(pieces) => seed.key(&[b"pieces", before, pieces]),
        }
    }
}

/// A block after it was compressed.
struct Compressed {
    bytes: Vec<u8>,
    content: Crc,
    key: Option<BlockKey>,
}

/// Cuts what is written into blocks and hands them out compressed, in order.
pub(crate) struct Blocks {
    pool: Pool,
    known: Option<Arc<KnownBlocks>>,
    /// For keys of blocks, where a later index is to know them.
    seed: Option<Seed>,
    limits: Limits,
    block: Block,
    pending: VecDeque<Receiver<Result<Compressed, flate2::CompressError>>>,
    content: Crc,
    /// Bytes of the content, modulo 2^32 as gzip has it.
    length: u32,
    places: Vec<BlockPlace>,
    offset: u64,
}

/// A fixed header: deflate, no name, no time, made on Unix.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/// An empty last block of a deflate stream.
const LAST: [u8; 2] = [3, 0];

impl Blocks {
    /// Of a document of a kind, as repomd.xml names it.
    pub(crate) fn new(kind: &str, pool: Pool, seed: Option<Seed>, known: Option<Arc<KnownBlocks>>) -> Self {
        let (pending, places, content) = (VecDeque::new(), Vec::new(), Crc::new());
        let limits = if kind.ends_with("_db") { DATABASE_LIMITS } else { LIMITS };
        let block = Block::new(level(kind), limits, &[]);
        Self { pool, known, seed, limits, block, pending, content, length: 0, places, offset: 0 }
    }

    /// Takes `bytes`, whose identity may be known; finished blocks go to `out`.
    pub(crate) fn write(
        &mut self,
        mut bytes: &[u8],
        identity: Option<&Identity>,
        out: &mut impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        // Of a piece that does not go into one block, the identity says nothing about either part.
        let is_whole = bytes.len() <= LARGEST - (self.block.bytes.len() - self.block.start);
        while !bytes.is_empty() {
            match (&mut self.block.pieces, identity) {
                (Some(pieces), Some(identity)) if is_whole => pieces.extend_from_slice(identity),
                (pieces, _) => *pieces = None,
            }
            let room = LARGEST - (self.block.bytes.len() - self.block.start);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.bytes.extend_from_slice(now);
            // A piece is no longer than a block.
            self.length = self.length.wrapping_add(u32::try_from(now.len()).unwrap_or(0));
            bytes = later;
            if now.len() == room {
                self.cut(out)?;
            }
        }
        Ok(())
    }

    /// A block may end here; whether it does depends on `content`, a number that stands for what was written last.
    pub(crate) fn boundary(
        &mut self,
        content: u32,
        out: &mut impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let length = self.block.bytes.len() - self.block.start;
        let Limits { smallest, large, chance } = self.limits;
        if length >= large || length >= smallest && content.is_multiple_of(chance) {
            self.cut(out)
        } else {
            Ok(())
        }
    }

    fn cut(&mut self, out: &mut impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        let before = self.block.bytes.len().saturating_sub(DICTIONARY);
        let next = Block::new(self.block.level, self.limits, &self.block.bytes[before..]);
        let block = std::mem::replace(&mut self.block, next);
        let (sender, receiver) = sync_channel(1);
        let (pool, known, seed) = (self.pool.clone(), self.known.clone(), self.seed);
        self.pool.threads.spawn_fifo(move || {
            let key = seed.map(|seed| block.key(seed));
            let known = key.and_then(|key| known?.get(&key));
            let content = crc(&block.bytes[block.start..]);
            let bytes = match known {
                Some(bytes) => Ok(bytes),
                None => pool.compress(&block),
            };
            // Nobody waits when the index has failed elsewhere.
            sender.send(bytes.map(|bytes| Compressed { bytes, content, key })).unwrap_or_default();
        });
        self.pending.push_back(receiver);
        while self.pending.len() > PENDING * self.pool.threads.current_num_threads() {
            self.deliver(out)?;
        }
        Ok(())
    }

    fn deliver(&mut self, out: &mut impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        let Some(receiver) = self.pending.pop_front() else { return Ok(()) };
        let compressed = receiver
            .recv()
            .map_err(|_| std::io::Error::other("a thread that compresses has panicked"))?
            .map_err(std::io::Error::other)?;
        if self.offset == 0 {
            self.emit(&HEAD, out)?;
        }
        if let Some(key) = compressed.key {
            self.places.push(BlockPlace {
                key,
                offset: self.offset,
                length: u32::try_from(compressed.bytes.len()).map_err(std::io::Error::other)?,
                crc: crc32fast::hash(&compressed.bytes),
            });
        }
        self.content.combine(&compressed.content);
        self.emit(&compressed.bytes, out)
    }

    fn emit(
        &mut self,
        bytes: &[u8],
        out: &mut impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        self.offset += bytes.len() as u64;
        out(bytes)
    }

    /// Writes all that is left, and tells where the blocks are.
    pub(crate) fn finish(
        mut self,
        out: &mut impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<Vec<BlockPlace>> {
        self.cut(out)?;
        while !self.pending.is_empty() {
            self.deliver(out)?;
        }
        out(&LAST)?;
        out(&self.content.finalize().to_le_bytes())?;
        out(&self.length.to_le_bytes())?;
        Ok(self.places)
    }
}

fn crc(bytes: &[u8]) -> Crc {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// Texts that look like packages: parts that repeat, and parts that do not.
    fn texts(count: usize, salt: usize) -> Vec<String> {
        let text = |number: usize| {
            let noise = crc32fast::hash(
                [number, salt * usize::from(number == count / 2)].map(usize::to_le_bytes).as_flattened(),
            );
            format!("<package number=\"{number}\">{}</package>\n", noise.to_string().repeat(1 + number % 300))
        };
        (0..count).map(text).collect()
    }

    fn compressed(texts: &[String], known: Option<Arc<KnownBlocks>>) -> (Vec<u8>, Vec<BlockPlace>) {
        compressed_by(&Pool::new(3).unwrap(), texts, known)
    }

    fn compressed_by(
        pool: &Pool,
        texts: &[String],
        known: Option<Arc<KnownBlocks>>,
    ) -> (Vec<u8>, Vec<BlockPlace>) {
        let mut blocks = Blocks::new("primary", pool.clone(), Some(Seed([1, 2])), known);
        let mut out = Vec::new();
        let mut emit = |bytes: &[u8]| out.write_all(bytes);
        for (number, text) in texts.iter().enumerate() {
            let identity = identity_of([text.as_bytes()]);
            // What some pieces are is not known.
            blocks.write(text.as_bytes(), (number % 1000 > 99).then_some(&identity), &mut emit).unwrap();
            blocks.boundary(crc32fast::hash(text.as_bytes()), &mut emit).unwrap();
        }
        let places = blocks.finish(&mut emit).unwrap();
        (out, places)
    }

    /// Bytes that no compression makes smaller.
    fn noise(length: usize) -> String {
        let mut noise = 1_u64;
        let next = |_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(noise.to_be_bytes()[3])
        };
        (0..length).map(next).collect()
    }

    /// Read as one member: what follows the first would be left out.
    fn check(texts: &[String]) -> Vec<u8> {
        let (bytes, _) = compressed(texts, None);
        let mut read = Vec::new();
        let mut decoder = flate2::bufread::GzDecoder::new(bytes.as_slice());
        decoder.read_to_end(&mut read).unwrap();
        assert!(read == texts.concat().as_bytes());
        assert!(decoder.into_inner().is_empty());
        bytes
    }

    #[test]
    fn blocks_are_one_gzip_member() {
        check(&[]);
        check(&texts(1, 0));
        check(&texts(3000, 0));
        check(&["x".repeat(LARGEST), "y".repeat(3 * LARGEST + 1)]);
        check(&[noise(300_000)]);
    }

    #[test]
    fn what_was_compressed_before_makes_no_difference() {
        let texts = texts(4000, 0);
        let (fresh, _) = compressed(&texts, None);
        let pool = Pool::new(1).unwrap();
        for length in [40_000, 90_000, 200_000] {
            compressed_by(&pool, &[noise(length), noise(length)], None);
            assert!(compressed_by(&pool, &texts, None).0 == fresh, "after {length}");
        }
    }

    /// What stands around the end of the dictionary comes again: whether it is found must not depend on an earlier block,
    /// which began with other bytes.
    #[test]
    fn what_stood_behind_a_dictionary_makes_no_difference() {
        let noise: Vec<u8> = noise(20_000).bytes().collect();
        let block = |after: &[u8], level| {
            let (before, content) = (noise[..DICTIONARY].to_vec(), [after, &noise[20_000..21_000]].concat());
            let again = [&before[DICTIONARY - 3..], &content[..40]].concat();
            let bytes = [before, content[..200].to_vec(), again, content].concat();
            Block { level, bytes, start: DICTIONARY, pieces: None }
        };
        for level in [QUICK, USUAL] {
            let fresh = Pool::new(1).unwrap().compress(&block(b"x", level)).unwrap();
            let pool = Pool::new(1).unwrap();
            for byte in 0..=255 {
                pool.compress(&block(&[byte; 100], QUICK)).unwrap();
                assert!(pool.compress(&block(b"x", level)).unwrap() == fresh, "after {byte}");
            }
        }
    }

    #[test]
    fn known_blocks_are_taken_and_change_nothing() {
        let temporary = tempfile::NamedTempFile::new().unwrap();
        let (old, places) = compressed(&texts(3000, 1), None);
        fs_err::write(temporary.path(), &old).unwrap();
        let known = |places: &[BlockPlace]| KnownBlocks {
            file: fs_err::File::open(temporary.path()).unwrap(),
            places: places.iter().map(|place| (place.key, *place)).collect(),
        };
        let fresh = check(&texts(3000, 2));
        let (again, new_places) = compressed(&texts(3000, 2), Some(Arc::new(known(&places))));
        assert!(again == fresh);
        let kept = new_places.iter().filter(|new| places.iter().any(|old| old.key == new.key)).count();
        assert!(places.len() > 10 && kept >= places.len() - 3, "{kept} of {}", places.len());
        // Bytes that are not what they were are not taken.
        fs_err::write(temporary.path(), vec![0; old.len()]).unwrap();
        assert!(compressed(&texts(3000, 2), Some(Arc::new(known(&places)))).0 == fresh);
    }
}
