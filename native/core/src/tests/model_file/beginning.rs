//! The header alone, read from the beginning of a file.

use super::{data, file, header, header_with, metadata, small};
use crate::{Error, Metadata, read_header, read_model, write_model};
use serde_json::{Value, json};

/// The beginning of a file that ends with its header, and the number of bytes that follow in it.
fn without_data(header: &Value) -> (Vec<u8>, u64) {
    (file(&header.to_string(), &[]), data().len() as u64)
}

/// What is wrong with a file of that header and so many bytes of weights, without reading these.
fn problems(header: &Value, data_bytes: u64) -> Vec<String> {
    let (start, _) = without_data(header);
    match read_header(&start, start.len() as u64 + data_bytes) {
        Err(Error::ModelFile(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_header_alone_says_what_the_whole_file_says() {
    let file = write_model(&small()).unwrap();
    let bytes = file.len() as u64;
    let end = file.len() - data().len();
    for given in [end, end + 1, file.len()] {
        assert_eq!(read_header(&file[..given], bytes), Ok(Metadata::of(&small())), "{given}");
    }
    // Left out in the file, spelt out in the result, as after reading all of it.
    let (start, data_bytes) = without_data(&header());
    let read = read_header(&start, start.len() as u64 + data_bytes).unwrap();
    assert_eq!(read, Metadata::of(&read_model(&[start, data()].concat()).unwrap()));
}

#[test]
fn a_beginning_that_ends_before_the_header_is_refused_with_the_bytes_it_takes() {
    let file = write_model(&small()).unwrap();
    let end = file.len() - data().len();
    for given in 0..end {
        let error = read_header(&file[..given], file.len() as u64).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{given}: {error}");
        let needed = if given <= 8 { 9 } else { end };
        let message = format!(
            "the model file's beginning: its header takes the first {needed} bytes, {given} are given"
        );
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn more_bytes_than_the_file_has_are_refused() {
    let file = write_model(&small()).unwrap();
    let short = file.len() as u64 - 1;
    let message = format!("the model file's beginning: {} bytes are given of a file of {short}", file.len());
    assert_eq!(read_header(&file, short).unwrap_err().to_string(), message);
}

#[test]
fn a_file_of_another_length_than_the_tensors_ask_for_is_refused() {
    assert_eq!(problems(&header(), 25), ["its tensors have 24 bytes, 25 follow the header"]);
    assert_eq!(
        problems(&header(), 23),
        ["tensor 'dense1.bias': its bytes 16 to 24 are not inside the file's 23 bytes of data"]
    );
    let long = (1 << 40) + 7;
    assert_eq!(problems(&header(), long), [format!("its tensors have 24 bytes, {long} follow the header")]);
    let (start, _) = without_data(&header());
    assert!(matches!(read_header(&start, u64::MAX), Err(Error::ModelFile(_))));
}

#[test]
fn a_header_that_is_longer_than_the_file_is_refused() {
    let (mut start, _) = without_data(&header());
    let length = start.len() as u64 - 8;
    start[..8].copy_from_slice(&(length + 1).to_le_bytes());
    let message = format!("its header should have {} bytes, the file ends after {length}", length + 1);
    assert_eq!(read_header(&start, length + 8), Err(Error::ModelFile(vec![message])));
}

#[test]
fn another_format_is_named_from_its_beginning() {
    let message = "it is a gzip archive, not a safetensors file: only those are read";
    let error = Error::ModelFile(vec![message.to_owned()]);
    assert_eq!(read_header(b"\x1f\x8b\x08\0\0\0\0\0\0", 1000), Err(error.clone()));
    assert_eq!(read_header(b"\x1f\x8b\x08", 3), Err(error));
    assert_eq!(read_header(b"", 0), Err(Error::ModelFile(vec!["it is empty".to_owned()])));
}

#[test]
fn all_problems_of_a_header_are_those_of_the_file() {
    let mut metadata = metadata();
    metadata["labels"] = json!(["cat"]);
    metadata["preprocessing"]["scale"] = json!(0);
    let mut header = header_with(&metadata);
    header["dense1.weight"]["shape"] = json!([3, 2]);
    header["dense1.bias"]["dtype"] = json!("I32");
    header["extra"] = json!({"dtype": "U8", "shape": [0], "data_offsets": [24, 24]});
    let found = problems(&header, 24);
    assert_eq!(found, super::problems_of(&header));
    assert_eq!(found.len(), 6, "{found:?}");
}

#[test]
fn what_is_wrong_with_labels_or_preprocessing_alone_is_refused_too() {
    for (field, value, message) in [
        ("labels", json!(["cat", "cat"]), "labels: 'cat' is given twice"),
        ("preprocessing", json!({"std": [-1.0]}), "std: must hold finite numbers above 0"),
    ] {
        let mut metadata = metadata();
        metadata[field] = value;
        assert_eq!(problems(&header_with(&metadata), 24), [message]);
    }
}

#[test]
fn the_values_of_the_weights_are_not_looked_at() {
    let text = header().to_string();
    let bad: Vec<u8> = [f32::NAN; 6].iter().flat_map(|w| w.to_le_bytes()).collect();
    let file = file(&text, &bad);
    assert!(read_model(&file).is_err());
    assert_eq!(read_header(&file, file.len() as u64), Ok(Metadata::of(&small())));
}
