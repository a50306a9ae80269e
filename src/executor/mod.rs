//! CPU or GPU: where pictures are made.
//!
//! Three steps, each in a place of its own: `measure` times both sides, the settings and [`Executors`] remember that, and `policy` decides. Only the
//! composition of pictures and the networks are measured.

mod measure;
mod policy;

use std::fmt;

use serde::Serialize;

use crate::gpu::{self, AdapterDescription, Gpu};
use crate::settings::{ExecutorChoice, MeasuredAdapter};

/// Where pictures are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Executor {
    /// On the CPU, by the kernels' twins.
    #[default]
    Cpu,
    /// On a graphics adapter.
    Gpu {
        /// Name of the adapter.
        adapter: String,
        /// Whether it runs the networks, too, and not only the composition.
        runs_networks: bool,
    },
}

impl fmt::Display for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("CPU"),
            Self::Gpu { adapter, .. } => write!(f, "GPU: {adapter}"),
        }
    }
}

/// Where pictures are made, why, and what was measured for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Decision {
    /// Where.
    pub executor: Executor,
    /// Why; a sentence for people, without its full stop.
    pub reason: String,
    /// The measurement that decided, where one was needed.
    pub measured: Option<MeasuredAdapter>,
    /// Whether that is of an earlier start.
    pub remembered: bool,
}

impl Decision {
    /// Whether it does what the user asked for: a GPU that was asked for may not be usable.
    pub fn fulfils(&self, wish: ExecutorChoice) -> bool {
        wish != ExecutorChoice::Gpu || self.executor != Executor::Cpu
    }

    /// The same after the GPU turned out not to be usable.
    #[must_use]
    pub fn refused(self, why: &str) -> Self {
        let Executor::Gpu { adapter, .. } = &self.executor else { return self };
        Self { reason: format!("{adapter} cannot go on ({why}), so the CPU makes the pictures"), executor: Executor::Cpu, ..self }
    }
}

/// The executors of this machine: its adapter, and what is known of its speed.
#[derive(Debug)]
pub struct Executors {
    adapter: Adapter,
    known: Vec<MeasuredAdapter>,
}

#[derive(Debug)]
enum Adapter {
    /// The best of the machine, which is looked for when it is needed.
    OfMachine,
    /// A device on it.
    Open(Box<Gpu>),
    /// There is none, and why.
    Absent(String),
}

impl Default for Executors {
    /// The CPU alone.
    fn default() -> Self {
        Self::of_window(None, Vec::new())
    }
}

impl Executors {
    /// For a run without a window: the best adapter of the machine. `known` are adapters that were measured before.
    pub fn of_machine(known: Vec<MeasuredAdapter>) -> Self {
        Self { adapter: Adapter::OfMachine, known }
    }

    /// For a window that is drawn on `gpu`, if it is drawn by one. `known` as above.
    pub fn of_window(gpu: Option<Gpu>, known: Vec<MeasuredAdapter>) -> Self {
        let adapter = match gpu {
            None => Adapter::Absent("the window is not drawn by a graphics adapter".to_owned()),
            Some(gpu) if !gpu.info.runs_kernels() => Adapter::Absent(format!("{} cannot run compute shaders", gpu.info.name)),
            Some(gpu) => Adapter::Open(Box::new(gpu)),
        };
        Self { adapter, known }
    }

    /// Decides. Measures the adapter where that is needed and nothing is known of it, which takes up to a second or so.
    pub fn choose(&mut self, wish: ExecutorChoice) -> Decision {
        if wish == ExecutorChoice::Cpu {
            return policy::decide(wish, Err(""), None);
        }
        if matches!(self.adapter, Adapter::OfMachine) {
            self.adapter = best_of_machine();
        }
        let gpu = match &self.adapter {
            Adapter::Open(gpu) => gpu,
            Adapter::Absent(why) => return policy::decide(wish, Err(why), None),
            Adapter::OfMachine => return policy::decide(wish, Err("the adapters were not looked for"), None),
        };
        if wish == ExecutorChoice::Gpu {
            return policy::decide(wish, Ok(&gpu.info), None);
        }
        let earlier = self.known.iter().find(|known| measure::holds_for(known, &gpu.info)).cloned();
        let remembered = earlier.is_some();
        let measured = earlier.unwrap_or_else(|| measure::measure(gpu));
        let decision = policy::decide(wish, Ok(&gpu.info), Some(&measured));
        if !remembered {
            self.known.retain(|known| known.adapter != measured.adapter);
            self.known.push(measured);
        }
        Decision { remembered, ..decision }
    }

    /// The device for an executor that was decided for; `None` for the CPU.
    pub fn device(&self, executor: &Executor) -> Option<Gpu> {
        match (executor, &self.adapter) {
            (Executor::Gpu { runs_networks, .. }, Adapter::Open(gpu)) => Some(Gpu { runs_networks: *runs_networks, ..(**gpu).clone() }),
            _ => None,
        }
    }
}

fn best_of_machine() -> Adapter {
    let (adapters, descriptions): (Vec<_>, Vec<AdapterDescription>) = gpu::adapters().into_iter().unzip();
    match gpu::best_adapter(&descriptions) {
        Some(index) => {
            Gpu::open(&adapters[index]).map_or_else(|error| Adapter::Absent(error.to_string()), |gpu| Adapter::Open(Box::new(gpu)))
        }
        None if descriptions.is_empty() => Adapter::Absent("no graphics adapter was found".to_owned()),
        None => Adapter::Absent("no adapter runs the kernels".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use test_needs::needs;

    use super::*;
    use crate::gpu::testing::{gpu_for_test, software_gpu_for_test};
    use crate::gpu::{AdapterKind, TrialMs};

    #[needs(software_gpu)]
    #[test]
    fn an_adapter_is_measured_once_for_each_driver_and_program() {
        let gpu = software_gpu_for_test();
        let choose = |known: &[MeasuredAdapter]| Executors::of_window(Some(gpu.clone()), known.to_vec()).choose(ExecutorChoice::Auto);
        let first = choose(&[]);
        let known = first.measured.clone().expect("measured");
        assert!(!first.remembered && known.cpu_ms > 0.0 && known.gpu_ms > 0.0, "measured now: {first:?}");
        for (gpu_ms, uses_gpu) in [(known.cpu_ms / 9.0, true), (known.cpu_ms * 9.0, false), (f64::INFINITY, false)] {
            let later = choose(&[MeasuredAdapter { gpu_ms, ..known.clone() }]);
            assert!(later.remembered, "not measured again: {later:?}");
            assert_eq!(later.executor != Executor::Cpu, uses_gpu, "what is remembered counts: {later:?}");
        }
        let changes: [fn(&mut MeasuredAdapter); 3] =
            [|m| m.driver += " of tomorrow", |m| m.program += " of tomorrow", |m| m.adapter = "another".to_owned()];
        for change in changes {
            let mut other = known.clone();
            change(&mut other);
            assert!(!choose(&[other.clone()]).remembered, "{other:?} says nothing of this adapter");
        }
        let mut executors = Executors::of_window(Some(gpu), Vec::new());
        executors.choose(ExecutorChoice::Auto);
        assert!(executors.choose(ExecutorChoice::Auto).remembered, "nor is it measured twice in one run");
    }

    #[needs(software_gpu)]
    #[test]
    fn networks_are_measured_where_they_may_run() {
        // A software adapter that claims to be a chip.
        let gpu = software_gpu_for_test();
        let info = AdapterDescription { kind: AdapterKind::Integrated, ..gpu.info.clone() };
        let gpu = Gpu { info, ..gpu };
        let choose = |known: &[MeasuredAdapter]| {
            let mut executors = Executors::of_window(Some(gpu.clone()), known.to_vec());
            let decision = executors.choose(ExecutorChoice::Auto);
            (executors.device(&decision.executor), decision)
        };
        let (device, first) = choose(&[]);
        let known = first.measured.clone().expect("measured");
        let networks = known.networks_ms.expect("the networks were measured");
        assert!(networks.cpu > 0.0 && networks.gpu > networks.cpu, "a processor that plays a chip is slower than itself: {networks:?}");
        assert!(device.is_some_and(|gpu| !gpu.runs_networks), "so they stay on the CPU: {}", first.reason);
        let (device, later) = choose(&[MeasuredAdapter { networks_ms: Some(TrialMs { cpu: 6.0, gpu: 2.0 }), ..known.clone() }]);
        assert!(later.remembered && device.is_some_and(|gpu| gpu.runs_networks), "they would run there: {}", later.reason);
        assert!(!choose(&[MeasuredAdapter { networks_ms: None, ..known }]).1.remembered, "a measurement without them says too little");
    }

    #[test]
    fn the_users_own_choice_is_not_measured() {
        let mut none = Executors::default();
        assert_eq!(none.choose(ExecutorChoice::Cpu).executor, Executor::Cpu, "asked for");
        let refused = none.choose(ExecutorChoice::Gpu);
        assert!(refused.reason.contains("not drawn") && !refused.fulfils(ExecutorChoice::Gpu), "there is none: {refused:?}");
        assert!(refused.fulfils(ExecutorChoice::Auto), "which an automatic choice does not mind");
    }

    #[needs(gpu)]
    #[test]
    fn a_device_that_the_user_asked_for_runs_the_networks_until_it_fails() {
        let mut executors = Executors::of_window(Some(gpu_for_test()), Vec::new());
        let asked = executors.choose(ExecutorChoice::Gpu);
        assert!(asked.measured.is_none() && asked.fulfils(ExecutorChoice::Gpu), "not measured: {asked:?}");
        assert!(executors.device(&asked.executor).is_some_and(|gpu| gpu.runs_networks), "it runs the networks, too");
        let failed = asked.refused("out of memory");
        assert!(!failed.fulfils(ExecutorChoice::Gpu) && failed.reason.contains("out of memory"), "a failed switch: {failed:?}");
        assert!(executors.device(&failed.executor).is_none(), "is on the CPU");
    }
}
