use std::{fmt, marker::PhantomData};

use super::{Text, text::Run};

mod sealed {
    pub trait Sealed {}
}

/// An unsigned number of a fixed width, stored with its most significant byte first.
pub trait Number: sealed::Sealed + Copy + fmt::Debug {
    /// Bytes of one number.
    const WIDTH: usize;

    /// Reads one from exactly [`WIDTH`](Self::WIDTH) bytes; any other length gives 0.
    fn from_big_endian(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($($type:ty),+) => {$(
        impl sealed::Sealed for $type {}

        impl Number for $type {
            const WIDTH: usize = size_of::<$type>();

            fn from_big_endian(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(0, <$type>::from_be_bytes)
            }
        }
    )+};
}

number!(u8, u16, u32, u64);

/// An array of numbers inside a header. Nothing is copied; an absent tag gives an empty array.
#[derive(Clone, Copy)]
pub struct Array<'a, N> {
    bytes: &'a [u8],
    number: PhantomData<N>,
}

impl<'a, N: Number> Array<'a, N> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, number: PhantomData }
    }

    /// How many numbers there are.
    pub const fn len(self) -> usize {
        self.bytes.len() / N::WIDTH
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number at `index`, from 0.
    pub fn get(self, index: usize) -> Option<N> {
        let start = index.checked_mul(N::WIDTH)?;
        self.bytes.get(start..start.checked_add(N::WIDTH)?).map(N::from_big_endian)
    }

    /// The first number.
    pub fn first(self) -> Option<N> {
        self.get(0)
    }

    /// All numbers in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = N> + Clone + use<'a, N> {
        self.bytes.chunks_exact(N::WIDTH).map(N::from_big_endian)
    }
}

impl<N: Number> fmt::Debug for Array<'_, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// The strings of one tag in order. Nothing is copied; an absent tag gives none.
#[derive(Clone)]
pub struct Strings<'a> {
    rest: Run<'a>,
    remaining: usize,
}

impl<'a> Strings<'a> {
    /// `bytes` holds at least `count` strings, each with its NUL: the parser counted them.
    pub(super) fn new(bytes: &'a [u8], count: usize) -> Self {
        Self { rest: Run::of(bytes), remaining: count }
    }
}

impl Default for Strings<'_> {
    fn default() -> Self {
        Self { rest: Run::Bytes(&[]), remaining: 0 }
    }
}

impl fmt::Debug for Strings<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        self.remaining = self.remaining.checked_sub(1)?;
        let (text, rest) = self.rest.cut(memchr::memchr(0, self.rest.as_bytes())?)?;
        self.rest = rest;
        Some(Text::of(text))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for Strings<'_> {}
