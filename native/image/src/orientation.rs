//! Turning an image as its EXIF orientation says.

use crate::Pixels;

/// The image as it should be seen; what Pillow's `ImageOps.exif_transpose` does. `orientation` is EXIF's: 1 for
/// an upright image, 2 to 8; anything else counts as 1.
pub(crate) fn upright(pixels: Pixels, orientation: u8) -> Pixels {
    match pixels.channels {
        1 => turn::<1>(pixels, orientation),
        _ => turn::<3>(pixels, orientation),
    }
}

fn turn<const C: usize>(pixels: Pixels, orientation: u8) -> Pixels {
    let Pixels { width: w, height: h, channels, mut data } = pixels;
    let source = data.as_chunks_mut::<C>().0;
    // 5 to 8 are transpositions, after which rows and columns have changed places.
    let [transpose, mirror_columns, mirror_rows] = match orientation {
        2 => [false, true, false],
        3 => {
            source.reverse();
            return Pixels { width: w, height: h, channels, data };
        }
        4 => [false, false, true],
        5 => [true, false, false],
        6 => [true, true, false],
        7 => [true, true, true],
        8 => [true, false, true],
        _ => return Pixels { width: w, height: h, channels, data },
    };
    let source = &*source;
    let (width, height) = if transpose { (h, w) } else { (w, h) };
    let mut out = Vec::with_capacity(source.len() * C);
    for y in 0..height {
        let y = if mirror_rows { height - 1 - y } else { y };
        let pixel = |x: usize| if transpose { source[x * w + y] } else { source[y * w + x] };
        if mirror_columns {
            out.extend((0..width).rev().flat_map(pixel));
        } else {
            out.extend((0..width).flat_map(pixel));
        }
    }
    Pixels { width, height, channels, data: out }
}
