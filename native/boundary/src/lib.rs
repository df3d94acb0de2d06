//! The boundary between the JVM and Rust. The contract:
//!
//! 1. Every native method goes through one [`entry`] guard; its body returns `Result`. Nothing else throws,
//!    catches or logs a panic (but for rows, see 7).
//! 2. A handle is an id from a [`Table`], tagged with its type, never an address; 0 is invalid, ids are never
//!    reused.
//! 3. `close` twice does nothing; an unknown or closed id is an `IllegalStateException`; closing during use
//!    is safe, since the user holds an `Arc`.
//! 4. Model handles are immutable and shared by all tasks of an executor; trainer handles belong to one task,
//!    and a second thread is refused at once; scorer handles, a model's memory, belong to one task, and of threads that
//!    share one, one waits for the other.
//! 5. Input is plain arrays; every length is checked in Rust against the others before anything is touched;
//!    no JVM memory is kept after the call.
//! 6. The caller allocates output; native code fills it or throws.
//! 7. A bad row gets a status and NaN scores, and never fails its batch. Row work is caught per row.
//! 8. Errors carry a numbered code and a message that says what to do; a default value never looks like
//!    success. [`Code::Argument`] becomes an `IllegalArgumentException`, [`Code::Handle`] an
//!    `IllegalStateException`, everything else a `NativeException` with the code.
//! 9. A panic outside row work becomes a `NativeException` of [`Code::Panic`] with method, place and message;
//!    a trainer is then poisoned, models and scorers are not; the executor lives.
//! 10. A C++ exception that is not a `std::exception` cannot be caught: so shapes, dtypes, sizes and devices
//!     are checked in Rust first, and only the fallible `f_` functions of tch are used.
//! 11. One call lasts under about a second; between calls the JVM checks whether the task was cancelled. Only the
//!     import of weights may last longer: tasks do not call it.
//! 12. Versions of jar and library are compared at load. Only `Java_*` functions are exported.
//! 13. Loading is the JVM's part: see `firesteel.jni.NativeLibrary`.
//! 14. A GPU that was asked for and is not there is an error, never a silent CPU.

pub mod arrays;
mod entry;
mod failure;
pub mod faults;
mod handles;
pub mod logging;
mod panics;

pub use entry::entry;
pub use failure::{Code, Failure};
pub use handles::Table;
