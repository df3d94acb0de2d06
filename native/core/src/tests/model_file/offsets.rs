//! Headers and offsets that lie.

use super::{data, file, header, problems, problems_of};
use serde_json::json;

#[test]
fn a_header_of_more_than_8_mib_is_refused_and_one_of_8_mib_is_read() {
    let limit = 8 << 20;
    let padded = |length: usize| {
        let text = header().to_string();
        let spaces = " ".repeat(length - text.len());
        file(&(text + &spaces), &data())
    };
    assert!(crate::read_model(&padded(limit)).is_ok());
    assert_eq!(problems(&padded(limit + 1)), ["its header has 8388609 bytes, at most 8388608 are read"]);
    let mut huge = padded(1000);
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(problems(&huge), ["its header has 18446744073709551615 bytes, at most 8388608 are read"]);
}

#[test]
fn a_header_longer_than_the_file_is_refused() {
    let mut short = file(&header().to_string(), &[]);
    let length = short.len() - 8;
    short[..8].copy_from_slice(&(length as u64 + 1).to_le_bytes());
    let message = format!("its header should have {} bytes, the file ends after {length}", length + 1);
    assert_eq!(problems(&short), [message]);
}

#[test]
fn more_than_100_000_tensors_are_refused() {
    let entry = |i| format!(r#""{i}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#);
    let entries: Vec<String> = (0..100_001).map(entry).collect();
    let text = format!("{{{}}}", entries.join(","));
    assert_eq!(problems(&file(&text, &[])), ["its header names 100001 tensors, at most 100000 are read"]);
    let text = format!("{{{}}}", entries[1..].join(","));
    let fewer = problems(&file(&text, &[]));
    assert_eq!(fewer.len(), 1, "{fewer:?}");
    assert!(fewer[0].starts_with("its header has no metadata 'firesteel'"), "{fewer:?}");
}

#[test]
fn a_header_that_is_no_json_object_of_tensors_is_refused() {
    for (text, problem) in [
        ("{", "its header is not valid JSON: "),
        ("{}}", "its header is not valid JSON: "),
        ("{\"a\": \u{fffd}}", "its header is not valid JSON: "),
        (r#"{"a": 7}"#, "tensor 'a': invalid type: integer `7`"),
        (r#"{"a": {"dtype": "F32", "shape": [1]}}"#, "tensor 'a': missing field `data_offsets`"),
        (
            r#"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "more": 1}}"#,
            "tensor 'a': unknown field `more`",
        ),
        (r#"{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}"#, "tensor 'a': invalid value"),
        (r#"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}"#, "tensor 'a': "),
        (
            r#"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 1e400]}}"#,
            "tensor 'a': number out of range",
        ),
        (r#"{"__metadata__": 7}"#, "the metadata in its header: invalid type: integer `7`"),
        (r#"{"__metadata__": {"firesteel": 7}}"#, "the metadata in its header: invalid type: integer `7`"),
    ] {
        let found = problems(&file(text, &[0; 4]));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(problem), "{text}: {found:?}");
    }
    let mut not_utf8 = file(r#"{"a": 7}"#, &[]);
    not_utf8[10] = 0xff;
    assert_eq!(problems(&not_utf8).len(), 1);
    let deep = format!("{{\"a\": {}", "[".repeat(1_000_000));
    assert_eq!(problems(&file(&deep, &[])).len(), 1);
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let text = header().to_string();
    let bias = r#""dense1.bias":{"data_offsets":[16,24],"dtype":"F32","shape":[2]}"#;
    assert_eq!(text.matches(bias).count(), 1, "{text}");
    let twice = text.replace(bias, &format!("{bias},{bias}"));
    assert_eq!(problems(&file(&twice, &data())), ["its header names 'dense1.bias' twice"]);

    let metadata = r#""__metadata__":{"#;
    assert_eq!(text.matches(metadata).count(), 1, "{text}");
    let twice = text.replace(metadata, &format!(r#""__metadata__":{{}},{metadata}"#));
    assert_eq!(problems(&file(&twice, &data())), ["its header names '__metadata__' twice"]);
    let twice = text.replace(metadata, &format!(r#"{metadata}"firesteel":"","#));
    assert_eq!(problems(&file(&twice, &data())), ["the metadata in its header names 'firesteel' twice"]);
}

#[test]
fn offsets_that_do_not_tile_the_data_are_refused() {
    for (weight, bias, expected) in [
        // Overlapping, by a part and wholly.
        (
            [0, 16],
            [12, 20],
            vec![
                "tensor 'dense1.bias' overlaps the one before it by 4 bytes",
                "its tensors have 20 bytes, 24 follow the header",
            ],
        ),
        (
            [0, 16],
            [0, 8],
            vec![
                "tensor 'dense1.weight' overlaps the one before it by 8 bytes",
                "its tensors have 16 bytes, 24 follow the header",
            ],
        ),
        // A hole before and one after.
        (
            [8, 24],
            [8, 16],
            vec![
                "no tensor covers the bytes 0 to 8, before tensor 'dense1.bias'",
                "tensor 'dense1.weight' overlaps the one before it by 8 bytes",
            ],
        ),
        // Not inside the file.
        (
            [0, 16],
            [20, 28],
            vec!["tensor 'dense1.bias': its bytes 20 to 28 are not inside the file's 24 bytes of data"],
        ),
        (
            [0, 16],
            [24, 16],
            vec!["tensor 'dense1.bias': its bytes 24 to 16 are not inside the file's 24 bytes of data"],
        ),
        (
            [0, usize::MAX],
            [usize::MAX - 7, usize::MAX],
            vec![
                "tensor 'dense1.bias': its bytes 18446744073709551608 to 18446744073709551615 are not inside the file's 24 bytes of data",
                "tensor 'dense1.weight': its bytes 0 to 18446744073709551615 are not inside the file's 24 bytes of data",
            ],
        ),
        // Of another size than the shape.
        ([0, 16], [16, 20], vec!["tensor 'dense1.bias': F32 of shape [2] takes 8 bytes, it has 4"]),
        ([0, 0], [16, 24], vec!["tensor 'dense1.weight': F32 of shape [2, 2] takes 16 bytes, it has 0"]),
    ] {
        let mut header = header();
        header["dense1.weight"]["data_offsets"] = json!(weight);
        header["dense1.bias"]["data_offsets"] = json!(bias);
        assert_eq!(problems_of(&header), expected, "{weight:?} {bias:?}");
    }
}

#[test]
fn data_that_belongs_to_no_tensor_is_refused() {
    let longer = [&data()[..], &[0]].concat();
    assert_eq!(
        problems(&file(&header().to_string(), &longer)),
        ["its tensors have 24 bytes, 25 follow the header"]
    );
}

#[test]
fn a_shape_whose_size_overflows_is_refused() {
    let mut header = header();
    header["dense1.bias"]["shape"] = json!([1_u64 << 62, 1_u64 << 62]);
    assert_eq!(
        problems_of(&header),
        [
            "tensor 'dense1.bias': F32 of shape [4611686018427387904, 4611686018427387904] is too large",
            "tensor 'dense1.bias' has shape [4611686018427387904, 4611686018427387904], expected [2]",
        ]
    );
    // 2^62 values of 4 bytes: the product alone does not overflow.
    header["dense1.bias"]["shape"] = json!([1_u64 << 62]);
    assert_eq!(
        problems_of(&header)[0],
        "tensor 'dense1.bias': F32 of shape [4611686018427387904] is too large"
    );
}

#[test]
fn an_unknown_dtype_is_refused() {
    let mut header = header();
    header["dense1.bias"]["dtype"] = json!("F7");
    assert_eq!(
        problems_of(&header),
        [
            "tensor 'dense1.bias': its dtype F7 is not known",
            "tensor 'dense1.bias' has dtype F7, expected F32",
        ]
    );
}
