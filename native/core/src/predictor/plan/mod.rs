//! How a network is computed: prepared once for its weights and this processor, then run image by image. Neither the
//! choice of kernels nor the order of their sums depends on anything but the model and the instruction set.

mod fuse;
mod places;
mod prepare;
mod step;

use std::time::{Duration, Instant};

use firesteel_kernels::blocked::{Isa, Pixel};

use self::places::{Place, Places};
use self::step::{Scratch, Step};
use super::output::Output;
use crate::network::Source;
use crate::{Error, Model};

/// The steps for a model's outputs, and the memory that they need.
#[derive(Debug)]
pub(super) struct Plan {
    isa: Isa,
    steps: Vec<Step>,
    input: Option<Place>,
    outputs: Vec<Place>,
    /// Pixels of all values, and of what steps need while they run.
    pixels: [usize; 2],
}

/// The most bytes that one image may take: blocks of 16 channels may be 16 times a network's values.
const MAX_BYTES: usize = 2 << 30;

/// What a step of a plan is, and how long it takes.
#[derive(Debug, Clone)]
pub struct StepProfile {
    /// The first of the layers that it computes.
    pub layer: String,
    /// The kernel.
    pub kernel: &'static str,
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
pub(super) struct Memory {
    pixels: Vec<Pixel>,
    scratch: Scratch,
    values: Vec<f32>,
}

impl Plan {
    /// Prepares a model for the layers `needed` and the outputs.
    pub(super) fn new(isa: Isa, model: &Model, outputs: &[Output]) -> Result<Plan, Error> {
        let graph = model.graph();
        let sources: Vec<Source> = outputs.iter().map(|output| fuse::storage(graph, output.source)).collect();
        let needed = graph.needed_by(&sources);
        let units = fuse::units(graph, &needed, &sources);
        let places = Places::of(graph, &units, &sources);
        let steps = units.iter().map(|unit| prepare::step(isa, model, unit, &places));
        let steps = steps.collect::<Result<Vec<Step>, Error>>()?;
        let scratch = steps.iter().map(|step| step.work.scratch()).max().unwrap_or(0);
        let bytes = (places.pixels + scratch).saturating_mul(size_of::<Pixel>());
        if bytes > MAX_BYTES {
            let problem = format!("one image takes {bytes} bytes while it is scored, more than {MAX_BYTES}");
            return Err(Error::Network(problem));
        }
        let found = |&source: &Source| {
            places.get(source).cloned().ok_or_else(|| Error::Network("an output has no place".to_owned()))
        };
        Ok(Plan {
            isa,
            steps,
            input: places.get(Source::Input).cloned(),
            outputs: sources.iter().map(found).collect::<Result<_, _>>()?,
            pixels: [places.pixels, scratch],
        })
    }

    /// The memory for one image at a time; an error where there is none.
    pub(super) fn memory(&self) -> Result<Memory, Error> {
        let [pixels, scratch] = self.pixels.map(zeros);
        Ok(Memory { pixels: pixels?, scratch: Scratch::new(scratch?), values: vec![] })
    }

    /// What each step is, and the shortest of the times that some images take in it.
    pub(super) fn profile(&self, input: &[f32], images: usize) -> Result<Vec<StepProfile>, Error> {
        let mut memory = self.memory()?;
        let mut profiles: Vec<StepProfile> = self.steps.iter().map(StepProfile::of).collect();
        for _ in 0..images {
            if let Some(place) = &self.input {
                place.write(input, &mut memory.pixels[place.range.clone()]);
            }
            for (step, profile) in self.steps.iter().zip(&mut profiles) {
                let start = Instant::now();
                step.run(self.isa, &mut memory.pixels, &mut memory.scratch)?;
                profile.time = profile.time.min(start.elapsed());
            }
        }
        Ok(profiles)
    }

    /// Computes the outputs of one image and writes them behind each other.
    pub(super) fn run(
        &self,
        outputs: &[Output],
        input: &[f32],
        memory: &mut Memory,
        mut scores: &mut [f32],
    ) -> Result<(), Error> {
        if let Some(place) = &self.input {
            place.write(input, &mut memory.pixels[place.range.clone()]);
        }
        for step in &self.steps {
            step.run(self.isa, &mut memory.pixels, &mut memory.scratch)?;
        }
        for (output, place) in outputs.iter().zip(&self.outputs) {
            let (own, rest) = scores.split_at_mut(output.values);
            place.read(&memory.pixels[place.range.clone()], &mut memory.values);
            output.write(&memory.values, own);
            scores = rest;
        }
        Ok(())
    }
}

fn zeros(pixels: usize) -> Result<Vec<Pixel>, Error> {
    let mut zeros = vec![];
    let bytes = pixels * size_of::<Pixel>();
    zeros.try_reserve_exact(pixels).map_err(|_| {
        Error::Network(format!("there is no memory for the {bytes} bytes that one image takes"))
    })?;
    zeros.resize(pixels, Pixel::ZERO);
    Ok(zeros)
}
