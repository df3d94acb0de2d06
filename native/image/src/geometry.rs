//! Sizes and places in torchvision's arithmetic.

/// The size (rows, columns) whose shorter side is `short`, the sides' proportion kept: torchvision's `Resize(short)`.
pub fn short_side([height, width]: [usize; 2], short: usize) -> [usize; 2] {
    // Not 0, as the longer side is at least the shorter one.
    if height <= width {
        [short, short * width / height.max(1)]
    } else {
        [short * height / width.max(1), short]
    }
}

/// The largest size of the same proportion that fits into `bounds`, at least 1 x 1: Pillow's `ImageOps.contain`,
/// whose arithmetic is that of 64-bit floats.
pub fn fit([height, width]: [usize; 2], bounds: [usize; 2]) -> [usize; 2] {
    let (h, w) = (height as f64, width as f64);
    let side = |exact: f64| (exact.round_ties_even() as usize).max(1);
    if w / h > bounds[1] as f64 / bounds[0] as f64 {
        [side(h / w * bounds[1] as f64).min(bounds[0]), bounds[1]]
    } else {
        [bounds[0], side(w / h * bounds[0] as f64).min(bounds[1])]
    }
}

/// How many positions come before `length` ones in the middle of `size`: half the rest, rounded half to even.
pub fn centered(length: usize, size: usize) -> usize {
    half_to_even(size - length)
}

/// Where a centre crop of `wanted` positions lies in `length` ones: its start, and how many zeros come before it
/// where it is the longer one. torchvision's `CenterCrop`: the start rounds half to even, the zeros down.
pub fn center(length: usize, wanted: usize) -> (usize, usize) {
    if wanted > length { (0, (wanted - length) / 2) } else { (half_to_even(length - wanted), 0) }
}

fn half_to_even(twice: usize) -> usize {
    let half = twice / 2;
    if twice % 2 == 1 && half % 2 == 1 { half + 1 } else { half }
}
