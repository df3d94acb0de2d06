//! What cannot be trained, and says so.

use firesteel_core::Error as CoreError;
use firesteel_core::network::Network;

use super::{Rows, bits, config, formula, state_of, trainer, weights_of};
use crate::{Batch, Config, DeviceChoice, Error, Inputs, Trainer};

const VALUES: usize = 4;
const CLASSES: usize = 3;

fn network() -> Network {
    Network::input(&[VALUES]).dense(5).relu().dense(CLASSES).build()
}

/// A trainer in round 3 that has made a step, and the rows of that step.
fn after_one_step() -> (Trainer, Vec<f32>, Vec<i32>) {
    let mut trainer = trainer(&Config { momentum: 0.9, round: 2, ..config(&network(), 0.1) });
    let inputs = formula::floats("input", 2 * VALUES, 1.0);
    trainer.step(&Batch { inputs: Inputs::Floats(&inputs), labels: &[0, 2] }).unwrap();
    (trainer, inputs, vec![0, 2])
}

#[test]
fn an_input_that_is_not_finite_is_named_with_round_and_step_and_changes_nothing() {
    let mut cases = 0;
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for (at, row) in [(0, 0), (3, 0), (4, 1)] {
            let (mut trainer, inputs, labels) = after_one_step();
            let (weights, state) = (weights_of(&trainer), state_of(&trainer));
            let mut bad = inputs.clone();
            bad[at] = value;
            let error = trainer.step(&Batch { inputs: Inputs::Floats(&bad), labels: &labels }).unwrap_err();
            assert!(matches!(error, Error::Diverged { round: 3, step: 2, .. }), "{error:?}");
            assert_eq!(
                error.to_string(),
                format!(
                    "round 3, step 2: the input in row {row} of the mini-batch is not finite; \
                     lower learningRate, or look for inputs out of the ordinary"
                )
            );
            assert_eq!(bits(&weights_of(&trainer)), bits(&weights));
            assert_eq!(bits(&state_of(&trainer)), bits(&state));
            cases += 1;
        }
    }
    assert_eq!(cases, 9);
}

#[test]
fn a_loss_that_is_not_finite_is_named_with_round_and_step_and_changes_nothing() {
    let config = Config { momentum: 0.9, round: 2, ..config(&network(), 0.1) };
    let mut trainer = Trainer::new(&config, &[2.0; 43], &[]).unwrap();
    let mut step = |input: f32| {
        let inputs = Inputs::Floats(&[input; VALUES]);
        let result = trainer.step(&Batch { inputs, labels: &[0] });
        (result, weights_of(&trainer), state_of(&trainer))
    };
    let (result, weights, state) = step(1.0);
    assert!(result.is_ok());
    let (result, weights_after, state_after) = step(f32::MAX);
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Diverged { round: 3, step: 2, .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("round 3, step 2: the loss ("), "{message}");
    assert_eq!(bits(&weights_after), bits(&weights));
    assert_eq!(bits(&state_after), bits(&state));
}

#[test]
fn weights_that_explode_are_an_error_and_never_a_result() {
    let mut trainer = trainer(&config(&network(), 1e38));
    let inputs = formula::floats("input", 2 * VALUES, 1.0);
    let batch = Batch { inputs: Inputs::Floats(&inputs), labels: &[0, 2] };
    let results: Vec<_> = (0..4).map(|_| trainer.step(&batch)).collect();
    assert!(results[0].is_ok());
    let error = results.into_iter().find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Diverged { round: 1, step: 2.., .. }), "{error:?}");

    let not_finite = Trainer::new(&config(&network(), 0.1), &[f32::NAN; 43], &[]).unwrap();
    let message = not_finite.weights(&mut [0.0; 43]).unwrap_err().to_string();
    assert!(message.starts_with("round 1, step 0: a weight is not finite"), "{message}");
}

#[test]
fn a_label_out_of_range_is_named_with_its_row_and_the_classes_and_changes_nothing() {
    for (labels, label, row) in
        [([3, 0], 3, 0), ([0, -1], -1, 1), ([0, i32::MAX], i32::MAX, 1), ([i32::MIN, 9], i32::MIN, 0)]
    {
        let (mut trainer, inputs, _) = after_one_step();
        let before = weights_of(&trainer);
        let error = trainer.step(&Batch { inputs: Inputs::Floats(&inputs), labels: &labels }).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("label {label} in row {row} of the mini-batch is none of the classes 0 to 2")
        );
        assert_eq!(bits(&weights_of(&trainer)), bits(&before));
    }
}

#[test]
fn a_mini_batch_whose_parts_do_not_fit_together_is_refused() {
    let (mut trainer, floats, _) = after_one_step();
    let bytes = [0; 3 * VALUES];
    let mut refused =
        |inputs, labels: &[i32]| trainer.step(&Batch { inputs, labels }).unwrap_err().to_string();
    for (count, labels, expected) in [(7, 2, 8), (9, 2, 8), (0, 2, 8), (4, 2, 8), (12, 2, 8), (4, 3, 12)] {
        let labels = vec![0; labels];
        assert_eq!(
            refused(Inputs::Bytes(&bytes[..count]), &labels),
            format!("the mini-batch has {count} bytes of input, expected {expected}")
        );
    }
    assert_eq!(
        refused(Inputs::Floats(&floats[..7]), &[0, 1]),
        "the mini-batch has 7 numbers of input, expected 8"
    );
    assert_eq!(refused(Inputs::Floats(&floats), &[0]), "the mini-batch has 8 numbers of input, expected 4");
    assert_eq!(refused(Inputs::Bytes(&[]), &[]), "the mini-batch has 0 rows, expected 1");
}

#[test]
fn weights_and_states_of_the_wrong_number_are_refused() {
    let values = trainer(&config(&network(), 0.1)).values();
    assert_eq!(values, 43);
    let new = |momentum, weights: usize, state: usize| {
        let config = Config { momentum, ..config(&network(), 0.1) };
        Trainer::new(&config, &vec![0.0; weights], &vec![0.0; state]).map(drop)
    };
    assert!(new(0.0, 43, 0).is_ok());
    assert!(new(0.9, 43, 0).is_ok());
    assert!(new(0.9, 43, 43).is_ok());
    for weights in [0, 42, 44] {
        let error = new(0.9, weights, 0).unwrap_err();
        let expected = CoreError::WeightCount { expected: 43, found: weights };
        assert!(matches!(&error, Error::Core(core) if *core == expected), "{error:?}");
    }
    for (momentum, state, needed) in [(0.9, 42, 43), (0.9, 44, 43), (0.0, 43, 0), (0.0, 1, 0)] {
        let error = new(momentum, 43, state).unwrap_err();
        assert!(
            matches!(&error, &Error::Length { found, expected, .. } if (found, expected) == (state, needed)),
            "{error:?}"
        );
        assert_eq!(error.to_string(), format!("the optimizer state has {state} values, expected {needed}"));
    }
}

#[test]
fn output_arrays_of_the_wrong_number_are_refused_and_not_written() {
    let (trainer, _, _) = after_one_step();
    assert_eq!((trainer.values(), trainer.state_values()), (43, 43));
    for count in [0, 42, 44] {
        let mut out = vec![7.0; count];
        assert!(matches!(trainer.weights(&mut out), Err(Error::Length { .. })), "{count}");
        assert!(matches!(trainer.state(&mut out), Err(Error::Length { .. })), "{count}");
        assert!(out.iter().all(|&v| v == 7.0));
    }
    let without_momentum = super::trainer(&config(&network(), 0.1));
    assert_eq!(without_momentum.state_values(), 0);
    assert!(without_momentum.state(&mut []).is_ok());
    assert!(without_momentum.state(&mut [0.0; 43]).is_err());
}

#[test]
fn settings_out_of_range_are_named_with_their_value() {
    let good = || config(&network(), 0.1);
    let mut cases = 0;
    for (value, range) in [(0.0, "0"), (-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let error = refused(Config { learning_rate: value, ..good() });
        assert_eq!(error, format!("learningRate is {range}: it must be above 0"));
        cases += 1;
    }
    for (value, shown) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let error = refused(Config { momentum: value, ..good() });
        assert_eq!(error, format!("momentum is {shown}: it must be at least 0 and below 1"));
        cases += 1;
    }
    for (value, shown) in [(-1e-9, "-0.000000001"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let error = refused(Config { weight_decay: value, ..good() });
        assert_eq!(error, format!("weightDecay is {shown}: it must be at least 0"));
        cases += 1;
    }
    assert_eq!(cases, 11);
    let mut bad = good();
    bad.preprocessing.scale = f64::NAN;
    assert_eq!(refused(bad), "scale: must be a finite number other than 0");
    let map = Network::input(&[1, 4, 4]).conv(2, 3).build();
    assert_eq!(
        refused(config(&map, 0.1)),
        "network: the output of 'conv1' is 2x2x2, not a vector: put a flatten after it"
    );
}

fn refused(config: Config) -> String {
    Trainer::new(&config, &[0.0; 43], &[]).unwrap_err().to_string()
}

#[test]
fn a_network_without_weights_is_refused() {
    let network = Network::input(&[3]).softmax().build();
    assert_eq!(
        Trainer::new(&config(&network, 0.1), &[], &[]).unwrap_err().to_string(),
        "network: it has no weights: there is nothing to train"
    );
}

#[test]
fn asking_for_a_gpu_that_is_not_there_is_an_error() {
    let on = |device| {
        let weights = [0.0; 43];
        Trainer::new(&Config { device, ..config(&network(), 0.1) }, &weights, &[]).map(drop)
    };
    assert!(on(DeviceChoice::Cpu).is_ok());
    assert!(on(DeviceChoice::Auto).is_ok());
    if tch::Cuda::is_available() {
        assert!(on(DeviceChoice::Gpu).is_ok());
    } else {
        let error = on(DeviceChoice::Gpu).unwrap_err();
        assert!(matches!(error, Error::NoGpu), "{error:?}");
        assert!(error.to_string().starts_with("spark.firesteel.device is gpu, but libtorch finds no GPU"));
    }
}

#[test]
fn a_configuration_is_read_from_json_without_tolerating_unknown_fields() {
    let network = network().to_json().unwrap();
    let json = |device: &str, more: &str| {
        format!(
            r#"{{"network": {network}, "preprocessing": {{}}, "learningRate": 0.1, "momentum": 0.9,
               "weightDecay": 0.0005, "device": "{device}", "round": 7{more}}}"#
        )
    };
    let config = Config::from_json(&json("cpu", "")).unwrap();
    assert_eq!((config.learning_rate, config.momentum, config.weight_decay), (0.1, 0.9, 0.0005));
    assert_eq!((config.device, config.round), (DeviceChoice::Cpu, 7));
    assert_eq!(config.network.to_json().unwrap(), network);
    assert_eq!(Config::from_json(&json("gpu", "")).unwrap().device, DeviceChoice::Gpu);
    assert_eq!(Config::from_json(&json("auto", "")).unwrap().device, DeviceChoice::Auto);
    for (json, problem) in [
        (json("tpu", ""), "unknown variant `tpu`"),
        (json("cpu", r#", "nesterov": true"#), "unknown field `nesterov`"),
        (json("cpu", "").replace(r#""momentum": 0.9,"#, ""), "missing field `momentum`"),
        (json("cpu", "").replace("\"dense\"", "\"dance\""), "layer 'dense1': unknown variant `dance`"),
        (json("cpu", "").replace("7}", "-7}"), "invalid value: integer `-7`"),
    ] {
        let message = Config::from_json(&json).unwrap_err().to_string();
        assert!(message.starts_with("the training configuration is not valid: "), "{message}");
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn rows_after_a_refused_mini_batch_are_learnt_as_if_it_had_not_been_there() {
    let network = network();
    let config = Config { momentum: 0.9, ..config(&network, 0.1) };
    let (mut plain, mut disturbed) = (trainer(&config), trainer(&config));
    for i in 0..3 {
        let rows = Rows::of_step(&network, i, 4);
        let nan = [f32::NAN; VALUES];
        assert!(disturbed.step(&Batch { inputs: Inputs::Floats(&nan), labels: &[0] }).is_err());
        assert!(disturbed.step(&Batch { inputs: Inputs::Bytes(&rows.bytes), labels: &[3; 4] }).is_err());
        assert!(disturbed.step(&Batch { inputs: Inputs::Bytes(&[]), labels: &rows.labels }).is_err());
        assert_eq!(disturbed.step(&rows.batch()).unwrap(), plain.step(&rows.batch()).unwrap());
    }
    assert_eq!(bits(&weights_of(&disturbed)), bits(&weights_of(&plain)));
    assert_eq!(bits(&state_of(&disturbed)), bits(&state_of(&plain)));
}
