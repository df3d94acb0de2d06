//! Feeds damaged files to whatever reads files from anywhere, and watches for panics, slowness and memory.
//!
//! Runs on stable Rust: files are damaged blindly, but for the checksums of PNG, which are put right again; coverage
//! guides nothing. Each file is a function of (target, seed, number), so a finding can be had again by its number.

mod mutation;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use mutation::mutated;
pub use targets::{TARGETS, Target};

/// So many findings end a run: they are probably one.
const MAX_FINDINGS: usize = 10;

/// What reading a file may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The longest time; after twice as long the process is ended, as the file may never end.
    pub longest: Duration,
    /// The most memory that the process may hold, in bytes.
    pub memory: u64,
}

impl Bounds {
    /// 10 seconds and 512 MiB.
    pub const DEFAULT: Bounds = Bounds { longest: Duration::from_secs(10), memory: 512 << 20 };
}

/// A file that is read faster has not taken much memory: it takes longer to fill it.
const FAST: Duration = Duration::from_millis(5);

/// What became of a run.
#[derive(Debug)]
pub struct Report {
    /// Files that were read.
    pub executions: u64,
    /// Files that were accepted in spite of the damage.
    pub accepted: u64,
    /// The longest time that one took.
    pub longest: Duration,
    /// The most memory that the process held, in bytes; nothing where the system does not say.
    pub memory: Option<u64>,
    /// The number and the content of each file that made the target panic, or that took too long or too much memory.
    pub findings: Vec<(u64, Vec<u8>)>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }

    /// Writes the findings to tests/data/regress, where the tests read them from; tells where.
    pub fn keep(&self, target: &Target, seed: u64) -> std::io::Result<Vec<PathBuf>> {
        let folder = target.folder();
        if !self.is_good() {
            std::fs::create_dir_all(&folder)?;
        }
        let keep = |(number, file): &(u64, Vec<u8>)| {
            let path = folder.join(format!("seed-{seed}-file-{number}"));
            std::fs::write(&path, file).map(|()| path)
        };
        self.findings.iter().map(keep).collect()
    }
}

/// Runs a target for so long on damaged `seeds`, from the file of number `first` on. Ends the process where a file
/// takes so long that it may never end; its number is in the message.
pub fn run(
    target: &Target,
    seeds: &[Vec<u8>],
    seed: u64,
    first: u64,
    time: Duration,
    bounds: Bounds,
) -> Report {
    let started = Instant::now();
    let mut report =
        Report { executions: 0, accepted: 0, longest: Duration::ZERO, memory: None, findings: vec![] };
    let watch = Watch::start(target.name, 2 * bounds.longest);
    while started.elapsed() < time && report.findings.len() < MAX_FINDINGS {
        let number = first + report.executions;
        let file = mutated(seeds, target.name, seed, number);
        watch.number.store(number, SeqCst);
        let before = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(&file)));
        let took = before.elapsed();
        report.executions += 1;
        report.longest = report.longest.max(took);
        match outcome {
            Ok(accepted) => report.accepted += u64::from(accepted),
            Err(_) => report.findings.push((number, file.clone())),
        }
        if outcome.is_ok() && took > bounds.longest {
            report.findings.push((number, file.clone()));
        }
        if took > FAST && peak_memory().is_some_and(|bytes| bytes > bounds.memory) {
            // Later files could not be told from this one: the peak stays.
            report.findings.push((number, file));
            break;
        }
    }
    watch.stop();
    report.memory = peak_memory();
    report
}

/// Ends the process where a file does not end.
struct Watch {
    number: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    fn start(name: &'static str, longest: Duration) -> Watch {
        let (number, done) = (Arc::new(AtomicU64::new(u64::MAX)), Arc::new(AtomicBool::new(false)));
        let (watched, end) = (number.clone(), done.clone());
        let thread = spawn(move || {
            let (mut last, mut since) = (u64::MAX, Instant::now());
            while !end.load(SeqCst) {
                sleep(longest / 100);
                let now = watched.load(SeqCst);
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() > longest {
                    eprintln!("{name}: file {now} does not end");
                    std::process::exit(2);
                }
            }
        });
        Watch { number, done, thread }
    }

    fn stop(self) {
        self.done.store(true, SeqCst);
        // It only sleeps and compares.
        let _ = self.thread.join();
    }
}

/// The most memory that this process ever held, in bytes, as Linux tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}
