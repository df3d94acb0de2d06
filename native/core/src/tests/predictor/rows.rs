//! Each row by itself: same image, same score.

use rand::seq::SliceRandom;

use super::{predict, predictor};
use crate::network::{Conv2d, Graph, Network, Padding};
use crate::random::{Key, Purpose};
use crate::tests::formula;
use crate::{Error, Model, Predictor, Preprocessing, Row, Status};

const ROWS: usize = 70;
const VALUES: usize = 3 * 15 * 14;
const CLASSES: usize = 7;

/// Every kind of layer that looks at more than one value.
fn network() -> Network {
    let depthwise = Conv2d {
        filters: 12,
        kernel: [3, 3],
        stride: [2, 1],
        padding: Padding::SAME,
        dilation: [1, 2],
        groups: 6,
        bias: true,
    };
    Network::input(&[3, 15, 14])
        .conv(6, 3)
        .relu()
        .conv2d(depthwise)
        .max_pool(2)
        .avg_pool(2)
        .flatten()
        .dense(20)
        .relu()
        .dense(CLASSES)
        .softmax()
        .build()
}

fn inputs() -> Vec<f32> {
    formula::floats("input", ROWS * VALUES, 1.0)
}

fn bits(scores: &[f32]) -> Vec<u32> {
    scores.iter().map(|s| s.to_bits()).collect()
}

/// The scores of rows in batches of that size, with the statuses asserted to be OK.
fn in_batches(predictor: &Predictor, rows: &[Row], size: usize) -> Vec<f32> {
    rows.chunks(size)
        .flat_map(|rows| {
            let (scores, status) = predict(predictor, rows);
            assert!(status.iter().all(|&s| s == Status::Ok));
            scores
        })
        .collect()
}

#[test]
fn a_row_has_the_same_scores_in_every_batch() {
    let (predictor, inputs) = (predictor(&network()), inputs());
    let rows: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let alone = bits(&in_batches(&predictor, &rows, 1));
    assert_eq!(alone.len(), ROWS * CLASSES);
    assert_ne!(alone[..CLASSES], alone[CLASSES..2 * CLASSES]);
    for size in [7, 32, ROWS] {
        assert_eq!(bits(&in_batches(&predictor, &rows, size)), alone, "batches of {size}");
    }

    let mut order: Vec<usize> = (0..ROWS).collect();
    order.shuffle(&mut Key::new(5, Purpose::Rows).generator());
    let shuffled: Vec<Row> = order.iter().map(|&i| rows[i]).collect();
    let scores = bits(&in_batches(&predictor, &shuffled, 32));
    for (scores, &i) in scores.chunks(CLASSES).zip(&order) {
        assert_eq!(scores, &alone[i * CLASSES..(i + 1) * CLASSES], "row {i}");
    }
}

#[test]
fn bytes_and_the_numbers_they_stand_for_have_the_same_scores() {
    let predictor = predictor(&network());
    let bytes: Vec<u8> = formula::integers("bytes", VALUES, 256).map(|v| v as u8).collect();
    let floats: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
    let (scores, status) =
        predict(&predictor, &[Row::Bytes(&bytes), Row::Floats(&floats), Row::Bytes(&bytes)]);
    assert_eq!(status, [Status::Ok; 3]);
    let scores = bits(&scores);
    assert_eq!(scores[..CLASSES], scores[CLASSES..2 * CLASSES]);
    assert_eq!(scores[..CLASSES], scores[2 * CLASSES..]);
}

#[test]
fn threads_that_share_a_predictor_get_the_same_scores() {
    let (predictor, inputs) = (predictor(&network()), inputs());
    let rows: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let serial = bits(&in_batches(&predictor, &rows, ROWS));
    let results: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let run = |size| bits(&in_batches(&predictor, &rows, size));
        let threads: Vec<_> =
            [1, 7, 32, ROWS].map(|size| scope.spawn(move || run(size))).into_iter().collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.len(), 4);
    assert!(results.iter().all(|result| *result == serial));
}

#[test]
fn a_bad_row_has_a_status_and_nan_scores_and_changes_no_other_row() {
    let (predictor, inputs) = (predictor(&network()), inputs());
    let good: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let expected = bits(&predict(&predictor, &good).0);

    let with = |value: f32, at: usize| {
        let mut row = inputs[..VALUES].to_vec();
        row[at] = value;
        row
    };
    let not_finite = [
        with(f32::NAN, 100),
        with(f32::INFINITY, 0),
        with(f32::NEG_INFINITY, VALUES - 1),
        vec![f32::NAN; VALUES],
    ];
    let bytes = [0; VALUES + 1];
    let mut bad = vec![
        (Row::Null, Status::Null),
        (Row::Floats(&[]), Status::Size),
        (Row::Floats(&inputs[..VALUES - 1]), Status::Size),
        (Row::Floats(&inputs[..VALUES + 1]), Status::Size),
        (Row::Floats(&inputs[..2 * VALUES]), Status::Size),
        (Row::Bytes(&[]), Status::Size),
        (Row::Bytes(&bytes[..VALUES - 1]), Status::Size),
        (Row::Bytes(&bytes), Status::Size),
    ];
    bad.extend(not_finite.iter().map(|row| (Row::Floats(row), Status::NotFinite)));
    assert_eq!(bad.len(), 12);

    // A bad row after each good one.
    let mut rows = vec![];
    for (i, row) in good.iter().enumerate() {
        rows.extend([*row, bad[i % bad.len()].0]);
    }
    let (scores, status) = predict(&predictor, &rows);
    for (i, (scores, status)) in scores.chunks(2 * CLASSES).zip(status.chunks(2)).enumerate() {
        let (good, bad_scores) = scores.split_at(CLASSES);
        assert_eq!(bits(good), expected[i * CLASSES..(i + 1) * CLASSES], "row {i}");
        assert!(bad_scores.iter().all(|s| s.is_nan()), "row {i}: {bad_scores:?}");
        assert_eq!(*status, [Status::Ok, bad[i % bad.len()].1], "row {i}");
    }
}

#[test]
fn an_input_that_is_not_finite_is_told_even_where_the_network_does_not_see_it() {
    // A stride that skips the second pixel, and a ReLU that hides minus infinity.
    let skipping = Conv2d {
        filters: 1,
        kernel: [1, 1],
        stride: [1, 2],
        padding: Padding::default(),
        dilation: [1, 1],
        groups: 1,
        bias: true,
    };
    let network = Network::input(&[1, 1, 3]).conv2d(skipping).relu().flatten().dense(1).build();
    let predictor = predictor(&network);
    for input in [
        [1.0, f32::NAN, 1.0],
        [1.0, f32::INFINITY, 1.0],
        [f32::INFINITY, 1.0, 1.0],
        [f32::NEG_INFINITY, 1.0, 1.0],
    ] {
        let (scores, status) = predict(&predictor, &[Row::Floats(&input), Row::Floats(&[1.0; 3])]);
        assert_eq!(status, [Status::NotFinite, Status::Ok], "{input:?}");
        assert!(scores[0].is_nan() && scores[1].is_finite(), "{input:?}: {scores:?}");
    }
}

#[test]
fn scores_that_overflow_are_not_finite() {
    let graph = Graph::new(&Network::input(&[2]).dense(2).build()).unwrap();
    let weights = vec![1.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let predictor =
        Predictor::new(Model::new(graph, Preprocessing::default(), vec![], weights).unwrap()).unwrap();
    let (scores, status) = predict(&predictor, &[Row::Floats(&[f32::MAX; 2]), Row::Floats(&[1.0, 2.0])]);
    assert_eq!(status, [Status::NotFinite, Status::Ok]);
    assert!(scores[..2].iter().all(|s| s.is_nan()), "{scores:?}");
    assert_eq!(scores[2..], [3.0, 2.0]);
}

#[test]
fn the_numbers_of_the_statuses_do_not_change() {
    let names =
        ["OK", "NULL", "SIZE", "NOT_FINITE", "PANIC", "UNDECODABLE", "TOO_LARGE", "FORMAT", "IMAGE_SIZE"];
    assert_eq!(Status::ALL.map(|(_, name)| name), names);
    assert_eq!(Status::ALL.map(|(status, _)| status as usize), std::array::from_fn(|i| i));
}

#[test]
fn arrays_of_the_wrong_length_are_refused_before_anything_is_written() {
    let (predictor, inputs) = (predictor(&network()), inputs());
    let rows: Vec<Row> = inputs.chunks(VALUES).take(2).map(Row::Floats).collect();
    for (scores, statuses) in [(13, 2), (15, 2), (0, 2), (14, 1), (14, 3), (14, 0)] {
        let (mut scores, mut status) = (vec![77.0; scores], vec![Status::Panic; statuses]);
        let error = predictor.predict(&rows, &mut scores, &mut status).unwrap_err();
        let (found, statuses) = (scores.len(), status.len());
        let problem = format!("2 rows need 14 scores and 2 statuses, not {found} and {statuses}");
        assert_eq!(error, Error::Setting { name: "scores", problem });
        assert!(scores.iter().all(|&s| s == 77.0) && status.iter().all(|&s| s == Status::Panic));
    }
    assert_eq!(predictor.predict(&[], &mut [], &mut []), Ok(()));
}
