//! `firesteel.jni.NativeModel`: networks and model files, which are bytes to Java.

use firesteel_boundary::{Code, Failure, arrays, entry};
use firesteel_core::network::{Graph, Summary};
use firesteel_core::{Digest, Initializer, Metadata, Model, read_header, read_model, transfer, write_model};
use jni::objects::{JByteArray, JClass, JFloatArray, JString};
use jni::sys::jlong;
use jni::{EnvUnowned, jni_mangle};
use serde::Serialize;

use crate::{failure, from_json, to_json};

/// A network and what there is to know of it. The network itself is text within JSON, as Java hands it back as it is.
#[derive(Serialize)]
struct Described {
    network: String,
    #[serde(flatten)]
    summary: Summary,
}

/// What a model file says; networks and preprocessing as in [`Described`].
#[derive(Serialize)]
struct Said<'a> {
    network: String,
    preprocessing: String,
    labels: &'a [String],
}

fn said(Metadata { network, preprocessing, labels, .. }: &Metadata) -> Result<String, Failure> {
    to_json(&Said { network: to_json(network)?, preprocessing: to_json(preprocessing)?, labels })
}

/// Checks a network and sums it up, as JSON.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn describe<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    network: JString<'local>,
) -> JString<'local> {
    entry(&mut env, "NativeModel.describe", |env| {
        let graph = graph(&arrays::string(env, &network, "network")?)?;
        let described = Described { network: to_json(graph.network())?, summary: Summary::of(&graph) };
        Ok(env.new_string(to_json(&described)?)?)
    })
}

/// Draws the initial weights of a network.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn initial_weights<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    network: JString<'local>,
    initializer: JString<'local>,
    seed: jlong,
) -> JFloatArray<'local> {
    entry(&mut env, "NativeModel.initialWeights", |env| {
        let graph = graph(&arrays::string(env, &network, "network")?)?;
        let initializer =
            Initializer::from_name(&arrays::string(env, &initializer, "initializer")?).map_err(failure)?;
        arrays::new_floats(env, &initializer.weights(graph.layout(), seed.cast_unsigned()))
    })
}

/// The weights of a model file for a network, but for some layers, which are drawn.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn starting_weights<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    network: JString<'local>,
    file: JByteArray<'local>,
    fresh: JString<'local>,
    initializer: JString<'local>,
    seed: jlong,
) -> JFloatArray<'local> {
    entry(&mut env, "NativeModel.startingWeights", |env| {
        let graph = graph(&arrays::string(env, &network, "network")?)?;
        let fresh: Vec<String> = from_json("fresh", &arrays::string(env, &fresh, "fresh")?)?;
        let initializer =
            Initializer::from_name(&arrays::string(env, &initializer, "initializer")?).map_err(failure)?;
        let model = read_model(&arrays::bytes(env, &file, "file")?).map_err(failure)?;
        let weights = transfer(&graph, &model, &fresh, initializer, seed.cast_unsigned()).map_err(failure)?;
        arrays::new_floats(env, &weights)
    })
}

/// Checks the parts of a model and writes its file.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn write<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    network: JString<'local>,
    preprocessing: JString<'local>,
    labels: JString<'local>,
    weights: JFloatArray<'local>,
) -> JByteArray<'local> {
    entry(&mut env, "NativeModel.write", |env| {
        let graph = graph(&arrays::string(env, &network, "network")?)?;
        let preprocessing =
            from_json("preprocessing", &arrays::string(env, &preprocessing, "preprocessing")?)?;
        let labels = from_json("labels", &arrays::string(env, &labels, "labels")?)?;
        let weights = arrays::numbers(env, &weights, "weights")?;
        let model = Model::new(graph, preprocessing, labels, weights).map_err(failure)?;
        arrays::new_bytes(env, &mut write_model(&model).map_err(failure)?)
    })
}

/// Checks all of a model file and gives its metadata, as JSON.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn metadata<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    file: JByteArray<'local>,
) -> JString<'local> {
    entry(&mut env, "NativeModel.metadata", |env| {
        let model = read_model(&arrays::bytes(env, &file, "file")?).map_err(failure)?;
        Ok(env.new_string(said(&Metadata::of(&model))?)?)
    })
}

/// Checks the header alone, from the beginning of a model file, and gives its metadata, as JSON.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn header<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    start: JByteArray<'local>,
    file_bytes: jlong,
) -> JString<'local> {
    entry(&mut env, "NativeModel.header", |env| {
        let start = arrays::bytes(env, &start, "start")?;
        let file_bytes = u64::try_from(file_bytes)
            .map_err(|_| Failure::new(Code::Argument, format!("fileBytes is {file_bytes}")))?;
        let metadata = read_header(&start, file_bytes).map_err(failure)?;
        Ok(env.new_string(said(&metadata)?)?)
    })
}

/// The SHA-256 of a file.
#[jni_mangle("firesteel.jni.NativeModel")]
pub fn digest<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    file: JByteArray<'local>,
) -> JString<'local> {
    entry(&mut env, "NativeModel.digest", |env| {
        let digest = Digest::of(&arrays::bytes(env, &file, "file")?);
        Ok(env.new_string(digest.to_string())?)
    })
}

fn graph(network: &str) -> Result<Graph, Failure> {
    Graph::from_json(network).map_err(failure)
}
