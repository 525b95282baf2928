//! What no model of the columns can predict: how rough measured times are along a ladder of concurrency, and how far
//! errors of whole ladders lie apart.

use crate::Judged;
use crate::report::middle;
use autoparallel::fit::serve::{ServeMeasured, ServeRun};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Half and twice the concurrency predict a point with the noise of all three: `1 + 1/4 + 1/4` of one's variance.
const OF_THREE: f64 = 1.5;

/// Settings of a row but for its concurrency: one launch of a server.
fn launch(run: &ServeRun) -> String {
    let numbers =
        [run.prompt, run.output, run.rate].map(|n| n.unwrap_or(0.0).to_string()).join(" ");
    let counts = [run.count, run.tp, run.pp, run.ep, run.dp].map(|n| n.unwrap_or(0).to_string());
    let words = [&run.group, &run.engine, &run.version, &run.accelerator, &run.weights, &run.notes];
    format!("{} {numbers} {}", counts.join(" "), words.map(String::as_str).join("|"))
}

/// The paragraph of the report.
pub fn paragraph(runs: &[(ServeRun, ServeMeasured)], judged: &[Judged]) -> String {
    let mut text = "\n## What noise leaves\n\n".to_owned();
    for (figure, name) in [(0, "TTFT"), (1, "TPOT")] {
        let steps = rough(runs, figure);
        let (within, between) = ladders(judged, figure);
        let percent = |values: &[f64]| 100.0 * (middle(values.iter().copied()).exp() - 1.0);
        writeln!(
            text,
            "- {name}, closed loop: a point lies {:.1} % (median of {}, mean {:.1} %) off what \
             the runs at half and twice its concurrency say of it. Of the errors of groups \
             unseen, {:.1} % (median) are within the runs of one launch, {:.1} % those of whole \
             launches.",
            percent(&steps),
            steps.len(),
            100.0 * mean_of(&steps),
            percent(&within),
            percent(&between)
        )
        .unwrap_or_default();
    }
    text.push_str(
        "\nLaunches differ by what no column states: kernels compiled during the run \
         (DeepSeek-R1 under SGLang of 2025-11: 7 to 9 s to the first token where the launch at \
         half the concurrency has 0.9), the release, the way tokens are streamed. The scripts of \
         InferenceX that are known (`src/fit/serve/recipe.rs`) explain 230 against 69 ms for 4 \
         and 8 accelerators under TensorRT-LLM: below eight, a prompt waits up to 20 steps for \
         others.\n",
    );
    text
}

/// Distances of points from the mean of their neighbours.
fn rough(runs: &[(ServeRun, ServeMeasured)], figure: usize) -> Vec<f64> {
    let mut all: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for (run, measured) in
        runs.iter().filter(|(run, _)| run.mode == "closed-loop" && run.tier != "C")
    {
        let time = [measured.ttft_ms, measured.tpot_ms][figure];
        if let (Some(n), Some(time)) = (run.concurrency, time) {
            all.entry(launch(run)).or_default().push((n, time.ln()));
        }
    }
    let mut steps = Vec::new();
    for ladder in all.values() {
        let at = |n: f64| ladder.iter().find(|(own, _)| *own == n).map(|(_, time)| *time);
        for (n, time) in ladder {
            if let (Some(below), Some(above)) = (at(n / 2.0), at(n * 2.0)) {
                steps.push((time - 0.5 * (below + above)).abs() / OF_THREE.sqrt());
            }
        }
    }
    steps
}

/// Sizes of errors about the median of their launch, and of these medians.
fn ladders(judged: &[Judged], figure: usize) -> (Vec<f64>, Vec<f64>) {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in judged.iter().filter(|row| row.sample.setup.kind == "closed") {
        if let Some(error) = row.unseen[figure] {
            all.entry(launch(&row.sample.run)).or_default().push(error);
        }
    }
    let (mut within, mut between) = (Vec::new(), Vec::new());
    for errors in all.values().filter(|errors| errors.len() >= 3) {
        let own = middle(errors.iter().copied());
        within.extend(errors.iter().map(|error| (error - own).abs()));
        between.push(own.abs());
    }
    (within, between)
}

fn mean_of(steps: &[f64]) -> f64 {
    steps.iter().map(|step| step.exp() - 1.0).sum::<f64>() / steps.len().max(1) as f64
}
