//! The header and the orientation of a PNG file (ISO/IEC 15948).

use super::exif;
use super::{Info, u32_at};
use crate::{Error, Format};

const SIGNATURE: usize = 8;

/// Reads IHDR, and EXIF or XMP wherever they stand.
pub(super) fn info(bytes: &[u8]) -> Result<Info, Error> {
    let damaged = |reason: &str| Error::damaged(Format::Png, reason);
    let mut chunks = Chunks { bytes, at: SIGNATURE };
    let (name, header) = chunks.next().ok_or_else(|| damaged("it ends in its header"))?;
    if name != *b"IHDR" || header.len() < 13 {
        return Err(damaged("it does not begin with a whole IHDR chunk"));
    }
    let side = |at| u32_at(header, at).map_or(0, |side| side as usize);
    let (width, height) = (side(0), side(4));
    let channels = match header[9] {
        0 => 1,
        4 => 2,
        2 | 3 => 3,
        6 => 4,
        other => return Err(damaged(&format!("its colour type is {other}"))),
    };
    let (mut in_exif, mut in_xmp) = (None, None);
    for (name, content) in chunks {
        match &name {
            b"eXIf" => in_exif = in_exif.or_else(|| exif::of_exif(content)),
            b"iTXt" => {
                let packet = content.strip_prefix(b"XML:com.adobe.xmp\0\0");
                in_xmp = in_xmp.or_else(|| packet.and_then(exif::of_xmp));
            }
            _ => {}
        }
    }
    let orientation = in_exif.or(in_xmp).unwrap_or(1);
    Ok(Info { format: Format::Png, width, height, channels, orientation })
}

/// The name and content of each whole chunk.
struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::try_from(u32_at(self.bytes, self.at)?).ok()?;
        let name = *self.bytes.get(self.at + 4..)?.first_chunk()?;
        let content = self.bytes.get(self.at + 8..)?.get(..length)?;
        // Behind the content stands its checksum.
        self.at += 8 + length + 4;
        Some((name, content))
    }
}
