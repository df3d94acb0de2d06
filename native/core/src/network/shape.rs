//! Shapes, and the shape that each operation makes of its inputs' shapes.

use std::fmt;

use super::{Conv2d, Op, Padding, Pool2d};

/// The largest number of values in one tensor: what a Java array can hold.
const MAX_VALUES: usize = i32::MAX as usize;

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

impl Op {
    /// The shape of the operation's result, or what is wrong with its inputs or options.
    pub(super) fn infer(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [input] = inputs else {
            return Err(format!("takes one input, {} are given", inputs.len()));
        };
        match self {
            Op::Conv2d(conv) => conv.infer(map(input)?, input),
            Op::MaxPool2d(pool) | Op::AvgPool2d(pool) => pool.infer(map(input)?, input),
            Op::GlobalMaxPool2d {} | Op::GlobalAvgPool2d {} => Shape::new(&[map(input)?[0], 1, 1]),
            Op::Dense(dense) => {
                vector(input)?;
                positive("units", &[dense.units])?;
                Shape::new(&[dense.units])
            }
            Op::Relu {} => Ok((*input).clone()),
            Op::Flatten {} => Shape::new(&[input.values()]),
            Op::Softmax {} => vector(input).map(|_| (*input).clone()),
        }
    }
}

impl Conv2d {
    fn infer(&self, [channels, height, width]: [usize; 3], input: &Shape) -> Result<Shape, String> {
        positive("filters", &[self.filters])?;
        positive("kernel", &self.kernel)?;
        positive("stride", &self.stride)?;
        positive("dilation", &self.dilation)?;
        positive("groups", &[self.groups])?;
        if let Padding::Explicit(padding) = self.padding {
            limited("padding", &padding)?;
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
        Shape::new(&[self.filters, out[0], out[1]])
    }

    /// Zeros before the first row and column of an input of that size.
    pub fn padding_before(&self, size: [usize; 2]) -> Result<[usize; 2], String> {
        match self.padding {
            Padding::Explicit(padding) => Ok(padding),
            Padding::Named(_) => Ok(self.same_padding(size)?.map(|total| total / 2)),
        }
    }

    /// Zeros after the last row and column of an input of that size.
    pub fn padding_after(&self, size: [usize; 2]) -> Result<[usize; 2], String> {
        match self.padding {
            Padding::Explicit(padding) => Ok(padding),
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
    fn infer(&self, [channels, height, width]: [usize; 3], input: &Shape) -> Result<Shape, String> {
        positive("kernel", &self.kernel)?;
        positive("stride", &self.stride)?;
        let mut out = [0; 2];
        for (d, size) in [height, width].into_iter().enumerate() {
            let (kernel, padding) = (self.kernel[d], self.padding[d]);
            if padding > kernel / 2 {
                return Err(format!("padding {padding} is more than half of the kernel's {kernel}"));
            }
            out[d] = windows(size, 2 * padding, kernel, self.stride[d])
                .ok_or_else(|| window_problem(self.kernel, [1, 1], 2 * padding, d, input))?;
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

fn map(shape: &Shape) -> Result<[usize; 3], String> {
    shape.map().ok_or_else(|| format!("needs a map [channels, height, width], its input is {shape}"))
}

fn vector(shape: &Shape) -> Result<usize, String> {
    shape.vector().ok_or_else(|| format!("needs a vector, its input is {shape}: put a flatten before it"))
}

fn positive(option: &str, values: &[usize]) -> Result<(), String> {
    if values.contains(&0) { Err(format!("{option} must be at least 1")) } else { limited(option, values) }
}

/// Larger numbers would not only be useless: they are negative ones to libtorch.
fn limited(option: &str, values: &[usize]) -> Result<(), String> {
    if values.iter().any(|&v| v > MAX_VALUES) {
        return Err(format!("{option} must be at most {MAX_VALUES}"));
    }
    Ok(())
}
