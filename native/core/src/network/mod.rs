//! Networks: their description, the inference of shapes, and the layout of their weights.

mod builder;
mod description;
mod graph;
mod layout;
mod limits;
mod op;
mod shape;
mod summary;

pub use builder::NetworkBuilder;
pub use description::{INPUT, Network, Node};
pub use graph::{Graph, GraphNode, Source};
pub use layout::{Layout, Role, WeightSpec};
pub use limits::{MAX_ACTIVATIONS, MAX_WEIGHTS};
pub use op::{Conv2d, Dense, Op, Padding, Pool2d};
pub use shape::Shape;
pub use summary::{LayerSummary, Summary};
