//! Decoding of files that the tests make.

use png::{BitDepth, ColorType};
use serde::Deserialize;

use super::encoded::{bmp, exif, jpeg, jpegs, png, rgb_png, smooth, webp, with_segment};
use super::expected::{digest, drawn, read};
use crate::{Alpha, DecodeOptions, Error, Format, Limits, decode, encode_png};

fn grey() -> DecodeOptions {
    DecodeOptions { channels: 1, ..DecodeOptions::default() }
}

fn pixels(bytes: &[u8], options: &DecodeOptions) -> Vec<u8> {
    decode(bytes, options, &Limits::default()).unwrap().data
}

#[test]
fn lossless_formats_give_their_pixels_back() {
    let (size, options) =
        ([9, 14], DecodeOptions { formats: Format::ALL.to_vec(), ..DecodeOptions::default() });
    let expected = drawn(size, 3);
    let encoded = encode_png(&expected, &Limits::default()).unwrap();
    for (what, file) in
        [("png", rgb_png(size)), ("our png", encoded), ("webp", webp(size, 3)), ("bmp", bmp(size))]
    {
        assert_eq!(decode(&file, &options, &Limits::default()).as_ref(), Ok(&expected), "{what}");
    }
    let one = drawn(size, 1);
    assert_eq!(pixels(&encode_png(&one, &Limits::default()).unwrap(), &grey()), one.data);
}

#[test]
fn jpegs_of_every_kind_give_nearly_their_pixels_back() {
    // Not a multiple of the 8 or 16 pixels of a block.
    let size = [50, 70];
    let as_png = png(size, ColorType::Rgb, BitDepth::Eight, None, &smooth(size));
    for (kind, file) in jpegs(size) {
        let options = if kind == "grey" { grey() } else { DecodeOptions::default() };
        let (found, original) = (pixels(&file, &options), pixels(&as_png, &options));
        assert_eq!(found.len(), original.len(), "{kind}");
        let sum: u32 = found.iter().zip(&original).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let mean = f64::from(sum) / found.len() as f64;
        assert!(mean < 3.0, "{kind}: {mean} apart on average");
    }
}

#[test]
fn colour_becomes_grey_by_pillows_weights() {
    let file = png([1, 3], ColorType::Rgb, BitDepth::Eight, None, &[255, 0, 0, 0, 255, 0, 0, 0, 255]);
    assert_eq!(pixels(&file, &grey()), [76, 150, 29]);
    let file = png([1, 2], ColorType::Grayscale, BitDepth::Eight, None, &[7, 200]);
    assert_eq!(pixels(&file, &DecodeOptions::default()), [7, 7, 7, 200, 200, 200]);
}

#[test]
fn transparency_is_left_out_or_laid_over_a_colour_as_by_pillow() {
    #[derive(Deserialize)]
    struct Images {
        alpha: Expected,
    }
    #[derive(Deserialize)]
    struct Expected {
        dropped: String,
        over: String,
        grey: String,
        grey_over: String,
    }
    let expected = read::<Images>("images.json").alpha;
    let over = Alpha::Over([10, 200, 30]);
    let files =
        [png([30, 20], ColorType::Rgba, BitDepth::Eight, None, &drawn([30, 20], 4).data), webp([30, 20], 4)];
    for file in files {
        for (channels, alpha, expected) in [
            (3, Alpha::Drop, &expected.dropped),
            (3, over, &expected.over),
            (1, Alpha::Drop, &expected.grey),
            (1, over, &expected.grey_over),
        ] {
            let options = DecodeOptions { channels, alpha, ..DecodeOptions::default() };
            assert_eq!(&digest(&pixels(&file, &options)), expected, "{channels} channels, {alpha:?}");
        }
    }
}

#[test]
fn sixteen_bits_become_the_high_byte_but_saturate_in_grey() {
    let wide: Vec<u8> = [0_u16, 200, 256, 65_535].iter().flat_map(|v| v.to_be_bytes()).collect();
    let file = png([1, 4], ColorType::Grayscale, BitDepth::Sixteen, None, &wide);
    assert_eq!(pixels(&file, &grey()), [0, 200, 255, 255]);
    let file = png([1, 2], ColorType::GrayscaleAlpha, BitDepth::Sixteen, None, &wide);
    assert_eq!(pixels(&file, &grey()), [0, 1]);
    let file = png([1, 1], ColorType::Rgba, BitDepth::Sixteen, None, &wide);
    assert_eq!(pixels(&file, &DecodeOptions::default()), [0, 0, 1]);
}

#[test]
fn orientations_turn_the_image_upright_unless_told_not_to() {
    // a b c
    // d e f
    let stored = b"abcdef";
    let upright: [(u8, usize, &[u8]); 8] = [
        (1, 3, b"abcdef"),
        (2, 3, b"cbafed"),
        (3, 3, b"fedcba"),
        (4, 3, b"defabc"),
        (5, 2, b"adbecf"),
        (6, 2, b"daebfc"),
        (7, 2, b"fcebda"),
        (8, 2, b"cfbead"),
    ];
    for (orientation, width, expected) in upright {
        for big in [true, false] {
            let exif = exif(orientation, big);
            let file = png([2, 3], ColorType::Grayscale, BitDepth::Eight, Some(&exif), stored);
            let found = decode(&file, &grey(), &Limits::default()).unwrap();
            assert_eq!((found.width, &*found.data), (width, expected), "orientation {orientation}");
            assert_eq!(pixels(&file, &DecodeOptions { orient: false, ..grey() }), stored);
            let colour = pixels(&file, &DecodeOptions::default());
            assert_eq!(colour, expected.iter().flat_map(|&v| [v; 3]).collect::<Vec<u8>>());
        }
    }
}

#[test]
fn the_orientation_of_a_jpeg_is_that_of_exif_or_else_of_xmp() {
    let file = jpeg([8, 16], false);
    let xmp = |text: &str| [b"http://ns.adobe.com/xap/1.0/\0", text.as_bytes()].concat();
    let in_exif = [b"Exif\0\0", &*exif(6, true)].concat();
    for (marked, size) in [
        (with_segment(&file, 0xe1, &in_exif), [16, 8]),
        (with_segment(&file, 0xe1, &xmp(r#"<x tiff:Orientation="8"/>"#)), [16, 8]),
        (with_segment(&file, 0xe1, &xmp("<tiff:Orientation>5<")), [16, 8]),
        (with_segment(&file, 0xe1, &xmp(r#"tiff:Orientation="0""#)), [8, 16]),
        (with_segment(&with_segment(&file, 0xe1, &in_exif), 0xe1, &xmp(r#"tiff:Orientation="3""#)), [16, 8]),
    ] {
        let found = decode(&marked, &DecodeOptions::default(), &Limits::default()).unwrap();
        assert_eq!([found.height, found.width], size);
    }
}

#[test]
fn only_allowed_formats_are_decoded() {
    let file = bmp([3, 4]);
    let refused = decode(&file, &DecodeOptions::default(), &Limits::default());
    assert_eq!(refused, Err(Error::NotAllowed(Format::Bmp)));
    let only_bmp = DecodeOptions { formats: vec![Format::Bmp], ..DecodeOptions::default() };
    assert_eq!(decode(&rgb_png([2, 2]), &only_bmp, &Limits::default()), Err(Error::NotAllowed(Format::Png)));
    assert_eq!(decode(b"no image", &only_bmp, &Limits::default()), Err(Error::Unknown));
    assert_eq!(decode(b"", &only_bmp, &Limits::default()), Err(Error::Unknown));
}

#[test]
fn two_channels_are_refused() {
    let options = DecodeOptions { channels: 2, ..DecodeOptions::default() };
    let error = decode(&rgb_png([2, 2]), &options, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "channels: must be 1 or 3, not 2");
}
