//! Where prefill and decode stand under the accelerator's roof (Williams et al. 2009).

use super::Deployed;
use crate::estimate::serve::{LatentForm, Load, counts};
use crate::serving::ProductFormat;
use crate::units::{BytesPerSecond, FlopsPerSecond, Ratio};

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
}

/// The roof of the deployment's accelerator with prefill, decode as it runs and decode of one sequence.
#[must_use]
pub fn roofline(own: &Deployed<'_>) -> Roof {
    let accelerator = &own.machine.cluster.accelerator;
    let peak = &accelerator.peak;
    let wide = peak.bf16.or(peak.fp16).or(peak.fp32).unwrap_or(FlopsPerSecond::ZERO);
    let roof = match own.formats.0.product() {
        ProductFormat::Wide => wide,
        ProductFormat::Eight => peak.fp8.unwrap_or(wide),
        // Without units for them they are widened (`estimate/serve/rates`).
        ProductFormat::Four => peak.fp4.unwrap_or(wide),
    };
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
    }
}
