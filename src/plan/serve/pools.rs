//! Prompts and answers on machines of their own, against instances that do both: which is cheaper, and why.

use super::{Deployed, instance_text, text};
use crate::estimate::serve::{Reader, Serving};
use crate::plan::budget::{Cell, Grid, Line, Sheet};
use crate::plan::{Amount, Derivation};
use crate::search::serve::Offer;
use crate::search::serve::split::{Apart, SplitAnswer, SplitQuestion, Together, Why, against};
use crate::serving::Demand;
use crate::units::text::{fine, show};
use crate::units::{Bytes, Dollars, DollarsPerHour, PerSecond, Ratio, Seconds};

const ROWS: [&str; 9] = [
    "Instances",
    "Accelerators",
    "Requests",
    "First token",
    "Each further token",
    "Cache of a prompt moves in",
    "Readers are busy",
    "Writers are busy",
    "Decode together in one",
];

const NOTES: [&str; 3] = [
    "Together is the deployment above. Readers and writers are sized by the highest load at which \
     one of them keeps its goal; each pool has the spare instances that the deployment has.",
    "A cache moves over the level of the network that holds both pools, every rank sending its \
     share; engines that send it layer by layer hide a part of that.",
    "Readers and writers are of one kind of accelerator and one format; all layouts and all \
     numbers of both were weighed.",
];

/// Both, as a sheet; `price` is whether dollars are known.
struct Both<'a> {
    question: &'a SplitQuestion,
    answer: &'a SplitAnswer,
    priced: bool,
}

/// The question, for the machines and formats of a deployment.
#[must_use]
pub fn question(own: &Deployed<'_>) -> SplitQuestion {
    let ask = own.ask;
    SplitQuestion {
        model: ask.model.clone(),
        engine: ask.engine.clone(),
        offer: Offer {
            cluster: own.machine.cluster.clone(),
            price: own.machine.price.unwrap_or(DollarsPerHour::new(1.0)),
        },
        formats: own.formats,
        speculation: ask.speculation,
        traffic: ask.traffic,
        goals: ask.goals,
        share: ask.share,
        further_share: ask.further_share,
        spares: ask.spares,
        machine_size: own.machine.size(),
        rate: (ask.demand != Demand::Most).then(|| own.own.served(ask)),
        ranks_max: own.machine.cluster.count,
    }
}

/// Pools against the same instances for both, for the machines, formats and demand of a deployment.
#[must_use]
pub fn pools(own: &Deployed<'_>) -> Sheet {
    let question = question(own);
    let answer = against(&question, Some(together(own, &question)));
    let both = Both { question: &question, answer: &answer, priced: own.machine.price.is_some() };
    Sheet {
        id: "pools",
        says: both.says(),
        tables: vec![both.table()],
        notes: NOTES.map(str::to_owned).to_vec(),
        ..Sheet::default()
    }
}

/// The deployment, as what pools are compared with.
fn together(own: &Deployed<'_>, question: &SplitQuestion) -> Together {
    let deploy = &own.own;
    let rate = deploy.served(own.ask).get().max(1e-12);
    Together {
        instance: deploy.at.instance,
        replicas: deploy.replicas,
        rate: deploy.full.request_rate,
        running: deploy.now.running,
        first_token: deploy.first_token,
        per_token: deploy.per_token,
        cost: question.cost(Seconds::new(own.paid() as f64 / rate)),
    }
}

impl Both<'_> {
    fn says(&self) -> Vec<String> {
        let SplitAnswer { together, apart, apart_least, why, .. } = self.answer;
        let cost = |cost: Dollars| match self.priced {
            true => show::million(cost),
            false => format!("{} accelerator-hours", show::rounded(cost.get())),
        };
        let all = self.question.offer.cluster.count;
        let (Some(both), Some(apart)) = (together, apart) else {
            let text = match why {
                Why::OnlyApart => "Only pools keep the goals: where one instance does both, a \
                    prompt in the step holds its answers up for longer than they may wait."
                    .to_owned(),
                Why::OnlyTogether => format!(
                    "No reader and writer of their own keep the goals on {} accelerators.",
                    show::grouped(all.into())
                ),
                _ => "Neither keeps the goals by this measure.".to_owned(),
            };
            return vec![text];
        };
        let (mine, theirs) = (both.cost.get(), apart.cost.get());
        let gap = show::percent(Ratio::new((theirs / mine - 1.0).abs()));
        let first = match why {
            Why::Interference => format!(
                "Apart is {gap} cheaper: no prompt holds up those who write, and each pool has the \
                 layout that suits its work."
            ),
            Why::Ratio if theirs <= mine => {
                "They cost the same: whole instances take up what pools would save.".to_owned()
            }
            Why::Ratio => format!(
                "Together is {gap} cheaper here. In the right ratio pools would cost {} a million \
                 tokens of answers, but so little traffic does not fill whole readers and writers.",
                cost(apart_least.unwrap_or(apart.cost))
            ),
            _ => format!(
                "Together is {gap} cheaper: in any ratio, pools take more accelerator time for a \
                 request."
            ),
        };
        vec![first, ratio(apart, self.question.spares)]
    }

    fn table(&self) -> Grid {
        let (both, apart) = (self.answer.together.as_ref(), self.answer.apart.as_ref());
        let none = || vec![Cell::none(); ROWS.len() + 1];
        let left = both.map_or_else(none, |both| self.together(both));
        let right = apart.map_or_else(none, |apart| self.apart(apart));
        let last = if self.priced {
            "1M answer tokens, prompts included"
        } else {
            "Accelerator-hours, 1M tokens"
        };
        let names = ROWS.into_iter().chain([last]);
        let line = |(name, (left, right))| Line::plain(vec![Cell::words(name), left, right]);
        Grid {
            caption: "Together and apart",
            columns: vec!["Figure", "Together", "Apart"],
            rows: names.zip(left.into_iter().zip(right)).map(line).collect(),
        }
    }

    fn together(&self, own: &Together) -> Vec<Cell> {
        let ranks = own.instance.ranks();
        let spares = self.question.spares;
        let n = ranks * u64::from(own.replicas.saturating_add(spares));
        let most = PerSecond::new(own.rate.get() * f64::from(own.replicas));
        let text = format!("{} × {}", own.replicas + spares, instance_text(&own.instance));
        let all = match spares {
            0 => format!("{} × {ranks} = {n}", own.replicas),
            more => format!("({} + {more}) × {ranks} = {n}", own.replicas),
        };
        let rate = self.question.rate.unwrap_or(most);
        vec![
            Cell::words(&text),
            Cell::of(Amount::Count(n)).from_where(Derivation::of(
                "instances, spare ones included × accelerators of one",
                all,
                "the deployment above",
            )),
            Cell::of(Amount::Requests(most)),
            Cell::of(Amount::Time(own.first_token)).with_below("as above"),
            Cell::of(Amount::Time(own.per_token)).with_below("as above"),
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::words(&show::rounded(own.running.0)),
            self.cost(n, rate, own.cost),
        ]
    }

    fn apart(&self, own: &Apart) -> Vec<Cell> {
        let (a, b) = (own.reader.ranks(), own.writer.ranks());
        let (readers, writers) = (u64::from(own.readers), u64::from(own.writers));
        let spares = u64::from(self.question.spares);
        let n = (readers + spares) * a + (writers + spares) * b;
        let read = format!("{} × {} read", readers + spares, instance_text(&own.reader));
        let write = format!("{} × {} write", writers + spares, instance_text(&own.writer));
        let all = match spares {
            0 => format!("{readers} × {a} + {writers} × {b} = {n}"),
            more => format!("({readers} + {more}) × {a} + ({writers} + {more}) × {b} = {n}"),
        };
        let number = |value: f64| fine::number(Ratio::new(value));
        let busy = |share: Ratio| {
            let limit = own.rate.get() / share.get().max(1e-12);
            // A limit that rounds to a whole number is told with the digits that make it none.
            let told = number(limit);
            let told = if told.contains('.') { told } else { format!("{limit:.6}") };
            let text = format!("{} / {told} = {}", number(own.rate.get()), fine::percent(share));
            let formula = "requests / requests that the pool could take within the goals";
            Cell::of(Amount::Share(share)).from_where(Derivation::of(
                formula,
                text,
                "the pool's limit",
            ))
        };
        vec![
            Cell::words(&read).with_below(&write),
            Cell::of(Amount::Count(n)).from_where(Derivation::of(
                "readers × accelerators of one + writers × accelerators of one, spare ones \
                 included",
                all,
                "the pair of layouts and numbers that costs least (search/serve/split)",
            )),
            Cell::of(Amount::Requests(PerSecond::new(
                own.rate.get() / own.readers_busy.max(own.writers_busy).get(),
            ))),
            Cell::of(Amount::Time(own.first_token)).from_where(self.first_token(own)),
            Cell::of(Amount::Time(own.per_token)).from_where(self.per_token(own)),
            Cell::of(Amount::Time(own.moved)).from_where(self.moved(own, n)),
            busy(own.readers_busy),
            busy(own.writers_busy),
            Cell::words(&show::rounded(own.running.0)),
            self.cost(n, own.rate, own.cost),
        ]
    }

    fn per_token(&self, own: &Apart) -> Derivation {
        let output = (self.question.traffic.output - 1.0).max(1.0);
        let each = own.rate.get() / f64::from(own.writers);
        let step = format!(
            "{} / ({} × {}) = {}",
            text::number(own.running.0),
            text::number(each),
            text::number(output),
            fine::time(own.mean)
        );
        let factor = Ratio::new(own.per_token.get() / own.mean.get().max(1e-12));
        let (step, formula) = match self.question.further_share {
            Some(_) => (
                format!(
                    "{} × {} = {}; {step}",
                    fine::time(own.mean),
                    fine::number(factor),
                    fine::time(own.per_token)
                ),
                "mean over answers × factor of a lognormal with their deviation; the mean: \
                 sequences that decode / (requests a second of a writer × further tokens)",
            ),
            None => {
                (step, "sequences that decode / (requests a second of a writer × further tokens)")
            }
        };
        Derivation::of(
            formula,
            step,
            "a step of decoding alone, at the load where Little's law holds; no prompt is read in \
             it (DistServe, arXiv 2401.09670)",
        )
    }

    fn first_token(&self, own: &Apart) -> Derivation {
        let service = self.question.service();
        let serving = Serving::new(&service, &own.reader);
        let reader = Reader::new(&serving, &self.question.traffic);
        let each = PerSecond::new(own.rate.get() / f64::from(own.readers));
        let (first, wait) = reader.first_token(each, own.moved);
        let alone = first.less(wait).less(own.moved);
        let times = match self.question.share {
            Some(share) => -libm::log((1.0 - share.get()).max(1e-6)),
            None => 1.0,
        };
        let text = format!(
            "{} + {} + {} × {} = {}",
            fine::time(alone),
            fine::time(own.moved),
            fine::time(wait),
            fine::number(Ratio::new(times)),
            fine::time(own.first_token)
        );
        let formula = match self.question.share {
            Some(_) => "handling and reading + cache moved + mean wait × −ln(1 − share)",
            None => "handling and reading + cache moved + mean wait",
        };
        Derivation::of(
            formula,
            text,
            "prompts come at random and take one time each (Kleinrock 1975, section 5.6), waits \
             fall off exponentially (section 5.7)",
        )
    }

    fn moved(&self, own: &Apart, n: u64) -> Derivation {
        let link = self.question.link(u32::try_from(n).unwrap_or(u32::MAX));
        let bytes = Bytes::from_f64(own.moved.get() * link.get());
        let text = format!(
            "{} / {} = {}",
            fine::bytes(bytes),
            fine::bandwidth(link),
            fine::time(own.moved)
        );
        Derivation::of(
            "cache of a prompt on one rank / link of one rank",
            text,
            "every rank sends or takes its share; the level of the network that holds both pools",
        )
    }

    /// Dollars of a million tokens, or hours of accelerators where no price is known.
    fn cost(&self, accelerators: u64, rate: PerSecond, cost: Dollars) -> Cell {
        let number = |value: f64| fine::number(Ratio::new(value));
        let output = self.question.traffic.output;
        let price = self.question.offer.price;
        if !self.priced {
            return Cell::words(&show::rounded(cost.get()));
        }
        let paid = self.question.paid(u32::try_from(accelerators).unwrap_or(u32::MAX));
        let text = format!(
            "{} × {} / ({} × {} tokens/s) × {} = {}",
            fine::count(paid.into()),
            show::price(price),
            number(rate.get()),
            number(output),
            show::grouped(1_000_000),
            show::million(cost)
        );
        Cell::of(Amount::Million(cost)).from_where(Derivation::of(
            "accelerators that are paid for × price of one / tokens of answers a second × \
             a million",
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
