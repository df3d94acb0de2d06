//! What is done to each value by itself, over blocks of 16 channels. Maps may have different borders; those of results
//! are left as they are. Buffers are as long as their maps say.

use super::isa::for_each_isa;
use super::map::{LANES, Map, Pixel};

/// Calls `row` with the values of each row, of `x` and of `y`, and the number of the block.
#[inline(always)]
fn rows(x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel]), mut row: impl FnMut(usize, &[Pixel], &mut [Pixel])) {
    let (x_map, x) = x;
    let (y_map, y) = y;
    for block in 0..y_map.blocks() {
        for line in 0..y_map.height {
            let from = &x[x_map.start(block, line)..][..y_map.width];
            row(block, from, &mut y[y_map.start(block, line)..][..y_map.width]);
        }
    }
}

#[inline(always)]
fn clamp(v: f32, [low, high]: [f32; 2]) -> f32 {
    // `f32::max` would lose a NaN.
    let v = if v < low { low } else { v };
    if v > high { high } else { v }
}

for_each_isa! {
    /// `y = clamp(x * factor + shift)` with a factor and a shift for each channel.
    pub fn scale_and_shift(
        x: (&Map, &[Pixel]),
        factor: &[Pixel],
        shift: &[Pixel],
        bounds: [f32; 2],
        y: (&Map, &mut [Pixel]),
    ) {
        rows(x, y, |block, x, y| {
            let (factor, shift) = (factor[block], shift[block]);
            for (x, y) in x.iter().zip(y) {
                for lane in 0..LANES {
                    y.0[lane] = clamp(x.0[lane] * factor.0[lane] + shift.0[lane], bounds);
                }
            }
        });
    }
}

for_each_isa! {
    /// `y = clamp(y + x)`.
    pub fn accumulate(x: (&Map, &[Pixel]), bounds: [f32; 2], y: (&Map, &mut [Pixel])) {
        rows(x, y, |_, x, y| {
            for (x, y) in x.iter().zip(y) {
                for lane in 0..LANES {
                    y.0[lane] = clamp(y.0[lane] + x.0[lane], bounds);
                }
            }
        });
    }
}

for_each_isa! {
    /// `y = x * factors`, where `factors` are a map of the same size or of one pixel.
    pub fn multiply(x: (&Map, &[Pixel]), factors: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (map, factors) = factors;
        let (y_map, y) = y;
        let one = map.height * map.width == 1;
        let (x_map, x) = x;
        for block in 0..y_map.blocks() {
            for line in 0..y_map.height {
                let x = &x[x_map.start(block, line)..][..y_map.width];
                let y = &mut y[y_map.start(block, line)..][..y_map.width];
                let from = map.start(block, if one { 0 } else { line });
                for (column, (x, y)) in x.iter().zip(y).enumerate() {
                    let factor = &factors[if one { from } else { from + column }];
                    for lane in 0..LANES {
                        y.0[lane] = x.0[lane] * factor.0[lane];
                    }
                }
            }
        }
    }
}

/// Copies a map's values: all of `x` to the blocks of `y` from `first` on.
pub fn copy_blocks(x: (&Map, &[Pixel]), first: usize, y: (&Map, &mut [Pixel])) {
    let (x_map, x) = x;
    let (y_map, y) = y;
    for block in 0..x_map.blocks() {
        for line in 0..x_map.height {
            let from = &x[x_map.start(block, line)..][..x_map.width];
            y[y_map.start(first + block, line)..][..x_map.width].copy_from_slice(from);
        }
    }
}
