//! Training images that are changed at random.

use firesteel_core::Preprocessing;
use firesteel_core::image::augment::Augmentation;
use firesteel_core::image::{Preparation, Resize};
use firesteel_core::network::{Graph, Network};

use super::{Rows, bits, config, trainer, weights_of};
use crate::bytes::ByteRows;
use crate::{Batch, Config, Error, Inputs, Randomness, Trainer};

fn network() -> Network {
    Network::input(&[1, 6, 6]).conv(3, 3).relu().flatten().dense(4).build()
}

fn augmented(changes: &[Augmentation], seed: u64, partition: u32, round: u32) -> Config {
    let random = Some(Randomness { seed, partition });
    Config { augmentations: changes.to_vec(), random, round, ..config(&network(), 0.1) }
}

fn shifts() -> Vec<Augmentation> {
    vec![Augmentation::RandomShift { rows: 0.4, columns: 0.4 }]
}

/// The weights after mini-batches of those sizes.
fn learnt(config: &Config, sizes: &[usize]) -> Vec<u32> {
    let mut trainer = trainer(config);
    learn(&mut trainer, sizes);
    bits(&weights_of(&trainer))
}

fn learn(trainer: &mut Trainer, sizes: &[usize]) {
    let Rows { bytes, labels } = Rows::new(&network(), ["images", "labels"], sizes.iter().sum());
    let mut from = 0;
    for size in sizes {
        let inputs = Inputs::Bytes(&bytes[36 * from..36 * (from + size)]);
        trainer.step(&Batch { inputs, labels: &labels[from..from + size] }).unwrap();
        from += size;
    }
}

#[test]
fn seed_round_and_partition_decide_what_is_learnt() {
    let first = learnt(&augmented(&shifts(), 1, 2, 3), &[4, 4]);
    assert_eq!(learnt(&augmented(&shifts(), 1, 2, 3), &[4, 4]), first);
    let others = [
        augmented(&shifts(), 9, 2, 3),
        augmented(&shifts(), 1, 9, 3),
        augmented(&shifts(), 1, 2, 9),
        augmented(&[], 1, 2, 3),
    ];
    for (i, other) in others.iter().enumerate() {
        assert_ne!(learnt(other, &[4, 4]), first, "{i}");
    }
}

#[test]
fn every_row_has_a_change_of_its_own_whatever_its_batch() {
    let graph = Graph::new(&network()).unwrap();
    let mut rows = ByteRows::new(&augmented(&shifts(), 1, 2, 3), graph.input()).unwrap();
    let image: Vec<u8> = (0..36).collect();
    let eight = rows.numbers(&image.repeat(8), 0).unwrap().to_vec();
    let mut distinct: Vec<Vec<u32>> = eight.chunks(36).map(bits).collect();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() >= 6, "{}", distinct.len());
    let first = rows.numbers(&image.repeat(3), 0).unwrap().to_vec();
    let rest = rows.numbers(&image.repeat(5), 3).unwrap().to_vec();
    assert_eq!([first, rest].concat(), eight);
}

#[test]
fn places_go_on_from_step_to_step() {
    let config = augmented(&shifts(), 1, 0, 0);
    let mut whole = trainer(&config);
    learn(&mut whole, &[4, 4]);
    let mut anew = trainer(&config);
    learn(&mut anew, &[4]);
    // As if the second mini-batch were the first of its round.
    let mut second = Trainer::new(&config, &weights_of(&anew), &[]).unwrap();
    let Rows { bytes, labels } = Rows::new(&network(), ["images", "labels"], 8);
    second.step(&Batch { inputs: Inputs::Bytes(&bytes[4 * 36..]), labels: &labels[4..] }).unwrap();
    assert_ne!(weights_of(&second), weights_of(&whole));
}

#[test]
fn a_change_of_every_row_is_that_change_made_by_hand() {
    let flip = [Augmentation::RandomHorizontalFlip { probability: 1.0 }];
    let Rows { bytes, labels } = Rows::new(&network(), ["images", "labels"], 8);
    let flipped: Vec<u8> = bytes.chunks(6).flat_map(|row| row.iter().rev().copied()).collect();
    let after = |config: &Config, bytes: &[u8]| {
        let mut trainer = trainer(config);
        trainer.step(&Batch { inputs: Inputs::Bytes(bytes), labels: &labels }).unwrap();
        bits(&weights_of(&trainer))
    };
    let by_hand = after(&augmented(&[], 1, 0, 0), &flipped);
    assert_eq!(after(&augmented(&flip, 1, 0, 0), &bytes), by_hand);
    assert_ne!(after(&augmented(&[], 1, 0, 0), &bytes), by_hand);
}

#[test]
fn images_may_be_larger_than_the_networks_input() {
    let image =
        Preparation { resize: Some(Resize::ShortSide(8)), crop: Some([6, 6]), ..Preparation::default() };
    let preprocessing = Preprocessing { image: Some(image), ..Preprocessing::default() };
    let crop = [Augmentation::RandomCrop { size: [6, 6], padding: 0 }];
    let config = Config { preprocessing, ..augmented(&crop, 1, 0, 0) };
    let mut trainer = trainer(&config);
    let large = [7; 2 * 64];
    trainer.step(&Batch { inputs: Inputs::Bytes(&large), labels: &[0, 1] }).unwrap();
    let small = trainer.step(&Batch { inputs: Inputs::Bytes(&large[..72]), labels: &[0, 1] }).unwrap_err();
    assert_eq!(small.to_string(), "the mini-batch has 72 bytes of input, expected 128");
}

#[test]
fn numbers_are_not_changed_and_something_must_be_there_to_draw_from() {
    let mut trainer = trainer(&augmented(&shifts(), 1, 0, 0));
    let numbers = trainer.step(&Batch { inputs: Inputs::Floats(&[0.0; 36]), labels: &[0] }).unwrap_err();
    assert!(matches!(numbers, Error::AugmentedNumbers), "{numbers:?}");
    let without = Config { random: None, ..augmented(&shifts(), 1, 0, 0) };
    let error = Trainer::new(&without, &[], &[]).unwrap_err();
    assert_eq!(error.to_string(), "random: a list of augmentations needs a seed and a partition");
    let wrong = augmented(&[Augmentation::RandomRotation { degrees: f64::NAN }], 1, 0, 0);
    let error = Trainer::new(&wrong, &[], &[]).unwrap_err();
    assert_eq!(error.to_string(), "augmentations: randomRotation: degrees: NaN is not within 0 to 180");
}
