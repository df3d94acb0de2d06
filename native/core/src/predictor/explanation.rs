//! How a model is computed, as a table for people.

use super::Predictor;

/// What stands above the columns.
const HEADING: [&str; 5] = ["layer", "kernel", "output", "MFLOP", "weight bytes"];

impl Predictor {
    /// The steps in which an image is computed, a line each: the first of the layers that the step computes, the kernel,
    /// the shape of the result, millions of operations (a multiplication and an addition are two; 0 where that is not
    /// what takes the time), bytes of weights. Then the sums, and the bytes of memory that a thread takes to score.
    /// Nothing is computed for it.
    pub fn explain(&self) -> String {
        let steps = self.plan.steps();
        let mut lines = vec![HEADING.map(str::to_owned)];
        lines.extend(steps.iter().map(|step| {
            let shape = step.shape.map(|side| side.to_string()).join("x");
            [
                step.layer.clone(),
                step.kernel.clone(),
                shape,
                flops(step.multiplications),
                step.bytes.to_string(),
            ]
        }));
        let (multiplications, bytes): (Vec<_>, Vec<_>) =
            steps.iter().map(|step| (step.multiplications, step.bytes)).unzip();
        let bytes: usize = bytes.iter().sum();
        lines.push(["", "", "", &flops(multiplications.iter().sum()), &bytes.to_string()].map(str::to_owned));
        let widths: [usize; 5] =
            std::array::from_fn(|i| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0));
        let [a, b, c, d, e] = widths;
        let table = lines.iter().map(|[layer, kernel, output, flops, bytes]| {
            format!("{layer:a$}  {kernel:b$}  {output:c$}  {flops:>d$}  {bytes:>e$}\n")
        });
        table.chain([self.arenas()]).collect()
    }

    fn arenas(&self) -> String {
        let one = format!("{} bytes for one", self.plan.bytes(1));
        match self.at_once() {
            1 => format!("arena: {one} image"),
            most => format!("arena: {} bytes for {most} images at a time, {one}", self.plan.bytes(most)),
        }
    }
}

fn flops(multiplications: usize) -> String {
    format!("{:.1}", 2e-6 * multiplications as f64)
}
