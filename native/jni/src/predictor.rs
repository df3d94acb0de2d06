//! `firesteel.jni.NativePredictor`: models that are ready to run, by their handles.

use firesteel_boundary::arrays::{self, Rows, check_length};
use firesteel_boundary::{Failure, Table, entry};
use firesteel_core::{Digest, Predictor, Row, Status, read_model};
use jni::objects::{JByteArray, JClass, JFloatArray, JObjectArray, JString};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, jni_mangle};

use crate::{failure, images};

static PREDICTORS: Table<Predictor> = Table::new(1, "predictor");

/// Verifies a model file against its digest, checks all of it and prepares it: for the outputs of layers, whose
/// names have commas between them, or for the scores before softmax where `layer` is null. `limits` are those of encoded images, as JSON; null for the
/// defaults.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    file: JByteArray<'local>,
    digest: JString<'local>,
    layer: JString<'local>,
    limits: JString<'local>,
) -> jlong {
    entry(&mut env, "NativePredictor.open", |env| {
        let file = arrays::bytes(env, &file, "file")?;
        Digest::verify(&file, &arrays::string(env, &digest, "digest")?).map_err(failure)?;
        let layers = arrays::optional_string(env, &layer, "layer")?;
        let limits = images::limits(env, &limits)?;
        let model = read_model(&file).map_err(failure)?;
        let predictor = match layers {
            Some(layers) => {
                let layers: Vec<&str> = layers.split(',').collect();
                Predictor::of_layers(model, &layers).map_err(failure)?
            }
            None => Predictor::new(model).map_err(failure)?,
        };
        PREDICTORS.insert(predictor.with_limits(limits))
    })
}

/// The number of values per row.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn width<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> jint {
    entry(&mut env, "NativePredictor.width", |_| Ok(PREDICTORS.get(id)?.width() as jint))
}

/// Scores rows of bytes.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn predict_bytes<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    rows: JObjectArray<'local, JByteArray<'local>>,
    scores: JFloatArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativePredictor.predictBytes", |env| {
        let rows = arrays::byte_rows(env, &rows)?;
        predict(env, id, &rows, Row::Bytes, &scores, &status)
    })
}

/// Scores rows of numbers.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn predict_floats<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    rows: JObjectArray<'local, JFloatArray<'local>>,
    scores: JFloatArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativePredictor.predictFloats", |env| {
        let rows = arrays::float_rows(env, &rows)?;
        predict(env, id, &rows, Row::Floats, &scores, &status)
    })
}

/// Closes a handle.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) {
    entry(&mut env, "NativePredictor.close", |_| PREDICTORS.close(id))
}

/// The number of open handles.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn live<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> jint {
    entry(&mut env, "NativePredictor.live", |_| Ok(PREDICTORS.live() as jint))
}

fn predict<'a, T: Copy + Default>(
    env: &Env,
    id: jlong,
    rows: &'a Rows<T>,
    row: impl Fn(&'a [T]) -> Row<'a>,
    scores: &JFloatArray,
    status: &JByteArray,
) -> Result<(), Failure> {
    let predictor = PREDICTORS.get(id)?;
    let rows: Vec<Row> = rows.iter().map(|values| values.map_or(Row::Null, &row)).collect();
    let values = rows.len() * predictor.width();
    check_length("scores", arrays::length(env, scores, "scores")?, values)?;
    check_length("status", arrays::length(env, status, "status")?, rows.len())?;
    let mut out = arrays::zeros(values, 0.0)?;
    let mut statuses = arrays::zeros(rows.len(), Status::Panic)?;
    predictor.predict(&rows, &mut out, &mut statuses).map_err(failure)?;
    arrays::fill(env, scores, &out)?;
    images::fill_statuses(env, status, &statuses)
}
