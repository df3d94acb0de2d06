//! The one guard around every native method.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jni::errors::LogErrorAndDefault;
use jni::objects::JThrowable;
use jni::strings::JNIString;
use jni::{Env, EnvUnowned, JValue, jni_sig, jni_str};

use crate::faults::{self, Point};
use crate::{Code, Failure, panics};

/// Runs the body of the native method `method`. Where the body fails or panics, the Java exception of the
/// contract is pending when this returns, and the value returned means nothing to the JVM.
pub fn entry<'local, T: Default>(
    env: &mut EnvUnowned<'local>,
    method: &'static str,
    body: impl FnOnce(&mut Env<'local>) -> Result<T, Failure>,
) -> T {
    panics::install();
    env.with_env_no_catch(|env| -> jni::errors::Result<T> {
        let failure = match catch_unwind(AssertUnwindSafe(|| guarded(env, method, body))) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(failure)) => failure,
            Err(payload) => {
                let message = format!("{method} panicked: {}", panics::describe(&*payload));
                Failure::new(Code::Panic, message)
            }
        };
        throw(env, &failure);
        Ok(T::default())
    })
    .resolve::<LogErrorAndDefault>()
}

fn guarded<'local, T>(
    env: &mut Env<'local>,
    method: &'static str,
    body: impl FnOnce(&mut Env<'local>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    faults::enter(method);
    faults::point(Point::Arguments)?;
    let value = body(env)?;
    // For the bodies that come by no such point themselves.
    faults::point(Point::Body)?;
    faults::point(Point::Result)?;
    Ok(value)
}

/// Leaves the exception pending that belongs to the failure.
fn throw(env: &mut Env, failure: &Failure) {
    if env.exception_check() {
        // The JVM has one already, and it is what went wrong first.
        return;
    }
    let message = JNIString::new(&failure.message);
    // Each of these reports the exception that it makes pending as an error.
    let _ = match failure.code {
        Code::Argument => env.throw_new(jni_str!("java/lang/IllegalArgumentException"), message),
        Code::Handle => env.throw_new(jni_str!("java/lang/IllegalStateException"), message),
        code => throw_native(env, code, &failure.message),
    };
    if !env.exception_check() {
        // Our own class could not be used (the jar was replaced under a running JVM, say): one that is always there.
        let _ = env.throw_new(jni_str!("java/lang/RuntimeException"), JNIString::new(&failure.message));
    }
    if !env.exception_check() {
        // Going on would let a default value pass for a result.
        env.fatal_error(jni_str!("firesteel: a native error could not be thrown as an exception"));
    }
}

fn throw_native(env: &mut Env, code: Code, message: &str) -> jni::errors::Result<()> {
    let message = env.new_string(message)?;
    let exception = env.new_object(
        jni_str!("firesteel/jni/NativeException"),
        jni_sig!((code: jint, message: JString) -> ()),
        &[JValue::Int(code as i32), JValue::Object(&message)],
    )?;
    let exception = env.cast_local::<JThrowable>(exception)?;
    env.throw(exception)
}
