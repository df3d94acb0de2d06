//! How a network is computed: prepared once for its weights and this processor. The first steps, whose maps are large,
//! are run image by image; the others for several images at a time, so that their weights are read once for all of them.
//! Neither the choice of kernels nor the order of their sums depends on anything but the model and the instruction set.

mod bands;
mod fuse;
mod memory;
mod places;
mod prepare;
mod step;

use std::collections::TryReserveError;
use std::time::{Duration, Instant};

#[cfg(test)]
use firesteel_kernels::blocked::LANES;
use firesteel_kernels::blocked::{Isa, Pixel};

use self::memory::{Memory, Scratch, Values, room};
pub(super) use self::places::Input;
use self::places::{AT_ONCE, Place, Places};
use self::step::Step;
use super::output::Output;
use crate::network::Source;
use crate::{Error, Model};

/// The steps for a model's outputs, and the memory that they need.
#[derive(Debug)]
pub(super) struct Plan {
    isa: Isa,
    /// Those for one image, then those for several.
    steps: [Vec<Step>; 2],
    input: Option<Place>,
    outputs: Vec<Place>,
    /// Pixels of the memory that images share, and of each image's own.
    pixels: [usize; 2],
    /// What layers by the readable kernels need while they run, and values on their way in and out.
    values: (Values, usize),
}

/// Which kernels compute a network.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// The instruction set; default the best one of this processor.
    pub isa: Isa,
    /// Whether all convolutions are computed directly, as the layer is defined: slower, with smaller rounding errors.
    /// Default false: Winograd's algorithm where that is faster.
    pub exact: bool,
}

impl Default for Kernels {
    fn default() -> Kernels {
        Kernels { isa: Isa::best(), exact: false }
    }
}

/// The most bytes that one image may take: blocks of 16 channels may be 16 times a network's values.
const MAX_BYTES: usize = 2 << 30;

/// The most bytes of the weights in the order in which kernels read them beyond four times their own: as many Winograd's
/// largest tiles take, and what is rounded up to whole blocks of 16.
const ROUNDED: usize = 1 << 30;

/// What a step of a plan is, and how long it takes.
#[derive(Debug, Clone)]
pub struct StepProfile {
    /// The first of the layers that it computes.
    pub layer: String,
    /// The kernel.
    pub kernel: String,
    /// Channels, rows and columns of the result.
    pub shape: [usize; 3],
    /// How often two values are multiplied and added for an image.
    pub multiplications: usize,
    /// Bytes of its weights.
    pub bytes: usize,
    /// The shortest of some times.
    pub time: Duration,
}

impl StepProfile {
    fn of(step: &Step) -> StepProfile {
        let map = &step.output.map;
        StepProfile {
            layer: step.layer.clone(),
            kernel: step.work.name(),
            shape: [map.channels, map.height, map.width],
            multiplications: step.multiplications,
            bytes: step.work.bytes(),
            time: Duration::MAX,
        }
    }
}

/// The memory of a run, used again from image to image.
#[derive(Debug)]
pub(super) struct Arena {
    short: Vec<Pixel>,
    /// A part for each image.
    long: Vec<Pixel>,
    scratch: Scratch,
    values: Vec<f32>,
}

impl Arena {
    #[cfg(test)]
    pub(super) fn fill(&mut self, value: f32) {
        self.short.fill(Pixel([value; LANES]));
        self.long.fill(Pixel([value; LANES]));
        self.scratch.fill(value);
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let pixels = self.short.capacity() + self.long.capacity();
        pixels * size_of::<Pixel>() + self.values.capacity() * size_of::<f32>() + self.scratch.bytes()
    }
}

impl Plan {
    /// Prepares a model for the layers `needed` and the outputs.
    pub(super) fn new(kernels: Kernels, model: &Model, outputs: &[Output]) -> Result<Plan, Error> {
        let Kernels { isa, exact } = kernels;
        let graph = model.graph();
        let sources: Vec<Source> = outputs.iter().map(|output| fuse::storage(graph, output.source)).collect();
        let needed = graph.needed_by(&sources);
        let units = bands::join(graph, fuse::units(graph, &needed, &sources, exact), &sources);
        let packed = units.iter().flatten().map(|unit| unit.packed(graph));
        let packed = packed.fold(0, usize::saturating_add).saturating_mul(size_of::<f32>());
        let most = 4 * size_of_val(model.weights()) + ROUNDED;
        if packed > most {
            return Err(Error::Network(format!(
                "the weights take {packed} bytes in blocks of 16 filters, more than {most}: use more filters a group"
            )));
        }
        let places = Places::of(graph, &units, &sources);
        let found = |&source: &Source| {
            places.get(source).cloned().ok_or_else(|| Error::Network("an output has no place".to_owned()))
        };
        let steps = |units: &[Vec<fuse::Unit>], images: usize| -> Result<Vec<Step>, Error> {
            units.iter().map(|units| prepare::step(isa, model, units, &places, images)).collect()
        };
        let (early, late) = units.split_at(places.late);
        let steps: [Vec<Step>; 2] = [steps(early, 1)?, steps(late, AT_ONCE)?];
        let values = Values::of(steps.iter().flatten());
        let outputs: Vec<Place> = sources.iter().map(found).collect::<Result<_, _>>()?;
        let input = places.get(Source::Input).cloned();
        let passing = outputs.iter().chain(input.iter().filter(|place| !place.planes)).map(Place::values);
        let values = (values, passing.max().unwrap_or(0));
        let pixels = [places.short, places.long];
        let plan = Plan { isa, steps, input, outputs, pixels, values };
        match plan.bytes(1) {
            bytes if bytes > MAX_BYTES => Err(Error::Network(format!(
                "one image takes {bytes} bytes while it is scored, more than {MAX_BYTES}"
            ))),
            _ => Ok(plan),
        }
    }

    /// How many images it pays to compute at a time.
    pub(super) fn at_once(&self) -> usize {
        let [_, long] = self.pixels;
        let room = MAX_BYTES / (long * size_of::<Pixel>()).max(1);
        if self.steps[1].is_empty() { 1 } else { room.clamp(1, AT_ONCE) }
    }

    /// The bytes of the weights of all steps.
    pub(super) fn weight_bytes(&self) -> usize {
        self.steps.iter().flatten().map(|step| step.work.bytes()).sum()
    }

    /// The bytes that computing some images at a time takes.
    pub(super) fn bytes(&self, images: usize) -> usize {
        let ([short, long], (values, passing)) = (self.pixels, &self.values);
        (short + images * long + self.scratch(images))
            .saturating_mul(size_of::<Pixel>())
            .saturating_add((values.sum() + passing) * size_of::<f32>())
    }

    /// The pixels that steps need while they run.
    fn scratch(&self, images: usize) -> usize {
        let scratch = |steps: &[Step], images| steps.iter().map(|step| step.work.scratch(images)).max();
        let [early, late] = &self.steps;
        scratch(early, 1).max(scratch(late, images)).unwrap_or(0)
    }

    /// The memory for so many images at a time; an error where there is none.
    pub(super) fn arena(&self, images: usize) -> Result<Arena, Error> {
        let [short, long] = self.pixels;
        let missing = |_: TryReserveError| {
            let bytes = self.bytes(images);
            Error::Network(format!("there is no memory for the {bytes} bytes that an image takes"))
        };
        let zeros = |pixels: usize| -> Result<Vec<Pixel>, Error> {
            let mut zeros = room(pixels).map_err(missing)?;
            zeros.resize(pixels, Pixel::ZERO);
            Ok(zeros)
        };
        let (values, passing) = &self.values;
        Ok(Arena {
            short: zeros(short)?,
            long: zeros(images * long)?,
            scratch: Scratch::new(zeros(self.scratch(images))?, values).map_err(missing)?,
            values: room(*passing).map_err(missing)?,
        })
    }

    /// What each step is, without a time.
    pub(super) fn steps(&self) -> Vec<StepProfile> {
        self.steps.iter().flatten().map(StepProfile::of).collect()
    }

    /// What each step is, and the shortest of the times that it takes for an image, of some times.
    pub(super) fn profile(
        &self,
        input: &[f32],
        at_once: usize,
        times: usize,
    ) -> Result<Vec<StepProfile>, Error> {
        let mut arena = self.arena(at_once)?;
        let mut profiles = self.steps();
        for _ in 0..times {
            let Arena { short, long, scratch, values } = &mut arena;
            let (first, others) = long.split_at_mut(self.pixels[1]);
            let mut image = [Memory { short, long: &mut *first }];
            self.write(Input::Floats(input), values, &mut image[0]);
            let (early, late) = profiles.split_at_mut(self.steps[0].len());
            self.timed(&self.steps[0], &mut image, scratch, early)?;
            others.chunks_mut(first.len()).for_each(|other| other.copy_from_slice(first));
            self.timed(&self.steps[1], &mut self.images(long, at_once), scratch, late)?;
        }
        Ok(profiles)
    }

    fn timed(
        &self,
        steps: &[Step],
        images: &mut [Memory],
        scratch: &mut Scratch,
        profiles: &mut [StepProfile],
    ) -> Result<(), Error> {
        for (step, profile) in steps.iter().zip(profiles) {
            let start = Instant::now();
            step.run(self.isa, images, scratch)?;
            profile.time = profile.time.min(start.elapsed() / images.len() as u32);
        }
        Ok(())
    }

    /// The memories of the first images, for steps that need nothing that is short-lived.
    fn images<'a>(&self, long: &'a mut [Pixel], images: usize) -> Vec<Memory<'a>> {
        let own = long.chunks_mut(self.pixels[1]).take(images);
        own.map(|long| Memory { short: &mut [], long }).collect()
    }

    fn write(&self, input: Input, values: &mut Vec<f32>, image: &mut Memory) {
        if let Some(place) = &self.input {
            place.write(input, values, image.get_mut(place));
        }
    }

    /// Computes the first steps of an image, which takes the place `at` among those that are computed together.
    pub(super) fn begin(&self, input: Input, at: usize, arena: &mut Arena) -> Result<(), Error> {
        let own = self.pixels[1];
        let long = &mut arena.long[at * own..(at + 1) * own];
        let mut image = [Memory { short: &mut arena.short, long }];
        self.write(input, &mut arena.values, &mut image[0]);
        self.steps[0].iter().try_for_each(|step| step.run(self.isa, &mut image, &mut arena.scratch))
    }

    /// Computes the other steps of the first `images`, which have been begun.
    pub(super) fn finish(&self, images: usize, arena: &mut Arena) -> Result<(), Error> {
        let mut images = self.images(&mut arena.long, images);
        self.steps[1].iter().try_for_each(|step| step.run(self.isa, &mut images, &mut arena.scratch))
    }

    /// Writes the outputs of an image behind each other.
    pub(super) fn read(&self, outputs: &[Output], at: usize, arena: &mut Arena, mut scores: &mut [f32]) {
        let own = self.pixels[1];
        let image = &arena.long[at * own..(at + 1) * own];
        for (output, place) in outputs.iter().zip(&self.outputs) {
            let (own, rest) = scores.split_at_mut(output.values);
            place.read(&image[place.range.clone()], &mut arena.values);
            output.write(&arena.values, own);
            scores = rest;
        }
    }
}
