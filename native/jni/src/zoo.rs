//! `firesteel.jni.NativeZoo`: networks that many people know, and weights of other programs.

use firesteel_boundary::{Code, Failure, arrays, entry};
use firesteel_core::network::Network;
use firesteel_core::{Architecture, import, write_model, zoo};
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

/// A model file of the weights in another program's file. `architecture` is a name of the zoo, whose preprocessing
/// the model has, or a network's description, which begins with a brace and needs a preprocessing.
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
        let preprocessing = arrays::optional_string(env, &preprocessing, "preprocessing")?;
        let architecture = choose(&architecture, preprocessing.as_deref())?;
        let labels = from_json("labels", &arrays::string(env, &labels, "labels")?)?;
        let weights = arrays::bytes(env, &weights, "weights")?;
        let model = import(&architecture, &weights, labels).map_err(failure)?;
        arrays::new_bytes(env, &mut write_model(&model).map_err(failure)?)
    })
}

fn choose(architecture: &str, preprocessing: Option<&str>) -> Result<Architecture, Failure> {
    let problem = |message: &str| Failure::new(Code::Argument, message.to_owned());
    match (architecture.trim_start().starts_with('{'), preprocessing) {
        (true, Some(preprocessing)) => Ok(Architecture::Own(
            Network::from_json(architecture).map_err(failure)?,
            from_json("preprocessing", preprocessing)?,
        )),
        (false, None) => zoo::entry(architecture).map(Architecture::Zoo).map_err(failure),
        (true, None) => Err(problem("preprocessing is null")),
        (false, Some(_)) => Err(problem("preprocessing must be null: a network of the zoo has its own")),
    }
}
