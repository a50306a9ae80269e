//! CPU or GPU: asks the adapters, measures where a doubt remains and nothing is remembered, and honours the user's own choice.

use serde::Serialize;

use super::{Pipeline, generating};
use crate::compose::{ExecutorMeasure, compare_executors};
use crate::gpu::{self, AdapterDescription, Executor, Gpu};
use crate::settings::{ExecutorChoice, MeasuredAdapter};

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
    /// Whether that was at an earlier start.
    pub remembered: bool,
    /// What shall be remembered of this start.
    #[serde(skip)]
    pub to_remember: Option<MeasuredAdapter>,
}

impl ChosenExecutor {
    fn cpu(reason: impl Into<String>) -> Self {
        Self { gpu: None, reason: reason.into(), measure: None, remembered: false, to_remember: None }
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
    let description = [gpu.info.clone()];
    if !gpu.info.kind.is_doubtful() {
        return ChosenExecutor::gpu(gpu, gpu::choose_executor(&description, None).reason);
    }
    let earlier =
        known.iter().find(|known| is_of(known, &gpu.info)).map(|known| ExecutorMeasure { cpu_ms: known.cpu_ms, gpu_ms: known.gpu_ms });
    let measure = earlier.unwrap_or_else(|| compare_executors(&gpu.device, &gpu.queue));
    let choice = gpu::choose_executor(&description, Some(measure.gpu_speedup()));
    let use_gpu = choice.executor != Executor::Cpu;
    ChosenExecutor {
        to_remember: earlier.is_none().then(|| measured(&gpu.info, measure)),
        gpu: use_gpu.then_some(gpu),
        reason: choice.reason,
        measure: Some(measure),
        remembered: earlier.is_some(),
    }
}

/// What is remembered of a measurement.
fn measured(adapter: &AdapterDescription, ExecutorMeasure { cpu_ms, gpu_ms }: ExecutorMeasure) -> MeasuredAdapter {
    MeasuredAdapter {
        adapter: format!("{} ({})", adapter.name, adapter.backend),
        driver: adapter.driver.clone(),
        program: PROGRAM.to_owned(),
        cpu_ms,
        gpu_ms,
    }
}

/// Whether an earlier measurement holds for this adapter with the driver and the program that there are now.
fn is_of(known: &MeasuredAdapter, adapter: &AdapterDescription) -> bool {
    *known == measured(adapter, ExecutorMeasure { cpu_ms: known.cpu_ms, gpu_ms: known.gpu_ms })
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
    use crate::gpu::gpu_for_test;

    #[test]
    fn a_doubtful_adapter_is_measured_once_for_each_driver_and_program() {
        let Some(gpu) = gpu_for_test().filter(|gpu| gpu.info.kind.is_doubtful()) else { return };
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

    #[test]
    fn the_users_own_choice_is_not_measured() {
        let cpu = choose_on(ExecutorChoice::Cpu, None, &[]);
        assert!(cpu.gpu.is_none() && cpu.measure.is_none() && cpu.reason.contains("asked for"), "{cpu:?}");
        let none = choose_on(ExecutorChoice::Gpu, None, &[]);
        assert!(none.gpu.is_none() && none.reason.contains("not drawn"), "there is none: {none:?}");
        let Some(gpu) = gpu_for_test() else { return };
        let asked = choose_on(ExecutorChoice::Gpu, Some(gpu), &[]);
        assert!(asked.gpu.is_some_and(|gpu| gpu.runs_networks) && asked.measure.is_none(), "it runs the networks, too");
    }
}
