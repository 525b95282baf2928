//! Random plans that go through a link and come back, natively and in a browser.

use autoparallel::catalogue::constants::Form;
use autoparallel::inputs::software::constants_of;
use autoparallel::inputs::{Inputs, Key, Kind};
use autoparallel::link::{decode, encode};
use autoparallel::stack::Technique;

/// How many.
pub const PLANS: u64 = 10_000;

const CONFIG: &str = r#"{"architectures":["LlamaForCausalLM"],"hidden_size":4096,"#;

/// Numbers that depend on a seed alone (Steele, Lea and Flood, SplitMix64, 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// Any characters, those among them that links, pages and mail give a meaning.
    fn noise(&mut self) -> String {
        let signs: Vec<char> = ";=~%&#+<>\"'\\ \n|é界\u{200b}()[]{}".chars().collect();
        let n = self.below(12);
        let mut text = String::new();
        for _ in 0..n {
            let letter = char::from(b'0' + self.below(74) as u8);
            let sign = self.one(&signs);
            text.push(if self.below(3) == 0 { sign } else { letter });
        }
        text
    }

    /// Constants, techniques and paces, most of them within their bounds.
    fn changes(&mut self, key: Key) -> String {
        let constants = constants_of(key);
        let n = self.below(8) + 1;
        let mut all = Vec::new();
        for _ in 0..n {
            let own = self.one(constants);
            let part = self.below(1000) as f64 / 1000.0;
            let value = own.min + (own.max - own.min) * part * part * part;
            let technique = self.one(Technique::ALL).key();
            let sign = self.one(&["", "-", "+"]);
            all.push(match (self.below(6), own.form) {
                (0, _) => format!("{sign}{technique}"),
                (1, _) => format!("pace@{}:{part}", self.one(&["h100/fp8", "hopper/bf16", "b200"])),
                (_, Form::Number) => format!("{}: {value}", own.field),
                _ => format!("{}={}", own.field, value.floor()),
            });
        }
        all.join(self.one(&[",", ", ", "\n"]))
    }

    fn text(&mut self, key: Key) -> String {
        let digits = self.below(10);
        let n = self.below(10u64.pow(digits as u32)).max(1);
        let third = self.below(1000);
        let unit = match key.kind() {
            Kind::Bytes => self.one(&["GiB", "GB", " TB", "MB"]),
            Kind::Bandwidth | Kind::BandwidthBits => self.one(&["GB/s", " Gb/s", "Gbps"]),
            Kind::FlopRate => self.one(&["TFLOPS", " PFLOP/s"]),
            Kind::Price => self.one(&["", "$/h", " USD/hour"]),
            Kind::Power => self.one(&["W", " kW"]),
            Kind::Share | Kind::Factor => self.one(&["", "%", "x"]),
            Kind::Money => self.one(&["", "$", "M$", " dollars"]),
            Kind::Deadline => self.one(&["d", " days", " h", "s"]),
            Kind::Batch => self.one(&["", " tokens", "M tokens"]),
            Kind::Tokens => self.one(&["", "B", "T", "M tokens"]),
            _ => "",
        };
        let words = "acme:h100-sxm:8:16.5,b:h200:16:1e-3";
        match (key.kind(), self.below(8)) {
            (_, 0) => self.noise(),
            (Kind::Choice(all), _) => self.one(all).to_owned(),
            (Kind::Switch, _) => self.one(&["on", "off", "yes", "0"]).to_owned(),
            (Kind::Techniques, _) => {
                let (a, b) = (self.one(Technique::ALL), self.one(Technique::ALL));
                format!("{}, {}", a.key(), b.key())
            }
            (Kind::Name, _) => {
                let names = ["config", "custom", "Qwen/Qwen3-8B", "b200", "torchtitan", "a b"];
                self.one(&names).to_owned()
            }
            (Kind::Words, _) => self.one(&["spot,1y", "aws:30%", "EU, us", words]).to_owned(),
            (Kind::Changes, _) => self.changes(key),
            (Kind::Json, _) => format!("{CONFIG}\"num_hidden_layers\":{n},\"x\":\"{third}\"}}"),
            (_, 1) => format!("{n}.{third}{unit}"),
            _ => format!("{n}{unit}"),
        }
    }
}

/// The plan of a seed, with whatever may be typed.
fn plan(seed: u64) -> Inputs {
    let mut dice = Dice(seed);
    let mut inputs = Inputs::default();
    for _ in 0..dice.below(24) {
        let key = dice.one(Key::ALL);
        let text = dice.text(key);
        inputs.set(key, text);
    }
    if dice.below(8) == 0 {
        inputs.set(Key::Model, "config");
        let text = dice.text(Key::Config);
        inputs.set(Key::Config, text);
    }
    inputs
}

/// With everything escaped that a careful program escapes, twice.
fn escaped_twice(link: &str) -> String {
    link.chars().fold(String::new(), |all, c| match c {
        c if c.is_ascii_alphanumeric() => format!("{all}{c}"),
        c => format!("{all}%25{:02X}", u32::from(c)),
    })
}

/// Sends every plan through its link, plain and escaped twice.
pub fn all_come_back() {
    let mut longest = 0;
    for seed in 0..PLANS {
        let inputs = plan(seed);
        let link = encode(&inputs);
        longest = longest.max(link.len());
        for arrived in [link.clone(), format!("https://example.org/x/#{}", escaped_twice(&link))] {
            let opened = decode(&arrived);
            assert_eq!(opened.problems, [], "{seed}: {arrived}");
            assert_eq!(opened.inputs, inputs.canonical(), "{seed}: {arrived}");
        }
        assert_eq!(encode(&decode(&link).inputs), link, "{seed}");
    }
    assert!(longest > 300, "{longest} characters: the plans are all alike");
}
