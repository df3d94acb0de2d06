//! Lossless WebP: files are refused that would take the decoder too much memory, and no others.

use super::webp_files::{animation, chunk, with_header};
use super::webp_files::{black, costly, everywhere, extended, lossy};
use crate::{DecodeOptions, Error, Format, Limits, Pixels, decode};

const SIZE: [u16; 2] = [32, 24];

fn decoded(file: &[u8], max_allocation: usize) -> Result<Pixels, Error> {
    decode(file, &DecodeOptions::default(), &Limits { max_allocation, ..Limits::default() })
}

#[test]
fn as_many_groups_of_codes_are_read_as_the_limit_allows() {
    // Five codes of a table of 4 KiB each; the group itself and the pixels take little.
    const EACH: usize = 5 * 4096;
    for (groups, enough) in [(1, 3 * EACH), (256, 265 * EACH), (3000, 3100 * EACH)] {
        for (place, file) in everywhere(SIZE, &black(SIZE, groups, &costly(10))) {
            let pixels = decoded(&file, enough).unwrap();
            assert_eq!([pixels.height, pixels.width], [24, 32], "{place}");
            let error = decoded(&file, groups * EACH).unwrap_err();
            assert!(matches!(error, Error::TooLarge { .. }), "{place}, {groups} groups: {error}");
        }
    }
}

#[test]
fn codes_that_take_a_place_twice_are_damage() {
    // The decoder would panic: it counts the places modulo 65,536.
    let twice = [&[1][..], &costly(15)].concat();
    for (place, file) in everywhere(SIZE, &black(SIZE, 2, &twice[..16])) {
        let error = decoded(&file, 1 << 20).unwrap_err();
        let reason = "its lossless data are damaged or cut off";
        assert_eq!(error, Error::damaged(Format::WebP, reason), "{place}");
    }
}

#[test]
fn a_lossy_image_of_another_size_than_told_is_refused() {
    // The decoder would find out when it had decoded it, with 400 MB.
    let image = [chunk(b"VP8 ", &lossy([16_383, 16_383], 4000))];
    for file in [extended(SIZE, false, &image), animation(SIZE, &image)] {
        let error = decoded(&file, 1 << 20).unwrap_err();
        let reason = "its lossy image has another size than it says";
        assert_eq!(error, Error::damaged(Format::WebP, reason));
    }
}

#[test]
fn a_stream_is_found_wherever_the_decoder_finds_it() {
    let bomb = chunk(b"VP8L", &with_header(SIZE, &black(SIZE, 500, &costly(10))));
    let image = chunk(b"VP8 ", &lossy(SIZE, 4000));
    // A still image with a frame: the decoder takes a lossless image from there. The frame may be too short for it.
    let frame = |length: u32| [b"ANMF", &length.to_le_bytes()[..], &[0; 16], &bomb].concat();
    for length in [24, 16 + bomb.len() as u32] {
        let error = decoded(&extended(SIZE, false, &[image.clone(), frame(length)]), 1 << 20).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
}
