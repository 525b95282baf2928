//! Users of a deployment by area: where its instances stand so that the first token comes in time and data stay where
//! they must, what that costs, and what one site or a site everywhere would cost. The answer is a [`Sheet`].

mod tables;

use super::{Deployed, Group, Market, NearPlan, Question, Survey, placed};
use crate::catalogue::{accelerators, areas, places};
use crate::estimate::capacity::{DayCurve, held_while};
use crate::estimate::serve::{Answer, Serving};
use crate::inputs::{AreaUsers, DayShape, FleetInputs, OperationInputs, Share};
use crate::plan::budget::Sheet;
use crate::plan::fleet::Limits;
use crate::prices::{Flag, Listing, Terms};
use crate::search::deploy::{self, Candidate};
use crate::search::serve::near::{Nearest, Taken, at};
use crate::serving::{Ask, Instance, KvFormat, WeightFormat};
use crate::units::text::show;
use crate::units::{Dollars, DollarsPerHour, PerSecond, Ratio, Seconds, order};

/// Hours of a month.
const MONTH_HOURS: f64 = 730.0;
/// Layouts that sites may run where there is one kind of accelerator, the deployment's own first.
const LAYOUTS_MAX: usize = 4;
/// Accelerators that are named where others are offered.
const OFFERED_MAX: usize = 5;

/// Users that are asked about.
pub struct Users<'a> {
    /// The deployment.
    pub own: &'a Deployed<'a>,
    /// All that was looked at for it.
    pub survey: &'a Survey,
    /// Where users are.
    pub asked: &'a OperationInputs,
    /// Who sells machines where.
    pub listings: &'a [Listing],
    /// What narrows that.
    pub fleet: &'a FleetInputs,
}

/// Sites for the users.
struct Told<'a> {
    users: &'a Users<'a>,
    groups: Vec<Group>,
    layouts: Vec<(Candidate, u32)>,
    /// Which of the layouts each deployment of the market is.
    of_layout: Vec<usize>,
    plan: NearPlan,
}

/// Where instances stand.
#[must_use]
pub fn sheet(users: &Users<'_>) -> Sheet {
    let mut sheet = Sheet { id: "near", ..Sheet::default() };
    let told = match users.told() {
        Ok(told) => told,
        Err(text) => {
            sheet.says.push(text);
            return sheet;
        }
    };
    sheet.says = told.says();
    if !told.plan.nearest.taken.is_empty() {
        sheet.figures = tables::figures(&told);
        sheet.tables = vec![tables::sites(&told), tables::groups(&told), tables::others(&told)];
    }
    sheet.notes = vec![
        "Round trips are medians between regions of one provider; the way to the nearest region is \
         added to them, and the instance has what both leave of the goal for the first token. Each \
         site has the spare instances that are asked for and runs at its own peak all day."
            .to_owned(),
        "A site is the cheapest offer on demand of an area's country for the same machine. Answers \
         that leave a region and copies of the weights cost nothing here."
            .to_owned(),
    ];
    sheet
}

impl<'a> Users<'a> {
    fn told(&'a self) -> Result<Told<'a>, String> {
        let groups = self.groups()?;
        let ask = self.own.ask;
        let layouts = self.layouts();
        let limits = self.limits();
        let question = Question {
            listings: self.listings,
            limits: &limits,
            discounts: &self.fleet.discounts,
            ranks_max: ask.machines.iter().map(|own| own.cluster.count).max().unwrap_or(1),
        };
        let formats = formats(ask);
        let market = Market::new(&question, &ask.engine, &formats);
        let (deployments, of_layout) = self.deployments(&layouts, &market, &formats);
        if deployments.is_empty() {
            let names: Vec<&str> = ask.machines.iter().map(|own| own.label.as_str()).collect();
            return Err(format!(
                "No offer of the price list is a machine with {}: no site can be said.",
                names.join(" or ")
            ));
        }
        let held = |number: usize, way: Seconds| {
            let (candidate, batch) = layouts.get(*of_layout.get(number)?)?;
            let service = deploy::service(ask, candidate, Some(*batch))?;
            let serving = Serving::new(&service, &candidate.instance);
            let of = (&serving, candidate.machine, *batch);
            let keeps = |answer: &Answer| deploy::keeps_from(ask, of, answer, way);
            held_while(&serving, &ask.traffic, &keeps).map(|held| held.rate)
        };
        let how = (groups.as_slice(), self.asked.access, self.asked.spares);
        let plan = placed(&question, &market, &deployments, how, &held)
            .ok_or("There are more areas or sites than can be looked at.")?;
        Ok(Told { users: self, groups, layouts, of_layout, plan })
    }

    /// Requests a second of each area at the peak.
    fn groups(&self) -> Result<Vec<Group>, String> {
        let all = &self.asked.areas;
        if all.is_empty() {
            return Err("Say where the users are, for example: Europe 300k within EU, East Asia \
                100k."
                .to_owned());
        }
        let users = |own: &AreaUsers| match own.share {
            Share::Users(n) => n.get(),
            Share::Rate(_) => 0.0,
        };
        let sum: f64 = all.iter().map(users).sum();
        let peak = match &self.asked.day {
            Some(DayShape::Wave { peak, .. }) => Some(*peak),
            Some(DayShape::Slots(slots)) => DayCurve::new(slots.clone()).map(|day| day.peak()),
            None => None,
        };
        if sum > 0.0 && peak.is_none() {
            return Err(
                "Say how many requests come at the peak, among the inputs or above; or give \
                each area its own, as in eu:12/s."
                    .to_owned(),
            );
        }
        let group = |own: &AreaUsers| Group {
            area: own.area.clone(),
            rate: match own.share {
                Share::Rate(rate) => rate,
                Share::Users(n) => peak.unwrap_or_default() * (n.get() / sum),
            },
            jurisdiction: own.within.clone(),
        };
        Ok(all.iter().map(group).collect())
    }

    /// The deployment's own layout, the one of each accelerator that costs least for what it answers, and the next of
    /// all.
    fn layouts(&self) -> Vec<(Candidate, u32)> {
        let ask = self.own.ask;
        let mut all: Vec<(Ratio, Candidate, u32)> = Vec::new();
        for looked in &self.survey.looked {
            let Some((batch, full)) = looked.limit else { continue };
            let price = ask.machines.get(looked.at.machine).and_then(|own| own.price);
            let each = price.map_or(1.0, |price| price.get()) * looked.at.instance.ranks() as f64;
            let worth = Ratio::new(each / full.request_rate.get().max(1e-12));
            all.push((worth, looked.at, batch));
        }
        order::sort_by_key(&mut all, |own| (own.0, own.1));
        let mut kept = vec![(self.own.own.at, self.own.own.batch)];
        let known = |kept: &[(Candidate, u32)], machine: usize| {
            kept.iter().any(|(own, _)| own.machine == machine)
        };
        for (_, at, batch) in &all {
            if !known(&kept, at.machine) {
                kept.push((*at, *batch));
            }
        }
        for (_, at, batch) in all {
            if kept.len() < LAYOUTS_MAX && !kept.iter().any(|(own, _)| *own == at) {
                kept.push((at, batch));
            }
        }
        kept
    }

    fn limits(&self) -> Limits {
        let capacity = self.fleet.capacity.iter().map(|own| (own.name.clone(), own.machines));
        Limits {
            providers: self.fleet.providers.clone(),
            regions: self.fleet.regions.clone(),
            jurisdictions: self.fleet.jurisdictions.clone(),
            families: self.own.ask.machines.iter().map(|own| own.key.clone()).collect(),
            machines_max: self.fleet.machines_max,
            capacity: capacity.collect(),
            ..Limits::default()
        }
    }

    /// Each layout on each kind of machine with its accelerator, and which layout it is. What stands in one machine does
    /// not see the network between machines.
    fn deployments(
        &self,
        layouts: &[(Candidate, u32)],
        market: &Market,
        formats: &[(WeightFormat, KvFormat)],
    ) -> (Vec<(usize, Instance)>, Vec<usize>) {
        let ask = self.own.ask;
        let (mut all, mut of_layout) = (Vec::new(), Vec::new());
        for (number, (candidate, _)) in layouts.iter().enumerate() {
            let Some(machine) = ask.machines.get(candidate.machine) else { continue };
            let Some(pair) = machine.formats.get(candidate.format) else { continue };
            if !formats.contains(pair) {
                continue;
            }
            let ranks = candidate.instance.ranks();
            let mut known: Vec<(u32, bool)> = Vec::new();
            for (kind, (own, offer)) in market.kinds.iter().zip(&market.offers).enumerate() {
                let each = self.listings.get(offer.listing);
                let shape =
                    (own.machine.size(), each.is_some_and(|own| own.flags.has(Flag::SoldEach)));
                let alone = ranks <= u64::from(own.machine.size());
                let fits =
                    offer.row.key == machine.key && ranks <= u64::from(own.machine.cluster.count);
                if !fits || alone && known.contains(&shape) {
                    continue;
                }
                known.push(shape);
                of_layout.push(number);
                all.push((kind, candidate.instance));
            }
        }
        (all, of_layout)
    }
}

/// All pairs of formats that may be used on any of the machines.
fn formats(ask: &Ask) -> Vec<(WeightFormat, KvFormat)> {
    let mut all = Vec::new();
    for pair in ask.machines.iter().flat_map(|machine| &machine.formats) {
        if !all.contains(pair) {
            all.push(*pair);
        }
    }
    all
}

impl Told<'_> {
    fn nearest(&self) -> &Nearest {
        &self.plan.nearest
    }

    /// Name of a site: who sells it where.
    fn site_name(&self, taken: &Taken) -> String {
        let listing = self.listing(taken);
        listing.map_or(String::new(), |own| {
            format!("{} {}", own.provider, own.region).trim().to_owned()
        })
    }

    fn listing(&self, taken: &Taken) -> Option<&Listing> {
        self.users.listings.get(self.plan.stands.get(taken.site)?.listing)
    }

    fn layout(&self, taken: &Taken) -> Option<&(Candidate, u32)> {
        let stand = self.plan.stands.get(taken.site)?;
        self.layouts.get(*self.of_layout.get(stand.deployment)?)
    }

    fn area(&self, taken: &Taken) -> &'static str {
        let stand = self.plan.stands.get(taken.site);
        stand.map_or("", |stand| label(&stand.area))
    }

    /// The way of a group to a site and back, and the round trip between their areas.
    fn way(&self, group: usize, site: usize) -> Option<(Seconds, &'static areas::RoundTrip)> {
        let (group, stand) = (self.groups.get(group)?, self.plan.stands.get(site)?);
        let trip = areas::round_trip(&group.area, &stand.area)?;
        Some((trip.time + self.users.asked.access, trip))
    }

    /// The cheapest site for these groups.
    fn cheapest(&self, groups: &[usize]) -> Option<Taken> {
        let rates: Vec<PerSecond> = self.groups.iter().map(|group| group.rate).collect();
        let spares = self.users.asked.spares;
        let all = self.plan.sites.iter().enumerate();
        all.filter_map(|site| at(&rates, site, spares, groups)).min_by_key(|taken| taken.hour)
    }

    /// All that can be served, from one site; and each group from a site of its own.
    fn others(&self) -> (Option<Taken>, DollarsPerHour) {
        let served: Vec<usize> =
            (0..self.groups.len()).filter(|own| !self.nearest().unreached.contains(own)).collect();
        let each = served.iter().filter_map(|group| self.cheapest(&[*group]));
        let each: DollarsPerHour = each.map(|taken| taken.hour).sum();
        (self.cheapest(&served), each)
    }

    fn says(&self) -> Vec<String> {
        let mut all = Vec::new();
        let nearest = self.nearest();
        let n = nearest.taken.len() as u64;
        if n > 0 {
            let names: Vec<String> = nearest
                .taken
                .iter()
                .map(|taken| format!("{} ({})", self.area(taken), self.site_name(taken)))
                .collect();
            let rest = if nearest.unreached.is_empty() { "everyone" } else { "all others" };
            all.push(format!(
                "{} {} {} {rest} within the goals: {}, for {} a month.",
                show::grouped(n),
                show::plural(n, "site"),
                if n == 1 { "serves" } else { "serve" },
                names.join("; "),
                show::dollars(month(nearest.hour))
            ));
        }
        all.extend(nearest.unreached.iter().map(|group| self.unreached(*group)));
        let (one, each) = self.others();
        match one {
            Some(one) if n > 1 => all.push(format!(
                "One site for all, {} ({}), would be {} a month.",
                self.area(&one),
                self.site_name(&one),
                show::dollars(month(one.hour))
            )),
            None if n > 1 => {
                all.push("No single site may serve them all within the goals.".to_owned());
            }
            _ => {}
        }
        if nearest.taken.iter().any(|taken| taken.groups.len() > 1) {
            let text = format!(
                "A site for each of the areas would be {} a month.",
                show::dollars(month(each))
            );
            all.push(text);
        }
        all
    }

    /// Why nobody serves a group, and what would help.
    fn unreached(&self, number: usize) -> String {
        let Some(group) = self.groups.get(number) else { return String::new() };
        let name = label(&group.area);
        let ways: Vec<Seconds> = (0..self.plan.stands.len())
            .filter(|site| self.may_serve(group, *site))
            .filter_map(|site| self.way(number, site).map(|way| way.0))
            .collect();
        match (ways.into_iter().min(), &group.jurisdiction) {
            (None, Some(within)) => self.nowhere(number, name, within),
            (None, None) => format!("{name}: no offer of these machines stands anywhere known."),
            (Some(way), within) => {
                let goal = self.users.own.ask.goals.first_token.map(show::time).unwrap_or_default();
                let allowed =
                    within.as_ref().map(|own| format!(" within {own}")).unwrap_or_default();
                format!(
                    "{name}: the nearest site{allowed} is {} away and back, and what that leaves \
                     of {goal} no instance keeps. Allow more time for the first token.",
                    show::time(way)
                )
            }
        }
    }

    /// No offer of these machines stands where the data must stay: what is offered there, and how near one is elsewhere.
    fn nowhere(&self, number: usize, name: &str, within: &str) -> String {
        let there = |own: &&Listing| {
            places::within(&own.country, within) && own.rate(Terms::OnDemand).is_some()
        };
        let mut offered: Vec<&str> = Vec::new();
        for listing in self.users.listings.iter().filter(there) {
            let row = accelerators::find(&listing.accelerator);
            let label = row.map_or(&*listing.accelerator, |row| row.label.as_str());
            if !offered.contains(&label) {
                offered.push(label);
            }
        }
        let more = offered.len().saturating_sub(OFFERED_MAX);
        let shown = offered.get(..OFFERED_MAX).unwrap_or(&offered).join(", ");
        let what = match (shown.is_empty(), more) {
            (true, _) => format!("The price list has no offer by the hour in {within} at all"),
            (_, 0) => format!("There one can have {shown}: add one of them to the machines"),
            _ => format!(
                "There one can have {shown} and {} more: add one of them to the machines",
                show::grouped(more as u64)
            ),
        };
        let all = (0..self.plan.stands.len()).filter_map(|site| {
            let listing = self.users.listings.get(self.plan.stands.get(site)?.listing)?;
            Some((self.way(number, site)?.0, listing))
        });
        let near = all.min_by_key(|(way, _)| *way).map_or_else(String::new, |(way, own)| {
            let place = format!("{} {}", own.provider, own.region);
            format!(
                ", or let the data go to {}: the nearest of these machines stands there ({}), {} \
                 away and back",
                own.country,
                place.trim(),
                show::time(way)
            )
        });
        format!(
            "{name}: no offer of these machines stands within {within}, where its data must stay. \
             {what}{near}."
        )
    }

    fn may_serve(&self, group: &Group, site: usize) -> bool {
        let listing =
            self.plan.stands.get(site).and_then(|own| self.users.listings.get(own.listing));
        let within = group.jurisdiction.as_ref();
        within.is_none_or(|own| listing.is_some_and(|site| places::within(&site.country, own)))
    }
}

fn label(area: &str) -> &'static str {
    areas::find(area).map_or("", |own| own.label.as_str())
}

fn month(hour: DollarsPerHour) -> Dollars {
    hour * Seconds::hours(MONTH_HOURS)
}
