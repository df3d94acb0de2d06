//! Ten seconds of damaged weights files: no panic, and no memory that a file of this size could not justify. By itself
//! in its process, so that the process's memory is the test's.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::{Duration, Instant};

use firesteel_core::network::Network;
use firesteel_core::random::{Key, Purpose};
use firesteel_core::{Architecture, Preprocessing, import};
use rand::{Rng, RngExt};
use serde_json::Value;

const TIME: Duration = Duration::from_secs(10);

/// Files are of a few kilobytes.
const MAX_MEMORY: usize = 128 << 20;

fn files() -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity/expected/checkpoints.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let bytes = |case: &Value| {
        let (pairs, _) = case["file"].as_str().unwrap().as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.iter().map(byte).collect()
    };
    cases.iter().map(bytes).collect()
}

/// Changes some bytes, cuts a piece out, or puts one in twice.
fn damage(file: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..random.random_range(1..6) {
        if file.len() < 16 {
            break;
        }
        let at = random.random_range(0..file.len() - 8);
        let length = random.random_range(1..8);
        match random.random_range(0..6) {
            0 => file[at] = random.random(),
            1 => file[at] ^= 1 << random.random_range(0..8),
            2 => file[at..at + length].fill(0xff),
            3 => drop(file.drain(at..at + length)),
            4 => {
                let to = (at + random.random_range(1..200)).min(file.len());
                let piece = file[at..to].to_vec();
                file.splice(at..at, piece);
            }
            _ => {
                let from = random.random_range(0..file.len() - 8);
                let piece = file[from..from + length].to_vec();
                file[at..at + length].copy_from_slice(&piece);
            }
        }
    }
    file
}

/// The most memory that the process ever had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

#[test]
fn damaged_files_neither_panic_nor_take_memory() {
    let network = Network::from_json(
        r#"{"input": [2, 4, 4], "output": "d", "nodes": [
            {"name": "c", "op": "conv2d", "inputs": ["input"], "filters": 3, "kernel": [2, 2]},
            {"name": "n", "op": "batch_norm", "inputs": ["c"]},
            {"name": "f", "op": "flatten", "inputs": ["n"]},
            {"name": "d", "op": "dense", "inputs": ["f"], "units": 2}]}"#,
    )
    .unwrap();
    let architecture = Architecture::Own(network, Preprocessing::default());
    let files = files();
    let mut random = Key::new(7, Purpose::Rows).generator();
    let (start, mut tried, mut refused) = (Instant::now(), 0_u64, 0_u64);
    while start.elapsed() < TIME {
        for file in &files {
            let file = damage(file, &mut random);
            refused += u64::from(import(&architecture, &file, vec![]).is_err());
            tried += 1;
        }
    }
    assert!(
        refused > tried / 4 && refused < tried,
        "{refused} of {tried}: damage must matter, but not always"
    );
    assert!(peak() <= MAX_MEMORY, "{} MiB", peak() >> 20);
    println!("{tried} files, {refused} refused, {} MiB at most", peak() >> 20);
}
