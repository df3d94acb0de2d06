//! Reading of our model files, and prediction with what is accepted.

use firesteel_core::network::Graph;
use firesteel_core::{Metadata, Predictor, Row, Status, read_header, read_model, write_model};

/// The most values of a row, so that no network is slow.
const MAX_VALUES: usize = 1 << 16;

/// What is accepted is written again as what was read, its header says the same, and it scores a row.
pub(super) fn read(file: &[u8]) -> bool {
    let header = read_header(file, file.len() as u64);
    let Ok(model) = read_model(file) else { return false };
    assert_eq!(header, Ok(Metadata::of(&model)));
    let written = write_model(&model);
    let again = written.as_ref().map(|file| read_model(file));
    let Ok(Ok(again)) = again else { panic!("what was read cannot be written and read: {again:?}") };
    assert_eq!(Metadata::of(&again), Metadata::of(&model));
    assert!(again.weights().iter().map(|w| w.to_bits()).eq(model.weights().iter().map(|w| w.to_bits())));
    if values(model.graph()) <= MAX_VALUES {
        score(model);
    }
    true
}

fn values(graph: &Graph) -> usize {
    let results: usize = graph.nodes().iter().map(|node| node.stored_values()).sum();
    graph.input().values() + results
}

/// Scores are finite, or their row has a status that says why they are not.
fn score(model: firesteel_core::Model) {
    let row = vec![0.5; model.graph().input().values()];
    let predictor = match Predictor::new(model) {
        Ok(predictor) => predictor,
        Err(error) => panic!("a model that is accepted cannot be prepared: {error}"),
    };
    let (mut scores, mut status) = (vec![0.0; predictor.width()], [Status::Panic]);
    assert_eq!(predictor.predict(&[Row::Floats(&row)], &mut scores, &mut status), Ok(()));
    assert_ne!(status, [Status::Panic]);
    assert!(scores.iter().all(|score| score.is_finite() == (status == [Status::Ok])));
}
