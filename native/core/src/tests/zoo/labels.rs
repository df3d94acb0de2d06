//! The names of ImageNet's classes, which the jar has. Needs the folder that FIRESTEEL_DATA names.

use std::collections::HashMap;

use crate::tests::data::data;

const NAMES: &str = include_str!("../../../../../jvm/src/main/resources/firesteel/imagenet.txt");

/// Names that two classes have in the data's list: torchvision tells them apart. The class, and what is added.
const MORE: [(usize, &str); 2] = [(134, " bird"), (639, " tank suit")];

#[test]
#[ignore = "needs FIRESTEEL_DATA"]
fn names_stand_in_the_order_of_imagenets_classes() {
    let path = data().expect("FIRESTEEL_DATA").join("photos/imagenet_class_index.json");
    let text = std::fs::read_to_string(path).unwrap();
    // By the class in digits, its WordNet number and its name.
    let index: HashMap<String, [String; 2]> = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> = NAMES.lines().collect();
    assert_eq!((names.len(), index.len()), (1000, 1000));
    for (class, name) in names.into_iter().enumerate() {
        let more = MORE.iter().find(|(of, _)| *of == class).map_or("", |(_, more)| more);
        let expected = format!("{}{more}", index[&class.to_string()][1].replace('_', " "));
        assert_eq!(name, expected, "class {class}");
    }
}
