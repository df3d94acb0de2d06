//! GIF, BMP and TIFF by the crate `image`. No other file names the crate.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder};
use image::{ColorType, ImageDecoder, ImageError, metadata::Orientation};

use super::zeros;
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Info, Limits};

/// Reads the header.
pub(crate) fn info(bytes: &[u8], format: Format, limits: &Limits) -> Result<Info, Error> {
    let mut decoder = open(bytes, format, limits)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().map_or(1, Orientation::to_exif);
    let channels = usize::from(decoder.color_type().channel_count());
    Ok(Info { format, width: width as usize, height: height as usize, channels, orientation })
}

pub(super) fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded, Error> {
    let decoder = open(bytes, format, limits)?;
    let (width, height) = decoder.dimensions();
    let layout = match decoder.color_type() {
        ColorType::L8 => Layout::Grey,
        ColorType::La8 => Layout::GreyAlpha,
        ColorType::Rgb8 => Layout::Rgb,
        ColorType::Rgba8 => Layout::RgbAlpha,
        other => return Err(Error::unsupported(format, format!("its pixels are {other:?}"))),
    };
    // The decoders hold at most as much again.
    limits.check_allocation(2 * decoder.total_bytes())?;
    let mut data = zeros(decoder.total_bytes() as usize, limits)?;
    decoder.read_image(&mut data).map_err(|e| error(format, e, limits))?;
    Ok(Decoded { width: width as usize, height: height as usize, layout, data })
}

fn open<'a>(bytes: &'a [u8], format: Format, limits: &Limits) -> Result<Box<dyn ImageDecoder + 'a>, Error> {
    let cursor = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder> = match format {
        Format::Gif => Box::new(GifDecoder::new(cursor).map_err(|e| error(format, e, limits))?),
        Format::Bmp => Box::new(BmpDecoder::new(cursor).map_err(|e| error(format, e, limits))?),
        Format::Tiff => Box::new(TiffDecoder::new(cursor).map_err(|e| error(format, e, limits))?),
        other => return Err(Error::unsupported(other, "another decoder reads it")),
    };
    let mut accepted = image::Limits::default();
    accepted.max_alloc = Some(limits.max_allocation as u64);
    decoder.set_limits(accepted).map_err(|e| error(format, e, limits))?;
    Ok(decoder)
}

fn error(format: Format, error: ImageError, limits: &Limits) -> Error {
    match error {
        ImageError::Limits(_) => {
            let limit = limits.max_allocation as u64;
            Error::TooLarge { what: "bytes to allocate, or more,", found: limit + 1, limit }
        }
        ImageError::Unsupported(reason) => Error::unsupported(format, reason),
        other => Error::damaged(format, other),
    }
}
