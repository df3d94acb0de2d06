//! Predictions.

mod bands;
mod exact;
mod explanation;
mod images;
mod layers;
mod parity;
mod random;
mod rows;
mod scorer;
mod sizes;

use crate::network::{Graph, Network};
use crate::tests::formula;
use crate::{Model, Predictor, Preprocessing, Row, Status};

/// A predictor with the formula's weights.
fn predictor(network: &Network) -> Predictor {
    let graph = Graph::new(network).unwrap();
    let weights = formula::weights(graph.layout());
    Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights).unwrap()).unwrap()
}

/// Scores and statuses of some rows, in one call.
fn predict(predictor: &Predictor, rows: &[Row]) -> (Vec<f32>, Vec<Status>) {
    // Values that a result must overwrite.
    let (mut scores, mut status) =
        (vec![77.0; rows.len() * predictor.width()], vec![Status::Panic; rows.len()]);
    predictor.predict(rows, &mut scores, &mut status).unwrap();
    (scores, status)
}
