//! What is asked of a model in service: engine, machines, formats, traffic and goals.

mod formats;
mod words;

pub(super) use formats::of_market;
pub(super) use words::words;

use super::resolve::Reader;
use super::{Group, Key, Value, budget, names, operation, own, software};
use crate::catalogue::accelerators::{self, MachineRow};
use crate::catalogue::support::{self, Support};
use crate::catalogue::{engines, offers, places, systems};
use crate::model::Model;
use crate::prices::{Place, Terms};
use crate::serving::{
    ApiPrice, Ask, AskedMachine, DP_ALL, Demand, Engine, FixedServing, Goals, Room, Speculation,
    Traffic, WeightFormat,
};
use crate::units::text::show;
use crate::units::{Bytes, Dollars, DollarsPerHour, PerSecond, Ratio, Seconds};
use words::{OWN, machine_of, price_of};

/// Time of one guess over that of a step: one layer of sixty and the output head, as the models' own heads for
/// several tokens have it (DeepSeek-V3, arXiv 2412.19437, section 2.2).
const GUESS_COST: f64 = 0.03;

/// Where a price is from that the user wrote.
const TYPED: &str = "typed";

/// The question, where nothing that belongs to it stands in its way.
pub(super) fn resolve(reader: &mut Reader, model: Model, own: Option<&MachineRow>) -> Option<Ask> {
    let engine = software::engine(reader)?;
    let base = engines::find(&engine.key)?;
    reader.echo(Key::Engine, format!("{}, {}", base.told(), base.date));
    let traffic = traffic(reader)?;
    let demand = demand(reader);
    let goals = Goals {
        first_token: goal(reader, Key::FirstToken),
        per_token: goal(reader, Key::PerToken),
    };
    let stored = formats::stored(reader);
    let machines = machines(reader, (&engine, stored), own);
    // Where there is no rate, there is no peak to stand by for.
    let spares = match demand {
        Demand::Rate(_) => reader.count(Key::StandBy).unwrap_or(1),
        _ => 0,
    };
    let mut ask = Ask {
        spares,
        speculation: speculation(reader),
        traffic,
        demand,
        goals,
        sure: reader.ratio(Key::Sure),
        share: share(reader, Key::Percentile),
        further_share: share(reader, Key::FurtherPercentile),
        fixed: fixed(reader),
        api: ApiPrice {
            input: money(reader, Key::ApiInput),
            output: money(reader, Key::ApiOutput),
        },
        place: place(reader),
        pue: reader.ratio(Key::Pue).unwrap_or(Ratio::ONE),
        pue_typed: reader.is_typed(Key::Pue),
        machines,
        custom_code: formats::custom_code(reader),
        checkpoint: checkpoint(reader).unwrap_or_else(|| model.name.clone()),
        stored,
        model,
        engine,
    };
    let room = |machine: &AskedMachine| ask.room_on(&machine.cluster.accelerator.generation);
    let rooms: Vec<Room> = ask.machines.iter().map(room).collect();
    ask.machines.iter_mut().zip(rooms).for_each(|(machine, room)| machine.room = room);
    echo(reader, &ask);
    operation::remark(reader);
    let own = matches!(reader.list(Key::ServeOn), Some(kinds) if kinds.contains(&OWN));
    let belongs = |key: Key| match key.group() {
        Group::Model | Group::Serving | Group::Purpose => true,
        Group::Cluster => own,
        _ => false,
    };
    let clear = !reader.problems.iter().any(|problem| belongs(problem.key));
    (clear && !ask.machines.is_empty()).then_some(ask)
}

/// The checkpoint that was named, where the catalogue knows the model.
fn checkpoint(reader: &Reader) -> Option<String> {
    names::checkpoint(reader.name(Key::Model)?)
}

fn traffic(reader: &Reader) -> Option<Traffic> {
    Some(Traffic {
        prompt: f64::from(reader.count(Key::Prompt)?),
        output: f64::from(reader.count(Key::Answer)?),
        spread: reader.ratio(Key::Spread).map_or(0.0, Ratio::get),
        prompt_spread: reader.ratio(Key::PromptSpread).map_or(0.0, Ratio::get),
        cached: reader.ratio(Key::Cached).unwrap_or(Ratio::ZERO),
    })
}

fn demand(reader: &mut Reader) -> Demand {
    let rate = match reader.value(Key::Rate) {
        Some(Value::Frequency(rate)) => Some(*rate),
        _ => None,
    };
    match (rate, reader.count(Key::InFlight)) {
        (Some(_), Some(_)) => {
            let hint = "a rate is typed as well; clear one of the two";
            reader.problem(Key::InFlight, "a rate or a number in flight", hint);
            Demand::Most
        }
        (Some(rate), None) => Demand::Rate(rate),
        (None, Some(n)) => Demand::InFlight(n),
        (None, None) => Demand::Most,
    }
}

fn goal(reader: &Reader, key: Key) -> Option<Seconds> {
    match reader.value(key) {
        Some(Value::Span(time)) => Some(*time),
        _ => None,
    }
}

fn share(reader: &Reader, key: Key) -> Option<Ratio> {
    Some(Ratio::new(match reader.name(key)? {
        "p50" => 0.50,
        "p90" => 0.90,
        "p95" => 0.95,
        "p99" => 0.99,
        _ => return None,
    }))
}

fn speculation(reader: &Reader) -> Option<Speculation> {
    let guesses = reader.count(Key::Guesses).filter(|n| *n > 0)?;
    let acceptance = reader.ratio(Key::Acceptance)?;
    Some(Speculation { guesses, acceptance, cost: Ratio::new(GUESS_COST) })
}

fn fixed(reader: &Reader) -> FixedServing {
    FixedServing {
        tp: reader.count(Key::ServeTp),
        pp: reader.count(Key::ServePp),
        dp: reader.count(Key::ServeDp),
        ep: reader.count(Key::ServeEp),
        batch: reader.count(Key::BatchMax),
        least: reader.count(Key::ServeLeast),
    }
}

/// The region where the machines stand.
fn place(reader: &Reader) -> Option<Place> {
    let (provider, region) = stands(reader)?;
    places::find(&provider, &region)
}

/// Who has the machines, in which region.
fn stands(reader: &Reader) -> Option<(String, String)> {
    own::stands(reader.list(Key::Stands)?.first()?)
}

fn money(reader: &Reader, key: Key) -> Option<Dollars> {
    match reader.value(key) {
        Some(Value::Money(dollars)) => Some(*dollars),
        _ => None,
    }
}

/// The kinds that the engine runs on in some format that may be used.
fn machines(
    reader: &mut Reader,
    (engine, stored): (&Engine, Option<WeightFormat>),
    own: Option<&MachineRow>,
) -> Vec<AskedMachine> {
    let kinds: Vec<String> =
        reader.list(Key::ServeOn).unwrap_or_default().into_iter().map(str::to_owned).collect();
    let most = reader.count(Key::ServeMost).unwrap_or(1);
    let mut all = Vec::new();
    let mut idle: Vec<String> = Vec::new();
    for kind in &kinds {
        let row = if kind == OWN { own.map(own_row) } else { machine_of(kind).cloned() };
        let Some(mut row) = row else { continue };
        let size = reader.count(Key::ServeNode);
        let nic = match reader.value(Key::ServeNic) {
            Some(Value::Bandwidth(rate)) => Some(*rate),
            _ => None,
        };
        if size.is_some() || nic.is_some() {
            row = row.of_size(size.unwrap_or(row.node_size), nic);
        }
        if let Some(Value::Bytes(bytes)) = reader.value(Key::ServeMemory) {
            allot(reader, &mut row, *bytes);
        }
        let generation = row.accelerator.generation.clone();
        // One's own accelerator takes its kernels from the H100, and so what engines can do there.
        let known = if kind == OWN { "hopper" } else { &generation };
        let Some(can) = support::find(&engine.key, known) else {
            idle.push(row.label.clone());
            continue;
        };
        let formats = formats::allowed(reader, (engine, stored), &row, &can);
        if formats.is_empty() {
            continue;
        }
        let by_hour = price(reader, &row);
        let (price, price_source) = match budget::bought(reader) {
            Some((terms, rate)) => (Some(rate), format!("typed, {}", terms.label())),
            None => bought(reader, &row, &by_hour),
        };
        all.push(AskedMachine {
            key: row.key.clone(),
            label: row.label.clone(),
            cluster: accelerators::cluster(&row, most),
            most,
            whole: size.is_some(),
            price,
            price_source,
            by_hour,
            formats,
            degrees: degrees(reader, engine, &can),
            room: Room::NONE,
        });
    }
    if all.is_empty() && !idle.is_empty() {
        let hint = formats::engines_for(&kinds);
        let expected = format!("accelerators that {} runs on", engine.name);
        reader.problem(Key::ServeOn, &expected, hint);
    } else if !idle.is_empty() {
        let text = format!("{} does not run on {}", engine.name, idle.join(", "));
        reader.note(Key::ServeOn, text);
    }
    formats::complain(reader, (engine, stored), &kinds, &all);
    all
}

/// Programs get so much of an accelerator's memory, where it has that much.
fn allot(reader: &mut Reader, row: &mut MachineRow, bytes: Bytes) {
    let accelerator = &mut row.accelerator;
    let stated =
        systems::find(&row.key, &accelerator.generation).map_or(1.0, |own| own.share.get());
    let whole = Bytes::from_f64(accelerator.memory.as_f64() / stated.max(1e-3));
    if bytes > whole {
        let text =
            format!("{} has {} in all, which is what is counted", row.label, show::bytes(whole));
        reader.note(Key::ServeMemory, text);
    }
    let bytes = bytes.min(whole);
    accelerator.memory = accelerator.memory.max(bytes);
    accelerator.usable = Ratio::new(bytes.as_f64() / accelerator.memory.as_f64().max(1.0));
}

/// Engines that do not guess ahead in pipelines, by the start of their keys. vLLM: "pipeline parallelism is not composable
/// with speculative decoding" (docs/features/speculative_decoding, 0.8 to 0.15; issue 57755 of 2026-09 for 0.28 and 0.29).
/// SGLang: `server_args.py` refuses both together, but for instances that only read prompts.
const NO_STAGES: [&str; 2] = ["vllm", "sglang"];

/// Ways to split a model that the engine has there for what is asked.
fn degrees(reader: &mut Reader, engine: &Engine, can: &Support) -> Vec<String> {
    let guesses = reader.count(Key::Guesses).is_some_and(|n| n > 0);
    let refuses = guesses && NO_STAGES.iter().any(|start| engine.key.starts_with(start));
    if refuses && reader.count(Key::ServePp).is_some_and(|n| n > 1) {
        let text = format!("{} does not guess ahead in a pipeline; let PP be 1", engine.name);
        reader.note(Key::Guesses, text);
    }
    let more = |key: Key| reader.count(key).is_some_and(|n| n > 1);
    let whole = can.degrees.iter().any(|own| own == DP_ALL);
    if whole && more(Key::ServeTp) && more(Key::ServeDp) {
        let text = format!(
            "{}'s attention data parallelism takes each rank of a stage for itself: let TP be 1, \
             or DP",
            engine.name
        );
        reader.note(Key::ServeDp, text);
    }
    can.degrees.iter().filter(|own| !(refuses && *own == "pp")).cloned().collect()
}

/// The accelerator of the cluster's inputs, with the figures typed there.
fn own_row(row: &MachineRow) -> MachineRow {
    let mut own = row.clone();
    if own.key != OWN {
        own.label = format!("Own, from {}", row.label);
        own.key = OWN.to_owned();
    }
    own
}

/// The price that was typed for a kind, or for all, else the catalogue's.
fn price(reader: &mut Reader, row: &MachineRow) -> (Option<DollarsPerHour>, String) {
    let typed = reader.list(Key::ServePrice).unwrap_or_default();
    let prices: Vec<(Option<&str>, DollarsPerHour)> =
        typed.into_iter().filter_map(price_of).collect();
    let own = prices.iter().find(|(kind, _)| *kind == Some(row.key.as_str()));
    let any = prices.iter().find(|(kind, _)| kind.is_none());
    match own.or(any) {
        Some((_, rate)) => (Some(*rate), TYPED.to_owned()),
        None => by_the_hour(reader, row),
    }
}

/// The price by the hour where the machines stand, if that is said and one is known, else the catalogue's.
fn by_the_hour(reader: &mut Reader, row: &MachineRow) -> (Option<DollarsPerHour>, String) {
    let there = stands(reader);
    if let Some((provider, region)) = there.filter(|own| !own.0.is_empty()) {
        let sold = offers::sold(&row.key, (&provider, &region), Terms::OnDemand);
        if let Some((rate, source)) = sold {
            return (Some(rate), source);
        }
        let text = format!("no price of {} by the hour there is known", row.label);
        instead(reader, Key::Stands, text, &(row.price, row.price_source.clone()));
    }
    (row.price, row.price_source.clone())
}

/// The price in the way that was chosen, the least of the list where the machines stand, or anywhere; where none is
/// known, or one of all ways is typed, that by the hour, which is said.
fn bought(
    reader: &mut Reader,
    row: &MachineRow,
    by_hour: &(Option<DollarsPerHour>, String),
) -> (Option<DollarsPerHour>, String) {
    let chosen = match reader.value(Key::Bought) {
        Some(Value::Word(word)) => Terms::from_key(word),
        _ => None,
    };
    let Some(terms) = chosen.filter(|terms| *terms != Terms::OnDemand) else {
        return by_hour.clone();
    };
    let (provider, region) = stands(reader).unwrap_or_default();
    let typed = by_hour.1 == TYPED;
    if !typed && let Some((rate, source)) = offers::sold(&row.key, (&provider, &region), terms) {
        return (Some(rate), source);
    }
    let place = format!("{provider} {region}");
    let place = if provider.is_empty() { "anywhere" } else { place.trim_end() };
    let text = match typed {
        true => format!("a price is typed for {}", row.label),
        false => format!("{}: no price of {} is known ({place})", terms.label(), row.label),
    };
    instead(reader, Key::Bought, text, by_hour);
    by_hour.clone()
}

/// Says which price is used in place of the one that was asked for.
fn instead(
    reader: &mut Reader,
    key: Key,
    why: String,
    (rate, source): &(Option<DollarsPerHour>, String),
) {
    let Some(rate) = rate else { return };
    reader.note(key, format!("{why}, so {} is used ({source})", show::price(*rate)));
}

fn echo_machines(reader: &mut Reader, ask: &Ask) {
    let names: Vec<&str> = ask.machines.iter().map(|machine| machine.label.as_str()).collect();
    if !names.is_empty() {
        reader.echo(Key::ServeOn, names.join(", "));
    }
    if let Some(first) = ask.machines.first() {
        let node = first.cluster.node_size.max(1);
        // What is paid for whole is had whole or not at all.
        let count = first.cluster.count;
        let nodes = if first.whole { count / node } else { count.div_ceil(node) };
        let noun = show::plural(nodes.into(), "machine");
        let whole = if first.whole && count % node > 0 { "whole " } else { "" };
        let text = format!("{} {whole}{noun} of {node}", show::grouped(nodes.into()));
        reader.echo(Key::ServeMost, text);
    }
    let prices = ask.machines.iter().map(|machine| match machine.price {
        Some(rate) => format!("{} {}", machine.label, show::price(rate)),
        None => format!("{}: no price known", machine.label),
    });
    reader.echo(Key::ServePrice, prices.collect::<Vec<_>>().join(", "));
    let sources = ask.machines.iter().filter(|own| own.by_hour.0 != own.price);
    let sources: Vec<&str> = sources.map(|own| own.price_source.as_str()).collect();
    if !sources.is_empty() {
        reader.echo(Key::Bought, sources.join("; "));
    }
}

fn echo(reader: &mut Reader, ask: &Ask) {
    echo_machines(reader, ask);
    formats::echo(reader, ask);
    let unit = |n: f64| format!("{} tokens", show::grouped(n as u64));
    reader.echo(Key::Prompt, unit(ask.traffic.prompt));
    reader.echo(Key::Answer, unit(ask.traffic.output));
    let spread = show::percent(Ratio::new(ask.traffic.spread));
    reader.echo(Key::Spread, format!("standard deviation {spread} of the mean"));
    let spread = show::percent(Ratio::new(ask.traffic.prompt_spread));
    let text = match ask.traffic.prompt_spread > 0.0 {
        true => format!("standard deviation {spread} of the mean"),
        false => "all of one length, as benchmarks send them".to_owned(),
    };
    reader.echo(Key::PromptSpread, text);
    let cached = show::percent(ask.traffic.cached);
    reader.echo(Key::Cached, format!("{cached} of the prompt's tokens need no work"));
    if let Demand::Rate(rate) = ask.demand {
        let tokens = PerSecond::new(rate.get() * ask.traffic.output).get();
        let text = format!("{} = {} answer tokens/s", show::frequency(rate), show::rounded(tokens));
        reader.echo(Key::Rate, text);
    }
    for (key, goal) in
        [(Key::FirstToken, ask.goals.first_token), (Key::PerToken, ask.goals.per_token)]
    {
        reader.echo(key, goal.map_or_else(|| "no goal".to_owned(), show::time));
    }
    reader.echo(Key::Sure, sure(ask));
    if let Some(place) = &ask.place {
        let carbon = place.carbon.map_or("grid not known".to_owned(), |grid| {
            format!("{} g CO2/kWh", show::rounded(grid.get()))
        });
        let pue = show::rounded(place.pue.unwrap_or(ask.pue).get());
        reader.echo(Key::Stands, format!("{} PUE {pue}, {carbon}", place.country));
    }
    // The choice says it already.
    reader.echo(Key::Percentile, "");
    reader.echo(Key::FurtherPercentile, "");
    if let Some(own) = &ask.speculation {
        let yielded = show::rounded(own.yielded().get());
        reader.echo(Key::Guesses, format!("{yielded} tokens a step"));
    }
    if let Some(longest) = ask.model.max_positions {
        let asked = ask.traffic.prompt + ask.traffic.output;
        if asked > f64::from(longest) {
            let text = format!(
                "longer than the {} positions that the model was made for, so engines refuse it: \
                 shorten it, or stretch the positions (YaRN) at a loss of quality",
                show::grouped(longest.into())
            );
            // Where the trouble is: at the longer of the two.
            let answer = ask.traffic.output > ask.traffic.prompt;
            reader.note(if answer { Key::Answer } else { Key::Prompt }, text);
        }
    }
}

/// What the wanted chance does, with its factors over the kinds of machine.
fn sure(ask: &Ask) -> String {
    if ask.sure.is_none() {
        return "goals are compared with the prediction, which about half of all runs keep"
            .to_owned();
    }
    let rate = matches!(ask.demand, Demand::Rate(_));
    let factors = |name: &str, of: fn(&Room) -> Ratio| {
        let all = || ask.machines.iter().map(|machine| of(&machine.room));
        let [low, high] =
            [all().min(), all().max()].map(|end| show::factor(end.unwrap_or_default()));
        let low = if low == high { String::new() } else { format!("{low} to ") };
        format!("{name} {low}{high}")
    };
    let rate = if rate { factors(", requests", |room| room.rate) } else { String::new() };
    format!(
        "asks for room: goals are compared with the prediction made worse by what measured runs \
         scatter: {}, {}{rate}",
        factors("first token", |room| room.first),
        factors("further tokens", |room| room.further)
    )
}

impl Reader {
    /// The words of a list.
    pub(super) fn list(&self, key: Key) -> Option<Vec<&str>> {
        match self.value(key)? {
            Value::Words(words) => Some(words.split(',').collect()),
            _ => None,
        }
    }
}
