//! Quantities as people type them, and as the page and the links write them.

use autoparallel::units::text::{Batch, Fault, Misread, Noun, read, short, show};
use autoparallel::units::{
    Bytes, BytesPerSecond, Dollars, DollarsPerHour, Flops, FlopsPerSecond, Params, Ratio, Seconds,
    Tokens, Watts,
};
use proptest::prelude::*;

#[test]
fn tokens_are_read_as_typed() {
    let rows = [
        ("15T", 15_000_000_000_000),
        ("15T tokens", 15_000_000_000_000),
        ("15.6e12", 15_600_000_000_000),
        ("15.6E+12", 15_600_000_000_000),
        ("15.6 \u{d7} 10^12", 15_600_000_000_000),
        ("15.6*10**12", 15_600_000_000_000),
        ("14.8 trillion", 14_800_000_000_000),
        ("14.8trilliontokens", 14_800_000_000_000),
        ("14.8 tn", 14_800_000_000_000),
        ("2M", 2_000_000),
        ("2 m tokens", 2_000_000),
        ("300 billion", 300_000_000_000),
        ("300bn tok", 300_000_000_000),
        ("16,384", 16_384),
        ("16 384", 16_384),
        ("16\u{202f}384", 16_384),
        ("16_384", 16_384),
        ("16'384", 16_384),
        ("1,048,576 tokens", 1_048_576),
        ("2^20", 1 << 20),
        ("8*1024", 8_192),
        ("4 x 2048", 8_192),
        ("128Ki", 131_072),
        ("\u{ff11}\u{ff15}\u{ff34}", 15_000_000_000_000),
        ("+7", 7),
        ("7.", 7),
        ("0", 0),
        ("18446744073709551615", u64::MAX),
        ("0.000001T", 1_000_000),
    ];
    for (text, tokens) in rows {
        assert_eq!(read::tokens(text), Ok(Tokens::new(tokens)), "{text}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let fault = |text: &str| read::tokens(text).map_err(|misread| misread.fault);
    for text in ["1,5", "1,5T", "0,05", "15,25", "0,005", "1.234,5"] {
        assert_eq!(fault(text), Err(Fault::Comma), "{text}");
    }
    for text in ["1,50,000", "1234,567", "1 5", "12 34", "1,234 567", "1,", "1,,000"] {
        assert!(matches!(fault(text), Err(Fault::Grouping | Fault::Comma)), "{text}");
    }
    assert_eq!(fault("1.234.567"), Err(Fault::Points));
    let ambiguous = |result: Result<(), Misread>| {
        matches!(result, Err(Misread { fault: Fault::AmbiguousUnit(_), .. }))
    };
    for text in ["400 gb/s", "400 GBPS"] {
        assert!(ambiguous(read::bandwidth(text).map(drop)), "{text}");
    }
    assert!(ambiguous(read::bytes("80G").map(drop)));
    assert!(ambiguous(read::time("90 m").map(drop)));
    assert!(ambiguous(read::power("3 mW").map(drop)));
}

#[test]
fn what_is_no_quantity_is_named() {
    let rows = [
        ("", Fault::Empty),
        ("   \u{200b}", Fault::Empty),
        ("many", Fault::NotANumber),
        ("~15T", Fault::NotANumber),
        ("-5", Fault::Negative),
        ("\u{2212}5T", Fault::Negative),
        ("NaN", Fault::NotFinite),
        ("inf", Fault::NotFinite),
        ("Infinity tokens", Fault::NotFinite),
        ("1e400", Fault::TooLarge),
        ("1e99999999999", Fault::TooLarge),
        ("1e30 tokens", Fault::TooLarge),
        ("18446744073709551616", Fault::TooLarge),
        ("9^999", Fault::TooLarge),
        ("2^64", Fault::TooLarge),
        ("1e-999", Fault::TooSmall),
        ("1.5", Fault::NotWhole),
        ("1e-3", Fault::NotWhole),
        ("\u{661}\u{665}", Fault::Digits),
        ("15 GB/s", Fault::WrongUnit("bandwidth")),
        ("15 GB", Fault::WrongUnit("bytes")),
        ("15 Gb", Fault::WrongUnit("bits")),
        ("15 TFLOPS", Fault::WrongUnit("operations a second")),
        ("$15", Fault::WrongUnit("money")),
        ("6 weeks", Fault::WrongUnit("time")),
        ("700 W", Fault::WrongUnit("power")),
        ("5%", Fault::WrongUnit("percent")),
        ("15 GPUs", Fault::WrongUnit("accelerators")),
        ("15 sheep", Fault::UnknownUnit("sheep".into())),
    ];
    for (text, fault) in rows {
        assert_eq!(read::tokens(text).map_err(|misread| misread.fault), Err(fault), "{text}");
    }
    let long = "9".repeat(65);
    assert_eq!(read::tokens(&long).map_err(|misread| misread.fault), Err(Fault::TooLong));
    let paste = "9".repeat(10_000_000);
    assert!(read::tokens(&paste).is_err_and(|misread| misread.to_string().len() < 300));
}

#[test]
fn an_error_says_what_was_given_what_was_expected_and_an_example() {
    let text = read::tokens("15 GB/s").map_err(|misread| misread.to_string());
    let expected = "\"15 GB/s\": that is bandwidth. \
                    Expected a number of tokens, such as \"15.6T\".";
    assert_eq!(text, Err(expected.to_owned()));
    let without_unit = read::bytes("80").map_err(|misread| misread.fault);
    assert_eq!(without_unit, Err(Fault::NoUnit));
}

#[test]
fn every_example_in_an_error_is_read() {
    assert!(read::bytes(read::bytes("x").unwrap_err().example).is_ok());
    assert!(read::bandwidth(read::bandwidth("x").unwrap_err().example).is_ok());
    assert!(read::flop_rate(read::flop_rate("x").unwrap_err().example).is_ok());
    assert!(read::price(read::price("x").unwrap_err().example).is_ok());
    assert!(read::dollars(read::dollars("x").unwrap_err().example).is_ok());
    assert!(read::time(read::time("x").unwrap_err().example).is_ok());
    assert!(read::ratio(read::ratio("x").unwrap_err().example).is_ok());
    assert!(read::power(read::power("x").unwrap_err().example).is_ok());
    assert!(read::batch(read::batch("x").unwrap_err().example).is_ok());
    for noun in [Noun::Plain, Noun::Accelerators, Noun::Tokens, Noun::Sequences, Noun::Layers] {
        assert!(read::count(read::count("x", noun).unwrap_err().example, noun).is_ok());
    }
}

#[test]
fn counts_take_their_own_noun() {
    assert_eq!(read::count("16,384 GPUs", Noun::Accelerators), Ok(16_384));
    assert_eq!(read::count("2k", Noun::Accelerators), Ok(2_000));
    assert_eq!(read::count("2kGPUs", Noun::Accelerators), Ok(2_000));
    assert_eq!(read::count("2.048k", Noun::Accelerators), Ok(2_048));
    assert!(read::count("126 layers", Noun::Accelerators).is_err());
    assert!(read::count("8x H100", Noun::Accelerators).is_err());
    assert_eq!(read::batch("2048"), Ok(Batch::Sequences(2_048)));
    assert_eq!(read::batch("2k sequences"), Ok(Batch::Sequences(2_000)));
    assert_eq!(read::batch("16M tokens"), Ok(Batch::Tokens(Tokens::new(16_000_000))));
    assert_eq!(read::batch("16M"), Ok(Batch::Sequences(16_000_000)));
}

#[test]
fn memory_tells_decimal_from_binary() {
    let rows: [(&str, u64); 9] = [
        ("80 GiB", 80 << 30),
        ("80GB", 80_000_000_000),
        ("80 gb", 80_000_000_000),
        ("80 gib", 80 << 30),
        ("1.5TB", 1_500_000_000_000),
        ("0.5 KiB", 512),
        ("81559 MiB", 81_559 << 20),
        ("0.1 GiB", 107_374_182),
        ("12 bytes", 12),
    ];
    for (text, bytes) in rows {
        assert_eq!(read::bytes(text), Ok(Bytes::new(bytes)), "{text}");
    }
    assert!(read::bytes("80 Gb").is_err(), "gigabits are no memory");
    assert!(read::bytes("1e-9 B").is_err());
}

#[test]
fn rates_tell_bits_from_bytes() {
    for text in ["400 Gb/s", "400Gbps", "400 gbps", "400 Gbit/s", "0.4 Tbit/s", "50 GB/s"] {
        assert_eq!(read::bandwidth(text), Ok(BytesPerSecond::new(5e10)), "{text}");
    }
    for text in ["900GB/s", "900 GBps", "0.9 TB/s", "900 gigabytes/s".get(..3).unwrap()] {
        let read = read::bandwidth(text);
        assert!(text == "900" && read.is_err() || read == Ok(BytesPerSecond::gb(900.0)), "{text}");
    }
    assert_eq!(read::bandwidth("1 GiB/s"), Ok(BytesPerSecond::new((1u64 << 30) as f64)));
    for text in ["989 TFLOPS", "989 TFLOP/s", "989tflops", "0.989 PFLOPS", "989 T", "989e12 FLOPS"]
    {
        assert_eq!(read::flop_rate(text), Ok(FlopsPerSecond::new(989e12)), "{text}");
    }
    assert_eq!(read::flop_rate("2.25 PFLOP/s"), Ok(FlopsPerSecond::tera(2250.0)));
    assert!(read::flop_rate("989").is_err());
}

#[test]
fn prices_times_ratios_and_powers_are_read() {
    let by_hour = [
        "3.5 $/h",
        "$3.50/GPU/h",
        "3.5",
        "3.50 USD/hour",
        "$3.5 per GPU-hour",
        "3.5 dollars/gpu/hr",
        "US$3.50",
        "$84/day",
    ];
    for text in by_hour {
        assert_eq!(read::price(text), Ok(DollarsPerHour::new(3.5)), "{text}");
    }
    for text in ["\u{20ac}3", "3 EUR/h", "$98/node/h", "3 GB", "free"] {
        assert!(read::price(text).is_err(), "{text}");
    }
    assert_eq!(read::dollars("$71.3M"), Ok(Dollars::new(71.3e6)));
    assert_eq!(read::dollars("5 million dollars"), Ok(Dollars::new(5e6)));
    let times = [
        ("6 weeks", 6.0 * 7.0 * 86_400.0),
        ("3 days", 3.0 * 86_400.0),
        ("90 min", 5_400.0),
        ("1 h 30 min", 5_400.0),
        ("1h30min", 5_400.0),
        ("1.5 hours", 5_400.0),
        ("412 ms", 0.412),
        ("38 \u{b5}s", 38e-6),
    ];
    for (text, seconds) in times {
        assert_eq!(read::time(text), Ok(Seconds::new(seconds)), "{text}");
    }
    assert!(read::time("90").is_err());
    assert!(read::time("1 h 30").is_err());
    for (text, ratio) in
        [("5%", 0.05), ("0.05", 0.05), ("5 percent", 0.05), ("1.2x", 1.2), ("2:1", 2.0)]
    {
        assert_eq!(read::ratio(text), Ok(Ratio::new(ratio)), "{text}");
    }
    assert_eq!(read::power("1.2 kW"), Ok(Watts::new(1200.0)));
}

#[test]
fn people_read_rounded_quantities() {
    let plain = |text: String| text.replace(['\u{a0}', '\u{202f}'], " ");
    let rows = [
        (show::grouped(16_384), "16 384"),
        (show::grouped(999), "999"),
        (show::params(Params::new(405_853_388_800)), "405.9 B"),
        (show::params(Params::new(8_030_261_248)), "8.03 B"),
        (show::params(Params::new(999_999_999_999)), "1.00 T"),
        (show::tokens(Tokens::new(15_600_000_000_000)), "15.6 T tokens"),
        (show::tokens(Tokens::new(2_000_000)), "2 M tokens"),
        (show::tokens(Tokens::new(8_192)), "8 192 tokens"),
        (show::bytes(Bytes::gib(80)), "80.0 GiB"),
        (show::bytes(Bytes::mib(1)), "1.0 MiB"),
        (show::bytes(Bytes::new(12)), "12 B"),
        (show::gib(Bytes::mib(512)), "0.5 GiB"),
        (show::bandwidth(BytesPerSecond::gb(900.0)), "900 GB/s"),
        (show::bandwidth(BytesPerSecond::gb(3350.0)), "3.35 TB/s"),
        (show::bandwidth_bits(BytesPerSecond::gb(50.0)), "400 Gbit/s"),
        (show::flop_rate(FlopsPerSecond::tera(989.0)), "989 TFLOP/s"),
        (show::flop_rate(FlopsPerSecond::tera(2250.0)), "2 250 TFLOP/s"),
        (show::flops(Flops::new(3.794e25)), "3.79\u{d7}10\u{b2}\u{2075} FLOPs"),
        (show::time(Seconds::new(54.2 * 86_400.0)), "54.2 days"),
        (show::time(Seconds::new(7.314)), "7.31 s"),
        (show::time(Seconds::new(0.412)), "412 ms"),
        (show::time(Seconds::new(38e-6)), "38.0 \u{b5}s"),
        (show::time(Seconds::new(0.999_99)), "1.00 s"),
        (show::time(Seconds::ZERO), "0 s"),
        (show::time(Seconds::UNBOUNDED), "longer than a million years"),
        (show::dollars(Dollars::new(71.3e6)), "$71.3 M"),
        (show::dollars(Dollars::new(2410.0)), "$2 410"),
        (show::dollars(Dollars::new(3.5)), "$3.50"),
        (show::price(DollarsPerHour::new(3.5)), "$3.50/h"),
        (show::percent(Ratio::new(0.3821)), "38.2%"),
        (show::factor(Ratio::new(1.352)), "1.35\u{d7}"),
        (show::power(Watts::new(11.5e6)), "11.5 MW"),
    ];
    for (shown, expected) in rows {
        assert_eq!(plain(shown), expected);
    }
}

#[test]
fn links_carry_the_shortest_exact_text() {
    assert_eq!(short::count(15_600_000_000_000), "15.6T");
    assert_eq!(short::count(2_048), "2048");
    assert_eq!(short::count(131_072), "131072");
    assert_eq!(short::count(1_000), "1k");
    assert_eq!(short::count(0), "0");
    assert_eq!(short::bytes(Bytes::gib(80)), "80GiB");
    assert_eq!(short::bytes(Bytes::new(80_000_000_000)), "80GB");
    assert_eq!(short::bytes(Bytes::mib(81_559)), "81559MiB");
    assert_eq!(short::bandwidth_bits(BytesPerSecond::gbit(400.0)), "400Gbps");
    assert_eq!(short::bandwidth(BytesPerSecond::gb(3350.0)), "3350GB/s");
    assert_eq!(short::flop_rate(FlopsPerSecond::tera(989.5)), "989.5TFLOPS");
    assert_eq!(short::price(DollarsPerHour::new(3.5)), "3.5");
    assert_eq!(short::ratio(Ratio::new(0.05)), "0.05");
    assert_eq!(short::power(Watts::new(700.0)), "700W");
}

/// Positive floats over many magnitudes, none of them with a special shape.
fn measures() -> impl Strategy<Value = f64> {
    (1.0..10.0f64, -6i32..15)
        .prop_map(|(head, tens)| format!("{head}e{tens}").parse().unwrap_or(1.0))
}

fn near(read: f64, value: f64, share: f64) -> bool {
    (read - value).abs() <= value.abs() * share
}

proptest! {
    #[test]
    fn short_text_reads_back_exactly(n in any::<u64>(), x in measures()) {
        prop_assert_eq!(read::tokens(&short::count(n)), Ok(Tokens::new(n)));
        prop_assert_eq!(read::bytes(&short::bytes(Bytes::new(n))), Ok(Bytes::new(n)));
        let rate = BytesPerSecond::new(x);
        prop_assert_eq!(read::bandwidth(&short::bandwidth(rate)), Ok(rate));
        prop_assert_eq!(read::bandwidth(&short::bandwidth_bits(rate)), Ok(rate));
        let rate = FlopsPerSecond::new(x);
        prop_assert_eq!(read::flop_rate(&short::flop_rate(rate)), Ok(rate));
        let price = DollarsPerHour::new(x);
        prop_assert_eq!(read::price(&short::price(price)), Ok(price));
        prop_assert_eq!(read::ratio(&short::ratio(Ratio::new(x))), Ok(Ratio::new(x)));
        prop_assert_eq!(read::power(&short::power(Watts::new(x))), Ok(Watts::new(x)));
    }

    #[test]
    fn shown_text_reads_back_within_its_precision(n in 1u64..10u64.pow(18), x in measures()) {
        prop_assert_eq!(read::count(&show::grouped(n), Noun::Plain), Ok(n));
        if n < 10u64.pow(15) {
            let tokens = read::tokens(&show::tokens(Tokens::new(n))).unwrap();
            prop_assert!(near(tokens.as_f64(), n as f64, 0.0051));
        }
        let bytes = read::bytes(&show::bytes(Bytes::new(n))).unwrap();
        prop_assert!(near(bytes.as_f64(), n as f64, 0.05));
        if x >= 1000.0 {
            let rate = BytesPerSecond::new(x);
            prop_assert!(near(read::bandwidth(&show::bandwidth(rate)).unwrap().get(), x, 0.0051));
            let rate = read::bandwidth(&show::bandwidth_bits(rate)).unwrap().get();
            prop_assert!(near(rate, x, 0.0051));
            let rate = FlopsPerSecond::new(x);
            prop_assert!(near(read::flop_rate(&show::flop_rate(rate)).unwrap().get(), x, 0.0051));
            let time = Seconds::new(x.min(3e13));
            let read = read::time(&show::time(time)).unwrap();
            prop_assert!(near(read.get(), time.get(), 0.0051));
            let dollars = read::dollars(&show::dollars(Dollars::new(x))).unwrap();
            prop_assert!(near(dollars.get(), x, 0.0051));
        }
    }

    #[test]
    fn nothing_typed_makes_a_panic(
        text in any::<String>(),
        number in "[0-9.,_ 'eE+^*x-]{0,20}[a-zA-Z/$% ]{0,8}",
    ) {
        for text in [text, number] {
            let _ = read::tokens(&text);
            let _ = read::batch(&text);
            let _ = read::bytes(&text);
            let _ = read::bandwidth(&text);
            let _ = read::flop_rate(&text);
            let _ = read::price(&text);
            let _ = read::dollars(&text);
            let _ = read::time(&text);
            let _ = read::ratio(&text);
            let _ = read::power(&text);
        }
    }
}
