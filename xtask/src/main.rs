//! Builds, serves and tests the site. `cargo xtask` lists what it can do.

mod bench;
mod check;
mod deny;
mod fuzz;
mod hash;
mod keeper;
mod page;
mod script;
mod serve;
mod single;
mod site;
mod tools;
mod workspace;

use anyhow::{Result, bail};
use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask serve [--release] [--port N] [--base /sub/path/]   build the site and serve it
cargo xtask build [--single-file]                              build dist/, ready for any host
cargo xtask npm                                                build the JavaScript package, packed
cargo xtask test [STEP...]                                     every check, or the named steps
cargo xtask fuzz [--seconds N] [PARSER...]                     mutated inputs for every parser
cargo xtask bench                                              benchmarks, native and in Chromium
cargo xtask size                                               sizes of the files of dist/";

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[OsString]) -> Result<()> {
    let Some((command, rest)) = args.split_first() else { bail!("no command given\n{USAGE}") };
    match command.to_string_lossy().as_ref() {
        "serve" => serve::serve(&texts(rest)?),
        "build" => site::build_told(&texts(rest)?),
        "fuzz" => fuzz::fuzz(&texts(rest)?),
        "npm" => script::pack().map(drop),
        "test" => check::test(&texts(rest)?),
        "bench" => bench::bench(),
        "size" => site::print_sizes(),
        "bindgen" => site::bindgen(rest),
        site::TEST_RUNNER => site::test_runner(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("no command {other:?}\n{USAGE}"),
    }
}

fn texts(args: &[OsString]) -> Result<Vec<&str>> {
    args.iter()
        .map(|arg| arg.to_str().ok_or_else(|| anyhow::anyhow!("{arg:?} is not readable text")))
        .collect()
}
