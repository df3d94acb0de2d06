//! `firesteel.jni.NativeFiresteel`: the library itself.

use std::fmt::Write as _;
use std::io::IsTerminal;

use firesteel_boundary::{Code, arrays, entry, logging};
use firesteel_core::Status;
use jni::objects::{JClass, JString};
use jni::sys::jboolean;
use jni::{EnvUnowned, jni_mangle};

/// The version, which must be the jar's.
#[jni_mangle("firesteel.jni.NativeFiresteel")]
pub fn version<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    entry(&mut env, "NativeFiresteel.version", |env| Ok(env.new_string(env!("CARGO_PKG_VERSION"))?))
}

/// Sets the log's level.
#[jni_mangle("firesteel.jni.NativeFiresteel")]
pub fn set_log_level<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, level: JString<'local>) {
    entry(&mut env, "NativeFiresteel.setLogLevel", |env| {
        logging::set_level(&arrays::string(env, &level, "level")?)
    })
}

/// The error codes, a line each: number and name.
#[jni_mangle("firesteel.jni.NativeFiresteel")]
pub fn error_codes<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    entry(&mut env, "NativeFiresteel.errorCodes", |env| {
        let lines = Code::ALL.iter().fold(String::new(), |mut text, (code, name)| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {name}", *code as i32);
            text
        });
        Ok(env.new_string(lines)?)
    })
}

/// The statuses of rows, a line each: number and name.
#[jni_mangle("firesteel.jni.NativeFiresteel")]
pub fn statuses<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    entry(&mut env, "NativeFiresteel.statuses", |env| {
        let lines: Vec<String> =
            Status::ALL.iter().map(|(status, name)| format!("{} {name}\n", *status as u8)).collect();
        Ok(env.new_string(lines.concat())?)
    })
}

/// Whether standard error is a terminal, which Java cannot tell.
#[jni_mangle("firesteel.jni.NativeFiresteel")]
pub fn stderr_is_terminal<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> jboolean {
    entry(&mut env, "NativeFiresteel.stderrIsTerminal", |_| Ok(std::io::stderr().is_terminal()))
}
