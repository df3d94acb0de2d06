//! Pixels to PNG.

use ::png::{BitDepth, ColorType, Encoder, EncodingError};

use crate::{Error, Format, Pixels};

/// The image as a PNG file of 8 bits.
pub fn encode_png(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let side = |side: usize| {
        u32::try_from(side).map_err(|_| Error::setting("pixels", format!("a side has {side} pixels")))
    };
    let mut out = vec![];
    let mut encoder = Encoder::new(&mut out, side(pixels.width)?, side(pixels.height)?);
    encoder.set_color(if pixels.channels == 1 { ColorType::Grayscale } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    let failed = |e: EncodingError| Error::damaged(Format::Png, e);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels.data).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(out)
}
