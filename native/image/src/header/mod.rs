//! What an image says of itself before a pixel is decoded.

mod exif;
pub(crate) mod jpeg;
mod png;
pub(crate) mod webp;

use crate::decode::others;
use crate::{Error, Format, Limits, frame};

/// The header of an encoded image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// The format.
    pub format: Format,
    /// Columns as stored, before the orientation is applied.
    pub width: usize,
    /// Rows as stored.
    pub height: usize,
    /// Values of a stored pixel: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, or CMYK.
    pub channels: usize,
    /// EXIF's orientation, 1 to 8; 1 (upright) where the file does not say.
    pub orientation: u8,
}

impl Info {
    /// Rows and columns of the image as it should be seen.
    pub fn upright_size(&self) -> [usize; 2] {
        if self.orientation >= 5 { [self.width, self.height] } else { [self.height, self.width] }
    }
}

/// Reads the header of an image of any known format, and checks it against the limits. Allocates next to nothing
/// and decodes no pixel.
pub fn info(bytes: &[u8], limits: &Limits) -> Result<Info, Error> {
    let format = Format::of(bytes).ok_or(Error::Unknown)?;
    // A frame is decoded already: its size in pixels is what counts.
    if format != Format::Frame {
        limits.check_bytes(bytes.len())?;
    }
    let info = match format {
        Format::Jpeg => jpeg::Frame::read(bytes)?.info(),
        Format::Png => png::info(bytes)?,
        Format::WebP => webp::info(bytes)?,
        Format::Gif | Format::Bmp | Format::Tiff => others::info(bytes, format, limits)?,
        Format::Frame => frame::info(bytes)?,
    };
    if info.width == 0 || info.height == 0 {
        let reason = format!("it has {} rows and {} columns", info.height, info.width);
        return Err(Error::damaged(format, reason));
    }
    limits.check_size(info.width, info.height)?;
    Ok(info)
}

/// The big-endian 16-bit number at `at`.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b))
}

/// The big-endian 32-bit number at `at`.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}
