//! CPU or GPU: asks the adapters, measures where a doubt remains, and honours the user's own choice.

use serde::Serialize;

use crate::compose::{ExecutorMeasure, compare_executors};
use crate::gpu::{self, AdapterKind, Executor, Gpu};
use crate::settings::ExecutorChoice;

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
}

impl ChosenExecutor {
    fn cpu(reason: impl Into<String>) -> Self {
        Self { gpu: None, reason: reason.into(), measure: None }
    }
}

/// Chooses for a run without a window, among all adapters of the machine.
pub fn choose_executor(wanted: ExecutorChoice) -> ChosenExecutor {
    if wanted == ExecutorChoice::Cpu {
        return ChosenExecutor::cpu("the CPU was asked for");
    }
    let (adapters, descriptions): (Vec<_>, Vec<_>) = gpu::adapters().into_iter().unzip();
    // With any speed-up given, the best adapter is named even if it is a software one; whether it pays is measured next.
    let best = gpu::choose_executor(&descriptions, Some(f64::INFINITY));
    let Executor::Gpu(index) = best.executor else { return ChosenExecutor::cpu(best.reason) };
    match Gpu::open(&adapters[index]) {
        Ok(gpu) => judge(wanted, gpu),
        Err(error) => ChosenExecutor::cpu(error.to_string()),
    }
}

/// Chooses for a window that draws on `gpu` already.
pub fn choose_on(wanted: ExecutorChoice, gpu: Gpu) -> ChosenExecutor {
    if wanted == ExecutorChoice::Cpu {
        return ChosenExecutor::cpu("the CPU was chosen in the settings");
    }
    if !gpu.info.runs_kernels() {
        return ChosenExecutor::cpu(format!("{} cannot run compute shaders", gpu.info.name));
    }
    judge(wanted, gpu)
}

fn judge(wanted: ExecutorChoice, gpu: Gpu) -> ChosenExecutor {
    if wanted == ExecutorChoice::Gpu {
        let reason = format!("{} was asked for", gpu.info.name);
        return ChosenExecutor { gpu: Some(Gpu { runs_networks: true, ..gpu }), reason, measure: None };
    }
    let description = [gpu.info.clone()];
    if gpu.info.kind != AdapterKind::Software {
        let reason = gpu::choose_executor(&description, None).reason;
        return ChosenExecutor { gpu: Some(gpu), reason, measure: None };
    }
    let measure = compare_executors(&gpu.device, &gpu.queue);
    let choice = gpu::choose_executor(&description, Some(measure.gpu_speedup()));
    let use_gpu = choice.executor != Executor::Cpu;
    ChosenExecutor { gpu: use_gpu.then_some(gpu), reason: choice.reason, measure: Some(measure) }
}
