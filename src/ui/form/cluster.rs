//! The machines.

use leptos::prelude::*;

use super::combobox::Combobox;
use super::field::Field;
use super::{Group, More};
use crate::inputs::Key;
use crate::ui::lists::{self, CUSTOM};
use crate::ui::state::{State, state};

const NETWORK: &[(Key, &str, &str)] = &[
    (Key::NodeSize, "In a node", "as usual"),
    (Key::Domain, "Scale-up domain", "as usual"),
    (Key::Link, "Scale-up link", "as usual"),
    (Key::Nic, "Network of each", "as usual"),
    (Key::Leaf, "Under one leaf", "256"),
    (Key::Oversubscription, "Oversubscription", "1"),
];
const NETWORK_KEYS: &[Key] = &[
    Key::NodeSize,
    Key::Domain,
    Key::Link,
    Key::Nic,
    Key::Leaf,
    Key::Oversubscription,
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
const FIGURE_KEYS: &[Key] = &[
    Key::Memory,
    Key::MemoryBandwidth,
    Key::PeakBf16,
    Key::PeakFp16,
    Key::PeakFp8,
    Key::PeakFp4,
    Key::PeakFp32,
    Key::Power,
    Key::HostMemory,
    Key::HostLink,
];

/// The cluster part of the inputs.
#[component]
pub fn ClusterPart() -> AnyView {
    let state = state();
    let field = |(key, label, hint): &(Key, &'static str, &'static str)| {
        view! { <Field key=*key label=*label hint=*hint/> }
    };
    let pick = Callback::new(move |key: String| choose(state, key));
    view! {
        <Group title="Cluster">
            <Combobox
                key=Key::Accelerator
                label="Accelerator"
                search=lists::search_accelerators
                name=lists::accelerator_name
                placeholder="Search accelerators"
                on_pick=pick
            />
            <Field key=Key::Count label="How many"/>
            <div class="mores">
                <More title="Nodes and network" keys=NETWORK_KEYS>
                    <div class="columns">{NETWORK.iter().map(field).collect_view()}</div>
                </More>
                <More title="Figures of the accelerator" keys=FIGURE_KEYS>
                    <div class="columns">{FIGURES.iter().map(field).collect_view()}</div>
                </More>
            </div>
        </Group>
    }
    .into_any()
}

/// An accelerator of one's own begins with the figures of the one that was there; figures typed
/// over one accelerator say nothing of the next.
fn choose(state: State, key: String) {
    let figures = state.reading.with_untracked(|reading| {
        reading
            .case
            .as_ref()
            .map(|case| lists::numbers_of_machine(&case.cluster))
    });
    state.inputs.update(|inputs| {
        if key == CUSTOM {
            for (figure, text) in figures.unwrap_or_default() {
                if inputs.typed(figure).is_none() {
                    inputs.set(figure, text);
                }
            }
        } else {
            FIGURE_KEYS.iter().for_each(|figure| inputs.clear(*figure));
        }
        inputs.set(Key::Accelerator, key);
    });
}
