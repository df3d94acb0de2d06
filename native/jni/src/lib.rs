//! The library `libfiresteel`: inference for the JVM. A file for each Java class with native methods.

#[cfg(feature = "faults")]
mod faults;
mod firesteel;
mod images;
mod model;
mod predictor;
mod random;
mod scorer;
mod zoo;

use firesteel_boundary::{Code, Failure};
use firesteel_core::{Error, ErrorKind};
use jni::sys::jint;

/// The failure that an error of the core becomes.
fn failure(error: Error) -> Failure {
    let code = match error.kind() {
        ErrorKind::Argument => Code::Argument,
        ErrorKind::ModelFile => Code::ModelFile,
        ErrorKind::Digest => Code::Digest,
        ErrorKind::Internal => Code::Internal,
    };
    Failure::new(code, error.to_string())
}

/// What a JSON text says; `what` names the argument.
fn from_json<T: serde::de::DeserializeOwned>(what: &str, json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|e| Failure::new(Code::Argument, format!("{what}: {e}")))
}

/// A value as JSON.
fn to_json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|e| Failure::new(Code::Internal, e.to_string()))
}

/// A number of things. One below zero is none, which nothing accepts that asks for a number.
fn count(number: jint) -> usize {
    usize::try_from(number).unwrap_or(0)
}
