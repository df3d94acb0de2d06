//! PNG by the crate `png`, with Pillow's rules for 16 bits.

use std::io::Cursor;

use ::png::{BitDepth, ColorType, Decoder, DecodingError, Limits as PngLimits, Transformations};

use super::zeros;
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Limits};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Error> {
    let error = |e| error(e, limits);
    let mut decoder =
        Decoder::new_with_limits(Cursor::new(bytes), PngLimits { bytes: limits.max_allocation });
    // Texts and profiles may inflate to anything, and nothing here reads them.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes and fewer than 8 bits become 8 bits, tRNS becomes alpha.
    decoder.set_transformations(Transformations::EXPAND);
    decoder.ignore_checksums(!limits.strict);
    let mut reader = decoder.read_info().map_err(error)?;
    let size = reader.output_buffer_size().ok_or_else(|| Error::damaged(Format::Png, "it is too large"))?;
    let mut data = zeros(size, limits)?;
    let frame = match reader.next_frame(&mut data) {
        Ok(frame) => frame,
        Err(_) if !limits.strict => reader_output(&reader),
        Err(e) => return Err(error(e)),
    };
    if limits.strict {
        // A file that lacks its end is cut off, even where all pixels are there.
        reader.finish().map_err(error)?;
    }
    let (layout, channels) = match frame.color_type {
        ColorType::Grayscale => (Layout::Grey, 1),
        ColorType::GrayscaleAlpha => (Layout::GreyAlpha, 2),
        ColorType::Rgb => (Layout::Rgb, 3),
        ColorType::Rgba => (Layout::RgbAlpha, 4),
        ColorType::Indexed => return Err(Error::unsupported(Format::Png, "its palette was not expanded")),
    };
    let (width, height) = (frame.width as usize, frame.height as usize);
    data.truncate(width * height * channels * if frame.bit_depth == BitDepth::Sixteen { 2 } else { 1 });
    if frame.bit_depth == BitDepth::Sixteen {
        let grey = reader.info().color_type == ColorType::Grayscale;
        halve(&mut data, if grey { channels } else { 0 });
    }
    Ok(Decoded { width, height, layout, data })
}

/// 16 bits become 8: the high byte; but grey values above 255 become 255, as in Pillow. `grey_channels` is 0 where
/// that does not apply, or the number of values of a pixel, the first of which is grey.
fn halve(data: &mut Vec<u8>, grey_channels: usize) {
    for i in 0..data.len() / 2 {
        let [high, low] = [data[2 * i], data[2 * i + 1]];
        let saturates = grey_channels > 0 && i % grey_channels == 0;
        data[i] = match (saturates, high) {
            (true, 0) => low,
            (true, _) => 255,
            (false, high) => high,
        };
    }
    data.truncate(data.len() / 2);
    data.shrink_to_fit(); // What comes next counts what is left.
}

/// What the frame would have been, had it been whole.
fn reader_output(reader: &::png::Reader<Cursor<&[u8]>>) -> ::png::OutputInfo {
    let (color_type, bit_depth) = reader.output_color_type();
    let (width, height) = (reader.info().width, reader.info().height);
    let line_size = reader.output_line_size(width).unwrap_or(0);
    ::png::OutputInfo { width, height, color_type, bit_depth, line_size }
}

fn error(error: DecodingError, limits: &Limits) -> Error {
    match error {
        DecodingError::LimitsExceeded => {
            let limit = limits.max_allocation as u64;
            Error::TooLarge { what: "bytes to allocate, or more,", found: limit + 1, limit }
        }
        other => Error::damaged(Format::Png, other),
    }
}
