//! `firesteel-fuzz TARGET [SECONDS [SEED [FIRST]]]`: damages files for so long (default 60) and feeds them to the target.
//!
//! Findings are written to tests/data/regress/TARGET, where the tests read them from.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use firesteel_fuzz::{Bounds, TARGETS, run};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let name = words.first().map_or("", String::as_str);
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        return Err(format!("the first argument is one of {}", names.join(", ")).into());
    };
    let number = |i: usize, default: u64| words.get(i).map_or(Ok(default), |word| word.parse());
    let (seconds, seed, first) = (number(1, 60)?, number(2, 1)?, number(3, 0)?);
    let seeds = target.seeds();
    let report = run(target, &seeds, seed, first, Duration::from_secs(seconds), Bounds::DEFAULT);
    println!(
        "{name}: {} files from {} seeds, {} accepted, the longest took {:?}, {} MiB at most, {} findings",
        report.executions,
        seeds.len(),
        report.accepted,
        report.longest,
        report.memory.map_or("unknown".to_owned(), |bytes| (bytes >> 20).to_string()),
        report.findings.len()
    );
    for path in report.keep(target, seed)? {
        println!("{}", path.display());
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
