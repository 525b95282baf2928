//! A question about serving from its link to its answer.

mod apart;
mod launch;
mod markdown;
mod market;
mod operation;
mod stuck;
mod view;
mod wire;

pub(in crate::api) use launch::launch;
pub(in crate::api) use market::MarketSession;
pub use operation::OPERATION_PARTS;
pub(in crate::api) use operation::operation;
pub(in crate::api) use stuck::obstacle;
pub(in crate::api) use view::{assumptions, name, pinned, serve_view};
pub use wire::*;

use super::Answer;
use crate::link;
use crate::plan::serve::{self, Deployed};

/// Answers the question of a link: the deployment, or why there is none.
pub fn serve(run: u32, link: &str, now_ms: &dyn Fn() -> f64, sink: &mut dyn FnMut(Answer)) {
    let inputs = link::decode(link).inputs;
    let resolution = inputs.resolve();
    let Some(ask) = &resolution.ask else {
        let problems = resolution.problems.iter().map(ToString::to_string).collect();
        sink(Answer::Invalid { run, problems });
        return;
    };
    let start = now_ms();
    let survey = serve::find(ask);
    let search_ms = (now_ms() - start).max(0.0);
    let own = survey.best.as_ref().and_then(|best| Deployed::new(ask, best));
    match own {
        Some(own) => {
            let serve = Box::new(view::serve_view(&inputs, &own, &survey));
            sink(Answer::Served { run, serve, search_ms });
        }
        None => sink(Answer::Stuck { run, stuck: stuck::stuck(&inputs, ask, &survey) }),
    }
}

/// What comes after: rivals, and latency against throughput.
pub fn serve_study(run: u32, link: &str, sink: &mut dyn FnMut(Answer)) {
    let inputs = link::decode(link).inputs;
    let Some(ask) = inputs.resolve().ask else { return };
    let survey = serve::find(&ask);
    if let Some(own) = survey.best.as_ref().and_then(|best| Deployed::new(&ask, best)) {
        let study = Box::new(view::study_view(&inputs, &ask, &own, &survey));
        sink(Answer::ServeStudied { run, study });
    }
}
