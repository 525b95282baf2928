//! Promise 1: every link ever released opens, for ever.

#[path = "support/plans.rs"]
mod plans;

use autoparallel::catalogue::presets;
use autoparallel::inputs::{Inputs, Key, Kind};
use autoparallel::link::{self, LinkProblem, Promised, decode, encode};
use autoparallel::stack::Technique;
use autoparallel::units::{Bytes, Seconds};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// One file of the corpus: `name: text` lines.
fn fields(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut fields = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, value)) = line.split_once(": ") {
            fields.entry(name).or_insert_with(Vec::new).push(value);
        }
    }
    fields
}

#[test]
fn no_two_inputs_share_a_name() {
    for (i, key) in Key::ALL.iter().enumerate() {
        let first = Key::ALL.iter().position(|other| other.link_name() == key.link_name());
        assert_eq!(first, Some(i), "{key:?}: {}", key.link_name());
    }
}

#[test]
fn every_link_of_the_corpus_opens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/links/v1");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the corpus only grows");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let fields = fields(&text);
        let one = |name: &str| fields.get(name).and_then(|lines| lines.first()).copied();
        let shown = file.display();
        let decoded = decode(one("link").unwrap());
        if let Some(canonical) = one("canonical") {
            assert_eq!(encode(&decoded.inputs), canonical, "{shown}");
            assert_eq!(decode(canonical).inputs.canonical(), decoded.inputs.canonical(), "{shown}");
        }
        for meaning in fields.get("means").into_iter().flatten() {
            let (name, value) = meaning.split_once(" = ").unwrap();
            let key = Key::from_link_name(name).unwrap();
            assert_eq!(decoded.inputs.get(key), value, "{shown}: {name}");
        }
        let problems: Vec<String> = decoded.problems.iter().map(ToString::to_string).collect();
        let expected = fields.get("problem").cloned().unwrap_or_default();
        assert_eq!(problems, expected, "{shown}");
        for unknown in fields.get("unknown").into_iter().flatten() {
            let (name, value) = unknown.split_once(" = ").unwrap();
            assert!(decoded.unknown.contains(&(name.into(), value.into())), "{shown}");
        }
    }
}

#[test]
fn presets_open_without_a_problem_and_are_canonical() {
    assert!(presets::all().len() >= 15);
    for preset in presets::all() {
        let decoded = decode(&preset.link);
        assert!(decoded.problems.is_empty() && decoded.unknown.is_empty(), "{}", preset.key);
        assert_eq!(encode(&decoded.inputs), preset.link, "{}", preset.key);
        let resolution = decoded.inputs.resolve();
        let problems: Vec<String> = resolution.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, Vec::<String>::new(), "{}", preset.key);
        assert_eq!(resolution.ask.is_some(), decoded.inputs.is_serving(), "{}", preset.key);
        let Some(case) = resolution.case else {
            assert!(resolution.ask.is_some(), "{}", preset.key);
            continue;
        };
        if let (Some(tp), Some(cp), Some(pp), Some(dp)) =
            (preset.layout.tp, preset.layout.cp, preset.layout.pp, preset.layout.dp)
        {
            assert_eq!(tp * cp * pp * dp, case.cluster.count, "{}", preset.key);
        }
        assert_eq!(preset.date.len(), 7, "{}", preset.key);
        assert!(!preset.story.is_empty() && !preset.source.is_empty(), "{}", preset.key);
        assert_eq!(presets::find(&preset.key), Some(preset));
    }
}

#[test]
fn names_in_links_are_unique_and_short() {
    for (index, key) in Key::ALL.iter().enumerate() {
        let name = key.link_name();
        assert!(name.len() <= 5 && name.bytes().all(|b| b.is_ascii_alphanumeric()), "{name}");
        assert!(Key::ALL.iter().skip(index + 1).all(|other| other.link_name() != name), "{name}");
        assert_eq!(Key::from_link_name(name), Some(*key));
        // The codec knows every input by the same name.
        let inputs = Inputs::default().with(*key, "?");
        let model = if *key == Key::Config { "m=config;" } else { "" };
        let inputs = if model.is_empty() { inputs } else { inputs.with(Key::Model, "config") };
        let text = encode(&inputs);
        let opened = decode(&text).inputs;
        assert_eq!(opened.get(*key), "?", "{name}: {text}");
        if model.is_empty() {
            assert_eq!(text, format!("1;{name}=~3F"));
        }
    }
    assert_eq!(encode(&Inputs::default()), "1");
    assert_eq!(decode("1").inputs, Inputs::default());
}

#[test]
fn a_link_survives_its_travels() {
    let link = "1;m=Qwen/Qwen3-30B-A3B;n=64;b=512;t=1T";
    let expected = decode(link).inputs;
    let once = "1%3Bm%3DQwen%2FQwen3-30B-A3B%3Bn%3D64%3Bb%3D512%3Bt%3D1T";
    let twice = once.replace('%', "%25");
    let forms = [
        format!("#{link}"),
        format!("https://example.org/plan/index.html#{link}"),
        format!("https://example.org/plan/#{once}"),
        format!("https://example.org/plan/%23{once}"),
        once.to_owned(),
        twice.clone(),
        twice.replace('%', "%25"),
        link.replace(';', "&amp;"),
        link.replace(';', "&"),
        format!("  {link}  "),
        format!("{link}."),
        format!("({link})"),
        format!("<https://example.org/#{link}>,"),
        format!("\u{201c}{link}\u{201d}"),
        link.replace("Qwen3", "Qwen\r\n3"),
        link.replace("Qwen3", "Qwen\n> 3"),
        link.replace(";n", " ;\n  n"),
        format!("{link};"),
        link.replace("64", "\u{200b}64"),
        // Escaped twice, in every way that is met.
        link.replace(';', "&amp;amp;"),
        link.replace(';', "&#59;").replace('=', "&#x3D;").replace('/', "&#x2F;"),
        link.replace(';', "&semi;").replace('=', "&equals;").replace('/', "&sol;"),
        link.replace(';', "%26amp%3B"),
        link.replace('=', "\\u003d").replace('/', "\\/"),
        // Mail as it is sent, its lines broken.
        link.replace('=', "=3D").replace("b=3D5", "b=3D=\r\n5"),
        link.replace('=', "=3D").replace("Qwen3", "Qwe=\nn3"),
        // Markup around it.
        format!("[plan #3](https://example.org/#{link})"),
        format!("[https://example.org/#{link}](https://example.org/#{link} \"the plan\")"),
        format!("<https://example.org/#{link}|https://example.org/#{link}>"),
        format!("<a href=\"https://example.org/#{link}\">the plan</a>"),
        format!("<a href='https://example.org/#{link}'>the plan</a>"),
        format!("`the plan <https://example.org/#{link}>`_"),
        format!("[[https://example.org/#{link}][the plan]]"),
        format!("\\href{{https://example.org/#{link}}}{{the plan}}"),
        format!("**https://example.org/#{link}**"),
        format!("~~_https://example.org/#{}_~~", link.replace('-', "\\-")),
        format!("\u{201e}https://example.org/#{link}\u{201c}, \u{2026}"),
        format!("\u{300c}https://example.org/#{link}\u{300d}\u{3002}"),
        format!("https://example.org/#{link}/"),
        format!("https://example.org/#{link}?utm_source=chat&utm_medium=x"),
        format!("https://example.org/?utm_source=chat#{link}&fbclid=abc"),
        format!("https://example.org/#{link}:~:text=plan"),
        // Signs of typesetters and of East Asian keyboards.
        link.replace('-', "\u{2011}"),
        link.replace(';', "\u{ff1b}").replace('=', "\u{ff1d}"),
        link.replace(';', "%EF%BC%9B"),
        link.replace(";n", ";%20n").replace(";b", "%0A;b"),
        format!("\u{202a}{link}\u{202c}"),
        // As browsers hand on what was pasted.
        format!("{link}%22%3Ethe%20plan%3C/a%3E"),
        format!("{link}%20%22the%20plan%22)"),
    ];
    for form in forms {
        let decoded = decode(&form);
        assert_eq!(decoded.inputs, expected, "{form}");
        assert_eq!(decoded.problems, [], "{form}");
    }
}

#[test]
fn what_is_added_behind_a_link_is_cut_off() {
    let link = "1;m=Qwen/Qwen3-30B-A3B;n=64;b=512;t=1T";
    let expected = decode(link).inputs;
    for form in [
        format!("[url]https://example.org/#{link}[/url]"),
        format!("https://example.org/#{link}[the plan]"),
        format!("https://example.org/#{link}?igsh=MzRlODBiNWFlZA=="),
        format!("https://example.org/#{link}&msclkid=abc&_gl=1"),
        format!("https://example.org/#{link}&data=05%7C01&sdata=x&reserved=0"),
        format!("https://example.org/#/{link}"),
        format!("https://example.org/#!{link}"),
        format!("{link}\u{2026}"),
        format!("{link}\u{2014}"),
        format!("{link}\u{2013}"),
        format!("{link} \u{2192}"),
        format!("{link}!"),
        format!("\u{61c}{link}\u{fe0f}"),
        format!("1{}", link.get(1..).expect("parts").replace(";m", ";M").replace(";n=", ";N=")),
    ] {
        let decoded = decode(&form);
        assert_eq!(decoded.inputs, expected, "{form}");
        assert_eq!(decoded.problems, [], "{form}");
    }
}

#[test]
fn what_cannot_be_read_is_reported_and_kept() {
    let problems = |text: &str| decode(text).problems;
    assert_eq!(problems("plan"), [LinkProblem::NotALink("plan".into())]);
    assert_eq!(problems("2;m=x"), [LinkProblem::UnknownVersion("2".into())]);
    assert_eq!(problems("1;n=8;n=16"), [LinkProblem::Twice("n".into())]);
    assert_eq!(decode("1;n=8;n=16").inputs.get(Key::Count), "8");
    assert_eq!(problems("1;n"), [LinkProblem::NoValue("n".into())]);
    assert_eq!(problems("1;n=8~4"), [LinkProblem::Escape("n".into())]);
    assert_eq!(decode("1;n=8~4").inputs.get(Key::Count), "8~4");
    assert_eq!(problems(&"1;n=8".repeat(100_000)), [LinkProblem::TooLong]);
    let many: String = (0..300).map(|i| format!(";k{i}=1")).collect();
    assert_eq!(problems(&format!("1{many}")), [LinkProblem::TooManyParts]);
    // A key of a later version comes back unharmed.
    let decoded = decode("1;n=8;later=a~3Bb");
    assert_eq!(decoded.unknown, [("later".to_owned(), "a;b".to_owned())]);
    assert_eq!(encode(&decoded.inputs), "1;n=8;later=a~3Bb");
    assert!(decoded.told()[0].contains("\"later\" is nothing that this version knows"));
    // An unreadable quantity is kept as it is, not guessed.
    let inputs = Inputs::default().with(Key::Tokens, "1,5");
    assert_eq!(encode(&inputs), "1;t=1,5");
    assert_eq!(decode("1;t=1,5").inputs, inputs);
    // A sign that was escaped on its way is part of the value, not of an address.
    assert_eq!(decode("1;m=a%23b;n=8").inputs.get(Key::Model), "a#b");
    assert_eq!(decode("127.0.0.1:8080/#1;n=8").inputs.get(Key::Count), "8");
}

#[test]
fn ten_thousand_plans_come_back() {
    plans::all_come_back();
}

#[test]
fn what_was_meant_stays_as_it_was_meant() {
    let value = |link: &str, key| decode(link).inputs.get(key).to_owned();
    // Escaped by the sender, so part of a value.
    assert_eq!(value("https://x/#1;fr=US%20East%20(Ohio);n=8", Key::Regions), "US East (Ohio)");
    assert_eq!(value("#1;m=a~26amp~3Bb", Key::Model), "a&amp;b");
    assert_eq!(value("#1;m=3Dmodel", Key::Model), "3Dmodel");
    assert_eq!(value("#1;m=a~22b~3Cc", Key::Model), "a\"b<c");
    let both = Inputs::default().with(Key::Model, "3Dmodel").with(Key::Accelerator, "3D");
    assert_eq!(decode(&encode(&both)).inputs, both);
    // A share, beside what the browser escaped.
    let typed = decode("#1;fx=aws:30%,%20azure:15%;fd=30%20days").inputs;
    assert_eq!(encode(&typed), "1;fd=30d;fx=aws:0.3,azure:0.15");
    // Written out by hand, not packed.
    let config = r#"#1;m=config;mc={"hidden_size":8,"a":["x"]}"#;
    assert_eq!(value(config, Key::Config), r#"{"hidden_size":8,"a":["x"]"#.to_owned() + "}");
}

#[test]
fn the_everyday_plan_is_short() {
    let everyday = [
        "1;m=meta-llama/Llama-3.1-70B;n=512;b=1024;t=2T;c=2.1;r=0.1.0-a3f9c2,5.0234s,74.31GB",
        "1;m=config;n=64",
    ];
    let links = presets::all().iter().map(|preset| preset.link.as_str()).chain(everyday);
    for link in links {
        assert!(link.len() <= 200, "{} characters: {link}", link.len());
    }
    // A typical one of each kind, from what is typed.
    let plan = |texts: &[(Key, &str)]| {
        let set = |inputs: Inputs, (key, text): &(Key, &str)| inputs.with(*key, *text);
        encode(&texts.iter().fold(Inputs::default(), set))
    };
    let own_cluster = plan(&[
        (Key::Model, "Qwen/Qwen3-30B-A3B"),
        (Key::Accelerator, "h200-sxm"),
        (Key::Count, "1,024 GPUs"),
        (Key::Nic, "400 Gb/s"),
        (Key::Oversubscription, "2:1"),
        (Key::Batch, "16M tokens"),
        (Key::Sequence, "16384"),
        (Key::Tokens, "3.5 trillion"),
        (Key::Price, "$2.10/hour"),
        (Key::Tp, "4"),
        (Key::Forbid, "offload-optimizer, recompute-full"),
        (Key::Deadline, "30 days"),
        (Key::Discounts, "aws:30%"),
    ]);
    assert!(own_cluster.len() <= 200, "{} characters: {own_cluster}", own_cluster.len());
}

#[test]
fn a_link_may_promise_figures() {
    let link = "1;n=64;r=0.1.0-a3f9c2,5.0234s,74.31GB";
    let decoded = decode(link);
    let promise = decoded.promise.clone().unwrap();
    assert_eq!(decoded.problems, []);
    assert_eq!(promise.version, "0.1.0-a3f9c2");
    let (step, memory) = (Seconds::new(5.0234), Bytes::new(74_310_000_000));
    assert_eq!(promise.figures, Promised::Run { step, memory });
    // It is no input: the canonical form is without it.
    assert_eq!(encode(&decoded.inputs), "1;n=64");
    assert_eq!(decoded.unknown, []);
    assert_eq!(link::encode_promising(&decoded.inputs, &promise), link);
    // It travels with a config.json as well.
    let inputs = Inputs::default().with(Key::Model, "config").with(Key::Config, CONFIG);
    let packed = decode(&link::encode_promising(&inputs, &promise));
    assert_eq!((packed.inputs, packed.promise), (inputs.canonical(), Some(promise)));
    // Of a model in service: two times and a number of accelerators.
    let link = "1;do=serve;sr=10/s;r=0.1.0-a3f9c2,0.3124s,0.01842s,8";
    let served = decode(link);
    let figures = served.promise.clone().unwrap().figures;
    let (first_token, per_token) = (Seconds::new(0.3124), Seconds::new(0.01842));
    assert_eq!(figures, Promised::Service { first_token, per_token, accelerators: 8 });
    assert_eq!(link::encode_promising(&served.inputs, &served.promise.unwrap()), link);
    for text in [
        "",
        "x",
        "a,1s",
        "a,1s,1ms,0",
        "a,1s,1ms,1.5",
        "a,1s,0s,8",
        "a,1s,1ms,8,9",
        "a,0s,1GB",
        "a,1s,1GB,2",
        "a_b,1s,1GB",
        "a,1,1GB",
        "a,1s,GB",
    ] {
        let decoded = decode(&format!("1;n=8;r={text}"));
        assert_eq!(decoded.promise, None, "{text}");
        assert_eq!(decoded.problems, [LinkProblem::Promise(text.into())], "{text}");
        assert_eq!(encode(&decoded.inputs), "1;n=8");
    }
}

const CONFIG: &str = r#"{
  "architectures": ["LlamaForCausalLM"], "model_type": "llama",
  "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
  "intermediate_size": 11008, "vocab_size": 32000, "name": "a \" b  c"
}"#;

#[test]
fn a_config_travels_packed() {
    let inputs = Inputs::default().with(Key::Model, "config").with(Key::Config, CONFIG);
    let text = encode(&inputs);
    assert!(text.starts_with("1z") && text.len() < 400, "{text}");
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{text}");
    let opened = decode(&text);
    assert_eq!(opened.problems, []);
    assert_eq!(opened.inputs, inputs.canonical());
    assert!(opened.inputs.get(Key::Config).contains(r#""name":"a \" b  c""#));
    // Anything lost or altered on the way is noticed.
    for end in 2..text.len() {
        let cut = decode(&text[..end]);
        assert!(matches!(cut.problems[..], [LinkProblem::Packed(_)]), "{end}");
        assert_eq!(cut.inputs, Inputs::default());
    }
    for at in 2..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
        let altered = decode(&String::from_utf8(bytes).unwrap());
        assert_ne!(altered.problems, [], "{at}");
    }
    // A config that no model uses is not carried.
    let unused = Inputs::default().with(Key::Config, CONFIG);
    assert_eq!(encode(&unused), "1");
    // One that is too long for any link is left out, and said to be.
    let noise: String = (0u32..40_000).map(|i| char::from(b'a' + (i * i % 25) as u8)).collect();
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + ((state >> 24) % 90) as u8)
    };
    let random: String = (0..40_000).map(|_| next()).collect();
    for long in [random, noise.repeat(3)] {
        let encoded = link::encode_whole(&inputs.clone().with(Key::Config, long));
        assert_eq!(encoded.left_out, [Key::Config]);
        assert_eq!(encoded.text, "1;m=config");
    }
}

/// Texts that an input may hold, readable or not.
fn text_of(key: Key) -> BoxedStrategy<String> {
    let number = prop_oneof![
        (0u64..10_000_000).prop_map(|n| n.to_string()),
        (1u64..1_000_000, "[kMBT]?").prop_map(|(n, scale)| format!("{n}{scale}")),
        (1.0..1000.0f64).prop_map(|x| format!("{x:.3}")),
    ];
    let unit = match key.kind() {
        Kind::Bytes => "GiB|GB| TB",
        Kind::Bandwidth | Kind::BandwidthBits => "GB/s| Gb/s|Gbps",
        Kind::FlopRate => "TFLOPS| PFLOP/s",
        Kind::Price => "|\\$/h| USD/hour",
        Kind::Power => "W| kW",
        Kind::Share | Kind::Factor => "|%|x",
        Kind::Money => "|\\$|M\\$| dollars",
        Kind::Deadline => "d| days| h|s",
        Kind::Batch => "| tokens|M tokens| sequences",
        _ => "",
    };
    let quantity = (number, unit).prop_map(|(number, unit)| format!("{number}{unit}"));
    let word = match key.kind() {
        Kind::Choice(words) => proptest::sample::select(words).prop_map(str::to_owned).boxed(),
        Kind::Switch => "on|off|yes|0".boxed(),
        Kind::Techniques => proptest::sample::subsequence(Technique::ALL, 0..6)
            .prop_map(|list| list.iter().map(|t| t.key()).collect::<Vec<_>>().join(", "))
            .boxed(),
        Kind::Name => "llama-3.1-8b|a100|custom|config|torchtitan|Qwen/Qwen3-8B|x y".boxed(),
        Kind::Words => "spot|demand,1y|aws:30%|acme:h100:8:16.5|EU,us|h100, hopper|x y,z".boxed(),
        Kind::Json => r#"\{"a": *[0-9]{1,9}, "b": "[^"\\]{0,9}"\}"#.boxed(),
        _ => "[ -~]{0,12}".boxed(),
    };
    prop_oneof![4 => quantity, 4 => word, 1 => any::<String>()].boxed()
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    let key = proptest::sample::select(Key::ALL);
    let typed = key.prop_flat_map(|key| (Just(key), text_of(key)));
    let unknown = proptest::collection::btree_map("z[a-z~;=é]{1,6}", "[ -~é]{0,8}", 0..3);
    (proptest::collection::vec(typed, 0..12), unknown).prop_map(|(typed, unknown)| {
        let mut inputs = Inputs::default();
        for (key, text) in typed {
            inputs.set(key, text);
        }
        let unknown = unknown.into_iter().filter(|(name, _)| Key::from_link_name(name).is_none());
        inputs.set_unknown(unknown.collect());
        inputs
    })
}

proptest! {
    #[test]
    fn what_is_encoded_opens_as_it_was(inputs in any_inputs()) {
        let text = encode(&inputs);
        let opened = decode(&text);
        prop_assert_eq!(&opened.problems, &[]);
        prop_assert_eq!(&opened.inputs, &inputs.canonical());
        // Canonical: the link of what was opened is the same link.
        prop_assert_eq!(encode(&opened.inputs), text);
        prop_assert_eq!(inputs.canonical().canonical(), inputs.canonical());
    }

    #[test]
    fn canonical_inputs_mean_the_same(inputs in any_inputs()) {
        let (before, after) = (inputs.resolve(), inputs.canonical().resolve());
        prop_assert_eq!(before.case, after.case);
        prop_assert_eq!(before.problems.len(), after.problems.len());
    }

    #[test]
    fn a_link_is_plain_and_never_ends_in_punctuation(inputs in any_inputs()) {
        let text = encode(&inputs);
        prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/:,@;=~".contains(&b)));
        prop_assert!(text.ends_with(|c: char| c.is_ascii_alphanumeric()));
        prop_assert!(text.len() <= link::limits::LINK_BYTES_MAX);
    }

    #[test]
    fn any_text_at_all_is_decoded(text in any::<String>(), tail in "1z?[;=a-z0-9~%&#.\n]{0,80}") {
        for text in [text, tail] {
            let decoded = decode(&text);
            let again = decode(&encode(&decoded.inputs));
            prop_assert_eq!(again.inputs, decoded.inputs.canonical());
            let _ = decoded.inputs.resolve();
        }
    }

    #[test]
    fn a_mutated_link_is_decoded(
        inputs in any_inputs(),
        at in any::<prop::sample::Index>(),
        c in any::<char>(),
        cut in 0usize..3,
    ) {
        let mut chars: Vec<char> = encode(&inputs).chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..(at + cut).min(chars.len()), [c]);
        let decoded = decode(&chars.into_iter().collect::<String>());
        let _ = decoded.inputs.resolve();
    }
}
