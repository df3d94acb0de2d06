//! Photos in many forms, as Pillow saves them when the test runs: the same bytes as Pillow's, and parts are refused. Needs a python3 with
//! Pillow and scikit-learn, whose two photos are used beside those of the folder that FIRESTEEL_DATA names.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::data::data;
use super::files::{Expected, decoded, difference, has, largest_difference};

/// Forms whose pixels differ from Pillow's, by how much at most, and why.
const OTHER_PIXELS: [(&str, u8, &str); 1] =
    [("jpeg.tiff", 1, "the decoder of JPEG inside of TIFF is another one")];

/// Forms that Pillow takes and we refuse, and why.
const REFUSED: [(&str, &str); 1] = [("palette.tiff", "palettes in TIFF are not supported")];

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/forms.py");

#[test]
fn every_form_of_a_photo_gives_the_same_bytes_as_by_pillow() {
    let python = |words: &[&str]| Command::new("python3").args(words).status().is_ok_and(|s| s.success());
    if !has("PIL, sklearn") {
        // Where there are real files to compare, a machine that cannot is not as it should be.
        assert!(data().is_none(), "python3 has no Pillow 13 and scikit-learn: `make test` has them");
        eprintln!("skipped: python3 has no Pillow 13 and scikit-learn");
        return;
    }
    let folder = std::env::temp_dir().join(format!("firesteel-forms-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let written = python(&[SCRIPT, folder.to_str().unwrap()]);
    let found = written.then(|| compare(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    let Found { compared, other, refused } = found.expect("the script runs");
    assert!(compared >= if data().is_some() { 210 } else { 100 }, "{compared}");
    assert_eq!(other, BTreeMap::from(OTHER_PIXELS.map(|(form, largest, _)| (form.to_owned(), largest))));
    assert_eq!(refused, BTreeSet::from(REFUSED.map(|(form, _)| form.to_owned())));
}

struct Found {
    compared: usize,
    other: BTreeMap<String, u8>,
    refused: BTreeSet<String>,
}

fn compare(folder: &std::path::Path) -> Found {
    let mut found = Found { compared: 0, other: BTreeMap::new(), refused: BTreeSet::new() };
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let files: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
    for (name, expected) in files {
        assert!(expected.ok, "{name}");
        let form = name.split_once('/').unwrap().1.to_owned();
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        if let Err(error) = decoded(&bytes, 3) {
            eprintln!("{name}: {error}");
            found.refused.insert(form);
            continue;
        }
        for tenths in [1, 5, 9] {
            assert!(decoded(&bytes[..bytes.len() * tenths / 10], 3).is_err(), "{name}: {tenths} tenths");
        }
        found.compared += 1;
        if let Some(difference) = difference(&bytes, &expected) {
            eprintln!("{name}: {difference}");
            let largest = found.other.entry(form).or_default();
            *largest = (*largest).max(largest_difference(&bytes, &expected));
        }
    }
    found
}
