//! Shapes of tensors.

use std::fmt;

/// The largest number of values in one tensor: what a Java array can hold.
pub(super) const MAX_VALUES: usize = i32::MAX as usize;

/// Dimensions of one tensor: `[channels, height, width]` of a map, or `[n]` of a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// Checks that a shape is a map's or a vector's, that no dimension is 0, and that it is not too large.
    pub fn new(dimensions: &[usize]) -> Result<Shape, String> {
        let shape = Shape(dimensions.to_vec());
        if !matches!(dimensions.len(), 1 | 3) {
            return Err(format!(
                "a shape is [channels, height, width] or [n], not {} dimensions",
                dimensions.len()
            ));
        }
        match dimensions.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)) {
            Some(0) => Err(format!("shape {shape} has a dimension of 0")),
            Some(n) if n <= MAX_VALUES => Ok(shape),
            _ => Err(format!("shape {shape} has more than {MAX_VALUES} values")),
        }
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[usize] {
        &self.0
    }

    /// The number of values.
    pub fn values(&self) -> usize {
        self.0.iter().product()
    }

    /// `[channels, height, width]` of a map.
    pub fn map(&self) -> Option<[usize; 3]> {
        <[usize; 3]>::try_from(self.0.as_slice()).ok()
    }

    /// The length of a vector.
    pub fn vector(&self) -> Option<usize> {
        <[usize; 1]>::try_from(self.0.as_slice()).ok().map(|[n]| n)
    }
}

impl fmt::Display for Shape {
    /// As in `20x24x24`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, d) in self.0.iter().enumerate() {
            write!(f, "{}{d}", if i == 0 { "" } else { "x" })?;
        }
        Ok(())
    }
}
