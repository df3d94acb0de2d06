//! What a predictor gives of each row: a layer's values, or the means of its channels.

use crate::network::{Graph, Source};

/// A part of a predictor's scores.
#[derive(Debug)]
pub(super) struct Output {
    /// Where the values come from.
    pub(super) source: Source,
    /// How many values are written.
    pub(super) values: usize,
}

impl Output {
    /// The scores before softmax.
    pub(super) fn logits(graph: &Graph) -> Output {
        Output { source: graph.logits(), values: graph.shape(graph.logits()).values() }
    }

    /// `layer` or `mean(layer)`. The error lists the layers.
    pub(super) fn named(graph: &Graph, name: &str) -> Result<Output, String> {
        let mean = name.strip_prefix("mean(").and_then(|rest| rest.strip_suffix(')'));
        let layer = mean.unwrap_or(name);
        let nodes = graph.nodes();
        let Some(found) = nodes.iter().position(|node| node.name == layer) else {
            let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
            return Err(format!("'{layer}' is none of {}", names.join(", ")));
        };
        let shape = &nodes[found].shape;
        let values = match (mean, shape.map()) {
            (None, _) => shape.values(),
            (Some(_), Some([channels, _, _])) => channels,
            (Some(_), None) => return Err(format!("'{layer}' gives {shape}, not a map to take means of")),
        };
        Ok(Output { source: Source::Node(found), values })
    }

    /// Writes the layer's values, or as many means of them as there is room for.
    pub(super) fn write(&self, values: &[f32], out: &mut [f32]) {
        if values.len() == out.len() {
            out.copy_from_slice(values);
            return;
        }
        for (channel, out) in values.chunks(values.len() / self.values).zip(out) {
            // In f64, so that the order of the sum does not show.
            let sum: f64 = channel.iter().map(|&value| f64::from(value)).sum();
            *out = (sum / channel.len() as f64) as f32;
        }
    }
}
