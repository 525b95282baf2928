//! The best plan at other cluster sizes.

use leptos::prelude::*;

use super::fold::Fold;
use crate::api::{ScalePoint, Shown};
use crate::chart::{Curve, Extent, Sample, curve};
use crate::ui::plot::Plot;
use crate::ui::state::state;
use crate::units::text::show;

/// What the curve is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Days,
    Cost,
    Mfu,
    Tokens,
}

impl Of {
    const ALL: [Self; 4] = [Self::Days, Self::Cost, Self::Mfu, Self::Tokens];

    fn name(self) -> &'static str {
        match self {
            Self::Days => "Days",
            Self::Cost => "Cost",
            Self::Mfu => "MFU",
            Self::Tokens => "Tokens/s",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Days => "Days to finish",
            Self::Cost => "Dollars for the whole run",
            Self::Mfu => "Model FLOPs utilisation",
            Self::Tokens => "Tokens a second, whole cluster",
        }
    }

    fn pick(self, point: &ScalePoint) -> &Shown {
        match self {
            Self::Days => &point.days,
            Self::Cost => &point.cost,
            Self::Mfu => &point.mfu,
            Self::Tokens => &point.tokens_per_s,
        }
    }

    fn is_log(self) -> bool {
        matches!(self, Self::Days | Self::Tokens)
    }

    fn tick(self, value: f64) -> String {
        match self {
            Self::Days => short(value),
            Self::Cost => format!("${}", short(value)),
            Self::Mfu => format!("{:.0} %", value * 100.0),
            Self::Tokens => short(value),
        }
    }
}

/// The curve over cluster sizes.
#[component]
pub fn Scaling() -> AnyView {
    let state = state();
    let of = RwSignal::new(Of::Days);
    let scene = move |width: f64| {
        let points = state.scaling.get();
        let of = of.get();
        let samples: Vec<Sample> = points.iter().map(|point| sample(point, of)).collect();
        let ideal = ideal(&points, of);
        let chart = Curve {
            samples: &samples,
            x: Extent {
                title: "Accelerators".into(),
                log: true,
            },
            y: Extent {
                title: of.title().into(),
                log: of.is_log(),
            },
            steps: false,
            ideal: &ideal,
            empty: "Planning other sizes…",
            x_tick: &count,
            y_tick: &|value| of.tick(value),
        };
        curve(&chart, width, 280.0)
    };
    let label = Signal::derive(move || {
        let name = of.get().title();
        let n = state.scaling.with(|points| points.len());
        format!("{name} over {n} cluster sizes; the table holds the figures")
    });
    let choice = move |one: Of| {
        view! {
            <label class="segment">
                <input
                    type="radio"
                    name="scaling-of"
                    prop:checked=move || of.get() == one
                    on:change=move |_| of.set(one)
                />
                <span>{one.name()}</span>
            </label>
        }
    };
    let progress = move || {
        let (done, of) = state.progress.get();
        (done < of).then(|| format!("{done} of {of} sizes"))
    };
    let table = move || state.scaling.with(|points| size_table(points));
    view! {
        <section class="part" id="scaling" aria-labelledby="scaling-title">
            <div class="part-head">
                <h2 id="scaling-title">"Other cluster sizes"</h2>
                <fieldset class="segments small">
                    <legend class="hidden">"What the curve shows"</legend>
                    {Of::ALL.map(choice).collect_view()}
                </fieldset>
            </div>
            <Plot scene=scene label=label/>
            <p class="quiet progress-note">{progress}</p>
            <Fold id="scaling-table" title="The sizes as a table">{table.clone()}</Fold>
        </section>
    }
    .into_any()
}

fn sample(point: &ScalePoint, of: Of) -> Sample {
    let n = show::grouped(point.count.into());
    let text = match &point.stuck {
        Some(why) => format!("{n}: {why}"),
        None => format!("{n}: {} · {}", of.pick(point).text, point.layout),
    };
    Sample {
        x: f64::from(point.count),
        y: point.stuck.is_none().then_some(of.pick(point).value),
        text,
        current: point.current,
        aside: false,
        link: Some(point.link.clone()),
    }
}

/// What perfect scaling from the smallest size that fits would give.
fn ideal(points: &[ScalePoint], of: Of) -> Vec<(f64, f64)> {
    let Some(first) = points.iter().find(|point| point.stuck.is_none()) else {
        return Vec::new();
    };
    let (n, value) = (f64::from(first.count), of.pick(first).value);
    let grown = |point: &ScalePoint| {
        let times = f64::from(point.count) / n;
        let y = match of {
            Of::Days => value / times,
            Of::Tokens => value * times,
            Of::Cost | Of::Mfu => value,
        };
        (f64::from(point.count), y)
    };
    points
        .iter()
        .filter(|point| point.count >= first.count)
        .map(grown)
        .collect()
}

/// A whole number, all digits.
fn count(value: f64) -> String {
    show::grouped(value as u64)
}

/// A number for an axis: short from ten thousand on.
fn short(value: f64) -> String {
    if value >= 1e4 {
        show::count(value as u64)
    } else {
        show::rounded(value)
    }
}

fn size_table(points: &[ScalePoint]) -> AnyView {
    let row = |point: &ScalePoint| {
        let n = show::grouped(point.count.into());
        let name = view! { <a href=format!("#{}", point.link)>{n}</a> };
        let current = point.current.then_some("true");
        match &point.stuck {
            Some(why) => view! {
                <tr aria-current=current>
                    <th scope="row" class="number">{name}</th>
                    <td colspan="6" class="reason">{why.clone()}</td>
                </tr>
            }
            .into_any(),
            None => view! {
                <tr aria-current=current>
                    <th scope="row" class="number">{name}</th>
                    <td class="number">{point.step.text.clone()}</td>
                    <td class="number">{point.mfu.text.clone()}</td>
                    <td class="number">{point.tokens_per_s.text.clone()}</td>
                    <td class="number">{point.days.text.clone()}</td>
                    <td class="number">{point.cost.text.clone()}</td>
                    <td class="reason">{point.layout.clone()}</td>
                </tr>
            }
            .into_any(),
        }
    };
    view! {
        <div class="table-frame">
            <table>
                <caption class="hidden">"The best plan at each cluster size"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Accelerators"</th>
                        <th scope="col" class="number">"Step"</th>
                        <th scope="col" class="number">"MFU"</th>
                        <th scope="col" class="number">"Tokens/s"</th>
                        <th scope="col" class="number">"Time"</th>
                        <th scope="col" class="number">"Cost"</th>
                        <th scope="col">"Layout"</th>
                    </tr>
                </thead>
                <tbody>{points.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
