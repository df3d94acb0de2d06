//! The orientation in EXIF and XMP metadata. What cannot be understood counts as not there, as in Pillow.

/// The tag of the orientation (EXIF 2.3, section 4.6.4).
const ORIENTATION: u16 = 0x0112;

/// The orientation in an EXIF block, which is laid out as a TIFF file.
pub(super) fn of_exif(tiff: &[u8]) -> Option<u8> {
    // Some writers repeat the marker that JPEG puts before the block.
    let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    let entry = (0..entries)
        .map(|i| directory + 2 + 12 * i)
        .take_while(|&at| at + 12 <= tiff.len())
        .find(|&at| short(at) == Some(ORIENTATION))?;
    let value = match short(entry + 2)? {
        1 => u32::from(*tiff.get(entry + 8)?),
        3 => u32::from(short(entry + 8)?),
        4 => long(entry + 8)?,
        _ => return None,
    };
    orientation(value)
}

/// The orientation in an XMP packet: `tiff:Orientation="6"` or `<tiff:Orientation>6`.
pub(super) fn of_xmp(packet: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut rest = packet;
    while let Some(found) = rest.windows(NAME.len()).position(|window| window == NAME) {
        rest = &rest[found + NAME.len()..];
        if let [b'=', b'"', digit @ b'0'..=b'9', ..] | [b'>', digit @ b'0'..=b'9', ..] = rest {
            return orientation(u32::from(digit - b'0'));
        }
    }
    None
}

fn orientation(value: u32) -> Option<u8> {
    u8::try_from(value).ok().filter(|value| (1..=8).contains(value))
}
