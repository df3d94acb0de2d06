//! Frames: pixels that were decoded elsewhere, with a header of our own that tells their size.
//!
//! The signature, then columns, rows and channels as little-endian 32-bit numbers, then the pixels row by row: a grey
//! value, or blue, green, red and perhaps alpha, the order of OpenCV and of Spark's `image` type.

use crate::header::Info;
use crate::pixels::{Decoded, Layout};
use crate::{Error, Format, Limits};

/// How a frame begins: no text, and broken where something takes it for one.
pub(crate) const SIGNATURE: [u8; 8] = [0xf5, b'F', b'r', b'a', b'm', b'e', b'\r', b'\n'];

const HEADER: usize = SIGNATURE.len() + 12;

/// Reads the header.
pub(crate) fn info(bytes: &[u8]) -> Result<Info, Error> {
    let number = |i: usize| {
        let at = SIGNATURE.len() + 4 * i;
        let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk()).copied();
        bytes.map(|bytes| u32::from_le_bytes(bytes) as usize).ok_or_else(|| damaged("it ends in its header"))
    };
    let (width, height, channels) = (number(0)?, number(1)?, number(2)?);
    if !matches!(channels, 1 | 3 | 4) {
        return Err(damaged(&format!("it has {channels} channels, which must be 1, 3 or 4")));
    }
    Ok(Info { format: Format::Frame, width, height, channels, orientation: 1 })
}

/// Reads the pixels. The size has been checked against the limits.
pub(crate) fn decode(bytes: &[u8], info: &Info, limits: &Limits) -> Result<Decoded, Error> {
    limits.check_allocation(bytes.len() as u64)?;
    let pixels = bytes.get(HEADER..).unwrap_or_default();
    let expected = info.width * info.height * info.channels;
    if pixels.len() != expected {
        let (found, Info { width, height, channels, .. }) = (pixels.len(), info);
        return Err(damaged(&format!(
            "{found} bytes follow its header, {width} x {height} pixels of {channels} need {expected}"
        )));
    }
    let (layout, data) = match info.channels {
        1 => (Layout::Grey, pixels.to_vec()),
        3 => (Layout::Rgb, pixels.as_chunks().0.iter().flat_map(|&[b, g, r]| [r, g, b]).collect()),
        _ => (Layout::RgbAlpha, pixels.as_chunks().0.iter().flat_map(|&[b, g, r, a]| [r, g, b, a]).collect()),
    };
    Ok(Decoded { width: info.width, height: info.height, layout, data })
}

fn damaged(reason: &str) -> Error {
    Error::damaged(Format::Frame, reason.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::{DecodeOptions, Error, Limits, decode, info};

    fn frame(width: u32, height: u32, channels: u32, pixels: &[u8]) -> Vec<u8> {
        let numbers = [width, height, channels].map(u32::to_le_bytes).concat();
        [&super::SIGNATURE[..], &numbers, pixels].concat()
    }

    fn read(frame: &[u8], channels: usize) -> Result<Vec<u8>, Error> {
        // Whatever formats are allowed: no file is a frame.
        let options = DecodeOptions { formats: vec![], channels, ..DecodeOptions::default() };
        decode(frame, &options, &Limits::default()).map(|pixels| pixels.data)
    }

    #[test]
    fn channels_are_turned_round() {
        assert_eq!(read(&frame(2, 1, 3, &[1, 2, 3, 4, 5, 6]), 3).unwrap(), [3, 2, 1, 6, 5, 4]);
        assert_eq!(read(&frame(1, 1, 4, &[1, 2, 3, 255]), 3).unwrap(), [3, 2, 1]);
        assert_eq!(read(&frame(1, 2, 1, &[7, 9]), 3).unwrap(), [7, 7, 7, 9, 9, 9]);
        assert_eq!(read(&frame(1, 2, 1, &[7, 9]), 1).unwrap(), [7, 9]);
    }

    #[test]
    fn a_frame_that_is_not_whole_is_damaged() {
        let whole = frame(2, 2, 3, &[0; 12]);
        for cut in 8..whole.len() {
            assert!(matches!(read(&whole[..cut], 3), Err(Error::Damaged { .. })), "{cut}");
        }
        for bad in [frame(2, 2, 2, &[0; 8]), frame(0, 2, 3, &[]), frame(2, 2, 3, &[0; 13])] {
            assert!(matches!(read(&bad, 3), Err(Error::Damaged { .. })));
        }
        assert!(matches!(read(&frame(1 << 20, 1 << 20, 3, &[]), 3), Err(Error::TooLarge { .. })));
        let small = Limits { max_bytes: 20, ..Limits::default() };
        assert_eq!(info(&whole, &small).unwrap().height, 2, "the limit is that of encoded files");
        assert_eq!(info(&whole, &Limits::default()).unwrap().width, 2);
    }
}
