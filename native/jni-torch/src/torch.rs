//! `firesteel.jni.NativeTorch`: the library itself.

use firesteel_boundary::{arrays, entry, logging};
use jni::objects::{JClass, JString};
use jni::{EnvUnowned, jni_mangle};

/// The version, which must be the jar's.
#[jni_mangle("firesteel.jni.NativeTorch")]
pub fn version<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    entry(&mut env, "NativeTorch.version", |env| Ok(env.new_string(env!("CARGO_PKG_VERSION"))?))
}

/// Sets the log's level.
#[jni_mangle("firesteel.jni.NativeTorch")]
pub fn set_log_level<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, level: JString<'local>) {
    entry(&mut env, "NativeTorch.setLogLevel", |env| {
        logging::set_level(&arrays::string(env, &level, "level")?)
    })
}
