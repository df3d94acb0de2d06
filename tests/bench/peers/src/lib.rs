//! Answers a benchmark that asks several programs in turn: lines `FILE BATCH SECONDS`, each with the images per second
//! of the best of the batches of that time.

use std::io::{BufRead, stdin};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The rows and columns of an image.
pub const SIDE: usize = 224;

/// Runs a batch.
pub type Run = Box<dyn FnMut() -> Result<()>>;

/// Answers lines until there are none. `prepare` makes a file's network ready for batches of a size, once for all lines
/// in succession that name it.
pub fn serve(prepare: impl Fn(&str, usize) -> Result<Run>) -> Result<()> {
    let mut prepared: Option<(String, usize, Run)> = None;
    for line in stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let mut word = || words.next().context("a line is FILE BATCH SECONDS");
        let (file, batch, seconds) = (word()?, word()?.parse()?, word()?.parse()?);
        let mut run = match prepared.take() {
            Some((own, size, run)) if (own.as_str(), size) == (file, batch) => run,
            _ => {
                let mut run = prepare(file, batch)?;
                run()?;
                run()?; // TorchScript optimises after the first.
                run
            }
        };
        println!("{}", batch as f64 / shortest(&mut run, Duration::from_secs_f64(seconds))?.as_secs_f64());
        prepared = Some((file.to_owned(), batch, run));
    }
    Ok(())
}

fn shortest(run: &mut Run, time: Duration) -> Result<Duration> {
    let (start, mut shortest) = (Instant::now(), Duration::MAX);
    while start.elapsed() < time {
        let before = Instant::now();
        run()?;
        shortest = shortest.min(before.elapsed());
    }
    Ok(shortest)
}
