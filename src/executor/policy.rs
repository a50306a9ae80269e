//! The decision itself: a pure function of the wish, the adapter and what was measured.

use super::{Decision, Executor};
use crate::gpu::{AdapterDescription, AdapterKind, TrialMs};
use crate::settings::{ExecutorChoice, MeasuredAdapter};

/// A software adapter shares the cores with tracking and with the window, which it draws, too: it must be this many times faster to be worth it.
const SOFTWARE_SPEEDUP: f64 = 1.5;
/// One of unknown nature may be anything, also software behind a virtual machine's wall: it must at least be faster.
const UNKNOWN_SPEEDUP: f64 = 1.0;

/// Whether the networks may run on an adapter that was not asked for by the user: on anything but software.
pub(super) fn may_run_networks(adapter: &AdapterDescription) -> bool {
    adapter.kind != AdapterKind::Software
}

/// Decides where pictures are made. `adapter` is the one to use, or why there is none; `measured` is only needed for an automatic choice.
pub(super) fn decide(wish: ExecutorChoice, adapter: Result<&AdapterDescription, &str>, measured: Option<&MeasuredAdapter>) -> Decision {
    let cpu = |reason: String| Decision { reason, measured: measured.cloned(), ..Decision::default() };
    let gpu = |adapter: &AdapterDescription, runs_networks: bool, reason: String| Decision {
        executor: Executor::Gpu { adapter: adapter.name.clone(), runs_networks },
        ..cpu(reason)
    };
    match (wish, adapter) {
        (ExecutorChoice::Cpu, _) => cpu("the CPU was asked for".to_owned()),
        (_, Err(why)) => cpu(why.to_owned()),
        (ExecutorChoice::Gpu, Ok(adapter)) => gpu(adapter, true, format!("{} was asked for", adapter.name)),
        (ExecutorChoice::Auto, Ok(adapter)) => {
            let speedup = measured.map(|measured| TrialMs { cpu: measured.cpu_ms, gpu: measured.gpu_ms }.speedup());
            match composition(adapter, speedup) {
                Err(why) => cpu(why),
                Ok(why) => match keeps_networks(adapter, measured.and_then(|measured| measured.networks_ms)) {
                    Some(because) => gpu(adapter, false, format!("{why}; the networks stay on the CPU, {because}")),
                    None => gpu(adapter, may_run_networks(adapter), why),
                },
            }
        }
    }
}

/// Why an adapter composes pictures, or, as the error, why it does not. `speedup` is how many times faster than the CPU it was measured to be.
fn composition(adapter: &AdapterDescription, speedup: Option<f64>) -> Result<String, String> {
    let name = &adapter.name;
    let (needed, what) = match adapter.kind {
        // No measurement of a few frames says more of a real card than that it is one.
        AdapterKind::Discrete | AdapterKind::Integrated => (None, ""),
        AdapterKind::Virtual | AdapterKind::Unknown => (Some(UNKNOWN_SPEEDUP), "does not say what it is"),
        AdapterKind::Software => (Some(SOFTWARE_SPEEDUP), "is a software adapter"),
    };
    match (needed, speedup) {
        (Some(needed), Some(speedup)) if speedup > needed => {
            Ok(format!("{name} {what}, but was measured {speedup:.1} times as fast as the CPU code"))
        }
        (Some(_), Some(speedup)) => Err(format!("{name} {what}, and was measured at {speedup:.2} times the speed of the CPU code")),
        (Some(_), None) if adapter.kind == AdapterKind::Software => Err(format!("{name} {what}, which is too slow for live use")),
        _ => Ok(format!("{name} ({}) is a graphics processor that runs all kernels", adapter.backend)),
    }
}

/// Why the networks stay on the CPU although the adapter might run them; `None` when they need not or must not run there.
fn keeps_networks(adapter: &AdapterDescription, measured: Option<TrialMs>) -> Option<String> {
    if !may_run_networks(adapter) {
        return None;
    }
    match measured {
        None => Some("since they could not be measured".to_owned()),
        Some(TrialMs { cpu, gpu }) if gpu > cpu => Some(format!("which takes {cpu:.1} ms for a face instead of {gpu:.1} ms")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(kind: AdapterKind) -> AdapterDescription {
        AdapterDescription {
            name: "adapter".to_owned(),
            backend: "vulkan".to_owned(),
            kind,
            driver: String::new(),
            compute: true,
            shader_f16: true,
            subgroups: true,
            timestamps: true,
            max_texture_side_px: 16_384,
            max_storage_binding_bytes: 1 << 27,
            max_workgroup_storage_bytes: 32_768,
            max_workgroup_threads: 1024,
        }
    }

    /// What is decided, in short.
    #[derive(Debug, PartialEq)]
    enum Where {
        Cpu,
        Compose,
        All,
    }

    #[test]
    fn the_table_of_decisions() {
        use AdapterKind::{Discrete, Integrated, Software, Unknown, Virtual};
        use ExecutorChoice::{Auto, Cpu, Gpu};
        const SLOW: Option<[f64; 2]> = Some([2.0, 8.0]);
        const FAST: Option<[f64; 2]> = Some([8.0, 2.0]);
        // Wish, kind of adapter, milliseconds of composition and of the networks on CPU and adapter; where, and what the reason says.
        let table = [
            (Cpu, Some(Discrete), FAST, FAST, Where::Cpu, "was asked for"),
            (Gpu, Some(Software), None, None, Where::All, "was asked for"),
            (Gpu, None, None, None, Where::Cpu, "no adapter at all"),
            (Auto, None, None, None, Where::Cpu, "no adapter at all"),
            (Auto, Some(Discrete), SLOW, FAST, Where::All, "graphics processor"),
            (Auto, Some(Discrete), SLOW, SLOW, Where::Compose, "2.0 ms for a face instead of 8.0 ms"),
            (Auto, Some(Integrated), FAST, None, Where::Compose, "could not be measured"),
            (Auto, Some(Discrete), None, None, Where::Compose, "graphics processor"),
            (Auto, Some(Unknown), SLOW, FAST, Where::Cpu, "0.25 times"),
            (Auto, Some(Virtual), Some([2.4, 2.0]), FAST, Where::All, "1.2 times"),
            (Auto, Some(Unknown), None, FAST, Where::Compose, "could not be measured"),
            (Auto, Some(Software), None, None, Where::Cpu, "too slow"),
            (Auto, Some(Software), Some([0.8, 2.0]), None, Where::Cpu, "0.40 times"),
            (Auto, Some(Software), Some([2.4, 2.0]), None, Where::Cpu, "1.20 times"),
            (Auto, Some(Software), Some([2.0, f64::INFINITY]), None, Where::Cpu, "0.00 times"),
            (Auto, Some(Software), Some([f64::NAN, 2.0]), None, Where::Cpu, "NaN times"),
            (Auto, Some(Software), FAST, None, Where::Compose, "4.0 times"),
        ];
        for (wish, kind, composition, networks, expected, says) in table {
            let case = format!("{wish:?} {kind:?} {composition:?} {networks:?}");
            let adapter = kind.map(adapter);
            let measured = composition.map(|[cpu_ms, gpu_ms]| MeasuredAdapter {
                cpu_ms,
                gpu_ms,
                networks_ms: networks.map(|[cpu, gpu]| TrialMs { cpu, gpu }),
                ..MeasuredAdapter::default()
            });
            let decision = decide(wish, adapter.as_ref().ok_or("no adapter at all"), measured.as_ref());
            let place = match decision.executor {
                Executor::Cpu => Where::Cpu,
                Executor::Gpu { runs_networks: false, .. } => Where::Compose,
                Executor::Gpu { runs_networks: true, .. } => Where::All,
            };
            assert_eq!(place, expected, "{case}: {}", decision.reason);
            assert!(decision.reason.contains(says), "{case}: {}", decision.reason);
            assert_eq!(decision.measured.is_some(), measured.is_some(), "{case}: what was measured is passed on");
        }
    }
}
