//! Scorers: some images at a time, on some threads, with the same scores.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::spawn;
use std::time::Duration;

use super::{predict, predictor};
use crate::network::{Conv2d, Network, Padding};
use crate::tests::formula;
use crate::{Error, Predictor, Row, Scorer, Status};

const VALUES: usize = 3 * 10 * 10;
const CLASSES: usize = 5;

fn shared() -> Arc<Predictor> {
    let network =
        Network::input(&[3, 10, 10]).conv(20, 3).relu().max_pool(2).conv(33, 3).flatten().dense(CLASSES);
    Arc::new(predictor(&network.build()))
}

/// The bits of the scores, and the statuses.
fn bits((scores, status): (Vec<f32>, Vec<Status>)) -> (Vec<u32>, Vec<Status>) {
    (scores.iter().map(|score| score.to_bits()).collect(), status)
}

fn score(scorer: &mut Scorer, rows: &[Row]) -> (Vec<u32>, Vec<Status>) {
    let (mut scores, mut status) = (vec![77.0; rows.len() * CLASSES], vec![Status::Panic; rows.len()]);
    scorer.predict(rows, &mut scores, &mut status).unwrap();
    bits((scores, status))
}

#[test]
fn scores_depend_neither_on_the_images_at_a_time_nor_on_the_threads() {
    let (predictor, inputs) = (shared(), formula::floats("input", 41 * VALUES, 1.0));
    assert_eq!(predictor.at_once(), 8);
    // Every fifth row is a bad one.
    let rows: Vec<Row> = inputs
        .chunks(VALUES)
        .enumerate()
        .map(|(i, row)| if i % 5 == 3 { Row::Floats(&row[1..]) } else { Row::Floats(row) })
        .collect();
    let alone: Vec<_> = rows.iter().map(|row| bits(predict(&predictor, &[*row]))).collect();
    assert_eq!((alone[2].1[0], alone[3].1[0]), (Status::Ok, Status::Size));
    assert_ne!(alone[0].0, alone[1].0);
    let mut cases = 0;
    for images in 1..=8 {
        for workers in [1, 2, 3, 7] {
            let mut scorer = Scorer::new(predictor.clone(), images, workers).unwrap();
            // In the memory that other rows have left behind.
            for count in [41, 0, 1, 2, 3, 5, 17, 40] {
                let (scores, status) = score(&mut scorer, &rows[..count]);
                let name = format!("{images} at a time, {workers} threads, {count} rows");
                assert_eq!(scores.len(), count * CLASSES, "{name}");
                for (i, expected) in alone[..count].iter().enumerate() {
                    assert_eq!(scores[i * CLASSES..][..CLASSES], expected.0[..], "{name}: row {i}");
                    assert_eq!(status[i], expected.1[0], "{name}: row {i}");
                }
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 8 * 4 * 8);
}

#[test]
fn threads_share_the_rows_and_compute_at_the_same_time() {
    let (sender, receiver) = channel();
    let rows = 6;
    spawn(move || {
        let inputs = formula::floats("input", rows * VALUES, 1.0);
        let mut scorer = Scorer::new(shared(), 1, 3).unwrap();
        // Each of the threads waits until the two others compute, too, with each of its two rows.
        scorer.meet();
        sender
            .send(score(&mut scorer, &inputs.chunks(VALUES).map(Row::Floats).collect::<Vec<_>>()).1)
            .unwrap();
    });
    // With fewer threads at a time, or other numbers of rows, it would never be done.
    assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(vec![Status::Ok; rows]));
}

#[test]
fn a_panic_in_steps_that_images_share_costs_no_other_image_its_scores() {
    let (predictor, inputs) = (shared(), formula::floats("input", 8 * VALUES, 1.0));
    let rows: Vec<Row> = inputs.chunks(VALUES).map(Row::Floats).collect();
    let mut scorer = Scorer::new(predictor, 8, 1).unwrap();
    let expected = score(&mut scorer, &rows);
    assert_eq!(expected.1, [Status::Ok; 8]);
    // All together, then each alone.
    scorer.fail(&[true, false, false, true]);
    let (scores, status) = score(&mut scorer, &rows);
    for (i, own) in scores.chunks(CLASSES).enumerate() {
        if i == 2 {
            assert!(own.iter().all(|&bits| f32::from_bits(bits).is_nan()) && status[i] == Status::Panic);
        } else {
            assert_eq!((own, status[i]), (&expected.0[i * CLASSES..][..CLASSES], Status::Ok), "{i}");
        }
    }
    assert_eq!(score(&mut scorer, &rows), expected);
}

#[test]
fn memory_grows_with_the_images_at_a_time() {
    let predictor = shared();
    let bytes: Vec<usize> = (1..=8).map(|images| predictor.arena_bytes(images).unwrap()).collect();
    let own = bytes[1] - bytes[0];
    assert!(own > 0 && bytes.windows(2).all(|pair| pair[1] - pair[0] == own), "{bytes:?}");
}

#[test]
fn no_more_memory_is_used_than_is_told() {
    // A layer for which there is no fast kernel, wide strides, and an input in blocks.
    let wide = Conv2d {
        filters: 6,
        kernel: [5, 3],
        stride: [2, 3],
        padding: Padding::SAME,
        dilation: [1, 1],
        groups: 1,
        bias: true,
    };
    let network = Network::input(&[7, 20, 20])
        .conv2d(wide)
        .relu()
        .conv(20, 3)
        .flatten()
        .dense(6)
        .softmax()
        .dense(CLASSES);
    let predictor = Arc::new(predictor(&network.build()));
    let kernels: Vec<String> = predictor.profile(1, 1).unwrap().into_iter().map(|step| step.kernel).collect();
    assert!(kernels.iter().any(|kernel| kernel == "reference"), "{kernels:?}");
    let inputs: Vec<u8> = (0..7 * 20 * 20).map(|i| i as u8).collect();
    let mut scorer = Scorer::new(predictor.clone(), 2, 1).unwrap();
    let told = predictor.arena_bytes(2).unwrap();
    assert_eq!(scorer.bytes(), told);
    assert_eq!(score(&mut scorer, &[Row::Bytes(&inputs); 3]).1, [Status::Ok; 3]);
    assert_eq!(scorer.bytes(), told);
}

#[test]
fn what_does_not_pay_is_refused() {
    let predictor = shared();
    let refused = |name, problem: &str| Some(Error::Setting { name, problem: problem.to_owned() });
    for images in [0, 9, usize::MAX] {
        let expected = refused("images", &format!("{images} at a time, of 1 to 8"));
        assert_eq!(predictor.arena_bytes(images).err(), expected);
        assert_eq!(Scorer::new(predictor.clone(), images, 1).err(), expected);
    }
    for workers in [0, 4097] {
        let problem = format!("{workers} threads, but there can be 1 to 4096");
        assert_eq!(Scorer::new(predictor.clone(), 1, workers).err(), refused("workers", &problem));
    }
}

#[test]
fn arrays_of_the_wrong_length_are_refused_by_scorers_too() {
    let mut scorer = Scorer::new(shared(), 8, 2).unwrap();
    let mut status = [Status::Panic; 1];
    let error = scorer.predict(&[Row::Null], &mut [77.0; CLASSES + 1], &mut status).unwrap_err();
    assert!(error.to_string().contains("1 rows need 5 scores and 1 statuses, not 6 and 1"), "{error}");
    assert_eq!(status, [Status::Panic]);
}
