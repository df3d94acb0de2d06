//! Random changes: Pillow's arithmetic, and what is drawn.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::expected::{digest, drawn, read};
use crate::augment::{Augmentation, color, geometric, random_part};
use crate::{Error, Pixels};

#[derive(Deserialize)]
struct Images {
    rotated: Vec<Rotated>,
    colours: Vec<Colour>,
}

#[derive(Deserialize)]
struct Rotated {
    size: [usize; 2],
    degrees: f64,
    pixels: String,
}

#[derive(Deserialize)]
struct Colour {
    change: String,
    factor: f64,
    channels: usize,
    pixels: String,
}

fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// The results of 400 seeds.
fn drawn_results(augmentation: &Augmentation, pixels: &Pixels) -> Vec<Pixels> {
    (0..400).map(|seed| augmentation.apply(pixels.clone(), &mut random(seed)).unwrap()).collect()
}

fn different(mut results: Vec<Pixels>) -> usize {
    results.sort_by(|a, b| a.data.cmp(&b.data));
    results.dedup();
    results.len()
}

#[test]
fn rotations_give_pillows_bytes() {
    let cases = read::<Images>("images.json").rotated;
    assert_eq!(cases.len(), 27);
    for Rotated { size, degrees, pixels } in cases {
        let found = geometric::rotate(&drawn(size, 3), degrees);
        assert_eq!(digest(&found.data), pixels, "{size:?} by {degrees} degrees");
    }
}

#[test]
fn colours_change_to_pillows_bytes() {
    let cases = read::<Images>("images.json").colours;
    assert!(cases.len() > 20);
    for Colour { change, factor, channels, pixels } in cases {
        let mut found = drawn([60, 70], channels);
        match &*change {
            "brightness" => color::brightness(&mut found, factor),
            "contrast" => color::contrast(&mut found, factor),
            "saturation" => color::saturation(&mut found, factor),
            "hue" => color::hue(&mut found, factor),
            other => panic!("{other}"),
        }
        assert_eq!(digest(&found.data), pixels, "{change} {factor}, {channels} channels");
    }
}

#[test]
fn a_random_crop_is_a_part_of_the_padded_image() {
    let image = drawn([6, 7], 3);
    let augmentation = Augmentation::RandomCrop { size: [6, 7], padding: 2 };
    let results = drawn_results(&augmentation, &image);
    let padded = geometric::pad(image.clone(), 2);
    let parts: Vec<Pixels> = (0..5)
        .flat_map(|y| (0..5).map(move |x| [y..y + 6, x..x + 7]))
        .map(|part| geometric::crop(&padded, part))
        .collect();
    assert!(parts.contains(&image) && results.iter().all(|result| parts.contains(result)));
    assert_eq!(different(results), 25, "every place occurs");
    let too_large = Augmentation::RandomCrop { size: [6, 8], padding: 0 };
    let error = too_large.apply(image, &mut random(1)).unwrap_err();
    assert_eq!(error.to_string(), "size: [6, 8] rows and columns cannot be cut out of [6, 7]: use padding");
}

#[test]
fn a_random_resized_crop_has_its_size_and_varies() {
    for size in [[40, 30], [1, 1], [3, 200], [200, 3]] {
        let augmentation: Augmentation =
            serde_json::from_str(r#"{"randomResizedCrop":{"size":[9,11]}}"#).unwrap();
        let results = drawn_results(&augmentation, &drawn(size, 3));
        assert!(results.iter().all(|result| [result.height, result.width] == [9, 11]));
        let distinct = different(results);
        assert!(distinct > if size == [40, 30] { 300 } else { 0 }, "{size:?}: {distinct}");
    }
    // All of the area and its own proportion leave one part: the whole.
    let whole = Augmentation::RandomResizedCrop { size: [8, 8], scale: [1.0, 1.0], ratio: [1.0, 1.0] };
    let image = drawn([8, 8], 1);
    assert_eq!(whole.apply(image.clone(), &mut random(1)), Ok(image));
}

#[test]
fn the_part_of_a_random_resized_crop_has_the_area_and_the_proportion_that_are_asked_for() {
    let (mut areas, mut proportions) = (vec![], vec![]);
    for seed in 0..400 {
        let [rows, columns] = random_part([300, 400], [0.1, 0.4], [0.5, 1.5], &mut random(seed));
        assert!(rows.end <= 300 && columns.end <= 400);
        areas.push((rows.len() * columns.len()) as f64 / 120_000.0);
        proportions.push(columns.len() as f64 / rows.len() as f64);
    }
    // Sides are whole pixels.
    let range = |values: &[f64]| values.iter().fold((f64::MAX, 0.0_f64), |(a, b), &v| (a.min(v), b.max(v)));
    let ((least, most), (narrow, wide)) = (range(&areas), range(&proportions));
    assert!((0.099..0.12).contains(&least) && (0.38..0.403).contains(&most), "{least} to {most}");
    assert!((0.49..0.52).contains(&narrow) && (1.45..1.52).contains(&wide), "{narrow} to {wide}");
}

#[test]
fn angles_and_factors_are_within_what_is_asked_for() {
    // A spot at the right moves up and down by 40 times the sine of the angle.
    let mut spot = Pixels { width: 81, height: 81, channels: 1, data: vec![0; 81 * 81] };
    for (y, x) in (39..42).flat_map(|y| (78..81).map(move |x| (y, x))) {
        spot.data[y * 81 + x] = 255;
    }
    let rows: Vec<usize> = drawn_results(&Augmentation::RandomRotation { degrees: 10.0 }, &spot)
        .iter()
        .flat_map(|turned| turned.data.iter().position(|&v| v > 0))
        .map(|at| at / 81)
        .collect();
    assert!(rows.len() > 390);
    let (highest, lowest) = (rows.iter().min().unwrap(), rows.iter().max().unwrap());
    assert!((31..=33).contains(highest) && (45..=47).contains(lowest), "{highest} to {lowest}");

    let grey = Pixels { width: 1, height: 1, channels: 1, data: vec![100] };
    let jitter = Augmentation::ColorJitter { brightness: 0.3, contrast: 0.0, saturation: 0.0, hue: 0.0 };
    let values: Vec<u8> = drawn_results(&jitter, &grey).iter().map(|changed| changed.data[0]).collect();
    let (darkest, brightest) = (values.iter().min().unwrap(), values.iter().max().unwrap());
    assert!((70..73).contains(darkest) && (128..=130).contains(brightest), "{darkest} to {brightest}");
}

#[test]
fn flips_happen_as_often_as_asked_for() {
    let image = drawn([3, 4], 3);
    let flipped = geometric::flip_columns(image.clone());
    assert_eq!(flipped.data[..3], image.data[9..12]);
    assert_eq!(geometric::flip_columns(flipped.clone()), image);
    for (probability, least, most) in [(0.0, 0, 0), (1.0, 400, 400), (0.5, 150, 250), (0.1, 15, 75)] {
        let results = drawn_results(&Augmentation::RandomHorizontalFlip { probability }, &image);
        let count = results.iter().filter(|result| **result == flipped).count();
        assert!((least..=most).contains(&count), "{probability}: {count} of 400");
    }
}

#[test]
fn shifts_move_whole_pixels_and_let_zeros_in() {
    let image = Pixels { width: 3, height: 2, channels: 1, data: b"abcdef".to_vec() };
    assert_eq!(geometric::shift(&image, 0, 0), image);
    assert_eq!(geometric::shift(&image, 1, 0).data, b"\0\0\0abc");
    assert_eq!(geometric::shift(&image, 0, -2).data, b"c\0\0f\0\0");
    assert_eq!(geometric::shift(&image, 5, 5).data, [0; 6]);
    let results = drawn_results(&Augmentation::RandomShift { rows: 0.5, columns: 0.34 }, &image);
    assert_eq!(different(results), 9, "-1, 0 and 1 both ways");
}

#[test]
fn the_same_generator_gives_the_same_image() {
    let image = drawn([20, 30], 3);
    for augmentation in [
        Augmentation::RandomCrop { size: [20, 30], padding: 4 },
        Augmentation::RandomRotation { degrees: 30.0 },
        Augmentation::ColorJitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    ] {
        let results = drawn_results(&augmentation, &image);
        assert_eq!(results, drawn_results(&augmentation, &image));
        assert!(different(results) > 60, "{augmentation:?}");
        let grey = augmentation.apply(drawn([20, 30], 1), &mut random(3)).unwrap();
        assert_eq!([grey.height, grey.width, grey.channels], [20, 30, 1]);
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (augmentation, message) in [
        (
            Augmentation::RandomCrop { size: [0, 1], padding: 0 },
            "size: 0 rows and 1 columns are not within 1 to 40000000 pixels",
        ),
        (
            Augmentation::RandomCrop { size: [1, 1], padding: usize::MAX },
            &format!("padding: {0} rows and {0} columns are not within 1 to 40000000 pixels", usize::MAX),
        ),
        (Augmentation::RandomHorizontalFlip { probability: 1.5 }, "probability: 1.5 is not within 0 to 1"),
        (
            Augmentation::RandomHorizontalFlip { probability: f64::NAN },
            "probability: NaN is not within 0 to 1",
        ),
        (Augmentation::RandomShift { rows: -0.1, columns: 0.0 }, "rows: -0.1 is not within 0 to 1"),
        (Augmentation::RandomRotation { degrees: 181.0 }, "degrees: 181 is not within 0 to 180"),
        (
            Augmentation::ColorJitter { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.6 },
            "hue: 0.6 is not within 0 to 0.5",
        ),
        (
            Augmentation::RandomResizedCrop { size: [2, 2], scale: [0.5, 1.1], ratio: [1.0, 1.0] },
            "scale: 1.1 is not within 0.5 to 1",
        ),
    ] {
        let error: Error = augmentation.apply(drawn([4, 4], 3), &mut random(1)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
