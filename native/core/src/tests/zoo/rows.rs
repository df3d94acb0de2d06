//! Rows in the buffers that other rows have left behind.

use std::sync::Arc;

use firesteel_kernels::blocked::Isa;

use crate::network::Graph;
use crate::tests::formula;
use crate::{Kernels, Model, Predictor, Preprocessing, Row, Scorer, Status, zoo};

#[test]
fn a_row_has_the_same_bits_alone_beside_any_other_and_after_it() {
    let mut networks = 0;
    for (name, side) in [
        ("squeezenet1_1", 64),
        ("resnet18", 64),
        ("densenet121", 64),
        ("inception_v3", 80),
        ("mobilenet_v1_025", 64),
        ("mobilenet_v3_small", 64),
        ("efficientnet_b0", 64),
        ("cifar_resnet20", 32),
    ] {
        let graph = Graph::new(&zoo::entry(name).unwrap().network([3, side, side], 7)).unwrap();
        let weights = formula::deep_weights(graph.layout());
        let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
        for &isa in Isa::available() {
            rows_have_their_bits(name, side, Kernels { isa, ..Kernels::default() }, model.clone());
            networks += 1;
        }
    }
    assert_eq!(networks, 8 * Isa::available().len());
}

fn rows_have_their_bits(name: &str, side: usize, kernels: Kernels, model: Model) {
    let predictor = Arc::new(Predictor::with(kernels, model, None).unwrap());
    let mut scorer = Scorer::new(predictor.clone(), predictor.at_once(), 1).unwrap();
    let values = 3 * side * side;
    // One more than are computed at a time.
    let inputs = formula::floats("input", 9 * values, 1.0);
    let mut rows: Vec<Row> = inputs.chunks(values).map(Row::Floats).collect();
    let mut bits = |rows: &[Row]| -> Vec<u32> {
        let (mut scores, mut status) = (vec![0.0; 7 * rows.len()], vec![Status::Null; rows.len()]);
        scorer.predict(rows, &mut scores, &mut status).unwrap();
        assert!(status.iter().all(|&s| s == Status::Ok), "{name}");
        // What the next call finds in its memory is read nowhere before it is written.
        scorer.fill(f32::NAN);
        scores.iter().map(|score| score.to_bits()).collect()
    };
    let alone: Vec<Vec<u32>> = rows.chunks(1).map(&mut bits).collect();
    for batch in [2, 7, 9] {
        let found: Vec<u32> = rows.chunks(batch).flat_map(&mut bits).collect();
        assert_eq!(found, alone.concat(), "{name} in batches of {batch}");
    }
    rows.reverse();
    let reversed: Vec<u32> = alone.iter().rev().flatten().copied().collect();
    assert_eq!(bits(&rows), reversed, "{name}");
    assert!(alone[0] != alone[1] && alone[1] != alone[2], "{name}");
}

/// How many multiplications Spark's tasks want of a call on each thread.
const CALL: usize = 40_000_000_000;

#[test]
fn half_of_the_memory_serves_most_networks() {
    let mut found = vec![];
    for entry in zoo::list().iter().filter(|entry| !entry.name.starts_with("vgg")) {
        let predictor = with_equal_weights(entry);
        let steps = predictor.profile(1, 0).unwrap();
        let in_a_call = CALL / steps.iter().map(|step| step.multiplications).sum::<usize>();
        let wanted = predictor.at_once().min(in_a_call);
        let [one, all] = [1, wanted].map(|images| predictor.arena_bytes(images).unwrap());
        if 2 * one > all {
            found.push(entry.name);
        }
    }
    // Of the last, and of VGG, the first maps alone are more than all other memory; the others are given 3 to 7 images.
    assert_eq!(found, ["resnet101", "resnet152", "wide_resnet50_2", "inception_v3", "mobilenet_v1_025"]);
}

#[test]
fn several_images_are_computed_together_from_where_fewest_bytes_come_from_far_away() {
    let predictor = with_equal_weights(&zoo::entry("mobilenet_v2").unwrap());
    let [one, two] = [1, 2].map(|images| predictor.arena_bytes(images).unwrap());
    // Maps of 576 channels and 14 x 14 pixels, larger than the weights that make them, are held for one image alone; from
    // there on, 960 channels and 7 x 7 pixels are most.
    let (large, small) = (4 * 576 * 14 * 14, 4 * 960 * 7 * 7);
    assert!((2 * small..large + small).contains(&(two - one)), "{}", two - one);
}

#[test]
fn what_is_concatenated_is_made_where_it_belongs() {
    let predictor = with_equal_weights(&zoo::entry("squeezenet1_1").unwrap());
    // The largest one has 128 channels of 55 x 55 pixels. With its two halves beside it, all would be above three of it.
    let (bytes, whole) = (predictor.arena_bytes(1).unwrap(), 4 * 128 * 55 * 55);
    assert!((whole..3 * whole).contains(&bytes), "{bytes}");
}

fn with_equal_weights(entry: &zoo::Entry) -> Predictor {
    let graph = Graph::new(&entry.network(entry.input, entry.classes)).unwrap();
    let weights = vec![0.1; graph.layout().values()];
    Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights).unwrap()).unwrap()
}
