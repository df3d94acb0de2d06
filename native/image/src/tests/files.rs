//! Real files: the same bytes as Pillow's, and the same files refused. Needs the folder that FIRESTEEL_DATA names.

use std::collections::{BTreeMap, HashMap};
use std::process::Command;

use serde::Deserialize;

use super::data::data;
use super::expected::{digest, hexadecimal, read};
use crate::{DecodeOptions, Error, Filter, Format, Limits, Pixels, Preparation, decode};

/// What Pillow makes of a file.
#[derive(Deserialize)]
pub(super) struct Expected {
    pub(super) ok: bool,
    #[serde(default)]
    size: [usize; 2],
    #[serde(default)]
    rgb: String,
    #[serde(default)]
    grey: String,
    /// The pixels as a PNG in hexadecimal, where they were asked for.
    #[serde(default)]
    png: String,
    #[serde(flatten)]
    filters: HashMap<String, serde_json::Value>,
}

/// Files whose pixels differ from Pillow's, by how much at most, and why.
const OTHER_PIXELS: [(&str, u8, &str); 2] = [
    ("odd/bmp__rgb16-565.bmp", 1, "5 and 6 bits become 8 by another rounding"),
    ("odd/webp-animated__anim.webp", 177, "of an animation's first frame, transparent pixels are blended"),
];

/// Files that Pillow takes and we refuse, and why.
const REFUSED: [(&str, &str); 2] = [
    (
        "odd/bmp-bad__badrle.bmp",
        "its run lengths are damaged: Pillow gives rows that are shifted and coloured at random",
    ),
    (
        "odd/jpeg-odd-header__hopper_bad_exif.jpg",
        "a quarter of its data is damaged: libjpeg warns only, and Pillow gives stripes of grey",
    ),
];

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/images.py");

pub(super) fn decoded(bytes: &[u8], channels: usize) -> Result<Pixels, Error> {
    let options = DecodeOptions { formats: Format::ALL.to_vec(), channels, ..DecodeOptions::default() };
    decode(bytes, &options, &Limits::DEFAULT)
}

/// The planes of a cropped image as pixels side by side.
fn interleaved(planes: &[u8]) -> Vec<u8> {
    let plane = planes.len() / 3;
    (0..plane).flat_map(|i| [planes[i], planes[plane + i], planes[2 * plane + i]]).collect()
}

/// What differs from Pillow, if anything.
pub(super) fn difference(bytes: &[u8], expected: &Expected) -> Option<String> {
    let pixels = decoded(bytes, 3).unwrap();
    if [pixels.height, pixels.width] != expected.size {
        return Some(format!("has the size {} x {}", pixels.height, pixels.width));
    }
    if digest(&pixels.data) != expected.rgb {
        return Some("decodes to other colours".to_owned());
    }
    if digest(&decoded(bytes, 1).unwrap().data) != expected.grey {
        return Some("decodes to other greys".to_owned());
    }
    for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
        let preparation = Preparation {
            formats: Format::ALL.to_vec(),
            ..Preparation::short_side_and_crop(256, 224, filter)
        };
        let mut planes = vec![0; 3 * 224 * 224];
        preparation.prepare(bytes, [3, 224, 224], &Limits::DEFAULT).unwrap().write(&mut planes);
        let name = format!("{filter:?}").to_lowercase();
        if expected.filters[&name] != digest(&interleaved(&planes)) {
            return Some(format!("is resized to other bytes by {name}"));
        }
    }
    None
}

/// How far a file's colours are from Pillow's at most.
pub(super) fn largest_difference(bytes: &[u8], expected: &Expected) -> u8 {
    let theirs = decoded(&hexadecimal(&expected.png), 3).unwrap().data;
    assert_eq!(digest(&theirs), expected.rgb);
    let ours = decoded(bytes, 3).unwrap().data;
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn real_files_give_the_same_bytes_as_by_pillow() {
    let folder = data().expect("FIRESTEEL_DATA");
    let files: BTreeMap<String, Expected> = read("image_files.json");
    let (mut compared, mut found) = (0, vec![]);
    for (name, expected) in files.iter().filter(|(_, expected)| expected.ok) {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        if decoded(&bytes, 3).is_ok() {
            compared += 1;
            found.extend(difference(&bytes, expected).map(|difference| (name.as_str(), difference)));
        }
    }
    assert_eq!(compared, 333, "80 photos, 190 of ants and bees, and those odd ones that both decode");
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, OTHER_PIXELS.map(|(name, ..)| name), "{found:#?}");
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn real_files_with_other_pixels_differ_from_pillow_by_no_more_than_is_known() {
    let folder = data().unwrap();
    assert!(has("PIL"), "python3 has no Pillow 13: `make test` has it");
    for (name, largest, _) in OTHER_PIXELS {
        let path = folder.join(name);
        let made = python(&[SCRIPT, "--pixels", path.to_str().unwrap()]).stdout;
        let expected = serde_json::from_slice(&made).unwrap();
        assert_eq!(largest_difference(&std::fs::read(path).unwrap(), &expected), largest, "{name}");
    }
}

fn python(words: &[&str]) -> std::process::Output {
    Command::new("python3").args(words).output().unwrap()
}

/// Whether python3 has these modules, of Pillow the version that we agree with.
pub(super) fn has(modules: &str) -> bool {
    let script = format!("import {modules}; assert PIL.__version__.split('.')[0] == '13'");
    Command::new("python3").args(["-c", &script]).output().is_ok_and(|output| output.status.success())
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn real_files_are_refused_where_pillow_refuses_them() {
    let folder = data().expect("FIRESTEEL_DATA");
    let files: BTreeMap<String, Expected> = read("image_files.json");
    assert_eq!(files.len(), 351);
    let mut found = vec![];
    for (name, expected) in &files {
        let verdict = decoded(&std::fs::read(folder.join(name)).unwrap(), 3);
        if verdict.is_ok() != expected.ok {
            found.push((name.as_str(), verdict.err().map(|error| error.to_string())));
        }
    }
    // Of the 81 odd ones, so that at most 2 may have another verdict.
    assert!(found.iter().all(|(name, error)| name.starts_with("odd/") && error.is_some()), "{found:#?}");
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, REFUSED.map(|(name, _)| name), "{found:#?}");
}

/// The fields of a line of comma-separated values, some of them within quotation marks.
fn fields(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .collect()
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn odd_files_have_the_verdict_that_their_own_list_says() {
    let folder = data().expect("FIRESTEEL_DATA").join("odd");
    let list = std::fs::read_to_string(folder.join("manifest.csv")).unwrap();
    let names = fields(list.lines().next().unwrap());
    let column = |name| names.iter().position(|other| *other == name).unwrap();
    let (file, pillow) = (column("file"), column("pillow"));
    let rows: Vec<Vec<&str>> = list.lines().skip(1).map(fields).collect();
    assert!(rows.iter().all(|row| row.len() == names.len()));
    let others = rows.iter().filter(|row| {
        let bytes = std::fs::read(folder.join(row[file])).unwrap();
        decoded(&bytes, 3).is_ok() != (row[pillow] == "ok")
    });
    let mut others: Vec<String> = others.map(|row| format!("odd/{}", row[file])).collect();
    others.sort();
    assert_eq!(rows.len(), 81);
    assert_eq!(others, REFUSED.map(|(name, _)| name));
}

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn real_files_that_are_cut_off_are_refused_and_none_that_is_whole() {
    let folder = data().expect("FIRESTEEL_DATA");
    let files: BTreeMap<String, Expected> = read("image_files.json");
    let mut cut_off = 0;
    for name in files.keys().filter(|name| !name.starts_with("odd/")) {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        assert!(decoded(&bytes, 3).is_ok(), "{name}");
        // What follows the end of the image, if anything, may be missing.
        let end = bytes.windows(2).rposition(|window| window == [0xff, 0xd9]).unwrap() + 1;
        for part in 0..10 {
            let error = decoded(&bytes[..end * (part + 1) / 10], 3).map(|pixels| pixels.data.len());
            assert!(matches!(error, Err(Error::Damaged { .. } | Error::Unknown)), "{name}: {error:?}");
            cut_off += 1;
        }
    }
    assert_eq!(cut_off, 2700);
}
