//! "Over the day" and "Near the users": how a deployment is run, and what a month of it costs.

use leptos::prelude::*;

use super::budget::{Ask, Budget, Row, Section, section, three, wide};
use super::form::more;
use super::state::state;
use crate::inputs::Key;

const DAY: Section = Section {
    id: "day",
    title: "Over the day",
    lead: "The instance above over 24 hours of traffic: as many as the peak needs with the spare \
        ones, or as many as each hour needs, and what a month of it costs.",
    asks: &[
        Ask {
            id: "day",
            title: "Traffic, instances and cost",
            lead: "How many requests come when, and how instances follow them. A trace among the \
                inputs types its own hours.",
            sheets: &["day"],
            keys: &[
                Key::Busiest,
                Key::Quietest,
                Key::PeakHour,
                Key::Hourly,
                Key::StandBy,
                Key::Fewest,
                Key::Greatest,
                Key::Hold,
                Key::Ahead,
                Key::MachineStart,
                Key::EngineStart,
                Key::ReadRate,
                Key::SpotShare,
                Key::Users,
            ],
            listed: false,
            fields: traffic,
        },
        Ask {
            id: "commit",
            title: "How much of it to commit to",
            lead: "A baseline of machines for a year or three, the rest by the hour.",
            sheets: &["commit"],
            keys: &[],
            listed: true,
            fields: || three("commit", COMMIT),
        },
    ],
};

const NEAR: Section = Section {
    id: "near",
    title: "Near the users",
    lead: "Where instances must stand so that the first token comes in time wherever users are and \
        their data stay where they must.",
    asks: &[Ask {
        id: "near",
        title: "Sites by users' areas",
        lead: "The cheapest sites of the price list for the machines among the inputs, each with \
            spare instances of its own.",
        sheets: &["near"],
        keys: &[Key::Areas, Key::Access],
        listed: true,
        fields: || view! { {wide("near", AREAS)} {three("near", NEAR_MORE)} }.into_any(),
    }],
};

const TRAFFIC: &[Row] = &[
    (Key::Busiest, "Requests at the peak", "as the inputs say"),
    (Key::Quietest, "At the quietest", "30% of the peak"),
    (Key::PeakHour, "Time of the peak", ""),
    (Key::StandBy, "Spare instances", ""),
    (Key::SpotShare, "Share on the spot market", "none"),
    (Key::Users, "Users", "to share the cost"),
];

const HOURS: &[Row] = &[(
    Key::Hourly,
    "Or hour by hour from midnight on, in requests/s; in between it changes evenly",
    "24 numbers: 6 4 3 3 3 5 9 16 24 30 34 36 37 38 39 40 38 35 31 27 22 17 12 8",
)];

const POLICY: &[Row] = &[
    (Key::Fewest, "Instances at least", ""),
    (Key::Greatest, "Instances at most", "no limit"),
    (Key::Ahead, "Ordered ahead by", "none"),
    (Key::Hold, "Kept when not wanted for", ""),
    (Key::MachineStart, "Start of a machine", ""),
    (Key::EngineStart, "Start of the engine", ""),
    (Key::ReadRate, "Weights are read at", ""),
    (Key::Zone, "Spot market", ""),
];

const COMMIT: &[Row] = &[
    (Key::WayPrices, "Prices by way to buy", "1y:2.1, 3y:1.6, spot:1.2"),
    (Key::Horizon, "Looked at for", ""),
    (Key::Providers, "Providers", "all of the list"),
    (Key::Regions, "Regions", "all"),
];

const AREAS: &[Row] = &[(
    Key::Areas,
    "Users by area, and where their data must stay",
    "Europe 300k within EU, East Asia 100k, US 250k \u{2014} or requests: eu:12/s",
)];

const NEAR_MORE: &[Row] = &[
    (Key::Access, "Access, there and back", ""),
    (Key::Providers, "Providers", "all of the list"),
    (Key::Regions, "Regions", "all"),
];

/// Both sections; they share a worker and a list of prices.
#[component]
pub fn DayPane() -> AnyView {
    let budget = Budget::new(state(), true);
    view! { {section(budget, &DAY)} {section(budget, &NEAR)} }.into_any()
}

fn traffic() -> AnyView {
    let keys = POLICY.iter().map(|row| row.0).filter(|key| *key != Key::Zone).collect();
    view! {
        {three("day", TRAFFIC)}
        {wide("day", HOURS)}
        <div class="mores">
            {more("How instances start and go", keys, || three("day", POLICY))}
        </div>
    }
    .into_any()
}
