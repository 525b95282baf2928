//! Figures that papers print, each with its place: the core must say the same.
//!
//! Formulas are met exactly, by hand arithmetic; measured times within a stated share.

mod support;

use autoparallel::case::Case;
use autoparallel::catalogue::stacks;
use autoparallel::cluster::Level;
use autoparallel::estimate::{
    Book, Estimate, MemoryPart as M, TimePart as T, bill, ideal_bubble, in_flight_chunks,
};
use autoparallel::layout::rules;
use autoparallel::layout::{Layout, Recompute, Schedule, Slots, ZeroStage};
use autoparallel::model::{Attention, Dense, Ffn, LayerKind, Mixer, Model};
use autoparallel::search::{Goal, search};
use autoparallel::stack::Stack;
use autoparallel::units::{Bytes, BytesPerSecond, Ratio, Seconds};
use autoparallel::workload::{Constraints, Fixed, Precision, StateType, Training};
use support::{LLAMA_405B, Wanted, case, training};

/// What Megatron-LM ran in 2021 and 2022: 16-bit floats with dropout and attention that writes its
/// scores.
fn of_2022(training: &Training) -> Training {
    Training { fused_attention: false, dropout: true, causal: true, ..training.clone() }
}

fn megatron(model: &'static str, count: u32, global_batch: u32) -> Wanted {
    Wanted {
        model,
        machine: "a100-80g",
        count,
        stack: "megatron",
        global_batch,
        sequence: 2048,
        tokens: 300_000_000_000,
        precision: Precision::Fp16,
    }
}

fn with(wanted: &Wanted, change: impl FnOnce(&mut Case)) -> Case {
    let mut case = case(wanted);
    change(&mut case);
    let Case { model, cluster, training, constraints, stack, offer } = case;
    Case::new(model, cluster, training, constraints, stack, offer).expect("a case")
}

/// A stack that loses no memory and hides nothing.
fn exact_stack() -> Stack {
    let mut stack = stacks::find("unconstrained").expect("a catalogued stack").clone();
    stack.profile.slack = Ratio::ZERO;
    stack.profile.context = Bytes::ZERO;
    stack.profile.logit_bytes = 4;
    stack.profile.straggler = Ratio::ONE;
    stack.profile.step_overhead = Seconds::ZERO;
    stack.profile.weights.working = 2;
    stack.profile.weights.gathered = 2;
    stack
}

/// A GPT of `layers` layers as in arXiv 2205.05198: four times as wide inside, heads of `h / a`.
fn gpt(hidden: u32, heads: u32, layers: u32, vocab: u32) -> Model {
    let width = hidden / heads;
    let attention = Attention {
        heads,
        kv_heads: heads,
        head_dim: width,
        v_head_dim: width,
        window: None,
        qkv_bias: true,
        out_bias: true,
        qk_norm_params: 0,
        output_gate: false,
        values_are_keys: false,
        extra_params: 0,
    };
    let ffn = Dense { width: 4 * hidden, gated: false, bias: true };
    let kind = LayerKind {
        mixer: Mixer::Attention(attention),
        ffn: Ffn::Dense(ffn),
        norm_params: 4 * hidden,
    };
    let layers = vec![kind; layers as usize];
    let mut model = Model::of_layers("gpt", hidden, layers).expect("one kind");
    model.vocab = vocab;
    model.tied = true;
    model
}

mod activations {
    //! Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models",
    //! arXiv 2205.05198, table 2 (page 6) and section 4.

    use super::*;

    const H: u64 = 6144;
    const A: u64 = 64;
    const S: u64 = 2048;
    const B: u64 = 4;

    fn kept(layout: Layout) -> f64 {
        let count = layout.tp * layout.pp;
        let case = with(&megatron("megatron-22b", count, B as u32), |case| {
            case.model = gpt(H as u32, A as u32, layout.pp, 51_200);
            case.training = of_2022(&case.training);
            case.stack = exact_stack();
        });
        let layout = Layout { micro_batch: B as u32, ..layout };
        rules::check(&case, &layout).expect("legal");
        Book::new(&case).estimate(&layout).memory.get(M::Activations).as_f64()
    }

    fn t8() -> Layout {
        Layout { tp: 8, ..Layout::SINGLE }
    }

    fn selective(layout: Layout) -> Layout {
        let recompute = Recompute { selective: true, full_layers: 0 };
        Layout { recompute, ..layout }
    }

    fn full(layout: Layout) -> Layout {
        let recompute = Recompute { selective: false, full_layers: 1 };
        Layout { recompute, ..layout }
    }

    #[test]
    fn no_parallelism() {
        // sbh (34 + 5 a s / h)
        assert_eq!(kept(Layout::SINGLE), (S * B * H * 34 + 5 * A * S * S * B) as f64);
    }

    #[test]
    fn tensor_parallelism() {
        // sbh (10 + 24 / t + 5 a s / (h t))
        assert_eq!(kept(t8()), (S * B * H * (10 + 3) + 5 * A * S * S * B / 8) as f64);
    }

    #[test]
    fn tensor_and_sequence_parallelism() {
        // sbh (34 / t + 5 a s / (h t))
        let layout = Layout { sp: true, ..t8() };
        assert_eq!(kept(layout), (S * B * H * 34 / 8 + 5 * A * S * S * B / 8) as f64);
    }

    #[test]
    fn tensor_parallelism_and_selective_recompute() {
        // sbh (10 + 24 / t)
        assert_eq!(kept(selective(t8())), (S * B * H * (10 + 3)) as f64);
    }

    #[test]
    fn tensor_and_sequence_parallelism_and_selective_recompute() {
        // sbh 34 / t
        let layout = selective(Layout { sp: true, ..t8() });
        assert_eq!(kept(layout), (S * B * H * 34 / 8) as f64);
    }

    #[test]
    fn full_recompute() {
        // sbh 2, without sequence parallelism
        assert_eq!(kept(full(Layout::SINGLE)), (S * B * H * 2) as f64);
        assert_eq!(kept(full(t8())), (S * B * H * 2) as f64);
    }

    #[test]
    fn input_and_output_layers() {
        // Section 4.3: without a pipeline sbh / t for the mask after the embedding, 4 sbh / t for
        // the last norm and projection, 4 sbv / t for the logits.
        let case = with(&megatron("megatron-22b", 8, B as u32), |case| {
            case.model = gpt(H as u32, A as u32, 1, 51_200);
            case.training = of_2022(&case.training);
            case.stack = exact_stack();
        });
        let layout = Layout { micro_batch: B as u32, sp: true, ..t8() };
        let memory = Book::new(&case).estimate(&layout).memory;
        assert_eq!(memory.get(M::ActivationsEnds).get(), S * B * H * 5 / 8);
        assert_eq!(memory.get(M::Logits).get(), 4 * S * B * 51_200 / 8);
    }

    #[test]
    fn first_stage_of_an_interleaved_pipeline() {
        // Section 4.2.3: L sbh (...) (1 + (p - 1) / (p m)) with m chunks on a stage. In whole
        // chunks of L / (p m) layers that is p m + p - 1.
        for p in [2, 4, 8, 35] {
            for chunks in [2, 3, 6] {
                let in_flight = in_flight_chunks(Schedule::Interleaved, p, chunks, 16 * p, 0);
                assert_eq!(in_flight, u64::from(p * chunks + p - 1));
            }
            assert_eq!(in_flight_chunks(Schedule::OneFOneB, p, 1, 16 * p, 0), u64::from(p));
        }
    }
}

mod zero {
    //! Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models",
    //! arXiv 1910.02054, figure 1 (page 2) and table 1 (page 8): fp16 Adam, K = 12.

    use super::*;

    /// A model of exactly 7.5e9 parameters: a table of 128 rows and one network of two matrices.
    fn model() -> Model {
        let hidden = 50_000;
        let ffn = Ffn::Dense(Dense { width: 74_936, gated: false, bias: false });
        let kind = LayerKind { mixer: Mixer::None, ffn, norm_params: 0 };
        let mut model = Model::of_layers("7.5B", hidden, vec![kind]).expect("one kind");
        model.vocab = 128;
        model.tied = true;
        assert_eq!(model.params().total, 7_500_000_000);
        model
    }

    fn gigabytes(replicas: u32, zero: ZeroStage) -> f64 {
        let case = with(&megatron("megatron-22b", replicas, replicas), |case| {
            case.model = model();
            case.stack = exact_stack();
            case.training.optimizer.gradients = StateType::Bf16;
        });
        let shard = if zero == ZeroStage::Zero { 1 } else { replicas };
        let layout = Layout { dp: replicas, zero, shard, ..Layout::SINGLE };
        let memory = Book::new(&case).estimate(&layout).memory;
        let parts = [M::WeightsFfn, M::WeightsEmbedding, M::Gradients, M::Master, M::Moments];
        parts.iter().map(|part| memory.get(*part)).sum::<Bytes>().as_f64() / 1e9
    }

    #[test]
    fn figure_1() {
        let near = |given: f64, printed: f64| {
            assert!((given - printed).abs() <= 0.0501, "{given} for {printed}");
        };
        near(gigabytes(64, ZeroStage::Zero), 120.0);
        near(gigabytes(64, ZeroStage::One), 31.4);
        near(gigabytes(64, ZeroStage::Two), 16.6);
        near(gigabytes(64, ZeroStage::Three), 1.9);
    }

    #[test]
    fn table_1() {
        // Rows of the 7.5B column: replicas, then stages 1, 2 and 3.
        let rows = [
            (4, 52.5, 41.3, 30.0),
            (16, 35.6, 21.6, 7.5),
            (64, 31.4, 16.6, 1.88),
            (256, 30.4, 15.4, 0.47),
            (1024, 30.1, 15.1, 0.12),
        ];
        for (replicas, one, two, three) in rows {
            let stages = [ZeroStage::One, ZeroStage::Two, ZeroStage::Three];
            for (zero, printed) in stages.into_iter().zip([one, two, three]) {
                let given = gigabytes(replicas, zero);
                assert!((given - printed).abs() <= 0.0501, "{replicas} {zero:?}: {given}");
            }
        }
    }
}

mod bubbles {
    //! Narayanan et al., arXiv 2104.04473, sections 2.2.1 and 2.2.2 (pages 4 and 5): a bubble of
    //! `(p - 1) / m` and `(p - 1) / (v m)` of the ideal time. DeepSeek-V3, arXiv 2412.19437, table
    //! 2 (page 13): 1F1B `(p - 1)(F + B)`, ZB1P `(p - 1)(F + B - 2W)`, DualPipe `(p / 2 - 1)(F&B +
    //! B - 3W)`; parameters 1, 1, 2 times; activations p, p, p + 1.

    use super::*;

    /// Equal stages, no communication: a network without latency whose rate is never felt.
    fn case(p: u32, m: u32, layers: u32) -> Case {
        with(&megatron("megatron-22b", p, m), |case| {
            case.model = gpt(6144, 64, layers, 1);
            case.stack = exact_stack();
            let bandwidth = BytesPerSecond::new(1e300);
            case.cluster.levels = vec![Level { span: p, bandwidth, latency: Seconds::ZERO }];
        })
    }

    fn run(schedule: Schedule, p: u32, vpp: u32, m: u32) -> (Estimate, f64, [f64; 3]) {
        let case = case(p, m, 2 * p * vpp);
        let layout = Layout { pp: p, schedule, vpp, ..Layout::SINGLE };
        rules::check(&case, &layout).expect("legal");
        let book = Book::new(&case);
        let estimate = book.estimate(&layout);
        let ideal: f64 = [T::Matmul, T::Attention, T::Pointwise, T::Launch]
            .iter()
            .map(|part| estimate.time.get(*part).get())
            .sum();
        let middle = &book.stages_report(&layout)[p as usize / 2];
        let times = [middle.forward.get(), middle.backward.get(), middle.weight.get()];
        (estimate, ideal, times)
    }

    fn near(given: f64, wanted: f64, share: f64) {
        assert!((given / wanted - 1.0).abs() <= share, "{given} for {wanted}");
    }

    #[test]
    fn ideal_fractions() {
        assert_eq!(ideal_bubble(1, 1, 8).get(), 0.0);
        assert_eq!(ideal_bubble(4, 1, 8).get(), 3.0 / 8.0);
        assert_eq!(ideal_bubble(4, 2, 8).get(), 3.0 / 16.0);
        assert_eq!(ideal_bubble(8, 3, 64).get(), 7.0 / 192.0);
    }

    #[test]
    fn plain_and_interleaved() {
        // The ends of the pipeline are nearly free here: a vocabulary of one.
        for (p, v, m) in [(2, 1, 8), (4, 1, 8), (8, 1, 64), (4, 2, 8), (8, 3, 64), (35, 3, 280)] {
            let schedule = if v > 1 { Schedule::Interleaved } else { Schedule::OneFOneB };
            let (estimate, ideal, _) = run(schedule, p, v, m);
            let bubble = estimate.time.get(T::Bubble).get() / ideal;
            near(bubble, f64::from(p - 1) / f64::from(v * m), 0.02);
        }
    }

    #[test]
    fn zero_bubble() {
        for p in [2, 4, 8, 16] {
            let (estimate, _, [f, b, w]) = run(Schedule::ZeroBubble, p, 1, 4 * p);
            let wanted = f64::from(p - 1) * (f + b - 2.0 * w);
            near(estimate.time.get(T::Bubble).get(), wanted, 0.05);
        }
    }

    #[test]
    fn dualpipe() {
        for p in [4, 8, 16] {
            let (estimate, _, [f, b, w]) = run(Schedule::DualPipe, p, 1, 4 * p);
            let pairs = f64::from(p) / 2.0 - 1.0;
            let paper = pairs * ((f + b) + b - 3.0 * w);
            // Its figure draws F, B - W and W alike; attention takes longer backward, on one of two ways.
            let wanted = paper - f.min(pairs * (b - w - f));
            assert!(wanted <= paper && wanted > 0.8 * paper, "{wanted} for {paper}");
            near(estimate.time.get(T::Bubble).get(), wanted, 0.05);
        }
    }

    #[test]
    fn activations_and_parameters() {
        for p in [4, 8, 16] {
            assert_eq!(in_flight_chunks(Schedule::OneFOneB, p, 1, 100, 0), u64::from(p));
            assert_eq!(in_flight_chunks(Schedule::ZeroBubble, p, 1, 100, 0), u64::from(p));
            assert_eq!(in_flight_chunks(Schedule::DualPipe, p, 1, 100, 0), u64::from(p + 1));
            let weights = |schedule| {
                let (estimate, ..) = run(schedule, p, 1, 4 * p);
                estimate.memory.get(M::WeightsFfn)
            };
            assert_eq!(weights(Schedule::DualPipe), weights(Schedule::OneFOneB).times(2));
        }
    }
}

mod iterations {
    //! Korthikanti et al., arXiv 2205.05198, table 5 (page 13): iteration times on Selene, A100 80
    //! GB, with full recompute, and with sequence parallelism and selective recompute. No data
    //! parallelism; heads, depths and widths of table 3.

    use super::*;

    struct Row {
        model: &'static str,
        pp: u32,
        vpp: u32,
        batch: u32,
        micro_batch: u32,
        full: f64,
        selective: f64,
    }

    const fn row(model: &'static str, [pp, vpp, batch, micro_batch]: [u32; 4], t: [f64; 2]) -> Row {
        Row { model, pp, vpp, batch, micro_batch, full: t[0], selective: t[1] }
    }

    const ROWS: [Row; 4] = [
        row("megatron-22b", [1, 1, 4, 4], [1.42, 1.10]),
        row("gpt-3-175b", [8, 3, 64, 1], [18.13, 13.75]),
        row("mt-nlg-530b", [35, 3, 280, 1], [49.05, 37.83]),
        row("megatron-1t", [64, 1, 512, 1], [94.42, 71.49]),
    ];

    impl Row {
        fn seconds(&self, selective: bool) -> f64 {
            let wanted = megatron(self.model, 8 * self.pp, self.batch);
            let case = with(&wanted, |case| {
                case.training = of_2022(&case.training);
                case.stack = stacks::find("megatron-2021").expect("a catalogued stack").clone();
            });
            let schedule = if self.vpp > 1 { Schedule::Interleaved } else { Schedule::OneFOneB };
            let mut layout = Layout {
                tp: 8,
                sp: selective,
                pp: self.pp,
                vpp: self.vpp,
                schedule,
                micro_batch: self.micro_batch,
                slots: Slots::default(),
                ..Layout::SINGLE
            };
            let full_layers = case.model.n_layers() / self.pp / self.vpp;
            layout.recompute =
                Recompute { selective, full_layers: if selective { 0 } else { full_layers } };
            rules::check(&case, &layout).expect("legal");
            let estimate = Book::new(&case).estimate(&layout);
            if std::env::var("AUTOPARALLEL_SHOW").is_ok() {
                let parts = T::ALL.iter().map(|p| (p.key(), estimate.time.get(*p).get()));
                let parts: Vec<_> = parts.filter(|(_, t)| *t > 0.0).collect();
                eprintln!("{} selective {selective}: {parts:?}", self.model);
            }
            estimate.step().get()
        }
    }

    #[test]
    fn table_5() {
        let mut worst = 0.0_f64;
        for row in &ROWS {
            for (selective, printed) in [(false, row.full), (true, row.selective)] {
                let given = row.seconds(selective);
                let off = given / printed - 1.0;
                eprintln!(
                    "{:<14} {:<9} {given:7.2} s for {printed:6.2} s, {:+.1} %",
                    row.model,
                    if selective { "selective" } else { "full" },
                    100.0 * off
                );
                worst = worst.max(off.abs());
            }
        }
        assert!(worst <= 0.10, "off by {worst}");
    }
}

mod llama {
    //! Llama 3 report, arXiv 2407.21783, table 4 (page 11): layouts of the 405B on 16,384 H100, and
    //! 400 and 380 TFLOP/s for each GPU.

    use super::*;

    fn compare(wanted: &Wanted, fixed: Fixed) -> (f64, f64) {
        let free = case(wanted);
        let theirs = with(wanted, |case| {
            case.constraints = Constraints { fixed, ..Constraints::default() };
        });
        let run = |case: &Case| {
            let book = Book::new(case);
            let best = search(&book, &Goal::fastest(&book)).best.expect("a layout that fits");
            let rate = bill(case, &best.estimate).flops_each.get() / 1e12;
            eprintln!("{:.2} s, {rate:.0} TFLOP/s: {:?}", best.estimate.step().get(), best.layout);
            (best.estimate.step().get(), rate)
        };
        let ((best, _), (published, rate)) = (run(&free), run(&theirs));
        (published / best, rate)
    }

    #[test]
    fn pre_training_at_8k() {
        let fixed = Fixed { tp: Some(8), cp: Some(1), pp: Some(16), ..Fixed::default() };
        let (ratio, rate) = compare(&LLAMA_405B, fixed);
        eprintln!("the authors' degrees take {ratio:.3} of the optimum, {rate:.0} TFLOP/s");
        assert!((1.0..1.15).contains(&ratio), "{ratio}");
    }

    #[test]
    fn long_context() {
        let wanted = Wanted { global_batch: 128, sequence: 131_072, ..LLAMA_405B };
        let fixed = Fixed { tp: Some(8), cp: Some(16), pp: Some(16), ..Fixed::default() };
        let (ratio, rate) = compare(&wanted, fixed);
        eprintln!("the authors' degrees take {ratio:.3} of the optimum, {rate:.0} TFLOP/s");
        assert!((1.0..1.25).contains(&ratio), "{ratio}");
    }

    #[test]
    fn usual_settings() {
        let training = training(&LLAMA_405B);
        assert_eq!(training.step_tokens().get(), 16 << 20);
    }
}
