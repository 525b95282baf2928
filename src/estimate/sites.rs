//! F4: runs that are spread over places far apart: moving data, averaging replicas now and then, federated clients.
//!
//! What is counted is time and traffic. What low-communication training does to the loss is not: more replicas, more
//! steps between averages and fewer bits each cost some quality for the same tokens, which the papers measure
//! (arXiv 2503.09799 fits it) and nothing here predicts; nor does it say how many more tokens federated clients with
//! unlike data need.

use crate::cluster::{Federation, OuterSteps, SITES_MAX, Wan};
use crate::units::{Bytes, Dollars, Params, Ratio, Seconds};

/// What moving something takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transfer {
    /// Until it has arrived.
    pub time: Seconds,
    /// For what leaves.
    pub cost: Dollars,
}

/// Moves that many bytes from one place to another: a data set once, a checkpoint each time.
#[must_use]
pub fn transfer(bytes: Bytes, wan: &Wan) -> Transfer {
    let time =
        if bytes > Bytes::ZERO { bytes / wan.bandwidth + wan.latency } else { Seconds::ZERO };
    Transfer { time, cost: wan.price * bytes }
}

/// What averaging replicas now and then takes of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Averaged {
    /// Bytes that each place sends for one average.
    pub sent: Bytes,
    /// Sending one piece of the model to all and back.
    pub piece: Seconds,
    /// What training waits for between two averages.
    pub exposed: Seconds,
    /// Steps between two averages.
    pub inner: Seconds,
    /// Share of the time in which steps are made: compute utilisation in the papers.
    pub utilisation: Ratio,
    /// Averages of the whole run.
    pub averages: u64,
    /// The whole run.
    pub time: Seconds,
    /// Bytes that all places send in the whole run.
    pub traffic: Bytes,
    /// What that costs.
    pub cost: Dollars,
    /// How often fewer bytes cross between places than if 32-bit gradients were averaged with every step.
    pub reduction: Ratio,
}

/// Averages replicas in several places for a run of `n_steps` steps that take `step` in the slowest place.
///
/// A ring over `S` places sends `2 (S - 1) / S` of the parameters each way (Thakur et al. 2005, section 4.4, as in
/// arXiv 2503.09799, appendix A) and waits for `2 (S - 1)` messages. Of each piece, `overlap` steps hide; pieces are
/// sent one after the other, so together they take no less than the link needs.
#[must_use]
pub fn averaged(
    params: Params,
    step: Seconds,
    n_steps: u64,
    outer: &OuterSteps,
    wan: &Wan,
) -> Averaged {
    let sites = f64::from(outer.sites.clamp(1, SITES_MAX));
    let every = outer.every.max(1);
    let fragments = f64::from(outer.fragments.clamp(1, every));
    let round = 2.0 * (sites - 1.0);
    let sent = Bytes::from_f64(params.as_f64() * outer.bytes.get() * (round / sites));
    let inner = step * f64::from(every);
    let share = sent.as_f64() / fragments;
    let bandwidth = Seconds::new(share / wan.bandwidth.get());
    let alone = sites <= 1.0;
    let piece = if alone { Seconds::ZERO } else { bandwidth + wan.latency * round };
    // A piece may hide until the next one starts.
    let hidden = f64::from(outer.overlap).min(f64::from(every) / fragments);
    let exposed = piece.less(step * hidden) * fragments;
    let averages = n_steps.div_ceil(u64::from(every));
    let time = step * n_steps as f64 + exposed * averages as f64;
    let traffic = Bytes::from_f64(sent.as_f64() * sites * averages as f64);
    let plain = 4.0 * f64::from(every) / outer.bytes.get();
    Averaged {
        sent,
        piece,
        exposed,
        inner,
        utilisation: Ratio::new(inner.get() / (inner + exposed).get()),
        averages,
        time,
        traffic,
        cost: wan.price * traffic,
        reduction: Ratio::new(plain),
    }
}

/// What federated training takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Federated {
    /// Clients chosen for a round, so that enough of them answer.
    pub chosen: u32,
    /// Whether so many can take part at one time.
    pub enough: bool,
    /// Download, steps of the slowest that is waited for, upload.
    pub round: [Seconds; 3],
    /// The whole run.
    pub time: Seconds,
    /// Bytes down and up.
    pub traffic: [Bytes; 2],
    /// What the traffic costs.
    pub cost: Dollars,
}

/// Trains on edge clients for that many rounds (arXiv 1602.05629, algorithm 1; rounds, drop-out and choosing more
/// than are needed as arXiv 1902.01046, section 2).
#[must_use]
pub fn federated(params: Params, rounds: u64, own: &Federation) -> Federated {
    let answers = (1.0 - own.dropout.get()).max(0.0);
    let chosen = (f64::from(own.goal) / answers).ceil().min(f64::from(u32::MAX)) as u32;
    let able = f64::from(own.clients) * own.participation.get();
    let model = Bytes::from_f64(params.as_f64() * own.bytes.get());
    let down = transfer(model, &own.down);
    let up = transfer(model, &own.up);
    let steps = own.step * f64::from(own.steps) * own.straggler.max(Ratio::ONE).get();
    let n = rounds as f64;
    let sent = |clients: u32| Bytes::from_f64(model.as_f64() * f64::from(clients) * n);
    let traffic = [sent(chosen), sent(own.goal)];
    Federated {
        chosen,
        enough: f64::from(chosen) <= able,
        round: [down.time, steps, up.time],
        time: (down.time + steps + up.time) * n,
        traffic,
        cost: own.down.price * traffic[0] + own.up.price * traffic[1],
    }
}
