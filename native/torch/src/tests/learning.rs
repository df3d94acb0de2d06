//! Whether it learns.

use firesteel_core::network::Network;

use super::{Rows, config, trainer};
use crate::{Batch, Config, Inputs, Trainer};

/// A small LeNet for 12 x 12 pixels.
fn network() -> Network {
    Network::input(&[1, 12, 12])
        .conv(6, 3)
        .relu()
        .max_pool(2)
        .conv(12, 3)
        .relu()
        .flatten()
        .dense(32)
        .relu()
        .dense(10)
        .build()
}

#[test]
fn one_image_is_learnt() {
    let rows = Rows::new(&network(), ["image", "label"], 1);
    let mut trainer = trainer(&config(&network(), 0.05));
    let losses: Vec<f64> = (0..100).map(|_| trainer.step(&rows.batch()).unwrap().loss).collect();
    assert!(losses[0] > 1.0, "{}", losses[0]);
    let learnt = losses.iter().position(|&loss| loss < 1e-3);
    assert!(learnt.is_some(), "the loss is still {}", losses[99]);
    println!("after {learnt:?} steps");
}

#[test]
fn thirty_two_images_are_learnt_by_heart() {
    let rows = Rows::new(&network(), ["images", "labels"], 32);
    let mut trainer = trainer(&Config { momentum: 0.9, ..config(&network(), 0.05) });
    let correct: Vec<usize> = (0..300).map(|_| trainer.step(&rows.batch()).unwrap().correct).collect();
    assert!(correct[0] < 16, "{}", correct[0]);
    let learnt = correct.iter().position(|&correct| correct == 32);
    assert!(learnt.is_some(), "{correct:?}");
    assert!(correct[290..].iter().all(|&correct| correct == 32), "{correct:?}");
    println!("after {learnt:?} steps");
}

#[test]
fn loss_and_correct_rows_are_counted_before_the_update() {
    // The scores are the inputs themselves.
    let network = Network::input(&[3]).dense(3).build();
    let mut weights = vec![0.0; 12];
    for i in [0, 4, 8] {
        weights[i] = 1.0;
    }
    let mut trainer = Trainer::new(&config(&network, 0.5), &weights, &[]).unwrap();
    let inputs = [0.0, 0.0, 5.0, 5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 5.0];
    let batch = Batch { inputs: Inputs::Floats(&inputs), labels: &[2, 0, 2, 0] };
    let result = trainer.step(&batch).unwrap();
    assert_eq!(result.correct, 2);
    // Two rows lose ln(1 + 2 e^-5), two 5 more.
    let expected = (2.0 * (-5.0_f64).exp()).ln_1p() + 2.5;
    assert!((result.loss - expected).abs() < 1e-6, "{}", result.loss);
    assert!(trainer.step(&batch).unwrap().loss < result.loss);
}

#[test]
fn equal_scores_lose_the_logarithm_of_the_number_of_classes() {
    let network = network();
    let zeros = vec![0.0; trainer(&config(&network, 1.0)).values()];
    let mut trainer = Trainer::new(&config(&network, 1.0), &zeros, &[]).unwrap();
    let loss = trainer.step(&Rows::new(&network, ["images", "labels"], 8).batch()).unwrap().loss;
    assert!((loss - 10_f64.ln()).abs() < 1e-6, "{loss}");
}
