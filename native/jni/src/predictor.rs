//! `firesteel.jni.NativePredictor`: models that are ready to run, by their handles.

use firesteel_boundary::{Table, arrays, entry};
use firesteel_core::{Digest, Kernels, Predictor, read_model};
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jboolean, jint, jlong};
use jni::{EnvUnowned, jni_mangle};

use crate::{count, failure, images};

pub(crate) static PREDICTORS: Table<Predictor> = Table::new(1, "predictor");

/// Verifies a model file against its digest, checks all of it and prepares it: for the outputs of layers, whose
/// names have commas between them, or for the scores before softmax where `layer` is null. `limits` are those of
/// encoded images, as JSON; null for the defaults. `exact` leaves Winograd's algorithm out.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    file: JByteArray<'local>,
    digest: JString<'local>,
    layer: JString<'local>,
    limits: JString<'local>,
    exact: jboolean,
) -> jlong {
    entry(&mut env, "NativePredictor.open", |env| {
        let file = arrays::bytes(env, &file, "file")?;
        Digest::verify(&file, &arrays::string(env, &digest, "digest")?).map_err(failure)?;
        let layers = arrays::optional_string(env, &layer, "layer")?;
        let limits = images::limits(env, &limits)?;
        let model = read_model(&file).map_err(failure)?;
        let layers: Option<Vec<&str>> = layers.as_deref().map(|names| names.split(',').collect());
        let kernels = Kernels { exact, ..Kernels::default() };
        let predictor = Predictor::with(kernels, model, layers.as_deref()).map_err(failure)?;
        PREDICTORS.insert(predictor.with_limits(limits))
    })
}

/// The number of values per row.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn width<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> jint {
    entry(&mut env, "NativePredictor.width", |_| Ok(PREDICTORS.get(id)?.width() as jint))
}

/// How many images it pays to compute at a time.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn images_at_once<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> jint {
    entry(&mut env, "NativePredictor.imagesAtOnce", |_| Ok(PREDICTORS.get(id)?.at_once() as jint))
}

/// The bytes that computing so many images at a time takes on each thread.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn arena_bytes<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    id: jlong,
    images: jint,
) -> jlong {
    entry(&mut env, "NativePredictor.arenaBytes", |_| {
        Ok(PREDICTORS.get(id)?.arena_bytes(count(images)).map_err(failure)? as jlong)
    })
}

/// The bytes of the weights.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn weight_bytes<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> jlong {
    entry(&mut env, "NativePredictor.weightBytes", |_| Ok(PREDICTORS.get(id)?.weight_bytes() as jlong))
}

/// The steps in which an image is computed, as a table.
#[jni_mangle("firesteel.jni.NativePredictor")]
pub fn explain<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, id: jlong) -> JString<'local> {
    entry(&mut env, "NativePredictor.explain", |env| Ok(env.new_string(PREDICTORS.get(id)?.explain())?))
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
