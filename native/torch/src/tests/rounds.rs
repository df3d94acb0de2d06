//! A round is a function of weights, state and mini-batches: nothing else has a part in it.

use firesteel_core::network::Network;

use super::{Rows, bits, config, formula, state_of, trainer, weights_of};
use crate::{Batch, Config, Inputs, Trainer};

fn network() -> Network {
    Network::input(&[1, 12, 12]).conv(6, 3).relu().max_pool(2).flatten().dense(16).relu().dense(10).build()
}

fn with_momentum() -> Config {
    Config { momentum: 0.9, weight_decay: 5e-4, ..config(&network(), 0.05) }
}

fn steps(trainer: &mut Trainer, steps: std::ops::Range<usize>) -> Vec<u64> {
    steps.map(|i| trainer.step(&Rows::of_step(&network(), i, 8).batch()).unwrap().loss.to_bits()).collect()
}

/// All bits that come of a run of 10 steps.
fn run(config: &Config) -> (Vec<u64>, Vec<u32>, Vec<u32>) {
    let mut trainer = trainer(config);
    let losses = steps(&mut trainer, 0..10);
    (losses, bits(&weights_of(&trainer)), bits(&state_of(&trainer)))
}

#[test]
fn ten_steps_are_five_and_five_bit_for_bit() {
    let mut options = 0;
    for config in [with_momentum(), config(&network(), 0.05)] {
        let (losses, weights, state) = run(&config);
        let mut first = trainer(&config);
        let mut in_two = steps(&mut first, 0..5);
        let (half_weights, half_state) = (weights_of(&first), state_of(&first));
        drop(first);
        assert_ne!(bits(&half_weights), weights);
        let mut second = Trainer::new(&Config { round: 1, ..config }, &half_weights, &half_state).unwrap();
        in_two.extend(steps(&mut second, 5..10));
        assert_eq!(in_two, losses);
        assert_eq!(bits(&weights_of(&second)), weights);
        assert_eq!(bits(&state_of(&second)), state);
        options += 1;
    }
    assert_eq!(options, 2);
}

#[test]
fn a_state_that_is_forgotten_makes_a_difference() {
    let (_, weights, state) = run(&with_momentum());
    assert!(state.iter().any(|&v| v != 0));
    let mut first = trainer(&with_momentum());
    steps(&mut first, 0..5);
    let mut second = Trainer::new(&with_momentum(), &weights_of(&first), &[]).unwrap();
    steps(&mut second, 5..10);
    assert_ne!(bits(&weights_of(&second)), weights);
}

#[test]
fn trainers_on_several_threads_at_once_give_the_bits_of_a_serial_run() {
    let serial = run(&with_momentum());
    assert_eq!(run(&with_momentum()), serial, "a serial run must repeat itself");
    let start = std::sync::Barrier::new(3);
    let results: Vec<_> = std::thread::scope(|scope| {
        let thread = || {
            start.wait();
            run(&with_momentum())
        };
        let threads = [scope.spawn(thread), scope.spawn(thread), scope.spawn(thread)];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|result| *result == serial));
}

#[test]
fn every_thread_that_trains_uses_itself_alone() {
    let mut threads = vec![];
    for _ in 0..2 {
        let after = std::thread::spawn(|| {
            tch::set_num_threads(3);
            let before = tch::get_num_threads();
            drop(trainer(&with_momentum()));
            (before, tch::get_num_threads())
        });
        threads.push(after.join().unwrap());
    }
    assert_eq!(threads, [(3, 1); 2]);
}

#[test]
fn a_trainer_may_be_handed_to_another_thread() {
    let serial = run(&with_momentum());
    let mut trainer = trainer(&with_momentum());
    let mut losses = steps(&mut trainer, 0..5);
    let (rest, weights) = std::thread::spawn(move || {
        let losses = steps(&mut trainer, 5..10);
        assert_eq!(tch::get_num_threads(), 1);
        (losses, bits(&weights_of(&trainer)))
    })
    .join()
    .unwrap();
    losses.extend(rest);
    assert_eq!((losses, weights), (serial.0, serial.1));
}

#[test]
fn trainers_that_take_turns_do_not_know_of_each_other() {
    let serial = run(&with_momentum());
    let mut trainers =
        [trainer(&with_momentum()), trainer(&config(&network(), 1e-3)), trainer(&with_momentum())];
    for i in 0..10 {
        for trainer in &mut trainers {
            steps(trainer, i..i + 1);
        }
    }
    for trainer in [&trainers[0], &trainers[2]] {
        assert_eq!(
            (bits(&weights_of(trainer)), bits(&state_of(trainer))),
            (serial.1.clone(), serial.2.clone())
        );
    }
}

#[test]
fn bytes_and_the_numbers_they_stand_for_give_the_same_weights() {
    let (mut by_bytes, mut by_numbers) = (trainer(&with_momentum()), trainer(&with_momentum()));
    for i in 0..3 {
        let rows = Rows::of_step(&network(), i, 8);
        let numbers: Vec<f32> = rows.bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
        let batch = Batch { inputs: Inputs::Floats(&numbers), labels: &rows.labels };
        assert_eq!(by_bytes.step(&rows.batch()).unwrap(), by_numbers.step(&batch).unwrap());
    }
    assert_eq!(bits(&weights_of(&by_bytes)), bits(&weights_of(&by_numbers)));
}

#[test]
fn a_final_softmax_does_not_change_training() {
    let graph = firesteel_core::network::Graph::new(&network()).unwrap();
    let with_softmax = Network::input(&[1, 12, 12])
        .conv(6, 3)
        .relu()
        .max_pool(2)
        .flatten()
        .dense(16)
        .relu()
        .dense(10)
        .softmax()
        .build();
    let config = Config { network: with_softmax, ..with_momentum() };
    let mut trainer = Trainer::new(&config, &formula::weights(graph.layout()), &[]).unwrap();
    let losses = steps(&mut trainer, 0..10);
    let (expected, weights, _) = run(&with_momentum());
    assert_eq!((losses, bits(&weights_of(&trainer))), (expected, weights));
}

#[test]
fn rows_of_another_number_may_follow() {
    let mut trainer = trainer(&with_momentum());
    let mut results = vec![];
    for rows in [1, 8, 3] {
        let rows = Rows::new(&network(), ["images", "labels"], rows);
        results.push(trainer.step(&rows.batch()).unwrap().correct <= rows.labels.len());
    }
    assert_eq!(results, [true; 3]);
}
