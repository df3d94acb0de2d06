//! The bits of a lossless stream, of each byte the lowest first.

use crate::{Error, Format};

/// Reads bits from the front on.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> Bits<'a> {
    /// From the first bit on.
    pub(super) fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, at: 0 }
    }

    /// The next 32 bits, zeros behind the end.
    pub(super) fn peek(&self) -> u32 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            last
        });
        (u64::from_le_bytes(word) >> (self.at % 8)) as u32
    }

    /// Goes on by so many bits, if there are as many.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.at += count;
        if self.at <= 8 * self.bytes.len() { Ok(()) } else { Err(damaged()) }
    }

    /// The number of the next bits, 31 at most.
    pub(super) fn read(&mut self, count: usize) -> Result<usize, Error> {
        let value = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        Ok(value as usize)
    }
}

/// A lossless stream that ends too soon or has what none has.
pub(super) fn damaged() -> Error {
    Error::damaged(Format::WebP, "its lossless data are damaged or cut off")
}
