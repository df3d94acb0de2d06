//! SGD with and without momentum and weight decay, as PyTorch computes it.

use std::collections::BTreeMap;

use firesteel_core::network::{Graph, Network};
use serde::Deserialize;

use super::expected::{self, difference};
use super::{config, formula, state_of, trainer, weights_of};
use crate::{Batch, Config, Inputs};

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
}

#[derive(Deserialize)]
struct Case {
    momentum: f64,
    weight_decay: f64,
    losses: Vec<f32>,
    weights: BTreeMap<String, Vec<f32>>,
}

#[test]
fn twenty_steps_are_those_of_pytorch_with_and_without_each_option() {
    let file: File = expected::read("optim.json");
    let layout = Graph::new(&file.network).unwrap().layout().clone();
    let (steps, batch) = (file.settings.steps, file.settings.batch);
    let mut options = vec![];
    for case in &file.cases {
        let (momentum, weight_decay) = (case.momentum, case.weight_decay);
        let mut trainer =
            trainer(&Config { momentum, weight_decay, ..config(&file.network, file.settings.lr) });
        let mut losses = vec![];
        for step in 0..steps {
            let inputs = formula::floats(&format!("batch{step}"), batch * 6, 1.0);
            let labels = formula::integers(&format!("labels{step}"), batch, file.settings.classes);
            let labels: Vec<i32> = labels.map(|label| label as i32).collect();
            let batch = Batch { inputs: Inputs::Floats(&inputs), labels: &labels };
            losses.push(trainer.step(&batch).unwrap().loss as f32);
        }
        let apart = difference(&losses, &case.losses);
        assert!(apart <= 1e-5, "momentum {momentum}, decay {weight_decay}: losses differ by {apart:.1e}");
        let weights = weights_of(&trainer);
        let mut most = 0.0_f64;
        for spec in layout.specs() {
            let apart = difference(&weights[spec.range.clone()], &case.weights[&spec.name]);
            assert!(apart <= 1e-5, "momentum {momentum}, decay {weight_decay}: {} {apart:.1e}", spec.name);
            most = most.max(apart);
        }
        println!(
            "momentum {momentum}, decay {weight_decay}: losses differ by {apart:.1e}, weights by {most:.1e}"
        );
        assert_eq!(state_of(&trainer).len(), if momentum > 0.0 { layout.values() } else { 0 });
        options.push((momentum > 0.0, weight_decay > 0.0));
    }
    options.sort_unstable();
    assert_eq!(options, [(false, false), (false, true), (true, false), (true, true)]);
}
