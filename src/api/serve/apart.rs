//! The commands that start pools of readers and writers, and what stands before them.

use super::LaunchView;
use super::launch::{Role, sglang, trtllm, vllm, weights_note};
use crate::plan::serve::{Deployed, Deployment};
use crate::serving::Ask;

/// Commands of both pools and of their router; a note where the engine has none that is known here.
pub(super) fn launch(ask: &Ask, pair: Option<&[Deployment; 2]>) -> LaunchView {
    let [Some(reader), Some(writer)] =
        [0, 1].map(|pool| pair.and_then(|pair| Deployed::new(ask, &pair[pool])))
    else {
        return LaunchView::default();
    };
    let (command, router, note): (fn(&Deployed<'_>, Role) -> String, _, _) =
        match ask.engine.key.as_str() {
            "vllm" => (vllm, of_vllm(&reader, &writer), VLLM),
            "sglang" | "sglang-2025" | "sglang-ep" => (sglang, of_sglang(&reader, &writer), SGLANG),
            "trtllm" => (trtllm, of_trtllm(&reader, &writer), TRTLLM),
            _ => {
                let name = ask.engine.base_name();
                let note = format!("No commands for pools of {name} are known here.");
                return LaunchView { notes: vec![note], ..LaunchView::default() };
            }
        };
    let command = format!(
        "# On each of {} readers\n{}\n\n# On each of {} writers\n{}\n\n# Before them\n{router}",
        reader.instances(),
        command(&reader, Role::Reads),
        writer.instances(),
        command(&writer, Role::Writes),
    );
    let names = "reader-1, writer-1 and so on stand for the first machine of each instance. The \
        commands follow the engine's guide; they were not run.";
    let notes = [note, names].map(str::to_owned).into_iter().chain(weights_note(&reader));
    LaunchView { command, notes: notes.collect() }
}

const VLLM: &str = "Both pools need NIXL (pip install nixl). Which instance reads and which writes \
    is the proxy's choice; this one is the example of vLLM's repository, for trials \
    (https://docs.vllm.ai/en/latest/features/nixl_connector_usage.html).";
const SGLANG: &str = "Both pools need Mooncake (pip install mooncake-transfer-engine) or, with \
    --disaggregation-transfer-backend nixl, NIXL; --disaggregation-ib-device names the network \
    card (https://docs.sglang.io/advanced_features/pd_disaggregation.html).";
const TRTLLM: &str = "Readers run without the overlap scheduler, which they do not support \
    (https://github.com/NVIDIA/TensorRT-LLM/tree/main/examples/disaggregated).";

fn of_vllm(reader: &Deployed<'_>, writer: &Deployed<'_>) -> String {
    let pool = |name: &str, short: &str, n: u32| {
        let ports = format!("--{name}-ports $(yes 8000 | head -n {n})");
        format!(" \\\n  --{name}-hosts {short}-{{1..{n}}} \\\n  {ports}")
    };
    format!(
        "python tests/v1/kv_connector/nixl_integration/toy_proxy_server.py --port 8192{}{}",
        pool("prefiller", "reader", reader.instances()),
        pool("decoder", "writer", writer.instances())
    )
}

fn of_sglang(reader: &Deployed<'_>, writer: &Deployed<'_>) -> String {
    let pool = |name: &str, short: &str, n: u32| {
        format!(" \\\n  $(printf -- '--{name} http://{short}-%d:30000 ' $(seq {n}))")
    };
    format!(
        "python -m sglang_router.launch_router --pd-disaggregation --host 0.0.0.0 --port 8000{}{}",
        pool("prefill", "reader", reader.instances()),
        pool("decode", "writer", writer.instances())
    )
}

fn of_trtllm(reader: &Deployed<'_>, writer: &Deployed<'_>) -> String {
    let pool = |name: &str, short: &str, n: u32| {
        format!(
            "{name}_servers:\n  num_instances: {n}\n  urls:\n\
             $(printf '    - \"{short}-%d:8000\"\\n' $(seq {n}))\n"
        )
    };
    format!(
        "cat > pools.yml <<EOF\nhostname: 0.0.0.0\nport: 8000\nbackend: pytorch\n{}{}EOF\n\
         trtllm-serve disaggregated -c pools.yml",
        pool("context", "reader", reader.instances()),
        pool("generation", "writer", writer.instances())
    )
}
