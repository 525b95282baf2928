//! What the page holds of a model in service.

use std::sync::Arc;

use super::{State, Verdict, bump};
use crate::api::{ServeStudyView, ServeView};
use crate::inputs::Inputs;
use leptos::prelude::*;

impl State {
    /// Whether the inputs are about a model in service, without following them.
    pub fn serves_now(self) -> bool {
        self.store.with_value(|store| Inputs::is_serving(&store.inputs))
    }

    /// The last good deployment.
    pub fn served(self) -> Option<Arc<ServeView>> {
        self.planned.track();
        self.served_now()
    }

    /// The same, without following it.
    pub fn served_now(self) -> Option<Arc<ServeView>> {
        self.store.with_value(|store| store.serve.clone())
    }

    /// Its rivals, and latency against throughput.
    pub fn serve_study(self) -> Option<Arc<ServeStudyView>> {
        self.studied.track();
        self.store.with_value(|store| store.serve_study.clone())
    }

    /// Whether there is an answer of the kind that the inputs ask for.
    pub fn has_answer(self) -> bool {
        if self.serves_now() { self.served_now().is_some() } else { self.plan_now().is_some() }
    }

    pub(super) fn accept_serve(self, serve: ServeView, search_ms: f64) {
        self.store.update_value(|store| {
            store.serve = Some(Arc::new(serve));
            store.search_ms = search_ms;
        });
        self.judge(Verdict::Good);
        bump(self.planned);
    }

    pub(super) fn accept_serve_study(self, study: ServeStudyView) {
        self.store.update_value(|store| store.serve_study = Some(Arc::new(study)));
        bump(self.studied);
    }
}
