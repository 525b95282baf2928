//! What of an answer is passed on, of a training run and of a model in service alike.

use crate::api::{Degree, Figure, PartView, PlanView, Range, ServeView, Shown};

/// An answer as pictures and tables show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried<'a> {
    /// The model in a line.
    pub title: &'a str,
    /// The software, where the title does not say it.
    pub stack: Option<&'a str>,
    /// Sentence that can be read aloud.
    pub summary: &'a str,
    /// Link with the figures that it has now.
    pub link: &'a str,
    /// The layout.
    pub degrees: &'a [Degree],
    /// Every figure.
    pub figures: &'a [Figure],
    /// Which of them stand out, by id, in their order.
    pub large: &'static [&'static str],
    /// Memory of the fullest accelerator, by part.
    pub memory: &'a PartView,
    /// All of it.
    pub capacity: &'a Shown,
    /// What stays free.
    pub free: &'a Shown,
    /// Where 80 % of measured runs lay.
    pub memory_range: Option<&'a Range>,
    /// Times by part: of a step, or of a token and a prompt.
    pub times: Vec<&'a PartView>,
}

impl<'a> From<&'a PlanView> for Carried<'a> {
    fn from(plan: &'a PlanView) -> Self {
        let head = plan.summary.split(": ").next();
        Self {
            title: &plan.title,
            stack: head.and_then(|own| own.rsplit_once(" with ")).map(|(_, stack)| stack),
            summary: &plan.summary,
            link: &plan.link,
            degrees: &plan.degrees,
            figures: &plan.figures,
            large: &["step_time", "mfu", "tokens_per_gpu", "run_days", "run_cost"],
            memory: &plan.memory,
            capacity: &plan.memory_capacity,
            free: &plan.memory_headroom,
            memory_range: plan.memory_range.as_ref(),
            times: vec![&plan.time],
        }
    }
}

impl<'a> From<&'a ServeView> for Carried<'a> {
    fn from(serve: &'a ServeView) -> Self {
        Self {
            title: &serve.title,
            stack: None,
            summary: &serve.summary,
            link: &serve.link,
            degrees: &serve.degrees,
            figures: &serve.figures,
            large: &["ttft", "tpot", "tokens_per_s", "output_price", "monthly"],
            memory: &serve.memory,
            capacity: &serve.memory_capacity,
            free: &serve.memory_free,
            memory_range: None,
            times: vec![&serve.decode, &serve.prefill],
        }
    }
}
