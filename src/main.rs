//! The one WebAssembly module of the site: the page, or a search worker, by where it starts.

#[cfg(target_arch = "wasm32")]
mod ui;

// The page names the floors below as the core does.
#[cfg(target_arch = "wasm32")]
use autoparallel::{
    api, case, catalogue, chart, cluster, inputs, link, model, plan, stack, units, workload,
};

#[cfg(target_arch = "wasm32")]
fn main() {
    ui::fault::watch();
    if ui::worker::is_worker() {
        ui::worker::serve();
    } else {
        ui::mount();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This program is a web page. Start it with: cargo xtask serve");
    std::process::exit(2);
}
