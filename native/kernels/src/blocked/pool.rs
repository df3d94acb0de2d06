//! Pooling over windows, over blocks of 16 channels.

use std::ops::Range;

use super::isa::for_each_isa;
use super::map::{LANES, Map, Pixel};
use crate::pool2d::Pool2d;

/// The windows of a pool along one dimension: for each output, the inputs that it sees and how many count in a mean.
#[derive(Debug, Clone)]
pub struct Windows(Vec<(Range<usize>, usize)>);

impl Windows {
    /// Those of a pool along dimension `d` (0 for rows, 1 for columns). The padding counts in a mean where
    /// `count_padding` says so; what a window reaches beyond it never does.
    pub fn of(pool: &Pool2d, d: usize, size: usize, out: usize, count_padding: bool) -> Windows {
        let (stride, kernel, padding) = (pool.stride[d], pool.kernel[d], pool.padding[d]);
        let window = |i: usize| {
            let start = i * stride;
            let padded = (start + kernel).min(size + 2 * padding).saturating_sub(start);
            let end = (start + kernel).saturating_sub(padding).min(size);
            let range = start.saturating_sub(padding).min(end)..end;
            let count = if count_padding { padded } else { range.len() };
            (range, count)
        };
        Windows((0..out).map(window).collect())
    }

    /// As many windows of about one size as there are outputs, as in PyTorch: see
    /// [`adaptive_avg_pool2d`](crate::adaptive_avg_pool2d).
    pub fn adaptive(size: usize, out: usize) -> Windows {
        let window = |i: usize| {
            let range = i * size / out..((i + 1) * size).div_ceil(out);
            (range.clone(), range.len())
        };
        Windows((0..out).map(window).collect())
    }
}

for_each_isa! {
    /// The largest value of each window; padding never wins, NaN always does. First of the rows of a window, a column
    /// at a time, then of the columns.
    pub fn max_pool(windows: &[Windows; 2], x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (x_map, x) = x;
        let (y_map, y) = y;
        let [rows, columns] = windows;
        let mut high = vec![Pixel::ZERO; x_map.width];
        for block in 0..y_map.blocks() {
            for (line, (lines, _)) in rows.0.iter().enumerate() {
                high.fill(Pixel([f32::NEG_INFINITY; LANES]));
                for from in lines.clone() {
                    larger(&x[x_map.start(block, from)..][..x_map.width], &mut high);
                }
                let out = &mut y[y_map.start(block, line)..][..y_map.width];
                for (to, (columns, _)) in out.iter_mut().zip(&columns.0) {
                    let mut best = Pixel([f32::NEG_INFINITY; LANES]);
                    for pixel in &high[columns.clone()] {
                        larger(std::slice::from_ref(pixel), std::slice::from_mut(&mut best));
                    }
                    *to = best;
                }
            }
        }
    }
}

/// `best = max(best, x)`, value by value.
#[inline(always)]
fn larger(x: &[Pixel], best: &mut [Pixel]) {
    for (x, best) in x.iter().zip(best) {
        for lane in 0..LANES {
            let v = x.0[lane];
            // `f32::max` would lose a NaN.
            best.0[lane] = if v > best.0[lane] || v.is_nan() { v } else { best.0[lane] };
        }
    }
}

for_each_isa! {
    /// The mean of each window, summed up in f64.
    pub fn mean_pool(windows: &[Windows; 2], x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (x_map, x) = x;
        let (y_map, y) = y;
        let [rows, columns] = windows;
        for block in 0..y_map.blocks() {
            for (line, (lines, high)) in rows.0.iter().enumerate() {
                for (column, (columns, wide)) in columns.0.iter().enumerate() {
                    let mut sum = [0.0_f64; LANES];
                    for from in lines.clone() {
                        for pixel in &x[x_map.start(block, from) + columns.start..][..columns.len()] {
                            for lane in 0..LANES {
                                sum[lane] += f64::from(pixel.0[lane]);
                            }
                        }
                    }
                    let count = (high * wide) as f64;
                    y[y_map.start(block, line) + column] = Pixel(sum.map(|sum| (sum / count) as f32));
                }
            }
        }
    }
}
