//! What a native method fails with: a numbered code and a message.

/// The kinds of failure. The numbers are part of the contract: `firesteel.jni.ErrorCode` lists the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// The caller gave something wrong: an `IllegalArgumentException`.
    Argument = 1,
    /// The id is unknown or closed: an `IllegalStateException`.
    Handle = 2,
    /// A panic: a mistake in this library.
    Panic = 3,
    /// The bytes are no usable model file.
    ModelFile = 4,
    /// The model file is not the one that was expected.
    Digest = 5,
    /// Another thread is using this trainer.
    Busy = 6,
    /// This trainer panicked before: it must be closed.
    Poisoned = 7,
    /// The loss is not finite.
    Diverged = 8,
    /// The device that was asked for is not there.
    Device = 9,
    /// libtorch reported an error.
    Torch = 10,
    /// Memory could not be allocated.
    Memory = 11,
    /// A call into the JVM failed.
    Jvm = 12,
    /// A mistake in this library that is not a panic.
    Internal = 13,
}

impl Code {
    /// All codes with their names on the Java side.
    pub const ALL: [(Code, &'static str); 13] = [
        (Code::Argument, "ARGUMENT"),
        (Code::Handle, "HANDLE"),
        (Code::Panic, "PANIC"),
        (Code::ModelFile, "MODEL_FILE"),
        (Code::Digest, "DIGEST"),
        (Code::Busy, "BUSY"),
        (Code::Poisoned, "POISONED"),
        (Code::Diverged, "DIVERGED"),
        (Code::Device, "DEVICE"),
        (Code::Torch, "TORCH"),
        (Code::Memory, "MEMORY"),
        (Code::Jvm, "JVM"),
        (Code::Internal, "INTERNAL"),
    ];
}

/// Why a native method throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind.
    pub code: Code,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Failure {
    /// A failure of that kind.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into() }
    }
}

impl From<jni::errors::Error> for Failure {
    fn from(error: jni::errors::Error) -> Failure {
        Failure::new(Code::Jvm, format!("a call into the JVM failed: {error}"))
    }
}
