//! A round of training, step by step.

use firesteel_core::network::{Graph, Op, WeightSpec};
use tch::{Device, Kind, Reduction, Tensor};

use crate::bytes::ByteRows;
use crate::forward::{self, Mode};
use crate::masks::Masks;
use crate::selection::Selection;
use crate::sgd::Sgd;
use crate::{Config, Error, Randomness, threads};

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

/// What a mini-batch would change.
pub(crate) struct Gradients {
    pub(crate) result: StepResult,
    /// The gradient of each weight that gradients change, in their order.
    pub(crate) of_trained: Vec<Tensor>,
    /// The running means and variances after the mini-batch, by their index in the graph's layout.
    pub(crate) moved: Vec<(usize, Tensor)>,
}

/// A round of one worker: takes weights and optimizer state in, and gives them back after some steps.
/// Every step runs on the thread that calls it.
#[derive(Debug)]
pub struct Trainer {
    graph: Graph,
    bytes: ByteRows,
    device: Device,
    round: u32,
    random: Option<Randomness>,
    steps: u64,
    /// The number of rows that it has learnt from.
    rows: u64,
    selection: Selection,
    /// All weights, in the order of the graph's layout.
    parameters: Vec<Tensor>,
    optimizer: Sgd,
}

impl Trainer {
    /// Begins a round. `weights` are in the order of the network's layout; `state` is empty at the first round
    /// and otherwise what [`state`](Self::state) gave at the end of the last one, with the same layers trainable.
    pub fn new(config: &Config, weights: &[f32], state: &[f32]) -> Result<Trainer, Error> {
        config.check()?;
        threads::single();
        let graph = Graph::new(&config.network)?;
        let bytes = ByteRows::new(config, graph.input())?;
        graph.check_weights(weights)?;
        if weights.is_empty() {
            let problem = "it has no weights: there is nothing to train".to_owned();
            return Err(firesteel_core::Error::Network(problem).into());
        }
        let device = config.device.resolve()?;
        let selection = Selection::new(&graph, config.trainable_layers.as_deref())?;
        if let (None, Some(node)) =
            (config.random, graph.nodes().iter().find(|n| matches!(n.op, Op::Dropout(_))))
        {
            let what = format!("layer '{}' is a dropout, which", node.name);
            return Err(Error::NoRandomness { what });
        }
        let specs = graph.layout().specs();
        let trained = || selection.trained.iter().map(|&i| &specs[i]);
        let state_values = trained().map(|spec| spec.range.len()).sum();
        let velocities = match state {
            _ if !Sgd::has_state(config) => {
                check_length("the optimizer state", "values", state.len(), 0)?;
                vec![]
            }
            [] => tensors(trained(), &vec![0.0; state_values], device)?,
            state => {
                check_length("the optimizer state", "values", state.len(), state_values)?;
                tensors(trained(), state, device)?
            }
        };
        let mut parameters = tensors(specs.iter(), weights, device)?;
        for &i in &selection.trained {
            parameters[i] = parameters[i].f_set_requires_grad(true)?;
        }
        let optimizer = Sgd::new(config, velocities, device)?;
        let (round, random) = (config.round, config.random);
        let (steps, rows) = (0, 0);
        Ok(Trainer { graph, bytes, device, round, random, steps, rows, selection, parameters, optimizer })
    }

    /// Learns from a mini-batch. Where the loss is not finite, nothing is updated.
    pub fn step(&mut self, batch: &Batch) -> Result<StepResult, Error> {
        threads::single();
        self.steps += 1;
        let Gradients { result, mut of_trained, moved } = self.gradients(batch)?;
        let mut trained: Vec<Tensor> = self.trained().map(Tensor::shallow_clone).collect();
        self.optimizer.step(&mut trained, &mut of_trained)?;
        for (i, tensor) in moved {
            self.parameters[i] = tensor;
        }
        self.rows += batch.labels.len() as u64;
        Ok(result)
    }

    /// The number of weights.
    pub fn values(&self) -> usize {
        self.graph.layout().values()
    }

    /// The number of values of optimizer state: one for each value that gradients change, none without momentum.
    pub fn state_values(&self) -> usize {
        self.optimizer.velocities().iter().map(Tensor::numel).sum()
    }

    /// Writes the weights, in the order of the network's layout. An error where they are not finite.
    pub fn weights(&self, out: &mut [f32]) -> Result<(), Error> {
        check_length("the array for the weights", "values", out.len(), self.values())?;
        copy(&self.parameters, out)?;
        if out.iter().all(|w| w.is_finite()) { Ok(()) } else { Err(self.diverged("a weight".to_owned())) }
    }

    /// Writes the optimizer state: the velocities in the order of the weights that gradients change.
    pub fn state(&self, out: &mut [f32]) -> Result<(), Error> {
        check_length("the array for the optimizer state", "values", out.len(), self.state_values())?;
        copy(self.optimizer.velocities(), out)
    }

    /// Loss and gradients of a mini-batch. Changes no weights.
    pub(crate) fn gradients(&mut self, batch: &Batch) -> Result<Gradients, Error> {
        let (input, labels) = self.tensors_of(batch)?;
        // Copies of what the forward pass changes in place: a loss that is not finite must leave no traces.
        let mut parameters: Vec<Tensor> = self.parameters.iter().map(Tensor::shallow_clone).collect();
        let mut moved = vec![];
        for (i, spec) in self.graph.layout().specs().iter().enumerate() {
            if !spec.role.trainable() {
                parameters[i] = self.parameters[i].f_empty_like()?;
                parameters[i].f_copy_(&self.parameters[i])?;
                moved.push(i);
            }
        }
        // A round of one worker has fewer steps than 2^32.
        let masks = |r: Randomness| Masks::new(r.seed, self.round, r.partition, self.steps as u32);
        let masks = self.random.map(masks);
        let mode = Mode { frozen: &self.selection.frozen, masks: masks.as_ref() };
        let logits = forward::logits(&self.graph, &parameters, &input, mode)?;
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
        let trained: Vec<&Tensor> = self.trained().collect();
        let of_trained = Tensor::f_run_backward(&[&loss], &trained, false, false)?;
        let moved = moved.into_iter().map(|i| (i, parameters[i].shallow_clone())).collect();
        Ok(Gradients { result, of_trained, moved })
    }

    /// The weights that gradients change.
    fn trained(&self) -> impl Iterator<Item = &Tensor> {
        self.selection.trained.iter().map(|&i| &self.parameters[i])
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
                check_length(BATCH, "bytes of input", bytes.len(), rows * self.bytes.row_bytes())?;
                self.bytes.numbers(bytes, self.rows)?
            }
            Inputs::Floats(_) if self.bytes.are_augmented() => return Err(Error::AugmentedNumbers),
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

/// A tensor for each of some weights; `values` are theirs, one after the other.
fn tensors<'a>(
    specs: impl Iterator<Item = &'a WeightSpec>,
    mut values: &[f32],
    device: Device,
) -> Result<Vec<Tensor>, Error> {
    specs
        .map(|spec| {
            let shape: Vec<i64> = spec.shape.iter().map(|&d| d as i64).collect();
            let (own, rest) = values.split_at(spec.range.len());
            values = rest;
            Ok(channels_last(Tensor::f_from_slice(own)?.f_view(shape.as_slice())?)?.f_to(device)?)
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
