//! The columns of a comparison: links, of which one is that of the inputs while it is shown.

use std::sync::Arc;

use super::{State, Store, bump};
use crate::api::{self, CompareView, Request};
use crate::link::Promise;
use crate::link::limits::COLUMNS_MAX;
use crate::link::{join, split};
use leptos::prelude::*;

const FULL: &str = "Four columns are the most. The plan was not added: remove a column first.";

/// What is kept to be compared.
#[derive(Default)]
pub struct Side {
    /// Links; while they are shown, the one at `at` is that of the inputs.
    kept: Vec<String>,
    at: usize,
    shown: bool,
    said: String,
    view: Option<Arc<CompareView>>,
    /// What the link that was opened promised of which columns.
    promised: Vec<(String, Promise)>,
}

impl Side {
    /// What arrived takes the place of what is shown; what is kept stays where a plan arrived.
    pub fn turn(&mut self, arrived: Self) {
        if arrived.shown {
            let view = self.view.take();
            *self = Self { view, ..arrived };
        } else {
            self.close();
        }
    }

    fn close(&mut self) {
        self.shown = false;
        self.said.clear();
        self.promised.clear();
        let mut seen: Vec<String> = Vec::new();
        for link in self.kept.drain(..) {
            if !seen.contains(&link) {
                seen.push(link);
            }
        }
        self.kept = seen;
    }
}

/// The comparison of a link, and which plan of it the inputs are. Where none of several columns can be
/// read there is nothing to compare, and the first is taken for a plan.
pub fn arrived(link: &str) -> (Side, Option<String>) {
    let Some(columns) = split(link) else {
        return (Side::default(), None);
    };
    let at = columns.own();
    let kept = columns.links;
    let own = kept.get(at.unwrap_or(0)).cloned();
    let (Some(at), true) = (at, kept.len() > 1) else {
        return (Side::default(), Some(own.unwrap_or_default()));
    };
    let said = match columns.beyond {
        0 => String::new(),
        n => format!(
            "The link holds {} columns; the first {COLUMNS_MAX} are shown.",
            n + COLUMNS_MAX
        ),
    };
    let promised = kept.iter().zip(columns.promises);
    let promised = promised.filter_map(|(link, own)| Some((link.clone(), own?))).collect();
    (Side { kept, at, shown: true, said, view: None, promised }, own)
}

impl State {
    /// Whether plans are shown side by side.
    pub fn is_comparing(self) -> bool {
        self.side(|side| side.shown)
    }

    /// How many plans are kept.
    pub fn n_kept(self) -> usize {
        self.side(|side| side.kept.len())
    }

    /// Which column is that of the inputs.
    pub fn column_at(self) -> usize {
        self.side(|side| side.at)
    }

    /// What is to be said of the columns.
    pub fn comparison_note(self) -> String {
        self.side(|side| side.said.clone())
    }

    /// The latest comparison.
    pub fn comparison(self) -> Option<Arc<CompareView>> {
        self.compared.track();
        self.store.with_value(|store| store.side.view.clone())
    }

    /// The comparison of the columns as they are, once all of it is worked out.
    pub fn settled_comparison(self) -> Option<Arc<CompareView>> {
        let view = self.comparison().filter(|_| self.answered.get() == self.run.get())?;
        view.columns.iter().map(|own| &own.link).eq(&self.columns()).then_some(view)
    }

    /// What the link promised of columns that come to something else now.
    pub(super) fn broken_columns(self) -> Vec<Vec<String>> {
        let Some(view) = self.settled_comparison() else { return Vec::new() };
        let promised = self.side(|side| side.promised.clone());
        let told = |column: &api::CompareColumn| {
            let (_, promise) = promised.iter().find(|(link, _)| *link == column.link)?;
            let mut lines = api::broken_promise(promise, Some(&column.promising))?;
            if let Some(title) = lines.first_mut() {
                *title = format!("Column {}: {title}", column.name);
            }
            Some(lines)
        };
        view.columns.iter().filter_map(told).collect()
    }

    /// The links of the columns.
    pub fn columns(self) -> Vec<String> {
        let link = self.link();
        self.side(|side| {
            let own = |(i, kept): (usize, &String)| if i == side.at { &link } else { kept }.clone();
            side.kept.iter().enumerate().map(own).collect()
        })
    }

    /// What the address holds: a link that could not be read until something changes, the comparison while it is shown,
    /// else the plan.
    pub fn address(self) -> String {
        let unread = self.unread();
        if !unread.is_empty() {
            unread
        } else if self.is_comparing() {
            join(&self.columns())
        } else {
            self.link()
        }
    }

    /// What the worker is to answer.
    pub fn question(self, run: u32) -> Request {
        untrack(|| match self.is_comparing() {
            true => Request::Compare { run, links: self.columns() },
            false if self.serves_now() => Request::Serve { run, link: self.link() },
            false => Request::Plan { run, link: self.link() },
        })
    }

    /// Keeps the plan as a column and shows the comparison. The first one stands there twice, so that
    /// the second can be changed.
    pub fn compare(self) {
        let link = self.link_now();
        let mut instead = None;
        self.arrange(|side| {
            let known = side.kept.iter().position(|kept| *kept == link);
            if known.is_none() && side.kept.len() < COLUMNS_MAX {
                side.kept.push(link.clone());
            } else if known.is_none() {
                side.said = FULL.to_owned();
                instead = side.kept.last().cloned();
            }
            let alone = side.kept.len() == 1;
            if alone {
                side.kept.push(link.clone());
            }
            side.at = known.filter(|_| !alone).unwrap_or(side.kept.len() - 1);
            side.shown = true;
        });
        if let Some(link) = instead {
            self.take(Store::new(&link));
        }
    }

    /// Back to the plan of the inputs.
    pub fn close_comparison(self) {
        self.settle();
        self.arrange(Side::close);
    }

    /// Makes another column that of the inputs.
    pub fn edit_column(self, at: usize) {
        self.settle();
        let link = self.side_now(|side| side.kept.get(at).cloned());
        if let Some(link) = link {
            self.arrange(|side| side.at = at);
            self.take(Store::new(&link));
        }
    }

    /// Adds a column, which is that of the inputs from then on.
    pub fn add_column(self, link: &str) {
        self.settle();
        let n = self.side_now(|side| side.kept.len());
        if n < COLUMNS_MAX {
            self.arrange(|side| side.kept.push(link.to_owned()));
            self.edit_column(n);
        }
    }

    /// Takes a column away; where one is left, that is the plan.
    pub fn remove_column(self, at: usize) {
        self.settle();
        let mut next = None;
        self.arrange(|side| {
            if at >= side.kept.len() {
                return;
            }
            side.kept.remove(at);
            side.said.clear();
            let own = if at < side.at { side.at - 1 } else { side.at };
            let own = own.min(side.kept.len().saturating_sub(1));
            if at == side.at || side.kept.len() < 2 {
                next = side.kept.get(own).cloned();
            }
            side.at = own;
            side.shown = side.kept.len() > 1;
        });
        if let Some(link) = next {
            self.take(Store::new(&link));
        }
    }

    /// Puts the inputs as they are into their column.
    pub(super) fn settle(self) {
        let link = self.link_now();
        self.store.update_value(|store| {
            let side = &mut store.side;
            if let (true, Some(kept)) = (side.shown, side.kept.get_mut(side.at)) {
                *kept = link;
            }
        });
    }

    pub(super) fn arrange(self, act: impl FnOnce(&mut Side)) {
        self.store.update_value(|store| act(&mut store.side));
        bump(self.arranged);
    }

    pub(super) fn accept_comparison(self, view: CompareView, done: bool) {
        self.store.update_value(|store| store.side.view = Some(Arc::new(view)));
        self.slow.set(false);
        if done {
            self.answered.set(self.run.get_untracked());
        }
        bump(self.compared);
    }

    fn side<T>(self, look: impl FnOnce(&Side) -> T) -> T {
        self.arranged.track();
        self.side_now(look)
    }

    fn side_now<T>(self, look: impl FnOnce(&Side) -> T) -> T {
        self.store.with_value(|store| look(&store.side))
    }
}
