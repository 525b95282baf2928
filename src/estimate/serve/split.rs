//! Prompts read on some machines, answers written on others (DistServe, arXiv 2401.09670).

use super::batch::{Sequences, rate};
use super::{Answer, Serving};
use crate::serving::Traffic;
use crate::units::{BytesPerSecond, Seconds};

/// Instances that do one half of the work.
#[derive(Clone, Debug)]
pub struct Half<'a> {
    /// One of them.
    pub serving: Serving<'a>,
    /// How many there are.
    pub workers: u32,
}

/// Both halves, and the link that caches travel on.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// Those that read prompts.
    pub prompts: Half<'a>,
    /// Those that write answers.
    pub answers: Half<'a>,
    /// From one accelerator to one of the other half.
    pub link: BytesPerSecond,
}

impl Pair<'_> {
    /// What users see with a fixed number of requests in flight.
    #[must_use]
    pub fn closed(&self, traffic: &Traffic, concurrency: u32) -> Answer {
        let fresh = traffic.prompt * (1.0 - traffic.cached.get());
        let (readers, writers) =
            (f64::from(self.prompts.workers.max(1)), f64::from(self.answers.workers.max(1)));
        let reader = &self.prompts.serving;
        let full = reader.read(reader.prompts_most(fresh), fresh, 0.0, 0.0).each;
        let alone = reader.prefill(1.0, fresh);
        let moved = self.moved(traffic);
        let output = (traffic.output - 1.0).max(1.0);
        let context = traffic.prompt + traffic.output / 2.0;
        let all = f64::from(concurrency.max(1));
        let most = self.answers.serving.most(traffic) * writers;
        let handling = self.prompts.serving.handling(traffic);
        let (mut low, mut high) = (0.0, all.min(most));
        let (mut per_token, mut wait, mut throughput) = (0.0, 0.0, 0.0);
        for _ in 0..24 {
            let decode = 0.5 * (low + high);
            per_token = self.answers.serving.decode((decode / writers).max(1.0), context);
            throughput = decode / (output * per_token);
            // Few at a time are read alone, many in full steps.
            let few = (1.0 - throughput * full / readers).max(0.0);
            let cost = full + few * few * (alone - full).max(0.0);
            let busy = (throughput * cost / readers).min(0.98);
            // At the start all come at once; ten turns make a benchmark.
            let crowd = (all / readers - 1.0).max(0.0) * cost;
            wait = crowd / 20.0 + (busy * cost / (2.0 * (1.0 - busy))).min(crowd / 2.0);
            let reading = handling + alone + moved + wait;
            let bound = readers / full.max(1e-12);
            if decode + throughput * reading > all || throughput > bound {
                high = decode;
            } else {
                low = decode;
            }
        }
        let first = handling + alone + moved + wait;
        let whole = first + output * per_token;
        Answer {
            first_token: Seconds::new(first),
            waiting: Seconds::new(wait),
            per_token: Seconds::new(per_token),
            whole: Seconds::new(whole),
            output_rate: rate(throughput * traffic.output, 1.0),
            prompt_rate: rate(fresh * readers, full),
            decode_rate: rate(0.5 * (low + high), per_token),
            request_rate: rate(throughput, 1.0),
            running: Sequences(0.5 * (low + high)),
            saturated: all > most,
        }
    }

    /// Seconds until the cache of a prompt has moved: every reader's rank sends its share on its own link.
    fn moved(&self, traffic: &Traffic) -> f64 {
        let bytes = self.prompts.serving.sequence_bytes(traffic.prompt);
        bytes / self.link.get().max(1.0)
    }
}
