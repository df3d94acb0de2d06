//! Damaged and cut-off files: an error, never a panic; and strictness.

use super::encoded::{bmp, gif, jpeg, jpegs, rgb_png, tiff, webp};
use super::webp_files::{animation, chunk, lossy};
use crate::{DecodeOptions, Error, Format, Limits, decode, info};

/// A dozen small files, one of each kind.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = jpegs([20, 31]);
    files.extend([
        ("png", rgb_png([9, 11])),
        ("webp", webp([9, 11], 3)),
        ("webp with alpha", webp([9, 11], 4)),
        ("bmp", bmp([9, 11])),
        ("gif", gif([9, 11])),
        ("tiff", tiff([9, 11])),
        ("one pixel", jpeg([1, 1], false)),
    ]);
    assert_eq!(files.len(), 12);
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
        let whole = decode(&file, &options(), &Limits::default());
        assert!(whole.is_ok(), "{kind}");
        for length in 0..file.len() {
            decode_both_ways(&file[..length]);
            let strictly = decode(&file[..length], &options(), &Limits::default());
            // A BMP's last bytes may be padding. A GIF's are the end of its code, of its blocks and of itself: Pillow
            // can do without the last two.
            let padding = if matches!(kind, "bmp" | "gif") { 3 } else { 0 };
            let error = match strictly {
                Ok(_) if length + padding >= file.len() => {
                    assert_eq!(strictly, whole, "{kind}, {length} bytes");
                    continue;
                }
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

/// An animated WebP of one transparent frame of 200 x 200, whose lossy image is 200 x `height`, black.
fn transparent_frame(height: u16) -> Vec<u8> {
    let alpha = [&[0][..], &[255; 200 * 200]].concat();
    animation([200, 200], &[chunk(b"ALPH", &alpha), chunk(b"VP8 ", &lossy([200, height], 4000))])
}

#[test]
fn a_frame_whose_image_has_another_size_is_refused() {
    // The decoder would panic.
    let error = decode(&transparent_frame(127), &options(), &Limits::default()).unwrap_err();
    assert_eq!(error, Error::damaged(Format::WebP, "a frame and its image differ in size"));
    let whole = decode(&transparent_frame(200), &options(), &Limits::default()).unwrap();
    assert_eq!([whole.height, whole.width], [200, 200]);
}

/// The places of a progressive JPEG's scans: where their data begin and end.
fn scans(file: &[u8]) -> Vec<[usize; 2]> {
    let marker = |at: &usize| file[*at] == 0xff && !matches!(file[*at + 1], 0x00 | 0xd0..=0xd7);
    let starts = (0..file.len() - 1).filter(|&at| file[at..at + 2] == [0xff, 0xda]);
    starts
        .map(|at| at + 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]])))
        .map(|from| [from, (from..file.len() - 1).find(marker).unwrap()])
        .collect()
}

#[test]
fn a_progressive_jpeg_that_lacks_detail_alone_is_decoded_and_one_that_lacks_more_is_not() {
    let file = jpeg([64, 80], true);
    let scans = scans(&file);
    assert!(scans.len() > 5, "{scans:?}");
    let lenient = Limits { strict: false, ..Limits::default() };
    let whole = decode(&file, &options(), &Limits::default());
    let mut coarser = 0;
    for (scan, [from, to]) in scans.into_iter().enumerate() {
        let mut without = file.clone();
        without.drain(from..to);
        let strictly = decode(&without, &options(), &Limits::default());
        if scan == 0 {
            assert!(matches!(strictly, Err(Error::Damaged { format: Format::Jpeg, .. })), "{strictly:?}");
        } else {
            // Where later scans refine what is not there, none can be read.
            assert_eq!(strictly, decode(&without, &options(), &lenient), "scan {scan}");
            coarser += usize::from(strictly.is_ok() && strictly != whole);
        }
        // Without its end the file is cut off, whatever it shows.
        without.truncate(without.len() - 2);
        assert!(decode(&without, &options(), &Limits::default()).is_err(), "scan {scan}");
    }
    assert!(coarser >= 3, "{coarser} scans");
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
