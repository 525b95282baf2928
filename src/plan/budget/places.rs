//! Training spread over several places, and over edge clients as its extreme.

use super::course::Run;
use super::deal::Money;
use super::sheet::{Cell, Chart, Grid, Line, Mark, Sheet, days, derived, figure};
use crate::case::Case;
use crate::catalogue::places;
use crate::cluster::{Federation, OuterSteps, Wan};
use crate::estimate::sites::{Averaged, Federated, averaged, federated, transfer};
use crate::estimate::{Book, Cargo};
use crate::inputs::BudgetInputs;
use crate::plan::{Amount, Figure, Plan};
use crate::prices::Place;
use crate::reliability::Job;
use crate::units::text::{fine, show};
use crate::units::{Bytes, Dollars, DollarsPerGb, Ratio, Seconds, Tokens};

const RING: &str = "ring all-reduce: Thakur et al. 2005, section 4.4, as in arXiv 2503.09799, \
    appendix A; outer steps: DiLoCo, arXiv 2311.08105";

/// One way to spread a run.
struct Spread {
    name: &'static str,
    below: String,
    sites: u32,
    /// Traffic between places; none within one.
    own: Option<Averaged>,
    time: [Seconds; 3],
    /// Machines, storage, and what the run moves in one place too.
    money: [Money; 3],
    /// What leaves while it trains.
    egress: Dollars,
    /// Bringing data and state there.
    moving: (Seconds, Dollars),
}

impl Spread {
    fn cost(&self) -> [Dollars; 3] {
        self.money.map(|money| money.total() + self.egress + self.moving.1)
    }
}

/// The run in one place, averaged every step between places, and averaged now and then. `site` is the question of one
/// place and its plan.
#[must_use]
pub fn sheet(run: &Run<'_>, site: Option<(&Case, &Plan)>, asked: &BudgetInputs) -> Sheet {
    let cargo = run.cargo();
    let mut sheet = Sheet { id: "places", ..Sheet::default() };
    let one = single(run);
    let Some((case, plan)) = site else {
        sheet.says.push(format!(
            "{} accelerators cannot be parted over {} places: no layout fits there, or they are no \
             whole machines. Change either number.",
            show::grouped(run.case.cluster.count.into()),
            show::grouped(asked.outer.sites.into())
        ));
        return sheet;
    };
    let every =
        OuterSteps { every: 1, bytes: Ratio::new(4.0), fragments: 1, overlap: 0, ..asked.outer };
    let sited = Sited { run, case, plan, wan: &asked.wan, cargo };
    let all = [
        one,
        sited.spread("every step averaged", &every),
        sited.spread("outer steps", &asked.outer),
    ];
    sheet.says = verdicts(&all, asked);
    if let Some(own) = &all[2].own {
        sheet.figures = figures(&sited, own, asked);
    }
    let bars = |spread: &Spread| {
        let cost = spread.cost();
        let range = cost.map(|cost| Ratio::new(cost.get()));
        let text = format!("{} · {}", show::dollars(cost[1]), show::time(spread.time[1]));
        Mark::span(spread.name, range, text)
    };
    sheet.charts.push(Chart {
        title: "Cost of the run by how it is spread".to_owned(),
        axes: ["Dollars, with the 80\u{a0}% range", ""],
        units: ["usd", ""],
        marks: all.iter().map(bars).collect(),
        ..Chart::default()
    });
    sheet.tables.push(table(&all));
    sheet.tables.push(gravity(&sited, asked));
    sheet.tables.push(leaving(&sited, asked));
    sheet.notes.push(format!(
        "Price of what leaves a place: {} ({}). The same tokens are trained on, each place on its \
         share of the batch with a layout of its own. What rarer averages and fewer bits do to the \
         loss is not in it: DiLoCo reports little for 500 steps at small scale (arXiv 2311.08105), \
         and the loss grows with replicas (arXiv 2503.09799).",
        asked.egress.price_text(),
        asked.egress.source
    ));
    sheet
}

fn single(run: &Run<'_>) -> Spread {
    let ends = run.plain_ends();
    Spread {
        name: "one place",
        below: format!("{} accelerators", show::grouped(run.case.cluster.count.into())),
        sites: 1,
        own: None,
        time: [0, 1, 2].map(|i: usize| run.lasts(&ends[i])),
        money: [0, 1, 2].map(|i: usize| run.money(&ends[i])),
        egress: Dollars::ZERO,
        moving: (Seconds::ZERO, Dollars::ZERO),
    }
}

/// A place, and what is moved between it and the others.
struct Sited<'a> {
    run: &'a Run<'a>,
    case: &'a Case,
    plan: &'a Plan,
    wan: &'a Wan,
    cargo: Cargo,
}

impl Sited<'_> {
    fn averaged(&self, outer: &OuterSteps) -> Averaged {
        let params = Book::new(self.case).trained_params();
        averaged(params, self.plan.step(), self.plan.bill.n_steps, outer, self.wan)
    }

    fn state(&self) -> Bytes {
        Book::new(self.case).state_bytes()
    }

    /// Each place but the first needs its share of the data set and one checkpoint.
    fn moved(&self, sites: u32) -> [(&'static str, Bytes); 2] {
        let others = u64::from(sites.saturating_sub(1));
        let data = self.cargo.data_set.times(others).shared(u64::from(sites.max(1)));
        [("data set", data), ("checkpoint", self.state().times(others))]
    }

    fn moving(&self, sites: u32) -> (Seconds, Dollars) {
        let all = self.moved(sites).map(|(_, bytes)| transfer(bytes, self.wan));
        // The places are reached one after the other through the way out of the first.
        (all[0].time + all[1].time, all[0].cost + all[1].cost)
    }

    fn spread(&self, name: &'static str, outer: &OuterSteps) -> Spread {
        let own = self.averaged(outer);
        let book = Book::new(self.case);
        let each = book.job(&self.plan.layout, &self.plan.estimate);
        let sites = outer.sites.max(1);
        // Whatever stops one place stops all at the next average.
        let job = Job {
            accelerators: each.accelerators.saturating_mul(sites),
            work: own.time,
            replicas: each.replicas.saturating_mul(sites),
            ..each
        };
        let site = Run { case: self.case, plan: self.plan, ..*self.run };
        let ends = site.ends_of(&job);
        let machines = |i: usize| {
            let Money { machines, .. } = site.money(&ends[i]);
            // Of the data set each place keeps its share, of checkpoints a copy.
            Money { machines, ..self.run.kept(ends[i].time()) }
        };
        let moving = self.moving(sites);
        Spread {
            name,
            below: format!(
                "{} \u{d7} {} accelerators, average every {} {}",
                show::grouped(sites.into()),
                show::grouped(each.accelerators.into()),
                show::grouped(outer.every.into()),
                show::plural(outer.every.into(), "step")
            ),
            sites,
            own: Some(own),
            time: [0, 1, 2].map(|i: usize| self.run.lasts(&ends[i]) + moving.0),
            money: [0, 1, 2].map(machines),
            egress: own.cost,
            moving,
        }
    }
}

fn verdicts(all: &[Spread; 3], asked: &BudgetInputs) -> Vec<String> {
    let [one, every, outer] = all;
    let (Some(own), Some(naive)) = (&outer.own, &every.own) else { return Vec::new() };
    let percent = |own: &Averaged| show::percent(own.utilisation);
    let more = |after: f64, before: f64, unit: &str| {
        let share = show::percent(Ratio::new((after / before - 1.0).abs().min(1e6)));
        if after >= before {
            format!("{share} more {unit}")
        } else {
            format!("{share} less {unit}")
        }
    };
    vec![
        format!(
            "Over {} places with an average every {} steps it takes {} and {}: {} and {} than in \
             one place.",
            show::grouped(outer.sites.into()),
            show::grouped(asked.outer.every.into()),
            show::time(outer.time[1]),
            show::dollars(outer.cost()[1]),
            more(outer.time[1].get(), one.time[1].get(), "time"),
            more(outer.cost()[1].get(), one.cost()[1].get(), "money")
        ),
        format!(
            "Steps fill {} of the time, the rest waits for {}; averaged with every step they would \
             fill {}. {} fewer bytes cross than with 32-bit gradients every step.",
            percent(own),
            show::bandwidth_bits(asked.wan.bandwidth),
            percent(naive),
            show::factor(own.reduction)
        ),
    ]
}

/// What training waits for between two averages.
fn wait_text(sited: &Sited<'_>, own: &Averaged, asked: &BudgetInputs) -> String {
    let outer = &asked.outer;
    let pieces = outer.fragments.clamp(1, outer.every.max(1));
    // A piece may hide until the next one starts.
    let hidden = f64::from(outer.overlap).min(f64::from(outer.every) / f64::from(pieces));
    format!(
        "{pieces} \u{d7} max({piece} \u{2212} {} \u{d7} {}, 0 s) = {}; {} / {pieces} / {} \
         + 2 \u{d7} ({} \u{2212} 1) \u{d7} {} = {piece}",
        fine::number(Ratio::new(hidden)),
        fine::time(sited.plan.step()),
        fine::time(own.exposed),
        fine::bytes(own.sent),
        fine::bandwidth(asked.wan.bandwidth),
        outer.sites,
        fine::time(asked.wan.latency),
        piece = fine::time(own.piece),
    )
}

fn figures(sited: &Sited<'_>, own: &Averaged, asked: &BudgetInputs) -> Vec<Figure> {
    let outer = &asked.outer;
    let params = Book::new(sited.case).trained_params();
    let sent = format!(
        "2 \u{d7} ({sites} \u{2212} 1) / {sites} \u{d7} {} \u{d7} {} bytes = {}",
        fine::count(params.get()),
        fine::number(outer.bytes),
        fine::bytes(own.sent),
        sites = outer.sites
    );
    let wait = wait_text(sited, own, asked);
    let used = format!(
        "{} / ({} + {}) = {}",
        fine::time(own.inner),
        fine::time(own.inner),
        fine::time(own.exposed),
        fine::percent(own.utilisation)
    );
    let cost = format!(
        "{} \u{d7} {} \u{d7} {} \u{d7} ${} = {}",
        fine::number(Ratio::new(own.sent.as_f64() / 1e9)),
        fine::count(own.averages),
        outer.sites,
        fine::number(Ratio::new(asked.egress.price.get())),
        show::dollars(own.cost)
    );
    vec![
        figure(
            "site_sent",
            "Sent for one average",
            Amount::Bytes(own.sent),
            derived("2 (S \u{2212} 1) / S \u{d7} parameters \u{d7} bytes of one", sent, RING),
        ),
        figure(
            "site_wait",
            "Waits for it",
            Amount::Time(own.exposed),
            derived(
                "pieces \u{d7} (bytes of a piece / bandwidth + 2 (S \u{2212} 1) latency \u{2212} \
                 steps that go on meanwhile)",
                wait,
                RING,
            ),
        ),
        figure(
            "site_used",
            "Time in steps",
            Amount::Share(own.utilisation),
            derived("steps between averages / (those + what waits)", used, RING),
        ),
        figure(
            "site_egress",
            "Price of the averages",
            Amount::Dollars(own.cost),
            derived(
                "gigabytes sent \u{d7} averages \u{d7} places \u{d7} price of a gigabyte",
                cost,
                &asked.egress.source,
            ),
        ),
    ]
}

fn table(all: &[Spread; 3]) -> Grid {
    let columns = vec![
        "How it is spread",
        "Time",
        "Cost",
        "Machines",
        "Storage and transfer",
        "Averages",
        "Moving data",
        "Time in steps",
    ];
    let row = |spread: &Spread| {
        let own = spread.own.as_ref();
        let traffic = own.map_or(String::new(), |own| show::bytes(own.traffic));
        let moving = match spread.moving.0 {
            Seconds::ZERO => String::new(),
            time => show::time(time),
        };
        let used = own.map_or(Ratio::ONE, |own| own.utilisation);
        Line {
            cells: vec![
                Cell::words(spread.name).with_below(&spread.below),
                Cell::ranged(days(spread.time)),
                Cell::ranged(spread.cost().map(Amount::Dollars)),
                Cell::of(Amount::Dollars(spread.money[1].machines)),
                Cell::of(Amount::Dollars(spread.money[1].storage + spread.money[1].transfer)),
                Cell::of(Amount::Dollars(spread.egress)).with_below(&traffic),
                Cell::of(Amount::Dollars(spread.moving.1)).with_below(&moving),
                Cell::of(Amount::Share(used)),
            ],
            marked: spread.name == "outer steps",
        }
    };
    let rows = all.iter().map(row).collect();
    Grid { caption: "One place against several", columns, rows }
}

/// What has to be moved before the first step.
fn gravity(sited: &Sited<'_>, asked: &BudgetInputs) -> Grid {
    let columns = vec!["Moved", "Size", "Time", "Price"];
    let rows = sited.moved(asked.outer.sites).map(|(name, bytes)| {
        let own = transfer(bytes, &asked.wan);
        Line::plain(vec![
            Cell::words(name).with_below(match name {
                "data set" => "to each place its share",
                _ => "the state to each other place, once",
            }),
            Cell::of(Amount::Bytes(bytes)),
            Cell::of(Amount::Time(own.time)),
            Cell::of(Amount::Dollars(own.cost)),
        ])
    });
    Grid { caption: "Moved before the first step", columns, rows: rows.to_vec() }
}

/// What the same data would cost to move by who holds it.
fn leaving(sited: &Sited<'_>, asked: &BudgetInputs) -> Grid {
    let columns = vec!["Data lies at", "To anywhere", "Moved so", "To its own regions", "Moved so"];
    let [(_, data), (_, state)] = sited.moved(asked.outer.sites);
    let pair = |price: Option<DollarsPerGb>| match price {
        Some(price) => {
            let each = format!("${}/GB", show::rounded(price.get()));
            [Cell::words(&each), Cell::of(Amount::Dollars(price * data + price * state))]
        }
        None => [Cell::none(), Cell::none()],
    };
    let general = places::all().iter().filter(|place| place.region.is_empty());
    let priced = general.filter(|place| place.tariff.egress.is_some());
    let row = |place: &Place| {
        let name = vec![Cell::words(&place.provider)];
        let (out, own) = (pair(place.tariff.egress), pair(place.tariff.between));
        Line::plain([name, out.to_vec(), own.to_vec()].concat())
    };
    Grid { caption: "By who holds the data", columns, rows: priced.map(row).collect() }
}

/// The same tokens on edge clients by federated averaging.
#[must_use]
pub fn clients(run: &Run<'_>, own: &Federation, step: Tokens) -> Sheet {
    let mut sheet = Sheet { id: "clients", ..Sheet::default() };
    let params = Book::new(run.case).trained_params();
    let round = f64::from(own.goal) * f64::from(own.steps) * step.as_f64();
    let rounds = (run.case.training.tokens.as_f64() / round.max(1.0)).ceil();
    let rounds = if rounds < 1e15 { rounds as u64 } else { 1_000_000_000_000_000 };
    let found = federated(params, rounds, own);
    let [down, steps, up] = found.round;
    let each = down + steps + up;
    sheet.says.push(format!(
        "{} rounds of {} each take {} and cost {} in traffic{}.",
        show::count(rounds),
        show::time(each),
        show::time(found.time),
        show::dollars(found.cost),
        match found.time > run.plan.bill.time {
            true => format!(
                ", {} as long as the steps of the plan",
                show::factor(Ratio::new(found.time.get() / run.plan.bill.time.get()))
            ),
            false => String::new(),
        }
    ));
    let able = Ratio::new(f64::from(own.clients) * own.participation.get());
    if !found.enough {
        sheet.says.push(format!(
            "A round must choose {} clients, but only {} can take part at one time.",
            show::grouped(found.chosen.into()),
            show::count(able.get() as u64)
        ));
    }
    let text = format!(
        "{} / ({} \u{d7} {} \u{d7} {} tokens) = {} rounds",
        fine::count(run.case.training.tokens.get()),
        fine::count(own.goal.into()),
        fine::count(own.steps.into()),
        fine::count(step.get()),
        fine::count(rounds)
    );
    let source = derived(
        "tokens / (answers of a round \u{d7} steps \u{d7} tokens of a step)",
        text,
        "federated averaging: arXiv 1602.05629, algorithm 1",
    );
    sheet.figures.push(figure("client_rounds", "Rounds", Amount::Count(rounds), source));
    let text = format!(
        "{} + {} + {} = {}",
        fine::time(down),
        fine::time(steps),
        fine::time(up),
        fine::time(each)
    );
    let source = derived(
        "down + steps of the slowest waited for + up",
        text,
        "rounds, drop-out and choosing more than are needed: arXiv 1902.01046, section 2",
    );
    sheet.figures.push(figure("client_round", "One round", Amount::Time(each), source));
    sheet.tables.push(round_table(&found));
    sheet.notes.push(
        "Whether a client holds such a model at all is not looked at, nor how many more tokens \
         clients with unlike data need. Their power and machines cost nothing here."
            .to_owned(),
    );
    sheet
}

fn round_table(found: &Federated) -> Grid {
    let [down, steps, up] = found.round;
    let columns = vec!["Of one round", "Time", "Traffic in all"];
    let [bytes_down, bytes_up] = found.traffic;
    let line = |name: &str, time: Seconds, bytes: Option<Bytes>| {
        let traffic = bytes.map_or_else(Cell::none, |bytes| Cell::of(Amount::Bytes(bytes)));
        Line::plain(vec![Cell::words(name), Cell::of(Amount::Time(time)), traffic])
    };
    let rows = vec![
        line("down to those chosen", down, Some(bytes_down)),
        line("steps of the slowest waited for", steps, None),
        line("up from those needed", up, Some(bytes_up)),
    ];
    Grid { caption: "A round of edge clients", columns, rows }
}
