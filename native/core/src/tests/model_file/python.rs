//! The model file of a network of the zoo, read by the safetensors package of Python.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::network::Graph;
use crate::tests::formula;
use crate::{Model, Preprocessing, write_model, zoo};

/// Prints a line for each tensor: name, dtype, shape, and the bits of its first and last value.
const SCRIPT: &str = "
import sys
from safetensors.numpy import load
for name, values in sorted(load(sys.stdin.buffer.read()).items()):
    first, last = values.ravel().view('uint32')[[0, -1]]
    print(name, values.dtype, 'x'.join(map(str, values.shape)), first, last)
";

fn python(script: &str, input: &[u8]) -> Option<String> {
    let mut command = Command::new("python3");
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let sent = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().ok()?;
    (output.status.success() && sent.is_ok()).then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn python_finds_the_names_shapes_and_values_of_torchvision() {
    if python("import safetensors.numpy", b"").is_none() {
        // Where there are real files to compare, a machine that cannot is not as it should be.
        let is_whole = std::env::var_os("FIRESTEEL_DATA").is_some();
        assert!(!is_whole, "python3 has no safetensors package with numpy: `make test` has it");
        println!("left out: python3 has no safetensors package with numpy");
        return;
    }
    let graph = Graph::new(&zoo::network("mobilenet_v3_small", 7).unwrap()).unwrap();
    let weights = formula::weights(graph.layout());
    let model = Model::new(graph, Preprocessing::default(), vec![], weights).unwrap();
    let mut expected: Vec<String> = model
        .graph()
        .layout()
        .specs()
        .iter()
        .map(|spec| {
            let values = &model.weights()[spec.range.clone()];
            let shape: Vec<String> = spec.shape.iter().map(usize::to_string).collect();
            let (first, last) = (values[0].to_bits(), values[values.len() - 1].to_bits());
            format!("{} float32 {} {first} {last}", spec.name, shape.join("x"))
        })
        .collect();
    expected.sort_unstable();
    let found = python(SCRIPT, &write_model(&model).unwrap()).expect("python3 reads the file");
    let mut found: Vec<&str> = found.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 210);
}
