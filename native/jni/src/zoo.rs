//! `firesteel.jni.NativeZoo`: networks that many people know, and weights of other programs.

use firesteel_boundary::{Code, Failure, arrays, entry};
use firesteel_core::network::Network;
use firesteel_core::{Architecture, Preprocessing, import, write_model, zoo};
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::jint;
use jni::{EnvUnowned, jni_mangle};

use crate::{failure, from_json, to_json};

/// All networks, as a JSON array.
#[jni_mangle("firesteel.jni.NativeZoo")]
pub fn list<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    entry(&mut env, "NativeZoo.list", |env| Ok(env.new_string(to_json(&zoo::list())?)?))
}

/// The description of a network with that many classes, as JSON.
#[jni_mangle("firesteel.jni.NativeZoo")]
pub fn network<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    name: JString<'local>,
    classes: jint,
) -> JString<'local> {
    entry(&mut env, "NativeZoo.network", |env| {
        let name = arrays::string(env, &name, "name")?;
        let classes = usize::try_from(classes).ok().filter(|&classes| classes > 0).ok_or_else(|| {
            Failure::new(Code::Argument, format!("classes is {classes}: it must be at least 1"))
        })?;
        let network = zoo::network(&name, classes).map_err(failure)?;
        Ok(env.new_string(network.to_json().map_err(failure)?)?)
    })
}

/// A model file of the weights in another program's file. `architecture` is a name of the zoo, of whose preprocessing
/// `preprocessing` has what differs, or a network's description, which begins with a brace and needs all of it.
#[jni_mangle("firesteel.jni.NativeZoo")]
pub fn import_weights<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    architecture: JString<'local>,
    preprocessing: JString<'local>,
    weights: JByteArray<'local>,
    labels: JString<'local>,
) -> JByteArray<'local> {
    entry(&mut env, "NativeZoo.importWeights", |env| {
        let architecture = arrays::string(env, &architecture, "architecture")?;
        let preprocessing = arrays::string(env, &preprocessing, "preprocessing")?;
        let (architecture, preprocessing) = choose(&architecture, &preprocessing)?;
        let labels = from_json("labels", &arrays::string(env, &labels, "labels")?)?;
        let weights = arrays::bytes(env, &weights, "weights")?;
        let model = import(&architecture, &weights, labels).map_err(failure)?;
        let model = model.with_preprocessing(preprocessing).map_err(failure)?;
        arrays::new_bytes(env, &mut write_model(&model).map_err(failure)?)
    })
}

fn choose(architecture: &str, preprocessing: &str) -> Result<(Architecture, Preprocessing), Failure> {
    if architecture.trim_start().starts_with('{') {
        let network = Network::from_json(architecture).map_err(failure)?;
        let preprocessing: Preprocessing = from_json("preprocessing", preprocessing)?;
        Ok((Architecture::Own(network, preprocessing.clone()), preprocessing))
    } else {
        let entry = zoo::entry(architecture).map_err(failure)?;
        let preprocessing = entry.preprocessing().changed(preprocessing).map_err(failure)?;
        Ok((Architecture::Zoo(entry), preprocessing))
    }
}
