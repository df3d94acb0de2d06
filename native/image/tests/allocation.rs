//! What decoding allocates: bombs next to nothing, everything else no more than the limit. A process of its own,
//! since the allocator counts for all of it.
#![allow(clippy::unwrap_used)] // In what the test calls; inside of it, it is allowed anyway.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use firesteel_image::{DecodeOptions, Error, Limits, decode, info};
use libjpeg_turbo_rs::{Encoder as JpegEncoder, PixelFormat};
use png::{BitDepth, ColorType, Encoder};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// An allocator cannot be written without; this one only counts.
#[allow(unsafe_code)]
// SAFETY: all calls go to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), SeqCst) + layout.size();
        PEAK.fetch_max(live, SeqCst);
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), SeqCst);
        // SAFETY: as for this function.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were allocated at a time, beyond those before.
fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = LIVE.load(SeqCst);
    PEAK.store(before, SeqCst);
    let result = work();
    (PEAK.load(SeqCst) - before, result)
}

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

fn sized_png(width: u32, height: u32, color: u8, depth: u8) -> Vec<u8> {
    let [w, h] = [width, height].map(u32::to_be_bytes);
    let header = [&w[..], &h, &[depth, color, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], &chunk(b"IDAT", &[0; 64])].concat()
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

// One test alone: others would allocate beside it.
#[test]
fn decoding_allocates_no_more_than_it_may() {
    let (options, limits) = (DecodeOptions::default(), Limits::default());
    let mut wide = jpeg(8, 8, false);
    let frame = wide.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    wide[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    for (what, file) in [
        ("JPEG of 65,500 x 65,500", wide),
        ("JPEG of 10,000 scans", jpeg_of_many_scans()),
        ("PNG of 30,000 x 30,000, 1 bit", sized_png(30_000, 30_000, 0, 1)),
        ("PNG of 13,300 x 13,300", sized_png(13_300, 13_300, 2, 8)),
        ("PNG of 1 x 40,000,000", sized_png(1, 40_000_000, 0, 8)),
    ] {
        let (bytes, result) = peak(|| decode(&file, &options, &limits));
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{what}: {result:?}");
        assert!(bytes <= 4 << 20, "{what}: {bytes} bytes");
        assert!(peak(|| info(&file, &limits)).0 <= 64 << 10, "{what}");
    }

    let zeros = deflated_zeros();
    for (name, before) in
        [(b"iCCP", &b"a profile\0\0"[..]), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"a\0\x01\0\0\0")]
    {
        let file = with_chunk(name, &[before, &zeros].concat());
        let (bytes, result) = peak(|| decode(&file, &options, &limits));
        assert!(result.is_ok(), "{name:?}: {result:?}");
        assert!(bytes <= 4 << 20, "{name:?}: {bytes} bytes");
    }

    // Whole images: the pixels, and what the decoders hold beside them.
    const SLACK: usize = 1 << 20;
    let limits = Limits { max_allocation: 11 << 20, ..limits };
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
