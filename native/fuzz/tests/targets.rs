//! Every target for a few seconds: 10, or as many as FIRESTEEL_FUZZ_SECONDS says. And what was found before.

use std::time::Duration;

use firesteel_fuzz::{TARGETS, Target, run};

#[test]
fn damaged_files_are_read_without_panics_and_within_time_and_memory() {
    let seconds = std::env::var("FIRESTEEL_FUZZ_SECONDS").map_or(10, |text| text.parse().unwrap());
    for target in &TARGETS {
        let seeds = (target.seeds)();
        assert!(seeds.iter().filter(|seed| (target.read)(seed)).count() >= 15, "{}", target.name);
        let report = run(target, &seeds, 1, 0, Duration::from_secs(seconds));
        let (name, executions, accepted) = (target.name, report.executions, report.accepted);
        let numbers: Vec<u64> = report.findings.iter().map(|(number, _)| *number).collect();
        assert!(report.is_good(), "{name}: files {numbers:?}, {:?} bytes", report.memory);
        assert!(executions > 200, "{name}: {executions} files alone");
        assert!(accepted > 0 && accepted < executions, "{name}: {accepted} of {executions} are accepted");
    }
}

#[test]
fn a_panic_is_a_finding() {
    let target = Target {
        name: "panics",
        seeds: || vec![],
        read: |file| {
            assert!(file.len() % 2 == 0, "on purpose");
            true
        },
    };
    let seeds = [b"abcd".to_vec()];
    let report = run(&target, &seeds, 1, 0, Duration::from_millis(200));
    assert!(!report.is_good() && report.accepted > 0);
    assert!(report.findings.iter().all(|(_, file)| file.len() % 2 == 1));
    // The same number gives the same file again.
    let (number, file) = &report.findings[0];
    let again = run(&target, &seeds, 1, *number, Duration::from_millis(1));
    assert_eq!(again.findings[0].1, *file);
}

#[test]
fn what_was_found_before_is_read() {
    for target in &TARGETS {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/regress");
        let Ok(entries) = std::fs::read_dir(format!("{folder}/{}", target.name)) else { continue };
        for entry in entries {
            (target.read)(&std::fs::read(entry.unwrap().path()).unwrap());
        }
    }
}
