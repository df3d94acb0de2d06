//! Decoded pixels, and how they become RGB or grey.

use crate::{Alpha, Error};

/// An image of one byte a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values of a pixel: 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `height * width * channels` values, row by row, the values of a pixel side by side.
    pub data: Vec<u8>,
}

/// What the values of a decoded pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Grey,
    GreyAlpha,
    Rgb,
    RgbAlpha,
}

/// What a decoder gives.
pub(crate) struct Decoded {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) layout: Layout,
    pub(crate) data: Vec<u8>,
}

impl Decoded {
    /// Whether nothing need be converted for so many channels.
    pub(crate) fn is(&self, channels: usize) -> bool {
        matches!((self.layout, channels), (Layout::Grey, 1) | (Layout::Rgb, 3))
    }

    /// Red, green and blue for 3 channels, or grey for 1, as Pillow's `convert` computes them.
    pub(crate) fn convert(self, channels: usize, alpha: Alpha) -> Result<Pixels, Error> {
        let Decoded { width, height, layout, data } = self;
        let colour = match alpha {
            Alpha::Drop => None,
            Alpha::Over(colour) => Some(colour),
        };
        let over = |pixel: [u8; 3], alpha: u8| match colour {
            Some(colour) => composite(pixel, alpha, colour),
            None => pixel,
        };
        let data = match (layout, channels) {
            (Layout::Grey, 1) | (Layout::Rgb, 3) => data,
            (Layout::Grey, 3) => data.iter().flat_map(|&v| [v; 3]).collect(),
            (Layout::Rgb, 1) => data.as_chunks().0.iter().map(|&pixel| grey(pixel)).collect(),
            (Layout::GreyAlpha, 1) => {
                data.as_chunks().0.iter().map(|&[v, a]| grey(over([v; 3], a))).collect()
            }
            (Layout::GreyAlpha, 3) => data.as_chunks().0.iter().flat_map(|&[v, a]| over([v; 3], a)).collect(),
            (Layout::RgbAlpha, 1) => {
                data.as_chunks().0.iter().map(|&[r, g, b, a]| grey(over([r, g, b], a))).collect()
            }
            (Layout::RgbAlpha, 3) => {
                data.as_chunks().0.iter().flat_map(|&[r, g, b, a]| over([r, g, b], a)).collect()
            }
            _ => return Err(Error::setting("channels", format!("must be 1 or 3, not {channels}"))),
        };
        Ok(Pixels { width, height, channels, data })
    }
}

/// The luma of ITU-R 601-2, rounded as Pillow rounds it.
pub(crate) fn grey([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 0x8000) >> 16) as u8
}

/// The pixel over an opaque colour, in the arithmetic of Pillow's `alpha_composite`.
fn composite(pixel: [u8; 3], alpha: u8, colour: [u8; 3]) -> [u8; 3] {
    let (above, below) = (u32::from(alpha) << 7, u32::from(255 - alpha) << 7);
    std::array::from_fn(|i| {
        let sum = u32::from(pixel[i]) * above + u32::from(colour[i]) * below + (0x80 << 7);
        ((((sum >> 8) + sum) >> 8) >> 7) as u8
    })
}
