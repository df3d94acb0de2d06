//! Lossless WebP: files are refused that would take the decoder too much memory, and no others.

use std::io::Cursor;
use std::panic::catch_unwind;
use std::path::Path;

use image_webp::{ColorType, WebPDecoder, WebPEncoder};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::data::data;
use super::webp_files::{animation, black, chunk, costly, everywhere, extended, lossy, with_header};
use crate::{DecodeOptions, Error, Format, Limits, Pixels, decode, info};

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

/// Whether the decoder takes a file, by itself.
fn taken(file: &[u8]) -> bool {
    let decode = || {
        let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
        let mut data = vec![0; decoder.output_buffer_size()?];
        decoder.read_image(&mut data).ok()
    };
    // It panics where codes take a place twice.
    catch_unwind(decode).is_ok_and(|outcome| outcome.is_some())
}

/// The WebP files of a folder.
fn files_of(folder: impl AsRef<Path>) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "webp")).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A file of random size and content, by an encoder.
fn encoded(random: &mut ChaCha8Rng) -> Vec<u8> {
    let [width, height] = [random.random_range(1..60), random.random_range(1..60)];
    let (color, channels) =
        [(ColorType::L8, 1), (ColorType::La8, 2), (ColorType::Rgb8, 3), (ColorType::Rgba8, 4)]
            [random.random_range(0..4)];
    let (colors, repeats): (u8, usize) = (random.random_range(1..=255), random.random_range(1..9));
    let mut data = vec![];
    let length = (width * height) as usize * channels;
    while data.len() < length {
        data.resize((data.len() + repeats).min(length), random.random_range(0..=colors));
    }
    let mut out = vec![];
    WebPEncoder::new(&mut out).encode(&data, width, height, color).unwrap();
    out
}

#[test]
fn no_file_is_refused_that_the_decoder_takes() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut files = files_of(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/webp"));
    assert_eq!(files.len(), 5);
    files.extend((0..60).map(|_| encoded(&mut random)));
    for size in [[1, 1], [5, 300], [33, 17]] {
        files.extend(everywhere(size, &black(size, 20, &costly(15))).map(|(_, file)| file));
    }
    if let Some(data) = data() {
        let real = files_of(Path::new(&data).join("odd"));
        assert!(real.iter().any(|file| &file[12..16] == b"VP8L"), "{} files", real.len());
        files.extend(real);
    }
    let (mut accepted, mut refused, limits) = (0, 0, Limits { strict: false, ..Limits::default() });
    for (number, file) in files.iter().enumerate() {
        assert!(decode(file, &DecodeOptions::default(), &limits).is_ok() && taken(file), "file {number}");
        for _ in 0..if file.len() > 20_000 { 5 } else { 60 } {
            let mut changed = file.clone();
            // Mostly in front of the pixels.
            let end = [40, 400, usize::MAX][random.random_range(0..3)].min(file.len());
            for _ in 0..random.random_range(1..4) {
                changed[random.random_range(12..end)] ^= 1 << random.random_range(0..8);
            }
            if info(&changed, &limits).is_err() {
                continue;
            }
            match decode(&changed, &DecodeOptions::default(), &limits) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    refused += 1;
                    assert!(!taken(&changed), "file {number}: {error}");
                }
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
