//! What is said where no deployment serves is true of every layout, and typing each remedy serves.

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/told.rs"]
mod told;

use autoparallel::estimate::serve::{Sequences, Serving};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link::decode;
use autoparallel::plan::serve::{self, Loss};
use autoparallel::search::deploy;
use autoparallel::serving::Ask;
use autoparallel::units::Seconds;
use autoparallel::units::text::show;
use told::{served, stuck};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

fn ask_of(inputs: &Inputs) -> Ask {
    inputs.resolve().ask.expect("a question")
}

/// First token and time of each further one of every layout that holds a request, one sequence at a time: nothing that is
/// served takes less.
fn alone(link: &str) -> Vec<[Seconds; 2]> {
    let free = decode(link).inputs.with(Key::FirstToken, "none").with(Key::PerToken, "none");
    let (ask, asked) = (ask_of(&free), ask_of(&decode(link).inputs));
    let looked = serve::find(&ask).looked;
    let holds = looked.iter().filter(|own| !matches!(own.loss, Some(Loss::Full | Loss::Short)));
    let times = |own: &serve::Looked| {
        let service = deploy::service(&ask, &own.at, Some(1)).expect("a service");
        let one = Serving::new(&service, &own.at.instance).loaded(&ask.traffic, Sequences(1.0));
        [asked.share.map_or(one.first_token, |share| one.first_token_at(share)), one.per_token]
    };
    holds.map(times).collect()
}

fn least(times: &[[Seconds; 2]], own: usize, other: Option<Seconds>) -> Seconds {
    let keeps = |times: &&[Seconds; 2]| other.is_none_or(|goal| times[1 - own] <= goal);
    times.iter().filter(keeps).map(|times| times[own]).min().expect("a layout")
}

fn remedies_serve(link: &str) {
    let view = stuck(link);
    assert!(!view.remedies.is_empty(), "{link}: {}", view.headline);
    for remedy in &view.remedies {
        assert!(served(&remedy.link).is_some(), "{link}: {}", remedy.text);
    }
}

/// Each goal is kept by some layout and both by none: both are said, with the least time of the one where the other is
/// kept, and each alone is kept by what is said to keep it.
#[test]
fn goals_that_refuse_together_are_told_together() {
    for end in ["st=8ms;sf=100ms", "st=10ms;sf=131ms", "sg=b200;st=8ms;sf=100ms"] {
        let link = format!("{LLAMA};{end}");
        let goals = ask_of(&decode(&link).inputs).goals;
        let (first, further) = (goals.first_token.expect("a goal"), goals.per_token);
        let further = further.expect("a goal");
        let times = alone(&link);
        let kept = |own: &[Seconds; 2]| own[0] <= first && own[1] <= further;
        if times.iter().any(kept) || least(&times, 0, None) > first {
            // Fits move times: then it is another refusal, or none.
            continue;
        }
        let text = stuck(&link).headline;
        assert!(text.contains("keeps both goals"), "{link}: {text}");
        for time in [least(&times, 0, Some(further)), least(&times, 1, Some(first))] {
            assert!(text.contains(&format!("{} at least", show::time(time))), "{link}: {text}");
        }
        let said = text.split("Alone, ").nth(1).expect("each alone");
        for (key, part) in [Key::FirstToken, Key::PerToken].into_iter().zip(said.split("; ")) {
            let n = part.split(" takes ").nth(1).and_then(|rest| rest.split(' ').next());
            let n: String = n.expect("a number").chars().filter(char::is_ascii_digit).collect();
            let inputs = decode(&link).inputs.with(key, "none").with(Key::ServeMost, n);
            assert!(serve::find(&ask_of(&inputs)).best.is_some(), "{link}: {part}");
        }
        remedies_serve(&link);
    }
    let both = format!("{LLAMA};st=8ms;sf=100ms");
    assert!(stuck(&both).headline.contains("keeps both goals"), "none was looked at");
}

/// One that none keeps is told with the least time of all layouts, whatever else they miss.
#[test]
fn the_nearest_is_the_nearest_of_all_layouts() {
    for (end, goals) in [("st=2ms", [false, true]), ("st=2ms;sf=1ms", [true, true])] {
        let link = format!("{LLAMA};{end}");
        let (text, times) = (stuck(&link).headline, alone(&link));
        for own in (0..2).filter(|own| goals[*own]) {
            let nearest = format!("the nearest takes {},", show::time(least(&times, own, None)));
            assert!(text.contains(&nearest), "{link}: {nearest} in {text}");
        }
    }
    let long = format!("{LLAMA};si=1000000;so=100");
    assert!(stuck(&long).headline.contains("131\u{202f}072 positions"));
    let nearest = show::time(least(&alone(&long), 0, None));
    let text = stuck(&long).headline;
    assert!(text.contains("the first token within"), "{text}");
    assert!(text.contains(&format!("the nearest takes {nearest},")), "{nearest} in {text}");
}

/// Prompts of 120 000 tokens: other accelerators take thousands; a later first token takes fewer of the same.
#[test]
fn a_looser_goal_and_more_accelerators_are_found_together() {
    let link = format!("{LLAMA};si=120000;so=500");
    let own = stuck(&link);
    let goal = |text: &str| text.contains("for the first token, and allow");
    assert!(own.remedies.iter().any(|own| goal(&own.text)), "{:#?}", own.remedies);
    remedies_serve(&link);
}
