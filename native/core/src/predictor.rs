//! Runs a model on rows: the scores of each row, or the output of a layer, and a status that says what came of
//! it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use firesteel_image::Limits;
use firesteel_kernels as kernels;
use ndarray::{ArrayView1, ArrayView2, ArrayView3, ArrayView4, ArrayViewMut1, ArrayViewMut3};

use crate::network::{Graph, GraphNode, Op, Pool2d, Source};
use crate::{Error, ImageReader, Model, Status};

/// One input, in the layout of the network's input shape.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// No input.
    Null,
    /// An encoded image, or a byte per value: see [`ImageReader`]. To be preprocessed.
    Bytes(&'a [u8]),
    /// The values themselves.
    Floats(&'a [f32]),
}

/// A model that is ready to run. Immutable: threads may share it.
#[derive(Debug)]
pub struct Predictor {
    model: Model,
    output: Source,
    /// The layers that the output needs, in their order.
    needed: Vec<usize>,
    images: ImageReader,
}

impl Predictor {
    /// Prepares a model whose scores are those before softmax.
    pub fn new(model: Model) -> Predictor {
        let output = model.graph().logits();
        Predictor::of(model, output)
    }

    /// Prepares a model whose scores are the output of a layer, in the order (channel, row, column). An error
    /// where no layer has that name.
    pub fn of_layer(model: Model, layer: &str) -> Result<Predictor, Error> {
        let nodes = model.graph().nodes();
        let Some(found) = nodes.iter().position(|node| node.name == layer) else {
            let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
            let problem = format!("'{layer}' is none of {}", names.join(", "));
            return Err(Error::Setting { name: "layer", problem });
        };
        Ok(Predictor::of(model, Source::Node(found)))
    }

    fn of(model: Model, output: Source) -> Predictor {
        let needed = model.graph().needed_by(output);
        let images = ImageReader::new(model.preprocessing(), model.graph().input(), Limits::default());
        Predictor { model, output, needed, images }
    }

    /// The same predictor, with other limits for encoded images.
    pub fn with_limits(mut self, limits: Limits) -> Predictor {
        self.images = ImageReader::new(self.model.preprocessing(), self.model.graph().input(), limits);
        self
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The number of values per row: one for each class, or those of the layer.
    pub fn width(&self) -> usize {
        self.model.graph().shape(self.output).values()
    }

    /// Writes the scores of each row (before softmax, or the layer's output) and its status. A row whose status
    /// is not [`Status::Ok`] has NaN scores. Each row is computed by itself: its scores depend on nothing else.
    ///
    /// `scores` holds `rows.len() * width` values, `status` `rows.len()`.
    pub fn predict(&self, rows: &[Row], scores: &mut [f32], status: &mut [Status]) -> Result<(), Error> {
        let expected = rows.len() * self.width();
        if scores.len() != expected || status.len() != rows.len() {
            let problem = format!(
                "{} rows need {expected} scores and {} statuses, not {} and {}",
                rows.len(),
                rows.len(),
                scores.len(),
                status.len()
            );
            return Err(Error::Setting { name: "scores", problem });
        }
        let mut run = Run::new(self);
        for ((row, scores), status) in rows.iter().zip(scores.chunks_mut(self.width())).zip(status) {
            // A panic in one row must not take the others along.
            *status = match catch_unwind(AssertUnwindSafe(|| self.predict_row(*row, &mut run, scores))) {
                Ok(result) => result?,
                Err(_) => {
                    run = Run::new(self);
                    Status::Panic
                }
            };
            if *status != Status::Ok {
                scores.fill(f32::NAN);
            }
        }
        Ok(())
    }

    fn predict_row(&self, row: Row, run: &mut Run, scores: &mut [f32]) -> Result<Status, Error> {
        let expected = self.model.graph().input().values();
        let input = match row {
            Row::Null => return Ok(Status::Null),
            Row::Bytes(bytes) => {
                let pixels = match self.images.read(bytes, &mut run.pixels)? {
                    Ok(pixels) => pixels,
                    Err(status) => return Ok(status),
                };
                run.input.clear();
                self.model.table().append(pixels, &mut run.input);
                None
            }
            Row::Floats(floats) if floats.len() == expected => Some(floats),
            Row::Floats(_) => return Ok(Status::Size),
        };
        let finite = |values: &[f32]| values.iter().all(|v| v.is_finite());
        // A stride may skip a NaN, a ReLU hides minus infinity: the scores would not tell.
        if !finite(input.unwrap_or(&run.input)) {
            return Ok(Status::NotFinite);
        }
        scores.copy_from_slice(run.output(self, input)?);
        Ok(if finite(scores) { Status::Ok } else { Status::NotFinite })
    }
}

/// The buffers of one run through the network, reused from row to row.
struct Run {
    /// The planes of a decoded image.
    pixels: Vec<u8>,
    input: Vec<f32>,
    results: Vec<Vec<f32>>,
}

impl Run {
    fn new(predictor: &Predictor) -> Run {
        let nodes = predictor.model.graph().nodes();
        let mut results = vec![vec![]; nodes.len()];
        for &i in &predictor.needed {
            results[i] = vec![0.0; nodes[i].stored_values()];
        }
        Run { pixels: vec![], input: vec![], results }
    }

    /// Computes the layers that the output needs, and gives it. `input` of `None` means `self.input`.
    fn output<'a>(&'a mut self, predictor: &Predictor, input: Option<&'a [f32]>) -> Result<&'a [f32], Error> {
        let graph = predictor.model.graph();
        for &i in &predictor.needed {
            let mut result = std::mem::take(&mut self.results[i]);
            let outcome = self.layer(&predictor.model, &graph.nodes()[i], input, &mut result);
            self.results[i] = result;
            outcome?;
        }
        Ok(self.value(graph, input, predictor.output))
    }

    fn layer(
        &self,
        model: &Model,
        node: &GraphNode,
        input: Option<&[f32]>,
        y: &mut [f32],
    ) -> Result<(), Error> {
        let graph = model.graph();
        let specs = &graph.layout().specs()[node.weights.clone()];
        let weights = |i: usize| specs.get(i).map(|spec| &model.weights()[spec.range.clone()]);
        let source = node.inputs[0];
        let x = self.value(graph, input, source);
        let in_map = graph.shape(source).map().unwrap_or_default();
        let out_map = node.shape.map().unwrap_or_default();
        let map = || ArrayView3::from_shape(in_map, x);
        match &node.op {
            Op::Conv2d(conv) => {
                let before = conv.padding_before([in_map[1], in_map[2]]).map_err(|problem| Error::Layer {
                    layer: node.name.clone(),
                    op: "conv2d",
                    problem,
                })?;
                let geometry = kernels::Conv2d {
                    stride: conv.stride,
                    padding_before: before,
                    dilation: conv.dilation,
                    groups: conv.groups,
                };
                let [kh, kw] = conv.kernel;
                let weight_shape = (conv.filters, in_map[0] / conv.groups, kh, kw);
                let weight = ArrayView4::from_shape(weight_shape, weights(0).unwrap_or_default())?;
                let bias = weights(1).map(ArrayView1::from);
                kernels::conv2d(map()?, weight, bias, &geometry, ArrayViewMut3::from_shape(out_map, y)?)?;
            }
            Op::Dense(dense) => {
                let weight = ArrayView2::from_shape((dense.units, x.len()), weights(0).unwrap_or_default())?;
                let bias = weights(1).map(ArrayView1::from);
                kernels::dense(ArrayView1::from(x), weight, bias, ArrayViewMut1::from(y))?;
            }
            Op::MaxPool2d(pool) => {
                kernels::max_pool2d(map()?, &geometry(pool), ArrayViewMut3::from_shape(out_map, y)?)?;
            }
            Op::AvgPool2d(pool) => {
                kernels::avg_pool2d(map()?, &geometry(pool), ArrayViewMut3::from_shape(out_map, y)?)?;
            }
            Op::GlobalMaxPool2d {} => kernels::global_max_pool2d(map()?, ArrayViewMut1::from(y))?,
            Op::GlobalAvgPool2d {} => kernels::global_avg_pool2d(map()?, ArrayViewMut1::from(y))?,
            Op::Relu {} => kernels::relu(ArrayView1::from(x), ArrayViewMut1::from(y))?,
            Op::Softmax {} => kernels::softmax(ArrayView1::from(x), ArrayViewMut1::from(y))?,
            Op::Flatten {} => {}
        }
        Ok(())
    }

    fn value<'a>(&'a self, graph: &Graph, input: Option<&'a [f32]>, source: Source) -> &'a [f32] {
        match storage(graph, source) {
            Source::Input => input.unwrap_or(&self.input),
            Source::Node(i) => &self.results[i],
        }
    }
}

/// Whose memory holds the value of `source`: flattening changes the shape alone.
fn storage(graph: &Graph, mut source: Source) -> Source {
    while let Source::Node(i) = source {
        match graph.nodes()[i].op {
            Op::Flatten {} => source = graph.nodes()[i].inputs[0],
            _ => break,
        }
    }
    source
}

fn geometry(pool: &Pool2d) -> kernels::Pool2d {
    kernels::Pool2d { kernel: pool.kernel, stride: pool.stride, padding: pool.padding }
}
