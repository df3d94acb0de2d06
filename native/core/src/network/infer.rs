//! The shape that each operation makes of its inputs' shapes.

use super::shape::MAX_VALUES;
use super::{BatchNorm, Dropout, LeakyRelu, LocalResponseNorm, Op, PadChannels, Shape, Subsample};

impl Op {
    /// The shape of the operation's result, or what is wrong with its inputs or options.
    pub(super) fn infer(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let one = || match inputs {
            [input] => Ok(*input),
            _ => Err(format!("takes one input, {} are given", inputs.len())),
        };
        let unchanged = || one().cloned();
        match self {
            Op::Add {} => add(several(inputs)?),
            Op::Concat {} => concat(several(inputs)?),
            Op::Multiply {} => multiply(inputs),
            Op::Conv2d(conv) => conv.infer(map(one()?)?, one()?),
            Op::MaxPool2d(pool) => pool.infer(map(one()?)?, one()?),
            Op::AvgPool2d(pool) => pool.window().infer(map(one()?)?, one()?),
            Op::AdaptiveAvgPool2d(pool) => {
                positive("size", &pool.size)?;
                Shape::new(&[map(one()?)?[0], pool.size[0], pool.size[1]])
            }
            Op::GlobalMaxPool2d {} | Op::GlobalAvgPool2d {} => Shape::new(&[map(one()?)?[0], 1, 1]),
            Op::Dense(dense) => {
                vector(one()?)?;
                positive("units", &[dense.units])?;
                Shape::new(&[dense.units])
            }
            Op::BatchNorm(norm) => norm.check().and(map(one()?)).and_then(|_| unchanged()),
            Op::LocalResponseNorm(norm) => norm.check().and(map(one()?)).and_then(|_| unchanged()),
            Op::Dropout(dropout) => dropout.check().and_then(|()| unchanged()),
            Op::LeakyRelu(relu) => relu.check().and_then(|()| unchanged()),
            Op::Subsample(subsample) => subsample.infer(map(one()?)?),
            Op::PadChannels(padding) => padding.infer(map(one()?)?),
            Op::Relu {}
            | Op::Relu6 {}
            | Op::Sigmoid {}
            | Op::Silu {}
            | Op::HardSigmoid {}
            | Op::HardSwish {} => unchanged(),
            Op::Flatten {} => Shape::new(&[one()?.values()]),
            Op::Softmax {} => vector(one()?).and_then(|_| unchanged()),
        }
    }
}

impl BatchNorm {
    fn check(&self) -> Result<(), String> {
        number("eps", self.eps, self.eps > 0.0, "above 0")?;
        number("momentum", self.momentum, (0.0..=1.0).contains(&self.momentum), "between 0 and 1")
    }
}

impl LocalResponseNorm {
    fn check(&self) -> Result<(), String> {
        positive("size", &[self.size])?;
        number("alpha", self.alpha, self.alpha >= 0.0, "at least 0")?;
        number("beta", self.beta, true, "a finite number")?;
        number("k", self.k, self.k > 0.0, "above 0")
    }
}

impl Dropout {
    fn check(&self) -> Result<(), String> {
        number("p", self.p, (0.0..1.0).contains(&self.p), "at least 0 and below 1")
    }
}

impl LeakyRelu {
    fn check(&self) -> Result<(), String> {
        number("slope", self.slope, true, "a finite number")
    }
}

impl Subsample {
    fn infer(&self, [channels, height, width]: [usize; 3]) -> Result<Shape, String> {
        positive("step", &self.step)?;
        Shape::new(&[channels, height.div_ceil(self.step[0]), width.div_ceil(self.step[1])])
    }
}

impl PadChannels {
    fn infer(&self, [channels, height, width]: [usize; 3]) -> Result<Shape, String> {
        limited("before", &[self.before])?;
        limited("after", &[self.after])?;
        Shape::new(&[self.before + channels + self.after, height, width])
    }
}

fn several<'a>(inputs: &'a [&'a Shape]) -> Result<&'a [&'a Shape], String> {
    if inputs.len() < 2 {
        return Err(format!("takes two inputs or more, {} are given", inputs.len()));
    }
    Ok(inputs)
}

fn add(inputs: &[&Shape]) -> Result<Shape, String> {
    match inputs.iter().find(|shape| *shape != &inputs[0]) {
        None => Ok(inputs[0].clone()),
        Some(other) => Err(format!("its inputs are {} and {other}, they must be of one shape", inputs[0])),
    }
}

fn concat(inputs: &[&Shape]) -> Result<Shape, String> {
    let first = inputs[0].dimensions();
    if let Some(other) = inputs.iter().find(|shape| shape.dimensions().get(1..) != first.get(1..)) {
        return Err(format!(
            "its inputs are {} and {other}, they must be maps of one height and width, or vectors",
            inputs[0]
        ));
    }
    let channels = inputs.iter().map(|shape| shape.dimensions()[0]);
    let sum = channels.fold(0_usize, usize::saturating_add);
    Shape::new(&[&[sum], &first[1..]].concat())
}

fn multiply(inputs: &[&Shape]) -> Result<Shape, String> {
    let [x, factors] = inputs else {
        return Err(format!("takes two inputs, {} are given", inputs.len()));
    };
    let per_map = x.map().is_some_and(|[channels, ..]| factors.map() == Some([channels, 1, 1]));
    if x == factors || per_map {
        return Ok((*x).clone());
    }
    Err(format!(
        "its inputs are {x} and {factors}: the second must be of the same shape or have a value a map"
    ))
}

pub(super) fn map(shape: &Shape) -> Result<[usize; 3], String> {
    shape.map().ok_or_else(|| format!("needs a map [channels, height, width], its input is {shape}"))
}

fn vector(shape: &Shape) -> Result<usize, String> {
    shape.vector().ok_or_else(|| format!("needs a vector, its input is {shape}: put a flatten before it"))
}

fn number(option: &str, value: f64, good: bool, range: &str) -> Result<(), String> {
    if value.is_finite() && good { Ok(()) } else { Err(format!("{option} is {value}: it must be {range}")) }
}

pub(super) fn positive(option: &str, values: &[usize]) -> Result<(), String> {
    if values.contains(&0) { Err(format!("{option} must be at least 1")) } else { limited(option, values) }
}

/// Larger numbers would not only be useless: they are negative ones to libtorch.
pub(super) fn limited(option: &str, values: &[usize]) -> Result<(), String> {
    if values.iter().any(|&v| v > MAX_VALUES) {
        return Err(format!("{option} must be at most {MAX_VALUES}"));
    }
    Ok(())
}
