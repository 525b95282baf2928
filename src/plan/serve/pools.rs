//! Prompts and answers on machines of their own, against instances that do both: which is cheaper, and why.

use super::{Deployed, apart, figures, instance_text};
use crate::estimate::serve::{Reader, Serving, Taken};
use crate::plan::budget::{Cell, Grid, Line, Sheet, figure};
use crate::plan::{Amount, Derivation, Figure};
use crate::search::deploy::{Candidate, Deployment, sequences_most};
use crate::search::serve::Offer;
use crate::search::serve::split::{Apart, SplitAnswer, SplitQuestion, Together, Why, against};
use crate::serving::{Ask, Demand};
use crate::units::text::{fine, show};
use crate::units::{Bytes, Dollars, DollarsPerHour, PerSecond, Ratio, Seconds};

const NOTES: [&str; 4] = [
    "Together is the deployment above. Readers and writers are sized by the highest load at which \
     one of them keeps its goal; each pool has the spare instances that the deployment has.",
    "A cache moves over the level of the network that holds both pools, every rank sending its \
     share; engines that send it layer by layer hide a part of that.",
    "Readers and writers are of one kind of accelerator and one format, the cheapest of those \
     asked for; all layouts and all numbers of both were weighed.",
    "No link holds both pools: this page's address keeps the deployment above, and what each pool \
     is told stands in the table and in the commands.",
];

const ONE_BY_ONE: &str = "Accelerators are paid for one by one on both sides, as no machine is \
    said to be paid for whole.";

/// Engines that hand a prompt's cache from one instance to another, by the start of their keys: vLLM's connectors
/// (docs, disaggregated prefilling), SGLang's PD disaggregation, TensorRT-LLM's disaggregated service, and DeepSeek's.
const HANDING: [&str; 4] = ["vllm", "sglang", "trtllm", "deepseek"];
/// Not those of TPUs.
const NOT_HANDING: &str = "vllm-tpu";
/// Costs that differ by less are told as the same.
const SAME: f64 = 5e-4;

/// Pools beside a deployment, or where none that does both serves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pools {
    /// In one sentence, for the first screen of the answer; empty where there are none.
    pub headline: String,
    /// Whether they cost less, or alone serve.
    pub win: bool,
    /// Both, in full.
    pub sheet: Sheet,
    /// Readers and writers, as they are started.
    pub pair: Option<[Deployment; 2]>,
}

/// Both sides; `own` is the deployment that does both, where one serves.
struct Both<'a> {
    ask: &'a Ask,
    own: Option<&'a Deployed<'a>>,
    machine: usize,
    format: usize,
    question: SplitQuestion,
    answer: SplitAnswer,
    priced: bool,
}

/// The question, for a kind of machine and a pair of formats.
fn question(ask: &Ask, machine: usize, format: usize, rate: Option<PerSecond>) -> SplitQuestion {
    let kind = &ask.machines[machine];
    let mut engine = ask.engine.clone();
    engine.sequences = sequences_most(&engine);
    let price = kind.price.filter(|_| priced(ask));
    SplitQuestion {
        model: ask.model.clone(),
        engine,
        offer: Offer {
            cluster: kind.cluster.clone(),
            price: price.unwrap_or(DollarsPerHour::new(1.0)),
        },
        formats: kind.formats[format],
        speculation: ask.speculation,
        traffic: ask.traffic,
        goals: ask.goals,
        room: kind.room,
        share: ask.share,
        further_share: ask.further_share,
        spares: ask.spares,
        machine_size: kind.size(),
        rate,
        ranks_max: kind.cluster.count,
        degrees: kind.degrees.clone(),
        fixed: ask.fixed,
    }
}

fn priced(ask: &Ask) -> bool {
    ask.machines.iter().all(|machine| machine.price.is_some())
}

/// Whether the engine has pools at all.
fn hands(ask: &Ask) -> bool {
    let key = ask.engine.key.as_str();
    key != NOT_HANDING && HANDING.iter().any(|start| key.starts_with(start))
}

/// Pools against the deployment that does both, at its demand, on every kind of machine and in every format asked for.
#[must_use]
pub fn pools(own: &Deployed<'_>) -> Pools {
    let ask = own.ask;
    if !hands(ask) {
        let says = format!("{} hands no prompt's cache to another instance.", ask.engine.name);
        let sheet = Sheet { id: "pools", says: vec![says], ..Sheet::default() };
        return Pools { sheet, ..Pools::default() };
    }
    let asked = (ask.demand != Demand::Most).then(|| own.own.served(ask));
    best(ask, Some(own), asked).map(|both| both.told()).unwrap_or_default()
}

/// Pools where no deployment that does both serves; nothing where they do not either.
#[must_use]
pub fn pools_alone(ask: &Ask) -> Option<Pools> {
    let rate = match ask.demand {
        Demand::Rate(rate) => Some(rate),
        Demand::Most => None,
        // How many a second so many in flight make is not known before they are served.
        Demand::InFlight(_) => return None,
    };
    let both = best(ask, None, rate).filter(|_| hands(ask))?;
    both.answer.apart.is_some().then(|| both.told())
}

/// The cheapest pools of all kinds and formats.
fn best<'a>(
    ask: &'a Ask,
    own: Option<&'a Deployed<'a>>,
    rate: Option<PerSecond>,
) -> Option<Both<'a>> {
    let together = own.map(|own| together(own, priced(ask)));
    let kinds = (0..).zip(&ask.machines);
    let all = kinds.flat_map(|(machine, kind)| (0..kind.formats.len()).map(move |n| (machine, n)));
    let weighed = all.map(|(machine, format)| {
        let question = question(ask, machine, format, rate);
        let answer = against(&question, together);
        Both { ask, own, machine, format, question, answer, priced: priced(ask) }
    });
    // What serves comes before what does not, then the cheaper.
    let order = |both: &Both<'_>| {
        let cost = both.answer.apart.map(|apart| apart.cost);
        (cost.is_none(), cost, both.answer.apart_least.is_none(), both.answer.apart_least)
    };
    weighed.min_by_key(order)
}

/// The deployment as the other side of the comparison.
fn together(own: &Deployed<'_>, priced: bool) -> Together {
    let each = own.machine.price.filter(|_| priced).map_or(1.0, |price| price.get());
    let tokens = own.own.served(own.ask).get() * own.ask.traffic.output.max(1.0) * 3600.0;
    Together {
        instance: own.own.at.instance,
        replicas: own.own.replicas,
        rate: own.own.full.request_rate,
        running: own.own.now.running,
        first_token: own.own.first_token,
        per_token: own.own.per_token,
        cost: Dollars::new(each * own.paid() as f64 / tokens.max(1e-12) * 1e6),
    }
}

impl Both<'_> {
    fn told(&self) -> Pools {
        let (headline, win) = self.headline();
        let pair = self.answer.apart.as_ref().map(|own| {
            let (machine, format) = (self.machine, self.format);
            apart::pair(&self.question, Candidate { machine, format, instance: own.reader }, own)
        });
        let basis = pair.and_then(|_| apart::basis(self.ask, self.machine));
        let notes = NOTES.iter().chain(self.one_by_one()).map(|note| (*note).to_owned());
        let settings = pair.as_ref().map(|pair| apart::settings(self.ask, pair));
        let sheet = Sheet {
            id: "pools",
            says: self.says(),
            tables: std::iter::once(self.table()).chain(settings).collect(),
            notes: basis.into_iter().chain(notes).collect(),
            ..Sheet::default()
        };
        Pools { headline, win, sheet, pair }
    }

    /// Where accelerators of machines that hold more are paid for one by one.
    fn one_by_one(&self) -> Option<&&'static str> {
        let machine = self.ask.machines.get(self.machine)?;
        (!machine.whole && machine.cluster.node_size > 1).then_some(&ONE_BY_ONE)
    }

    /// Accelerators of both pools, those that stand by included.
    fn accelerators(&self, own: &Apart) -> u64 {
        let all = |n: u32| u64::from(n.saturating_add(self.question.spares));
        own.reader.ranks() * all(own.readers) + own.writer.ranks() * all(own.writers)
    }

    /// Accelerators of the pools in words.
    fn taken(&self, apart: &Apart) -> String {
        let n = self.accelerators(apart);
        let label = self.ask.machines.get(self.machine).map_or("", |kind| kind.label.as_str());
        format!("{}{}{label}", show::grouped(n), show::GAP)
    }

    /// One sentence, and whether pools win.
    fn headline(&self) -> (String, bool) {
        let Some(apart) = &self.answer.apart else {
            return (String::new(), false);
        };
        let taken = self.taken(apart);
        let Some(both) = &self.answer.together else {
            let text = format!(
                "Prompts and answers apart serve it: {taken}, first token in {}, each further one \
                 in {}.",
                show::time(apart.first_token),
                show::time(apart.per_token)
            );
            return (text, true);
        };
        let (mine, theirs) = (both.cost.get(), apart.cost.get());
        if (theirs / mine - 1.0).abs() < SAME {
            return ("Prompts and answers apart cost the same.".to_owned(), false);
        }
        if theirs > mine {
            let more = show::percent(Ratio::new(theirs / mine - 1.0));
            return (format!("Prompts and answers apart would cost {more} more."), false);
        }
        let less = show::percent(Ratio::new(1.0 - theirs / mine));
        let n = self.own.map_or(0, Deployed::accelerators);
        let text = if self.question.rate.is_none() {
            format!("Prompts and answers apart are {less} cheaper a token, on {taken}.")
        } else {
            format!(
                "Prompts and answers apart are {less} cheaper: {taken} instead of {} for both.",
                show::grouped(n)
            )
        };
        (text, true)
    }

    fn says(&self) -> Vec<String> {
        let SplitAnswer { together, apart, apart_least, why, .. } = &self.answer;
        let cost = |cost: Dollars| match self.priced {
            true => show::million(cost),
            false => format!("{} accelerator-hours", show::rounded(cost.get())),
        };
        let all = self.question.offer.cluster.count;
        let (Some(both), Some(apart)) = (together, apart) else {
            let text = match why {
                Why::OnlyApart => format!(
                    "Only pools keep the goals on {} accelerators: where one instance does both, \
                     every prompt holds the answers up, so more of them would be needed, or none \
                     is quick enough.",
                    show::grouped(all.into())
                ),
                _ => format!(
                    "No reader and writer of their own keep the goals on {} accelerators.",
                    show::grouped(all.into())
                ),
            };
            return std::iter::once(text)
                .chain(apart.as_ref().map(|own| ratio(own, self.question.spares)))
                .collect();
        };
        let (mine, theirs) = (both.cost.get(), apart.cost.get());
        let gap = |less: f64, more: f64| show::percent(Ratio::new(1.0 - less / more));
        let first = if (theirs / mine - 1.0).abs() < SAME {
            "They cost the same: whole instances take up what pools would save.".to_owned()
        } else if theirs < mine {
            format!(
                "Apart is {} cheaper: no prompt holds up those who write, and each pool has the \
                 layout that suits its work.",
                gap(theirs, mine)
            )
        } else if *why == Why::Ratio {
            format!(
                "Together is {} cheaper here. In the right ratio pools would cost {} a million \
                 tokens of answers, but so little traffic does not fill whole readers and writers.",
                gap(mine, theirs),
                cost(apart_least.unwrap_or(apart.cost))
            )
        } else {
            format!(
                "Together is {} cheaper: in any ratio, pools take more accelerator time for a \
                 request.",
                gap(mine, theirs)
            )
        };
        vec![first, ratio(apart, self.question.spares)]
    }

    fn table(&self) -> Grid {
        let apart = self.answer.apart.as_ref();
        let names = self.rows();
        let none = || vec![Cell::none(); names.len()];
        let both = self.own.zip(self.answer.together.as_ref());
        let left = both.map_or_else(none, |(own, both)| self.together(own, both));
        let right = apart.map_or_else(none, |apart| self.apart(apart));
        let line = |(name, (left, right))| Line::plain(vec![Cell::words(name), left, right]);
        Grid {
            caption: "Together and apart",
            columns: vec!["Figure", "Together", "Apart"],
            rows: names.into_iter().zip(left.into_iter().zip(right)).map(line).collect(),
        }
    }

    fn rows(&self) -> [&'static str; 11] {
        let [first, further] = figures::goal_names(self.ask);
        [
            "Instances",
            "Accelerators",
            "Most requests with the goals",
            first,
            further,
            "Cache of a prompt moves in",
            "Time that readers read",
            "Readers, of what they may take",
            "Writers, of what they may take",
            "Decode together in one",
            match self.priced {
                true => "1M answer tokens, prompts included",
                false => "Accelerator-hours, 1M answer tokens",
            },
        ]
    }

    /// The deployment, with the derivations of its own figures.
    fn together(&self, own: &Deployed<'_>, both: &Together) -> Vec<Cell> {
        let figures = figures::figures(own);
        let cell = |id: &str| {
            let found = figures.iter().find(|figure| figure.id == id);
            found.map_or_else(Cell::none, |one| {
                let range = super::range(own, id, one.amount);
                let below = range.map_or_else(String::new, |range| range.text());
                Cell::of(one.amount).with_below(&below).from_where(one.derivation.clone())
            })
        };
        let text = format!("{} × {}", own.instances(), instance_text(&both.instance));
        let n = f64::from(both.replicas);
        let number = |value: f64| fine::number(Ratio::new(value));
        let all = both.running.0 * n;
        let running = Derivation::of(
            "answers at once / instances",
            format!("{} / {} = {}", number(all), number(n), number(both.running.0)),
            "the figure above",
        );
        let rate = own.own.served(own.ask);
        let price = own.machine.price.unwrap_or(self.question.offer.price);
        vec![
            Cell::words(&text).with_below(&own.machine.label),
            cell("accelerators"),
            held(own).unwrap_or_else(|| cell("full")),
            cell("ttft"),
            cell("tpot"),
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::of(Amount::Hours(Ratio::new(both.running.0))).from_where(running),
            self.cost(own.paid(), rate, (both.cost, price)),
        ]
    }

    fn apart(&self, own: &Apart) -> Vec<Cell> {
        let (a, b) = (own.reader.ranks(), own.writer.ranks());
        let (readers, writers) = (u64::from(own.readers), u64::from(own.writers));
        let spares = u64::from(self.question.spares);
        let n = self.accelerators(own);
        let label = self.ask.machines.get(self.machine).map_or("", |kind| kind.label.as_str());
        let formats = format!("{} on {label}", self.question.formats.0.key());
        let busiest = own.readers_busy.max(own.writers_busy).get().max(1e-12);
        let most = own.rate.get() / busiest;
        let reader = format!("{} × {} read", readers + spares, instance_text(&own.reader));
        let write = format!("{} × {} write", writers + spares, instance_text(&own.writer));
        let paid = self.question.paid(u32::try_from(n).unwrap_or(u32::MAX));
        let all = match spares {
            0 => format!("{readers} × {a} + {writers} × {b} = {n}"),
            more => format!("({readers} + {more}) × {a} + ({writers} + {more}) × {b} = {n}"),
        };
        let number = |value: f64| fine::number(Ratio::new(value));
        let busy = |share: Ratio| {
            let limit = own.rate.get() / share.get().max(1e-12);
            let told = figures::unround(limit);
            let text = format!("{} / {told} = {}", number(own.rate.get()), fine::percent(share));
            let formula = "requests / requests that the pool could take within the goals";
            Cell::of(Amount::Share(share)).from_where(Derivation::of(
                formula,
                text,
                "the pool's limit",
            ))
        };
        let output = (self.question.traffic.output - 1.0).max(1.0);
        let each = own.rate.get() / writers as f64;
        let (written, running) = self.written(own, each, output);
        let taken = self.taken_by(own);
        let range =
            |figure: &str, time: Seconds| apart::range(self.ask, self.machine, figure, time);
        vec![
            Cell::words(&reader).with_below(&format!("{write}, {formats}")),
            Cell::of(Amount::Count(n)).from_where(Derivation::of(
                "readers × accelerators of one + writers × accelerators of one, spare ones \
                 included",
                all,
                "the pair of layouts and numbers that costs least (search/serve/split)",
            )),
            Cell::of(Amount::Requests(PerSecond::new(most))).from_where(Derivation::of(
                "requests / share of the busier pool that they take",
                format!(
                    "{} / {} = {}",
                    number(own.rate.get()),
                    number(busiest),
                    figures::unround(most)
                ),
                "the pool that is full first",
            )),
            Cell::of(Amount::Time(own.first_token))
                .with_below(&range("ttft", own.first_token))
                .from_where(self.first_token(own, &taken)),
            Cell::of(Amount::Time(own.per_token))
                .with_below(&range("tpot", own.per_token))
                .from_where(written),
            Cell::of(Amount::Time(own.moved)).from_where(self.moved(own, n)),
            Cell::of(Amount::Share(own.reading)).from_where(time_read(own, &taken)),
            busy(own.readers_busy),
            busy(own.writers_busy),
            Cell::of(Amount::Hours(Ratio::new(own.running.0))).from_where(running),
            self.cost(paid.into(), own.rate, (own.cost, self.question.offer.price)),
        ]
    }

    /// Time of a further token of a writer, and the sequences that it decodes.
    fn written(&self, own: &Apart, each: f64, output: f64) -> (Derivation, Derivation) {
        let number = |value: f64| fine::number(Ratio::new(value));
        let (running, time) = (own.running.0, own.mean);
        let source = "a step of decoding alone, at the load where Little's law holds; no prompt is \
            read in it (DistServe, arXiv 2401.09670)";
        let holds = (each * output * time.get() / running.max(1e-12) - 1.0).abs() < 1e-3;
        let (mean, running) = if holds {
            let by = "sequences that decode / (requests a second of a writer × further tokens)";
            let step = format!(
                "{} / ({} × {}) = {}",
                number(running),
                number(each),
                number(output),
                fine::time(time)
            );
            let law = format!(
                "{} × {} × {} s = {}",
                number(each),
                number(output),
                number(time.get()),
                number(running)
            );
            let of = "requests a second of a writer × further tokens × time of each";
            (Derivation::of(by, step, source), Derivation::of(of, law, "Little's law"))
        } else {
            let text = format!("1 × {} = {}", fine::time(time), fine::time(time));
            let one = Derivation::of("a step with one sequence: fewer come", text, source);
            (one, Derivation::of("at least one", format!("1 = {}", number(running)), source))
        };
        if self.question.further_share.is_none() {
            return (mean, running);
        }
        let factor = own.per_token.get() / time.get().max(1e-12);
        let text =
            format!("{} × {} = {}", fine::time(time), number(factor), fine::time(own.per_token));
        let formula = "mean over answers × factor of a lognormal with their deviation";
        let parts = vec![figure("mean", "Mean", Amount::Time(time), mean)];
        (Derivation::of(formula, text, "estimate/serve/pace").with(parts), running)
    }

    /// A reader at its share of the load.
    fn taken_by(&self, own: &Apart) -> Taken {
        let service = self.question.service();
        let serving = Serving::new(&service, &own.reader);
        let each = PerSecond::new(own.rate.get() / f64::from(own.readers));
        Reader::new(&serving, &self.question.traffic).at(each, own.moved)
    }

    fn first_token(&self, own: &Apart, taken: &Taken) -> Derivation {
        let answer = &taken.answer;
        let alone = answer.first_token.less(answer.waiting).less(own.moved);
        let (read, moved) = (fine::time(alone), fine::time(own.moved));
        let parts = vec![read_in(taken, alone), waited(taken)];
        let spread = answer.prompt_spread;
        if self.question.share.is_some() && spread > Ratio::ZERO {
            let rest = own.first_token.less(alone).less(own.moved);
            let text = format!(
                "{read} + {moved} + {} = {}",
                fine::time(rest),
                fine::time(own.first_token)
            );
            let source = format!(
                "prompts deviate by {} (a lognormal), {} of them wait and their waits fall off \
                 exponentially (Kleinrock 1975, sections 5.6 and 5.7): the percentile is that of \
                 the sum, and fuller steps take {} longer (estimate/serve/batch)",
                fine::percent(spread),
                fine::percent(taken.busy),
                fine::time(answer.company.at(self.question.share.unwrap_or(Ratio::ZERO)))
            );
            let formula = "handling and reading on the mean + cache moved + what the percentile of \
                reading and waiting has more";
            return Derivation::of(formula, text, &source).with(parts);
        }
        let (formula, times, fuller) = match self.question.share {
            Some(share) => (
                "handling and reading + cache moved + mean wait × that percentile of waits + what \
                 fuller steps take longer",
                answer.waits_at(share),
                answer.company.at(share),
            ),
            None => ("handling and reading + cache moved + mean wait", Ratio::ONE, Seconds::ZERO),
        };
        let mut text =
            format!("{read} + {moved} + {} × {}", fine::time(answer.waiting), fine::number(times));
        if fuller > Seconds::ZERO {
            text = format!("{text} + {}", fine::time(fuller));
        }
        text = format!("{text} = {}", fine::time(own.first_token));
        let source = format!(
            "{} of prompts wait, and their waits fall off exponentially: ln(share that waits / (1 \
             − share)) / share that waits mean waits (Kleinrock 1975, section 5.7)",
            fine::percent(taken.busy)
        );
        Derivation::of(formula, text, &source).with(parts)
    }

    fn moved(&self, own: &Apart, n: u64) -> Derivation {
        let (link, share) = self.question.link(u32::try_from(n).unwrap_or(u32::MAX));
        let bytes = Bytes::from_f64(own.moved.get() * link.get() * share.get());
        let text = format!(
            "{} / ({} × {}) = {}",
            fine::bytes(bytes),
            fine::bandwidth(link),
            fine::percent(share),
            fine::time(own.moved)
        );
        Derivation::of(
            "cache of a prompt on one rank / (link of one rank × share of it that is reached)",
            text,
            "every rank sends or takes its share; the level of the network that holds both pools, \
             and what the engine reaches of it",
        )
    }

    /// Dollars of a million tokens, or hours of accelerators where no price is known.
    fn cost(
        &self,
        accelerators: u64,
        rate: PerSecond,
        (cost, price): (Dollars, DollarsPerHour),
    ) -> Cell {
        let number = |value: f64| fine::number(Ratio::new(value));
        let output = self.question.traffic.output;
        if !self.priced {
            let text = format!(
                "{} / ({} × {} tokens/s × 3600 s) × {} = {}",
                fine::count(accelerators),
                number(rate.get()),
                number(output),
                show::grouped(1_000_000),
                number(cost.get())
            );
            return Cell::of(Amount::Hours(Ratio::new(cost.get()))).from_where(Derivation::of(
                "accelerators / tokens of answers an hour × a million",
                text,
                "answers bear all of the time, prompts included",
            ));
        }
        let text = format!(
            "{} × {} / ({} × {} tokens/s) × {} = {}",
            fine::count(accelerators),
            show::price(price),
            number(rate.get()),
            number(output),
            show::grouped(1_000_000),
            show::million(cost)
        );
        Cell::of(Amount::Million(cost)).from_where(Derivation::of(
            "accelerators that are paid for × price of one / tokens of answers a second × a \
             million",
            text,
            "answers bear the whole price, prompts included",
        ))
    }
}

/// The pools in a sentence.
fn ratio(own: &Apart, spares: u32) -> String {
    let (a, b) = (own.reader.ranks(), own.writer.ranks());
    let (read, write) = (u64::from(own.readers) * a, u64::from(own.writers) * b);
    let spare = match spares {
        0 => "",
        1 => ", one of each to spare",
        _ => ", spare ones beside them",
    };
    format!(
        "The best pools: {} {} of {} for prompts and {} {} of {} for answers, {read} {} for \
         reading to {write} for writing{spare}.",
        own.readers,
        show::plural(own.readers.into(), "instance"),
        instance_text(&own.reader),
        own.writers,
        show::plural(own.writers.into(), "instance"),
        instance_text(&own.writer),
        show::plural(read, "accelerator")
    )
}

/// What instances that do both hold with the goals where requests come at random.
fn held(own: &Deployed<'_>) -> Option<Cell> {
    let Demand::Rate(_) = own.ask.demand else { return None };
    let each = own.each_held()?;
    let n = f64::from(own.own.replicas);
    let number = |value: f64| fine::number(Ratio::new(value));
    let text = format!(
        "{} requests/s × {} = {} requests/s",
        number(each.get()),
        number(n),
        figures::unround(each.get() * n)
    );
    let derivation = Derivation::of(
        "the most requests at random that one instance answers with the goals × instances",
        text,
        "found by halving (search/enough)",
    );
    Some(Cell::of(Amount::Requests(each * n)).from_where(derivation))
}

/// Share of its time that a reader reads.
fn time_read(own: &Apart, taken: &Taken) -> Derivation {
    let number = |value: f64| fine::number(Ratio::new(value));
    let text = format!(
        "{} × {} s = {}",
        number(own.rate.get() / f64::from(own.readers)),
        number(taken.each.get()),
        fine::percent(own.reading)
    );
    Derivation::of(
        "prompts a second of a reader × time that each takes of it",
        text,
        "those that come while a step reads are read together by the next; of a pipeline, the time \
         of one stage (estimate/serve/split)",
    )
}

/// What a prompt takes but for waiting and moving.
fn read_in(taken: &Taken, alone: Seconds) -> Figure {
    let (own, read) = (fine::time(alone.less(taken.read)), fine::time(taken.read));
    let source = format!(
        "{} prompts are read together, on the mean over prompts, of {} at most; through all stages \
         of a pipeline (estimate/serve/split)",
        fine::number(Ratio::new(taken.together.0)),
        fine::number(Ratio::new(taken.most.0))
    );
    let derivation = Derivation::of(
        "the host's work on a request + the step that reads its prompt",
        format!("{own} + {read} = {}", fine::time(alone)),
        &source,
    );
    figure("alone", "Handling and reading", Amount::Time(alone), derivation)
}

/// How long a prompt waits on the mean.
fn waited(taken: &Taken) -> Figure {
    let number = |value: f64| fine::number(Ratio::new(value));
    let (filled, spread) = (taken.filled.get(), number(taken.answer.prompt_spread.get()));
    let filled = number(filled);
    let text = format!(
        "({} × {} s + {filled} × {filled} × {} s / (1 − {filled})) / 2 × (1 + {spread} × {spread}) \
         = {}",
        number(taken.busy.get()),
        number(taken.step.get()),
        number(taken.least.get()),
        fine::time(taken.answer.waiting)
    );
    let derivation = Derivation::of(
        "(share of the time with a step under way × its time + share² × time of a prompt / (1 − \
         share)) / 2 × (1 + deviation²), with the share that prompts take in full steps",
        text,
        "half of the step under way, and where steps are filled a queue that comes at random \
         (Pollaczek-Khinchine, Kleinrock 1975, section 5.6); of a pipeline, the time of one stage",
    );
    figure("waiting", "Mean wait", Amount::Time(taken.answer.waiting), derivation)
}
