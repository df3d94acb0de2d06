//! What the decoder will hold for a lossless stream (RFC 9649, section 3), found by reading no more than is before its
//! pixels. It makes trees of as many groups of prefix codes as the file asks for: 1.3 GB, for a file of 5 MB.

use super::bits::{Bits, damaged};
use super::budget::Budget;
use super::code::{Code, Table};
use crate::Error;

/// Bytes of a group of prefix codes, less what each of them holds elsewhere.
const GROUP: u64 = 5 * 56;

/// Bytes of a pixel of an image within the stream.
const PIXEL: u64 = 4;

/// Bytes of the decoder's copy of a block's group number.
const NUMBER: u64 = 2;

/// Symbols of green below this are greens, those from here on are lengths.
const LENGTHS: usize = 256;

/// Symbols of green from here on are colours at hand.
const COLORS: usize = LENGTHS + 24;

/// A stream's bits, and what the decoder holds when it has read so far.
pub(super) struct Lossless<'a> {
    bits: Bits<'a>,
    budget: &'a mut Budget,
}

impl<'a> Lossless<'a> {
    /// Of a stream's bytes.
    pub(super) fn new(bytes: &'a [u8], budget: &'a mut Budget) -> Lossless<'a> {
        Lossless { bits: Bits::new(bytes), budget }
    }

    /// Checks the stream's own header: the image must have that size.
    pub(super) fn read_header(&mut self, [width, height]: [usize; 2]) -> Result<(), Error> {
        let signature = self.bits.read(8)?;
        let sides = [self.bits.read(14)? + 1, self.bits.read(14)? + 1];
        let _alpha = self.bits.read(1)?;
        let version = self.bits.read(3)?;
        if signature == 0x2f && sides == [width, height] && version == 0 { Ok(()) } else { Err(damaged()) }
    }

    /// Reads to where the pixels of an image of that size begin, and takes from the budget what the decoder holds then.
    pub(super) fn read(&mut self, [mut width, height]: [usize; 2]) -> Result<(), Error> {
        let mut seen = [false; 4];
        while self.bits.read(1)? == 1 {
            let transform = self.bits.read(2)?;
            if std::mem::replace(&mut seen[transform], true) {
                return Err(damaged());
            }
            match transform {
                // Predictors, and how colours depend on each other: a pixel for each block.
                0 | 1 => _ = self.read_blocks([width, height])?,
                // Green is subtracted.
                2 => {}
                // A palette: of few colours, there are several pixels in one.
                _ => {
                    let colors = self.bits.read(8)? + 1;
                    self.read_image(colors)?;
                    let packed = match colors {
                        1..=2 => 8,
                        3..=4 => 4,
                        5..=16 => 2,
                        _ => 1,
                    };
                    width = width.div_ceil(packed);
                }
            }
        }
        self.read_groups([width, height])
    }

    /// Reads the groups of prefix codes of the image itself.
    fn read_groups(&mut self, size: [usize; 2]) -> Result<(), Error> {
        let cached = self.read_cache()?;
        let mut last = 0;
        if self.bits.read(1)? == 1 {
            let (largest, blocks) = self.read_blocks(size)?;
            last = largest;
            self.budget.take(NUMBER * blocks)?;
            self.budget.give(PIXEL * blocks);
        }
        let mut capacity = 0;
        for group in 0..=last {
            for symbols in alphabets(cached) {
                self.budget.take(Code::read(&mut self.bits, symbols)?.held())?;
            }
            if group == capacity {
                // It grows as vectors do: while it is copied there are two.
                let larger = (2 * capacity).max(4);
                self.budget.take(GROUP * larger as u64)?;
                self.budget.give(GROUP * capacity as u64);
                capacity = larger;
            }
        }
        Ok(())
    }

    /// Reads an image that has a pixel for each block of one of that size: the largest number in it, and its pixels.
    fn read_blocks(&mut self, size: [usize; 2]) -> Result<(usize, u64), Error> {
        let side = 4 << self.bits.read(3)?;
        let [width, height] = size.map(|length| length.div_ceil(side));
        Ok((self.read_image(width * height)?, (width * height) as u64))
    }

    /// Reads an image of so many pixels within the stream, which has one group of codes: the largest number that is in
    /// the red and the green of a pixel.
    fn read_image(&mut self, pixels: usize) -> Result<usize, Error> {
        self.budget.take(PIXEL * pixels as u64)?;
        let cached = self.read_cache()?;
        let [green, red, blue, alpha, distance] = alphabets(cached).map(|n| Code::read(&mut self.bits, n));
        let tables = [green?, red?, blue?, alpha?, distance?].map(|code| code.table());
        largest_number(&mut self.bits, &tables, pixels)
    }

    /// Reads how many colours are kept at hand; 0 for none.
    fn read_cache(&mut self) -> Result<usize, Error> {
        if self.bits.read(1)? == 0 {
            return Ok(0);
        }
        match self.bits.read(4)? {
            bits @ 1..=11 => Ok(1 << bits),
            _ => Err(damaged()),
        }
    }
}

/// The number of symbols of each code of a group: green with lengths and colours at hand, red, blue, alpha, distance.
fn alphabets(cached: usize) -> [usize; 5] {
    [COLORS + cached, 256, 256, 256, 40]
}

/// Reads so many pixels by their codes: the largest number in red and green. Only those that are told themselves count:
/// the others are copies of them, or of nothing.
fn largest_number(
    bits: &mut Bits,
    [green, red, blue, alpha, distance]: &[Table; 5],
    pixels: usize,
) -> Result<usize, Error> {
    let (mut at, mut largest) = (0, 0);
    while at < pixels {
        match green.read(bits)? {
            low @ ..LENGTHS => {
                largest = largest.max(red.read(bits)? << 8 | low);
                blue.read(bits)?;
                alpha.read(bits)?;
                at += 1;
            }
            symbol @ LENGTHS..COLORS => {
                at += read_number(bits, symbol - LENGTHS)?;
                let symbol = distance.read(bits)?;
                read_number(bits, symbol)?;
            }
            _ => at += 1,
        }
    }
    if at == pixels { Ok(largest) } else { Err(damaged()) }
}

/// A length or distance: by its symbol alone, or with further bits.
fn read_number(bits: &mut Bits, symbol: usize) -> Result<usize, Error> {
    if symbol < 4 {
        return Ok(symbol + 1);
    }
    let more = (symbol - 2) >> 1;
    Ok(((2 + (symbol & 1)) << more) + bits.read(more)? + 1)
}
