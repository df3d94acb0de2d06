//! The header and the orientation of a WebP file (RFC 9649).

use super::Info;
use super::exif;
use crate::{Error, Format};

/// The bytes before the first chunk: RIFF, a length, WEBP.
const BEFORE_CHUNKS: usize = 12;

/// Reads the first chunk's size, and EXIF or XMP wherever they stand.
pub(super) fn info(bytes: &[u8]) -> Result<Info, Error> {
    let damaged = |reason: &str| Error::damaged(Format::WebP, reason);
    let mut chunks = Chunks::of(bytes);
    let Chunk { name, content, .. } = chunks.next().ok_or_else(|| damaged("it ends in its header"))?;
    let size = match &name {
        b"VP8 " => lossy(content),
        b"VP8L" => lossless(content),
        b"VP8X" => extended(content),
        _ => return Err(damaged("it begins with an unknown chunk")),
    };
    let (width, height, alpha) =
        size.ok_or_else(|| damaged("its first chunk is too short or has no signature"))?;
    let (mut in_exif, mut in_xmp) = (None, None);
    for Chunk { name, content, .. } in chunks {
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
    let mut chunks = Chunks { bytes: content, at: BEFORE_CHUNKS };
    if chunks.next().is_none_or(|chunk| chunk.name != *b"ALPH") {
        return Ok(());
    }
    match chunks.next().and_then(|image| lossy(image.content)) {
        Some((width, height, _)) if Some([width, height]) == sides(content, 6) => Ok(()),
        _ => Err(Error::damaged(Format::WebP, "a frame and its image differ in size")),
    }
}

/// Of a VP8 key frame (RFC 6386, section 9.1): its width, height, and that it has no alpha.
pub(crate) fn lossy(content: &[u8]) -> Option<(usize, usize, bool)> {
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

/// Of an extended header: whether there is alpha, and the sides.
fn extended(content: &[u8]) -> Option<(usize, usize, bool)> {
    let [width, height] = sides(content, 4)?;
    Some((width, height, content.first()? & 0x10 != 0))
}

/// Two sides of 24 bits each, less 1.
pub(crate) fn sides(content: &[u8], at: usize) -> Option<[usize; 2]> {
    let [w0, w1, w2, h0, h1, h2] = *content.get(at..)?.first_chunk()?;
    Some([[w0, w1, w2, 0], [h0, h1, h2, 0]].map(|side| u32::from_le_bytes(side) as usize + 1))
}

/// A chunk; of one that is cut off, what there is.
pub(crate) struct Chunk<'a> {
    pub(crate) name: [u8; 4],
    /// Where its content begins.
    pub(crate) start: usize,
    pub(crate) content: &'a [u8],
}

/// The chunks of a file from some place on.
#[derive(Clone)]
pub(crate) struct Chunks<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Chunks<'a> {
    /// All of a file.
    pub(crate) fn of(bytes: &'a [u8]) -> Chunks<'a> {
        Chunks { bytes, at: BEFORE_CHUNKS }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let name = *rest.first_chunk()?;
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk()?) as usize;
        let (start, content) = (self.at + 8, &rest[8..]);
        // Chunks are padded to an even length.
        self.at = start + length + length % 2;
        Some(Chunk { name, start, content: &content[..length.min(content.len())] })
    }
}
