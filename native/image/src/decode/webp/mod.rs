//! WebP by the crate `image-webp`, which knows no limit: what it will hold is found out before.

mod bits;
mod budget;
mod code;
mod lossless;
mod source;

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use self::source::Canvas;
use super::zeros;
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Limits};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Error> {
    if limits.strict && cut_off(bytes) {
        return Err(Error::damaged(Format::WebP, "it is cut off"));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(error)?;
    let (width, height) = decoder.dimensions();
    let size = decoder.output_buffer_size().ok_or_else(|| Error::damaged(Format::WebP, "it is too large"))?;
    let canvas = Canvas {
        size: [width as usize, height as usize],
        output: size as u64,
        animated: decoder.is_animated(),
        alpha: decoder.has_alpha(),
    };
    source::check(bytes, &canvas, limits)?;
    decoder.set_memory_limit(limits.max_allocation);
    let mut data = zeros(size, limits)?;
    // Of a file that is cut off the decoder gives nothing at all, and so does Pillow, lenient or not.
    let outcome =
        if canvas.animated { decoder.read_frame(&mut data).map(drop) } else { decoder.read_image(&mut data) };
    outcome.map_err(error)?;
    let layout = if canvas.alpha { Layout::RgbAlpha } else { Layout::Rgb };
    Ok(Decoded { width: width as usize, height: height as usize, layout, data })
}

/// Whether there are fewer bytes than the file says it has behind its first 8.
fn cut_off(bytes: &[u8]) -> bool {
    let length = bytes.get(4..).and_then(|rest| rest.first_chunk()).map(|length| u32::from_le_bytes(*length));
    length.is_none_or(|length| (bytes.len() as u64) < u64::from(length) + 8)
}

fn error(error: DecodingError) -> Error {
    Error::damaged(Format::WebP, error)
}

fn damaged(reason: &str) -> Error {
    Error::damaged(Format::WebP, reason)
}
