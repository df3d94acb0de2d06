//! How much an image may ask for: every limit of decoding, with its default.

use serde::{Deserialize, Serialize};

use crate::Error;

/// What is accepted of an encoded image. All but `max_allocation` and `max_scans` are checked on the header alone,
/// before anything is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of the encoded file; default 32 MiB.
    pub max_bytes: usize,
    /// Pixels of the longer side; default 16,384.
    pub max_side: usize,
    /// Pixels of the image; default 40,000,000.
    pub max_pixels: usize,
    /// Bytes that decoding may take at a time, the decoded pixels included, and then resizing; default 192 MiB. Of a
    /// baseline JPEG that is 4.5 bytes a pixel (4:2:0) to 6 (4:4:4), of a progressive one 7.5 to 12, of a PNG 1 to 4,
    /// and to 7 with transparency, which is left out of a copy, of a WebP 4.5 (lossy) to 12 (animated) and what the
    /// prefix codes of a lossless one take. Turning an image as EXIF says takes 32 of its rows beside it.
    pub max_allocation: usize,
    /// Scans of a JPEG; default 100.
    pub max_scans: usize,
    /// Whether a file that is cut off or damaged is an error (default) or what there is of it is taken. Of a whole
    /// progressive JPEG whose first scans show the picture, later ones may be short: it lacks detail alone.
    pub strict: bool,
}

impl Limits {
    /// The defaults.
    pub const DEFAULT: Limits = Limits {
        max_bytes: 32 << 20,
        max_side: 16_384,
        max_pixels: 40_000_000,
        max_allocation: 192 << 20,
        max_scans: 100,
        strict: true,
    };

    /// Refuses a file that is too long.
    pub(crate) fn check_bytes(&self, bytes: usize) -> Result<(), Error> {
        check("bytes", bytes as u64, self.max_bytes)
    }

    /// Refuses an image whose sides or pixels are too many.
    pub(crate) fn check_size(&self, width: usize, height: usize) -> Result<(), Error> {
        check("pixels on its longer side", width.max(height) as u64, self.max_side)?;
        check("pixels", (width as u64).saturating_mul(height as u64), self.max_pixels)
    }

    /// Refuses an image that takes too much memory.
    pub(crate) fn check_allocation(&self, bytes: u64) -> Result<(), Error> {
        check("bytes to allocate", bytes, self.max_allocation)
    }

    /// Room for so many bytes more, or an error where memory is short: an allocation must not end the process.
    pub(crate) fn reserve(&self, out: &mut Vec<u8>, more: usize) -> Result<(), Error> {
        out.try_reserve_exact(more).map_err(|_| Error::TooLarge {
            what: "bytes to allocate, for which there is no memory",
            found: more as u64,
            limit: self.max_allocation as u64,
        })
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

fn check(what: &'static str, found: u64, limit: usize) -> Result<(), Error> {
    let limit = limit as u64;
    if found <= limit { Ok(()) } else { Err(Error::TooLarge { what, found, limit }) }
}
