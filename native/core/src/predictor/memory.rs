//! Which results of layers share memory: one that is not read any more makes room for a later one.

use crate::network::{Graph, Source};

/// A place for the result of each layer.
#[derive(Debug)]
pub(super) struct Memory {
    /// The buffer of each layer; nothing for layers that are not computed or keep their input's values.
    places: Vec<Option<usize>>,
    /// The number of values of each buffer.
    sizes: Vec<usize>,
}

impl Memory {
    /// Plans the buffers for computing the layers `needed`, in their order, so that the values of `outputs` remain.
    pub(super) fn plan(graph: &Graph, needed: &[usize], outputs: &[Source]) -> Memory {
        let nodes = graph.nodes();
        let mut last_reader = vec![None; nodes.len()];
        for &reader in needed {
            for &source in &nodes[reader].inputs {
                if let Source::Node(i) = storage(graph, source) {
                    last_reader[i] = Some(reader);
                }
            }
        }
        for &output in outputs {
            if let Source::Node(i) = storage(graph, output) {
                last_reader[i] = None;
            }
        }
        let mut memory = Memory { places: vec![None; nodes.len()], sizes: vec![] };
        let mut free = vec![];
        for &i in needed {
            if nodes[i].stored_values() > 0 {
                memory.places[i] = Some(memory.take(&mut free, nodes[i].stored_values()));
            }
            let mut read: Vec<usize> = nodes[i]
                .inputs
                .iter()
                .filter_map(|&source| match storage(graph, source) {
                    Source::Node(input) if last_reader[input] == Some(i) => memory.places[input],
                    _ => None,
                })
                .collect();
            read.sort_unstable();
            read.dedup();
            free.extend(read);
        }
        memory
    }

    /// Takes the free buffer that fits best: the smallest that is large enough, else the largest, which grows.
    fn take(&mut self, free: &mut Vec<usize>, values: usize) -> usize {
        let sizes = &mut self.sizes;
        let fit = |&(_, &place): &(usize, &usize)| match sizes[place] {
            size if size >= values => (0, size),
            size => (1, usize::MAX - size),
        };
        if let Some((at, &place)) = free.iter().enumerate().min_by_key(fit) {
            free.swap_remove(at);
            sizes[place] = sizes[place].max(values);
            return place;
        }
        sizes.push(values);
        sizes.len() - 1
    }

    /// The buffer of a layer's own result.
    pub(super) fn place(&self, node: usize) -> Option<usize> {
        self.places[node]
    }

    /// All buffers, each of the size that it needs.
    pub(super) fn buffers(&self) -> Vec<Vec<f32>> {
        self.sizes.iter().map(|&values| vec![0.0; values]).collect()
    }
}

/// Whose memory holds the value of `source`.
pub(super) fn storage(graph: &Graph, mut source: Source) -> Source {
    while let Source::Node(i) = source
        && graph.nodes()[i].op.keeps_values()
    {
        source = graph.nodes()[i].inputs[0];
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    fn plan(json: &str) -> (Graph, Memory) {
        let graph = Graph::from_json(json).unwrap();
        let needed = graph.needed_by(&[graph.logits()]);
        let memory = Memory::plan(&graph, &needed, &[graph.logits()]);
        (graph, memory)
    }

    #[test]
    fn a_chain_takes_turns_with_two_buffers() {
        let mut builder = Network::input(&[1, 8, 8]);
        for _ in 0..10 {
            builder = builder.conv(3, 1).relu();
        }
        let (graph, memory) = plan(&builder.flatten().dense(5).build().to_json().unwrap());
        assert_eq!(memory.sizes, [192, 192]);
        assert_eq!(memory.place(graph.nodes().len() - 2), None, "a flatten needs none");
    }

    #[test]
    fn a_result_that_is_read_again_later_keeps_its_buffer() {
        let (_, memory) = plan(
            r#"{"input": [4], "nodes": [
                {"name": "a", "op": "relu", "inputs": ["input"]},
                {"name": "same", "op": "dropout", "inputs": ["a"]},
                {"name": "b", "op": "relu", "inputs": ["same"]},
                {"name": "c", "op": "relu", "inputs": ["b"]},
                {"name": "d", "op": "add", "inputs": ["c", "same", "c"]},
                {"name": "e", "op": "relu", "inputs": ["d"]}], "output": "e"}"#,
        );
        let place = |i| memory.place(i);
        assert_eq!(place(1), None, "a dropout needs none");
        assert!(place(2) != place(0) && place(3) != place(0), "{memory:?}");
        assert!(place(4) != place(0) && place(4) != place(3), "an operation's inputs are not its result");
        assert_eq!(memory.sizes, [4; 3], "{memory:?}");
    }
}
