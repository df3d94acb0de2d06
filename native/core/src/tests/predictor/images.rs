//! Encoded images as rows.

use firesteel_image::{Filter, Limits, Pixels, Preparation, encode_png};

use super::{predict, predictor};
use crate::network::{Graph, Network};
use crate::tests::formula;
use crate::{Error, ImageReader, Model, Predictor, Preprocessing, Row, Status, by_row};

const SIZE: [usize; 2] = [12, 10];
const VALUES: usize = 3 * 12 * 10;

fn network(channels: usize) -> Network {
    Network::input(&[channels, SIZE[0], SIZE[1]]).flatten().dense(4).build()
}

fn pixels([height, width]: [usize; 2], channels: usize) -> Pixels {
    let data = formula::integers("image", height * width * channels, 256).map(|v| v as u8).collect();
    Pixels { width, height, channels, data }
}

/// What a network sees of an image that needs no resizing.
fn planes(pixels: &Pixels) -> Vec<u8> {
    (0..pixels.channels).flat_map(|c| pixels.data.iter().skip(c).step_by(pixels.channels).copied()).collect()
}

fn resizing() -> Predictor {
    let graph = Graph::new(&network(3)).unwrap();
    let weights = formula::weights(graph.layout());
    let image = Preparation { crop: Some(SIZE), ..Preparation::short_side_and_crop(14, 0, Filter::Bilinear) };
    let preprocessing = Preprocessing { image: Some(image), ..Preprocessing::default() };
    Predictor::new(Model::new(graph, preprocessing, vec![], weights).unwrap()).unwrap()
}

#[test]
fn an_encoded_image_has_the_scores_of_its_pixels() {
    for channels in [1, 3] {
        let image = pixels(SIZE, channels);
        let (encoded, raw) = (encode_png(&image, &Limits::default()).unwrap(), planes(&image));
        let rows = [Row::Bytes(&raw), Row::Bytes(&encoded), Row::Bytes(&raw)];
        let (scores, status) = predict(&predictor(&network(channels)), &rows);
        assert_eq!(status, [Status::Ok; 3]);
        assert_eq!(scores[..4], scores[4..8], "{channels} channels");
        assert_eq!(scores[..4], scores[8..]);
    }
}

#[test]
fn an_image_is_resized_as_the_model_says() {
    let image = pixels([31, 40], 3);
    let encoded = encode_png(&image, &Limits::default()).unwrap();
    let resized =
        firesteel_image::resize(&image, [14, 18], [1..13, 4..14], Default::default(), &Limits::default())
            .unwrap();
    let raw = planes(&resized);
    let (scores, status) = predict(&resizing(), &[Row::Bytes(&encoded), Row::Bytes(&raw)]);
    assert_eq!(status, [Status::Ok; 2]);
    assert_eq!(scores[..4], scores[4..]);
}

#[test]
fn a_bad_image_has_a_status_and_changes_no_other_row() {
    let image = pixels(SIZE, 3);
    let good = encode_png(&image, &Limits::default()).unwrap();
    let large = encode_png(&pixels([13, 10], 3), &Limits::default()).unwrap();
    let wide = encode_png(&pixels([4, 200], 3), &Limits::default()).unwrap();
    let many: Vec<u8> = good.iter().copied().chain([0; 1000]).collect();
    let mut flipped = good.clone();
    flipped[60] ^= 1;
    let bad = [
        (&good[..good.len() - 1], Status::Undecodable),
        (&good[..8], Status::Undecodable),
        (&flipped, Status::Undecodable),
        (&large, Status::ImageSize),
        (&wide, Status::TooLarge),
        (&many, Status::TooLarge),
        (b"GIF89a and so on", Status::Format),
        (b"BMnot one either", Status::Format),
        (b"no image", Status::Size),
    ];
    let limits = Limits { max_side: 100, max_bytes: good.len() + 999, ..Limits::default() };
    let predictor = predictor(&network(3)).with_limits(limits);
    let rows: Vec<Row> = bad.iter().flat_map(|(row, _)| [Row::Bytes(&good), Row::Bytes(row)]).collect();
    let (scores, status) = predict(&predictor, &rows);
    for (i, (_, expected)) in bad.iter().enumerate() {
        assert_eq!(status[2 * i..2 * i + 2], [Status::Ok, *expected], "bad row {i}");
        assert_eq!(scores[8 * i..8 * i + 4], scores[..4], "the row before bad row {i}");
        assert!(scores[8 * i + 4..8 * i + 8].iter().all(|score| score.is_nan()), "bad row {i}");
    }
}

#[test]
fn a_bad_row_in_a_batch_of_32_leaves_the_others_as_they_are_without_it() {
    let files: Vec<Vec<u8>> =
        (14..46).map(|side| encode_png(&pixels([side, 60 - side], 3), &Limits::default()).unwrap()).collect();
    assert_eq!(files.len(), 32);
    let predictor = resizing();
    for at in 0..32 {
        let cut = &files[at][..files[at].len() - 1 - at];
        let mut rows: Vec<Row> = files.iter().map(|file| Row::Bytes(file)).collect();
        rows[at] = [Row::Bytes(cut), Row::Null, Row::Floats(&[f32::NAN; VALUES])][at % 3];
        let (mut with, mut status) = predict(&predictor, &rows);
        assert!(with.drain(4 * at..4 * at + 4).all(|score| score.is_nan()));
        assert_ne!(status.remove(at), Status::Ok);
        assert_eq!(status, [Status::Ok; 31]);
        rows.remove(at);
        let (without, _) = predict(&predictor, &rows);
        let bits = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&with), bits(&without), "row {at}");
    }
}

#[test]
fn raw_pixels_that_begin_as_an_image_does_are_raw_pixels() {
    for signature in [&b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"BM", b"GIF89a"] {
        let mut raw = planes(&pixels(SIZE, 3));
        raw[..signature.len()].copy_from_slice(signature);
        let floats: Vec<f32> = raw.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let (scores, status) = predict(&predictor(&network(3)), &[Row::Bytes(&raw), Row::Floats(&floats)]);
        assert_eq!(status, [Status::Ok; 2], "{signature:?}");
        assert_eq!(scores[..4], scores[4..], "{signature:?}");
    }
}

#[test]
fn an_image_of_just_the_length_of_raw_pixels_is_an_image() {
    // A PNG may be followed by anything: here by what makes it as long as raw pixels.
    let image = pixels([1, 1], 3);
    let mut encoded = encode_png(&image, &Limits::default()).unwrap();
    assert!(encoded.len() < VALUES);
    encoded.resize(VALUES, 0);
    let (_, status) = predict(&predictor(&network(3)), &[Row::Bytes(&encoded)]);
    assert_eq!(status, [Status::ImageSize]);
}

#[test]
fn a_preparation_that_does_not_fit_the_network_is_refused() {
    let image = Some(Preparation::short_side_and_crop(256, 224, Filter::Bilinear));
    let preprocessing = Preprocessing { image, ..Preprocessing::default() };
    for (network, message) in [
        (network(3), "image: it gives 224 rows and 224 columns, the network's input has 12 and 10"),
        (network(2), "image: images have 1 or 3 channels, the network's input has 2"),
        (Network::input(&[4]).dense(2).build(), "image: the network's input is no image"),
    ] {
        let graph = Graph::new(&network).unwrap();
        let weights = formula::weights(graph.layout());
        let error = Model::new(graph, preprocessing.clone(), vec![], weights).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn rows_are_packed_with_a_status_each() {
    let image = pixels(SIZE, 3);
    let (encoded, raw) = (encode_png(&image, &Limits::default()).unwrap(), planes(&image));
    let graph = Graph::new(&network(3)).unwrap();
    let reader = ImageReader::new(&Preprocessing::default(), graph.input(), Limits::default());
    let rows = [Some(&encoded[..]), None, Some(&encoded[1..]), Some(&raw)];
    let (mut packed, mut status) = (vec![77; 4 * VALUES], [Status::Panic; 4]);
    reader.read_all(&rows, &mut packed, &mut status).unwrap();
    assert_eq!(status, [Status::Ok, Status::Null, Status::Size, Status::Ok]);
    assert_eq!(packed, [&raw[..], &[0; 2 * VALUES], &raw].concat());
    let error = reader.read_all(&rows, &mut packed[1..], &mut status).unwrap_err();
    assert!(matches!(error, Error::Setting { name: "pixels", .. }), "{error}");
}

#[test]
fn a_panic_in_the_work_of_a_row_is_its_status() {
    let panics = |_: &[u8]| -> Result<Result<(), Status>, Error> { panic!("on purpose") };
    assert_eq!(by_row(Some(b""), panics), Ok(Err(Status::Panic)));
    assert_eq!(by_row(None, panics), Ok(Err(Status::Null)));
}
