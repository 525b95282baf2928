//! F6: derivations of what failures, checkpoints and absent machines make of a run.

use super::{TIMES, derived, with};
use crate::case::Case;
use crate::estimate::Book;
use crate::estimate::outage::{Outage, OutageBasis, OutagePart as P, interval_best};
use crate::plan::part::{Group, Leaf, tree};
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::reliability::{Job, Reliability, Spares, Way};
use crate::units::text::{fine, show};
use crate::units::{Dollars, DollarsPerHour, Frequency, Ratio, Seconds};

const DALY: &str = "J. T. Daly, Future Generation Computer Systems 22 (2006), equation 13";
const MINUS: &str = "\u{2212}";
/// A mean time between stops above this is told as none at all: thirty thousand years.
const NEVER: Seconds = Seconds::new(1e12);

/// What failures make of a run, explained.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageExplanation {
    /// Goodputs, time between stops, checkpoints, spares, price.
    pub figures: Vec<Figure>,
    /// From the first step to the last, by part.
    pub time: Part,
}

/// Every number of an outage, with its derivation.
#[must_use]
pub fn explain_outage(
    case: &Case,
    job: &Job,
    reliability: &Reliability,
    outage: &Outage,
) -> OutageExplanation {
    let own = Explained { case, job, reliability, outage, basis: &outage.basis };
    let leaf = |part: &P| Leaf {
        id: format!("outage.{}", part.key()),
        label: label(*part),
        amount: outage.time.get(*part),
        derivation: own.part(*part),
        children: Vec::new(),
    };
    let leaves = P::ALL.iter().map(leaf).collect();
    let group = Group::<Seconds> { id: "", label: "", leaves };
    OutageExplanation {
        figures: own.figures(),
        time: tree("outage", "Time with failures", vec![group]),
    }
}

struct Explained<'a> {
    case: &'a Case,
    job: &'a Job,
    reliability: &'a Reliability,
    outage: &'a Outage,
    basis: &'a OutageBasis,
}

const fn label(part: P) -> &'static str {
    match part {
        P::Useful => "Steps that count",
        P::Stragglers => "Waiting for slow machines",
        P::Checkpoint => "Waiting for checkpoints",
        P::Lost => "Work done again",
        P::Restart => "Restarts",
        P::Waiting => "Waiting for machines",
        P::Away => "Spot machines away",
    }
}

impl Explained<'_> {
    fn part(&self, part: P) -> Derivation {
        match part {
            P::Useful => self.useful(),
            P::Stragglers => self.stragglers(),
            P::Checkpoint => self.checkpoint(),
            P::Lost => self.lost(),
            P::Restart => self.restart(),
            P::Waiting => self.waiting(),
            P::Away => self.away(),
        }
    }

    fn text(&self, part: P) -> String {
        fine::time(self.outage.time.get(part))
    }

    /// Steps at the speed of this cluster.
    fn work(&self) -> Seconds {
        self.outage.time.get(P::Useful) + self.outage.time.get(P::Stragglers)
    }

    /// Whether stops come at one rate, so that one piece of work is like another.
    fn is_even(&self) -> bool {
        let spot = self.reliability.spot.as_ref().filter(|_| self.basis.zones == 1);
        spot.is_none_or(|spot| spot.median.is_none() && !self.basis.saved_on_notice)
    }

    fn useful(&self) -> Derivation {
        let steps = (self.job.work.get() / self.job.step.get() + 0.5).floor();
        let text = format!(
            "{} steps {TIMES} {} = {}",
            fine::count(steps as u64),
            fine::time(self.job.step),
            self.text(P::Useful)
        );
        derived("steps \u{d7} step", text, "counted")
    }

    fn stragglers(&self) -> Derivation {
        let text = format!(
            "{} {TIMES} ({} {MINUS} 1) = {}",
            self.text(P::Useful),
            fine::number(self.basis.straggler),
            self.text(P::Stragglers)
        );
        let formula = "steps \u{d7} (straggler factor \u{2212} 1): a job waits for its slowest \
                       machine; the more it has, the surer one is slow; less what a step waits \
                       for its slowest rank already";
        derived(formula, text, "arXiv 2505.05713; GREYHOUND, ATC 2025")
    }

    fn checkpoint(&self) -> Derivation {
        let text = format!(
            "{} / {} {TIMES} {} = {}",
            fine::time(self.work()),
            fine::time(self.basis.interval),
            fine::time(self.basis.save.blocking),
            self.text(P::Checkpoint)
        );
        let text = if self.basis.saved_on_notice { self.share_text(P::Checkpoint) } else { text };
        let formula = "steps / interval \u{d7} what training waits for each; where spot machines \
                       tell before they go, one is made then";
        derived(formula, text, DALY)
    }

    fn lost(&self) -> Derivation {
        let formula = "steps / interval \u{d7} M (e^x \u{2212} 1 \u{2212} x), x = (interval + \
                       checkpoint) / M, M the mean time between stops, written M x\u{b2} g(x); \
                       and with each stop the work done until the last checkpoint counted";
        let text = if self.is_even() { self.lost_text() } else { self.share_text(P::Lost) };
        derived(formula, text, DALY)
    }

    fn lost_text(&self) -> String {
        let basis = self.basis;
        if basis.mttf > NEVER {
            return "nothing stops the job as a whole".to_owned();
        }
        let x = (basis.interval + basis.save.blocking).get() / basis.mttf.get();
        let g = if x > 1e-4 { (libm::expm1(x) - x) / (x * x) } else { 0.5 + x / 6.0 };
        let late = if basis.save.lag > Seconds::ZERO {
            let again = fine::percent(Ratio::new(self.reached()));
            format!(" + {} {TIMES} {} {TIMES} {again}", self.stops(), fine::time(basis.save.lag))
        } else {
            String::new()
        };
        let x = fine::number(Ratio::new(x));
        format!(
            "{} / {} {TIMES} {} {TIMES} {x} {TIMES} {x} {TIMES} {}{late} = {}; \
             ({} + {}) / {} = {x}",
            fine::time(self.work()),
            fine::time(basis.interval),
            fine::time(basis.mttf),
            fine::number(Ratio::new(g)),
            self.text(P::Lost),
            fine::time(basis.interval),
            fine::time(basis.save.blocking),
            fine::time(basis.mttf)
        )
    }

    /// Share of a restart and of late work that is reached before the next stop: `(1 - e^-r) / r`.
    fn reached(&self) -> f64 {
        let r = (self.basis.restart + self.basis.save.lag).get() / self.basis.mttf.get();
        if r > 1e-9 { -libm::expm1(-r) / r } else { 1.0 }
    }

    fn stops(&self) -> String {
        format!("{} / {}", fine::time(self.basis.running), fine::time(self.basis.mttf))
    }

    /// `51.7 days x 1.2%`.
    fn share_text(&self, part: P) -> String {
        let time = self.outage.time.get(part);
        let share = Ratio::new(time.get() / self.basis.running.get());
        let running = fine::time(self.basis.running);
        format!("{running} {TIMES} {} = {}", fine::percent(share), fine::time(time))
    }

    fn restart(&self) -> Derivation {
        let formula = "running time / M \u{d7} restart \u{d7} (1 \u{2212} e^\u{2212}r) / r, \
                       r = (restart + late work) / M: the share of it before the next stop; \
                       stalls of elastic replicas on top";
        let time = self.outage.time.get(P::Restart);
        let text = if self.is_even() && self.basis.mttf <= NEVER {
            let own = self.basis.stops * self.basis.running;
            let own = self.basis.restart * own.get() * self.reached();
            let more = match self.basis.elastic {
                Some(_) => format!(" + {} of stalls", fine::time(time.less(own))),
                None => String::new(),
            };
            format!(
                "{} {TIMES} {} {TIMES} {}{more} = {}",
                self.stops(),
                fine::time(self.basis.restart),
                fine::percent(Ratio::new(self.reached())),
                fine::time(time)
            )
        } else {
            self.share_text(P::Restart)
        };
        derived(formula, text, DALY)
    }

    fn waiting(&self) -> Derivation {
        let between = fine::time(self.basis.failures.period());
        let count = format!("{} / {between}", fine::time(self.basis.running));
        let free = fine::percent(self.basis.none_free);
        let stand_in = fine::time(self.reliability.replacement);
        let (text, formula) = match self.basis.elastic {
            None => (
                format!("{count} {TIMES} {free} {TIMES} {stand_in}"),
                "running time / time between failures \u{d7} chance that no spare is free \u{d7} \
                 replacement",
            ),
            Some(replicas) => (
                format!(
                    "{count} {TIMES} ({free} {TIMES} {stand_in} + {}) / {}",
                    fine::time(self.basis.restart),
                    fine::count(replicas.into())
                ),
                "running time / time between failures \u{d7} (chance that no spare is free \
                 \u{d7} replacement + restart) / replicas: only one of them waits",
            ),
        };
        let text = format!("{text} = {}", self.text(P::Waiting));
        derived(formula, text, "counted; chance from the binomial distribution")
    }

    fn away(&self) -> Derivation {
        let there = self.outage.time.total().less(self.outage.time.get(P::Away));
        let spot = self.reliability.spot.unwrap_or(crate::reliability::Spot {
            available: Seconds::ZERO,
            median: None,
            away: Seconds::ZERO,
            notice: Seconds::ZERO,
            zones: 1,
        });
        let text = format!(
            "{} {TIMES} {} / {} = {}",
            fine::time(there),
            fine::time(spot.away),
            fine::time(spot.available),
            self.text(P::Away)
        );
        let formula = "all other time \u{d7} mean time away / mean time there; nothing is paid";
        derived(
            formula,
            text,
            "a zone that is there or away, arXiv 2604.16457: losses come together",
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let outage = self.outage;
        let figure = |id, label, amount, derivation| Figure { id, label, amount, derivation };
        let save = &self.basis.save;
        let mut all = vec![
            figure("goodput", "Useful time", Amount::Share(outage.useful_share()), self.goodput()),
            figure(
                "goodput_scheduling",
                "Scheduling goodput",
                Amount::Share(outage.goodput.scheduling),
                self.scheduling(),
            ),
            figure(
                "goodput_runtime",
                "Run-time goodput",
                Amount::Share(outage.goodput.runtime),
                self.runtime(),
            ),
            figure("state", "Checkpoint", Amount::Bytes(self.job.state), self.state()),
            figure("write", "Writing it", Amount::Time(save.write), self.write()),
            figure("blocking", "Training waits", Amount::Time(save.blocking), self.blocking()),
            figure(
                "interval",
                "Between checkpoints",
                Amount::Time(self.basis.interval),
                self.interval(),
            ),
            figure("spares", "Spare machines", Amount::Count(outage.spares.into()), self.spares()),
        ];
        if self.basis.mttf <= NEVER {
            let mttf = Amount::Time(self.basis.mttf);
            all.push(figure("mttf", "Between stops", mttf, self.mttf()));
        }
        let rate = self.case.offer.rate;
        if rate > DollarsPerHour::ZERO {
            let hour = Dollars::new(outage.effective_rate(rate, self.job).get());
            all.push(figure("cost", "Machines", Amount::Dollars(outage.cost(rate)), self.cost()));
            all.push(figure("per_useful", "A useful hour", Amount::Dollars(hour), self.hour(hour)));
        }
        all
    }

    fn goodput(&self) -> Derivation {
        let text = format!(
            "{} / {} = {}",
            self.text(P::Useful),
            fine::time(self.outage.time.total()),
            fine::percent(self.outage.useful_share())
        );
        derived("steps that count / time with failures", text, "the sum of its parts")
    }

    fn scheduling(&self) -> Derivation {
        let total = fine::time(self.outage.time.total());
        let (waiting, away) = (self.text(P::Waiting), self.text(P::Away));
        let share = fine::percent(self.outage.goodput.scheduling);
        let text = format!("({total} {MINUS} {waiting} {MINUS} {away}) / {total} = {share}");
        let formula = "share of the time for which the job has its machines";
        derived(formula, text, "Google Cloud, ML Productivity Goodput (2024)")
    }

    fn runtime(&self) -> Derivation {
        let time = &self.outage.time;
        let idle = time.get(P::Waiting) + time.get(P::Away);
        let text = format!(
            "{} / {} = {}",
            fine::time(self.work()),
            fine::time(time.total().less(idle)),
            fine::percent(self.outage.goodput.runtime)
        );
        let formula = "share of the time with machines in which steps are made that count";
        derived(formula, text, "Google Cloud, ML Productivity Goodput (2024)")
    }

    fn state(&self) -> Derivation {
        let book = Book::new(self.case);
        let optimizer = &self.case.training.optimizer;
        let copies = &self.case.stack.profile.weights;
        let master = if optimizer.master && !copies.working_is_master { 4 } else { 0 };
        let moments = Ratio::new(optimizer.moment_quarter_bytes() as f64 / 4.0);
        let text = format!(
            "{} {TIMES} ({} + {master} + {}) bytes = {}",
            fine::count(book.trained_params().get()),
            self.case.table_bytes(),
            fine::number(moments),
            fine::bytes(self.job.state)
        );
        let formula = "trained parameters \u{d7} (weights + master + moments), once for the model";
        with(derived(formula, text, "Megatron-Core, distributed checkpoints"), &["working"])
    }

    fn write(&self) -> Derivation {
        let text = format!(
            "{} / ({} machines {TIMES} {}) = {}",
            fine::bytes(self.job.state),
            fine::count(self.basis.save.writers.into()),
            fine::bandwidth(self.reliability.checkpoint.write),
            fine::time(self.basis.save.write)
        );
        let formula = "checkpoint / (machines of one copy of the state \u{d7} what one writes)";
        derived(formula, text, "arXiv 2407.21783, section 3.3.1, for the bandwidth")
    }

    fn blocking(&self) -> Derivation {
        let blocking = fine::time(self.basis.save.blocking);
        if self.reliability.checkpoint.way == Way::Blocking {
            let text = format!("{} = {blocking}", fine::time(self.basis.save.write));
            return derived("until all of it is written", text, "the way that was chosen");
        }
        let text = format!(
            "{} / ({} {TIMES} {}) = {blocking}",
            fine::bytes(self.job.state),
            fine::count(self.job.holders.into()),
            fine::bandwidth(self.job.host_link)
        );
        let formula = "checkpoint / (accelerators of one copy \u{d7} link to the host): training \
                       goes on once the hosts hold it";
        derived(formula, text, "Gemini, SOSP 2023; arXiv 2509.16293")
    }

    fn interval(&self) -> Derivation {
        let basis = self.basis;
        let taken = fine::time(basis.interval);
        let formula = "the t with t / M = 1 \u{2212} e^(\u{2212}(t + checkpoint) / M), which \
                       Young and Daly approximate; not shorter than storage or network take for \
                       one checkpoint, nor than a step";
        if let Some(fixed) = self.reliability.checkpoint.interval {
            let fixed = fine::time(fixed.max(basis.least).min(self.job.work.max(self.job.step)));
            return derived("as fixed", format!("{fixed} = {taken}"), "typed");
        }
        if basis.mttf > NEVER {
            let whole = fine::time(self.job.work.max(basis.least));
            return derived(formula, format!("one at the end, after {whole}"), DALY);
        }
        let best = interval_best(basis.save.blocking, basis.mttf);
        let share = Ratio::new(best.get() / basis.mttf.get());
        let most = self.job.work.max(self.job.step);
        let text = format!(
            "min(max({best}, {}), {}) = {taken}; the best is {} {TIMES} {} = {best}; \
             Young has {}, Daly {}",
            fine::time(basis.least),
            fine::time(most),
            fine::time(basis.mttf),
            fine::percent(share),
            fine::time(basis.young),
            fine::time(basis.daly),
            best = fine::time(best),
        );
        derived(formula, text, DALY)
    }

    fn spares(&self) -> Derivation {
        let broken = fine::percent(self.basis.broken);
        let nodes = fine::count(self.basis.nodes.into());
        let text = match self.reliability.spares {
            Spares::Nodes(n) => format!("{} as chosen", fine::count(n.into())),
            Spares::Enough(share) => format!(
                "{nodes} machines, each broken for {broken} of the time, are whole for {} of it",
                fine::percent(share)
            ),
        };
        let formula = "the least s with P(Binomial(machines + s, broken) > s) \u{2264} 1 \u{2212} \
                       share; broken = repair / (time to failure + repair)";
        derived(formula, text, "arXiv 2509.16293 sizes standby machines at the 99th percentile")
    }

    fn mttf(&self) -> Derivation {
        let basis = self.basis;
        let mut terms = Vec::new();
        if basis.elastic.is_none() && basis.failures > Frequency::ZERO {
            let nodes = fine::count(basis.nodes.into());
            let each = fine::time(self.reliability.failures.period());
            terms.push(format!("{nodes} nodes / {each}"));
        }
        if basis.interventions > Frequency::ZERO {
            terms.push(format!("1 / {}", fine::time(basis.interventions.period())));
        }
        if let Some(spot) = &self.reliability.spot
            && basis.zones == 1
            && !basis.saved_on_notice
        {
            terms.push(format!("1 / {}", fine::time(spot.available)));
        }
        let text = format!("1 / ({}) = {}", super::plain_sum(&terms), fine::time(basis.mttf));
        let formula = "1 / (nodes / time between failures of one + 1 / time between stops by \
                       people + 1 / time for which spot machines are there)";
        derived(formula, text, "arXiv 2410.21680, section 4")
    }

    fn cost(&self) -> Derivation {
        let rate = self.case.offer.rate;
        let text = format!(
            "{} {TIMES} {} {TIMES} {} = {}",
            fine::time(self.outage.time.paid()),
            fine::count(self.outage.accelerators.into()),
            show::price(rate),
            show::dollars(self.outage.cost(rate))
        );
        let formula = "paid time \u{d7} accelerators, spares included \u{d7} price of one";
        derived(formula, text, &self.case.offer.source)
    }

    fn hour(&self, hour: Dollars) -> Derivation {
        let text = format!(
            "{} {TIMES} {} {TIMES} 1 h {TIMES} {} / ({} {TIMES} {}) = {}",
            show::price(self.case.offer.rate),
            fine::time(self.outage.time.paid()),
            fine::count(self.outage.accelerators.into()),
            self.text(P::Useful),
            fine::count(self.job.accelerators.into()),
            show::dollars(hour)
        );
        let formula = "price / goodput: what an hour of one accelerator costs that is useful";
        derived(formula, text, &self.case.offer.source)
    }
}
