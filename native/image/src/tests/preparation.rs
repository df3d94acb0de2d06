//! From an encoded image to planes.

use serde::Deserialize;

use super::encoded::rgb_png;
use super::expected::{digest, drawn, read};
use crate::geometry::{center, short_side};
use crate::{ColorOrder, Error, Filter, Format, Limits, Preparation, Resize, encode_png};

#[derive(Deserialize)]
struct Images {
    prepared: Vec<Prepared>,
    letterboxes: Vec<Letterbox>,
}

#[derive(Deserialize)]
struct Prepared {
    size: [usize; 2],
    short: usize,
    crop: usize,
    planes: String,
}

#[derive(Deserialize)]
struct Letterbox {
    size: [usize; 2],
    to: [usize; 2],
    planes: String,
}

fn prepare(preparation: &Preparation, file: &[u8], shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    let mut out = vec![77; shape.iter().product()];
    preparation.prepare(file, shape, &Limits::default())?.write(&mut out);
    Ok(out)
}

#[test]
fn short_side_and_crop_give_torchvisions_bytes() {
    let cases = read::<Images>("images.json").prepared;
    assert_eq!(cases.len(), 5);
    for Prepared { size, short, crop, planes } in cases {
        let preparation = Preparation::short_side_and_crop(short, crop, Filter::Bilinear);
        let found = prepare(&preparation, &rgb_png(size), [3, crop, crop]).unwrap();
        assert_eq!(digest(&found), planes, "{size:?} to {short}, crop {crop}");
    }
}

#[test]
fn a_letterbox_gives_pillows_bytes() {
    let cases = read::<Images>("images.json").letterboxes;
    assert_eq!(cases.len(), 4);
    for Letterbox { size, to, planes } in cases {
        let resize = Some(Resize::Letterbox { size: to, fill: [10, 200, 30] });
        let preparation = Preparation { resize, ..Preparation::default() };
        let found = prepare(&preparation, &rgb_png(size), [3, to[0], to[1]]).unwrap();
        assert_eq!(digest(&found), planes, "{size:?} into {to:?}");
    }
}

#[test]
fn without_resizing_the_planes_are_the_images_in_the_order_of_colours_asked_for() {
    let (size, image) = ([3, 4], drawn([3, 4], 3));
    let plane = |channel: usize| image.data.iter().skip(channel).step_by(3).copied().collect::<Vec<u8>>();
    let rgb = prepare(&Preparation::default(), &rgb_png(size), [3, 3, 4]).unwrap();
    assert_eq!(rgb, [plane(0), plane(1), plane(2)].concat());
    let order = Preparation { color_order: ColorOrder::Bgr, ..Preparation::default() };
    assert_eq!(prepare(&order, &rgb_png(size), [3, 3, 4]).unwrap(), [plane(2), plane(1), plane(0)].concat());
    let grey = drawn(size, 1);
    let found = prepare(&order, &encode_png(&grey, &Limits::default()).unwrap(), [1, 3, 4]).unwrap();
    assert_eq!(found, grey.data);
}

#[test]
fn an_image_of_another_size_is_refused_where_nothing_resizes_it() {
    let error = prepare(&Preparation::default(), &rgb_png([4, 4]), [3, 3, 4]).unwrap_err();
    assert_eq!(error, Error::Size { found: [4, 4], wanted: [3, 4] });
}

#[test]
fn the_crop_rounds_as_torchvision_does() {
    let starts: Vec<_> = [(10, 10), (11, 10), (13, 10), (15, 10), (17, 10), (9, 10), (7, 10)]
        .map(|(length, wanted)| center(length, wanted))
        .to_vec();
    assert_eq!(starts, [(0, 0), (0, 0), (2, 0), (2, 0), (4, 0), (0, 0), (0, 1)]);
    assert_eq!(short_side([399, 600], 256), [256, 384]);
    assert_eq!(short_side([375, 500], 256), [256, 341]);
    assert_eq!(short_side([500, 375], 256), [341, 256]);
    assert_eq!(short_side([1, 7], 3), [3, 21]);
}

#[test]
fn a_description_that_does_not_lead_to_the_shape_is_refused() {
    let default = Preparation::default;
    let resized = |resize| Preparation { resize: Some(resize), ..default() };
    for (preparation, shape, problem) in [
        (default(), [2, 8, 8], "image: images have 1 or 3 channels, the network's input has 2"),
        (Preparation { formats: vec![], ..default() }, [3, 8, 8], "image: formats names none"),
        (
            resized(Resize::ShortSide(8)),
            [3, 8, 8],
            "image: shortSide without crop gives images of several sizes",
        ),
        (
            resized(Resize::Exact([8, 9])),
            [3, 8, 8],
            "image: it gives 8 rows and 9 columns, the network's input has 8 and 8",
        ),
        (
            Preparation::short_side_and_crop(256, 224, Filter::Bilinear),
            [3, 227, 227],
            "image: it gives 224 rows and 224 columns, the network's input has 227 and 227",
        ),
        (
            Preparation { crop: Some([0, 8]), ..default() },
            [3, 8, 8],
            "image: [0, 8] rows and columns are not within 1 to 16384",
        ),
        (
            resized(Resize::Exact([8, 1 << 20])),
            [3, 8, 8],
            "image: [8, 1048576] rows and columns are not within 1 to 16384",
        ),
        (
            Preparation { crop: Some([8, 8]), ..resized(Resize::Letterbox { size: [8, 8], fill: [0; 3] }) },
            [3, 8, 8],
            "image: letterbox and crop exclude each other",
        ),
    ] {
        assert_eq!(preparation.check(shape).unwrap_err().to_string(), problem);
    }
}

#[test]
fn the_description_is_read_from_json_and_written_as_it_was() {
    let text = r#"{"formats":["jpeg","gif"],"alpha":{"over":[255,255,255]},"orient":false,"resize":{"shortSide":256},"crop":[224,224],"filter":"bicubic","passOrder":"pillow12","colorOrder":"bgr"}"#;
    let preparation: Preparation = serde_json::from_str(text).unwrap();
    assert_eq!(preparation.formats, [Format::Jpeg, Format::Gif]);
    assert_eq!(preparation.resize, Some(Resize::ShortSide(256)));
    assert_eq!(serde_json::to_string(&preparation).unwrap(), text);
    assert_eq!(serde_json::from_str::<Preparation>("{}").unwrap(), Preparation::default());
    let letterbox: Preparation = serde_json::from_str(r#"{"resize":{"letterbox":{"size":[8,9]}}}"#).unwrap();
    assert_eq!(letterbox.resize, Some(Resize::Letterbox { size: [8, 9], fill: [0; 3] }));
    assert!(serde_json::from_str::<Preparation>(r#"{"krop":[1,1]}"#).is_err());
}
