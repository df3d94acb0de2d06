//! A round of training, step by step.

use firesteel_core::ByteTable;
use firesteel_core::network::{Graph, Layout};
use tch::{Device, Kind, Reduction, Tensor};

use crate::sgd::Sgd;
use crate::{Config, Error, forward, threads};

/// As messages name it.
const BATCH: &str = "the mini-batch";

/// The inputs of a mini-batch, row after row in the layout of the network's input shape.
#[derive(Debug, Clone, Copy)]
pub enum Inputs<'a> {
    /// A byte per value, to be preprocessed.
    Bytes(&'a [u8]),
    /// The values themselves.
    Floats(&'a [f32]),
}

/// A mini-batch.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The inputs.
    pub inputs: Inputs<'a>,
    /// The class of each row.
    pub labels: &'a [i32],
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepResult {
    /// The mean cross-entropy of the mini-batch, before the update.
    pub loss: f64,
    /// The number of rows whose highest score is their label's, before the update.
    pub correct: usize,
}

/// A round of one worker: takes weights and optimizer state in, and gives them back after some steps.
/// Every step runs on the thread that calls it.
#[derive(Debug)]
pub struct Trainer {
    graph: Graph,
    table: ByteTable,
    device: Device,
    round: u32,
    steps: u64,
    parameters: Vec<Tensor>,
    optimizer: Sgd,
    /// Reused by every step.
    numbers: Vec<f32>,
}

impl Trainer {
    /// Begins a round. `weights` are in the order of the network's layout; `state` is empty at the first round
    /// and otherwise what [`state`](Self::state) gave at the end of the last one.
    pub fn new(config: &Config, weights: &[f32], state: &[f32]) -> Result<Trainer, Error> {
        config.check()?;
        threads::single();
        let graph = Graph::new(&config.network)?;
        let table = config.preprocessing.table(graph.input())?;
        graph.check_weights(weights)?;
        if weights.is_empty() {
            let problem = "it has no weights: there is nothing to train".to_owned();
            return Err(firesteel_core::Error::Network(problem).into());
        }
        let device = config.device.resolve()?;
        let layout = graph.layout();
        let velocities = match state {
            _ if !Sgd::has_state(config) => {
                check_length("the optimizer state", "values", state.len(), 0)?;
                vec![]
            }
            [] => tensors(layout, &vec![0.0; layout.values()], device)?,
            state => {
                check_length("the optimizer state", "values", state.len(), layout.values())?;
                tensors(layout, state, device)?
            }
        };
        let parameters = tensors(layout, weights, device)?
            .into_iter()
            .map(|tensor| tensor.f_set_requires_grad(true))
            .collect::<Result<_, _>>()?;
        let optimizer = Sgd::new(config, velocities, device)?;
        let round = config.round;
        Ok(Trainer { graph, table, device, round, steps: 0, parameters, optimizer, numbers: vec![] })
    }

    /// Learns from a mini-batch. Where the loss is not finite, nothing is updated.
    pub fn step(&mut self, batch: &Batch) -> Result<StepResult, Error> {
        threads::single();
        self.steps += 1;
        let (result, mut gradients) = self.gradients(batch)?;
        self.optimizer.step(&mut self.parameters, &mut gradients)?;
        Ok(result)
    }

    /// The number of weights, which is also the number of values of each output array.
    pub fn values(&self) -> usize {
        self.graph.layout().values()
    }

    /// The number of values of optimizer state: 0 without momentum.
    pub fn state_values(&self) -> usize {
        if self.optimizer.velocities().is_empty() { 0 } else { self.values() }
    }

    /// Writes the weights, in the order of the network's layout. An error where they are not finite.
    pub fn weights(&self, out: &mut [f32]) -> Result<(), Error> {
        check_length("the array for the weights", "values", out.len(), self.values())?;
        copy(&self.parameters, out)?;
        if out.iter().all(|w| w.is_finite()) { Ok(()) } else { Err(self.diverged("a weight".to_owned())) }
    }

    /// Writes the optimizer state: the velocities in the order of the weights.
    pub fn state(&self, out: &mut [f32]) -> Result<(), Error> {
        check_length("the array for the optimizer state", "values", out.len(), self.state_values())?;
        copy(self.optimizer.velocities(), out)
    }

    /// Loss and gradients of a mini-batch.
    pub(crate) fn gradients(&mut self, batch: &Batch) -> Result<(StepResult, Vec<Tensor>), Error> {
        let (input, labels) = self.tensors_of(batch)?;
        let logits = forward::logits(&self.graph, &self.parameters, &input)?;
        let loss = logits.f_cross_entropy_loss(&labels, None::<&Tensor>, Reduction::Mean, -100, 0.0)?;
        // Numbers, not tensors: a tensor of the loss would keep the whole graph alive.
        let result = StepResult {
            loss: loss.f_double_value(&[])?,
            correct: logits
                .f_argmax(-1, false)?
                .f_eq_tensor(&labels)?
                .f_sum(Kind::Int64)?
                .f_int64_value(&[])? as usize,
        };
        if !result.loss.is_finite() {
            return Err(self.diverged(format!("the loss ({})", result.loss)));
        }
        let gradients = Tensor::f_run_backward(&[&loss], &self.parameters, false, false)?;
        Ok((result, gradients))
    }

    /// Checks a mini-batch and makes tensors of it: inputs `[rows, ...]` and labels `[rows]`.
    fn tensors_of(&mut self, batch: &Batch) -> Result<(Tensor, Tensor), Error> {
        let (rows, row_values) = (batch.labels.len(), self.graph.input().values());
        if rows == 0 {
            return Err(Error::Length { whole: BATCH, what: "rows", found: 0, expected: 1 });
        }
        let classes = self.graph.classes();
        for (row, &label) in batch.labels.iter().enumerate() {
            if usize::try_from(label).is_ok_and(|label| label < classes) {
                continue;
            }
            return Err(Error::Label { label, row, classes });
        }
        let numbers = match batch.inputs {
            Inputs::Bytes(bytes) => {
                check_length(BATCH, "bytes of input", bytes.len(), rows * row_values)?;
                self.numbers.clear();
                self.table.append(bytes, &mut self.numbers);
                &self.numbers
            }
            Inputs::Floats(floats) => {
                check_length(BATCH, "numbers of input", floats.len(), rows * row_values)?;
                // A ReLU may hide it from the loss while the gradient becomes NaN.
                if let Some(at) = floats.iter().position(|v| !v.is_finite()) {
                    return Err(
                        self.diverged(format!("the input in row {} of the mini-batch", at / row_values))
                    );
                }
                floats
            }
        };
        let dimensions = std::iter::once(rows).chain(self.graph.input().dimensions().iter().copied());
        let shape: Vec<i64> = dimensions.map(|d| d as i64).collect();
        let input =
            channels_last(Tensor::f_from_slice(numbers)?.f_view(shape.as_slice())?)?.f_to(self.device)?;
        let labels: Vec<i64> = batch.labels.iter().map(|&label| i64::from(label)).collect();
        Ok((input, Tensor::f_from_slice(&labels)?.f_to(self.device)?))
    }

    fn diverged(&self, what: String) -> Error {
        Error::Diverged { round: self.round + 1, step: self.steps, what }
    }
}

fn tensors(layout: &Layout, values: &[f32], device: Device) -> Result<Vec<Tensor>, Error> {
    let specs = layout.specs().iter();
    specs
        .map(|spec| {
            let shape: Vec<i64> = spec.shape.iter().map(|&d| d as i64).collect();
            let tensor = Tensor::f_from_slice(&values[spec.range.clone()])?.f_view(shape.as_slice())?;
            Ok(channels_last(tensor)?.f_to(device)?)
        })
        .collect()
}

/// The same tensor with its channels next to each other in memory (PyTorch's channels_last), which makes libtorch's
/// convolutions choose that order throughout: on CPUs they are faster with it.
pub(crate) fn channels_last(tensor: Tensor) -> Result<Tensor, Error> {
    let size = tensor.size();
    let &[n, c, h, w] = size.as_slice() else { return Ok(tensor) };
    let reordered = tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    // Permuting back would leave the order of one channel in doubt.
    Ok(reordered.f_as_strided([n, c, h, w], [h * w * c, 1, w * c, c], None)?)
}

fn copy(tensors: &[Tensor], mut out: &mut [f32]) -> Result<(), Error> {
    for tensor in tensors {
        let values = tensor.numel();
        let (part, rest) = out.split_at_mut(values);
        tensor.f_detach()?.f_to(Device::Cpu)?.f_contiguous()?.f_copy_data(part, values)?;
        out = rest;
    }
    Ok(())
}

fn check_length(whole: &'static str, what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { whole, what, found, expected }) }
}
