//! F5: where instances stand so that every user is near enough: the cheapest sites for groups of users.
//!
//! A group is served by one site. How much of the goal the way leaves to an instance depends on the group and the site,
//! and so does the rate that one instance holds; those that serve several groups hold the lowest of these. A set of
//! groups has a cheapest site; the cheapest way to part all groups into sets is found over all sets (3^n steps for n
//! groups, Bellman's recursion over subsets), so it is the optimum.

use crate::estimate::capacity::{Packing, replicas};
use crate::units::{DollarsPerHour, PerSecond};

/// Most groups of users.
pub const GROUPS_MAX: usize = 12;
/// Most sites.
pub const SITES_MAX: usize = 512;

/// Machines at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// One machine.
    pub rate: DollarsPerHour,
    /// How instances lie in machines.
    pub packing: Packing,
    /// Most machines there are.
    pub machines_max: u32,
    /// For each group: requests a second that one instance holds for it; none where it is too far or may not be served
    /// from here.
    pub holds: Vec<Option<PerSecond>>,
}

/// One site that is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Number of the site.
    pub site: usize,
    /// Numbers of the groups that it serves.
    pub groups: Vec<usize>,
    /// Requests a second of these.
    pub rate: PerSecond,
    /// Requests a second that one instance holds for all of them.
    pub each: PerSecond,
    /// Instances, spare ones included.
    pub replicas: u32,
    /// Machines.
    pub machines: u32,
    /// For all of them.
    pub hour: DollarsPerHour,
}

/// The cheapest sites.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// Those that are taken, by their first group.
    pub taken: Vec<Taken>,
    /// Groups that no site can serve.
    pub unreached: Vec<usize>,
    /// For all machines.
    pub hour: DollarsPerHour,
}

/// The cheapest sites for groups with those rates of requests, each site with so many spare instances; nothing for more
/// groups or sites than there may be. Groups that no site can serve are left out and named.
#[must_use]
pub fn nearest(rates: &[PerSecond], sites: &[Site], spares: u32) -> Option<Nearest> {
    if rates.len() > GROUPS_MAX || sites.len() > SITES_MAX {
        return None;
    }
    let reached = |group: &usize| sites.iter().any(|site| serves(site, *group));
    let (served, unreached): (Vec<usize>, Vec<usize>) = (0..rates.len()).partition(reached);
    let n = served.len();
    let sets: Vec<Option<Taken>> = (0..1usize << n)
        .map(|set| cheapest(rates, sites, spares, &members(&served, set)))
        .collect();
    let hour = |set: usize| sets[set].as_ref().map_or(f64::INFINITY, |taken| taken.hour.get());
    // Least dollars for a set of groups, and the part of it that its first group lies in.
    let mut best = vec![(0.0, 0usize); 1 << n];
    for set in 1..1usize << n {
        let first = set & set.wrapping_neg();
        let rest = set ^ first;
        let mut least = (f64::INFINITY, set);
        let mut part = rest;
        loop {
            let own = part | first;
            let cost = hour(own) + best[set ^ own].0;
            if cost < least.0 {
                least = (cost, own);
            }
            if part == 0 {
                break;
            }
            part = (part - 1) & rest;
        }
        best[set] = least;
    }
    let mut taken = Vec::new();
    let mut left = (1usize << n) - 1;
    while left > 0 {
        let part = best[left].1;
        taken.extend(sets[part].clone());
        left ^= part;
    }
    let hour = taken.iter().map(|taken| taken.hour).sum();
    Some(Nearest { taken, unreached, hour })
}

/// The cheapest site for a set of groups; of equals the first. No site may serve all of them, and then none is.
fn cheapest(rates: &[PerSecond], sites: &[Site], spares: u32, groups: &[usize]) -> Option<Taken> {
    let all = sites.iter().enumerate().filter_map(|(i, site)| at(rates, (i, site), spares, groups));
    all.min_by_key(|taken| (taken.hour, taken.site))
}

/// A set of groups at one site.
#[must_use]
pub fn at(
    rates: &[PerSecond],
    (number, site): (usize, &Site),
    spares: u32,
    groups: &[usize],
) -> Option<Taken> {
    let mut each: Option<PerSecond> = None;
    let mut rate = PerSecond::ZERO;
    for group in groups {
        let holds = (*site.holds.get(*group)?)?;
        each = Some(each.map_or(holds, |least| least.min(holds)));
        rate += *rates.get(*group)?;
    }
    let each = each?;
    let replicas = replicas(rate, each).saturating_add(spares);
    let machines = site.packing.machines(replicas);
    let hour = site.rate * f64::from(machines);
    let groups = groups.to_vec();
    (machines <= site.machines_max).then_some(Taken {
        site: number,
        groups,
        rate,
        each,
        replicas,
        machines,
        hour,
    })
}

fn serves(site: &Site, group: usize) -> bool {
    site.holds.get(group).copied().flatten().is_some_and(|rate| rate > PerSecond::ZERO)
}

fn members(served: &[usize], set: usize) -> Vec<usize> {
    let of = |(bit, group): (usize, &usize)| (set >> bit & 1 == 1).then_some(*group);
    served.iter().enumerate().filter_map(of).collect()
}
