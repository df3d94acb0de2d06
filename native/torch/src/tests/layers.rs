//! Training of batch normalisation, dropout, and of some layers alone.

use std::collections::BTreeMap;

use firesteel_core::network::{Graph, Network, Role};
use serde::Deserialize;

use super::expected::{self, difference};
use super::{Rows, bits, config, formula, state_of, trainer, weights_of};
use crate::{Batch, Config, Inputs, Randomness, Trainer};

#[derive(Deserialize)]
struct File {
    network: Network,
    settings: Settings,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Settings {
    steps: usize,
    batch: usize,
    classes: u32,
    lr: f64,
    momentum: f64,
    decay: f64,
}

#[derive(Deserialize)]
struct Case {
    frozen: Vec<String>,
    losses: Vec<f32>,
    weights: BTreeMap<String, Vec<f32>>,
}

#[test]
fn steps_with_and_without_layers_that_stay_are_those_of_pytorch() {
    let file: File = expected::read("training.json");
    let graph = Graph::new(&file.network).unwrap();
    let layout = graph.layout();
    let before = formula::weights(layout);
    let Settings { steps, batch, classes, lr, momentum, decay } = file.settings;
    for case in &file.cases {
        let with_weights = graph.nodes().iter().filter(|node| !node.weights.is_empty());
        let trainable: Vec<String> =
            with_weights.map(|node| node.name.clone()).filter(|name| !case.frozen.contains(name)).collect();
        let trainable_layers = (!case.frozen.is_empty()).then_some(trainable);
        let config = Config { momentum, weight_decay: decay, trainable_layers, ..config(&file.network, lr) };
        let mut trainer = trainer(&config);
        let mut losses = vec![];
        for step in 0..steps {
            let inputs = formula::floats(&format!("batch{step}"), batch * graph.input().values(), 1.0);
            let labels = formula::integers(&format!("labels{step}"), batch, classes);
            let labels: Vec<i32> = labels.map(|label| label as i32).collect();
            let batch = Batch { inputs: Inputs::Floats(&inputs), labels: &labels };
            losses.push(trainer.step(&batch).unwrap().loss as f32);
        }
        let apart = difference(&losses, &case.losses);
        assert!(apart <= 1e-5, "{:?}: losses differ by {apart:.1e}", case.frozen);
        let weights = weights_of(&trainer);
        let mut learnt = 0;
        for spec in layout.specs() {
            let found = &weights[spec.range.clone()];
            let apart = difference(found, &case.weights[&spec.name]);
            assert!(apart <= 1e-5, "{:?}: {} differs by {apart:.1e}", case.frozen, spec.name);
            let (layer, _) = spec.name.rsplit_once('.').unwrap();
            let frozen = case.frozen.iter().any(|name| name == layer);
            assert_eq!(found == &before[spec.range.clone()], frozen, "{}", spec.name);
            learnt += if frozen || !spec.role.trainable() { 0 } else { spec.range.len() };
        }
        assert_eq!(state_of(&trainer).len(), learnt, "only what gradients change has a velocity");
    }
    assert_eq!(file.cases.len(), 4);
}

fn norm_network() -> Network {
    Network::input(&[1, 6, 6]).conv(3, 3).batch_norm().relu().flatten().dropout(0.5).dense(3).build()
}

fn with_dropout(seed: u64, partition: u32, round: u32) -> Config {
    let random = Some(Randomness { seed, partition });
    Config { momentum: 0.9, random, round, ..config(&norm_network(), 0.05) }
}

/// The weights after three steps.
fn after_steps(config: &Config) -> Vec<u32> {
    let mut trainer = trainer(config);
    for i in 0..3 {
        trainer.step(&Rows::of_step(&norm_network(), i, 5).batch()).unwrap();
    }
    bits(&weights_of(&trainer))
}

#[test]
fn dropout_is_a_function_of_seed_partition_and_round() {
    let first = after_steps(&with_dropout(1, 2, 3));
    assert_eq!(after_steps(&with_dropout(1, 2, 3)), first);
    for other in [with_dropout(9, 2, 3), with_dropout(1, 9, 3), with_dropout(1, 2, 9)] {
        assert_ne!(after_steps(&other), first, "{:?}", other.random);
    }
    let network = Network::input(&[1, 6, 6]).conv(3, 3).batch_norm().relu().flatten().dense(3).build();
    let without = Config { network, ..with_dropout(1, 2, 3) };
    assert_ne!(after_steps(&without), first);
}

#[test]
fn dropout_without_anything_to_draw_from_is_refused() {
    let config = Config { random: None, ..with_dropout(1, 2, 3) };
    let graph = Graph::new(&config.network).unwrap();
    let error = Trainer::new(&config, &formula::weights(graph.layout()), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "random: layer 'dropout1' is a dropout, which needs a seed and a partition"
    );
}

#[test]
fn rounds_that_follow_each_other_are_one_for_batch_normalisation() {
    let network = Network::input(&[1, 6, 6]).conv(3, 3).batch_norm().relu().flatten().dense(3).build();
    let config = Config { momentum: 0.9, ..config(&network, 0.05) };
    let step = |trainer: &mut Trainer, i| {
        trainer.step(&Rows::of_step(&network, i, 5).batch()).unwrap();
    };
    let mut whole = trainer(&config);
    (0..6).for_each(|i| step(&mut whole, i));
    let mut first = trainer(&config);
    (0..3).for_each(|i| step(&mut first, i));
    let mut second = Trainer::new(&config, &weights_of(&first), &state_of(&first)).unwrap();
    (3..6).for_each(|i| step(&mut second, i));
    assert_eq!(bits(&weights_of(&second)), bits(&weights_of(&whole)));
    assert_eq!(bits(&state_of(&second)), bits(&state_of(&whole)));
}

#[test]
fn a_refused_mini_batch_leaves_running_means_and_variances_alone() {
    let network = Network::input(&[1, 6, 6]).conv(3, 3).batch_norm().relu().flatten().dense(3).build();
    let graph = Graph::new(&network).unwrap();
    let mut weights = formula::weights(graph.layout());
    // Scores that overflow: the loss is not finite after the statistics have moved.
    let dense = graph.layout().specs().iter().find(|spec| spec.name == "dense1.weight").unwrap();
    weights[dense.range.clone()].fill(f32::MAX);
    let mut trainer = Trainer::new(&config(&network, 0.05), &weights, &[]).unwrap();
    let error = trainer.step(&Rows::of_step(&network, 0, 5).batch()).unwrap_err().to_string();
    assert!(error.starts_with("round 1, step 1: the loss ("), "{error}");
    assert_eq!(bits(&weights_of(&trainer)), bits(&weights));
}

#[test]
fn one_value_has_no_variance() {
    let network = Network::input(&[2, 1, 1]).batch_norm().flatten().dense(2).build();
    let mut trainer = trainer(&config(&network, 0.05));
    let error = trainer.step(&Rows::of_step(&network, 0, 1).batch()).unwrap_err().to_string();
    assert!(error.starts_with("layer 'bn1' (batch_norm): a mini-batch of one row has one value"), "{error}");
    assert!(trainer.step(&Rows::of_step(&network, 0, 2).batch()).is_ok());
}

#[test]
fn layers_that_are_none_are_refused_together() {
    let layers = |names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let config = Config { trainable_layers: Some(names), ..with_dropout(1, 2, 3) };
        let graph = Graph::new(&config.network).unwrap();
        Trainer::new(&config, &formula::weights(graph.layout()), &[]).map(|trainer| trainer.state_values())
    };
    let graph = Graph::new(&norm_network()).unwrap();
    let of = |layer: &str, role: fn(Role) -> bool| -> usize {
        let specs = graph.layout().specs().iter();
        specs.filter(|s| s.name.starts_with(layer) && role(s.role)).map(|s| s.range.len()).sum()
    };
    assert_eq!(layers(&["dense1"]).unwrap(), of("dense1.", |_| true));
    assert_eq!(layers(&["dense1", "bn1"]).unwrap(), of("dense1.", |_| true) + of("bn1.", Role::trainable));
    assert_eq!(
        layers(&["dense", "relu1", "conv1"]).unwrap_err().to_string(),
        "trainableLayers: 'dense' is no layer with weights, nor the beginning of such a name; \
         'relu1' is no layer with weights, nor the beginning of such a name"
    );
    assert_eq!(
        layers(&[]).unwrap_err().to_string(),
        "trainableLayers: the list is empty: nothing would learn"
    );
}
