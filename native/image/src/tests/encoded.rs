//! Image files that the tests make.

use std::borrow::Cow;

use libjpeg_turbo_rs::{Encoder as JpegEncoder, PixelFormat};
use png::{BitDepth, ColorType, Encoder};

use super::expected::drawn;

/// A PNG of these pixels, with an EXIF block where one is given.
pub fn png(
    [height, width]: [usize; 2],
    color: ColorType,
    depth: BitDepth,
    exif: Option<&[u8]>,
    data: &[u8],
) -> Vec<u8> {
    let mut out = vec![];
    let mut info = png::Info::with_size(width as u32, height as u32);
    (info.color_type, info.bit_depth) = (color, depth);
    info.exif_metadata = exif.map(|exif| Cow::Owned(exif.to_vec()));
    let mut writer = Encoder::with_info(&mut out, info).unwrap().write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

/// A PNG of the formula's colour image.
pub fn rgb_png(size: [usize; 2]) -> Vec<u8> {
    png(size, ColorType::Rgb, BitDepth::Eight, None, &drawn(size, 3).data)
}

/// A smooth image, which JPEG changes little.
pub fn smooth([height, width]: [usize; 2]) -> Vec<u8> {
    let pixel = |i: usize| [i % width * 2, i / width * 2, 128].map(|v| v as u8);
    (0..height * width).flat_map(pixel).collect()
}

/// A JPEG of a smooth image.
pub fn jpeg(size @ [height, width]: [usize; 2], progressive: bool) -> Vec<u8> {
    JpegEncoder::new(&smooth(size), width, height, PixelFormat::Rgb)
        .quality(90)
        .progressive(progressive)
        .encode()
        .unwrap()
}

/// A JPEG of one of the kinds that libjpeg writes: grey, progressive, arithmetic, with restarts.
pub fn jpegs(size @ [height, width]: [usize; 2]) -> Vec<(&'static str, Vec<u8>)> {
    let pixels = smooth(size);
    let encoder = || JpegEncoder::new(&pixels, width, height, PixelFormat::Rgb).quality(85);
    vec![
        ("baseline", encoder().encode().unwrap()),
        ("progressive", encoder().progressive(true).encode().unwrap()),
        ("grey", encoder().grayscale_from_color(true).encode().unwrap()),
        ("arithmetic", encoder().arithmetic(true).encode().unwrap()),
        ("restarts", encoder().restart_rows(1).encode().unwrap()),
    ]
}

/// A lossless WebP of the formula's image of 3 or 4 channels.
pub fn webp([height, width]: [usize; 2], channels: usize) -> Vec<u8> {
    let color = if channels == 4 { image_webp::ColorType::Rgba8 } else { image_webp::ColorType::Rgb8 };
    let mut out = vec![];
    let pixels = drawn([height, width], channels);
    image_webp::WebPEncoder::new(&mut out).encode(&pixels.data, width as u32, height as u32, color).unwrap();
    out
}

/// A BMP of 24 bits, whose rows go upwards.
pub fn bmp([height, width]: [usize; 2]) -> Vec<u8> {
    let stride = (3 * width).next_multiple_of(4);
    let mut out = b"BM".to_vec();
    for value in [54 + stride * height, 0, 54, 40, width, height] {
        out.extend((value as u32).to_le_bytes());
    }
    out.extend([1, 0, 24, 0]);
    out.extend([0; 24]);
    for row in drawn([height, width], 3).data.chunks(3 * width).rev() {
        out.extend(row.chunks(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]));
        out.extend(vec![0; stride - 3 * width]);
    }
    out
}

/// A GIF of few colours.
pub fn gif([height, width]: [usize; 2]) -> Vec<u8> {
    let mut out = vec![];
    let pixels: Vec<u8> =
        drawn([height, width], 1).data.iter().flat_map(|v| [v & 0xc0, v & 0x30, 0]).collect();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    encoder.encode(&pixels, width as u32, height as u32, image::ExtendedColorType::Rgb8).unwrap();
    drop(encoder);
    out
}

/// A TIFF of the formula's colour image, whose pixels stand last, uncompressed.
pub fn tiff([height, width]: [usize; 2]) -> Vec<u8> {
    const BITS: u32 = 8 + 2 + 9 * 12 + 4;
    let pixels = drawn([height, width], 3).data;
    let (width, height, bytes) = (width as u32, height as u32, pixels.len() as u32);
    // Sides, bits of each value, no compression, RGB, then where the one strip begins, and how long it is.
    let entries = [
        [256, 4, 1, width],
        [257, 4, 1, height],
        [258, 3, 3, BITS],
        [259, 3, 1, 1],
        [262, 3, 1, 2],
        [273, 4, 1, BITS + 6],
        [277, 3, 1, 3],
        [278, 4, 1, height],
        [279, 4, 1, bytes],
    ];
    let mut out = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for [tag, kind, count, value] in entries {
        out.extend([tag as u16, kind as u16].iter().flat_map(|v| v.to_le_bytes()));
        out.extend([count, value].iter().flat_map(|v| v.to_le_bytes()));
    }
    out.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    out.extend(pixels);
    out
}

/// An EXIF block that holds an orientation alone, big-endian or little-endian.
pub fn exif(orientation: u8, big: bool) -> Vec<u8> {
    let (mut out, numbers) = (if big { b"MM".to_vec() } else { b"II".to_vec() }, |value: u16| {
        if big { value.to_be_bytes() } else { value.to_le_bytes() }
    });
    let long = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    out.extend(numbers(42));
    out.extend(long(8));
    for value in [1, 0x0112, 3] {
        out.extend(numbers(value));
    }
    out.extend(long(1));
    out.extend(numbers(u16::from(orientation)));
    out.extend([0; 6]);
    out
}

/// The JPEG with a segment put behind its first marker.
pub fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}
