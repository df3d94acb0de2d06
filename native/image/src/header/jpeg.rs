//! The frame header of a JPEG file (ITU-T T.81, annex B) and the orientation in its metadata.

use super::exif;
use super::{Info, u16_at};
use crate::{Error, Format};

/// What a JPEG says of itself before its first scan.
pub(crate) struct Frame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Horizontal and vertical sampling factor of each component.
    pub(crate) sampling: Vec<[u64; 2]>,
    /// Where the first scan's data begin.
    pub(crate) scan: usize,
    /// Whether later scans refine what earlier ones hold.
    pub(crate) progressive: bool,
    orientation: u8,
}

impl Frame {
    /// Reads the segments up to the first scan. Only 8-bit frames of 1, 3 or 4 components that Pillow reads too
    /// are supported: sequential and progressive ones.
    pub(crate) fn read(bytes: &[u8]) -> Result<Frame, Error> {
        let damaged = |reason: &str| Error::damaged(Format::Jpeg, reason);
        let mut frame = None;
        let (mut in_exif, mut in_xmp) = (None, None);
        let mut at = 2;
        loop {
            let (marker, content) = next(bytes, &mut at).ok_or_else(|| damaged("it ends in its header"))?;
            match marker {
                // Start of a frame; 0xc4, 0xc8 and 0xcc are other things.
                0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                    if frame.is_some() {
                        return Err(damaged("it has two frame headers"));
                    }
                    frame = Some(Frame::of_segment(marker, content)?);
                }
                0xe1 => {
                    let exif = content.strip_prefix(b"Exif\0");
                    in_exif = in_exif.or_else(|| exif.and_then(|b| exif::of_exif(b.get(1..)?)));
                    let xmp = content.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0");
                    in_xmp = in_xmp.or_else(|| xmp.and_then(exif::of_xmp));
                }
                0xda => break,
                0xd9 => return Err(damaged("it ends before its first scan")),
                _ => {}
            }
        }
        let frame = frame.ok_or_else(|| damaged("its first scan comes before its frame header"))?;
        Ok(Frame { orientation: in_exif.or(in_xmp).unwrap_or(1), scan: at, ..frame })
    }

    fn of_segment(marker: u8, content: &[u8]) -> Result<Frame, Error> {
        let unsupported = |reason: String| Error::unsupported(Format::Jpeg, reason);
        let short = || Error::damaged(Format::Jpeg, "its frame header is too short");
        let precision = *content.first().ok_or_else(short)?;
        let height = usize::from(u16_at(content, 1).ok_or_else(short)?);
        let width = usize::from(u16_at(content, 3).ok_or_else(short)?);
        let components = usize::from(*content.get(5).ok_or_else(short)?);
        match marker {
            0xc0 | 0xc1 | 0xc2 | 0xc9 | 0xca => {}
            0xc3 | 0xcb => return Err(unsupported("it is lossless".to_owned())),
            _ => return Err(unsupported("it is hierarchical".to_owned())),
        }
        if precision != 8 {
            return Err(unsupported(format!("its samples have {precision} bits")));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(unsupported(format!("it has {components} components")));
        }
        let specs = content.get(6..6 + 3 * components).ok_or_else(short)?;
        let sampling: Vec<_> =
            specs.chunks(3).map(|spec| [u64::from(spec[1] >> 4), u64::from(spec[1] & 15)]).collect();
        if sampling.iter().flatten().any(|factor| !(1..=4).contains(factor)) {
            return Err(Error::damaged(Format::Jpeg, "its sampling factors are not 1 to 4"));
        }
        let progressive = matches!(marker, 0xc2 | 0xca);
        Ok(Frame { width, height, sampling, scan: 0, progressive, orientation: 1 })
    }

    /// The header in general terms.
    pub(crate) fn info(&self) -> Info {
        let Frame { width, height, orientation, .. } = *self;
        Info { format: Format::Jpeg, width, height, channels: self.sampling.len(), orientation }
    }
}

/// The beginning of a progressive file that shows the whole picture with the least detail: the segments up to the
/// first scan that comes when every component has its first coefficients. Nothing where no scan comes then, or where
/// the file does not end with its end marker.
pub(crate) fn coarsest(bytes: &[u8], components: usize) -> Option<&[u8]> {
    let (mut at, mut end) = (2, None);
    let mut begun: Vec<u8> = vec![];
    loop {
        let (marker, content) = next(bytes, &mut at)?;
        match marker {
            // Before the marker, the length and the content.
            0xda if begun.len() >= components => end = end.or(Some(at - 4 - content.len())),
            0xda => {
                let (&count, rest) = content.split_first()?;
                let (specs, [first, _, bits, ..]) = rest.split_at_checked(2 * usize::from(count))? else {
                    return None;
                };
                // The first scan of the first coefficient; further bits of it come later.
                if *first == 0 && bits >> 4 == 0 {
                    let new = |id: &u8| !begun.contains(id);
                    let ids: Vec<u8> = specs.iter().step_by(2).copied().filter(new).collect();
                    begun.extend(ids);
                }
            }
            0xd9 => return bytes.get(..end?),
            _ => {}
        }
    }
}

/// The next segment's marker and content, from `at` on, which is moved behind it. Bytes between segments are
/// skipped, as libjpeg does.
fn next<'a>(bytes: &'a [u8], at: &mut usize) -> Option<(u8, &'a [u8])> {
    loop {
        *at += bytes.get(*at..)?.iter().position(|&byte| byte == 0xff)?;
        *at += bytes.get(*at..)?.iter().position(|&byte| byte != 0xff)?;
        let marker = bytes[*at];
        *at += 1;
        match marker {
            // No marker; restarts and other markers without content.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            0xd9 => return Some((marker, &[])),
            _ => {
                let length = usize::from(u16_at(bytes, *at)?);
                // A scan's entropy-coded data follows: its header alone is of interest.
                let content = bytes.get(*at + 2..*at + length.max(2))?;
                *at += length.max(2);
                return Some((marker, content));
            }
        }
    }
}
