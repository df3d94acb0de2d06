//! The shapes that the windows of convolutions and pools make.

use super::infer::{limited, positive};
use super::shape::MAX_VALUES;
use super::{Conv2d, Padding, Pool2d, Shape, limits};

impl Conv2d {
    pub(super) fn infer(
        &self,
        [channels, height, width]: [usize; 3],
        input: &Shape,
    ) -> Result<Shape, String> {
        positive("filters", &[self.filters])?;
        positive("kernel", &self.kernel)?;
        positive("stride", &self.stride)?;
        positive("dilation", &self.dilation)?;
        positive("groups", &[self.groups])?;
        match self.padding {
            Padding::Explicit(padding) => limited("padding", &padding)?,
            Padding::Sides(padding) => limited("padding", &padding)?,
            Padding::Named(_) => {}
        }
        for (what, count) in [("input channels", channels), ("filters", self.filters)] {
            if count % self.groups != 0 {
                return Err(format!("{count} {what} cannot be divided into {} groups", self.groups));
            }
        }
        let size = [height, width];
        let (before, after) = (self.padding_before(size)?, self.padding_after(size)?);
        let mut out = [0; 2];
        for (d, size) in size.into_iter().enumerate() {
            let total = before[d] + after[d];
            out[d] = windows(size, total, self.reach(d)?, self.stride[d])
                .ok_or_else(|| window_problem(self.kernel, self.dilation, total, d, input))?;
        }
        let [height, width] = [0, 1].map(|d| size[d] + before[d] + after[d]);
        limits::check_padded([channels, height, width])?;
        Shape::new(&[self.filters, out[0], out[1]])
    }

    /// Zeros before the first row and column of an input of that size.
    pub fn padding_before(&self, size: [usize; 2]) -> Result<[usize; 2], String> {
        match self.padding {
            Padding::Explicit(padding) => Ok(padding),
            Padding::Sides([top, left, _, _]) => Ok([top, left]),
            Padding::Named(_) => Ok(self.same_padding(size)?.map(|total| total / 2)),
        }
    }

    /// Zeros after the last row and column of an input of that size.
    pub fn padding_after(&self, size: [usize; 2]) -> Result<[usize; 2], String> {
        match self.padding {
            Padding::Explicit(padding) => Ok(padding),
            Padding::Sides([_, _, bottom, right]) => Ok([bottom, right]),
            Padding::Named(_) => Ok(self.same_padding(size)?.map(|total| total.div_ceil(2))),
        }
    }

    /// Zeros in all along each dimension so that `out = ceil(in / stride)`.
    fn same_padding(&self, size: [usize; 2]) -> Result<[usize; 2], String> {
        let along = |d: usize| {
            let covered = (size[d].div_ceil(self.stride[d]) - 1) * self.stride[d];
            Ok::<_, String>((covered + self.reach(d)?).saturating_sub(size[d]))
        };
        Ok([along(0)?, along(1)?])
    }

    /// How many input values the kernel spans along one dimension.
    fn reach(&self, d: usize) -> Result<usize, String> {
        (self.kernel[d] - 1)
            .checked_mul(self.dilation[d])
            .filter(|&reach| reach < MAX_VALUES)
            .map(|reach| reach + 1)
            .ok_or_else(|| "kernel and dilation are too large".to_owned())
    }
}

impl Pool2d {
    pub(super) fn infer(
        &self,
        [channels, height, width]: [usize; 3],
        input: &Shape,
    ) -> Result<Shape, String> {
        positive("kernel", &self.kernel)?;
        positive("stride", &self.stride)?;
        let mut out = [0; 2];
        for (d, size) in [height, width].into_iter().enumerate() {
            let (kernel, padding) = (self.kernel[d], self.padding[d]);
            if padding > kernel / 2 {
                return Err(format!("padding {padding} is more than half of the kernel's {kernel}"));
            }
            let stride = self.stride[d];
            let whole = windows(size, 2 * padding, kernel, stride)
                .ok_or_else(|| window_problem(self.kernel, [1, 1], 2 * padding, d, input))?;
            // One more window where it leaves values out, unless it would begin in the padding after the input.
            let rest = (size + 2 * padding - kernel) % stride;
            let begins_inside = whole.checked_mul(stride).is_some_and(|start| start < size + padding);
            out[d] = whole + usize::from(self.ceil_mode && rest > 0 && begins_inside);
        }
        Shape::new(&[channels, out[0], out[1]])
    }
}

/// How many windows fit.
fn windows(size: usize, padding: usize, reach: usize, stride: usize) -> Option<usize> {
    size.checked_add(padding)?.checked_sub(reach).map(|room| room / stride + 1)
}

fn window_problem(
    [ky, kx]: [usize; 2],
    dilation: [usize; 2],
    padding: usize,
    d: usize,
    input: &Shape,
) -> String {
    let side = ["height", "width"][d];
    let dilated = if dilation == [1, 1] { String::new() } else { format!(" dilated by {}", dilation[d]) };
    format!(
        "the {ky}x{kx} kernel{dilated} is larger than the {side} of its input {input} with padding {padding}"
    )
}
