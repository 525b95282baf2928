//! The workers that share one search: the first leads, the others tell it and one another what they find.

use leptos::prelude::*;

use crate::api::Request;
use crate::ui::worker::Handle;

/// Most workers of one search: there are some two hundred searches for a layout in one.
const WORKERS_MAX: f64 = 8.0;

/// The workers of a section.
#[derive(Default)]
pub struct Crew {
    seats: Vec<Seat>,
    /// A helper died: the leader works alone from then on.
    alone: bool,
}

/// A worker, and what waits until it hears.
struct Seat {
    handle: Handle,
    hears: bool,
    /// Number of the list of prices that it was given.
    list: u32,
    queue: Vec<Request>,
}

impl Crew {
    /// Workers that a search is to have: one for each core.
    pub fn wanted(&self) -> usize {
        let cores = window().navigator().hardware_concurrency();
        if self.alone { 1 } else { cores.clamp(1.0, WORKERS_MAX) as usize }
    }

    /// Workers there are.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Takes a worker in.
    pub fn seat(&mut self, handle: Handle) {
        self.seats.push(Seat { handle, hears: false, list: 0, queue: Vec::new() });
    }

    /// A worker can hear.
    pub fn ready(&mut self, i: usize) {
        if let Some(seat) = self.seats.get_mut(i) {
            seat.hears = true;
            for request in std::mem::take(&mut seat.queue) {
                drop(seat.handle.post(&request));
            }
        }
    }

    /// Gives every worker the list of that number, unless it has it.
    pub fn give(&mut self, number: u32, list: &str) {
        for seat in &mut self.seats {
            if seat.list != number {
                seat.list = number;
                seat.post(Request::Prices { list: list.to_owned() });
            }
        }
    }

    /// Asks all of them, each for its share; whatever waited no longer matters.
    pub fn ask(&mut self, question: impl Fn(Option<(u32, u32)>) -> Request) {
        let n = self.seats.len() as u32;
        for (seat, i) in self.seats.iter_mut().zip(0..) {
            seat.queue.retain(|request| matches!(request, Request::Prices { .. }));
            seat.post(question(Some((i, n))));
        }
    }

    /// Tells all but one of them.
    pub fn tell_others(&mut self, i: usize, run: u32, news: &str) {
        for (j, seat) in self.seats.iter_mut().enumerate() {
            if j != i {
                seat.post(Request::FleetNews { run, news: news.to_owned() });
            }
        }
    }

    /// Tells all of them.
    pub fn stop(&mut self, run: u32) {
        for seat in &mut self.seats {
            seat.queue.retain(|request| matches!(request, Request::Prices { .. }));
            seat.post(Request::Cancel { run });
        }
    }

    /// One of them died. All but the leader go, and where the leader itself died, all; whether there is still one.
    pub fn bury(&mut self, i: usize) -> bool {
        self.alone = i > 0;
        self.seats.truncate(usize::from(i > 0));
        !self.seats.is_empty()
    }
}

impl Seat {
    fn post(&mut self, request: Request) {
        if self.hears {
            drop(self.handle.post(&request));
        } else {
            self.queue.push(request);
        }
    }
}
