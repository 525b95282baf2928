//! A deployment of one's own against paying by the token: where it turns, and whether it ever does.

use super::{Bill, BreakEven, Deployed};
use crate::plan::budget::figure;
use crate::plan::{Amount, Derivation, Figure};
use crate::search::deploy;
use crate::serving::Demand;
use crate::units::text::{fine, show};
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio};

/// Most instances that are looked at for the rate from which on they are cheaper.
const INSTANCES_MAX: u32 = 4096;

/// What is said of it, and the numbers of what is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Even {
    /// In a sentence or two.
    pub text: String,
    /// Its numbers.
    pub figures: Vec<Figure>,
}

/// What more instances of the deployment would cost, and hold.
struct More<'a> {
    own: &'a Deployed<'a>,
    /// Price of an accelerator.
    price: DollarsPerHour,
    /// Requests a second of one instance with the goals.
    each: PerSecond,
    /// A request by the token.
    request: f64,
}

impl More<'_> {
    fn hourly(&self, instances: u32) -> DollarsPerHour {
        self.price * self.paid(instances) as f64
    }

    fn paid(&self, instances: u32) -> u64 {
        deploy::paid(self.own.ask, &self.own.own.at, instances)
    }

    /// The rate whose requests cost as much by the token as so many instances, spare ones beside them.
    fn rate(&self, instances: u32) -> PerSecond {
        PerSecond::new(self.hourly(instances).get() / 3600.0 / self.request.max(1e-300))
    }

    /// The fewest instances that hold the rate at which they cost what their requests cost by the token.
    fn turn(&self) -> Option<u32> {
        (1..=INSTANCES_MAX).find(|n| self.rate(*n) <= self.each * f64::from(*n))
    }

    /// One instance among many: spare ones and what is not filled of a machine count no longer.
    fn instance(&self) -> DollarsPerHour {
        let packing = deploy::packing(self.own.ask, &self.own.own.at);
        self.price * (f64::from(self.own.machine.size()) * packing.each().get())
    }
}

/// Against the user's price of a million tokens; nothing where none is typed.
#[must_use]
pub fn even(own: &Deployed<'_>, bill: &Bill) -> Option<Even> {
    let found = super::break_even(own, bill)?;
    let price = own.machine.price?;
    let asked = bill.requests.get() / 3600.0;
    let full = own.own.full.request_rate;
    let each = match own.ask.demand {
        Demand::Rate(_) => own.each_held().unwrap_or(full),
        _ => full,
    };
    let request = found.api.get() / 3600.0 / asked.max(1e-300);
    let more = More { own, price, each, request };
    let mut told = vec![by_hour(&found, asked, request), mine(&more, bill)];
    let rest = if found.share <= Ratio::ONE {
        let rate = asked * found.share.get();
        told.push(share(&found, bill));
        format!(
            "it is cheaper from {} of this demand on, {}",
            show::percent(found.share),
            requests(rate)
        )
    } else {
        let start = format!(
            "paying by the token is cheaper: the deployment costs {} as much",
            show::factor(found.share)
        );
        told.push(held(each));
        match more.turn() {
            Some(n) => {
                told.push(turn(&more, n));
                format!(
                    "{start}. It turns at {}, on {} {}: as much as {} {} with the goals",
                    requests(more.rate(n).get()),
                    show::grouped(more.paid(n)),
                    own.machine.label,
                    show::grouped(n.into()),
                    if n == 1 { "such instance holds" } else { "such instances hold" }
                )
            }
            None => {
                told.extend(thousands(&more));
                format!(
                    "{start}. It never turns: even full, at {} with the goals, such an instance \
                     costs {} a thousand requests, by the token they cost {}",
                    requests(each.get()),
                    show::million(thousand(&more)),
                    show::million(Dollars::new(request * 1e3))
                )
            }
        }
    };
    let (api, mine) = (show::price(found.api), show::price(bill.hourly));
    let text =
        format!("The same tokens cost {api} by the token and {mine} on your own machines: {rest}.");
    Some(Even { text, figures: told })
}

fn requests(rate: f64) -> String {
    format!("{} requests/s", show::rounded(rate))
}

fn number(value: f64) -> String {
    fine::number(Ratio::new(value))
}

/// A thousand requests of an instance that holds as many as it can.
fn thousand(more: &More<'_>) -> Dollars {
    Dollars::new(more.instance().get() / 3600.0 / more.each.get().max(1e-300) * 1e3)
}

fn by_hour(found: &BreakEven, asked: f64, request: f64) -> Figure {
    let text =
        format!("{} requests/s × ${} = {}", number(asked), number(request), show::price(found.api));
    let derivation = Derivation::of(
        "requests × price of one by the token",
        text,
        "a request's tokens at the prices that were typed",
    );
    figure("even_api", "By the token, an hour", dollars(found.api.get()), derivation)
}

fn dollars(value: f64) -> Amount {
    Amount::Dollars(Dollars::new(value))
}

fn mine(more: &More<'_>, bill: &Bill) -> Figure {
    let paid = fine::count(more.own.paid());
    let text = format!("{paid} × {} = {}", show::price(more.price), show::price(bill.hourly));
    let derivation = Derivation::of(
        "accelerators that are paid for × price of one",
        text,
        "spare instances included",
    );
    figure("even_own", "On your own machines, an hour", dollars(bill.hourly.get()), derivation)
}

fn share(found: &BreakEven, bill: &Bill) -> Figure {
    let (mine, api) = (show::price(bill.hourly), show::price(found.api));
    let derivation = Derivation::of(
        "dollars an hour of the deployment / by the token",
        format!("{mine} / {api} = {}", fine::percent(found.share)),
        "the deployment as it is, whatever comes",
    );
    figure("even_share", "Share of the demand", Amount::Share(found.share), derivation)
}

fn held(each: PerSecond) -> Figure {
    let text = format!("{0} requests/s = {0} requests/s", number(each.get()));
    let derivation = Derivation::of(
        "the most requests at random that one instance answers with the goals",
        text,
        "found by halving (search/enough)",
    );
    figure("even_each", "One instance holds", Amount::Requests(each), derivation)
}

fn turn(more: &More<'_>, instances: u32) -> Figure {
    let rate = more.rate(instances);
    let text = format!(
        "{} × {} / ${} = {} requests/s",
        fine::count(more.paid(instances)),
        show::price(more.price),
        number(more.request),
        super::figures::unround(rate.get())
    );
    let derivation = Derivation::of(
        "dollars an hour of the fewest instances that hold such a rate, spare ones too / price \
         of a request by the token",
        text,
        "both cost the same there",
    );
    figure("even_turn", "It turns at", Amount::Requests(rate), derivation)
}

fn thousands(more: &More<'_>) -> [Figure; 2] {
    let own = format!(
        "{} / {} requests/s × 1 000 = {}",
        show::price(more.instance()),
        number(more.each.get()),
        show::million(thousand(more))
    );
    let own = Derivation::of(
        "price of an instance, no spare one beside it / requests that it holds × 1 000",
        own,
        "what a request costs at best on these machines",
    );
    let api = Dollars::new(more.request * 1e3);
    let text = format!("${} × 1 000 = {}", number(more.request), show::million(api));
    let by = Derivation::of("price of a request × 1 000", text, "the prices that were typed");
    [
        figure("even_thousand", "A thousand requests, full", dollars(thousand(more).get()), own),
        figure("even_thousand_api", "A thousand, by the token", dollars(api.get()), by),
    ]
}
