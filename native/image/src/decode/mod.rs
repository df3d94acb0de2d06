//! Encoded bytes to pixels, within limits.

mod jpeg;
pub(crate) mod others;
mod png;
mod webp;

use serde::{Deserialize, Serialize};

use crate::header::Info;
use crate::orientation::upright;
use crate::pixels::Decoded;
use crate::{Error, Format, Limits, Pixels, frame, info};

/// How an encoded image becomes pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeOptions {
    /// The formats that are decoded; default JPEG, PNG and WebP.
    pub formats: Vec<Format>,
    /// 3 for red, green and blue (default), 1 for grey.
    pub channels: usize,
    /// What becomes of transparency.
    pub alpha: Alpha,
    /// Whether the image is turned as its EXIF orientation says; default true.
    pub orient: bool,
}

impl Default for DecodeOptions {
    fn default() -> DecodeOptions {
        DecodeOptions { formats: Format::DEFAULT.to_vec(), channels: 3, alpha: Alpha::Drop, orient: true }
    }
}

/// What becomes of transparency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alpha {
    /// It is left out and the colours are taken as they are, as Pillow's `convert("RGB")` does.
    #[default]
    Drop,
    /// The image is laid over a colour: red, green, blue.
    Over([u8; 3]),
}

/// Decodes an image of one of the allowed formats. Of animations and files with pages, the first.
///
/// The header is checked against the limits first; never panics on what it is given.
pub fn decode(bytes: &[u8], options: &DecodeOptions, limits: &Limits) -> Result<Pixels, Error> {
    let format = Format::of(bytes).ok_or(Error::Unknown)?;
    if !format.is_allowed(&options.formats) {
        return Err(Error::NotAllowed(format));
    }
    let info = info(bytes, limits)?;
    let decoded = match format {
        Format::Jpeg => jpeg::decode(bytes, limits),
        Format::Png => png::decode(bytes, limits),
        Format::WebP => webp::decode(bytes, limits),
        Format::Gif | Format::Bmp | Format::Tiff => others::decode(bytes, format, limits),
        Format::Frame => frame::decode(bytes, &info, limits),
    }?;
    check_size(&decoded, &info)?;
    let (before, after) = (decoded.data.len() as u64, (info.width * info.height * options.channels) as u64);
    limits.check_allocation(if decoded.is(options.channels) { before } else { before + after })?;
    let pixels = decoded.convert(options.channels, options.alpha)?;
    if !options.orient || info.orientation == 1 {
        return Ok(pixels);
    }
    upright(pixels, info.orientation, limits)
}

/// Refuses an image whose decoder found another size than its header told: the limits were checked on that one.
fn check_size(decoded: &Decoded, info: &Info) -> Result<(), Error> {
    if (decoded.width, decoded.height) == (info.width, info.height) {
        return Ok(());
    }
    let reason = format!(
        "its header says {} x {}, its pixels are {} x {}",
        info.width, info.height, decoded.width, decoded.height
    );
    Err(Error::damaged(info.format, reason))
}

/// So many zeros to be overwritten, or an error where memory is short.
pub(crate) fn zeros(bytes: usize, limits: &Limits) -> Result<Vec<u8>, Error> {
    limits.check_allocation(bytes as u64)?;
    let mut out = Vec::new();
    limits.reserve(&mut out, bytes)?;
    out.resize(bytes, 0);
    Ok(out)
}
