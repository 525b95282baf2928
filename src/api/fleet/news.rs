//! What workers that share a search tell one another, as lines of text that only they read: first `worker looked_at
//! searches short bounded beaten found done`, then a line for each fact, `kind size step replicas holders slower layout`, times as the
//! bits of their seconds in hexadecimal and `-` for none.

use super::FleetSession;
use crate::api::Answer;
use crate::plan::fleet::{Best, Fact, FleetTally};
use crate::units::Seconds;
use std::fmt::Write as _;

/// What another worker last said of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Other {
    pub(super) looked_at: u32,
    pub(super) searches: u32,
    pub(super) tally: FleetTally,
    pub(super) done: bool,
}

impl FleetSession {
    /// What was found since this was last called, for the other workers; nothing where this one works alone.
    pub fn news(&mut self) -> Option<Answer> {
        let facts = self.fleet.news();
        let done = self.progress.done;
        let news = !facts.is_empty() || done != self.done_told;
        if self.share.1 <= 1 || !news {
            return None;
        }
        self.done_told = done;
        let (own, tally) = (&self.progress, self.fleet.tally());
        let numbers = [
            self.share.0,
            own.pairs.saturating_sub(own.left),
            own.searches,
            tally.short,
            tally.bounded,
            tally.beaten,
            tally.found,
            u32::from(done),
        ];
        let mut news = numbers.map(|n| n.to_string()).join(" ");
        for fact in facts {
            let bits = |time: Seconds| format!("{:x}", time.get().to_bits());
            let (best, layout) = match fact.best {
                Some(Best { step, replicas, holders, text }) => {
                    (format!("{} {replicas} {holders}", bits(step)), text)
                }
                None => ("- - -".to_owned(), String::new()),
            };
            let (kind, size, slower) = (fact.kind, fact.size, bits(fact.slower));
            // Into memory, which does not fail.
            let _ = write!(news, "\n{kind} {size} {best} {slower} {layout}");
        }
        Some(Answer::FleetNews { run: self.run, news })
    }

    /// Takes in what another worker on the same question found; a line that cannot be read is as good as none.
    pub fn hear(&mut self, news: &str) {
        let mut lines = news.lines();
        let numbers = lines.next().unwrap_or_default().split(' ');
        let numbers: Vec<u32> = numbers.map_while(|n| n.parse().ok()).collect();
        for fact in lines.filter_map(fact) {
            self.fleet.hear(fact);
        }
        let [worker, looked_at, searches, short, bounded, beaten, found, done] = *numbers else {
            return;
        };
        if let Some(other) = self.others.get_mut((worker as usize).wrapping_sub(1)) {
            let tally = FleetTally { pairs: 0, short, bounded, beaten, found };
            *other = Other { looked_at, searches, tally, done: done == 1 };
        }
    }
}

fn fact(line: &str) -> Option<Fact> {
    let mut words = line.splitn(7, ' ');
    let time = |bits: &str| Some(Seconds::new(f64::from_bits(u64::from_str_radix(bits, 16).ok()?)));
    let (kind, size) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let step = time(words.next()?);
    let (replicas, holders) = (words.next()?.parse().ok(), words.next()?.parse().ok());
    let (slower, text) = (time(words.next()?)?, words.next()?.to_owned());
    let best = step.zip(replicas).zip(holders);
    let best = best.map(|((step, replicas), holders)| Best { step, replicas, holders, text });
    Some(Fact { kind, size, best, slower })
}
