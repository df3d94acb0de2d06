//! The prefix codes of a lossless stream (RFC 9649, section 3.7.2), and the bytes that the decoder holds for each.

use super::bits::{Bits, damaged};
use crate::Error;

/// The longest code of a symbol, in bits.
const LONGEST: usize = 15;

/// The longest code that the decoder finds by its table alone; longer ones hang below it in a tree.
const LONGEST_IN_TABLE: u8 = 10;

/// Bytes of an entry of that table.
const ENTRY: u64 = 4;

/// Bytes of a node of that tree.
const NODE: u64 = 16;

/// The order in which the lengths are told of the codes that tell lengths.
const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// A prefix code.
pub(super) enum Code {
    /// One symbol, told by no bit.
    One(usize),
    /// Two, told by a bit.
    Two([usize; 2]),
    /// The length of each symbol's code in bits, 0 for none: they fill the tree.
    Lengths(Vec<u8>),
}

impl Code {
    /// Reads the code of so many symbols.
    pub(super) fn read(bits: &mut Bits, symbols: usize) -> Result<Code, Error> {
        if bits.read(1)? == 1 {
            return Code::read_simple(bits, symbols);
        }
        let mut lengths = vec![0; ORDER.len()];
        let count = 4 + bits.read(4)?;
        for place in &ORDER[..count] {
            lengths[*place] = bits.read(3)? as u8;
        }
        let table = Code::of(lengths)?.table();
        Code::of(read_lengths(bits, &table, symbols)?)
    }

    fn read_simple(bits: &mut Bits, symbols: usize) -> Result<Code, Error> {
        let two = bits.read(1)? == 1;
        let width = if bits.read(1)? == 1 { 8 } else { 1 };
        let mut symbol = |width| match bits.read(width)? {
            symbol if symbol < symbols => Ok(symbol),
            _ => Err(damaged()),
        };
        let first = symbol(width)?;
        Ok(if two { Code::Two([first, symbol(8)?]) } else { Code::One(first) })
    }

    /// Of lengths, which must neither leave a place of the tree free nor take one twice: the decoder panics where some
    /// are taken twice.
    fn of(lengths: Vec<u8>) -> Result<Code, Error> {
        let mut used = lengths.iter().enumerate().filter(|(_, length)| **length > 0);
        if let (Some((only, _)), None) = (used.next(), used.next()) {
            return Ok(Code::One(only));
        }
        let places: usize = lengths.iter().filter(|length| **length > 0).map(|l| 1 << LONGEST >> l).sum();
        if places == 1 << LONGEST { Ok(Code::Lengths(lengths)) } else { Err(damaged()) }
    }

    /// Bytes that the decoder holds for it, beside the group that it belongs to.
    pub(super) fn held(&self) -> u64 {
        match self {
            Code::One(_) => 0,
            Code::Two(_) => 2 * ENTRY + 3 * NODE,
            Code::Lengths(lengths) => {
                let longest = lengths.iter().max().map_or(0, |longest| *longest.min(&LONGEST_IN_TABLE));
                let in_tree = lengths.iter().filter(|length| **length > LONGEST_IN_TABLE).count() as u64;
                (ENTRY << longest) + 2 * NODE * in_tree
            }
        }
    }

    /// For reading symbols.
    pub(super) fn table(&self) -> Table {
        let lengths = match self {
            Code::One(symbol) => return Table(vec![entry(*symbol, 0)]),
            Code::Two([zero, one]) => return Table(vec![entry(*zero, 1), entry(*one, 1)]),
            Code::Lengths(lengths) => lengths,
        };
        let longest = lengths.iter().max().map_or(0, |longest| usize::from(*longest));
        let mut table = vec![0; 1 << longest];
        let mut code = 0_u16;
        for length in 1..=longest {
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, l)| usize::from(**l) == length) {
                let first = usize::from(code.reverse_bits()) >> (16 - length);
                table.iter_mut().skip(first).step_by(1 << length).for_each(|e| *e = entry(symbol, length));
                code += 1;
            }
            code <<= 1;
        }
        Table(table)
    }
}

/// Reads the length of each symbol's code, as these codes tell them.
fn read_lengths(bits: &mut Bits, table: &Table, symbols: usize) -> Result<Vec<u8>, Error> {
    let mut told = symbols;
    if bits.read(1)? == 1 {
        let width = 2 + 2 * bits.read(3)?;
        told = 2 + bits.read(width)?;
        if told > symbols {
            return Err(damaged());
        }
    }
    let mut lengths = Vec::with_capacity(symbols);
    let mut previous = 8;
    while lengths.len() < symbols && told > 0 {
        told -= 1;
        let (length, count) = match table.read(bits)? {
            16 => (previous, 3 + bits.read(2)?),
            17 => (0, 3 + bits.read(3)?),
            18 => (0, 11 + bits.read(7)?),
            length => (length as u8, 1),
        };
        if length > 0 {
            previous = length;
        }
        if lengths.len() + count > symbols {
            return Err(damaged());
        }
        lengths.resize(lengths.len() + count, length);
    }
    lengths.resize(symbols, 0);
    Ok(lengths)
}

/// For as many next bits as the longest code has: the symbol, and the bits of its own code.
pub(super) struct Table(Vec<u16>);

impl Table {
    /// Reads a symbol.
    pub(super) fn read(&self, bits: &mut Bits) -> Result<usize, Error> {
        let entry = self.0[bits.peek() as usize & (self.0.len() - 1)];
        bits.skip(usize::from(entry & 15))?;
        Ok(usize::from(entry >> 4))
    }
}

/// Fits: there are at most 2,328 symbols, whose codes have at most 15 bits.
fn entry(symbol: usize, length: usize) -> u16 {
    (symbol << 4 | length) as u16
}
