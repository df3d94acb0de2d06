//! Weights that are not those of the network.

use serde_json::json;

use super::{checkpoint, network};
use crate::network::Network;
use crate::tests::formula;
use crate::{Architecture, Error, Model, Preprocessing, import, read_model, write_model, zoo};

/// The network with other options of its layers.
fn changed(change: impl Fn(&mut serde_json::Value)) -> Network {
    let mut json = serde_json::to_value(network()).unwrap();
    change(&mut json);
    Network::from_json(&json.to_string()).unwrap()
}

fn problems(network: Network, file: &[u8]) -> Vec<String> {
    match import(&Architecture::Own(network, Preprocessing::default()), file, vec![]) {
        Err(Error::WeightsFile(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_does_not_fit_is_listed_at_once() {
    let other = changed(|json| {
        json["nodes"][0]["name"] = json!("e");
        json["nodes"][1]["inputs"] = json!(["e"]);
        json["nodes"][3]["units"] = json!(5);
    });
    let mut expected = vec![
        "tensor 'e.weight' of shape [3, 2, 2, 2] is missing",
        "tensor 'e.bias' of shape [3] is missing",
        "tensor 'd.weight' has shape [2, 27], expected [5, 27]",
        "tensor 'd.bias' has shape [2], expected [5]",
        "tensor 'c.weight' of shape [3, 2, 2, 2] belongs to no layer of the network",
        "tensor 'c.bias' of shape [3] belongs to no layer of the network",
    ];
    expected.sort_unstable();
    for file in ["zip", "legacy", "safetensors"] {
        let mut found = problems(other.clone(), &checkpoint(file));
        found.sort_unstable();
        assert_eq!(found, expected, "{file}");
    }
    let error = import(&Architecture::Own(other, Preprocessing::default()), &checkpoint("zip"), vec![]);
    assert!(error.unwrap_err().to_string().starts_with("not usable weights: 6 problems\n - "));
}

#[test]
fn a_prefix_that_the_network_has_itself_stays() {
    let own = changed(|json| {
        for node in json["nodes"].as_array_mut().unwrap() {
            node["name"] = json!(format!("module.{}", node["name"].as_str().unwrap()));
        }
        for (i, from) in [(1, "module.c"), (2, "module.n"), (3, "module.f")] {
            json["nodes"][i]["inputs"] = json!([from]);
        }
        json["output"] = json!("module.d");
    });
    let of = |file| {
        let architecture = Architecture::Own(own.clone(), Preprocessing::default());
        import(&architecture, &checkpoint(file), vec![]).map(|model| model.weights().to_vec())
    };
    assert_eq!(of("zip_wrapped").unwrap(), super::weights());
    assert!(of("zip").is_err(), "nothing is put before names");
}

#[test]
fn a_model_file_is_one_of_weights_as_well() {
    let model = super::read(&checkpoint("zip")).unwrap();
    let again = super::read(&write_model(&model).unwrap()).unwrap();
    assert_eq!(again.weights(), model.weights());
}

#[test]
fn numbers_that_are_not_finite_are_refused_by_name() {
    let mut file = checkpoint("safetensors");
    let last = file.len() - 4;
    file[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = super::read(&file).unwrap_err().to_string();
    assert!(error.contains("holds NaN at index"), "{error}");
}

#[test]
fn a_variance_below_0_is_refused_by_name() {
    let graph = crate::network::Graph::new(&network()).unwrap();
    let spec = graph.layout().specs().iter().find(|spec| spec.name == "n.running_var").unwrap().clone();
    let mut weights = vec![-1.0; graph.layout().values()];
    let model = |weights: &[f32]| {
        let graph = crate::network::Graph::new(&network()).unwrap();
        Model::new(graph, Preprocessing::default(), vec![], weights.to_vec()).map(drop)
    };
    let problem = "tensor 'n.running_var' holds -1 at index 0".to_owned();
    assert_eq!(model(&weights), Err(Error::ModelFile(vec![problem])));
    weights[spec.range].fill(0.0);
    assert_eq!(model(&weights), Ok(()));
}

/// A network of the zoo with small weights, under the names of its files.
fn saved(name: &str, classes: usize, rename: impl Fn(&str) -> String, more: &[&str]) -> Vec<u8> {
    let graph = crate::network::Graph::new(&zoo::network(name, classes).unwrap()).unwrap();
    let weights = formula::weights(graph.layout());
    let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    let mut entries = serde_json::Map::new();
    for spec in graph.layout().specs() {
        let offsets = [4 * spec.range.start, 4 * spec.range.end];
        let entry = json!({"dtype": "F32", "shape": spec.shape, "data_offsets": offsets});
        entries.insert(rename(&spec.name), entry);
    }
    for (i, name) in more.iter().enumerate() {
        let offsets = [bytes.len() + 4 * i, bytes.len() + 4 * (i + 1)];
        entries.insert((*name).to_owned(), json!({"dtype": "F32", "shape": [1], "data_offsets": offsets}));
    }
    let header = serde_json::Value::Object(entries).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes, &vec![0; 4 * more.len()]].concat()
}

fn labels(number: usize) -> Vec<String> {
    (0..number).map(|i| format!("class {i}")).collect()
}

#[test]
fn without_labels_the_weights_tell_the_number_of_classes() {
    for (name, classes) in [("squeezenet1_1", 7), ("resnet18", 10), ("mobilenet_v2", 1000), ("lenet", 1)] {
        let entry = zoo::entry(name).unwrap();
        let file = saved(name, classes, str::to_owned, &[]);
        let model = import(&Architecture::Zoo(entry), &file, vec![]).unwrap();
        assert_eq!(model.graph().classes(), classes, "{name}");
        assert_eq!(model.weights(), formula::weights(model.graph().layout()), "{name}");
        assert!(model.labels().is_empty(), "{name}");
        assert_eq!(read_model(&write_model(&model).unwrap()).unwrap().graph().classes(), classes, "{name}");
    }
}

#[test]
fn labels_that_are_too_many_or_too_few_for_the_weights_are_refused() {
    let architecture = Architecture::Zoo(zoo::entry("resnet18").unwrap());
    for (classes, number) in [(1000, 999), (1000, 1001), (10, 1000), (10, 1)] {
        let file = saved("resnet18", classes, |name| format!("module.{name}"), &[]);
        let error = import(&architecture, &file, labels(number)).unwrap_err();
        let problem = format!("{number} labels, the weights are of {classes} classes");
        assert_eq!(error, Error::WeightsFile(vec![problem]));
    }
}

#[test]
fn weights_that_differ_in_more_than_the_number_of_classes_are_refused() {
    let architecture = |name| Architecture::Zoo(zoo::entry(name).unwrap());
    let file = saved("resnet34", 10, str::to_owned, &[]);
    let error = import(&architecture("resnet18"), &file, vec![]).unwrap_err().to_string();
    assert!(error.contains(" belongs to no layer") && !error.contains("fc."), "{error}");
    // The inputs of the last layer are others, so that its results tell nothing.
    let file = saved("resnet50", 10, str::to_owned, &[]);
    let error = import(&architecture("resnet18"), &file, vec![]).unwrap_err().to_string();
    assert!(error.contains("tensor 'fc.weight' has shape [10, 2048], expected [1000, 512]"), "{error}");
    let error = import(&architecture("resnet18"), &file, labels(3)).unwrap_err().to_string();
    assert!(error.contains("tensor 'fc.weight' has shape [10, 2048], expected [3, 512]"), "{error}");
}

#[test]
fn older_names_and_what_only_training_needs_are_understood() {
    let architecture = |name| Architecture::Zoo(zoo::entry(name).unwrap());
    let labels = labels(3);
    let densenet = |name: &str| {
        let old = |part: &str| name.contains("denselayer") && name.contains(part);
        match (old("norm"), old("conv")) {
            (true, _) => name.replace("norm1", "norm.1").replace("norm2", "norm.2"),
            (_, true) => name.replace("conv1", "conv.1").replace("conv2", "conv.2"),
            _ => name.to_owned(),
        }
    };
    let file = saved("densenet121", 3, densenet, &[]);
    let model = import(&architecture("densenet121"), &file, labels.clone()).unwrap();
    assert_eq!(model.weights(), formula::weights(model.graph().layout()));
    assert_eq!(model.labels(), labels);

    let more = ["AuxLogits.fc.bias", "AuxLogits.conv0.bn.weight"];
    let file = saved("inception_v3", 3, str::to_owned, &more);
    let model = import(&architecture("inception_v3"), &file, labels.clone()).unwrap();
    assert_eq!(model.weights(), formula::weights(model.graph().layout()));

    let file = saved("squeezenet1_1", 3, str::to_owned, &more[..1]);
    let error = import(&architecture("squeezenet1_1"), &file, labels).unwrap_err().to_string();
    assert_eq!(
        error,
        "not usable weights: tensor 'AuxLogits.fc.bias' of shape [1] belongs to no layer of the network"
    );
}

#[test]
fn the_imported_model_has_the_preprocessing_of_the_zoo_and_its_file_is_read_again() {
    let entry = zoo::entry("cifar_resnet20").unwrap();
    let file = saved("cifar_resnet20", 10, str::to_owned, &[]);
    let model: Model = import(&Architecture::Zoo(entry), &file, vec![]).unwrap();
    assert_eq!(model.preprocessing().mean, [0.485, 0.456, 0.406]);
    assert_eq!(model.graph().classes(), 10);
    let again = read_model(&write_model(&model).unwrap()).unwrap();
    assert_eq!(again.weights(), model.weights());
    let lenet = saved("lenet", 10, str::to_owned, &[]);
    let model = import(&Architecture::Zoo(zoo::entry("lenet").unwrap()), &lenet, vec![]).unwrap();
    assert_eq!(model.preprocessing().mean, [0.0]);
}
