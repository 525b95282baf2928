//! What the page is told of a question about serving.

#![allow(dead_code)]

use autoparallel::api::{self, Answer, ServeStudyView, ServeView, StuckView};

pub fn answers(link: &str) -> Vec<Answer> {
    let mut all = Vec::new();
    api::serve(1, link, &|| 0.0, &mut |answer| all.push(answer));
    all
}

pub fn served(link: &str) -> Option<ServeView> {
    answers(link).into_iter().find_map(|answer| match answer {
        Answer::Served { serve, .. } => Some(*serve),
        _ => None,
    })
}

pub fn stuck(link: &str) -> StuckView {
    let found = answers(link).into_iter().find_map(|answer| match answer {
        Answer::Stuck { stuck, .. } => Some(stuck),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{link} is not stuck"))
}

pub fn study(link: &str) -> ServeStudyView {
    let mut found = None;
    api::serve_study(1, link, &mut |answer| {
        if let Answer::ServeStudied { study, .. } = answer {
            found = Some(*study);
        }
    });
    found.expect("a study")
}

pub fn value(view: &ServeView, id: &str) -> f64 {
    let found = view.figures.iter().find(|figure| figure.id == id);
    found.unwrap_or_else(|| panic!("no figure {id}")).shown.value
}
