//! The list of networks.

use std::collections::HashSet;

use crate::network::Graph;
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
