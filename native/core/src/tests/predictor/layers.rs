//! The output of a layer.

use firesteel_kernels as kernels;
use ndarray::{ArrayView1, ArrayViewMut1};

use super::predict;
use crate::network::{Graph, Network, Node, Op, Source};
use crate::tests::formula;
use crate::{Model, Predictor, Preprocessing, Row, Status};

const VALUES: usize = 2 * 9 * 8;
const CLASSES: usize = 5;

fn network() -> Network {
    Network::input(&[2, 9, 8])
        .conv(4, 3)
        .relu()
        .max_pool(2)
        .global_avg_pool()
        .flatten()
        .dense(6)
        .relu()
        .dense(CLASSES)
        .softmax()
        .build()
}

fn model(network: &Network) -> Model {
    let graph = Graph::new(network).unwrap();
    let weights = formula::weights(graph.layout());
    Model::new(graph, Preprocessing::default(), vec![], weights).unwrap()
}

fn of_layer(network: &Network, layer: &str) -> Predictor {
    Predictor::of_layers(model(network), &[layer]).unwrap()
}

/// The network that ends with one of its layers, or with the flattened map of that layer.
fn up_to(network: &Network, layer: usize) -> Network {
    let mut shorter = network.clone();
    shorter.nodes.truncate(layer + 1);
    shorter.output = shorter.nodes[layer].name.clone();
    if Graph::new(&shorter).is_err() {
        let end = Node { name: "end".to_owned(), op: Op::Flatten {}, inputs: vec![shorter.output.clone()] };
        shorter.output = end.name.clone();
        shorter.nodes.push(end);
    }
    shorter
}

fn bits(scores: &[f32]) -> Vec<u32> {
    scores.iter().map(|s| s.to_bits()).collect()
}

#[test]
fn a_layer_gives_what_the_network_that_ends_with_it_gives() {
    let (network, inputs) = (network(), formula::floats("input", 3 * VALUES, 1.0));
    let rows: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let mut widths = vec![];
    // But for the softmax, whose network scores what comes before it.
    for (i, node) in network.nodes.iter().enumerate().filter(|(_, node)| node.name != "softmax1") {
        let layer = of_layer(&network, &node.name);
        let shorter = Predictor::new(model(&up_to(&network, i))).unwrap();
        assert_eq!(layer.width(), shorter.width(), "{}", node.name);
        widths.push(layer.width());
        let (found, expected) = (predict(&layer, &rows), predict(&shorter, &rows));
        assert_eq!(found.1, [Status::Ok; 3], "{}", node.name);
        assert_eq!(bits(&found.0), bits(&expected.0), "{}", node.name);
        assert!(found.0.iter().any(|&v| v != found.0[0]), "{}: {:?}", node.name, found.0);
    }
    assert_eq!(widths, [4 * 7 * 6, 4 * 7 * 6, 4 * 3 * 3, 4, 4, 6, 6, CLASSES]);
}

#[test]
fn several_layers_give_their_outputs_one_behind_the_other() {
    let (network, inputs) = (network(), formula::floats("input", 2 * VALUES, 1.0));
    let rows: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let names = ["dense2", "conv1", "flatten1", "conv1"];
    let several = Predictor::of_layers(model(&network), &names).unwrap();
    let (found, status) = predict(&several, &rows);
    assert_eq!(status, [Status::Ok; 2]);
    for (row, found) in rows.iter().zip(found.chunks(several.width())) {
        let expected: Vec<f32> =
            names.iter().flat_map(|name| predict(&of_layer(&network, name), &[*row]).0).collect();
        assert_eq!(bits(found), bits(&expected));
    }
    let none = Predictor::of_layers(model(&network), &[]).unwrap_err().to_string();
    assert_eq!(none, "layer: names none");
}

#[test]
fn a_mean_is_that_of_each_channel() {
    let (network, input) = (network(), formula::floats("input", VALUES, 1.0));
    let row = [Row::Floats(&input)];
    let map = predict(&of_layer(&network, "pool1"), &row).0;
    let mean = of_layer(&network, "mean(pool1)");
    assert_eq!(mean.width(), 4);
    let expected: Vec<f32> = map.chunks(9).map(|channel| channel.iter().sum::<f32>() / 9.0).collect();
    let found = predict(&mean, &row).0;
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {expected:?}");
    let error = Predictor::of_layers(model(&network), &["mean(dense1)"]).unwrap_err().to_string();
    assert_eq!(error, "layer: 'dense1' gives 6, not a map to take means of");
}

#[test]
fn the_last_dense_layer_gives_the_scores_and_the_softmax_probabilities() {
    let (network, input) = (network(), formula::floats("input", VALUES, 1.0));
    let row = [Row::Floats(&input)];
    let (scores, _) = predict(&Predictor::new(model(&network)).unwrap(), &row);
    assert_eq!(bits(&predict(&of_layer(&network, "dense2"), &row).0), bits(&scores));

    let mut expected = vec![0.0; CLASSES];
    kernels::softmax(ArrayView1::from(&scores), ArrayViewMut1::from(&mut expected)).unwrap();
    let (probabilities, status) = predict(&of_layer(&network, "softmax1"), &row);
    assert_eq!(status, [Status::Ok]);
    assert_eq!(bits(&probabilities), bits(&expected));
    assert_ne!(probabilities, scores);
}

#[test]
fn values_stand_in_the_order_of_channel_row_and_column() {
    let network = Network::input(&[2, 2, 2]).relu().flatten().dense(1).build();
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    for layer in ["relu1", "flatten1"] {
        assert_eq!(predict(&of_layer(&network, layer), &[Row::Floats(&values)]).0, values, "{layer}");
    }
}

#[test]
fn a_flattened_input_is_the_preprocessed_input() {
    let network = Network::input(&[1, 1, 3]).flatten().dense(2).build();
    let (values, status) = predict(&of_layer(&network, "flatten1"), &[Row::Bytes(&[0, 51, 255])]);
    assert_eq!((values, status), (vec![0.0, 0.2, 1.0], vec![Status::Ok]));
}

#[test]
fn layers_that_the_output_does_not_need_are_not_computed() {
    let graph = Graph::new(&network()).unwrap();
    for i in 0..graph.nodes().len() {
        assert_eq!(graph.needed_by(&[Source::Node(i)]), (0..=i).collect::<Vec<_>>());
    }
    assert_eq!(graph.needed_by(&[graph.logits()]), (0..8).collect::<Vec<_>>());
    assert_eq!(graph.needed_by(&[Source::Input]), [0; 0]);
}

#[test]
fn a_later_layer_that_overflows_does_no_harm() {
    let graph = Graph::new(&Network::input(&[2]).relu().dense(2).build()).unwrap();
    let weights = vec![1.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
    let row = [Row::Floats(&[f32::MAX; 2])];
    assert_eq!(predict(&Predictor::new(model.clone()).unwrap(), &row).1, [Status::NotFinite]);
    let layer = Predictor::of_layers(model.clone(), &["relu1"]).unwrap();
    assert_eq!(predict(&layer, &row), (vec![f32::MAX; 2], vec![Status::Ok]));
    let (values, status) = predict(&Predictor::of_layers(model, &["dense1"]).unwrap(), &row);
    assert!(values.iter().all(|v| v.is_nan()) && status == [Status::NotFinite], "{values:?} {status:?}");
}

#[test]
fn a_bad_row_has_a_status_and_nan_for_all_values_of_the_layer() {
    let (layer, input) = (of_layer(&network(), "pool1"), formula::floats("input", VALUES, 1.0));
    let mut nan = input.clone();
    nan[7] = f32::NAN;
    let rows = [Row::Null, Row::Floats(&input), Row::Floats(&input[1..]), Row::Floats(&nan)];
    let (values, status) = predict(&layer, &rows);
    assert_eq!(status, [Status::Null, Status::Ok, Status::Size, Status::NotFinite]);
    let finite: Vec<bool> = values.chunks(4 * 3 * 3).map(|row| row.iter().all(|v| v.is_finite())).collect();
    assert_eq!(finite, [false, true, false, false]);
    assert_eq!(values.iter().filter(|v| v.is_nan()).count(), 3 * 4 * 3 * 3);
    assert_eq!(bits(&values[36..72]), bits(&predict(&layer, &rows[1..2]).0));
}

#[test]
fn a_layer_that_the_network_does_not_have_is_refused_with_those_it_has() {
    let network = Network::input(&[2]).dense(3).relu().dense(2).build();
    for name in ["dense3", "input", "", "Dense1"] {
        let error = Predictor::of_layers(model(&network), &[name]).unwrap_err().to_string();
        assert_eq!(error, format!("layer: '{name}' is none of dense1, relu1, dense2"));
    }
}
