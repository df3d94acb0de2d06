//! Runs a model on rows: the scores of each row, or the output of a layer, and a status that says what came of
//! it.

mod layer;
mod memory;
mod run;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::network::Source;
use crate::{Error, Model};
use memory::Memory;
use run::Run;

/// One input, in the layout of the network's input shape.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// No input.
    Null,
    /// A byte per value, to be preprocessed.
    Bytes(&'a [u8]),
    /// The values themselves.
    Floats(&'a [f32]),
}

/// What came of a row. The numbers are part of the boundary's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// The scores are valid and finite.
    Ok = 0,
    /// The input is null.
    Null = 1,
    /// The input has not as many values as the network's input.
    Size = 2,
    /// The input or what the network made of it is not finite.
    NotFinite = 3,
    /// The row's computation panicked: a mistake in this library, which the log describes.
    Panic = 4,
}

/// A model that is ready to run. Immutable: threads may share it.
#[derive(Debug)]
pub struct Predictor {
    model: Model,
    output: Source,
    /// The layers that the output needs, in their order.
    needed: Vec<usize>,
    memory: Memory,
}

impl Predictor {
    /// Prepares a model whose scores are those before softmax.
    pub fn new(model: Model) -> Predictor {
        let output = model.graph().logits();
        Predictor::of(model, output)
    }

    /// Prepares a model whose scores are the output of a layer, in the order (channel, row, column). An error
    /// where no layer has that name.
    pub fn of_layer(model: Model, layer: &str) -> Result<Predictor, Error> {
        let nodes = model.graph().nodes();
        let Some(found) = nodes.iter().position(|node| node.name == layer) else {
            let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
            let problem = format!("'{layer}' is none of {}", names.join(", "));
            return Err(Error::Setting { name: "layer", problem });
        };
        Ok(Predictor::of(model, Source::Node(found)))
    }

    fn of(model: Model, output: Source) -> Predictor {
        let needed = model.graph().needed_by(output);
        let memory = Memory::plan(model.graph(), &needed, output);
        Predictor { model, output, needed, memory }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The number of values per row: one for each class, or those of the layer.
    pub fn width(&self) -> usize {
        self.model.graph().shape(self.output).values()
    }

    /// Writes the scores of each row (before softmax, or the layer's output) and its status. A row whose status
    /// is not [`Status::Ok`] has NaN scores. Each row is computed by itself: its scores depend on nothing else.
    ///
    /// `scores` holds `rows.len() * width` values, `status` `rows.len()`.
    pub fn predict(&self, rows: &[Row], scores: &mut [f32], status: &mut [Status]) -> Result<(), Error> {
        let expected = rows.len() * self.width();
        if scores.len() != expected || status.len() != rows.len() {
            let problem = format!(
                "{} rows need {expected} scores and {} statuses, not {} and {}",
                rows.len(),
                rows.len(),
                scores.len(),
                status.len()
            );
            return Err(Error::Setting { name: "scores", problem });
        }
        let mut run = Run::new(self);
        for ((row, scores), status) in rows.iter().zip(scores.chunks_mut(self.width())).zip(status) {
            // A panic in one row must not take the others along.
            *status = match catch_unwind(AssertUnwindSafe(|| self.predict_row(*row, &mut run, scores))) {
                Ok(result) => result?,
                Err(_) => {
                    run = Run::new(self);
                    Status::Panic
                }
            };
            if *status != Status::Ok {
                scores.fill(f32::NAN);
            }
        }
        Ok(())
    }

    fn predict_row(&self, row: Row, run: &mut Run, scores: &mut [f32]) -> Result<Status, Error> {
        let expected = self.model.graph().input().values();
        let input = match row {
            Row::Null => return Ok(Status::Null),
            Row::Bytes(bytes) if bytes.len() == expected => {
                run.input.clear();
                self.model.table().append(bytes, &mut run.input);
                None
            }
            Row::Floats(floats) if floats.len() == expected => Some(floats),
            Row::Bytes(_) | Row::Floats(_) => return Ok(Status::Size),
        };
        let finite = |values: &[f32]| values.iter().all(|v| v.is_finite());
        // A stride may skip a NaN, a ReLU hides minus infinity: the scores would not tell.
        if !finite(input.unwrap_or(&run.input)) {
            return Ok(Status::NotFinite);
        }
        scores.copy_from_slice(run.output(self, input)?);
        Ok(if finite(scores) { Status::Ok } else { Status::NotFinite })
    }
}
