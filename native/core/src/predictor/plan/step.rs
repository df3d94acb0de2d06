//! One step of a plan, ready to run.

use std::ops::Range;

use firesteel_kernels::blocked::{
    Activation, BlockedBands, BlockedConv, BlockedDepthwise, BlockedMaxPool, BlockedWinograd, Buffers, Isa,
    Map, Pixel, Stage, Windows, accumulate, activate, copy_blocks, mean_pool, multiply, scale_and_shift,
};

use super::memory::{Around, Memory, Scratch};
use super::places::Place;
use crate::Error;
use crate::network::{GraphNode, Shape};
use crate::predictor::layer;

/// What a step computes, and what of.
#[derive(Debug)]
pub(super) struct Step {
    /// The first of its layers, which does the work.
    pub(super) layer: String,
    /// How often two values are multiplied and added for an image; 0 where that is not what takes the time.
    pub(super) multiplications: usize,
    pub(super) work: Work,
    pub(super) inputs: Vec<Place>,
    pub(super) residual: Option<Place>,
    pub(super) output: Place,
}

/// A kernel with all that it needs but values.
#[derive(Debug)]
pub(super) enum Work {
    Conv(BlockedConv),
    Winograd(BlockedWinograd),
    Depthwise(BlockedDepthwise),
    /// Direct and depthwise convolutions and largest values, row by row.
    Bands(BlockedBands),
    ScaleAndShift {
        factor: Vec<Pixel>,
        shift: Vec<Pixel>,
        bounds: [f32; 2],
    },
    MaxPool(BlockedMaxPool),
    MeanPool([Windows; 2]),
    Activate(Activation),
    /// The sum of all inputs, within bounds.
    Add([f32; 2]),
    Multiply,
    /// Copies those inputs that are not yet where they belong.
    Concat,
    /// A layer by the readable kernels.
    Reference(Box<Reference>),
}

/// A layer with all that the readable kernels need.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) node: GraphNode,
    /// The shapes of its inputs.
    pub(super) shapes: Vec<Shape>,
}

impl Work {
    /// The kernel's name, or those of its stages.
    pub(super) fn name(&self) -> String {
        let name = match self {
            Work::Conv(_) => "blocks",
            Work::Winograd(_) => "Winograd",
            Work::Depthwise(_) => "depthwise",
            Work::Bands(bands) => {
                let name = |stage: &Stage| match stage {
                    Stage::Conv(_) => "blocks",
                    Stage::Depthwise(_) => "depthwise",
                    Stage::MaxPool(_) => "max pool",
                };
                return bands.stages().iter().map(name).collect::<Vec<_>>().join(" + ");
            }
            Work::ScaleAndShift { .. } => "scale and shift",
            Work::MaxPool(_) => "max pool",
            Work::MeanPool(_) => "mean pool",
            Work::Activate(_) => "activation",
            Work::Add(_) => "add",
            Work::Multiply => "multiply",
            Work::Concat => "concat",
            Work::Reference(_) => "reference",
        };
        name.to_owned()
    }

    /// The pixels that it needs while it runs for some images, beside what it reads and writes.
    pub(super) fn scratch(&self, images: usize) -> usize {
        match self {
            Work::Winograd(conv) => conv.scratch(images),
            Work::Bands(bands) => bands.scratch(),
            _ => 0,
        }
    }

    /// Bytes of its weights.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Work::Conv(conv) => conv.bytes(),
            Work::Winograd(conv) => conv.bytes(),
            Work::Depthwise(conv) => conv.bytes(),
            Work::Bands(bands) => bands.bytes(),
            Work::ScaleAndShift { factor, shift, .. } => size_of_val(&factor[..]) + size_of_val(&shift[..]),
            _ => 0,
        }
    }
}

impl Step {
    /// Computes the step of some images.
    pub(super) fn run(&self, isa: Isa, images: &mut [Memory], scratch: &mut Scratch) -> Result<(), Error> {
        match &self.work {
            Work::Conv(conv) => conv.run(&mut self.buffers(images)?)?,
            Work::Winograd(conv) => conv.run(&mut self.buffers(images)?, &mut scratch.pixels)?,
            Work::Bands(bands) => {
                let images = self.buffers(images)?;
                images.into_iter().try_for_each(|image| bands.run(image, &mut scratch.pixels))?;
            }
            _ => images.iter_mut().try_for_each(|image| self.run_one(isa, image, scratch))?,
        }
        Ok(())
    }

    /// What convolutions read and write of each image.
    fn buffers<'a>(&self, images: &'a mut [Memory]) -> Result<Vec<Buffers<'a>>, Error> {
        let of_image = |image: &'a mut Memory| {
            let (y, around) = image.split(&self.output);
            self.output.map.clear_border(y);
            let residual = self.residual.as_ref().map(|place| around.get(place)).transpose()?;
            Ok(Buffers { x: around.get(&self.inputs[0])?, residual, y })
        };
        images.iter_mut().map(of_image).collect()
    }

    fn run_one(&self, isa: Isa, image: &mut Memory, scratch: &mut Scratch) -> Result<(), Error> {
        if matches!(self.work, Work::Concat) {
            return self.concat(image);
        }
        let (y, around) = image.split(&self.output);
        let map = &self.output.map;
        map.clear_border(y);
        let x = |i: usize| -> Result<(&Map, &[Pixel]), Error> {
            Ok((&self.inputs[i].map, around.get(&self.inputs[i])?))
        };
        match &self.work {
            Work::Depthwise(conv) => conv.run(x(0)?.1, y)?,
            Work::ScaleAndShift { factor, shift, bounds } => {
                scale_and_shift(isa, x(0)?, factor, shift, *bounds, (map, y));
            }
            Work::MaxPool(pool) => pool.run(x(0)?.1, y)?,
            Work::MeanPool(windows) => mean_pool(isa, windows, x(0)?, (map, y)),
            Work::Activate(activation) => activate(isa, *activation, x(0)?, (map, y)),
            Work::Add(bounds) => {
                copy_blocks(x(0)?, 0, (map, &mut *y));
                let last = self.inputs.len() - 1;
                for i in 1..=last {
                    let bounds = if i == last { *bounds } else { Activation::NONE.bounds() };
                    accumulate(isa, x(i)?, bounds, (map, &mut *y));
                }
            }
            Work::Multiply => multiply(isa, x(0)?, x(1)?, (map, y)),
            Work::Reference(reference) => self.reference(reference, &around, y, scratch)?,
            Work::Conv(_) | Work::Winograd(_) | Work::Bands(_) | Work::Concat => {}
        }
        Ok(())
    }

    /// Inputs may lie within the output, where they belong.
    fn concat(&self, image: &mut Memory) -> Result<(), Error> {
        let (mut first, map) = (0, &self.output.map);
        let Range { start, .. } = self.output.range;
        for input in &self.inputs {
            let range = start + first * map.block()..start + (first + input.map.blocks()) * map.block();
            first += input.map.blocks();
            if input.stay == self.output.stay && input.range == range {
                continue;
            }
            let part = Place { map: input.map.with_border(map.border), range, ..self.output };
            let (y, around) = image.split(&part);
            part.map.clear_border(y);
            copy_blocks((&input.map, around.get(input)?), 0, (&part.map, y));
        }
        Ok(())
    }

    fn reference(
        &self,
        layer: &Reference,
        around: &Around,
        y: &mut [Pixel],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        for (place, values) in self.inputs.iter().zip(&mut scratch.inputs) {
            place.read(around.get(place)?, values);
        }
        let inputs: Vec<_> = layer.shapes.iter().zip(scratch.inputs.iter().map(Vec::as_slice)).collect();
        scratch.output.resize(layer.node.shape.values(), 0.0);
        layer::compute(&layer.node, &inputs, &mut scratch.output)?;
        self.output.map.pack(&scratch.output, y);
        Ok(())
    }
}
