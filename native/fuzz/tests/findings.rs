//! What a run finds: panics, slowness, memory, and files that do not end.

use std::hint::black_box;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use firesteel_fuzz::{Bounds, Report, Target, run};

const SLOW: Bounds = Bounds { longest: Duration::from_millis(20), ..Bounds::DEFAULT };

fn target(read: fn(&[u8]) -> bool) -> Target {
    Target { name: "test", whole: || vec![], read }
}

fn run_for(milliseconds: u64, first: u64, bounds: Bounds, read: fn(&[u8]) -> bool) -> Report {
    let seeds = [b"abcd".to_vec()];
    run(&target(read), &seeds, 1, first, Duration::from_millis(milliseconds), bounds)
}

#[test]
fn a_panic_is_a_finding() {
    let read = |file: &[u8]| {
        assert!(file.len().is_multiple_of(2), "on purpose");
        true
    };
    let report = run_for(1000, 0, Bounds::DEFAULT, read);
    assert!(!report.is_good() && report.accepted > 0);
    assert!(report.findings.iter().all(|(_, file)| file.len() % 2 == 1));
    // The same number gives the same file again.
    let (number, file) = &report.findings[0];
    let again = run_for(1, *number, Bounds::DEFAULT, read);
    assert_eq!(again.findings[0].1, *file);
}

#[test]
fn a_finding_is_read_again_however_long_it_is_but_a_long_one_is_not_damaged() {
    let folder = std::env::temp_dir().join(format!("firesteel-findings-{}", std::process::id()));
    // An absolute path takes the place of the folder of findings.
    let name = folder.to_str().unwrap().to_owned().leak();
    let target = Target { name, whole: || vec![], read: |_| true };
    let (short, long) = (vec![1; 100], vec![2; 900_000]);
    let findings = vec![(1, short.clone()), (2, long.clone())];
    let report = Report { findings, ..run_for(1, 0, Bounds::DEFAULT, |_| true) };
    report.keep(&target, 1).unwrap();
    let (found, seeds) = (target.findings(), target.seeds());
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(found == [short.clone(), long], "{} files", found.len());
    assert!(seeds == [short], "{} seeds", seeds.len());
}

#[test]
fn a_file_that_takes_long_is_a_finding() {
    let report = run_for(1, 7, SLOW, |_| {
        sleep(Duration::from_millis(25));
        true
    });
    assert_eq!(report.findings.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [7]);
    assert!(report.longest > SLOW.longest && run_for(1, 7, SLOW, |_| true).is_good());
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_takes_much_memory_is_a_finding_and_the_last_one() {
    let bounds = Bounds { memory: 64 << 20, ..Bounds::DEFAULT };
    assert!(run_for(50, 0, bounds, |_| true).is_good());
    let report = run_for(5000, 0, bounds, |_| black_box(vec![1_u8; 100 << 20]).len() > 1);
    assert_eq!((report.executions, report.findings.len()), (1, 1));
    assert!(report.memory > Some(bounds.memory));
}

#[test]
fn a_file_that_does_not_end_ends_the_process() {
    const CHILD: &str = "FIRESTEEL_FUZZ_CHILD";
    if std::env::var_os(CHILD).is_some() {
        run_for(1, 3, SLOW, |_| {
            loop {
                sleep(Duration::from_secs(1));
            }
        });
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--nocapture", "a_file_that_does_not_end_ends_the_process"]).env(CHILD, "1");
    let output = child.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("test: file 3 does not end"), "{said}");
}
