//! CPU or GPU: asks the adapters, measures what is not remembered, and honours the user's own choice.
//!
//! What is measured is the composition of pictures, which says whether a doubtful adapter is used at all, and the networks, which say whether they run there.

use serde::Serialize;

use super::{Pipeline, generating};
use crate::compose::{ExecutorMeasure, compare_executors};
use crate::generate::network_trial;
use crate::gpu::{self, AdapterDescription, Executor, Gpu};
use crate::settings::{ExecutorChoice, MeasuredAdapter, NetworksMs};

/// The program's version, as measurements are remembered by it: unoptimised code is slower on the CPU alone.
const PROGRAM: &str = if cfg!(debug_assertions) { concat!(env!("CARGO_PKG_VERSION"), ", unoptimised") } else { env!("CARGO_PKG_VERSION") };

/// Where pictures are made, and why.
#[derive(Clone, Debug, Serialize)]
pub struct ChosenExecutor {
    /// The device to use; `None` for the CPU.
    #[serde(skip)]
    pub gpu: Option<Gpu>,
    /// One sentence for people.
    pub reason: String,
    /// What was measured, where a measurement was needed.
    pub measure: Option<ExecutorMeasure>,
    /// The same of the networks, where the adapter may run them.
    pub networks_ms: Option<NetworksMs>,
    /// Whether that was at an earlier start.
    pub remembered: bool,
    /// What shall be remembered of this start.
    #[serde(skip)]
    pub to_remember: Option<MeasuredAdapter>,
}

impl ChosenExecutor {
    fn cpu(reason: impl Into<String>) -> Self {
        Self { gpu: None, reason: reason.into(), measure: None, networks_ms: None, remembered: false, to_remember: None }
    }

    fn gpu(gpu: Gpu, reason: String) -> Self {
        Self { gpu: Some(gpu), ..Self::cpu(reason) }
    }
}

/// Chooses for a run without a window, among all adapters of the machine. `known` are adapters that were measured before.
pub fn choose_executor(wanted: ExecutorChoice, known: &[MeasuredAdapter]) -> ChosenExecutor {
    if wanted == ExecutorChoice::Cpu {
        return ChosenExecutor::cpu("the CPU was asked for");
    }
    let (adapters, descriptions): (Vec<_>, Vec<_>) = gpu::adapters().into_iter().unzip();
    // With any speed-up given, the best adapter is named even if it is a software one; whether it pays is measured next.
    let best = gpu::choose_executor(&descriptions, Some(f64::INFINITY));
    let Executor::Gpu(index) = best.executor else { return ChosenExecutor::cpu(best.reason) };
    match Gpu::open(&adapters[index]) {
        Ok(gpu) => judge(wanted, gpu, known),
        Err(error) => ChosenExecutor::cpu(error.to_string()),
    }
}

/// Chooses for a window that draws on `gpu` already, if it does. `known` as above.
pub fn choose_on(wanted: ExecutorChoice, gpu: Option<Gpu>, known: &[MeasuredAdapter]) -> ChosenExecutor {
    match gpu {
        _ if wanted == ExecutorChoice::Cpu => ChosenExecutor::cpu("the CPU was asked for"),
        None => ChosenExecutor::cpu("the window is not drawn by a graphics adapter"),
        Some(gpu) if !gpu.info.runs_kernels() => ChosenExecutor::cpu(format!("{} cannot run compute shaders", gpu.info.name)),
        Some(gpu) => judge(wanted, gpu, known),
    }
}

fn judge(wanted: ExecutorChoice, gpu: Gpu, known: &[MeasuredAdapter]) -> ChosenExecutor {
    if wanted == ExecutorChoice::Gpu {
        let reason = format!("{} was asked for", gpu.info.name);
        return ChosenExecutor::gpu(Gpu { runs_networks: true, ..gpu }, reason);
    }
    let earlier = known.iter().find(|known| is_of(known, &gpu));
    let measured = earlier.cloned().unwrap_or_else(|| measured(&gpu));
    let untried = gpu.runs_networks && measured.networks_ms.is_none();
    let measure = ExecutorMeasure { cpu_ms: measured.cpu_ms, gpu_ms: measured.gpu_ms };
    // No measurement of a few frames says more of a real card than that it is one.
    let speedup = gpu.info.kind.is_doubtful().then(|| measure.gpu_speedup());
    let choice = gpu::choose_executor(std::slice::from_ref(&gpu.info), speedup);
    let use_gpu = choice.executor != Executor::Cpu;
    let stays = match measured.networks_ms {
        _ if !gpu.runs_networks => None,
        None => Some("since they could not be measured".to_owned()),
        Some(NetworksMs { cpu, gpu }) if gpu > cpu => Some(format!("which takes {cpu:.1} ms for a face instead of {gpu:.1} ms")),
        Some(_) => None,
    };
    let runs_networks = gpu.runs_networks && stays.is_none();
    let reason = match stays.filter(|_| use_gpu) {
        Some(why) => format!("{}; the networks stay on the CPU, {why}", choice.reason),
        None => choice.reason,
    };
    ChosenExecutor {
        gpu: use_gpu.then_some(Gpu { runs_networks, ..gpu }),
        reason,
        measure: Some(measure),
        networks_ms: measured.networks_ms,
        remembered: earlier.is_some(),
        // What could not be measured is tried again at the next start.
        to_remember: (earlier.is_none() && !untried).then_some(measured),
    }
}

/// Measures an adapter, as it shall be remembered.
fn measured(gpu: &Gpu) -> MeasuredAdapter {
    let ExecutorMeasure { cpu_ms, gpu_ms } = compare_executors(&gpu.device, &gpu.queue);
    let networks_ms = gpu.runs_networks.then(|| network_trial(gpu)).and_then(|trial| {
        let failed = |error| tracing::warn!("the networks could not be measured on {}: {error}", gpu.info.name);
        trial.map_err(failed).ok().map(|[cpu, gpu]| NetworksMs { cpu, gpu })
    });
    MeasuredAdapter {
        adapter: name_of(&gpu.info),
        driver: gpu.info.driver.clone(),
        program: PROGRAM.to_owned(),
        cpu_ms,
        gpu_ms,
        networks_ms,
    }
}

fn name_of(adapter: &AdapterDescription) -> String {
    format!("{} ({})", adapter.name, adapter.backend)
}

/// Whether an earlier measurement holds for this adapter with the driver and the program that there are now, and says all that is asked for.
fn is_of(known: &MeasuredAdapter, gpu: &Gpu) -> bool {
    let same = known.adapter == name_of(&gpu.info) && known.driver == gpu.info.driver && known.program == PROGRAM;
    same && (known.networks_ms.is_some() || !gpu.runs_networks)
}

/// A wish for another executor, fulfilled on the generating thread: a measurement may take a moment.
pub(super) struct ExecutorWish {
    wanted: ExecutorChoice,
    gpu: Option<Gpu>,
    known: Vec<MeasuredAdapter>,
}

impl ExecutorWish {
    pub(super) fn choose(self) -> ChosenExecutor {
        choose_on(self.wanted, self.gpu, &self.known)
    }
}

impl Pipeline {
    /// Makes pictures elsewhere from now on, in a window that draws on `gpu`; [`Event::ExecutorChosen`](super::Event::ExecutorChosen) tells where. `known`
    /// are adapters that were measured before. While a recording runs, nothing changes.
    pub fn use_executor(&self, wanted: ExecutorChoice, gpu: Option<Gpu>, known: Vec<MeasuredAdapter>) {
        self.to_generate.send(generating::Command::UseExecutor(Box::new(ExecutorWish { wanted, gpu, known }))).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::AdapterKind;
    use crate::gpu::testing::{gpu_for_test, software_gpu_for_test};
    use test_needs::needs;

    #[needs(software_gpu)]
    #[test]
    fn a_doubtful_adapter_is_measured_once_for_each_driver_and_program() {
        let gpu = software_gpu_for_test();
        let choose = |known: &[MeasuredAdapter]| choose_on(ExecutorChoice::Auto, Some(gpu.clone()), known);
        let first = choose(&[]);
        assert!(!first.remembered && first.measure.is_some_and(|m| m.cpu_ms > 0.0 && m.gpu_ms > 0.0), "measured: {first:?}");
        let known = first.to_remember.expect("to be remembered");
        for (gpu_ms, uses_gpu) in [(known.cpu_ms / 9.0, true), (known.cpu_ms * 9.0, false), (f64::INFINITY, false)] {
            let later = choose(&[MeasuredAdapter { gpu_ms, ..known.clone() }]);
            assert!(later.remembered && later.to_remember.is_none(), "not measured again: {later:?}");
            assert_eq!((later.gpu.is_some(), later.measure.map(|m| m.gpu_ms)), (uses_gpu, Some(gpu_ms)), "what is remembered counts");
        }
        let changes: [fn(&mut MeasuredAdapter); 3] =
            [|m| m.driver += " of tomorrow", |m| m.program += " of tomorrow", |m| m.adapter = "another".to_owned()];
        for change in changes {
            let mut other = known.clone();
            change(&mut other);
            let later = choose(&[other.clone()]);
            assert!(!later.remembered && later.to_remember.is_some(), "{other:?} says nothing of this adapter");
        }
    }

    #[needs(software_gpu)]
    #[test]
    fn networks_run_where_they_are_faster() {
        // A software adapter that claims to be a chip.
        let gpu = software_gpu_for_test();
        let info = AdapterDescription { kind: AdapterKind::Integrated, ..gpu.info.clone() };
        let gpu = Gpu { info, runs_networks: true, ..gpu };
        let choose = |known: &[MeasuredAdapter]| choose_on(ExecutorChoice::Auto, Some(gpu.clone()), known);
        let first = choose(&[]);
        let known = first.to_remember.clone().expect("to be remembered");
        let networks = known.networks_ms.expect("the networks were measured");
        assert!(networks.cpu > 0.0 && networks.gpu > networks.cpu, "a processor that plays a chip is slower than itself: {networks:?}");
        assert!(first.gpu.is_some_and(|gpu| !gpu.runs_networks) && first.reason.contains("stay on the CPU"), "{}", first.reason);
        let faster = MeasuredAdapter { networks_ms: Some(NetworksMs { cpu: 6.0, gpu: 2.0 }), ..known.clone() };
        let later = choose(&[faster]);
        assert!(later.remembered && later.gpu.is_some_and(|gpu| gpu.runs_networks), "they would run there: {}", later.reason);
        let before = MeasuredAdapter { networks_ms: None, ..known };
        assert!(!choose(&[before]).remembered, "a measurement without them says too little");
    }

    #[test]
    fn the_users_own_choice_is_not_measured() {
        let cpu = choose_on(ExecutorChoice::Cpu, None, &[]);
        assert!(cpu.gpu.is_none() && cpu.measure.is_none() && cpu.reason.contains("asked for"), "{cpu:?}");
        let none = choose_on(ExecutorChoice::Gpu, None, &[]);
        assert!(none.gpu.is_none() && none.reason.contains("not drawn"), "there is none: {none:?}");
    }

    #[needs(gpu)]
    #[test]
    fn a_device_that_the_user_asked_for_runs_the_networks_too() {
        let asked = choose_on(ExecutorChoice::Gpu, Some(gpu_for_test()), &[]);
        assert!(asked.gpu.is_some_and(|gpu| gpu.runs_networks) && asked.measure.is_none(), "it runs the networks, too");
    }
}
