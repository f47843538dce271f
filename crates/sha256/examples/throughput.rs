//! How fast one thread hashes: one message at a time, by `sha2`, and two. Run it with `--release`.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::time::Instant;

use sha2::Digest as _;
use xen4centos_sha256::{Sha256, update_both};

/// Bytes of a piece, as an index reads packages.
const PIECE: usize = 128 * 1024;

/// Pieces of a run.
const COUNT: usize = 8000;

/// Of work that goes through all pieces: 1,048,576,000 bytes.
fn gigabytes_a_second(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    1.048_576 / start.elapsed().as_secs_f64()
}

fn main() {
    let pieces = [vec![0x5a_u8; PIECE], vec![0xa5; PIECE]];
    for _ in 0..3 {
        let mut alone = sha2::Sha256::new();
        let one = gigabytes_a_second(|| (0..COUNT).for_each(|index| alone.update(&pieces[index % 2])));
        let mut hashers = [Sha256::new(), Sha256::new()];
        let [left, right] = &mut hashers;
        let two = gigabytes_a_second(|| {
            for _ in 0..COUNT / 2 {
                let [mut left_bytes, mut right_bytes] = pieces.each_ref().map(Vec::as_slice);
                update_both((left, &mut left_bytes), (right, &mut right_bytes));
            }
        });
        std::hint::black_box((alone.finalize(), hashers.map(Sha256::finish)));
        println!("one at a time {one:.2} GB/s, two at a time {two:.2} GB/s: {:.2} times as much", two / one);
    }
}
