//! WebP by the crate `image-webp`.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::zeros;
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Limits};

/// Bytes of a pixel that the decoder holds beside its output.
const WORKING: u64 = 4;

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Error> {
    if limits.strict && cut_off(bytes) {
        return Err(Error::damaged(Format::WebP, "it is cut off"));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(error)?;
    let (width, height) = decoder.dimensions();
    let size = decoder.output_buffer_size().ok_or_else(|| Error::damaged(Format::WebP, "it is too large"))?;
    limits.check_allocation(size as u64 + WORKING * u64::from(width) * u64::from(height))?;
    decoder.set_memory_limit(limits.max_allocation);
    let mut data = zeros(size, limits)?;
    // Of a file that is cut off the decoder gives nothing at all, and so does Pillow, lenient or not.
    let outcome = if decoder.is_animated() {
        decoder.read_frame(&mut data).map(drop)
    } else {
        decoder.read_image(&mut data)
    };
    outcome.map_err(error)?;
    let layout = if decoder.has_alpha() { Layout::RgbAlpha } else { Layout::Rgb };
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
