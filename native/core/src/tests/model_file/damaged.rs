//! Files of which a part is missing or changed.

use super::{parts, small};
use crate::{Digest, Error, read_model, write_model};

fn header_end(file: &[u8]) -> usize {
    8 + u64::from_le_bytes(*file.first_chunk().unwrap()) as usize
}

#[test]
fn every_beginning_of_a_file_is_refused() {
    let file = write_model(&small()).unwrap();
    let mut beginnings = 0;
    for end in 0..file.len() {
        assert!(matches!(read_model(&file[..end]), Err(Error::ModelFile(_))), "{end} bytes");
        beginnings += 1;
    }
    assert!(beginnings > 300, "{beginnings}");
    assert!(read_model(&file).is_ok());
}

#[test]
fn a_changed_byte_of_the_header_is_an_error_or_changes_labels_or_preprocessing_alone() {
    let (model, file) = (small(), write_model(&small()).unwrap());
    let (mut refused, mut equal, mut other) = (0, 0, 0);
    for at in 0..header_end(&file) {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            assert!(Digest::verify(&changed, &Digest::of(&file).to_string()).is_err());
            match read_model(&changed) {
                Err(Error::ModelFile(problems)) => {
                    assert!(!problems.is_empty());
                    refused += 1;
                }
                Err(other) => panic!("byte {at}, bit {bit}: {other}"),
                Ok(read) => {
                    let (network, preprocessing, labels, weights) = parts(&read);
                    let (network_before, preprocessing_before, labels_before, weights_before) = parts(&model);
                    assert_eq!((network, weights), (network_before, weights_before), "byte {at}, bit {bit}");
                    if (preprocessing, labels) == (preprocessing_before, labels_before) {
                        equal += 1;
                    } else {
                        other += 1;
                    }
                }
            }
        }
    }
    println!("{refused} refused, {equal} equal, {other} with other labels or preprocessing");
    assert!(refused > 2000 && other > 10, "{refused} refused, {equal} equal, {other} other");
}

#[test]
fn a_changed_byte_of_the_data_changes_one_weight_or_is_refused() {
    let (model, file) = (small(), write_model(&small()).unwrap());
    let (mut changes, mut refused) = (0, 0);
    for at in header_end(&file)..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let Ok(read) = read_model(&changed) else {
                refused += 1;
                continue;
            };
            let pairs = read.weights().iter().zip(model.weights());
            assert_eq!(pairs.filter(|(a, b)| a.to_bits() != b.to_bits()).count(), 1);
            changes += 1;
        }
    }
    assert_eq!(changes + refused, 24 * 8);
    assert!(changes > 150, "{changes}");
}
