//! Resizing in Pillow's arithmetic, bit for bit (`src/libImaging/Resample.c`); only the part that is needed.

mod filter;
mod horizontal;
mod nearest;
mod vertical;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use filter::Filter;
use filter::Weights;

use crate::decode::zeros;
use crate::{Error, Limits, Pixels};

/// Which of the two passes comes first, between which values are rounded to 8 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PassOrder {
    /// As Pillow 13 has it: the horizontal one, but for images that lose much more height than width. The default.
    #[default]
    Pillow13,
    /// As Pillow up to 12 has it: always the horizontal one.
    Pillow12,
}

impl PassOrder {
    fn vertical_first(self, [height, width]: [usize; 2], [out_height, out_width]: [usize; 2]) -> bool {
        let (rows, columns) = (height as i64 - out_height as i64, width as i64 - out_width as i64);
        self == PassOrder::Pillow13 && rows > 0 && rows > 2 * columns
    }
}

/// How to resize.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resampling {
    /// The filter.
    pub filter: Filter,
    /// The order of the passes.
    pub pass_order: PassOrder,
}

/// Resizes an image to `size` (rows, columns) and gives the part of the result whose rows and columns are `region`,
/// which is all that is computed. The image, what stands between the passes and the result must find room within the
/// limits.
pub fn resize(
    pixels: &Pixels,
    size: [usize; 2],
    region: [Range<usize>; 2],
    resampling: Resampling,
    limits: &Limits,
) -> Result<Pixels, Error> {
    let [rows, columns] = &region;
    if size.contains(&0) || pixels.data.is_empty() {
        return Err(Error::setting("size", format!("{size:?} and the image's must be at least 1 x 1")));
    }
    if rows.is_empty() || rows.end > size[0] || columns.is_empty() || columns.end > size[1] {
        let problem = format!("{region:?} is no part of {} rows and {} columns", size[0], size[1]);
        return Err(Error::setting("region", problem));
    }
    let (height, width, channels) = (rows.len(), columns.len(), pixels.channels);
    let data = match channels {
        1 => resized::<1>(pixels, size, region, resampling, limits),
        _ => resized::<3>(pixels, size, region, resampling, limits),
    }?;
    Ok(Pixels { width, height, channels, data })
}

fn resized<const C: usize>(
    pixels: &Pixels,
    size: [usize; 2],
    region: [Range<usize>; 2],
    Resampling { filter, pass_order }: Resampling,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    let input = [pixels.height, pixels.width];
    let [rows, columns] = region;
    let length = rows.len() * columns.len() * C;
    let room = |between: usize| {
        limits.check_allocation((pixels.data.len() + between + length) as u64)?;
        Ok::<_, Error>((zeros(between, limits)?, zeros(length, limits)?))
    };
    if filter == Filter::Nearest || input == size {
        // Where nothing changes in size, every filter leaves the pixels alone.
        let (_, mut out) = room(0)?;
        nearest::pass::<C>(&pixels.data, input, size, [rows, columns], &mut out);
        return Ok(out);
    }
    let width = columns.len();
    let vertical = Weights::new(filter, input[0], size[0], rows);
    let horizontal = Weights::new(filter, input[1], size[1], columns);
    let (needed_rows, needed_columns) = (vertical.needed(), horizontal.needed());
    let stride = pixels.width * C;
    if pass_order.vertical_first(input, size) {
        let length = needed_columns.len() * C;
        let (mut between, mut out) = room(vertical.starts.len() * length)?;
        let source = &pixels.data[needed_columns.start * C..];
        vertical::pass(source, stride, &vertical, length, &mut between);
        let horizontal = horizontal.from(needed_columns.start);
        horizontal::pass::<C>(&between, needed_columns.len(), &horizontal, &mut out);
        Ok(out)
    } else {
        let (mut between, mut out) = room(needed_rows.len() * width * C)?;
        let source = &pixels.data[needed_rows.start * stride..needed_rows.end * stride];
        horizontal::pass::<C>(source, pixels.width, &horizontal, &mut between);
        vertical::pass(&between, width * C, &vertical.from(needed_rows.start), width * C, &mut out);
        Ok(out)
    }
}
