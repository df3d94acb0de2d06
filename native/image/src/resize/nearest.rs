//! Resizing by taking the nearest pixel.

use std::ops::Range;

/// Copies the pixel that is nearest to each one of the region.
pub(super) fn pass<const C: usize>(
    input: &[u8],
    [height, width]: [usize; 2],
    [out_height, out_width]: [usize; 2],
    [rows, columns]: [Range<usize>; 2],
    out: &mut [u8],
) {
    let (rows, columns) = (positions(height, out_height, rows), positions(width, out_width, columns));
    let input = input.as_chunks::<C>().0;
    let out = out.as_chunks_mut::<C>().0;
    for (y, out) in rows.iter().zip(out.chunks_exact_mut(columns.len())) {
        let row = &input[y * width..][..width];
        for (x, out) in columns.iter().zip(out) {
            *out = row[*x];
        }
    }
}

/// The input position of each output position. Added up from the first one on, as Pillow does: a product would be
/// rounded otherwise.
fn positions(input: usize, output: usize, range: Range<usize>) -> Vec<usize> {
    let step = input as f64 / output as f64;
    let mut at = step * 0.5;
    let mut positions = Vec::with_capacity(range.len());
    for i in 0..range.end {
        if i >= range.start {
            positions.push((at as usize).min(input - 1));
        }
        at += step;
    }
    positions
}
