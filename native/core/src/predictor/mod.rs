//! Runs a model on rows: the scores of each row, or the output of a layer, and a status that says what came of
//! it.

mod explanation;
mod layer;
mod output;
mod plan;
mod scorer;

use std::panic::{AssertUnwindSafe, catch_unwind};

use firesteel_image::Limits;

use crate::network::Shape;
use crate::{ByteTable, Error, Image, ImageReader, Model, Preprocessing, Status};
use output::Output;
use plan::{Input, Plan};
pub use plan::{Kernels, StepProfile};
use scorer::Run;
pub use scorer::Scorer;

/// One input, in the layout of the network's input shape.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// No input.
    Null,
    /// An encoded image, or a byte per value: see [`ImageReader`]. To be preprocessed.
    Bytes(&'a [u8]),
    /// The values themselves.
    Floats(&'a [f32]),
}

/// A model that is ready to run, its weights in the order in which this processor reads them. Immutable: threads may
/// share it.
#[derive(Debug)]
pub struct Predictor {
    input: Shape,
    preprocessing: Preprocessing,
    table: ByteTable,
    outputs: Vec<Output>,
    plan: Plan,
    images: ImageReader,
}

impl Predictor {
    /// Prepares a model whose scores are those before softmax.
    pub fn new(model: Model) -> Result<Predictor, Error> {
        Predictor::with(Kernels::default(), model, None)
    }

    /// Prepares a model whose scores are the outputs of layers: see [`Predictor::with`].
    pub fn of_layers(model: Model, layers: &[&str]) -> Result<Predictor, Error> {
        Predictor::with(Kernels::default(), model, Some(layers))
    }

    /// Prepares a model to be computed by some kernels. Its scores are those before softmax or, where `layers` are
    /// named, their outputs, one behind the other, each in the order (channel, row, column). `mean(layer)` is the mean of
    /// each channel of a layer's map. An error where there are none, or no layer has that name.
    pub fn with(kernels: Kernels, model: Model, layers: Option<&[&str]>) -> Result<Predictor, Error> {
        let setting = |problem| Error::Setting { name: "layer", problem };
        let outputs = match layers {
            None => vec![Output::logits(model.graph())],
            Some([]) => return Err(setting("names none".to_owned())),
            Some(names) => {
                let named = names.iter().map(|name| Output::named(model.graph(), name));
                named.collect::<Result<_, _>>().map_err(setting)?
            }
        };
        let plan = Plan::new(kernels, &model, &outputs)?;
        let (input, preprocessing) = (model.graph().input().clone(), model.preprocessing().clone());
        let images = ImageReader::new(&preprocessing, &input, Limits::default());
        let table = model.table().clone();
        Ok(Predictor { input, preprocessing, table, outputs, plan, images })
    }

    /// The same predictor, with other limits for encoded images.
    pub fn with_limits(mut self, limits: Limits) -> Predictor {
        self.images = ImageReader::new(&self.preprocessing, &self.input, limits);
        self
    }

    /// The shape of one input.
    pub fn input(&self) -> &Shape {
        &self.input
    }

    /// The number of values per row: one for each class, or those of the layers.
    pub fn width(&self) -> usize {
        self.outputs.iter().map(|output| output.values).sum()
    }

    /// How many images it pays to compute at a time.
    pub fn at_once(&self) -> usize {
        self.plan.at_once()
    }

    /// The bytes of the weights, in the order in which this processor reads them.
    pub fn weight_bytes(&self) -> usize {
        self.plan.weight_bytes()
    }

    /// The bytes that computing so many images at a time takes on each thread, beside what decoding an image takes
    /// meanwhile. An error where it would not pay.
    pub fn arena_bytes(&self, images: usize) -> Result<usize, Error> {
        match self.at_once() {
            most if images == 0 || images > most => {
                Err(Error::Setting { name: "images", problem: format!("{images} at a time, of 1 to {most}") })
            }
            _ => Ok(self.plan.bytes(images)),
        }
    }

    /// Writes the scores of each row (before softmax, or the layers' outputs) and its status. A row whose status
    /// is not [`Status::Ok`] has NaN scores. Each row's scores depend on nothing but the row.
    ///
    /// `scores` holds `rows.len() * width` values, `status` `rows.len()`. What it takes is freed before it returns: a
    /// [`Scorer`] keeps it for the next call.
    pub fn predict(&self, rows: &[Row], scores: &mut [f32], status: &mut [Status]) -> Result<(), Error> {
        self.check_lengths(rows, scores, status)?;
        self.score(rows, &mut self.run(rows.len().clamp(1, self.at_once()))?, scores, status)
    }

    /// The steps in which an image is computed, each with the shortest of the times that it takes, of some times, for one
    /// image of `at_once`.
    pub fn profile(&self, at_once: usize, times: usize) -> Result<Vec<StepProfile>, Error> {
        let input = vec![0.5; self.input.values()];
        self.plan.profile(&input, at_once, times)
    }

    fn check_lengths(&self, rows: &[Row], scores: &[f32], status: &[Status]) -> Result<(), Error> {
        let expected = rows.len() * self.width();
        if scores.len() == expected && status.len() == rows.len() {
            return Ok(());
        }
        let problem = format!(
            "{} rows need {expected} scores and {} statuses, not {} and {}",
            rows.len(),
            rows.len(),
            scores.len(),
            status.len()
        );
        Err(Error::Setting { name: "scores", problem })
    }

    fn run(&self, images: usize) -> Result<Run, Error> {
        self.arena_bytes(images)?;
        Ok(Run {
            images,
            arena: self.plan.arena(images)?,
            #[cfg(test)]
            panics: vec![],
            #[cfg(test)]
            barrier: None,
        })
    }

    /// Scores rows on this thread.
    fn score(
        &self,
        rows: &[Row],
        run: &mut Run,
        scores: &mut [f32],
        status: &mut [Status],
    ) -> Result<(), Error> {
        scores.fill(f32::NAN);
        // The rows that are computed at a time.
        let mut begun = vec![];
        for (i, row) in rows.iter().enumerate() {
            status[i] = caught(|| self.begin(*row, begun.len(), run))?;
            if status[i] == Status::Ok {
                begun.push(i);
            }
            if begun.len() == run.images || i + 1 == rows.len() {
                self.finish(rows, &begun, run, scores, status)?;
                begun.clear();
            }
        }
        Ok(())
    }

    /// Computes what can be computed of a row alone.
    fn begin(&self, row: Row, at: usize, run: &mut Run) -> Result<Status, Error> {
        let input = match row {
            Row::Null => return Ok(Status::Null),
            Row::Bytes(bytes) => match self.images.read(bytes)? {
                Ok(image) if !self.is_finite(&image) => return Ok(Status::NotFinite),
                Ok(image) => Input::Bytes { image, table: &self.table },
                Err(status) => return Ok(status),
            },
            Row::Floats(floats) if floats.len() != self.input.values() => return Ok(Status::Size),
            // A stride may skip a NaN, a ReLU hides minus infinity: the scores would not tell.
            Row::Floats(floats) if !finite(floats) => return Ok(Status::NotFinite),
            Row::Floats(floats) => Input::Floats(floats),
        };
        self.plan.begin(input, at, &mut run.arena)?;
        Ok(Status::Ok)
    }

    /// Whether an image's bytes stand for finite numbers.
    fn is_finite(&self, image: &Image) -> bool {
        match image {
            Image::Raw(bytes) => self.table.is_finite(bytes),
            Image::Prepared(_) if self.table.is_all_finite() => true,
            Image::Prepared(image) => {
                let mut bytes = vec![0; self.input.values()];
                image.write(&mut bytes);
                self.table.is_finite(&bytes)
            }
        }
    }

    /// Computes the rest of some of the rows, which have been begun in this order.
    fn finish(
        &self,
        rows: &[Row],
        begun: &[usize],
        run: &mut Run,
        scores: &mut [f32],
        status: &mut [Status],
    ) -> Result<(), Error> {
        let all = caught(|| {
            #[cfg(test)]
            run.interfere();
            self.plan.finish(begun.len(), &mut run.arena).map(|()| Status::Ok)
        })?;
        if all == Status::Panic && begun.len() > 1 {
            // One of them is at fault, for which the others must not suffer: each once more, alone.
            return begun.iter().try_for_each(|&row| {
                status[row] = caught(|| self.begin(rows[row], 0, run))?;
                if status[row] == Status::Ok {
                    self.finish(rows, &[row], run, scores, status)
                } else {
                    Ok(())
                }
            });
        }
        for (at, &row) in begun.iter().enumerate() {
            let own = &mut scores[row * self.width()..][..self.width()];
            status[row] = all;
            if all == Status::Ok {
                self.plan.read(&self.outputs, at, &mut run.arena, own);
                if !finite(own) {
                    status[row] = Status::NotFinite;
                    own.fill(f32::NAN);
                }
            }
        }
        Ok(())
    }
}

/// What came of some work: a panic is a status. What it leaves in the memory of a run is overwritten before it is read.
fn caught(work: impl FnOnce() -> Result<Status, Error>) -> Result<Status, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Ok(Status::Panic))
}

/// Without leaving at the first one that is not, so that several are looked at together.
fn finite(values: &[f32]) -> bool {
    values.iter().fold(true, |all, value| all & value.is_finite())
}
