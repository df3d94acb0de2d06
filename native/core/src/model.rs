//! A model: a checked network with weights, preprocessing and labels.

use std::collections::HashSet;

use crate::Error;
use crate::network::{Graph, Layout, Role, WeightSpec};
use crate::preprocessing::{ByteTable, Preprocessing};

/// All that it takes to score a row. Immutable.
#[derive(Debug, Clone)]
pub struct Model {
    graph: Graph,
    preprocessing: Preprocessing,
    table: ByteTable,
    labels: Vec<String>,
    weights: Vec<f32>,
}

impl Model {
    /// Checks that the parts fit together: the weights' number, that they are finite and variances
    /// not below 0, the preprocessing's
    /// channels, the labels' number (none, or one per class) and that they differ.
    pub fn new(
        graph: Graph,
        preprocessing: Preprocessing,
        labels: Vec<String>,
        weights: Vec<f32>,
    ) -> Result<Model, Error> {
        graph.check_weights(&weights)?;
        let table = preprocessing.table(graph.input())?;
        check_labels(&labels, graph.classes())?;
        let problems = bad_values(graph.layout(), &weights);
        if !problems.is_empty() {
            return Err(Error::ModelFile(problems));
        }
        Ok(Model { graph, preprocessing, table, labels, weights })
    }

    /// The same model for images that are prepared in another way.
    pub fn with_preprocessing(self, preprocessing: Preprocessing) -> Result<Model, Error> {
        let table = preprocessing.table(self.graph.input())?;
        Ok(Model { preprocessing, table, ..self })
    }

    /// The network.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How bytes become numbers.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// The same, tabulated.
    pub(crate) fn table(&self) -> &ByteTable {
        &self.table
    }

    /// The classes' names; empty where they have none.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// All weights, in the order of the graph's layout.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}

/// Every tensor that holds a value that is not finite, or a variance below 0.
pub(crate) fn bad_values(layout: &Layout, weights: &[f32]) -> Vec<String> {
    let problem = |spec: &WeightSpec| {
        let values = &weights[spec.range.clone()];
        let variance = spec.role == Role::RunningVariance;
        let bad = values.iter().position(|v| !v.is_finite() || variance && *v < 0.0)?;
        Some(format!("tensor '{}' holds {} at index {bad}", spec.name, values[bad]))
    };
    layout.specs().iter().filter_map(problem).collect()
}

/// Refuses label names that do not fit the classes.
pub(crate) fn check_labels(labels: &[String], classes: usize) -> Result<(), Error> {
    let problem = if labels.is_empty() {
        return Ok(());
    } else if labels.len() != classes {
        format!("{} names are given, the network has {classes} classes", labels.len())
    } else {
        let mut seen = HashSet::new();
        match labels.iter().find(|label| !seen.insert(label.as_str())) {
            Some(twice) => format!("'{twice}' is given twice"),
            None => return Ok(()),
        }
    };
    Err(Error::Setting { name: "labels", problem })
}
