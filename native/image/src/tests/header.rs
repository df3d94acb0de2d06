//! Headers: format, size, channels, orientation.

use png::{BitDepth, ColorType};

use super::encoded::{bmp, exif, jpegs, png, webp, with_segment};
use super::expected::drawn;
use crate::{Error, Format, Info, Limits, info};

fn read(bytes: &[u8]) -> Result<Info, Error> {
    info(bytes, &Limits::default())
}

#[test]
fn the_header_tells_format_size_channels_and_orientation() {
    let expected =
        |format, channels, orientation| Ok(Info { format, width: 24, height: 17, channels, orientation });
    let size = [17, 24];
    for (kind, file) in jpegs(size) {
        assert_eq!(read(&file), expected(Format::Jpeg, if kind == "grey" { 1 } else { 3 }, 1), "{kind}");
        let turned = with_segment(&file, 0xe1, &[b"Exif\0\0", &*exif(7, false)].concat());
        assert_eq!(read(&turned).unwrap().orientation, 7, "{kind}");
        assert_eq!(read(&turned).unwrap().upright_size(), [24, 17], "{kind}");
    }
    for (color, channels) in
        [(ColorType::Grayscale, 1), (ColorType::GrayscaleAlpha, 2), (ColorType::Rgb, 3), (ColorType::Rgba, 4)]
    {
        let file = png(size, color, BitDepth::Eight, Some(&exif(3, true)), &drawn(size, channels).data);
        assert_eq!(read(&file), expected(Format::Png, channels, 3));
    }
    assert_eq!(read(&webp(size, 3)), expected(Format::WebP, 3, 1));
    assert_eq!(read(&webp(size, 4)), expected(Format::WebP, 4, 1));
    assert_eq!(read(&bmp(size)), expected(Format::Bmp, 3, 1));
}

#[test]
fn jpegs_that_pillow_does_not_read_are_refused_by_their_header() {
    let (_, file) = jpegs([8, 8]).remove(0);
    let frame = file.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    for (at, value, problem) in [
        (4, 12, "its samples have 12 bits"),
        (1, 0xc3, "it is lossless"),
        (1, 0xc5, "it is hierarchical"),
        (9, 2, "it has 2 components"),
    ] {
        let mut changed = file.clone();
        changed[frame + at] = value;
        assert_eq!(read(&changed), Err(Error::unsupported(Format::Jpeg, problem)), "{problem}");
    }
}

#[test]
fn a_side_of_nothing_is_damage() {
    let mut file = webp([4, 4], 3);
    file = [&file[..12], b"VP8X", &[10, 0, 0, 0], &[0; 10], &file[12..]].concat();
    assert_eq!(read(&file).unwrap().width, 1);
    let (_, mut jpeg) = jpegs([8, 8]).remove(0);
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 7].fill(0);
    assert_eq!(read(&jpeg), Err(Error::damaged(Format::Jpeg, "it has 0 rows and 8 columns")));
}
