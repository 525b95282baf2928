//! F4: what serving costs: operations, bytes and time of a step, memory, and what users see of them.
//!
//! [`Serving`] is one instance of a service, ready to be asked. A step is a list of operations (`work`), each a
//! roofline of its own (`rates`); [`Serving::answer`] puts steps together by how requests come (`batch`, `flow`).

mod batch;
mod detail;
mod finite;
mod flow;
mod kernels;
mod loads;
mod memory;
mod older;
mod pace;
mod rates;
mod split;
mod work;

pub use batch::{Answer, Company, Sequences};
pub use detail::{FirstParts, HostParts, NetworkParts, PartCount};
pub use flow::Full;
pub use memory::{Bound, Left, Peak, ServeMemory, ServeMemoryPart, cores};
pub use pace::{Arrivals, Pace};
pub use split::{Half, Pair, Reader, Taken, Writer, Written};
pub use work::{LatentForm, Load, ServePart};

use crate::serving::{Held, Instance, Service};
use crate::units::{Bytes, Flops, Ratio, Seconds};
use rates::Rates;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use work::{Op, Shape, layers};

/// One instance of a service.
#[derive(Clone, Debug)]
pub struct Serving<'a> {
    service: &'a Service,
    instance: Instance,
    rates: Rates,
    /// Layers of each kind.
    layers: Rc<[f64]>,
    /// What each part of the weights lies in.
    held: Held,
    /// Worked out when it is first asked for.
    memory: OnceCell<ServeMemory>,
    /// The last step without prompts that was timed, and the last with some: balances ask for the same again and again.
    timed: [Cell<Option<(Load, f64)>>; 2],
}

/// Operations and bytes of one step on one accelerator.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Operations.
    pub flops: Flops,
    /// Bytes of weights and cache read.
    pub bytes: Bytes,
}

/// Time of one step, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepTime([f64; ServePart::ALL.len()]);

impl StepTime {
    /// Seconds of one part.
    #[must_use]
    pub fn get(&self, part: ServePart) -> Seconds {
        Seconds::new(self.0[part as usize])
    }

    /// All parts, in order.
    #[must_use]
    pub fn total(&self) -> Seconds {
        Seconds::new(self.sum())
    }

    fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// Operations and bytes of one step on one accelerator, all stages together.
#[must_use]
pub fn counts(service: &Service, instance: &Instance, load: &Load, form: LatentForm) -> Counts {
    let layers = layers(&service.model);
    let held = service.held();
    let shape = Shape { service, instance: *instance, form, layers: &layers, held };
    let (mut flops, mut bytes) = (0.0, 0.0);
    shape.each(load, &mut |_, op, times| match op {
        Op::Product { m, n, k, groups, bits, .. } => {
            flops += times * groups * 2.0 * m * n * k;
            bytes += times * groups * n * k * bits / 8.0;
        }
        Op::Prompt { flops: done, .. } => flops += times * done,
        Op::Decode { flops: done, bytes: read } => {
            flops += times * done;
            bytes += times * read;
        }
        _ => {}
    });
    Counts { flops: Flops::new(flops), bytes: Bytes::from_f64(bytes) }
}

impl<'a> Serving<'a> {
    /// An instance, ready to be asked.
    #[must_use]
    pub fn new(service: &'a Service, instance: &Instance) -> Self {
        Self {
            service,
            instance: *instance,
            rates: Rates::new(service, instance),
            layers: layers(&service.model).into(),
            held: service.held(),
            memory: OnceCell::new(),
            timed: [const { Cell::new(None) }; 2],
        }
    }

    /// The same of a service that differs in its batch limit and in what memory that leaves, in nothing else: its
    /// rates are the same.
    #[must_use]
    pub fn limited<'b>(&self, service: &'b Service) -> Serving<'b> {
        Serving {
            service,
            instance: self.instance,
            rates: self.rates,
            layers: self.layers.clone(),
            held: self.held,
            memory: OnceCell::new(),
            timed: [const { Cell::new(None) }; 2],
        }
    }

    /// How the instance lies.
    #[must_use]
    pub const fn instance(&self) -> Instance {
        self.instance
    }

    /// Time of one step through all stages.
    #[must_use]
    pub fn step(&self, load: &Load) -> StepTime {
        self.walked(load).0
    }

    /// The step, and what its host does in it.
    fn walked(&self, load: &Load) -> (StepTime, HostParts) {
        let shape = self.shape();
        let mut time = StepTime::default();
        let mut kernels = 0.0;
        let engine = &self.service.engine;
        // Two halves take turns: each reads all weights for itself.
        let halves = if engine.overlaps { 2.0 } else { 1.0 };
        let half = load.over(halves);
        shape.each(&half, &mut |part, op, times| {
            if let Op::Kernels { started, .. } = op {
                kernels += started * times * halves;
            }
            let seconds = self.rates.time(&op, part == ServePart::Experts);
            time.0[part as usize] += halves * times * seconds;
        });
        let pp = f64::from(self.instance.pp.max(1));
        if pp > 1.0 {
            let rows = load.decode * load.rows.max(1.0) + load.prompt;
            let bytes = rows * f64::from(self.service.model.hidden) * 2.0;
            time.0[ServePart::Network as usize] += (pp - 1.0) * self.rates.send(bytes);
        }
        if engine.overlaps {
            let network = time.0[ServePart::Network as usize];
            let work = time.sum() - network;
            time.0[ServePart::Network as usize] = (network - work).max(0.0);
        }
        let busy = time.sum();
        let replayed = engine.graphs && load.prompt <= 0.0;
        let started = if replayed { 0.0 } else { kernels };
        // A host schedules each attention group's own sequences.
        let sequences = load.decode / f64::from(self.instance.dp.max(1));
        let fixed = engine.step.get() + engine.sequence.get() * sequences;
        let late = (started * self.rates.launch - busy).max(0.0);
        time.0[ServePart::Host as usize] = late + fixed * self.host_factor();
        let host = HostParts {
            started: Ratio::new(started),
            busy: Seconds::new(busy),
            sequences: Sequences(sequences),
        };
        (time, host)
    }

    /// What the host does in a step.
    #[must_use]
    pub fn host_parts(&self, load: &Load) -> HostParts {
        self.walked(load).1
    }

    fn shape(&self) -> Shape<'_> {
        let form = LatentForm::Absorbed;
        let (service, instance, held) = (self.service, self.instance, self.held);
        Shape { service, instance, form, layers: &self.layers, held }
    }

    fn host_factor(&self) -> f64 {
        let gap = self.service.engine.gap.get();
        if gap > 0.0 { self.rates.gap / gap } else { 1.0 }
    }

    fn seconds(&self, load: &Load) -> f64 {
        let last = &self.timed[usize::from(load.prompt > 0.0)];
        if let Some((known, seconds)) = last.get()
            && known == *load
        {
            return seconds;
        }
        let seconds = self.step(load).sum();
        last.set(Some((*load, seconds)));
        seconds
    }
}
