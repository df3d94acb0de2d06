//! Moving pixels about.

use std::ops::Range;

use crate::Pixels;

/// The image with so many zeros on each side.
pub fn pad(pixels: Pixels, zeros: usize) -> Pixels {
    if zeros == 0 {
        return pixels;
    }
    let (height, width, channels) = (pixels.height + 2 * zeros, pixels.width + 2 * zeros, pixels.channels);
    let mut out = Pixels { width, height, channels, data: vec![0; height * width * channels] };
    let rows = out.data.chunks_exact_mut(width * channels).skip(zeros);
    for (out, row) in rows.zip(pixels.data.chunks_exact(pixels.width * channels)) {
        out[zeros * channels..][..row.len()].copy_from_slice(row);
    }
    out
}

/// The part of these rows and columns, which lie within the image.
pub fn crop(pixels: &Pixels, [rows, columns]: [Range<usize>; 2]) -> Pixels {
    let channels = pixels.channels;
    let (height, width) = (rows.len(), columns.len());
    let source = pixels.data.chunks_exact(pixels.width * channels).skip(rows.start).take(height);
    let data =
        source.flat_map(|row| &row[columns.start * channels..columns.end * channels]).copied().collect();
    Pixels { width, height, channels, data }
}

/// Left and right exchanged.
pub fn flip_columns(mut pixels: Pixels) -> Pixels {
    let channels = pixels.channels;
    for row in pixels.data.chunks_exact_mut(pixels.width * channels) {
        row.reverse();
        // The values of each pixel are the wrong way round now.
        row.chunks_exact_mut(channels).for_each(<[u8]>::reverse);
    }
    pixels
}

/// Moved down by `rows` and to the right by `columns`; zeros move in.
pub fn shift(pixels: &Pixels, rows: isize, columns: isize) -> Pixels {
    moved(pixels, |y, x| Some((y.checked_sub(rows)?, x.checked_sub(columns)?)))
}

/// Turned counter-clockwise about its centre, by the nearest pixel, zeros in the corners: Pillow's `rotate`, in its
/// fixed-point arithmetic of 16 fractional bits.
pub fn rotate(pixels: &Pixels, degrees: f64) -> Pixels {
    let degrees = degrees.rem_euclid(360.0);
    let radians = -degrees.to_radians();
    // Pillow rounds to 15 digits, so that right angles are exact.
    let rounded = |v: f64| (v * 1e15).round() / 1e15;
    let (cos, sin) = (rounded(radians.cos()), rounded(radians.sin()));
    let (cx, cy) = (pixels.width as f64 / 2.0, pixels.height as f64 / 2.0);
    let fixed = |v: f64| (v * 65_536.0 + 0.5).floor() as i64;
    let x0 = fixed(cx - cos * cx - sin * cy + cos * 0.5 + sin * 0.5);
    let y0 = fixed(cy + sin * cx - cos * cy - sin * 0.5 + cos * 0.5);
    let (cos, sin, minus_sin) = (fixed(cos), fixed(sin), fixed(-sin));
    moved(pixels, |y, x| {
        let (y, x) = (y as i64, x as i64);
        Some((((y0 + y * cos + x * minus_sin) >> 16) as isize, ((x0 + y * sin + x * cos) >> 16) as isize))
    })
}

/// An image of the same size, whose pixel in each row and column comes from the one that `source` names, or is 0 where
/// that lies outside.
fn moved(pixels: &Pixels, source: impl Fn(isize, isize) -> Option<(isize, isize)>) -> Pixels {
    let Pixels { width, height, channels, .. } = *pixels;
    let mut data = vec![0; pixels.data.len()];
    for (i, out) in data.chunks_exact_mut(channels).enumerate() {
        let place = source((i / width) as isize, (i % width) as isize);
        let inside = place.and_then(|(y, x)| Some((usize::try_from(y).ok()?, usize::try_from(x).ok()?)));
        if let Some((y, x)) = inside.filter(|&(y, x)| y < height && x < width) {
            out.copy_from_slice(&pixels.data[(y * width + x) * channels..][..channels]);
        }
    }
    Pixels { width, height, channels, data }
}
