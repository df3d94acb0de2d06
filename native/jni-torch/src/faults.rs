//! `firesteel.jni.NativeFaults`, of the tests: makes the next native method of this thread fail.

use firesteel_boundary::faults::{Point, arm};
use jni::objects::JClass;
use jni::sys::{jboolean, jint};
use jni::{EnvUnowned, jni_mangle};

/// Point 0 to 3: arguments, body, result, and with the trainer's lock held.
#[jni_mangle("firesteel.jni.NativeFaults")]
pub fn arm_torch<'local>(_env: EnvUnowned<'local>, _class: JClass<'local>, point: jint, panics: jboolean) {
    arm(Point::from_number(point), panics);
}
