//! WebP, whose decoder knows no limit: what it will hold is found out before.

use firesteel_image::{DecodeOptions, Error, Limits, decode};

use super::counting::peak;
use super::webp_files::{animation, black, chunk, costly, everywhere, extended, lossy, riff};
use super::{at_most, measured};

/// So many groups of prefix codes that the decoder would hold 1.3 GB for them.
pub fn of_many_codes() {
    const SIZE: [u16; 2] = [64, 64];
    for (place, file) in everywhere(SIZE, &black(SIZE, 1 << 16, &costly(10))) {
        let (bytes, time, result) = measured(&file, 1);
        assert!(bytes <= 1 << 20, "{place}: {bytes} bytes");
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{place}: {result:?}");
        assert!(time <= at_most(2000), "{place}: {time:?}");
    }
}

/// A limit of what decoding takes, and little more, lets a WebP pass, and one below that does not.
pub fn of_every_kind() {
    const SIZE: [u16; 2] = [300, 200];
    const LARGE: [u16; 2] = [800, 600];
    let mut files = vec![];
    for (lengths, groups) in [(costly(10), 300), (costly(15), 500), (vec![1, 1], 1000)] {
        files.extend(everywhere(SIZE, &black(SIZE, groups, &lengths)));
    }
    files.extend(everywhere(LARGE, &black(LARGE, 1, &[1, 1])));
    let image = chunk(b"VP8 ", &lossy(LARGE, 200_000));
    files.extend([
        ("lossy", riff(std::slice::from_ref(&image))),
        ("lossy behind a header", extended(LARGE, false, std::slice::from_ref(&image))),
        ("lossy frame", animation(LARGE, &[image])),
    ]);
    assert_eq!(files.len(), 23);
    for (kind, file) in files {
        let with = |max_allocation| {
            let limits = Limits { max_allocation, ..Limits::DEFAULT };
            peak(|| decode(&file, &DecodeOptions::default(), &limits))
        };
        let (bytes, result) = with(Limits::DEFAULT.max_allocation);
        assert!(result.is_ok(), "{kind}: {result:?}");
        let (_, result) = with(bytes - bytes / 64);
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{kind}, {bytes} bytes: {result:?}");
        let (again, result) = with(bytes + bytes / 4);
        assert!(result.is_ok() && again == bytes, "{kind}, {bytes} bytes: {result:?}");
    }
}
