//! What came of a row.

/// What came of a row. The numbers are part of the boundary's contract: `firesteel.jni.Predictor` lists the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// The scores are valid and finite.
    Ok = 0,
    /// The input is null.
    Null = 1,
    /// The input has not as many values as the network's input.
    Size = 2,
    /// The input or what the network made of it is not finite.
    NotFinite = 3,
    /// The row's computation panicked: a mistake in this library, which the log describes.
    Panic = 4,
    /// The image is damaged or cut off.
    Undecodable = 5,
    /// The image exceeds a limit: see [`firesteel_image::Limits`].
    TooLarge = 6,
    /// The image is of a format, or of a kind of it, that is not decoded.
    Format = 7,
    /// The image has not the network's size, and the model does not say how to resize it.
    ImageSize = 8,
}

impl Status {
    /// All statuses with their names on the Java side.
    pub const ALL: [(Status, &'static str); 9] = [
        (Status::Ok, "OK"),
        (Status::Null, "NULL"),
        (Status::Size, "SIZE"),
        (Status::NotFinite, "NOT_FINITE"),
        (Status::Panic, "PANIC"),
        (Status::Undecodable, "UNDECODABLE"),
        (Status::TooLarge, "TOO_LARGE"),
        (Status::Format, "FORMAT"),
        (Status::ImageSize, "IMAGE_SIZE"),
    ];
}
