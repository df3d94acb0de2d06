//! One run through the network.

use super::memory::storage;
use super::{Predictor, layer};
use crate::Error;
use crate::network::{Graph, Source};

/// The buffers of a run, reused from row to row.
pub(super) struct Run {
    /// The planes of a decoded image.
    pub(super) pixels: Vec<u8>,
    /// The preprocessed input.
    pub(super) input: Vec<f32>,
    /// The layers' results, each in its place of the predictor's memory.
    results: Vec<Vec<f32>>,
    /// Room for the columns of a convolution.
    columns: Vec<f32>,
}

impl Run {
    pub(super) fn new(predictor: &Predictor) -> Run {
        Run { pixels: vec![], input: vec![], results: predictor.memory.buffers(), columns: vec![] }
    }

    /// Computes the layers that the outputs need, and writes these. `input` of `None` means `self.input`.
    pub(super) fn compute(
        &mut self,
        predictor: &Predictor,
        input: Option<&[f32]>,
        mut scores: &mut [f32],
    ) -> Result<(), Error> {
        let (model, graph) = (&predictor.model, predictor.model.graph());
        for &i in &predictor.needed {
            let Some(place) = predictor.memory.place(i) else { continue };
            let node = &graph.nodes()[i];
            let mut result = std::mem::take(&mut self.results[place]);
            let mut columns = std::mem::take(&mut self.columns);
            let inputs = node.inputs.iter();
            let inputs: Vec<_> = inputs
                .map(|&source| (graph.shape(source), self.value(predictor, graph, input, source)))
                .collect();
            let specs = &graph.layout().specs()[node.weights.clone()];
            let weights: Vec<_> = specs.iter().map(|spec| &model.weights()[spec.range.clone()]).collect();
            let y = &mut result[..node.shape.values()];
            let outcome = layer::compute(node, &inputs, &weights, &mut columns, y);
            self.results[place] = result;
            self.columns = columns;
            outcome?;
        }
        for output in &predictor.outputs {
            let (own, rest) = scores.split_at_mut(output.values);
            output.write(self.value(predictor, graph, input, output.source), own);
            scores = rest;
        }
        Ok(())
    }

    fn value<'a>(
        &'a self,
        predictor: &Predictor,
        graph: &Graph,
        input: Option<&'a [f32]>,
        source: Source,
    ) -> &'a [f32] {
        let values = graph.shape(source).values();
        match storage(graph, source) {
            Source::Input => input.unwrap_or(&self.input),
            Source::Node(i) => match predictor.memory.place(i) {
                Some(place) => &self.results[place][..values],
                // Not one of the planned layers: no kernel takes an empty input.
                None => &[],
            },
        }
    }
}
