//! What the SQL operator's benchmark compares with: the same rows, scored without the JVM.
//!
//! `rows <model file> <bytes a row> <rows>` prints the nanoseconds a row of prediction alone, in batches of 32. A row is
//! its number in eight digits, again and again.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firesteel_core::{Predictor, Row, Scorer, Status, read_model};

const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, bytes, rows] = arguments.as_slice() else {
        return Err("usage: rows <model file> <bytes a row> <rows>".into());
    };
    let (bytes, rows): (usize, usize) = (bytes.parse()?, rows.parse()?);
    let predictor = Arc::new(Predictor::new(read_model(&std::fs::read(file)?)?)?);
    let mut scorer = Scorer::new(Arc::clone(&predictor), predictor.at_once(), 1)?;
    let mut time = Duration::ZERO;
    for start in (0..rows).step_by(BATCH) {
        let batch = BATCH.min(rows - start);
        let contents: Vec<String> =
            (start..start + batch).map(|i| format!("{i:08}").repeat(bytes / 8)).collect();
        let rows: Vec<Row> = contents.iter().map(|content| Row::Bytes(content.as_bytes())).collect();
        let mut scores = vec![0.0; batch * predictor.width()];
        let mut status = vec![Status::Null; batch];
        let started = Instant::now();
        scorer.predict(&rows, &mut scores, &mut status)?;
        time += started.elapsed();
        if let Some(bad) = status.iter().find(|status| **status != Status::Ok) {
            return Err(format!("a row could not be scored: {bad:?}").into());
        }
    }
    println!("{}", time.as_secs_f64() * 1e9 / rows as f64);
    Ok(())
}
