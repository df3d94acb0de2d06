//! Tests of training, most of them against PyTorch.

mod augmentation;
mod gradients;
mod layers;
mod learning;
mod lenet;
mod mistakes;
mod operations;
mod optimizer;
mod rounds;

#[path = "../../../../tests/parity/expected.rs"]
mod expected;
#[path = "../../../../tests/parity/formula.rs"]
mod formula;
#[path = "../../../../tests/parity/networks.rs"]
mod networks;

use firesteel_core::Preprocessing;
use firesteel_core::network::{Graph, Network};
use tch::{Kind, Tensor};

use crate::forward::Mode;
use crate::trainer::channels_last;
use crate::{Batch, Config, DeviceChoice, Inputs, Trainer, forward};

/// A configuration without momentum and weight decay, on the CPU.
fn config(network: &Network, learning_rate: f64) -> Config {
    Config {
        network: network.clone(),
        preprocessing: Preprocessing::default(),
        augmentations: vec![],
        learning_rate,
        momentum: 0.0,
        weight_decay: 0.0,
        device: DeviceChoice::Cpu,
        round: 0,
        trainable_layers: None,
        random: None,
    }
}

/// A trainer that begins with the formula's weights.
fn trainer(config: &Config) -> Trainer {
    let graph = Graph::new(&config.network).unwrap();
    Trainer::new(config, &formula::weights(graph.layout()), &[]).unwrap()
}

/// Inputs and labels of a mini-batch by the formula.
struct Rows {
    bytes: Vec<u8>,
    labels: Vec<i32>,
}

impl Rows {
    /// The formula's tensors `<inputs>` and `<labels>` for a network.
    fn new(network: &Network, [inputs, labels]: [&str; 2], rows: usize) -> Rows {
        let graph = Graph::new(network).unwrap();
        let bytes = formula::integers(inputs, rows * graph.input().values(), 256).map(|v| v as u8);
        let labels = formula::integers(labels, rows, graph.classes() as u32).map(|v| v as i32);
        Rows { bytes: bytes.collect(), labels: labels.collect() }
    }

    /// Step `i` of a run.
    fn of_step(network: &Network, i: usize, rows: usize) -> Rows {
        Rows::new(network, [&format!("batch{i}"), &format!("labels{i}")], rows)
    }

    fn batch(&self) -> Batch<'_> {
        Batch { inputs: Inputs::Bytes(&self.bytes), labels: &self.labels }
    }
}

fn weights_of(trainer: &Trainer) -> Vec<f32> {
    let mut out = vec![f32::NAN; trainer.values()];
    trainer.weights(&mut out).unwrap();
    out
}

fn state_of(trainer: &Trainer) -> Vec<f32> {
    let mut out = vec![f32::NAN; trainer.state_values()];
    trainer.state(&mut out).unwrap();
    out
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// A tensor's values, whatever its kind.
pub(crate) fn values(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.detach().to_kind(Kind::Float).contiguous();
    let mut out = vec![0.0; flat.numel()];
    flat.copy_data(&mut out, flat.numel());
    out
}

/// Weights as tensors of the network's shapes.
fn tensors(graph: &Graph, weights: &[f32], kind: Kind) -> Vec<Tensor> {
    let specs = graph.layout().specs().iter();
    specs
        .map(|spec| {
            let shape: Vec<i64> = spec.shape.iter().map(|&d| d as i64).collect();
            Tensor::from_slice(&weights[spec.range.clone()]).to_kind(kind).view(shape.as_slice())
        })
        .collect()
}

/// Inputs as a tensor `[rows, ...]`.
fn input_tensor(graph: &Graph, inputs: &[f32], kind: Kind) -> Tensor {
    let shape = std::iter::once(-1).chain(graph.input().dimensions().iter().map(|&d| d as i64));
    Tensor::from_slice(inputs).to_kind(kind).view(shape.collect::<Vec<_>>().as_slice())
}

/// The scores as in prediction.
fn predict(graph: &Graph, parameters: &[Tensor], input: &Tensor) -> Tensor {
    let frozen = vec![true; graph.nodes().len()];
    forward::logits(graph, parameters, input, Mode { frozen: &frozen, masks: None }).unwrap()
}

/// The scores with the formula's weights, in the order of memory in which the trainer computes.
fn logits(graph: &Graph, inputs: &[f32]) -> Tensor {
    let parameters = tensors(graph, &formula::weights(graph.layout()), Kind::Float);
    let parameters: Vec<Tensor> = parameters.into_iter().map(|p| channels_last(p).unwrap()).collect();
    let input = channels_last(input_tensor(graph, inputs, Kind::Float)).unwrap();
    predict(graph, &parameters, &input)
}
