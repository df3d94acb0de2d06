//! Each limit, one below and one above; bombs are refused by their header.

use png::{BitDepth, ColorType};

use super::encoded::{jpeg, png, rgb_png, webp};
use crate::{DecodeOptions, Error, Limits, Pixels, decode};

fn with(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

fn try_decode(bytes: &[u8], limits: &Limits) -> Result<Pixels, Error> {
    decode(bytes, &DecodeOptions::default(), limits)
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let limits = Limits::default();
    assert_eq!([limits.max_bytes, limits.max_allocation], [32 * 1024 * 1024, 192 * 1024 * 1024]);
    assert_eq!([limits.max_side, limits.max_pixels, limits.max_scans], [16_384, 40_000_000, 100]);
    assert!(limits.strict);
}

#[test]
fn an_image_at_a_limit_is_decoded_and_one_above_it_refused() {
    for file in [rgb_png([20, 30]), webp([20, 30], 3), jpeg([20, 30], false), jpeg([20, 30], true)] {
        let length = file.len();
        for (enough, too_few, message) in [
            (
                with(|l| l.max_bytes = length),
                with(|l| l.max_bytes = length - 1),
                format!("the image has {length} bytes, at most {} are accepted", length - 1),
            ),
            (
                with(|l| l.max_side = 30),
                with(|l| l.max_side = 29),
                "the image has 30 pixels on its longer side, at most 29 are accepted".to_owned(),
            ),
            (
                with(|l| l.max_pixels = 600),
                with(|l| l.max_pixels = 599),
                "the image has 600 pixels, at most 599 are accepted".to_owned(),
            ),
        ] {
            assert!(try_decode(&file, &enough).is_ok());
            assert_eq!(try_decode(&file, &too_few).unwrap_err().to_string(), message);
        }
        let tight = with(|l| l.max_allocation = 1799);
        let error = try_decode(&file, &tight).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
    // Three bytes of a pixel; of a JPEG also its samples, one of a pixel and two of every fourth one.
    for (file, enough) in [(rgb_png([20, 30]), 1800), (jpeg([20, 30], false), 2700)] {
        assert!(try_decode(&file, &with(|l| l.max_allocation = enough)).is_ok());
        assert!(try_decode(&file, &with(|l| l.max_allocation = enough - 1)).is_err());
    }
}

#[test]
fn a_jpeg_has_at_most_so_many_scans() {
    let file = jpeg([16, 16], true);
    let scans = file.windows(2).filter(|window| *window == [0xff, 0xda]).count();
    assert!(scans > 3, "{scans} scans");
    assert!(try_decode(&file, &with(|l| l.max_scans = scans)).is_ok());
    let error = try_decode(&file, &with(|l| l.max_scans = scans - 1)).unwrap_err();
    assert_eq!(error.to_string(), format!("the image has {scans} scans, at most {} are accepted", scans - 1));
}

#[test]
fn bombs_are_refused() {
    let mut wide_jpeg = jpeg([8, 8], false);
    let frame = wide_jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    wide_jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let sized_png = |width: u32, height: u32| {
        let mut file = png([1, 1], ColorType::Rgb, BitDepth::Eight, None, &[0; 3]);
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        file
    };
    for (what, file) in [
        ("JPEG of 65,500 x 65,500", wide_jpeg),
        ("PNG of 30,000 x 30,000", sized_png(30_000, 30_000)),
        ("PNG of 13,300 x 13,300", sized_png(13_300, 13_300)),
        ("PNG of 1 x 40,000,000", sized_png(1, 40_000_000)),
        ("PNG of 2^32 - 1 squared", sized_png(u32::MAX, u32::MAX)),
    ] {
        let error = try_decode(&file, &Limits::default()).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{what}: {error}");
    }
}
