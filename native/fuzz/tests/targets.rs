//! Every target for a few seconds: 10, or as many as FIRESTEEL_FUZZ_SECONDS says. And what was found before.
//!
//! FIRESTEEL_FUZZ_SEED chooses other files. What is found is written to tests/data/regress.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use firesteel_fuzz::{Bounds, TARGETS, run};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect(variable))
}

/// Damaged files are read without panics and within time and memory.
fn fuzz(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let (seconds, seed) = (number("FIRESTEEL_FUZZ_SECONDS", 10), number("FIRESTEEL_FUZZ_SEED", 1));
    let seeds = target.seeds();
    let whole = seeds.iter().filter(|seed| (target.read)(seed)).count();
    assert!(whole >= 15, "{name}: {whole} seeds of {} are accepted", seeds.len());
    let report = run(target, &seeds, seed, 0, Duration::from_secs(seconds), Bounds::DEFAULT);
    let (executions, accepted) = (report.executions, report.accepted);
    println!("{name}: {executions} files of seed {seed}, {accepted} accepted, {:?} bytes", report.memory);
    let found = report.keep(target, seed).unwrap();
    assert!(report.is_good(), "{name}: {found:?}, {:?} bytes", report.memory);
    assert!(executions > 200, "{name}: {executions} files alone");
    assert!(accepted > 0 && accepted < executions, "{name}: {accepted} of {executions} are accepted");
}

// Each by itself, so that they run side by side.

#[test]
fn decoding() {
    fuzz("decode");
}

#[test]
fn model_files() {
    fuzz("model");
}

#[test]
fn from_a_row_to_scores() {
    fuzz("predict");
}

#[test]
fn weights_of_other_programs() {
    fuzz("weights");
}

#[test]
fn every_target_has_its_test() {
    assert_eq!(TARGETS.map(|target| target.name), ["decode", "model", "predict", "weights"]);
}

#[test]
fn what_was_found_before_is_read() {
    let mut count = 0;
    for target in &TARGETS {
        for file in target.findings() {
            (target.read)(&file);
            count += 1;
        }
    }
    assert!(count > 0);
}
