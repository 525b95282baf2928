//! The machines.

use leptos::prelude::*;

use super::combobox::combobox;
use super::field::{field, fields};
use super::{group, more};
use crate::inputs::Key;
use crate::ui::lists::{self, CUSTOM};
use crate::ui::state::{State, state};

const NETWORK: &[(Key, &str, &str)] = &[
    (Key::NodeSize, "In a node", "as usual"),
    (Key::Domain, "Scale-up domain", "as usual"),
    (Key::Link, "Scale-up link", "as usual"),
    (Key::Nic, "Network of each", "as usual"),
    (Key::Rails, "Rails", ""),
    (Key::Leaf, "Under one leaf", "256"),
    (Key::Oversubscription, "Oversubscription", "1"),
    (Key::AdaptiveRouting, "Adaptive routing", ""),
];

const FIGURES: &[(Key, &str, &str)] = &[
    (Key::Memory, "Memory", "as catalogued"),
    (Key::MemoryBandwidth, "Memory bandwidth", "as catalogued"),
    (Key::PeakBf16, "Peak bf16", "as catalogued"),
    (Key::PeakFp16, "Peak fp16", "as catalogued"),
    (Key::PeakFp8, "Peak fp8", "as catalogued"),
    (Key::PeakFp4, "Peak fp4", "as catalogued"),
    (Key::PeakFp32, "Peak fp32 or TF32", "as catalogued"),
    (Key::Power, "Power", "as catalogued"),
    (Key::HostMemory, "Host memory of each", "as usual"),
    (Key::HostLink, "Link to the host", "as usual"),
];

/// The cluster part of the inputs.
pub fn part() -> AnyView {
    let state = state();
    let accelerator = combobox(
        Key::Accelerator,
        "Accelerator",
        "Search accelerators",
        (lists::search_accelerators, lists::accelerator_name),
        move |key| choose(state, key),
    );
    let keys = |rows: &[(Key, &str, &str)]| rows.iter().map(|row| row.0).collect();
    let columns = |rows| view! { <div class="columns">{fields(rows)}</div> }.into_any();
    let body = view! {
        {accelerator}
        {field(Key::Count, "How many", "")}
        <div class="mores">
            {more("Nodes and network", keys(NETWORK), move || columns(NETWORK))}
            {more("Figures of the accelerator", keys(FIGURES), move || columns(FIGURES))}
        </div>
    };
    group("Cluster", body.into_any())
}

/// An accelerator of one's own begins with the figures of the one that was there; figures typed
/// over one accelerator say nothing of the next.
fn choose(state: State, key: String) {
    let figures = state.reading_now(|reading| {
        reading.case.as_ref().map(|case| lists::numbers_of_machine(&case.cluster))
    });
    state.change(|inputs| {
        if key == CUSTOM {
            for (figure, text) in figures.unwrap_or_default() {
                if inputs.typed(figure).is_none() {
                    inputs.set(figure, text);
                }
            }
        } else {
            FIGURES.iter().for_each(|(figure, ..)| inputs.clear(*figure));
        }
        inputs.set(Key::Accelerator, key);
    });
}
