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

/// Calls `window` for each output with its place in `y`, the places of its rows in `x` and how many values count.
#[inline(always)]
fn each(x: &Map, y: &Map, windows: &[Windows; 2], mut window: impl FnMut(usize, Range<usize>, usize, usize)) {
    let [rows, columns] = windows;
    for block in 0..y.blocks() {
        for (line, (lines, high)) in rows.0.iter().enumerate() {
            for (column, (columns, wide)) in columns.0.iter().enumerate() {
                let first = x.start(block, lines.start) + columns.start;
                // One row's values, and how many rows: given as the range of the first one.
                window(y.start(block, line) + column, first..first + columns.len(), lines.len(), high * wide);
            }
        }
    }
}

for_each_isa! {
    /// The largest value of each window; padding never wins, NaN always does.
    pub fn max_pool(windows: &[Windows; 2], x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (x_map, x) = x;
        let (y_map, y) = y;
        each(x_map, y_map, windows, |to, first, lines, _| {
            let mut best = [f32::NEG_INFINITY; LANES];
            for line in 0..lines {
                for pixel in &x[first.start + line * x_map.row()..][..first.len()] {
                    for lane in 0..LANES {
                        let v = pixel.0[lane];
                        best[lane] = if v > best[lane] || v.is_nan() { v } else { best[lane] };
                    }
                }
            }
            y[to] = Pixel(best);
        });
    }
}

for_each_isa! {
    /// The mean of each window, summed up in f64.
    pub fn mean_pool(windows: &[Windows; 2], x: (&Map, &[Pixel]), y: (&Map, &mut [Pixel])) {
        let (x_map, x) = x;
        let (y_map, y) = y;
        each(x_map, y_map, windows, |to, first, lines, count| {
            let mut sum = [0.0_f64; LANES];
            for line in 0..lines {
                for pixel in &x[first.start + line * x_map.row()..][..first.len()] {
                    for lane in 0..LANES {
                        sum[lane] += f64::from(pixel.0[lane]);
                    }
                }
            }
            y[to] = Pixel(sum.map(|sum| (sum / count as f64) as f32));
        });
    }
}
