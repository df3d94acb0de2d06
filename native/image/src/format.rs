//! The image formats, told apart by how a file begins.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::SIGNATURE;

/// An image format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i32)]
pub enum Format {
    /// JPEG: baseline, progressive, arithmetic; 8 bits.
    Jpeg = 1,
    /// PNG: of an animated one, the first frame.
    Png = 2,
    /// WebP: of an animated one, the first frame.
    WebP = 3,
    /// GIF: the first frame.
    Gif = 4,
    /// BMP.
    Bmp = 5,
    /// TIFF: the first page.
    Tiff = 6,
    /// Pixels that were decoded elsewhere, behind a header of our own: always allowed, since no file is one.
    Frame = 7,
}

impl Format {
    /// The formats that are decoded unless others are named.
    pub const DEFAULT: [Format; 3] = [Format::Jpeg, Format::Png, Format::WebP];

    /// All formats of files.
    pub const ALL: [Format; 6] =
        [Format::Jpeg, Format::Png, Format::WebP, Format::Gif, Format::Bmp, Format::Tiff];

    /// The format by the file's first bytes; its name plays no part.
    pub fn of(bytes: &[u8]) -> Option<Format> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
            [b'B', b'M', ..] => Some(Format::Bmp),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Format::Tiff),
            _ if bytes.starts_with(&SIGNATURE) => Some(Format::Frame),
            _ => None,
        }
    }

    /// Whether it is decoded where these formats are allowed.
    pub fn is_allowed(self, formats: &[Format]) -> bool {
        self == Format::Frame || formats.contains(&self)
    }

    /// Its name, as options and messages have it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "jpeg",
            Format::Png => "png",
            Format::WebP => "webp",
            Format::Gif => "gif",
            Format::Bmp => "bmp",
            Format::Tiff => "tiff",
            Format::Frame => "frame",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
