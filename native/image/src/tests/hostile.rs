//! Damaged and cut-off files: an error, never a panic; and strictness.

use super::encoded::{bmp, jpeg, jpegs, rgb_png, webp};
use crate::{DecodeOptions, Error, Format, Limits, decode, info};

/// Ten small files, one of each kind.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = jpegs([20, 31]);
    files.extend([
        ("png", rgb_png([9, 11])),
        ("webp", webp([9, 11], 3)),
        ("webp with alpha", webp([9, 11], 4)),
        ("bmp", bmp([9, 11])),
        ("one pixel", jpeg([1, 1], false)),
    ]);
    assert_eq!(files.len(), 10);
    files
}

fn options() -> DecodeOptions {
    DecodeOptions { formats: Format::ALL.to_vec(), ..DecodeOptions::default() }
}

/// Decodes strictly and leniently; what comes out has the size that the header tells.
fn decode_both_ways(bytes: &[u8]) {
    for strict in [true, false] {
        let limits = Limits { strict, max_pixels: 100_000, ..Limits::default() };
        if let Ok(pixels) = decode(bytes, &options(), &limits) {
            let size = info(bytes, &limits).unwrap().upright_size();
            assert_eq!([pixels.height, pixels.width], size);
            assert_eq!(pixels.data.len(), pixels.width * pixels.height * 3);
        }
    }
}

#[test]
fn no_prefix_of_a_file_panics_and_none_passes_for_the_whole() {
    for (kind, file) in files() {
        assert!(decode(&file, &options(), &Limits::default()).is_ok(), "{kind}");
        for length in 0..file.len() {
            decode_both_ways(&file[..length]);
            let strictly = decode(&file[..length], &options(), &Limits::default());
            // A BMP's last bytes may be padding.
            let padding = if kind == "bmp" { 3 } else { 0 };
            let error = match strictly {
                Ok(_) if length + padding >= file.len() => continue,
                Ok(_) => panic!("{kind}: {length} bytes of {} pass for all", file.len()),
                Err(error) => error,
            };
            let cut_off = matches!(error, Error::Unknown | Error::Damaged { .. } | Error::Unsupported { .. });
            assert!(cut_off, "{kind}, {length} bytes of {}: {error}", file.len());
        }
    }
}

#[test]
fn no_changed_byte_panics() {
    for (_, file) in files() {
        for at in 0..file.len().min(1000) {
            for change in [0xff, 0x01, 0x80] {
                let mut changed = file.clone();
                changed[at] ^= change;
                decode_both_ways(&changed);
            }
        }
    }
}

#[test]
fn a_cut_off_jpeg_is_decoded_as_far_as_it_goes_where_that_is_asked_for() {
    let file = jpeg([64, 64], false);
    let cut = &file[..file.len() * 3 / 4];
    let strictly = decode(cut, &options(), &Limits::default()).unwrap_err();
    assert!(matches!(strictly, Error::Damaged { format: Format::Jpeg, .. }), "{strictly}");
    let lenient = Limits { strict: false, ..Limits::default() };
    let (whole, part) =
        (decode(&file, &options(), &lenient).unwrap(), decode(cut, &options(), &lenient).unwrap());
    assert_eq!(part.data[..64 * 3 * 8], whole.data[..64 * 3 * 8]);
    assert_ne!(part, whole);
}
