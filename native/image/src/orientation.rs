//! Turning an image as its EXIF orientation says, in its own memory: a second image of as many pixels could be beyond
//! the limit.

use crate::decode::zeros;
use crate::{Error, Limits, Pixels};

/// Rows that are transposed together. More take more memory, fewer more time.
const STRIP: usize = 32;

/// The image as it should be seen; what Pillow's `ImageOps.exif_transpose` does. `orientation` is EXIF's: 1 for
/// an upright image, 2 to 8; anything else counts as 1.
pub(crate) fn upright(pixels: Pixels, orientation: u8, limits: &Limits) -> Result<Pixels, Error> {
    match pixels.channels {
        1 => turn::<1>(pixels, orientation, limits),
        _ => turn::<3>(pixels, orientation, limits),
    }
}

fn turn<const C: usize>(mut pixels: Pixels, orientation: u8, limits: &Limits) -> Result<Pixels, Error> {
    // 5 to 8 are transpositions, which rows and columns of the result may follow in reverse.
    let [transposed, mirror_columns, mirror_rows] = match orientation {
        2 => [false, true, false],
        3 => [false, true, true],
        4 => [false, false, true],
        5 => [true, false, false],
        6 => [true, true, false],
        7 => [true, true, true],
        8 => [true, false, true],
        _ => [false; 3],
    };
    if pixels.data.is_empty() {
        return Ok(pixels);
    }
    if transposed {
        transpose::<C>(&mut pixels, limits)?;
    }
    let image = pixels.data.as_chunks_mut::<C>().0;
    match [mirror_columns, mirror_rows] {
        [true, true] => image.reverse(),
        [true, false] => image.chunks_exact_mut(pixels.width).for_each(<[_]>::reverse),
        [false, true] => reverse_rows(image, pixels.width),
        [false, false] => {}
    }
    Ok(pixels)
}

fn reverse_rows<const C: usize>(image: &mut [[u8; C]], width: usize) {
    let rows = image.len() / width;
    let (upper, lower) = image.split_at_mut(rows / 2 * width);
    let from_below = lower.chunks_exact_mut(width).rev();
    upper.chunks_exact_mut(width).zip(from_below).for_each(|(above, below)| above.swap_with_slice(below));
}

/// Rows become columns. Strip by strip the rows are transposed, so that what a column has within a strip lies side by
/// side; these parts then go to their places as a whole. The rows that are left, too few for a strip, come last.
fn transpose<const C: usize>(pixels: &mut Pixels, limits: &Limits) -> Result<(), Error> {
    let (width, height) = (pixels.width, pixels.height);
    let (strips, left) = (height / STRIP, height % STRIP);
    let (buffer, flags) = (STRIP.min(height) * width * C, strips * width);
    limits.check_allocation((pixels.data.len() + buffer + flags) as u64)?;
    let mut buffer = zeros(buffer, limits)?;
    let buffer = buffer.as_chunks_mut::<C>().0;
    let image = pixels.data.as_chunks_mut::<C>().0;
    let (even, rest) = image.split_at_mut(strips * STRIP * width);
    for strip in even.chunks_exact_mut(STRIP * width) {
        buffer.copy_from_slice(strip);
        for (x, column) in strip.as_chunks_mut::<STRIP>().0.iter_mut().enumerate() {
            for (y, pixel) in column.iter_mut().enumerate() {
                *pixel = buffer[y * width + x];
            }
        }
    }
    place(even.as_chunks_mut::<STRIP>().0, [strips, width], zeros(flags, limits)?);
    let rest_of_rows = &mut buffer[..left * width];
    rest_of_rows.copy_from_slice(rest);
    // From the last row on, which moves farthest: nothing is written over that has yet to move.
    for x in (0..width).rev() {
        image.copy_within(x * (height - left)..(x + 1) * (height - left), x * height);
        for (y, row) in rest_of_rows.chunks_exact(width).enumerate() {
            image[(x + 1) * height - left + y] = row[x];
        }
    }
    (pixels.width, pixels.height) = (height, width);
    Ok(())
}

/// Transposes a matrix of so many rows and columns, cycle by cycle: each place is filled from where its content is,
/// which leaves that place to be filled. `done` has a zero for each.
fn place<T: Copy>(matrix: &mut [T], [rows, columns]: [usize; 2], mut done: Vec<u8>) {
    for start in 0..matrix.len() {
        let (first, mut to) = (matrix[start], start);
        while done[to] == 0 {
            done[to] = 1;
            let from = to % rows * columns + to / rows;
            matrix[to] = if from == start { first } else { matrix[from] };
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pixel's column and row in the stored image of the one at `[x, y]` in the upright image of `[width, height]`.
    fn stored(orientation: u8, [x, y]: [usize; 2], [width, height]: [usize; 2]) -> [usize; 2] {
        let (left, up) = (width - 1 - x, height - 1 - y);
        match orientation {
            2 => [left, y],
            3 => [left, up],
            4 => [x, up],
            5 => [y, x],
            6 => [y, left],
            7 => [up, left],
            8 => [up, x],
            _ => [x, y],
        }
    }

    #[test]
    fn images_of_any_size_are_turned() {
        // Less than a strip, just one, several, and some rows more.
        let sides = [1, 2, 31, 32, 33, 64, 77];
        for (width, height) in sides.iter().flat_map(|&w| sides.map(|h| (w, h))) {
            for (channels, orientation) in [1, 3].into_iter().flat_map(|c| (1..=8).map(move |o| (c, o))) {
                let data: Vec<u8> = (0..width * height * channels).map(|i| (i ^ (i >> 8)) as u8).collect();
                let before = Pixels { width, height, channels, data };
                let after = upright(before.clone(), orientation, &Limits::DEFAULT).unwrap();
                let size = if orientation > 4 { [height, width] } else { [width, height] };
                assert_eq!([after.width, after.height], size);
                for (i, pixel) in after.data.chunks(channels).enumerate() {
                    let [x, y] = stored(orientation, [i % size[0], i / size[0]], size);
                    let at = (y * width + x) * channels;
                    assert_eq!(pixel, &before.data[at..at + channels], "{orientation}, {size:?}: {i}");
                }
            }
        }
    }
}
