//! The list of networks.

use std::collections::{BTreeMap, HashSet};

use firesteel_image::Filter;
use serde::Deserialize;

use crate::network::Graph;
use crate::tests::expected;
use crate::zoo;

#[test]
fn every_network_fits_its_usual_input_and_any_number_of_classes() {
    let mut names = HashSet::new();
    for entry in zoo::list() {
        let [_, height, width] = entry.input;
        assert_eq!([entry.preparation.crop; 2], [height, width], "{}", entry.name);
        assert!(entry.preparation.short_side >= entry.preparation.crop, "{}", entry.name);
        for classes in [entry.classes, 2] {
            let graph = Graph::new(&zoo::network(entry.name, classes).unwrap());
            let graph = graph.unwrap_or_else(|e| panic!("{}: {e}", entry.name));
            assert_eq!(graph.classes(), classes, "{}", entry.name);
        }
        let graph = Graph::new(&zoo::network(entry.name, 2).unwrap()).unwrap();
        assert!(entry.preprocessing().table(graph.input()).is_ok(), "{}", entry.name);
        assert!(names.insert(entry.name), "{} is listed twice", entry.name);
    }
    assert_eq!(names.len(), 33);
}

/// How torchvision prepares an image of the first weights of a network.
#[derive(Deserialize)]
struct Expected {
    short_side: usize,
    crop: usize,
    filter: Filter,
    mean: [f64; 3],
    std: [f64; 3],
}

#[test]
fn images_are_prepared_as_torchvision_does_for_its_weights() {
    let cases: BTreeMap<String, Expected> = expected::read("preparations.json");
    // All but those that torchvision does not have.
    let others = ["lenet", "cifar_resnet", "mobilenet_v1"];
    let listed = zoo::list().iter().filter(|e| !others.iter().any(|o| e.name.starts_with(o))).count();
    assert_eq!((cases.len(), listed), (24, 24));
    for (name, expected) in cases {
        let found = zoo::entry(&name).unwrap().preparation;
        assert_eq!((found.short_side, found.crop), (expected.short_side, expected.crop), "{name}");
        assert_eq!((found.filter, found.scale), (expected.filter, 1.0 / 255.0), "{name}");
        assert_eq!((found.mean, found.std), (expected.mean, expected.std), "{name}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    let error = zoo::network("resnet51", 10).unwrap_err().to_string();
    assert!(error.starts_with("architecture: 'resnet51' is none of lenet, alexnet, vgg11,"), "{error}");
    assert!(error.ends_with(", efficientnet_b0"), "{error}");
}

#[test]
fn entries_are_written_as_json() {
    let entry = serde_json::to_value(zoo::entry("efficientnet_b0").unwrap()).unwrap();
    assert_eq!(entry["input"], serde_json::json!([3, 224, 224]));
    let preparation = &entry["preparation"];
    assert_eq!(preparation["filter"], "bicubic");
    assert_eq!((&preparation["shortSide"], &preparation["crop"]), (&256.into(), &224.into()));
    assert!(entry.get("build").is_none());
}
