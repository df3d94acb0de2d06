//! What scores rows: a predictor, and memory for some images at a time on each of some threads.

use std::panic::resume_unwind;
use std::sync::Arc;
#[cfg(test)]
use std::sync::Barrier;
use std::thread::{Builder, scope};

use super::plan::Arena;
use super::{Predictor, Row};
use crate::{Error, Status};

/// Scores rows in memory that is used again from call to call, and freed with the scorer.
#[derive(Debug)]
pub struct Scorer {
    predictor: Arc<Predictor>,
    runs: Vec<Run>,
}

impl Scorer {
    /// A scorer that computes `images` images at a time on each of `workers` threads, which takes
    /// [`Predictor::arena_bytes`] for each of them. An error where there is no such memory, or where it is more images
    /// than [`Predictor::at_once`].
    pub fn new(predictor: Arc<Predictor>, images: usize, workers: usize) -> Result<Scorer, Error> {
        if workers == 0 || workers > MAX_WORKERS {
            let problem = format!("{workers} threads, but there can be 1 to {MAX_WORKERS}");
            return Err(Error::Setting { name: "workers", problem });
        }
        let runs = (0..workers).map(|_| predictor.run(images)).collect::<Result<_, _>>()?;
        Ok(Scorer { predictor, runs })
    }

    /// Fills the memory, to find what is read before it is written.
    #[cfg(test)]
    pub(crate) fn fill(&mut self, value: f32) {
        self.runs.iter_mut().for_each(|run| run.arena.fill(value));
    }

    /// What the memory takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.runs.iter().map(|run| run.arena.bytes()).sum()
    }

    /// Tells which of the next calls of the late steps panic.
    #[cfg(test)]
    pub(crate) fn fail(&mut self, panics: &[bool]) {
        self.runs.iter_mut().for_each(|run| run.panics = panics.to_vec());
    }

    /// Has the threads wait for each other before each call of the late steps.
    #[cfg(test)]
    pub(crate) fn meet(&mut self) {
        let barrier = Arc::new(Barrier::new(self.runs.len()));
        self.runs.iter_mut().for_each(|run| run.barrier = Some(barrier.clone()));
    }

    /// The model.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// What [`Predictor::predict`] does. Each thread computes as many of the rows as any other, the first of them on
    /// the thread of the caller: one worker makes no thread.
    pub fn predict(&mut self, rows: &[Row], scores: &mut [f32], status: &mut [Status]) -> Result<(), Error> {
        self.predictor.check_lengths(rows, scores, status)?;
        let part = rows.len().div_ceil(self.runs.len()).max(1);
        let (predictor, width) = (&*self.predictor, self.predictor.width());
        let mut parts = rows
            .chunks(part)
            .zip(scores.chunks_mut(part * width))
            .zip(status.chunks_mut(part))
            .zip(&mut self.runs)
            .map(|(((rows, scores), status), run)| move || predictor.score(rows, run, scores, status));
        let Some(mut own) = parts.next() else { return Ok(()) };
        scope(|scope| {
            let name = || Builder::new().name("firesteel".to_owned());
            let others: Vec<_> =
                parts.map(|part| name().spawn_scoped(scope, part)).collect::<Result<_, _>>().map_err(
                    |error| Error::Setting { name: "workers", problem: format!("no thread: {error}") },
                )?;
            own()?;
            others.into_iter().try_for_each(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })
    }
}

/// More threads than any machine has processors.
const MAX_WORKERS: usize = 4096;

/// The memory of one thread.
#[derive(Debug)]
pub(super) struct Run {
    /// How many images are computed at a time.
    pub(super) images: usize,
    pub(super) arena: Arena,
    /// Which of the next calls of the late steps panic.
    #[cfg(test)]
    pub(super) panics: Vec<bool>,
    /// Where it waits for other threads.
    #[cfg(test)]
    pub(super) barrier: Option<Arc<Barrier>>,
}

#[cfg(test)]
impl Run {
    /// What a test asked for before the late steps.
    pub(super) fn interfere(&mut self) {
        if let Some(barrier) = &self.barrier {
            barrier.wait();
        }
        assert!(self.panics.is_empty() || !self.panics.remove(0), "a mistake that the test asked for");
    }
}
