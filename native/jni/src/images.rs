//! `firesteel.jni.NativeImages`: encoded images by themselves, row by row.

use firesteel_boundary::arrays::{self, check_length};
use firesteel_boundary::{Code, Failure, entry};
use firesteel_core::image::augment::Augmentation;
use firesteel_core::image::{Info, Limits, info as read_info, resize_to_png};
use firesteel_core::network::Shape;
use firesteel_core::{Augmentations, Error, ImageReader, Preprocessing, Status, by_row, status_of};
use jni::objects::{JByteArray, JClass, JIntArray, JObjectArray, JString};
use jni::refs::IntoAuto;
use jni::sys::jint;
use jni::{Env, EnvUnowned, jni_mangle};
use serde::Serialize;

use crate::{failure, from_json, to_json};

/// What `info` tells of a row: format, width, height, channels, orientation.
const INFO_VALUES: usize = 5;

/// Reads headers: fills `out` with 5 numbers a row (format, width, height, channels, orientation; 0 where the status
/// is not OK).
#[jni_mangle("firesteel.jni.NativeImages")]
pub fn info<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    rows: JObjectArray<'local, JByteArray<'local>>,
    limits: JString<'local>,
    out: JIntArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativeImages.info", |env| {
        let rows = arrays::byte_rows(env, &rows)?;
        let limits = self::limits(env, &limits)?;
        let values = rows.iter().len() * INFO_VALUES;
        check_length("out", arrays::length(env, &out, "out")?, values)?;
        check_length("status", arrays::length(env, &status, "status")?, rows.iter().len())?;
        let mut numbers = arrays::zeros(values, 0)?;
        let mut statuses = vec![];
        for (row, numbers) in rows.iter().zip(numbers.chunks_exact_mut(INFO_VALUES)) {
            let found = by_row(row, |row| read_info(row, &limits).map(Ok).or_else(bad)).map_err(failure)?;
            statuses.push(found.map_or_else(
                |status| status,
                |info| {
                    numbers.copy_from_slice(&as_numbers(&info));
                    Status::Ok
                },
            ));
        }
        arrays::fill(env, &out, &numbers)?;
        fill_statuses(env, &status, &statuses)
    })
}

/// Resizes images to `width` x `height`, turned upright: fills `out` with a PNG a row, null where the status is not
/// OK.
#[jni_mangle("firesteel.jni.NativeImages")]
#[allow(clippy::too_many_arguments)] // Java's arguments.
pub fn resize<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    rows: JObjectArray<'local, JByteArray<'local>>,
    width: jint,
    height: jint,
    limits: JString<'local>,
    out: JObjectArray<'local, JByteArray<'local>>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativeImages.resize", |env| {
        let rows = arrays::byte_rows(env, &rows)?;
        let limits = self::limits(env, &limits)?;
        let size = [side("height", height, &limits)?, side("width", width, &limits)?];
        if size[0] * size[1] > limits.max_pixels {
            let problem = format!("{width} x {height} are more than {} pixels", limits.max_pixels);
            return Err(Failure::new(Code::Argument, problem));
        }
        check_length("out", arrays::object_length(env, &out, "out")?, rows.iter().len())?;
        check_length("status", arrays::length(env, &status, "status")?, rows.iter().len())?;
        let mut statuses = vec![];
        for (i, row) in rows.iter().enumerate() {
            let found =
                by_row(row, |row| resize_to_png(row, size, &limits).map(Ok).or_else(bad)).map_err(failure)?;
            statuses.push(match found {
                Ok(mut png) => {
                    // Given back at once: a batch may have more rows than a frame has slots.
                    let bytes = arrays::new_bytes(env, &mut png)?.auto();
                    out.set_element(env, i, &bytes)?;
                    Status::Ok
                }
                Err(status) => status,
            });
        }
        fill_statuses(env, &status, &statuses)
    })
}

/// Turns rows, encoded or raw, into the bytes that a network of the input `channels` x `height` x `width` sees:
/// fills `pixels` with so many bytes a row, 0 where the status is not OK.
#[jni_mangle("firesteel.jni.NativeImages")]
#[allow(clippy::too_many_arguments)] // Java's arguments.
pub fn prepare<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    rows: JObjectArray<'local, JByteArray<'local>>,
    preprocessing: JString<'local>,
    shape: JIntArray<'local>,
    limits: JString<'local>,
    pixels: JByteArray<'local>,
    status: JByteArray<'local>,
) {
    entry(&mut env, "NativeImages.prepare", |env| {
        let rows = arrays::byte_rows(env, &rows)?;
        let text = arrays::string(env, &preprocessing, "preprocessing")?;
        let preprocessing: Preprocessing = from_json("preprocessing", &text)?;
        let shape = self::shape(env, &shape)?;
        preprocessing.table(&shape).map_err(failure)?;
        let reader = ImageReader::new(&preprocessing, &shape, self::limits(env, &limits)?);
        let rows: Vec<Option<&[u8]>> = rows.iter().collect();
        let values = rows.len() * reader.values();
        check_length("pixels", arrays::length(env, &pixels, "pixels")?, values)?;
        check_length("status", arrays::length(env, &status, "status")?, rows.len())?;
        let mut out = arrays::zeros(values, 0)?;
        let mut statuses = arrays::zeros(rows.len(), Status::Panic)?;
        reader.read_all(&rows, &mut out, &mut statuses).map_err(failure)?;
        arrays::fill_bytes(env, &pixels, &mut out)?;
        fill_statuses(env, &status, &statuses)
    })
}

/// Checks random changes of training images, and says how images are stored before them, as JSON.
#[jni_mangle("firesteel.jni.NativeImages")]
pub fn stored<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    augmentations: JString<'local>,
    preprocessing: JString<'local>,
    shape: JIntArray<'local>,
) -> JString<'local> {
    entry(&mut env, "NativeImages.stored", |env| {
        let texts: Vec<String> =
            from_json("augmentations", &arrays::string(env, &augmentations, "augmentations")?)?;
        let changes: Vec<Augmentation> = texts
            .iter()
            .map(|text| from_json(&format!("augmentations: {text}"), text))
            .collect::<Result<_, _>>()?;
        let text = arrays::string(env, &preprocessing, "preprocessing")?;
        let preprocessing: Preprocessing = from_json("preprocessing", &text)?;
        let shape = self::shape(env, &shape)?;
        preprocessing.table(&shape).map_err(failure)?;
        let checked = Augmentations::new(&changes, &preprocessing, &shape).map_err(failure)?;
        let stored = Stored {
            augmentations: &changes,
            shape: checked.stored(),
            preprocessing: checked.preprocessing(),
        };
        Ok(env.new_string(to_json(&stored)?)?)
    })
}

/// What `stored` tells.
#[derive(Serialize)]
struct Stored<'a> {
    augmentations: &'a [Augmentation],
    shape: [usize; 3],
    preprocessing: &'a Preprocessing,
}

/// A shape that an `int[]` gives.
fn shape(env: &Env, array: &JIntArray) -> Result<Shape, Failure> {
    let dimensions = arrays::numbers(env, array, "shape")?;
    let dimensions: Vec<usize> = dimensions.iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
    Shape::new(&dimensions).map_err(|problem| Failure::new(Code::Argument, problem))
}

/// The limits that a JSON text gives; the defaults where it is null or does not name them.
pub(crate) fn limits(env: &Env, text: &JString) -> Result<Limits, Failure> {
    match arrays::optional_string(env, text, "limits")? {
        Some(text) => from_json("limits", &text),
        None => Ok(Limits::default()),
    }
}

/// Fills a `byte[]` with the numbers of statuses.
pub(crate) fn fill_statuses(env: &Env, array: &JByteArray, statuses: &[Status]) -> Result<(), Failure> {
    let mut codes: Vec<u8> = statuses.iter().map(|status| *status as u8).collect();
    arrays::fill_bytes(env, array, &mut codes)
}

fn bad<T>(error: firesteel_core::image::Error) -> Result<Result<T, Status>, Error> {
    status_of(error).map(Err)
}

fn as_numbers(info: &Info) -> [jint; INFO_VALUES] {
    // The limits keep sides far below this.
    let number = |value: usize| jint::try_from(value).unwrap_or(jint::MAX);
    let Info { format, width, height, channels, orientation } = *info;
    [format as jint, number(width), number(height), number(channels), jint::from(orientation)]
}

fn side(name: &str, value: jint, limits: &Limits) -> Result<usize, Failure> {
    match usize::try_from(value) {
        Ok(side) if (1..=limits.max_side).contains(&side) => Ok(side),
        _ => Err(Failure::new(
            Code::Argument,
            format!("{name} is {value}, it must be within 1 to {}", limits.max_side),
        )),
    }
}
