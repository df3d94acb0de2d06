//! From units to steps: weights are folded and packed for the processor.

use firesteel_kernels as kernels;
use firesteel_kernels::blocked::{
    BlockedBands, BlockedConv, BlockedDepthwise, BlockedMaxPool, BlockedWinograd, Ending, Isa, LANES, Map,
    Pixel, Source as Values, Stage, Windows,
};
use ndarray::{Array4, ArrayView4};

use super::bands::BAND;
use super::fuse::{Unit, activation, is_depthwise};
use super::places::Places;
use super::step::{Reference, Step, Work};
use crate::network::{Conv2d, Graph, GraphNode, Op, Pool2d, Source};
use crate::predictor::layer;
use crate::{Error, Model};

/// Makes a step of some units, of which each reads the one before, for up to `images` at a time.
pub(super) fn step(
    isa: Isa,
    model: &Model,
    units: &[Unit],
    places: &Places,
    images: usize,
) -> Result<Step, Error> {
    let graph = model.graph();
    let (Some(first), Some(last)) = (units.first(), units.last()) else {
        return Err(Error::Network("a step has no layers".to_owned()));
    };
    let layer = graph.nodes()[first.node].name.clone();
    let missing = || Error::Network(format!("'{layer}' has no place for its values"));
    let place = |source: Source| places.get(source).cloned().ok_or_else(missing);
    let map = |source: Source| places.map(source).copied().ok_or_else(missing);
    let inputs = first.inputs.iter().map(|&source| place(source)).collect::<Result<Vec<_>, _>>()?;
    let planes = inputs.iter().any(|input| input.planes);
    let prepare = |unit: &Unit| -> Result<Work, Error> {
        let inputs = unit.inputs.iter().map(|&source| map(source)).collect::<Result<Vec<_>, _>>()?;
        let residual = unit.residual.map(map).transpose()?;
        let output = map(Source::Node(unit.result))?;
        let (node, planes) = (&graph.nodes()[unit.node], planes && unit == first);
        Prepare { isa, model, unit, node, inputs, planes, residual, output, images }.work()
    };
    let stage = |unit: &Unit| match prepare(unit)? {
        Work::Conv(conv) => Ok(Stage::Conv(conv)),
        Work::Depthwise(conv) => Ok(Stage::Depthwise(conv)),
        Work::MaxPool(pool) => Ok(Stage::MaxPool(pool)),
        other => Err(Error::Network(format!("'{}' cannot be computed in bands of rows", other.name()))),
    };
    let work = match units {
        [unit] => prepare(unit)?,
        _ => {
            let stages = units.iter().map(stage).collect::<Result<_, _>>()?;
            Work::Bands(BlockedBands::new(stages, BAND)?)
        }
    };
    let multiplications = units.iter().map(|unit| multiplications(graph, unit)).sum();
    let (residual, output) = (last.residual.map(place).transpose()?, place(Source::Node(last.result))?);
    Ok(Step { multiplications, work, inputs, residual, output, layer })
}

/// How often two values are multiplied and added for an image.
fn multiplications(graph: &Graph, unit: &Unit) -> usize {
    let node = &graph.nodes()[unit.node];
    let channels = graph.shape(node.inputs[0]).dimensions()[0];
    let per_output = match &node.op {
        Op::Conv2d(conv) => channels / conv.groups * conv.kernel[0] * conv.kernel[1],
        Op::Dense(_) => graph.shape(node.inputs[0]).values(),
        _ => 0,
    };
    per_output * node.shape.values()
}

struct Prepare<'a> {
    isa: Isa,
    model: &'a Model,
    unit: &'a Unit,
    node: &'a GraphNode,
    inputs: Vec<Map>,
    /// Whether the first input lies in planes.
    planes: bool,
    residual: Option<Map>,
    output: Map,
    images: usize,
}

impl Prepare<'_> {
    fn work(&self) -> Result<Work, Error> {
        Ok(match &self.node.op {
            Op::Conv2d(conv) => self.convolution(conv)?,
            Op::Dense(_) => self.dense()?,
            Op::BatchNorm(_) => {
                let (factor, shift) = self.norm(self.unit.node);
                Work::ScaleAndShift { factor: lanes(&factor), shift: lanes(&shift), bounds: self.bounds() }
            }
            Op::MaxPool2d(pool) => self.max_pool(self.windows(pool, false))?,
            Op::AvgPool2d(pool) => Work::MeanPool(self.windows(&pool.window(), pool.count_include_pad)),
            Op::AdaptiveAvgPool2d(_) | Op::GlobalAvgPool2d {} => Work::MeanPool(self.adaptive()),
            Op::GlobalMaxPool2d {} => self.max_pool(self.adaptive())?,
            Op::Multiply {} if self.is_by_map() => Work::Multiply,
            op if op.is_by_value() && !self.is_of_one_order() => self.reference(),
            Op::Add {} => Work::Add(self.bounds()),
            Op::Multiply {} => Work::Multiply,
            Op::Concat {} if self.output.height > 0 && self.is_by_blocks() => Work::Concat,
            op => activation(op).map_or_else(|| self.reference(), Work::Activate),
        })
    }

    /// The bounds of what knows no other activation.
    fn bounds(&self) -> [f32; 2] {
        self.unit.activation.bounds()
    }

    fn reference(&self) -> Work {
        let graph = self.model.graph();
        let shapes = self.node.inputs.iter().map(|&source| graph.shape(source).clone()).collect();
        Work::Reference(Box::new(Reference { node: self.node.clone(), shapes }))
    }

    fn weight(&self, node: &GraphNode, i: usize) -> &[f32] {
        let specs = self.model.graph().layout().specs();
        specs
            .get(node.weights.clone())
            .and_then(|own| own.get(i))
            .map_or(&[], |spec| &self.model.weights()[spec.range.clone()])
    }

    /// A batch normalisation as a factor and a shift for each channel.
    fn norm(&self, node: usize) -> (Vec<f64>, Vec<f64>) {
        let node = &self.model.graph().nodes()[node];
        let Op::BatchNorm(norm) = &node.op else { return (vec![], vec![]) };
        let [weight, bias, mean, variance] = [0, 1, 2, 3].map(|i| self.weight(node, i));
        (0..weight.len())
            .map(|c| {
                let factor = f64::from(weight[c]) / (f64::from(variance[c]) + norm.eps).sqrt();
                (factor, f64::from(bias[c]) - f64::from(mean[c]) * factor)
            })
            .unzip()
    }

    fn convolution(&self, conv: &Conv2d) -> Result<Work, Error> {
        let x = self.inputs[0];
        let geometry = layer::convolution(conv, [x.height, x.width]).map_err(|problem| Error::Layer {
            layer: self.node.name.clone(),
            op: "conv2d",
            problem,
        })?;
        let [kh, kw] = conv.kernel;
        let shape = (conv.filters, x.channels / conv.groups, kh, kw);
        let mut weight: Array4<f32> = ArrayView4::from_shape(shape, self.weight(self.node, 0))?.to_owned();
        let own = self.weight(self.node, 1);
        let mut bias = if conv.bias { own.to_vec() } else { vec![0.0; conv.filters] };
        if let Some(norm) = self.unit.norm {
            let (factor, shift) = self.norm(norm);
            for (filter, mut values) in weight.outer_iter_mut().enumerate() {
                values.mapv_inplace(|v| (f64::from(v) * factor[filter]) as f32);
                bias[filter] = (f64::from(bias[filter]) * factor[filter] + shift[filter]) as f32;
            }
        }
        if is_depthwise(conv, x.channels) {
            let (y, activation) = (self.output, self.unit.activation);
            return Ok(Work::Depthwise(BlockedDepthwise::new(
                self.isa,
                weight.view(),
                &bias,
                &geometry,
                x,
                y,
                activation,
            )?));
        }
        let y = self.output;
        if let Some(size) = self.unit.winograd {
            let (weight, ending) = (weight.view(), self.ending());
            return Ok(Work::Winograd(BlockedWinograd::new(
                self.isa,
                size,
                weight,
                &bias,
                &geometry,
                x,
                y,
                ending,
                self.images,
            )?));
        }
        self.blocks(weight.view(), &bias, &geometry)
    }

    fn ending(&self) -> Ending {
        Ending { residual: self.residual, activation: self.unit.activation }
    }

    /// A dense layer is a convolution whose only window is the whole map.
    fn dense(&self) -> Result<Work, Error> {
        let (x, units) = (self.inputs[0], self.output.channels);
        let weight =
            ArrayView4::from_shape((units, x.channels, x.height, x.width), self.weight(self.node, 0))?;
        let own = self.weight(self.node, 1);
        let bias = if own.is_empty() { vec![0.0; units] } else { own.to_vec() };
        let geometry =
            kernels::Conv2d { stride: [1, 1], padding_before: [0, 0], dilation: [1, 1], groups: 1 };
        self.blocks(weight, &bias, &geometry)
    }

    fn blocks(
        &self,
        weight: ArrayView4<f32>,
        bias: &[f32],
        geometry: &kernels::Conv2d,
    ) -> Result<Work, Error> {
        let x = self.inputs[0];
        let values = if self.planes { Values::planes(x) } else { Values::blocks(x) };
        let conv = BlockedConv::new(self.isa, weight, bias, geometry, values, self.output, self.ending())?;
        Ok(Work::Conv(conv))
    }

    fn max_pool(&self, windows: [Windows; 2]) -> Result<Work, Error> {
        Ok(Work::MaxPool(BlockedMaxPool::new(self.isa, windows, self.inputs[0], self.output)?))
    }

    fn windows(&self, pool: &Pool2d, count_padding: bool) -> [Windows; 2] {
        let (x, y) = (self.inputs[0], self.output);
        let geometry = layer::window(pool);
        let along = |d, size, out| Windows::of(&geometry, d, size, out, count_padding);
        [along(0, x.height, y.height), along(1, x.width, y.width)]
    }

    fn adaptive(&self) -> [Windows; 2] {
        let (x, y) = (self.inputs[0], self.output);
        [Windows::adaptive(x.height, y.height), Windows::adaptive(x.width, y.width)]
    }

    /// Whether the second input has a factor for each map of the first.
    fn is_by_map(&self) -> bool {
        let (x, factors) = (&self.inputs[0], &self.inputs[1]);
        size(x) == size(&self.output) && size(factors) == [x.channels, 1, 1]
    }

    /// Whether all inputs lie in the order of the result.
    fn is_of_one_order(&self) -> bool {
        self.inputs.iter().all(|map| size(map) == size(&self.output))
    }

    /// Whether each input begins a block of the result.
    fn is_by_blocks(&self) -> bool {
        let is_map = self.model.graph().shape(Source::Node(self.unit.node)).map().is_some();
        let (_, before) = self.inputs.split_last().unzip();
        let whole = |map: &Map| map.channels.is_multiple_of(LANES);
        is_map && before.is_some_and(|before: &[Map]| before.iter().all(whole))
    }
}

fn size(map: &Map) -> [usize; 3] {
    [map.channels, map.height, map.width]
}

fn lanes(values: &[f64]) -> Vec<Pixel> {
    values
        .chunks(LANES)
        .map(|chunk| Pixel(std::array::from_fn(|i| chunk.get(i).map_or(0.0, |&v| v as f32))))
        .collect()
}
