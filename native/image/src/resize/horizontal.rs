//! The horizontal pass: each output column is a weighted sum of neighbouring pixels of its row.

use multiversion::multiversion;

use super::filter::{HALF, Weights, to_u8};

/// Rows that are summed up side by side.
const ROWS: usize = 4;

/// Values of a pixel that are summed up side by side; those that a pixel has not are thrown away.
const LANES: usize = 4;

/// A pixel of each of the rows.
type Column = [u8; ROWS * LANES];

/// Writes rows of as many pixels as `weights` has output positions, one for each row of `input`, whose rows hold
/// `width` pixels of `C` values.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn pass<const C: usize>(input: &[u8], width: usize, weights: &Weights, out: &mut [u8]) {
    let (count, needed) = (weights.starts.len(), weights.needed());
    let mut columns: Vec<Column> = vec![[0; ROWS * LANES]; needed.len()];
    let mut sums: Vec<Column> = vec![[0; ROWS * LANES]; count];
    for (input, out) in input.chunks(ROWS * width * C).zip(out.chunks_mut(ROWS * count * C)) {
        for (r, row) in input.chunks_exact(width * C).enumerate() {
            interleave::<C>(&row[needed.start * C..needed.end * C], r, &mut columns);
        }
        for (i, sum) in sums.iter_mut().enumerate() {
            let (start, taps) = weights.of(i);
            *sum = weighted(&columns[start - needed.start..], taps);
        }
        for (r, out) in out.chunks_exact_mut(count * C).enumerate() {
            for (pixel, sum) in out.as_chunks_mut::<C>().0.iter_mut().zip(&sums) {
                pixel.copy_from_slice(&sum[r * LANES..][..C]);
            }
        }
    }
}

/// Writes the pixels of a row into its place in the columns.
#[inline(always)]
fn interleave<const C: usize>(row: &[u8], r: usize, columns: &mut [Column]) {
    // Four bytes at a time, of which those behind the pixel do not matter; the last pixels have too few behind them.
    let windows = row.windows(LANES).step_by(C);
    let whole = windows.len();
    for (column, pixel) in columns.iter_mut().zip(windows) {
        column[r * LANES..][..LANES].copy_from_slice(pixel);
    }
    for (column, pixel) in columns.iter_mut().zip(row.as_chunks::<C>().0).skip(whole) {
        column[r * LANES..][..C].copy_from_slice(pixel);
    }
}

/// The weighted sums of pixels; of all lanes, since a compiler that leaves some out does not vectorise the others.
#[inline(always)]
fn weighted(columns: &[Column], taps: &[i32]) -> Column {
    let mut sums = [HALF; ROWS * LANES];
    for (column, &weight) in columns.iter().zip(taps) {
        for (sum, &value) in sums.iter_mut().zip(column) {
            // Wrapping, since a check would keep the loop from being vectorised; the sums fit.
            *sum = sum.wrapping_add(i32::from(value).wrapping_mul(weight));
        }
    }
    sums.map(to_u8)
}
