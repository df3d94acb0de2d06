//! `firesteel.jni.NativeRandom`: the one source of randomness, for what the JVM shuffles.

use firesteel_boundary::{Failure, arrays, entry};
use firesteel_core::random::{Key, Purpose};
use jni::objects::{JClass, JIntArray, JLongArray};
use jni::sys::{jint, jlong};
use jni::{EnvUnowned, jni_mangle};

/// Sort keys that put rows into a random order: those of the rows of a partition from `row` on.
#[jni_mangle("firesteel.jni.NativeRandom")]
pub fn row_keys<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    seed: jlong,
    partition: jint,
    row: jlong,
    out: JLongArray<'local>,
) {
    entry(&mut env, "NativeRandom.rowKeys", |env| {
        let mut numbers = arrays::zeros(arrays::length(env, &out, "out")?, 0)?;
        let key = Key {
            partition: partition.cast_unsigned(),
            row: row.cast_unsigned(),
            ..Key::new(seed.cast_unsigned(), Purpose::Rows)
        };
        key.numbers(&mut numbers);
        arrays::fill(env, &out, &numbers)
    })
}

/// A random order of a window of a worker's rows.
#[jni_mangle("firesteel.jni.NativeRandom")]
pub fn window_order<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    seed: jlong,
    round: jint,
    partition: jint,
    window: jint,
    out: JIntArray<'local>,
) {
    entry(&mut env, "NativeRandom.windowOrder", |env| -> Result<(), Failure> {
        let mut order = arrays::zeros(arrays::length(env, &out, "out")?, 0)?;
        let key = Key {
            round: round.cast_unsigned(),
            partition: partition.cast_unsigned(),
            step: window.cast_unsigned(),
            ..Key::new(seed.cast_unsigned(), Purpose::Batches)
        };
        key.permutation(&mut order);
        arrays::fill(env, &out, &order)
    })
}
