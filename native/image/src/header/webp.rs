//! The header and the orientation of a WebP file (RFC 9649).

use super::Info;
use super::exif;
use crate::{Error, Format};

/// The bytes before the first chunk: RIFF, a length, WEBP.
const BEFORE_CHUNKS: usize = 12;

/// Reads the first chunk's size, and EXIF or XMP wherever they stand.
pub(super) fn info(bytes: &[u8]) -> Result<Info, Error> {
    let damaged = |reason: &str| Error::damaged(Format::WebP, reason);
    let mut chunks = Chunks { bytes, at: BEFORE_CHUNKS };
    let (name, content) = chunks.next().ok_or_else(|| damaged("it ends in its header"))?;
    let size = match &name {
        b"VP8 " => lossy(content),
        b"VP8L" => lossless(content),
        b"VP8X" => extended(content),
        _ => return Err(damaged("it begins with an unknown chunk")),
    };
    let (width, height, alpha) =
        size.ok_or_else(|| damaged("its first chunk is too short or has no signature"))?;
    let (mut in_exif, mut in_xmp) = (None, None);
    for (name, content) in chunks {
        match &name {
            b"ANMF" => check_frame(content)?,
            b"EXIF" => in_exif = in_exif.or_else(|| exif::of_exif(content)),
            b"XMP " => in_xmp = in_xmp.or_else(|| exif::of_xmp(content)),
            _ => {}
        }
    }
    let channels = if alpha { 4 } else { 3 };
    let orientation = in_exif.or(in_xmp).unwrap_or(1);
    Ok(Info { format: Format::WebP, width, height, channels, orientation })
}

/// Refuses a frame of an animation whose image behind its alpha has another size than the frame: the decoder takes
/// whatever chunk follows for that image, and relies on its size.
fn check_frame(content: &[u8]) -> Result<(), Error> {
    const BEFORE_CHUNKS: usize = 16;
    let side = |at: usize| {
        let [a, b, c] = *content.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes([a, b, c, 0]) as usize + 1)
    };
    let mut chunks = Chunks { bytes: content, at: BEFORE_CHUNKS };
    if chunks.next().is_none_or(|(name, _)| name != *b"ALPH") {
        return Ok(());
    }
    match chunks.next().and_then(|(_, image)| lossy(image)) {
        Some((width, height, _)) if (Some(width), Some(height)) == (side(6), side(9)) => Ok(()),
        _ => Err(Error::damaged(Format::WebP, "a frame and its image differ in size")),
    }
}

/// Of a VP8 key frame (RFC 6386, section 9.1): its width, height, and that it has no alpha.
fn lossy(content: &[u8]) -> Option<(usize, usize, bool)> {
    let [0x9d, 0x01, 0x2a, w0, w1, h0, h1] = *content.get(3..)?.first_chunk()? else { return None };
    let side = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some((side(w0, w1), side(h0, h1), false))
}

/// Of a lossless image: 14 bits of each side less 1, and the hint whether alpha is used.
fn lossless(content: &[u8]) -> Option<(usize, usize, bool)> {
    let [0x2f, rest @ ..] = content.first_chunk::<5>()? else { return None };
    let bits = u32::from_le_bytes(*rest);
    let side = |shift: u32| (bits >> shift & 0x3fff) as usize + 1;
    Some((side(0), side(14), bits >> 28 & 1 == 1))
}

/// Of an extended header: 24 bits of each side less 1.
fn extended(content: &[u8]) -> Option<(usize, usize, bool)> {
    let bytes = content.first_chunk::<10>()?;
    let side = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]) as usize + 1;
    Some((side(4), side(7), bytes[0] & 0x10 != 0))
}

/// The name and content of each chunk; of one that is cut off, what there is.
struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..)?;
        let name = *rest.first_chunk()?;
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        let content = &rest[8..];
        // Chunks are padded to an even length.
        self.at += 8 + length + length % 2;
        Some((name, &content[..length.min(content.len())]))
    }
}
