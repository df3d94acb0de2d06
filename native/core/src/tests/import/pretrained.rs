//! Real weights. Needs the folder that FIRESTEEL_DATA names.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::tests::data::data;
use crate::tests::{expected, formula};
use crate::{Architecture, Model, Predictor, Row, Status, import, zoo};

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    every: usize,
    scores: Vec<f32>,
    best: usize,
    largest: f64,
}

fn model(data: &std::path::Path, name: &str, file: &str) -> Model {
    let file = std::fs::read(data.join("weights").join(file)).unwrap();
    let labels =
        if name.starts_with("cifar") { (0..10).map(|i| format!("class {i}")).collect() } else { vec![] };
    import(&Architecture::Zoo(zoo::entry(name).unwrap()), &file, labels).unwrap()
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn real_weights_give_the_scores_of_pytorch() {
    let data = data().expect("FIRESTEEL_DATA");
    let cases: Vec<Case> = expected::read("pretrained.json");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let model = model(&data, &case.name, &case.file);
        let pixels = formula::integers("input", model.graph().input().values(), 256).map(|v| v as u8);
        let pixels: Vec<u8> = pixels.collect();
        let predictor = Predictor::new(model).unwrap();
        let (mut scores, mut status) = (vec![f32::NAN; predictor.width()], [Status::Null]);
        let start = std::time::Instant::now();
        predictor.predict(&[Row::Bytes(&pixels)], &mut scores, &mut status).unwrap();
        let time = start.elapsed();
        assert_eq!(status, [Status::Ok]);
        let found = scores.iter().step_by(case.every).zip(&case.scores);
        let apart = found.map(|(f, e)| f64::from((f - e).abs())).fold(0.0, f64::max);
        assert!(apart <= 1e-4 * case.largest, "{}: {apart:.1e} of {}", case.name, case.largest);
        assert_eq!(best(&scores), case.best, "{}", case.name);
        println!("{}: {:.1e} of the largest score apart, {time:?}", case.name, apart / case.largest);
    }
}

fn best(scores: &[f32]) -> usize {
    scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
}

/// The likeliest classes of a photo, and their probabilities.
type Likeliest = [(usize, f64); 3];

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn photos_have_the_labels_and_probabilities_of_pytorch() {
    let data = data().expect("FIRESTEEL_DATA");
    let labels: BTreeMap<String, BTreeMap<String, Likeliest>> = expected::read("labels.json");
    assert_eq!(labels.len(), 270);
    let files: Vec<Vec<u8>> = labels.keys().map(|name| std::fs::read(data.join(name)).unwrap()).collect();
    for (name, file) in
        [("squeezenet1_1", "squeezenet1_1.pth"), ("mobilenet_v1_075", "mobilenet_v1_075.safetensors")]
    {
        let predictor = Predictor::new(model(&data, name, file)).unwrap();
        agree(name, &predictor, &files, labels.values().map(|networks| networks[name]));
    }
}

/// The same first label for at least 99.5 % of the files, and the same probabilities.
fn agree(
    name: &str,
    predictor: &Predictor,
    files: &[Vec<u8>],
    expected: impl ExactSizeIterator<Item = Likeliest> + Clone,
) {
    assert_eq!(files.len(), expected.len());
    let rows: Vec<Row> = files.iter().map(|file| Row::Bytes(file)).collect();
    let (mut scores, mut status) = (vec![f32::NAN; 1000 * rows.len()], vec![Status::Null; rows.len()]);
    predictor.predict(&rows, &mut scores, &mut status).unwrap();
    assert!(status.iter().all(|&s| s == Status::Ok), "{name}");
    let pairs = || expected.clone().zip(scores.chunks(1000));
    let equal = pairs().filter(|(expected, scores)| expected[0].0 == best(scores)).count();
    assert!(equal * 1000 >= rows.len() * 995, "{name}: {equal}");
    let mut apart = 0.0_f64;
    for (expected, scores) in pairs() {
        let exp: Vec<f64> = scores.iter().map(|&score| f64::from(score).exp()).collect();
        let sum: f64 = exp.iter().sum();
        apart = expected.iter().fold(apart, |most, &(label, p)| most.max((exp[label] / sum - p).abs()));
    }
    println!("{name}: {equal} of {}, probabilities {apart:.1e} apart at most", rows.len());
    assert!(apart <= 1e-4, "{name}: {apart}");
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn resnet_20_knows_the_images_of_cifar_10() {
    let data = data().expect("FIRESTEEL_DATA");
    let predictor = Predictor::new(model(&data, "cifar_resnet20", "resnet20-12fca82f.th")).unwrap();
    let images = std::fs::read(data.join("cifar10/test_batch_first1000.bin")).unwrap();
    let (images, rest) = images.as_chunks::<3073>();
    assert!(images.len() == 1000 && rest.is_empty());
    let rows: Vec<Row> = images.iter().map(|image| Row::Bytes(&image[1..])).collect();
    let (mut scores, mut status) = (vec![f32::NAN; 10 * rows.len()], vec![Status::Null; rows.len()]);
    predictor.predict(&rows, &mut scores, &mut status).unwrap();
    assert!(status.iter().all(|&s| s == Status::Ok));
    let correct = images.iter().zip(scores.chunks(10)).filter(|(i, s)| usize::from(i[0]) == best(s)).count();
    println!("{correct} of 1000");
    assert!((914..=916).contains(&correct), "{correct}");
}
