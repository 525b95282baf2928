//! What is asked of a fleet: budget, time, what narrows the market, discounts and offers of one's own.

use super::limits::{WORDS_CHARS_MAX, WORDS_MAX};
use super::own::{self, Capacity};
use super::{Inputs, Key, Problem, Value, cluster, read};
use crate::catalogue::places::WAYS_OUT;
use crate::catalogue::{accelerators, reliability as catalogue};
use crate::cluster::Fabric;
use crate::prices::{Charge, Currency, Flag, Flags, Listing, OnPremises, Rates, Stamp, Terms};
use crate::reliability::{Checkpointing, Reliability, Spot, Way};
use crate::units::text::{read as texts, short};
use crate::units::{Bytes, BytesPerSecond, Day, Deadline, Dollars, DollarsPerHour, Ratio, Seconds};

/// What the inputs ask of a fleet; an empty list narrows nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetInputs {
    /// Most that it may cost.
    pub budget: Option<Dollars>,
    /// When it must be done.
    pub deadline: Option<Deadline>,
    /// Size of the data set, where it is not that of its tokens.
    pub data_set: Option<Bytes>,
    /// Ways to buy that may be used.
    pub terms: Vec<Terms>,
    /// Providers that may be used.
    pub providers: Vec<String>,
    /// Regions that may be used.
    pub regions: Vec<String>,
    /// Countries, or `EU`.
    pub jurisdictions: Vec<String>,
    /// Accelerators or generations that may be used.
    pub families: Vec<String>,
    /// Most machines.
    pub machines_max: Option<u32>,
    /// Age beyond which a price is too old.
    pub age_max: Option<Seconds>,
    /// Share that a provider takes off.
    pub discounts: Vec<(String, Ratio)>,
    /// Offers of the user's own.
    pub offers: Vec<Listing>,
    /// Machines of the user's own.
    pub own: Vec<OnPremises>,
    /// Power of the building that they stand in over power of its machines.
    pub pue: Option<Ratio>,
    /// Machines that are to be had.
    pub capacity: Vec<Capacity>,
    /// Provider and region where the data set lies; none where moving it is not counted.
    pub home: Option<(String, String)>,
    /// How fast data leaves a place: to another provider, to another region of the same one.
    pub ways_out: [BytesPerSecond; 2],
    /// Which hours of a commitment are charged.
    pub charge: Charge,
    /// The network between machines, wherever they stand.
    pub fabric: Fabric,
    /// Failures and remedies.
    pub reliability: Reliability,
    /// The spot market.
    pub spot: Option<Spot>,
}

impl FleetInputs {
    /// The day before which a price is too old, where an age is said and today is known.
    #[must_use]
    pub fn since(&self, today: Option<Day>) -> Option<Day> {
        let (age, today) = self.age_max.zip(today)?;
        let days = (age.get() / 86_400.0).floor().min(1e6) as i32;
        Some(Day::from_epoch(today.epoch_days().saturating_sub(days)))
    }
}

/// The words of a list in their canonical spelling, between commas.
///
/// Terms are those of [`Terms::key`], discounts `aws:0.3` or `aws:30%`, offers
/// `name:accelerator:accelerators in a machine:dollars an hour of a machine`; see [`own`] for the others.
pub(super) fn words(key: Key, text: &str) -> Result<String, Problem> {
    let expected = expected(key);
    if text.chars().nth(WORDS_CHARS_MAX).is_some() {
        return Err(Problem::new(key, text, expected, "the text is too long"));
    }
    let words: Vec<&str> = text.split([',', '\n']).map(str::trim).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let most = if matches!(key, Key::Home | Key::Stands) { 1 } else { WORDS_MAX };
    if words.is_empty() || words.len() > most {
        let hint = format!("write 1 to {most} of them, with commas between");
        return Err(Problem::new(key, text, expected, hint));
    }
    let canonical = words
        .iter()
        .map(|word| word_of(key, word).ok_or_else(|| Problem::new(key, word, expected, hint(key))));
    Ok(canonical.collect::<Result<Vec<String>, Problem>>()?.join(","))
}

/// The list of an input, or nothing.
#[inline(never)] // It is called a dozen times.
pub(super) fn list(inputs: &Inputs, key: Key) -> Vec<String> {
    match inputs.typed(key).map(|text| read(key, text)) {
        Some(Ok(Value::Words(words))) => words.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn resolve(inputs: &Inputs) -> FleetInputs {
    let inputs = &inputs.canonical();
    let value = |key| inputs.typed(key).and_then(|text| read(key, text).ok());
    let offers = list(inputs, Key::PrivateOffers);
    FleetInputs {
        budget: match value(Key::Budget) {
            Some(Value::Money(dollars)) => Some(dollars),
            _ => None,
        },
        deadline: match value(Key::Deadline) {
            Some(Value::Deadline(deadline)) => Some(deadline),
            _ => None,
        },
        data_set: match value(Key::DataSet) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        },
        terms: list(inputs, Key::Terms).iter().filter_map(|key| Terms::from_key(key)).collect(),
        age_max: match value(Key::PriceAge) {
            Some(Value::Span(time)) => Some(time),
            _ => None,
        },
        providers: list(inputs, Key::Providers),
        regions: list(inputs, Key::Regions),
        jurisdictions: list(inputs, Key::Jurisdictions),
        families: list(inputs, Key::Families),
        machines_max: match value(Key::Machines) {
            Some(Value::Count(n)) => u32::try_from(n).ok(),
            _ => None,
        },
        discounts: list(inputs, Key::Discounts).iter().filter_map(|word| discount(word)).collect(),
        offers: offers.iter().filter_map(|word| offer(word)).collect(),
        own: own::machines(inputs, &list(inputs, Key::OwnMachines)),
        pue: own::ratio(inputs, Key::Pue),
        capacity: list(inputs, Key::Capacity)
            .iter()
            .filter_map(|word| own::capacity(word))
            .collect(),
        home: list(inputs, Key::Home).first().and_then(|word| own::home(word)),
        ways_out: match value(Key::Wan) {
            Some(Value::Bandwidth(rate)) => [rate; 2],
            _ => WAYS_OUT,
        },
        charge: match value(Key::Charge) {
            Some(Value::Word("hours")) => Charge::HoursUsed,
            _ => Charge::WholeTerm,
        },
        fabric: fabric_of(inputs),
        reliability: reliability_of(inputs),
        spot: catalogue::zone(inputs.get(Key::Zone)).map(|zone| zone.spot),
    }
}

fn fabric_of(inputs: &Inputs) -> Fabric {
    let is_on = |key: Key| matches!(read(key, inputs.get(key)), Ok(Value::Switch(true)));
    let leaf = match inputs.typed(Key::Leaf).map(|text| read(Key::Leaf, text)) {
        Some(Ok(Value::Count(n))) => u32::try_from(n).ok(),
        _ => None,
    };
    let over = own::ratio(inputs, Key::Oversubscription);
    cluster::fabric(leaf, is_on(Key::Rails), over, is_on(Key::AdaptiveRouting))
}

/// The usual fleet, but for what the inputs say otherwise.
fn reliability_of(inputs: &Inputs) -> Reliability {
    let usual = catalogue::usual();
    let level = format!("failures_{}", inputs.get(Key::Failures));
    let saving = inputs.get(Key::Saving);
    let way = Way::ALL.into_iter().find(|way| way.key() == saving);
    let spared = matches!(read(Key::Spares, inputs.get(Key::Spares)), Ok(Value::Switch(true)));
    Reliability {
        failures: catalogue::failures(&level).unwrap_or(usual.failures),
        checkpoint: Checkpointing { way: way.unwrap_or(usual.checkpoint.way), ..usual.checkpoint },
        spares: if spared { catalogue::enough_spares() } else { usual.spares },
        ..usual
    }
}

const fn expected(key: Key) -> &'static str {
    match key {
        Key::Terms => "ways to buy",
        Key::Providers => "names of providers",
        Key::Regions => "names of regions",
        Key::Jurisdictions => "countries of two letters, or EU",
        Key::Families => "accelerators of the catalogue or generations of them",
        Key::Discounts => "discounts by provider",
        Key::OwnMachines => "machines of your own",
        Key::Capacity => "how many machines there are",
        Key::Home => "a provider's region that is known",
        Key::Stands => "a provider, or one of its regions",
        _ => "offers of your own",
    }
}

fn hint(key: Key) -> String {
    match key {
        Key::Terms => {
            let keys = Terms::ALL.map(Terms::key);
            format!("the ways to buy are {}", keys.join(", "))
        }
        Key::Jurisdictions => "write for example EU, CH".to_owned(),
        Key::Families => "write for example h100-sxm, blackwell".to_owned(),
        Key::Discounts => "write for example aws:30%, azure:15%".to_owned(),
        Key::PrivateOffers => {
            "write name:accelerator:count:dollars an hour, such as acme:h100-sxm:8:16.5".to_owned()
        }
        Key::OwnMachines => {
            "write accelerator:machines:dollars of a machine, such as h100-sxm:64:$300k".to_owned()
        }
        Key::Capacity => "write for example 64, aws:32, h100-sxm:16".to_owned(),
        Key::Home => "write provider:region, such as aws:us-east-1".to_owned(),
        Key::Stands => "write aws:us-east-1, lambda, or own for machines of your own".to_owned(),
        _ => "a name has letters, digits, dashes, dots and blanks".to_owned(),
    }
}

/// One word in its canonical spelling.
fn word_of(key: Key, word: &str) -> Option<String> {
    match key {
        Key::Terms => Terms::from_key(&word.to_ascii_lowercase()).map(|terms| terms.key().into()),
        Key::Jurisdictions => {
            let letters = word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
            letters.then(|| word.to_ascii_uppercase())
        }
        Key::Families => match accelerators::find(word) {
            Some(row) => Some(row.key.clone()),
            None => {
                let lower = word.to_ascii_lowercase();
                let mut rows = accelerators::all().iter();
                rows.any(|row| row.accelerator.generation == lower).then_some(lower)
            }
        },
        Key::Discounts => {
            let (name, off) = discount(word)?;
            Some(format!("{name}:{}", short::ratio(off)))
        }
        Key::PrivateOffers => {
            let offer = offer(word)?;
            let rate = offer.rate(Terms::OnDemand)?;
            let (name, n) = (&offer.provider, offer.accelerators.get());
            Some(format!("{name}:{}:{n}:{}", offer.accelerator, short::price(rate)))
        }
        Key::OwnMachines | Key::Capacity | Key::Home | Key::Stands => own::word_of(key, word),
        _ => name_of(word),
    }
}

/// Names as providers and regions have them.
pub(super) fn name_of(word: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._ ()".contains(c);
    (!word.is_empty() && word.chars().all(good)).then(|| word.to_ascii_lowercase())
}

fn discount(word: &str) -> Option<(String, Ratio)> {
    let (name, share) = word.split_once(':')?;
    let share = texts::ratio(share.trim()).ok().filter(|share| share.get() < 1.0)?;
    Some((name_of(name.trim())?, share))
}

/// An offer in one word; it is as old as the link.
fn offer(word: &str) -> Option<Listing> {
    let mut fields = word.split(':').map(str::trim);
    let (name, accelerator) = (fields.next()?, fields.next()?);
    let (count, rate) = (fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    let count: u32 = count.parse().ok().filter(|n| (1..=1024).contains(n))?;
    let rate = texts::price(rate).ok().filter(|rate| *rate > DollarsPerHour::ZERO)?;
    Some(Listing {
        provider: name_of(name)?,
        region: String::new(),
        country: String::new(),
        instance: "private offer".to_owned(),
        accelerator: accelerators::find(accelerator)?.key.clone(),
        accelerators: Ratio::new(f64::from(count)),
        network: None,
        rates: Rates::NONE.with(Terms::OnDemand, Some(rate)),
        currency: Currency::USD,
        as_of: Stamp::default(),
        as_of_spot: Stamp::default(),
        source: "typed".to_owned(),
        flags: Flags::NONE.with(Flag::PlaceUnknown).with(Flag::NetworkAssumed),
    })
}
