//! Files that PyTorch and safetensors saved.

use super::{checkpoints, problems, read, weights};

#[test]
fn every_way_of_saving_gives_the_same_weights() {
    let (expected, mut files) = (weights(), 0);
    for checkpoint in checkpoints().iter().filter(|checkpoint| checkpoint.refused.is_none()) {
        let name = &checkpoint.name;
        let found = read(&checkpoint.bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        // Numbers lie within 0.5 and 1.5: half a unit in the last place of 11 and 8 bits.
        let tolerance = match name.rsplit('_').next() {
            Some("f16") => 2_f32.powi(-11),
            Some("bf16") => 2_f32.powi(-8),
            _ => 0.0,
        };
        assert_eq!(found.weights().len(), expected.len(), "{name}");
        let largest = found.weights().iter().zip(&expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(largest <= tolerance, "{name}: {largest}");
        assert_eq!(largest > 0.0, tolerance > 0.0, "{name}");
        files += 1;
    }
    assert_eq!(files, 20);
}

#[test]
fn files_that_would_have_to_be_executed_are_refused() {
    let mut files = 0;
    for checkpoint in checkpoints() {
        let Some(part) = &checkpoint.refused else { continue };
        let problems = problems(&checkpoint.bytes());
        assert!(problems[0].starts_with(part.as_str()), "{}: {problems:?}", checkpoint.name);
        files += 1;
    }
    assert_eq!(files, 7);
}

#[test]
fn a_file_of_another_format_is_refused() {
    for file in [&b""[..], b"x", b"PK\x03\x04", b"\x80\x02}q\x00.", &[0; 100], b"\x89HDF\r\n\x1a\n"] {
        let problems = problems(file);
        assert_eq!(problems.len(), 1, "{file:?}");
    }
    assert_eq!(
        problems(b"\x80\x02}q\x00."),
        ["it is neither a safetensors file nor a state dictionary that PyTorch saved"]
    );
}

#[test]
fn every_beginning_of_a_file_is_refused() {
    let mut beginnings = 0;
    for name in ["zip", "legacy", "safetensors"] {
        let file = super::checkpoint(name);
        for end in 0..file.len() {
            assert!(read(&file[..end]).is_err(), "{name}: {end}");
            beginnings += 1;
        }
    }
    assert!(beginnings > 2000, "{beginnings}");
}
