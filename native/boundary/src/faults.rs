//! Faults on demand, for the tests of the guard. Without the feature `faults` every function is empty.
//!
//! The build looks for the word FIRESTEEL_FAULT to keep a library with faults out of a jar.

#[cfg(not(feature = "faults"))]
use crate::Failure;

/// Where in a native method a fault can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the body.
    Arguments,
    /// Within the body, where it looks up or makes a handle or reads an array.
    Body,
    /// After the body.
    Result,
    /// While a trainer is in use.
    Locked,
}

impl Point {
    /// The point of that number, from 0 in the order of declaration.
    #[cfg(feature = "faults")]
    pub fn from_number(number: i32) -> Point {
        match number {
            0 => Point::Arguments,
            1 => Point::Body,
            2 => Point::Result,
            _ => Point::Locked,
        }
    }
}

#[cfg(feature = "faults")]
pub use armed::{arm, enter, point};

#[cfg(feature = "faults")]
mod armed {
    use std::cell::Cell;

    use super::Point;
    use crate::{Code, Failure};

    thread_local! {
        static METHOD: Cell<&'static str> = const { Cell::new("") };
        static ARMED: Cell<Option<(Point, bool)>> = const { Cell::new(None) };
    }

    /// The next native method of this thread fails at that point: it panics, or returns an error.
    pub fn arm(point: Point, panics: bool) {
        ARMED.set(Some((point, panics)));
    }

    /// Remembers which method runs.
    pub fn enter(method: &'static str) {
        METHOD.set(method);
    }

    /// Fails if that was asked for.
    #[allow(clippy::panic)] // What the feature is for.
    pub fn point(point: Point) -> Result<(), Failure> {
        match ARMED.get() {
            Some((armed, panics)) if armed == point => {
                ARMED.set(None);
                let message = format!("FIRESTEEL_FAULT at {point:?} of {}", METHOD.get());
                if panics { panic!("{message}") } else { Err(Failure::new(Code::Internal, message)) }
            }
            _ => Ok(()),
        }
    }
}

/// Does nothing: this library was built without faults.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn enter(_method: &'static str) {}

/// Does nothing: this library was built without faults.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn point(_point: Point) -> Result<(), Failure> {
    Ok(())
}
