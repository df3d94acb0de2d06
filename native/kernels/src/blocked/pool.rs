//! Pooling over windows, over blocks of 16 channels.

#![allow(unsafe_code)] // The processor's intrinsics.

use std::ops::Range;

use super::isa::{Isa, Set, for_each_isa};
#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};
use super::lanes::{Lanes, Portable};
use super::map::{LANES, Map, Pixel, Rows};
use crate::Error;
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

/// The largest value of each window; padding never wins, NaN always does.
#[derive(Debug)]
pub struct BlockedMaxPool {
    windows: [Windows; 2],
    x: Map,
    y: Map,
    row: Kernel,
}

type Kernel = fn(&[Pixel], usize, usize, &Windows, &mut [Pixel]);

impl BlockedMaxPool {
    /// Prepares a pool of these windows, of rows and of columns. An error where they are not as many as the result has
    /// rows and columns, or where one is empty or leaves the input.
    pub fn new(isa: Isa, windows: [Windows; 2], x: Map, y: Map) -> Result<BlockedMaxPool, Error> {
        let found = windows.each_ref().map(|along| along.0.len());
        let ends =
            windows.each_ref().map(|along| along.0.iter().map(|(range, _)| range.end).max().unwrap_or(0));
        let is_empty = windows.iter().any(|along| along.0.iter().any(|(range, _)| range.is_empty()));
        let fits = found == [y.height, y.width] && x.channels == y.channels;
        let fits = fits && x.is_countable() && y.is_countable();
        if !fits || is_empty || ends[0] > x.height || ends[1] > x.width {
            let found = vec![x.channels, found[0], found[1], ends[0], ends[1]];
            let expected = vec![y.channels, y.height, y.width, x.height, x.width];
            return Err(Error { kernel: NAME, what: "windows", found, expected });
        }
        let row = match isa.set() {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => avx512::row,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => avx2::row,
            Set::Portable => portable::row,
        };
        Ok(BlockedMaxPool { windows, x, y, row })
    }

    /// The same, where memory holds so many rows of the input and of the result at a time.
    pub(super) fn in_bands(mut self, x: Option<usize>, y: Option<usize>) -> BlockedMaxPool {
        (self.x.band, self.y.band) = (x, y);
        self
    }

    /// Where input and result lie.
    pub(super) fn maps(&self) -> [&Map; 2] {
        [&self.x, &self.y]
    }

    /// The rows of the input, border and all, that rows of the result need.
    pub(super) fn seen(&self, rows: &Range<usize>) -> Range<usize> {
        let windows = &self.windows[0].0[rows.clone()];
        let first = windows.iter().map(|(lines, _)| lines.start).min().unwrap_or(0);
        let last = windows.iter().map(|(lines, _)| lines.end).max().unwrap_or(0);
        self.x.border.top + first..self.x.border.top + last
    }

    /// Pools one image. The border of `y` is left as it is.
    pub fn run(&self, x: &[Pixel], y: &mut [Pixel]) -> Result<(), Error> {
        self.run_rows(&Rows::all(&self.y), x, y)
    }

    /// The same of some rows.
    pub(super) fn run_rows(&self, rows: &Rows, x: &[Pixel], y: &mut [Pixel]) -> Result<(), Error> {
        let (found, expected) = ([x.len(), y.len()], [self.x.pixels(), self.y.pixels()]);
        if found != expected {
            let (found, expected) = (found.to_vec(), expected.to_vec());
            return Err(Error { kernel: NAME, what: "buffers", found, expected });
        }
        rows.check(NAME, &self.seen(&rows.rows), self.maps())?;
        let [lines, columns] = &self.windows;
        for block in 0..self.y.blocks() {
            for line in rows.rows.clone() {
                let (lines, _) = &lines.0[line];
                let from = self.x.start(block, lines.start) - rows.x * self.x.row();
                let to = self.y.start(block, line) - rows.y * self.y.row();
                let y = &mut y[to..][..self.y.width];
                (self.row)(&x[from..], self.x.row(), lines.len(), columns, y);
            }
        }
        Ok(())
    }
}

const NAME: &str = "blocked max pool";

/// A row of results, of windows over `lines` rows of `x` that lie `step` apart.
#[inline(always)]
unsafe fn row_of<L: Lanes>(x: &[Pixel], step: usize, lines: usize, columns: &Windows, y: &mut [Pixel]) {
    for (to, (columns, _)) in y.iter_mut().zip(&columns.0) {
        // SAFETY: the processor has the instructions, by the caller; pixels are read where the slices are.
        unsafe {
            let mut best = L::splat(f32::NEG_INFINITY);
            for line in 0..lines {
                for pixel in &x[line * step..][columns.clone()] {
                    best = L::load(pixel.0.as_ptr()).larger(best);
                }
            }
            best.store(to.0.as_mut_ptr());
        }
    }
}

/// [`row_of`] for an instruction set.
macro_rules! rows {
    ($name:ident, $lanes:ty, $(#[$feature:meta])?) => {
        mod $name {
            use super::*;

            pub(super) fn row(x: &[Pixel], step: usize, lines: usize, columns: &Windows, y: &mut [Pixel]) {
                $(#[$feature])?
                unsafe fn inner(x: &[Pixel], step: usize, lines: usize, columns: &Windows, y: &mut [Pixel]) {
                    // SAFETY: the caller's.
                    unsafe { row_of::<$lanes>(x, step, lines, columns, y) }
                }
                // SAFETY: this is called for an `Isa` alone, which there is only where the processor has it.
                unsafe { inner(x, step, lines, columns, y) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
rows!(avx512, Avx512, #[target_feature(enable = "avx512f")]);
#[cfg(target_arch = "x86_64")]
rows!(avx2, Avx2, #[target_feature(enable = "avx2,fma")]);
rows!(portable, Portable,);

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
                            for (sum, &value) in sum.iter_mut().zip(&pixel.0) {
                                *sum += f64::from(value);
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
