//! What is written is read again, bit for bit.

use super::{data, file, header, header_with, metadata, parts, small};
use crate::network::{Conv2d, Graph, Network, Padding};
use crate::random::{Key, Purpose};
use crate::tests::formula;
use crate::{Digest, Metadata, Model, Preprocessing, read_model, write_model};
use serde_json::{Value, json};

fn convolutional() -> Model {
    let depthwise = Conv2d {
        filters: 6,
        kernel: [3, 3],
        stride: [2, 1],
        padding: Padding::SAME,
        dilation: [1, 2],
        groups: 3,
        bias: false,
    };
    let network = Network::input(&[3, 9, 8])
        .conv2d(depthwise)
        .relu()
        .max_pool(2)
        .conv(4, 1)
        .global_avg_pool()
        .flatten()
        .dense(3)
        .softmax()
        .build();
    let graph = Graph::new(&network).unwrap();
    let mut weights = formula::weights(graph.layout());
    // Numbers that an inexact copy would change.
    weights[..5].copy_from_slice(&[-0.0, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::MIN, f32::EPSILON]);
    let preprocessing = Preprocessing {
        scale: 0.1,
        mean: vec![0.1, 0.2, 1.0 / 3.0],
        std: vec![1e-3],
        ..Preprocessing::default()
    };
    let labels = ["", "Käfer \"4\"\n", "\u{1f525}"].map(str::to_owned).to_vec();
    Model::new(graph, preprocessing, labels, weights).unwrap()
}

#[test]
fn a_model_is_read_as_it_was_written() {
    for model in [small(), convolutional()] {
        let again = read_model(&write_model(&model).unwrap()).unwrap();
        assert_eq!(parts(&again), parts(&model));
        assert_eq!(Metadata::of(&again), Metadata::of(&model));
        assert_eq!(Metadata::of(&model).format, 1);
    }
}

#[test]
fn every_number_of_the_preprocessing_is_read_as_it_was_written() {
    let mut random = vec![0; 3000];
    Key::new(1, Purpose::Rows).numbers(&mut random);
    let numbers =
        random.iter().map(|&bits| f64::from_bits(bits as u64)).filter(|n| n.is_finite() && *n > 0.0);
    let mut count = 0;
    for number in numbers.chain([1.0 / 255.0, 0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324]) {
        let graph = Graph::new(&Network::input(&[2]).dense(2).build()).unwrap();
        let weights = formula::weights(graph.layout());
        let preprocessing = Preprocessing {
            scale: number,
            mean: vec![-number],
            std: vec![number],
            ..Preprocessing::default()
        };
        let model = Model::new(graph, preprocessing, vec![], weights).unwrap();
        assert_eq!(parts(&read_model(&write_model(&model).unwrap()).unwrap()), parts(&model));
        count += 1;
    }
    assert!(count > 1000, "{count}");
}

#[test]
fn a_model_without_weights_is_read_as_it_was_written() {
    let graph = Graph::new(&Network::input(&[3]).softmax().build()).unwrap();
    let model = Model::new(graph, Preprocessing::default(), vec![], vec![]).unwrap();
    assert_eq!(parts(&read_model(&write_model(&model).unwrap()).unwrap()), parts(&model));
}

#[test]
fn the_same_model_gives_the_same_bytes_and_digest() {
    let file = write_model(&convolutional()).unwrap();
    for _ in 0..20 {
        assert_eq!(write_model(&convolutional()).unwrap(), file);
    }
    let again = write_model(&read_model(&file).unwrap()).unwrap();
    assert_eq!(again, file);
    assert_eq!(Digest::of(&again), Digest::of(&file));
    assert_ne!(Digest::of(&write_model(&small()).unwrap()), Digest::of(&file));
}

#[test]
fn the_bytes_of_a_model_do_not_change_between_builds() {
    // A change here changes the digests of all saved models: their names in caches, their places in metadata.
    assert_eq!(
        Digest::of(&write_model(&small()).unwrap()).to_string(),
        "d7f4a2ce31a19a16d760fc7ccb57ae8d4e1459e4ff046e9dc476378ba2a900f6"
    );
}

#[test]
fn a_file_is_laid_out_as_the_format_describes() {
    let model = read_model(&file(&header().to_string(), &data())).unwrap();
    assert_eq!(parts(&model), parts(&small()));

    let written = write_model(&small()).unwrap();
    let length = u64::from_le_bytes(*written.first_chunk().unwrap()) as usize;
    let text: Value = serde_json::from_slice(&written[8..8 + length]).unwrap();
    assert_eq!(text["dense1.bias"], json!({"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}));
    assert_eq!(text["dense1.weight"], json!({"dtype": "F32", "shape": [2, 2], "data_offsets": [8, 24]}));
    assert_eq!(text["__metadata__"].as_object().unwrap().keys().collect::<Vec<_>>(), ["firesteel"]);
    assert_eq!(text.as_object().unwrap().len(), 3);
    assert_eq!(written[8 + length..], [&data()[16..], &data()[..16]].concat());
}

#[test]
fn tensors_may_lie_in_any_order() {
    let mut header = header();
    header["dense1.bias"]["data_offsets"] = json!([0, 8]);
    header["dense1.weight"]["data_offsets"] = json!([8, 24]);
    let data = [&data()[16..], &data()[..16]].concat();
    assert_eq!(parts(&read_model(&file(&header.to_string(), &data)).unwrap()), parts(&small()));
}

#[test]
fn a_file_as_the_python_package_writes_it_is_read() {
    // It knows nothing of our entry's place among others, and pads the header with spaces.
    let mut header = header();
    header["__metadata__"]["format"] = json!("pt");
    header["__metadata__"]["author"] = json!("A. Turing");
    let mut text = header.to_string();
    text.push_str(&" ".repeat(8 - text.len() % 8));
    assert_eq!(parts(&read_model(&file(&text, &data())).unwrap()), parts(&small()));
}

#[test]
fn preprocessing_that_is_left_out_has_its_defaults() {
    let mut metadata = metadata();
    metadata["preprocessing"] = json!({"mean": [0.5]});
    let model = read_model(&file(&header_with(&metadata).to_string(), &data())).unwrap();
    assert_eq!(*model.preprocessing(), Preprocessing { mean: vec![0.5], ..Preprocessing::default() });
}
