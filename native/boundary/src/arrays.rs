//! Java arrays and strings to Rust and back: always copies, every length checked.

use std::ops::Range;

use jni::Env;
use jni::objects::{JByteArray, JFloatArray, JObjectArray, JPrimitiveArray, JString, TypeArray};
use jni::refs::IntoAuto;

use crate::faults::{self, Point};
use crate::{Code, Failure};

/// A Java string; `what` names the argument.
pub fn string(env: &Env, string: &JString, what: &str) -> Result<String, Failure> {
    faults::point(Point::Body)?;
    not_null(string.is_null(), what)?;
    Ok(string.try_to_string(env)?)
}

/// A Java string, or nothing where it is null.
pub fn optional_string(env: &Env, text: &JString, what: &str) -> Result<Option<String>, Failure> {
    if text.is_null() { Ok(None) } else { string(env, text, what).map(Some) }
}

/// A Java `byte[]`.
pub fn bytes(env: &Env, array: &JByteArray, what: &str) -> Result<Vec<u8>, Failure> {
    let length = length(env, array, what)?;
    let mut out = zeros(length, 0_u8)?;
    array.get_region(env, 0, as_signed(&mut out))?;
    Ok(out)
}

/// A Java array of numbers.
pub fn numbers<T: TypeArray + Copy + Default>(
    env: &Env,
    array: &JPrimitiveArray<T>,
    what: &str,
) -> Result<Vec<T>, Failure> {
    let mut out = zeros(length(env, array, what)?, T::default())?;
    array.get_region(env, 0, &mut out)?;
    Ok(out)
}

/// The length of a Java array.
pub fn length<T: TypeArray>(env: &Env, array: &JPrimitiveArray<T>, what: &str) -> Result<usize, Failure> {
    faults::point(Point::Body)?;
    not_null(array.is_null(), what)?;
    Ok(array.len(env)?)
}

/// The length of a Java array of `byte[]`.
pub fn object_length(env: &Env, array: &JObjectArray<JByteArray>, what: &str) -> Result<usize, Failure> {
    faults::point(Point::Body)?;
    not_null(array.is_null(), what)?;
    Ok(array.len(env)?)
}

/// Refuses an array whose length is not the one that the other arguments ask for.
pub fn check_length(what: &str, found: usize, expected: usize) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(Code::Argument, format!("{what} has {found} values, expected {expected}")))
}

/// Fills a Java array of the same length.
pub fn fill<T: TypeArray>(env: &Env, array: &JPrimitiveArray<T>, values: &[T]) -> Result<(), Failure> {
    Ok(array.set_region(env, 0, values)?)
}

/// Fills a Java `byte[]` of the same length.
pub fn fill_bytes(env: &Env, array: &JByteArray, values: &mut [u8]) -> Result<(), Failure> {
    Ok(array.set_region(env, 0, as_signed(values))?)
}

/// A new Java `byte[]`.
pub fn new_bytes<'local>(env: &mut Env<'local>, values: &mut [u8]) -> Result<JByteArray<'local>, Failure> {
    let array = env.new_byte_array(values.len())?;
    fill_bytes(env, &array, values)?;
    Ok(array)
}

/// A new Java `float[]`.
pub fn new_floats<'local>(env: &mut Env<'local>, values: &[f32]) -> Result<JFloatArray<'local>, Failure> {
    let array = JFloatArray::new(env, values.len())?;
    fill(env, &array, values)?;
    Ok(array)
}

/// The rows of a Java array of arrays, one after the other in one piece of memory.
pub struct Rows<T> {
    values: Vec<T>,
    rows: Vec<Option<Range<usize>>>,
    count: usize,
}

impl<T: Copy + Default> Rows<T> {
    /// No rows yet, but room for all.
    fn with_count(
        is_null: bool,
        count: impl FnOnce() -> jni::errors::Result<usize>,
    ) -> Result<Self, Failure> {
        faults::point(Point::Body)?;
        not_null(is_null, "rows")?;
        let (count, mut rows) = (count()?, Vec::new());
        rows.try_reserve_exact(count).map_err(|_| no_memory(count))?;
        Ok(Rows { values: Vec::new(), rows, count })
    }

    /// Appends a row and gives the place for its values, or nothing for a null row.
    fn push(
        &mut self,
        is_null: bool,
        length: impl FnOnce() -> jni::errors::Result<usize>,
    ) -> Result<Option<&mut [T]>, Failure> {
        if is_null {
            self.rows.push(None);
            return Ok(None);
        }
        let (start, length) = (self.values.len(), length()?);
        self.values.try_reserve(length).map_err(|_| no_memory(length))?;
        self.values.resize(start + length, T::default());
        self.rows.push(Some(start..start + length));
        Ok(Some(&mut self.values[start..]))
    }

    /// Each row; `None` where it is null.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&[T]>> {
        self.rows.iter().map(|row| row.clone().map(|range| &self.values[range]))
    }
}

/// The rows of a `byte[][]`.
pub fn byte_rows(env: &mut Env, array: &JObjectArray<JByteArray>) -> Result<Rows<u8>, Failure> {
    let mut rows = Rows::with_count(array.is_null(), || array.len(env))?;
    for i in 0..rows.count {
        // `auto` gives the reference back at once: a batch may have more rows than a frame has slots.
        let row = array.get_element(env, i)?.auto();
        if let Some(out) = rows.push(row.is_null(), || row.len(env))? {
            row.get_region(env, 0, as_signed(out))?;
        }
    }
    Ok(rows)
}

/// The rows of a `float[][]`.
pub fn float_rows(env: &mut Env, array: &JObjectArray<JFloatArray>) -> Result<Rows<f32>, Failure> {
    let mut rows = Rows::with_count(array.is_null(), || array.len(env))?;
    for i in 0..rows.count {
        let row = array.get_element(env, i)?.auto();
        if let Some(out) = rows.push(row.is_null(), || row.len(env))? {
            row.get_region(env, 0, out)?;
        }
    }
    Ok(rows)
}

fn not_null(is_null: bool, what: &str) -> Result<(), Failure> {
    if is_null { Err(Failure::new(Code::Argument, format!("{what} is null"))) } else { Ok(()) }
}

/// So many default values, or a failure where memory is short: an allocation must not end the executor.
pub fn zeros<T: Copy>(length: usize, zero: T) -> Result<Vec<T>, Failure> {
    let mut out = Vec::new();
    out.try_reserve_exact(length).map_err(|_| no_memory(length))?;
    out.resize(length, zero);
    Ok(out)
}

fn no_memory(values: usize) -> Failure {
    Failure::new(Code::Memory, format!("no memory for {values} values: use smaller batches or more memory"))
}

/// The same bytes as Java's signed ones.
#[allow(unsafe_code)] // At the boundary, as its type is what JNI asks for.
fn as_signed(bytes: &mut [u8]) -> &mut [i8] {
    // SAFETY: u8 and i8 have the same size, alignment and valid values.
    unsafe { std::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len()) }
}
