//! The memory in which steps run, asked for in a way that can fail.

use std::collections::TryReserveError;
use std::ops::Range;

use firesteel_kernels::blocked::Pixel;

use super::places::{Place, Stay};
use super::step::{Step, Work};
use crate::Error;

/// How many values the buffers of layers by the readable kernels hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    inputs: Vec<usize>,
    output: usize,
}

impl Values {
    /// As many as any of the steps needs.
    pub(super) fn of<'a>(steps: impl Iterator<Item = &'a Step>) -> Values {
        let mut most = Values::default();
        for step in steps {
            let Work::Reference(layer) = &step.work else { continue };
            most.inputs.resize(most.inputs.len().max(layer.shapes.len()), 0);
            for (most, shape) in most.inputs.iter_mut().zip(&layer.shapes) {
                *most = shape.values().max(*most);
            }
            most.output = layer.node.shape.values().max(most.output);
        }
        most
    }

    /// All of them.
    pub(super) fn sum(&self) -> usize {
        self.inputs.iter().sum::<usize>() + self.output
    }
}

/// Buffers of steps: for transformed tiles, for bands of rows, and for layers by the readable kernels.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) pixels: Vec<Pixel>,
    pub(super) inputs: Vec<Vec<f32>>,
    pub(super) output: Vec<f32>,
}

/// The memory of one image.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    /// That of the values of [`Stay::Short`].
    pub(super) short: &'a mut [Pixel],
    /// That of the others.
    pub(super) long: &'a mut [Pixel],
}

impl Memory<'_> {
    pub(super) fn get_mut(&mut self, place: &Place) -> &mut [Pixel] {
        &mut (match place.stay {
            Stay::Short => &mut *self.short,
            Stay::Long => &mut *self.long,
        })[place.range.clone()]
    }

    /// A step's output, and all that is apart from it.
    pub(super) fn split(&mut self, output: &Place) -> (&mut [Pixel], Around<'_>) {
        let (own, other) = match output.stay {
            Stay::Short => (&mut *self.short, &*self.long),
            Stay::Long => (&mut *self.long, &*self.short),
        };
        let Range { start, end } = output.range;
        let (before, rest) = own.split_at_mut(start);
        let (y, after) = rest.split_at_mut(end - start);
        (y, Around { before, after, end, stay: output.stay, other })
    }
}

/// Memory apart from a step's output: what lies before and behind it, and the other one.
pub(super) struct Around<'a> {
    before: &'a [Pixel],
    after: &'a [Pixel],
    end: usize,
    stay: Stay,
    other: &'a [Pixel],
}

impl Scratch {
    /// For steps of which none needs more than so many pixels and values.
    pub(super) fn new(pixels: Vec<Pixel>, values: &Values) -> Result<Scratch, TryReserveError> {
        let inputs = values.inputs.iter().map(|&values| room(values)).collect::<Result<_, _>>()?;
        Ok(Scratch { pixels, inputs, output: room(values.output)? })
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let values = self.inputs.iter().chain([&self.output]).map(Vec::capacity);
        self.pixels.capacity() * size_of::<Pixel>() + values.sum::<usize>() * size_of::<f32>()
    }

    #[cfg(test)]
    pub(super) fn fill(&mut self, value: f32) {
        self.pixels.fill(Pixel([value; firesteel_kernels::blocked::LANES]));
    }
}

/// Room for so many values.
pub(super) fn room<T>(values: usize) -> Result<Vec<T>, TryReserveError> {
    let mut room = vec![];
    room.try_reserve_exact(values)?;
    Ok(room)
}

impl<'a> Around<'a> {
    /// A value's pixels; none where it overlaps the output, which no plan has.
    pub(super) fn get(&self, Place { stay, range, .. }: &Place) -> Result<&'a [Pixel], Error> {
        let found = match range.start.checked_sub(self.end) {
            _ if *stay != self.stay => self.other.get(range.clone()),
            Some(start) => self.after.get(start..range.end - self.end),
            None => self.before.get(range.clone()),
        };
        found.ok_or_else(|| {
            Error::Network(format!("the values at {range:?} are overwritten while they are read"))
        })
    }
}
