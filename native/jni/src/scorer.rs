//! `firesteel.jni.NativeScorer`: models with the memory in which a task runs them, by their handles.

use std::sync::{Mutex, PoisonError};

use firesteel_boundary::arrays::{self, Rows, check_length};
use firesteel_boundary::{Failure, Table, entry};
use firesteel_core::{Row, Scorer, Status};
use jni::objects::{JByteArray, JClass, JFloatArray, JObjectArray};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, jni_mangle};

use crate::predictor::PREDICTORS;
use crate::{count, failure, images};

static SCORERS: Table<Mutex<Scorer>> = Table::new(3, "scorer");

/// Takes the memory in which `workers` threads compute `images` images at a time each.
#[jni_mangle("firesteel.jni.NativeScorer")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    predictor: jlong,
    images: jint,
    workers: jint,
) -> jlong {
    entry(&mut env, "NativeScorer.open", |_| {
        let predictor = PREDICTORS.get(predictor)?;
        SCORERS.insert(Mutex::new(Scorer::new(predictor, count(images), count(workers)).map_err(failure)?))
    })
}

/// Scores rows of bytes.
#[jni_mangle("firesteel.jni.NativeScorer")]
pub fn predict_bytes<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    rows: JObjectArray<'local, JByteArray<'local>>,
    scores: JFloatArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativeScorer.predictBytes", |env| {
        let rows = arrays::byte_rows(env, &rows)?;
        predict(env, id, &rows, Row::Bytes, &scores, &status)
    })
}

/// Scores rows of numbers.
#[jni_mangle("firesteel.jni.NativeScorer")]
pub fn predict_floats<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    rows: JObjectArray<'local, JFloatArray<'local>>,
    scores: JFloatArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativeScorer.predictFloats", |env| {
        let rows = arrays::float_rows(env, &rows)?;
        predict(env, id, &rows, Row::Floats, &scores, &status)
    })
}

/// Closes a handle, which frees its memory.
#[jni_mangle("firesteel.jni.NativeScorer")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) {
    entry(&mut env, "NativeScorer.close", |_| SCORERS.close(id))
}

/// The number of open handles.
#[jni_mangle("firesteel.jni.NativeScorer")]
pub fn live<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> jint {
    entry(&mut env, "NativeScorer.live", |_| Ok(SCORERS.live() as jint))
}

fn predict<'a, T: Copy + Default>(
    env: &Env,
    id: jlong,
    rows: &'a Rows<T>,
    row: impl Fn(&'a [T]) -> Row<'a>,
    scores: &JFloatArray,
    status: &JByteArray,
) -> Result<(), Failure> {
    let scorer = SCORERS.get(id)?;
    // Of threads that share a scorer, one waits for the other. What a panic has left behind is overwritten before it
    // is read.
    let mut scorer = scorer.lock().unwrap_or_else(PoisonError::into_inner);
    let rows: Vec<Row> = rows.iter().map(|values| values.map_or(Row::Null, &row)).collect();
    let values = rows.len() * scorer.predictor().width();
    check_length("scores", arrays::length(env, scores, "scores")?, values)?;
    check_length("status", arrays::length(env, status, "status")?, rows.len())?;
    let mut out = arrays::zeros(values, 0.0)?;
    let mut statuses = arrays::zeros(rows.len(), Status::Panic)?;
    scorer.predict(&rows, &mut out, &mut statuses).map_err(failure)?;
    arrays::fill(env, scores, &out)?;
    images::fill_statuses(env, status, &statuses)
}
