//! What decoding allocates and how long it takes: bombs next to nothing, everything else no more than the limit. A
//! process of its own, since the allocator counts for all of it.
#![allow(clippy::unwrap_used)] // In what the test calls; inside of it, it is allowed anyway.

mod counting;
mod turned;
mod webp;
#[path = "../../src/tests/webp_files.rs"]
mod webp_files;

use std::time::{Duration, Instant};

use counting::peak;
use firesteel_image::{DecodeOptions, Error, Limits, Pixels, decode, info, resize_to_png};
use libjpeg_turbo_rs::{Encoder as JpegEncoder, PixelFormat};
use png::{BitDepth, ColorType, Encoder};

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in name.iter().chain(content) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], name, content, &(!crc).to_be_bytes()].concat()
}

fn png(width: u32, height: u32, color: ColorType, data: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

/// 200 MB of zeros, deflated: the pixels of a black PNG are just so.
fn deflated_zeros() -> Vec<u8> {
    let black = png(10_000, 20_000, ColorType::Grayscale, &vec![0; 200_000_000]);
    let mut deflated = vec![];
    let mut at = 8;
    while at < black.len() {
        let length = u32::from_be_bytes(black[at..at + 4].try_into().unwrap()) as usize;
        if &black[at + 4..at + 8] == b"IDAT" {
            deflated.extend(&black[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    deflated
}

/// A small PNG with this chunk before its pixels.
fn with_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    const HEADER: usize = 8 + 12 + 13;
    let small = png(8, 8, ColorType::Rgb, &[7; 192]);
    [&small[..HEADER], &chunk(name, content), &small[HEADER..]].concat()
}

/// A PNG that claims to be so large and has next to no data; `more` chunks stand before them.
fn sized_png([width, height]: [u32; 2], color: u8, depth: u8, interlaced: bool, more: &[u8]) -> Vec<u8> {
    let [w, h] = [width, height].map(u32::to_be_bytes);
    let header = [&w[..], &h, &[depth, color, 0, 0, u8::from(interlaced)]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], more, &chunk(b"IDAT", &[0; 64])].concat()
}

/// The chunks of an animation of two thousand million frames, the first of which is of that size.
fn animation(width: u32, height: u32) -> Vec<u8> {
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let control = [numbers(&[0, width, height, 0, 0]), vec![0, 1, 0, 1, 0, 0]].concat();
    [chunk(b"acTL", &numbers(&[u32::MAX >> 1, 0])), chunk(b"fcTL", &control)].concat()
}

/// The JPEG with other numbers in its frame header: `at` counts from the marker.
fn with_frame(mut jpeg: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    jpeg[frame + at..frame + at + bytes.len()].copy_from_slice(bytes);
    jpeg
}

/// A JPEG of 20 MB of EXIF blocks, each of which lies about its length.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let content = [&b"Exif\0\0II*\0\x08\0\0\0\xff\xff"[..], &vec![0x33; 60_000]].concat();
    let length = (content.len() as u16 + 2).to_be_bytes();
    let block = [&[0xff, 0xe1], &length[..], &content].concat();
    [&jpeg[..2], &block.repeat(350), &jpeg[2..]].concat()
}

fn cmyk(width: usize, height: usize) -> Vec<u8> {
    JpegEncoder::new(&vec![99; width * height * 4], width, height, PixelFormat::Cmyk).encode().unwrap()
}

fn jpeg(width: usize, height: usize, progressive: bool) -> Vec<u8> {
    let pixels = vec![99; width * height * 3];
    JpegEncoder::new(&pixels, width, height, PixelFormat::Rgb).progressive(progressive).encode().unwrap()
}

fn jpeg_of_many_scans() -> Vec<u8> {
    let file = jpeg(8, 8, true);
    let last = file.windows(2).rposition(|window| window == [0xff, 0xda]).unwrap();
    let end = file.len() - 2;
    [&file[..last], &file[last..end].repeat(10_000), &file[end..]].concat()
}

/// Decodes by the defaults: the bytes that it allocates, the shortest time of some attempts, and the result.
fn measured(file: &[u8], attempts: usize) -> (usize, Duration, Result<Pixels, Error>) {
    let once = || {
        let start = Instant::now();
        let (bytes, result) = peak(|| decode(file, &DecodeOptions::default(), &Limits::default()));
        (bytes, start.elapsed(), result)
    };
    (1..attempts).map(|_| once()).fold(once(), |best, next| if next.1 < best.1 { next } else { best })
}

/// So long may an image take that is bad or a bomb; ten times that where nothing is optimised.
fn at_most(milliseconds: u64) -> Duration {
    Duration::from_millis(if cfg!(debug_assertions) { 10 * milliseconds } else { milliseconds })
}

// One test alone: others would allocate beside it.
#[test]
fn decoding_takes_no_more_memory_and_time_than_it_may() {
    bombs_of_dimensions();
    hostile_files();
    bombs_of_metadata();
    webp::of_many_codes();
    webp::of_every_kind();
    turned::largest_image();
    turned::little_more_than_the_pixels();
    whole_images();
    resized_images();
}

/// Refused by the header, with next to no memory.
fn bombs_of_dimensions() {
    for (what, file) in [
        ("JPEG of 65,500 x 65,500", with_frame(jpeg(8, 8, false), 5, &[0xff, 0xdc, 0xff, 0xdc])),
        ("CMYK JPEG of 6,000 x 6,000", with_frame(cmyk(8, 8), 5, &[0x17, 0x70, 0x17, 0x70])),
        ("JPEG of 10,000 scans", jpeg_of_many_scans()),
        ("PNG of 30,000 x 30,000, 1 bit", sized_png([30_000, 30_000], 0, 1, false, &[])),
        ("PNG of 13,300 x 13,300", sized_png([13_300, 13_300], 2, 8, false, &[])),
        ("PNG of 1 x 40,000,000", sized_png([1, 40_000_000], 0, 8, false, &[])),
        ("PNG of 6,000 x 6,000, 16 bits", sized_png([6_000, 6_000], 2, 16, false, &[])),
        ("interlaced PNG of 7,000 x 7,000", sized_png([7_000, 7_000], 2, 8, true, &[])),
        ("animated PNG of 7,000 x 7,000", sized_png([7_000, 7_000], 2, 8, false, &animation(7_000, 7_000))),
    ] {
        let (bytes, time, result) = measured(&file, 5);
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{what}: {result:?}");
        assert!(bytes <= 4 << 20, "{what}: {bytes} bytes");
        assert!(time <= at_most(5), "{what}: {time:?}");
        let header = peak(|| info(&file, &Limits::default())).0;
        assert!(header <= 64 << 10, "{what}: {header} bytes for the header");
    }
}

/// Within the limits by their header, but bad: no more than the limit, and soon.
fn hostile_files() {
    for (what, file) in [
        ("interlaced PNG of 6,000 x 6,000", sized_png([6_000, 6_000], 2, 8, true, &[])),
        ("16-bit PNG of 16,000 x 1,200", sized_png([16_000, 1_200], 2, 16, false, &[])),
        ("animated PNG of 6,000 x 6,000", sized_png([6_000, 6_000], 2, 8, false, &animation(6_000, 6_000))),
        ("JPEG of 5,000 x 5,000", with_frame(jpeg(8, 8, false), 5, &[0x13, 0x88, 0x13, 0x88])),
        ("CMYK JPEG of 4,000 x 4,000", with_frame(cmyk(8, 8), 5, &[0x0f, 0xa0, 0x0f, 0xa0])),
        ("JPEG of 12 bits", with_frame(jpeg(8, 8, false), 4, &[12])),
        ("JPEG of no rows", with_frame(jpeg(8, 8, false), 5, &[0, 0])),
        ("JPEG of no columns", with_frame(jpeg(8, 8, false), 7, &[0, 0])),
        ("PNG of no columns", sized_png([0, 5], 2, 8, false, &[])),
    ] {
        let (bytes, time, result) = measured(&file, 1);
        let refused = matches!(result, Err(Error::Damaged { .. } | Error::Unsupported { .. }));
        assert!(refused, "{what}: {:?}", result.map(|pixels| pixels.data.len()));
        assert!(bytes <= Limits::DEFAULT.max_allocation, "{what}: {bytes} bytes");
        assert!(time <= at_most(2000), "{what}: {time:?}");
    }
}

/// Small images among large metadata, which nothing reads.
fn bombs_of_metadata() {
    let zeros = deflated_zeros();
    let inflating = |before: &[u8]| [before, &zeros].concat();
    for (what, file) in [
        ("iCCP", with_chunk(b"iCCP", &inflating(b"a profile\0\0"))),
        ("zTXt", with_chunk(b"zTXt", &inflating(b"Comment\0\0"))),
        ("iTXt", with_chunk(b"iTXt", &inflating(b"a\0\x01\0\0\0"))),
        ("eXIf of 20 MB", with_chunk(b"eXIf", &[b"MM\0*", &vec![0xff; 20_000_000][..]].concat())),
        ("JPEG with EXIF of 20 MB", with_exif(&jpeg(8, 8, false))),
    ] {
        let (bytes, time, result) = measured(&file, 1);
        assert!(result.is_ok(), "{what}: {result:?}");
        let most = if what.contains("20 MB") { Limits::DEFAULT.max_allocation } else { 4 << 20 };
        assert!(bytes <= most, "{what}: {bytes} bytes");
        assert!(time <= at_most(2000), "{what}: {time:?}");
    }
}

/// What is not counted: tables and buffers of a row or a chunk.
const SLACK: usize = 1 << 20;

/// The pixels, and what the decoders hold beside them.
fn whole_images() {
    let (options, limits) =
        (DecodeOptions::default(), Limits { max_allocation: 11 << 20, ..Limits::default() });
    for (what, file) in [
        ("baseline", jpeg(1500, 1500, false)),
        ("progressive", jpeg(1100, 1200, true)),
        ("PNG", png(1500, 1500, ColorType::Rgb, &vec![1; 6_750_000])),
    ] {
        let (bytes, result) = peak(|| decode(&file, &options, &limits));
        assert!(result.is_ok(), "{what}: {result:?}");
        assert!(bytes <= limits.max_allocation + SLACK, "{what}: {bytes} bytes");
        let tight = Limits { max_allocation: bytes / 2, ..limits };
        let (bytes, result) = peak(|| decode(&file, &options, &tight));
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{what}");
        assert!(bytes <= tight.max_allocation + SLACK, "{what}: {bytes} bytes");
    }
}

/// The pixels, what stands between the passes, the resized ones and the file.
fn resized_images() {
    let small = png(8, 8, ColorType::Rgb, &[7; 192]);
    let even = png(2000, 2000, ColorType::Rgb, &vec![7; 12_000_000]);
    let mixed = |x: u32| (x ^ (x >> 16)).wrapping_mul(0x045d_9f3b);
    let noise: Vec<u8> = (0..1500 * 1500 * 3).map(|i| (mixed(mixed(i)) >> 24) as u8).collect();
    let noise = png(1500, 1500, ColorType::Rgb, &noise);
    for (what, file, size, enough, too_little) in [
        // The result is 18 MB.
        ("a large target", &small, [3000, 2000], 19 << 20, 17 << 20),
        // 12 MB become 5.7 MB, and 6 MB stand between the passes.
        ("two passes", &even, [1900, 1000], 24 << 20, 21 << 20),
        // 6.8 MB of pixels become as many, and these a file of as many.
        ("a file that cannot be compressed", &noise, [1500, 1500], 24 << 20, 14 << 20),
    ] {
        let within = |max_allocation: usize| {
            let limits = Limits { max_allocation, ..Limits::default() };
            let (bytes, result) = peak(|| resize_to_png(file, size, &limits));
            assert!(bytes <= max_allocation + SLACK, "{what}: {bytes} bytes of {max_allocation}");
            result.map(|file| file.len())
        };
        let length = within(enough).unwrap();
        println!("{what}: a file of {length} bytes");
        let refused = within(too_little);
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{what}: {refused:?}");
    }
}
