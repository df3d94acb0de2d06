//! JPEG by libjpeg-turbo-rs, whose pixels equal libjpeg-turbo's, and so Pillow's. No other file names the crate.

use libjpeg_turbo_rs::common::error::DecodeWarning;
use libjpeg_turbo_rs::common::types::DecodeLimits;
use libjpeg_turbo_rs::{Decoder, JpegError, PixelFormat};

use crate::header::jpeg::{Frame, coarsest};
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Limits};

/// The marker at the end of an image; entropy-coded data never hold it.
const END: [u8; 2] = [0xff, 0xd9];

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, Error> {
    let frame = Frame::read(bytes)?;
    // As in Pillow, a file that lacks its end is cut off, even where all pixels are there.
    if limits.strict && bytes[frame.scan..].windows(2).rposition(|window| window == END).is_none() {
        return Err(Error::damaged(Format::Jpeg, "it is cut off"));
    }
    match read(bytes, &frame, limits, limits.strict) {
        // As libjpeg does: the file is whole, the picture too, and what later scans lack is detail.
        Err(Error::Damaged { .. }) if limits.strict && shows_its_picture(bytes, &frame, limits) => {
            read(bytes, &frame, limits, false)
        }
        other => other,
    }
}

/// Whether a file is a progressive one that has its end, and whose first scans are undamaged.
fn shows_its_picture(bytes: &[u8], frame: &Frame, limits: &Limits) -> bool {
    let start = if frame.progressive { coarsest(bytes, frame.sampling.len()) } else { None };
    start.is_some_and(|start| read(&[start, &END].concat(), frame, limits, true).is_ok())
}

fn read(bytes: &[u8], frame: &Frame, limits: &Limits, strict: bool) -> Result<Decoded, Error> {
    let accepted = DecodeLimits {
        max_width: limits.max_side,
        max_height: limits.max_side,
        max_pixels: limits.max_pixels as u64,
        max_scans: limits.max_scans,
        // Our own estimate is closer: it knows that chroma has fewer samples.
        max_memory: None,
    };
    let mut decoder = Decoder::new_with_limits(bytes, accepted).map_err(error)?;
    limits.check_allocation(memory(frame, decoder.has_multiple_scans()))?;
    let (format, layout) = match frame.sampling.len() {
        1 => (PixelFormat::Grayscale, Layout::Grey),
        3 => (PixelFormat::Rgb, Layout::Rgb),
        _ => (PixelFormat::Cmyk, Layout::Rgb),
    };
    decoder.set_output_format(format);
    decoder.set_lenient(!strict);
    let image = decoder.decode_image().map_err(error)?;
    let cut_off = |warning: &DecodeWarning| matches!(warning, DecodeWarning::TruncatedData { .. });
    if strict && image.warnings.iter().any(cut_off) {
        return Err(Error::damaged(Format::Jpeg, "it is cut off"));
    }
    let data = if format == PixelFormat::Cmyk { from_cmyk(image.data) } else { image.data };
    Ok(Decoded { width: image.width, height: image.height, layout, data })
}

/// The bytes that decoding takes: the pixels and the samples of every component, and for files of several scans the
/// coefficients, 2 bytes each.
fn memory(frame: &Frame, multiple_scans: bool) -> u64 {
    let pixels = frame.width as u64 * frame.height as u64;
    let output = pixels * frame.sampling.len() as u64;
    let most = |of: usize| frame.sampling.iter().map(|factors| factors[of]).max().unwrap_or(1);
    let whole = most(0) * most(1);
    let samples: u64 = frame.sampling.iter().map(|[h, v]| pixels * h * v / whole).sum();
    output + if multiple_scans { 3 * samples } else { samples }
}

/// Pillow takes CMYK as inverted, whatever the file says, and then as ink on white paper.
fn from_cmyk(mut data: Vec<u8>) -> Vec<u8> {
    let pixels = data.len() / 4;
    for i in 0..pixels {
        let [c, m, y, k] = std::array::from_fn(|j| data[4 * i + j]);
        for (j, ink) in [c, m, y].into_iter().enumerate() {
            let product = u32::from(255 - ink) * u32::from(k) + 128;
            data[3 * i + j] = k.saturating_sub((((product >> 8) + product) >> 8) as u8);
        }
    }
    data.truncate(3 * pixels);
    data
}

fn error(error: JpegError) -> Error {
    match error {
        JpegError::LimitExceeded { what, actual, limit } if what.starts_with("scan count") => {
            Error::TooLarge { what: "scans", found: actual, limit }
        }
        JpegError::LimitExceeded { what, actual, limit } => Error::TooLarge { what, found: actual, limit },
        JpegError::AllocationFailed { bytes, .. } => Error::TooLarge {
            what: "bytes to allocate, for which there is no memory",
            found: bytes,
            limit: 0,
        },
        JpegError::Unsupported(reason) => Error::unsupported(Format::Jpeg, reason),
        other => Error::damaged(Format::Jpeg, other),
    }
}
