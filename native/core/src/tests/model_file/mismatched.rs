//! Intact files that hold another model than they say.

use super::{data, file, header, header_with, metadata, problems, problems_of};
use crate::network::{Graph, Network};
use crate::{Error, Model, Preprocessing};
use serde_json::json;

const NO_METADATA: &str =
    "its header has no metadata 'firesteel': the file holds weights alone, or was written by another program";

#[test]
fn a_file_without_our_metadata_is_refused() {
    let mut header = header();
    header["__metadata__"] = json!({"format": "pt"});
    assert_eq!(problems_of(&header), [NO_METADATA]);
    header.as_object_mut().unwrap().remove("__metadata__");
    assert_eq!(problems_of(&header), [NO_METADATA]);
    assert_eq!(problems(&file("{}", &[])), [NO_METADATA]);
}

#[test]
fn damaged_metadata_is_refused() {
    for (text, problem) in [
        ("", "EOF while parsing"),
        ("7", "invalid type: integer `7`"),
        ("{}", "missing field `format`"),
        (r#"{"format": 1}"#, "missing field `network`"),
        (r#"{"format": 1, "author": "me"}"#, "unknown field `author`"),
        (r#"{"format": "1"}"#, "invalid type: string \"1\""),
    ] {
        let mut header = header();
        header["__metadata__"]["firesteel"] = json!(text);
        let found = problems_of(&header);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("the metadata 'firesteel' in its header: "), "{found:?}");
        assert!(found[0].contains(problem), "{found:?}");
    }
    for (field, value, problem) in [
        (
            "network",
            json!({"input": [2], "nodes": [{"name": "a", "op": "b", "inputs": []}], "output": "a"}),
            "layer 'a': unknown variant `b`",
        ),
        ("preprocessing", json!({"scale": "1"}), "invalid type: string \"1\""),
        ("preprocessing", json!({"sigma": [1]}), "unknown field `sigma`"),
        ("labels", json!("cat"), "invalid type: string \"cat\""),
    ] {
        let mut metadata = metadata();
        metadata[field] = value;
        let found = problems_of(&header_with(&metadata));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(problem), "{found:?}");
    }
}

#[test]
fn a_file_of_a_later_format_is_refused_with_what_to_do() {
    let mut later = metadata();
    later["format"] = json!(2);
    let message = "its format is 2, this version reads 1: use a newer Firesteel";
    assert_eq!(problems_of(&header_with(&later)), [message]);
    // A later format may well hold what this version does not know.
    later["augmentation"] = json!({"flip": true});
    later["network"] = json!("compressed");
    assert_eq!(problems_of(&header_with(&later)), [message]);
}

#[test]
fn a_network_whose_shapes_do_not_fit_is_refused() {
    let mut metadata = metadata();
    metadata["network"]["input"] = json!([2, 3, 3]);
    assert_eq!(
        problems_of(&header_with(&metadata)),
        ["layer 'dense1' (dense): needs a vector, its input is 2x3x3: put a flatten before it"]
    );
}

#[test]
fn every_weight_that_differs_from_the_network_is_listed() {
    let mut header = header();
    header["dense1.weight"]["shape"] = json!([4]);
    assert_eq!(problems_of(&header), ["tensor 'dense1.weight' has shape [4], expected [2, 2]"]);

    header["dense1.weight"] = json!({"dtype": "F64", "shape": [2], "data_offsets": [0, 16]});
    assert_eq!(problems_of(&header), ["tensor 'dense1.weight' has dtype F64, expected F32"]);
    for dtype in ["F16", "BF16", "I32"] {
        let size = if dtype == "I32" { 4 } else { 2 };
        header["dense1.weight"] = json!({"dtype": dtype, "shape": [16 / size], "data_offsets": [0, 16]});
        assert_eq!(problems_of(&header), [format!("tensor 'dense1.weight' has dtype {dtype}, expected F32")]);
    }

    let weight = header.as_object_mut().unwrap().remove("dense1.weight").unwrap();
    header["dense2.weight"] = weight;
    assert_eq!(
        problems_of(&header),
        [
            "tensor 'dense1.weight' of shape [2, 2] is missing",
            "tensor 'dense2.weight' belongs to no layer of the network",
        ]
    );
}

#[test]
fn weights_that_are_not_finite_are_refused_by_name() {
    for (value, index) in [(f32::NAN, 0), (f32::INFINITY, 3), (f32::NEG_INFINITY, 2)] {
        let mut data = data();
        data[4 * index..][..4].copy_from_slice(&value.to_le_bytes());
        let message = format!("tensor 'dense1.weight' holds {value} at index {index}");
        assert_eq!(problems(&file(&header().to_string(), &data)), [message]);
    }
    let all: Vec<u8> = [f32::NAN; 6].iter().flat_map(|w| w.to_le_bytes()).collect();
    assert_eq!(
        problems(&file(&header().to_string(), &all)),
        ["tensor 'dense1.weight' holds NaN at index 0", "tensor 'dense1.bias' holds NaN at index 0"]
    );
}

#[test]
fn labels_and_preprocessing_must_fit_the_network() {
    for (field, value, message) in [
        ("labels", json!(["cat"]), "labels: 1 names are given, the network has 2 classes"),
        ("labels", json!(["cat", "cat"]), "labels: 'cat' is given twice"),
        ("preprocessing", json!({"scale": 0.0}), "scale: must be a finite number other than 0"),
        ("preprocessing", json!({"std": [-1.0]}), "std: must hold finite numbers above 0"),
    ] {
        let mut metadata = metadata();
        metadata[field] = value;
        assert_eq!(problems_of(&header_with(&metadata)), [message]);
    }
}

#[test]
fn all_problems_are_listed_at_once() {
    let mut metadata = metadata();
    metadata["labels"] = json!(["cat"]);
    metadata["preprocessing"]["scale"] = json!(0);
    let mut header = header_with(&metadata);
    header["dense1.weight"]["shape"] = json!([3, 2]);
    header["dense1.bias"]["dtype"] = json!("I32");
    header["extra"] = json!({"dtype": "U8", "shape": [1], "data_offsets": [30, 31]});
    header["more"] = json!({"dtype": "U8", "shape": [0], "data_offsets": [24, 24]});
    let expected = [
        "tensor 'dense1.weight': F32 of shape [3, 2] takes 24 bytes, it has 16",
        "tensor 'extra': its bytes 30 to 31 are not inside the file's 24 bytes of data",
        "tensor 'dense1.weight' has shape [3, 2], expected [2, 2]",
        "tensor 'dense1.bias' has dtype I32, expected F32",
        "tensor 'extra' belongs to no layer of the network",
        "tensor 'more' belongs to no layer of the network",
        "scale: must be a finite number other than 0",
        "labels: 1 names are given, the network has 2 classes",
    ];
    assert_eq!(problems_of(&header), expected);
    let message = Error::ModelFile(expected.map(str::to_owned).to_vec()).to_string();
    assert!(
        message.starts_with("not a usable model file: 8 problems\n - tensor 'dense1.weight': F32"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 9);
}

#[test]
fn labels_and_weights_that_are_not_finite_are_listed_at_once() {
    let mut metadata = metadata();
    metadata["labels"] = json!(["cat"]);
    let mut data = data();
    data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(
        problems(&file(&header_with(&metadata).to_string(), &data)),
        [
            "tensor 'dense1.weight' holds NaN at index 0",
            "labels: 1 names are given, the network has 2 classes",
        ]
    );
}

#[test]
fn a_model_is_checked_when_it_is_put_together_too() {
    let graph = || Graph::new(&Network::input(&[2]).dense(2).build()).unwrap();
    let new = |labels: &[&str], weights: Vec<f32>| {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        Model::new(graph(), Preprocessing::default(), labels, weights).map(drop).map_err(|e| e.to_string())
    };
    assert_eq!(new(&[], vec![0.0; 6]), Ok(()));
    assert_eq!(new(&["a", "b"], vec![0.0; 6]), Ok(()));
    let error = |message: &str| Err(message.to_owned());
    assert_eq!(new(&[], vec![0.0; 5]), error("the network has 6 weights, 5 were given"));
    assert_eq!(new(&["a"], vec![0.0; 6]), error("labels: 1 names are given, the network has 2 classes"));
    assert_eq!(new(&["a", "a"], vec![0.0; 6]), error("labels: 'a' is given twice"));
    assert!(new(&[], vec![f32::NAN; 6]).is_err());
}
