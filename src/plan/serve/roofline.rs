//! Where prefill and decode stand under the accelerator's roof (Williams et al. 2009).

use super::Deployed;
use crate::estimate::serve::{LatentForm, Load, counts};
use crate::plan::budget::figure;
use crate::plan::{Amount, Derivation, Figure};
use crate::units::text::fine;
use crate::units::{Bytes, BytesPerSecond, Flops, FlopsPerSecond, Ratio, Seconds};

/// The roof and what runs under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Roof {
    /// Bytes a second of the accelerator's memory.
    pub bandwidth: BytesPerSecond,
    /// Operations a second in the format of the products.
    pub peak: FlopsPerSecond,
    /// Steps.
    pub points: Vec<RoofPoint>,
}

/// One kind of step.
#[derive(Clone, Debug, PartialEq)]
pub struct RoofPoint {
    /// Name for people.
    pub label: String,
    /// Operations for each byte of weights and cache that is read.
    pub intensity: Ratio,
    /// Operations a second that it reaches.
    pub reached: FlopsPerSecond,
    /// Operations of the step on one accelerator, bytes that it reads, and its time.
    pub step: (Flops, Bytes, Seconds),
}

impl Roof {
    /// Operations a second that the roof allows a step.
    #[must_use]
    pub fn allowed(&self, point: &RoofPoint) -> FlopsPerSecond {
        let slope = point.intensity.get() * self.bandwidth.get();
        FlopsPerSecond::new(slope.min(self.peak.get()).max(1.0))
    }

    /// A step's operations for each byte, what it reaches, and what share of the roof that is.
    #[must_use]
    pub fn figures(&self, point: &RoofPoint) -> Vec<Figure> {
        let (flops, bytes, time) =
            (fine::flops(point.step.0), fine::bytes(point.step.1), point.step.2);
        let source = "counted operation by operation (estimate/serve/work); roofline of Williams \
            et al. 2009";
        let reached = fine::flop_rate(point.reached);
        let share = Ratio::new(point.reached.get() / self.allowed(point).get());
        let intensity = fine::number(point.intensity);
        vec![
            figure(
                "intensity",
                "Operations a byte",
                Amount::Hours(point.intensity),
                Derivation::of(
                    "operations of a step / bytes of weights and cache that it reads",
                    format!(
                        "{} / {} = {intensity}",
                        fine::number(Ratio::new(point.step.0.get() / 1e9)),
                        fine::number(Ratio::new(point.step.1.as_f64() / 1e9)),
                    ),
                    &format!("in billions: {flops}, {bytes}; {source}"),
                ),
            ),
            figure(
                "reached",
                "Reached",
                Amount::FlopRate(point.reached),
                Derivation::of(
                    "operations of a step / time of a step",
                    format!("{flops} / {} = {reached}", fine::time(time)),
                    source,
                ),
            ),
            figure(
                "share",
                "Of the roof",
                Amount::Share(share),
                Derivation::of(
                    "reached / the lesser of operations a byte × memory bandwidth, and the peak",
                    format!(
                        "{reached} / {} = {}",
                        fine::flop_rate(self.allowed(point)),
                        fine::percent(share)
                    ),
                    source,
                ),
            ),
        ]
    }

    /// Operations a byte at which bandwidth and arithmetic take the same time.
    #[must_use]
    pub fn bend(&self) -> Figure {
        let bend = Ratio::new(self.peak.get() / self.bandwidth.get().max(1.0));
        let text = format!(
            "{} / {} = {}",
            fine::number(Ratio::new(self.peak.get() / 1e12)),
            fine::number(Ratio::new(self.bandwidth.get() / 1e12)),
            fine::number(bend)
        );
        let source = "data sheet of the accelerator, in TFLOP/s and TB/s";
        let derivation = Derivation::of("peak of the products / memory bandwidth", text, source);
        figure("bend", "Operations a byte at the bend", Amount::Hours(bend), derivation)
    }
}

/// The roof of the deployment's accelerator with prefill, decode as it runs and decode of one sequence.
#[must_use]
pub fn roofline(own: &Deployed<'_>) -> Roof {
    let accelerator = &own.machine.cluster.accelerator;
    let roof = own.service.peak(own.formats.0.product());
    let serving = own.serving();
    let one = crate::estimate::serve::Sequences(1.0);
    let running = own.running().0.max(1.0);
    let mut points = vec![point(own, "Prefill", &serving.prompt_load(own.fresh()).0)];
    let many = format!("Decode, {} together", crate::units::text::show::rounded(running));
    let decode = serving.decode_load(crate::estimate::serve::Sequences(running), own.context());
    points.push(point(own, &many, &decode));
    if running > 1.5 {
        points.push(point(own, "Decode, 1 alone", &serving.decode_load(one, own.context())));
    }
    Roof { bandwidth: accelerator.memory_bandwidth, peak: roof, points }
}

fn point(own: &Deployed<'_>, label: &str, load: &Load) -> RoofPoint {
    let instance = &own.own.at.instance;
    let all = counts(&own.service, instance, load, LatentForm::Absorbed);
    let time = own.serving().step(load).total().get().max(1e-15);
    RoofPoint {
        label: label.to_owned(),
        intensity: Ratio::new(all.flops.get() / all.bytes.as_f64().max(1.0)),
        reached: FlopsPerSecond::new(all.flops.get() / time),
        step: (all.flops, all.bytes, Seconds::new(time)),
    }
}
