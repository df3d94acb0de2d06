//! `firesteel.jni.NativeTrainer`: rounds of training, by their handles.

use std::sync::{Mutex, TryLockError};

use firesteel_boundary::arrays::{self, check_length};
use firesteel_boundary::{Code, Failure, Table, entry};
use firesteel_core::ErrorKind;
use firesteel_torch_train::{Batch, Config, Error, Inputs, Trainer};
use jni::objects::{JByteArray, JClass, JDoubleArray, JFloatArray, JIntArray, JString};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, jni_mangle};

static TRAINERS: Table<Mutex<Trainer>> = Table::new(2, "trainer");

/// What `step` writes: the mean loss and the number of correct rows.
const RESULTS: usize = 2;

/// Begins a round: configuration as JSON, weights, and the optimizer's state (empty at the first round).
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    config: JString<'local>,
    weights: JFloatArray<'local>,
    state: JFloatArray<'local>,
) -> jlong {
    entry(&mut env, "NativeTrainer.open", |env| {
        let config = Config::from_json(&arrays::string(env, &config, "config")?).map_err(failure)?;
        let weights = arrays::numbers(env, &weights, "weights")?;
        let state = arrays::numbers(env, &state, "state")?;
        TRAINERS.insert(Mutex::new(Trainer::new(&config, &weights, &state).map_err(failure)?))
    })
}

/// Learns from a mini-batch of bytes.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn step_bytes<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    inputs: JByteArray<'local>,
    labels: JIntArray<'local>,
    results: JDoubleArray<'local>,
) {
    entry(&mut env, "NativeTrainer.stepBytes", |env| {
        let inputs = arrays::bytes(env, &inputs, "inputs")?;
        step(env, id, Inputs::Bytes(&inputs), &labels, &results)
    })
}

/// Learns from a mini-batch of numbers.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn step_floats<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    inputs: JFloatArray<'local>,
    labels: JIntArray<'local>,
    results: JDoubleArray<'local>,
) {
    entry(&mut env, "NativeTrainer.stepFloats", |env| {
        let inputs = arrays::numbers(env, &inputs, "inputs")?;
        step(env, id, Inputs::Floats(&inputs), &labels, &results)
    })
}

/// The weights.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn weights<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
) -> JFloatArray<'local> {
    entry(&mut env, "NativeTrainer.weights", |env| {
        let mut out = vec![];
        with_trainer(id, |trainer| {
            out = arrays::zeros(trainer.values(), 0.0)?;
            trainer.weights(&mut out).map_err(failure)
        })?;
        arrays::new_floats(env, &out)
    })
}

/// The optimizer's state, for the next round; empty where it has none.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn state<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> JFloatArray<'local> {
    entry(&mut env, "NativeTrainer.state", |env| {
        let mut out = vec![];
        with_trainer(id, |trainer| {
            out = arrays::zeros(trainer.state_values(), 0.0)?;
            trainer.state(&mut out).map_err(failure)
        })?;
        arrays::new_floats(env, &out)
    })
}

/// Closes a handle.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) {
    entry(&mut env, "NativeTrainer.close", |_| TRAINERS.close(id))
}

/// The number of open handles.
#[jni_mangle("firesteel.jni.NativeTrainer")]
pub fn live<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> jint {
    entry(&mut env, "NativeTrainer.live", |_| Ok(TRAINERS.live() as jint))
}

fn step(
    env: &Env,
    id: jlong,
    inputs: Inputs,
    labels: &JIntArray,
    results: &JDoubleArray,
) -> Result<(), Failure> {
    let labels = arrays::numbers(env, labels, "labels")?;
    check_length("results", arrays::length(env, results, "results")?, RESULTS)?;
    let mut out = [0.0; RESULTS];
    with_trainer(id, |trainer| {
        let result = trainer.step(&Batch { inputs, labels: &labels }).map_err(failure)?;
        out = [result.loss, result.correct as f64];
        Ok(())
    })?;
    arrays::fill(env, results, &out)
}

/// Runs `work` on a trainer, unless another thread is using it or a panic has left it in an unknown state.
fn with_trainer(id: jlong, work: impl FnOnce(&mut Trainer) -> Result<(), Failure>) -> Result<(), Failure> {
    let trainer = TRAINERS.get(id)?;
    match trainer.try_lock() {
        Ok(mut trainer) => {
            firesteel_boundary::faults::point(firesteel_boundary::faults::Point::Locked)?;
            work(&mut trainer)
        }
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            Code::Busy,
            "another thread is using this trainer: a trainer belongs to one task",
        )),
        Err(TryLockError::Poisoned(_)) => Err(Failure::new(
            Code::Poisoned,
            "this trainer panicked before: close it and begin the round anew",
        )),
    }
}

fn failure(error: Error) -> Failure {
    let code = match &error {
        Error::Core(core) if core.kind() == ErrorKind::Internal => Code::Internal,
        Error::Core(_)
        | Error::Syntax(_)
        | Error::Setting { .. }
        | Error::Length { .. }
        | Error::Label { .. }
        | Error::TrainableLayers { .. }
        | Error::AugmentedNumbers
        | Error::NoRandomness { .. }
        | Error::OneValue { .. } => Code::Argument,
        Error::Diverged { .. } => Code::Diverged,
        Error::NoGpu => Code::Device,
        Error::Torch(_) => Code::Torch,
    };
    Failure::new(code, error.to_string())
}
