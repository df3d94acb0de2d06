//! What images for training are stored as, and what becomes of them.

use firesteel_image::augment::Augmentation;
use firesteel_image::{ColorOrder, Filter, Preparation, Resize};

use crate::network::Shape;
use crate::random::{Key, Purpose};
use crate::{Augmentations, Preprocessing};

fn changes(json: &str) -> Vec<Augmentation> {
    serde_json::from_str(json).unwrap()
}

fn checked(json: &str, image: Option<Preparation>, input: &[usize]) -> Result<Augmentations, String> {
    let preprocessing = Preprocessing { image, ..Preprocessing::default() };
    let input = Shape::new(input).unwrap();
    preprocessing.table(&input).unwrap();
    let made = Augmentations::new(&changes(json), &preprocessing, &input).map_err(|e| e.to_string())?;
    // What it stores can be read.
    made.preprocessing().table(&Shape::new(&made.stored()).unwrap()).unwrap();
    Ok(made)
}

const CROP: &str = r#"[{"randomCrop":{"size":[224,200]}}]"#;
const FLIP: &str = r#"[{"randomHorizontalFlip":{"probability":1.0}}]"#;

fn cropping(short: usize) -> Option<Preparation> {
    let resize = Some(Resize::ShortSide(short));
    Some(Preparation { crop: Some([224, 200]), resize, ..Preparation::default() })
}

#[test]
fn what_is_stored_is_larger_only_where_a_change_cuts_from_what_scoring_cuts_from() {
    let stored = |json, image| checked(json, image, &[3, 224, 200]).unwrap().stored();
    assert_eq!(stored(CROP, cropping(256)), [3, 256, 256]);
    assert_eq!(stored(FLIP, cropping(256)), [3, 224, 200]);
    assert_eq!(stored(CROP, cropping(210)), [3, 224, 210], "as large as the network's input at least");
    let stretching = Preparation { resize: Some(Resize::Exact([224, 200])), ..Preparation::default() };
    assert_eq!(stored(CROP, Some(stretching)), [3, 224, 200]);
    assert_eq!(stored(CROP, None), [3, 224, 200]);
}

#[test]
fn changes_come_one_after_the_other_and_leave_other_settings_alone() {
    let image = Preparation {
        color_order: ColorOrder::Bgr,
        ..Preparation::short_side_and_crop(4, 2, Filter::Bilinear)
    };
    let json = r#"[{"randomResizedCrop":{"size":[2,2],"scale":[1.0,1.0],"ratio":[1.0,1.0]}},
                   {"randomHorizontalFlip":{"probability":1.0}}]"#;
    let made = checked(json, Some(image.clone()), &[3, 2, 2]).unwrap();
    assert_eq!(made.stored(), [3, 4, 4]);
    let expected = Preparation { crop: Some([4, 4]), ..image };
    assert_eq!(made.preprocessing().image, Some(expected));
    // Each plane has a bright half on the left, which halving keeps and flipping moves.
    let plane = |bright: u8| [bright, bright, 0, 0].repeat(4);
    let planes = [plane(50), plane(100), plane(150)].concat();
    let found = made.apply(&planes, &mut Key::new(1, Purpose::Augmentation).generator()).unwrap();
    let half: Vec<u8> = found.chunks(2).map(|row| row[1]).collect();
    assert_eq!(found.len(), 12);
    assert!(found.chunks(2).all(|row| row[0] < row[1]), "{found:?}");
    assert!(half[0] < half[2] && half[2] < half[4], "{found:?}");
}

#[test]
fn colours_are_told_from_the_order_of_the_planes() {
    // The grey of a colour weighs green most: it tells whether the first plane was taken for red or blue.
    let json = r#"[{"colorJitter":{"saturation":0.9}}]"#;
    let image = |color_order| Some(Preparation { color_order, ..Preparation::default() });
    let (rgb, bgr) = ([200, 100, 10], [10, 100, 200]);
    let apply = |order, planes: [u8; 3]| {
        let mut random = Key::new(1, Purpose::Augmentation).generator();
        checked(json, image(order), &[3, 1, 1]).unwrap().apply(&planes, &mut random).unwrap()
    };
    let mut found = apply(ColorOrder::Bgr, bgr);
    found.reverse();
    assert_eq!(found, apply(ColorOrder::Rgb, rgb));
    assert_ne!(found, apply(ColorOrder::Bgr, rgb));
}

#[test]
fn what_does_not_fit_is_named() {
    for (json, image, input, message) in [
        (FLIP, None, &[64][..], "they change images of 1 or 3 channels, the network's input is 64"),
        (FLIP, None, &[2, 8, 8], "they change images of 1 or 3 channels, the network's input is 2x8x8"),
        (
            r#"[{"randomCrop":{"size":[7,8]}}]"#,
            None,
            &[1, 8, 8],
            "they make 7 rows and 8 columns, the network's input has 8 and 8",
        ),
        (
            r#"[{"randomCrop":{"size":[9,8]}}]"#,
            None,
            &[1, 8, 8],
            "randomCrop: size: [9, 8] rows and columns cannot be cut out of [8, 8]: use padding",
        ),
        (
            r#"[{"randomCrop":{"size":[6,6]}},{"randomCrop":{"size":[8,8]}}]"#,
            None,
            &[1, 8, 8],
            "randomCrop: size: [8, 8] rows and columns cannot be cut out of [6, 6]: use padding",
        ),
        (
            r#"[{"randomRotation":{"degrees":-1}}]"#,
            None,
            &[1, 8, 8],
            "randomRotation: degrees: -1 is not within 0 to 180",
        ),
        (
            r#"[{"randomCrop":{"size":[224,200]}},{"randomCrop":{"size":[256,256]}}]"#,
            cropping(256),
            &[3, 224, 200],
            "randomCrop: size: [256, 256] rows and columns cannot be cut out of [224, 200]: use padding",
        ),
    ] {
        let error = checked(json, image, input).unwrap_err();
        assert_eq!(error, format!("augmentations: {message}"));
    }
}
