//! Networks: their description, the inference of shapes, and the layout of their weights.

mod builder;
mod description;
mod graph;
mod infer;
mod layout;
mod limits;
mod op;
mod options;
mod shape;
mod summary;
mod window;

pub use builder::NetworkBuilder;
pub use description::{INPUT, Network, Node};
pub use graph::{Graph, GraphNode, Source};
pub use layout::{Layout, Role, WeightSpec};
pub use limits::{MAX_ACTIVATIONS, MAX_LAYERS, MAX_WEIGHTS};
pub use op::Op;
pub use options::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, LeakyRelu, LocalResponseNorm,
    PadChannels, Padding, Pool2d, Same, Subsample,
};
pub use shape::Shape;
pub use summary::{LayerSummary, Summary};
