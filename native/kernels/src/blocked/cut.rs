//! Rows in parts that a tile can take.

/// How a row is cut into parts of nearly equal size: so many, the first ones one pixel longer than the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    parts: usize,
    longer: usize,
    pixels: usize,
}

impl Cut {
    /// Into parts of at most `most` pixels.
    pub(super) fn of(width: usize, most: usize) -> Cut {
        let parts = width.div_ceil(most.max(1));
        Cut { parts, longer: width % parts.max(1), pixels: width / parts.max(1) }
    }

    /// Where each part begins, and its pixels. Without a division: this is among the inner loops.
    pub(super) fn parts(self) -> impl Iterator<Item = (usize, usize)> {
        let mut from = 0;
        (0..self.parts).map(move |i| {
            let start = from;
            from += self.pixels + usize::from(i < self.longer);
            (start, from - start)
        })
    }
}
