//! The table of a model's steps.

use super::predictor;
use crate::network::Network;

#[test]
fn a_plan_has_a_line_for_each_step_and_the_sums() {
    let network = Network::input(&[3, 26, 26]).conv(64, 3).relu().max_pool(2).flatten().dense(5).softmax();
    let predictor = predictor(&network.build());
    let text = predictor.explain();
    let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[0], ["layer", "kernel", "output", "MFLOP", "weight", "bytes"]);
    // The activation belongs to the convolution, and the softmax is not computed.
    let layers: Vec<&str> = cells[1..cells.len() - 2].iter().map(|line| line[0]).collect();
    assert_eq!(layers, ["conv1", "pool1", "dense1"]);
    let tail = |line: &[&str], cells: usize| line[line.len() - cells..line.len() - 1].join(" ");
    assert_eq!([tail(&cells[1], 3), tail(&cells[3], 2)], ["64x24x24 2.0", "0.1"]);
    let conv = cells[1][cells[1].len() - 1].parse::<usize>().unwrap();
    assert!(conv >= 4 * 64 * (3 * 9 + 1), "{conv}");
    let sum: usize = cells[1..4].iter().map(|line| line[line.len() - 1].parse::<usize>().unwrap()).sum();
    assert_eq!(cells[4], ["2.1".to_owned(), sum.to_string()]);
    assert_eq!(predictor.weight_bytes(), sum);
    let [all, one] = [8, 1].map(|images| predictor.arena_bytes(images).unwrap());
    let last = format!("arena: {all} bytes for 8 images at a time, {one} bytes for one");
    assert_eq!(text.lines().last(), Some(&last[..]));
    // The numbers stand below each other.
    let ends: Vec<usize> = text.lines().take(5).map(str::len).collect();
    assert_eq!(ends, [ends[0]; 5], "{text}");
}
