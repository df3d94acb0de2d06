//! The pixels of an image within a lossless stream (RFC 9649, section 3.5.2).

use super::bits::{Bits, damaged};
use super::code::Table;
use crate::Error;

/// Red, green, blue, alpha.
pub(super) type Pixel = [u8; 4];

/// Symbols of green below this are greens, those from here on are lengths.
const LENGTHS: usize = 256;

/// Symbols of green from here on are colours at hand.
const COLORS: usize = LENGTHS + 24;

/// Reads the pixels of an image by its five codes (green, red, blue, alpha, distance), with so many colours at hand.
pub(super) fn read_pixels(
    bits: &mut Bits,
    [green, red, blue, alpha, distance]: &[Table; 5],
    cached: usize,
    [width, height]: [usize; 2],
) -> Result<Vec<Pixel>, Error> {
    let count = width * height;
    let near = near(width);
    let mut pixels = Vec::with_capacity(count);
    let mut cache = vec![[0; 4]; cached];
    while pixels.len() < count {
        let symbol = green.read(bits)?;
        if symbol >= COLORS {
            pixels.push(cache[symbol - COLORS]);
            continue;
        }
        if symbol < LENGTHS {
            let [red, blue, alpha] = [red.read(bits)?, blue.read(bits)?, alpha.read(bits)?];
            let pixel = [red, symbol, blue, alpha].map(|value| value as u8);
            pixels.push(pixel);
            keep(&mut cache, pixel);
            continue;
        }
        let length = read_number(bits, symbol - LENGTHS)?;
        let symbol = distance.read(bits)?;
        let code = read_number(bits, symbol)?;
        let back = near.get(code - 1).copied().unwrap_or(code.saturating_sub(near.len()));
        let end = pixels.len() + length;
        if back > pixels.len() || end > count {
            return Err(damaged());
        }
        while pixels.len() < end {
            let pixel = pixels[pixels.len() - back];
            pixels.push(pixel);
            // As the decoder does: the pixel before was kept, unless it came from a place where no colour was.
            if back > 1 {
                keep(&mut cache, pixel);
            }
        }
    }
    Ok(pixels)
}

/// Puts a colour where its hash says.
fn keep(cache: &mut [Pixel], pixel @ [red, green, blue, alpha]: Pixel) {
    if !cache.is_empty() {
        let hash = 0x1e35_a7bd_u32.wrapping_mul(u32::from_be_bytes([alpha, red, green, blue]));
        cache[(hash >> (32 - cache.len().ilog2())) as usize] = pixel;
    }
}

/// A length or distance: by its symbol alone, or with further bits.
fn read_number(bits: &mut Bits, symbol: usize) -> Result<usize, Error> {
    if symbol < 4 {
        return Ok(symbol + 1);
    }
    let more = (symbol - 2) >> 1;
    Ok(((2 + (symbol & 1)) << more) + bits.read(more)? + 1)
}

/// How far back the 120 places are that are told by their number: those within seven rows above and eight columns,
/// the nearest first.
fn near(width: usize) -> Vec<usize> {
    let before = |[x, y]: &[i32; 2]| *y > 0 || *x > 0;
    let mut places: Vec<[i32; 2]> =
        (0..8).flat_map(|y| (-7..9).map(move |x| [x, y])).filter(before).collect();
    places.sort_by_key(|[x, y]| (x * x + y * y, -y, -x));
    places.iter().map(|[x, y]| (x + y * width as i32).max(1) as usize).collect()
}
