//! Images that EXIF says to turn, which is done in the memory of their pixels.

use firesteel_image::{DecodeOptions, Limits, decode};
use png::ColorType;

use super::counting::peak;
use super::{SLACK, chunk, jpeg, measured, png};

/// A TIFF header with an orientation alone.
fn exif(orientation: u8) -> Vec<u8> {
    let tag = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    [&b"MM\0*\0\0\0\x08\0\x01"[..], &tag].concat()
}

fn jpeg_of(orientation: u8, jpeg: &[u8]) -> Vec<u8> {
    let content = [b"Exif\0\0", &exif(orientation)[..]].concat();
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &content, &jpeg[2..]].concat()
}

fn png_of(orientation: u8, png: &[u8]) -> Vec<u8> {
    const HEADER: usize = 8 + 12 + 13;
    [&png[..HEADER], &chunk(b"eXIf", &exif(orientation)), &png[HEADER..]].concat()
}

/// As many pixels as the limits allow, at their defaults: 4:2:0, as cameras write; however they have to be turned.
pub fn largest_image() {
    const WIDTH: usize = 7_300;
    const HEIGHT: usize = 5_479;
    let file = jpeg(WIDTH, HEIGHT, false);
    for orientation in [1, 3, 4, 5, 6] {
        let size = if orientation < 5 { [WIDTH, HEIGHT] } else { [HEIGHT, WIDTH] };
        let (bytes, _, result) = measured(&jpeg_of(orientation, &file), 1);
        let pixels = result.unwrap();
        assert_eq!([pixels.width, pixels.height], size, "orientation {orientation}");
        assert_eq!(pixels.data.len(), WIDTH * HEIGHT * 3);
        assert!(bytes <= Limits::DEFAULT.max_allocation, "orientation {orientation}: {bytes} bytes");
    }
}

/// Decoding a PNG takes its pixels, and turning it some rows more or nothing.
pub fn little_more_than_the_pixels() {
    let file = png(1500, 1500, ColorType::Rgb, &vec![1; 6_750_000]);
    for orientation in [1, 2, 3, 4, 8] {
        // 32 rows of pixels, and a flag for each column of each of 46 strips.
        let enough = 6_750_000 + if orientation < 5 { 0 } else { 32 * 1500 * 3 + 46 * 1500 };
        let file = png_of(orientation, &file);
        for (max_allocation, expected) in [(enough, true), (enough - 1, false)] {
            let limits = Limits { max_allocation, ..Limits::default() };
            let (bytes, result) = peak(|| decode(&file, &DecodeOptions::default(), &limits));
            assert_eq!(result.is_ok(), expected, "orientation {orientation}: {:?}", result.err());
            assert!(bytes <= max_allocation + SLACK, "orientation {orientation}: {bytes} bytes");
        }
    }
}
