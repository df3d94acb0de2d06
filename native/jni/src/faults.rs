//! `firesteel.jni.NativeFaults`, of the tests: makes the next native method of this thread fail.

use firesteel_boundary::faults::{Point, arm};
use jni::objects::JClass;
use jni::sys::{jboolean, jint};
use jni::{EnvUnowned, jni_mangle};

/// Point 0 to 2: arguments, body, result.
#[jni_mangle("firesteel.jni.NativeFaults")]
pub fn arm_firesteel<'local>(
    _env: EnvUnowned<'local>,
    _class: JClass<'local>,
    point: jint,
    panics: jboolean,
) {
    arm(Point::from_number(point), panics);
}

/// Panics without a guard, to show what the guard is for.
#[jni_mangle("firesteel.jni.NativeFaults")]
pub fn panic_unguarded<'local>(_env: EnvUnowned<'local>, _class: JClass<'local>) {
    std::panic::panic_any("FIRESTEEL_FAULT without a guard");
}
