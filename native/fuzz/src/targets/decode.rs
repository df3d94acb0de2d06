//! Decoding of every format, strict and lenient.

use firesteel_core::image::{DecodeOptions, Format, Limits, decode, info};

/// Small enough that no file is slow.
const LIMITS: Limits = Limits { max_pixels: 1 << 20, max_allocation: 32 << 20, ..Limits::DEFAULT };

/// An image has the size that its header tells.
pub(super) fn read(file: &[u8]) -> bool {
    let mut accepted = false;
    for strict in [true, false] {
        let limits = Limits { strict, ..LIMITS };
        for channels in [1, 3] {
            let options =
                DecodeOptions { formats: Format::ALL.to_vec(), channels, ..DecodeOptions::default() };
            if let Ok(pixels) = decode(file, &options, &limits) {
                let size = info(file, &limits).map(|info| info.upright_size());
                assert_eq!(size, Ok([pixels.height, pixels.width]));
                assert_eq!(pixels.data.len(), pixels.height * pixels.width * channels);
                accepted = true;
            }
        }
    }
    accepted
}
