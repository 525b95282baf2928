//! Scratch.
use autoparallel::estimate::serve::{Sequences, ServePart, Serving};
use autoparallel::fit::serve::run::read;
use autoparallel::fit::serve::{of_setup, setup};
use autoparallel::units::Tokens;
fn main() {
    let mut args = std::env::args().skip(1);
    let text = std::fs::read_to_string(args.next().unwrap()).unwrap();
    let ids: Vec<String> = args.collect();
    for (run, m) in read(&text) {
        if !ids.contains(&run.id) {
            continue;
        }
        let s = setup(&run).unwrap();
        let said = of_setup(&s, &run);
        println!(
            "== {} {} {} x{} {}",
            run.id, run.model, run.accelerator, s.service.cluster.count, s.service.engine.key
        );
        println!(
            "instance {:?} replicas {} traffic {:?} asked {:?} weights {} cache {}",
            s.instance,
            s.replicas,
            s.traffic,
            s.asked,
            s.service.weights.key(),
            s.service.cache.key()
        );
        println!(
            "admission {:?} chunk {} sequences {}",
            s.service.engine.admission, s.service.engine.chunk, s.service.engine.sequences
        );
        println!("measured {m:?}");
        println!(
            "said ttft {:?} tpot {:?} rate {:?} cached {:?} fits {}",
            said.first_token, said.per_token, said.rate, said.cached, said.fits
        );
        let v = Serving::new(&s.service, &s.instance);
        let mem = v.memory();
        print!("memory:");
        for p in autoparallel::estimate::serve::ServeMemoryPart::ALL { print!(" {:?} {:.1}", p, mem.get(p).as_gib()); }
        println!();
        println!("full {:?}", v.full(&s.traffic));
        let n = run.concurrency.or(run.batch).unwrap_or(1.0) / s.replicas;
        let ctx = Tokens::new((s.traffic.prompt + s.traffic.output / 2.0) as u64);
        let t = v.step(&v.decode_load(Sequences(n), ctx));
        print!("decode x{n}: {:.3} ms:", t.total().get() * 1e3);
        for p in ServePart::ALL {
            print!(" {:?} {:.3}", p, t.get(p).get() * 1e3);
        }
        println!();
        let (load, steps) = v.prompt_load(Tokens::new(s.traffic.prompt as u64));
        let t = v.step(&load);
        print!("prompt x{:?}: {:.3} ms:", steps, t.total().get() * 1e3);
        for p in ServePart::ALL {
            print!(" {:?} {:.3}", p, t.get(p).get() * 1e3);
        }
        println!();
    }
}
