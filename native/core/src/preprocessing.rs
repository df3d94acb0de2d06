//! How bytes become the numbers that a network sees.

use firesteel_image::Preparation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;
use crate::network::Shape;

/// Turns the byte `v` of channel `c` into `(v * scale - mean[c]) / std[c]`. Inputs that are numbers already
/// are taken as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preprocessing {
    /// Factor of every byte; default 1/255, which gives 0 to 1.
    pub scale: f64,
    /// What is subtracted after scaling: a number per channel, one for all, or none.
    pub mean: Vec<f64>,
    /// What is divided by after that: a number per channel, one for all, or none.
    pub std: Vec<f64>,
    /// How an encoded image becomes bytes; without it, images must have the network's size already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Preparation>,
}

impl Default for Preprocessing {
    fn default() -> Self {
        Preprocessing { scale: 1.0 / 255.0, mean: vec![], std: vec![], image: None }
    }
}

impl Preprocessing {
    /// The same with some settings changed: `changes` is JSON of those that differ, within `image` too. A letterbox
    /// takes the place of a crop that the changes do not name.
    pub fn changed(&self, changes: &str) -> Result<Preprocessing, Error> {
        let problem = |e: serde_json::Error| Error::Setting { name: "preprocessing", problem: e.to_string() };
        let mut changes: Map<String, Value> = serde_json::from_str(changes).map_err(problem)?;
        if let (Some(Value::Object(image)), Some(before)) = (changes.get_mut("image"), &self.image) {
            if image.get("resize").is_some_and(|resize| resize.get("letterbox").is_some()) {
                // They exclude each other, and the letterbox is what is asked for.
                image.entry("crop").or_insert(Value::Null);
            }
            *image = merged(serde_json::to_value(before).map_err(problem)?, std::mem::take(image));
        }
        let all = merged(serde_json::to_value(self).map_err(problem)?, changes);
        serde_json::from_value(Value::Object(all)).map_err(problem)
    }

    /// Checks all of it against the shape of one input and tabulates the 256 values of each channel.
    pub fn table(&self, input: &Shape) -> Result<ByteTable, Error> {
        // A vector's values have no channels: one table serves all.
        let channels = input.map().map_or(1, |[channels, _, _]| channels);
        check("scale", self.scale.is_finite() && self.scale != 0.0, "must be a finite number other than 0")?;
        check("mean", self.mean.iter().all(|m| m.is_finite()), "must hold finite numbers")?;
        check("std", self.std.iter().all(|s| s.is_finite() && *s > 0.0), "must hold finite numbers above 0")?;
        for (name, values) in [("mean", &self.mean), ("std", &self.std)] {
            let one_or_each = if channels == 1 { "1".to_owned() } else { format!("1 or {channels}") };
            let problem =
                format!("has {} values, the network's input {input} needs {one_or_each}", values.len());
            check(name, values.is_empty() || values.len() == 1 || values.len() == channels, &problem)?;
            let problem =
                format!("has {} values, more than the {MAX_TABLES} for which there is room", values.len());
            check(name, values.len() <= MAX_TABLES, &problem)?;
        }
        if let Some(image) = &self.image {
            check("image", input.map().is_some(), "the network's input is no image")?;
            image.check(input.map().unwrap_or_default())?;
        }
        let of = |values: &[f64], channel: usize, default| match values {
            [] => default,
            [one] => *one,
            many => many[channel],
        };
        // Where all channels are alike one table serves them: there may be millions.
        let values: Vec<[f32; 256]> = (0..self.mean.len().max(self.std.len()).max(1))
            .map(|c| {
                let (mean, std) = (of(&self.mean, c, 0.0), of(&self.std, c, 1.0));
                // In f64, so that v * (1/255) rounds to the f32 that v / 255 gives.
                std::array::from_fn(|v| ((v as f64 * self.scale - mean) / std) as f32)
            })
            .collect();
        let finite = values.iter().flatten().all(|value| value.is_finite());
        Ok(ByteTable { values, values_per_channel: input.values() / channels, finite })
    }
}

/// The fields of an object, some of them replaced.
fn merged(before: Value, changes: Map<String, Value>) -> Map<String, Value> {
    let mut all = if let Value::Object(fields) = before { fields } else { Map::new() };
    all.extend(changes);
    all
}

/// The most channels with a mean and a deviation of their own: 4 MiB of tables.
const MAX_TABLES: usize = 4096;

/// The number that each byte stands for, tabulated per channel.
#[derive(Debug, Clone)]
pub struct ByteTable {
    values: Vec<[f32; 256]>,
    values_per_channel: usize,
    /// Whether all numbers are.
    finite: bool,
}

impl ByteTable {
    /// Appends the numbers of the bytes of whole inputs, in the layout of the input's shape.
    pub fn append(&self, bytes: &[u8], out: &mut Vec<f32>) {
        for (i, channel) in bytes.chunks(self.values_per_channel).enumerate() {
            let table = self.of_channel(i);
            out.extend(channel.iter().map(|&byte| table[usize::from(byte)]));
        }
    }

    /// Writes the numbers of some bytes of one channel.
    pub fn write(&self, channel: usize, bytes: &[u8], out: &mut [f32]) {
        let table = self.of_channel(channel);
        for (out, &byte) in out.iter_mut().zip(bytes) {
            *out = table[usize::from(byte)];
        }
    }

    /// Whether all bytes stand for finite numbers, as they do but of a strange scale or deviation.
    pub fn is_all_finite(&self) -> bool {
        self.finite
    }

    /// Whether the bytes of an input stand for finite numbers.
    pub fn is_finite(&self, bytes: &[u8]) -> bool {
        let mut channels = bytes.chunks(self.values_per_channel).enumerate();
        self.finite
            || channels
                .all(|(i, bytes)| bytes.iter().all(|&byte| self.of_channel(i)[usize::from(byte)].is_finite()))
    }

    fn of_channel(&self, channel: usize) -> &[f32; 256] {
        &self.values[channel % self.values.len()]
    }
}

fn check(name: &'static str, good: bool, problem: &str) -> Result<(), Error> {
    if good { Ok(()) } else { Err(Error::Setting { name, problem: problem.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(preprocessing: &Preprocessing, shape: &[usize], bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![];
        preprocessing.table(&Shape::new(shape).unwrap()).unwrap().append(bytes, &mut out);
        out
    }

    #[test]
    fn the_default_is_the_correctly_rounded_quotient_by_255() {
        let bytes: Vec<u8> = (0..=255).collect();
        let expected: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
        assert_eq!(apply(&Preprocessing::default(), &[1, 16, 16], &bytes), expected);
    }

    #[test]
    fn numbers_that_are_not_finite_as_floats_are_found_by_channel() {
        let preprocessing = Preprocessing { scale: 1.0, mean: vec![], std: vec![1.0, 1e-38], image: None };
        let table = preprocessing.table(&Shape::new(&[2, 1, 2]).unwrap()).unwrap();
        assert!(table.is_finite(&[255, 255, 0, 3]));
        assert!(!table.is_finite(&[0, 0, 3, 4]));
    }

    #[test]
    fn mean_and_std_go_by_channel_and_start_anew_with_each_row() {
        let preprocessing =
            Preprocessing { scale: 1.0, mean: vec![1.0, 2.0], std: vec![1.0, 2.0], image: None };
        let out = apply(&preprocessing, &[2, 1, 2], &[1, 2, 4, 6, 3, 3, 2, 2]);
        assert_eq!(out, [0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 0.0, 0.0]);
    }

    #[test]
    fn channels_that_are_alike_share_a_table_and_there_are_not_too_many_that_are_not() {
        let shape = Shape::new(&[3_000_000, 2, 1]).unwrap();
        let table = Preprocessing::default().table(&shape).unwrap();
        assert_eq!(table.values.len(), 1);
        let each = |channels: usize| Preprocessing { mean: vec![0.5; channels], ..Preprocessing::default() };
        let table = each(4096).table(&Shape::new(&[4096, 2, 1]).unwrap()).unwrap();
        assert_eq!(table.values.len(), 4096);
        let error = each(4097).table(&Shape::new(&[4097, 2, 1]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("mean: has 4097 values, more than the 4096"), "{error}");
    }

    #[test]
    fn one_number_serves_all_channels() {
        let preprocessing = Preprocessing { scale: 1.0, mean: vec![10.0], ..Preprocessing::default() };
        assert_eq!(apply(&preprocessing, &[2, 1, 1], &[10, 20]), [0.0, 10.0]);
        assert_eq!(apply(&preprocessing, &[2], &[10, 20]), [0.0, 10.0]);
    }

    #[test]
    fn a_network_of_one_channel_needs_one_number() {
        for (shape, input) in [(&[1, 2, 2][..], "1x2x2"), (&[4], "4")] {
            let std = Preprocessing { std: vec![1.0; 4], ..Preprocessing::default() };
            let message = format!("std: has 4 values, the network's input {input} needs 1");
            assert_eq!(std.table(&Shape::new(shape).unwrap()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn some_settings_change_and_the_others_stay() {
        let imagenet = crate::zoo::entry("resnet50").unwrap().preprocessing();
        let changed = imagenet.changed(r#"{"std":[1.0],"image":{"resize":{"shortSide":232}}}"#).unwrap();
        assert_eq!((&changed.mean, &changed.std), (&imagenet.mean, &vec![1.0]));
        let (before, after) = (imagenet.image.clone().unwrap(), changed.image.unwrap());
        assert_eq!(after.resize, Some(firesteel_image::Resize::ShortSide(232)));
        assert_eq!(after, Preparation { resize: after.resize.clone(), ..before });
        assert_eq!(imagenet.changed("{}").unwrap(), imagenet);
        for (bad, message) in [
            ("[1]", "preprocessing: invalid type: sequence, expected a map"),
            (r#"{"size":3}"#, "preprocessing: unknown field `size`"),
            (r#"{"image":{"flip":true}}"#, "preprocessing: unknown field `flip`"),
        ] {
            let error = imagenet.changed(bad).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_letterbox_takes_the_place_of_a_crop() {
        let imagenet = crate::zoo::entry("resnet50").unwrap().preprocessing();
        let input = Shape::new(&[3, 224, 224]).unwrap();
        let changed = imagenet.changed(r#"{"image":{"resize":{"letterbox":{"size":[224,224]}}}}"#).unwrap();
        changed.table(&input).unwrap();
        let (before, after) = (imagenet.image.clone().unwrap(), changed.image.unwrap());
        assert_eq!(before.crop, Some([224, 224]));
        assert_eq!(after, Preparation { resize: after.resize.clone(), crop: None, ..before });
        // Both are a contradiction that is not ours to settle.
        let both = r#"{"image":{"resize":{"letterbox":{"size":[224,224]}},"crop":[224,224]}}"#;
        let error = imagenet.changed(both).unwrap().table(&input).err().unwrap().to_string();
        assert!(error.contains("letterbox and crop exclude each other"), "{error}");
        // Another resize keeps the crop.
        let exact = imagenet.changed(r#"{"image":{"resize":{"exact":[256,256]}}}"#).unwrap();
        assert_eq!(exact.image.unwrap().crop, Some([224, 224]));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let shape = Shape::new(&[3, 2, 2]).unwrap();
        let default = Preprocessing::default();
        for (bad, message) in [
            (Preprocessing { scale: 0.0, ..default.clone() }, "scale: must be a finite number other than 0"),
            (Preprocessing { mean: vec![f64::NAN], ..default.clone() }, "mean: must hold finite numbers"),
            (Preprocessing { std: vec![0.0], ..default.clone() }, "std: must hold finite numbers above 0"),
            (
                Preprocessing { mean: vec![0.5, 0.5], ..default },
                "mean: has 2 values, the network's input 3x2x2 needs 1 or 3",
            ),
        ] {
            assert_eq!(bad.table(&shape).unwrap_err().to_string(), message);
        }
    }
}
