//! A network made ready to run: operators joined, weights packed, memory shared out.

use std::time::{Duration, Instant};

use pulp::Arch;

use crate::aligned::Aligned;
use crate::error::TfliteError;
use crate::fusion::{self, Node, Work};
use crate::kernels::{self, Added, BlockBuffers, ResidualInput};
use crate::model::Model;

/// The most tensors that one step reads.
const MOST_INPUTS: usize = 8;

/// Where a tensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TensorPlace {
    Constant(usize),
    /// The first numbers of a buffer.
    Buffer {
        buffer: usize,
        length: usize,
    },
}

struct Step {
    work: Work,
    inputs: Vec<TensorPlace>,
    buffer: usize,
    length: usize,
    in_place: bool,
}

/// A network that can be run. Nothing is allocated while it runs.
pub(crate) struct Plan {
    arch: Arch,
    steps: Vec<Step>,
    constants: Vec<Aligned>,
    buffers: Vec<Aligned>,
    input: TensorPlace,
    outputs: Vec<TensorPlace>,
}

impl Plan {
    /// Compiles a network for this processor.
    ///
    /// # Errors
    /// Where it has more than one input, or an output that is not computed.
    pub(crate) fn new(model: &Model, arch: Arch) -> Result<Self, TfliteError> {
        let [input] = model.inputs[..] else { return Err(TfliteError::OtherNetwork) };
        let nodes = fusion::compile(model, arch);
        let mut places: Vec<Option<TensorPlace>> = vec![None; model.tensors.len()];
        let mut constants = Vec::new();
        let mut memory = Memory::default();
        let last_use = last_uses(model, &nodes);
        places[input] = Some(memory.take(model.tensors[input].len()));
        let mut steps = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.into_iter().enumerate() {
            for input in &node.inputs {
                if places[*input].is_none() {
                    let values = model.tensors[*input].floats().ok_or(TfliteError::Missing("constant"))?;
                    places[*input] = Some(TensorPlace::Constant(constants.len()));
                    constants.push(Aligned::from_slice(values));
                }
            }
            let inputs: Vec<TensorPlace> = node.inputs.iter().filter_map(|input| places[*input]).collect();
            let length = model.tensors[node.output].len();
            let dies = |tensor: usize| last_use[tensor] == index;
            let in_place = node.work.may_work_in_place() && dies(node.inputs[0]) && matches!(inputs[0], TensorPlace::Buffer { .. });
            let place = if in_place { inputs[0] } else { memory.take(length) };
            let TensorPlace::Buffer { buffer, .. } = place else { return Err(TfliteError::Missing("buffer")) };
            places[node.output] = Some(place);
            let mut dead: Vec<usize> = node.inputs.iter().copied().filter(|input| dies(*input)).collect();
            dead.sort_unstable();
            dead.dedup();
            for place in dead.into_iter().filter_map(|tensor| places[tensor]).filter(|dead| *dead != place) {
                memory.give_back(place);
            }
            steps.push(Step { work: node.work, inputs, buffer, length, in_place });
        }
        let outputs = model.outputs.iter().map(|output| places[*output].ok_or(TfliteError::OtherNetwork)).collect::<Result<_, _>>()?;
        let buffers = memory.sizes.into_iter().map(Aligned::zeros).collect();
        let input = places[input].ok_or(TfliteError::OtherNetwork)?;
        Ok(Self { arch, steps, constants, buffers, input, outputs })
    }

    /// The numbers that the network looks at, to be filled before every run.
    pub(crate) fn input_mut(&mut self) -> &mut [f32] {
        match self.input {
            TensorPlace::Constant(_) => &mut [],
            TensorPlace::Buffer { buffer, length } => &mut self.buffers[buffer][..length],
        }
    }

    /// The numbers that output `index` had in the last run.
    pub(crate) fn output(&self, index: usize) -> &[f32] {
        read(&self.constants, &self.buffers, self.outputs[index])
    }

    /// Lengths of the input and of the outputs.
    pub(crate) fn lengths(&self) -> (usize, Vec<usize>) {
        let length = |place: &TensorPlace| read(&self.constants, &self.buffers, *place).len();
        (length(&self.input), self.outputs.iter().map(length).collect())
    }

    pub(crate) fn run(&mut self) {
        for step in 0..self.steps.len() {
            self.step(step);
        }
    }

    /// Runs once and says what each step took.
    pub(crate) fn profile(&mut self) -> Vec<(String, Duration)> {
        let mut times = Vec::with_capacity(self.steps.len());
        for step in 0..self.steps.len() {
            let start = Instant::now();
            self.step(step);
            times.push((self.steps[step].work.describe(), start.elapsed()));
        }
        times
    }

    fn step(&mut self, index: usize) {
        let Self { arch, steps, constants, buffers, .. } = self;
        let step = &mut steps[index];
        let mut out = std::mem::take(&mut buffers[step.buffer]);
        let mut inputs: [&[f32]; MOST_INPUTS] = [&[]; MOST_INPUTS];
        for (input, place) in inputs.iter_mut().zip(&step.inputs) {
            *input = if *place == (TensorPlace::Buffer { buffer: step.buffer, length: step.length }) {
                &[]
            } else {
                read(constants, buffers, *place)
            };
        }
        execute(&mut step.work, *arch, &inputs[..step.inputs.len()], &mut out[..step.length], step.in_place);
        buffers[step.buffer] = out;
    }
}

fn read<'a>(constants: &'a [Aligned], buffers: &'a [Aligned], place: TensorPlace) -> &'a [f32] {
    match place {
        TensorPlace::Constant(constant) => &constants[constant],
        TensorPlace::Buffer { buffer, length } => &buffers[buffer][..length],
    }
}

/// Runs one step. In place, `out` is also the first input.
fn execute(work: &mut Work, arch: Arch, inputs: &[&[f32]], out: &mut [f32], in_place: bool) {
    let other = |channels: usize| ResidualInput { values: inputs[1], channels };
    match work {
        Work::Convolution { kernel, residual_channels } => kernel.run(arch, inputs[0], residual_channels.map(other), out),
        Work::Bottleneck { kernel, added } => {
            let added = match added {
                fusion::Sum::Nothing => Added::Nothing,
                fusion::Sum::Input => Added::Input,
                fusion::Sum::Other { channels } => Added::Other(other(*channels)),
            };
            let pictures = if in_place { BlockBuffers::InPlace(out) } else { BlockBuffers::Apart { input: inputs[0], out } };
            kernel.run(arch, pictures, added);
        }
        Work::Depthwise(kernel) => kernel.run(arch, inputs[0], out),
        Work::LayerNorm(kernel) => kernel.run(arch, inputs[0], out),
        Work::Binary(kernel) => kernel.run(arch, inputs[0], inputs[1], out),
        Work::Unary(kind) => kernels::unary(arch, *kind, inputs[0], out),
        Work::Prelu => kernels::prelu(arch, inputs[1], inputs[0], out),
        Work::MaxPool(window) => kernels::max_pool(arch, window, inputs[0], out),
        Work::Reduce { shape, axes, mean } => kernels::reduce(shape, axes, *mean, inputs[0], out),
        Work::Transpose { shape, order } => kernels::transpose(shape, order, inputs[0], out),
        Work::Copy => out.copy_from_slice(inputs[0]),
        Work::Concatenation { inner } => kernels::concatenate(inputs, inner, out),
        Work::Pad { shape, pads } => kernels::pad(shape, pads, inputs[0], out),
        Work::Slice { shape, ranges } => kernels::slice(shape, ranges, inputs[0], out),
    }
}

/// The last step that reads each tensor. Outputs are read after all steps.
fn last_uses(model: &Model, nodes: &[Node]) -> Vec<usize> {
    let mut last = vec![usize::MAX; model.tensors.len()];
    for (index, node) in nodes.iter().enumerate() {
        for input in &node.inputs {
            last[*input] = index;
        }
    }
    for output in &model.outputs {
        last[*output] = usize::MAX;
    }
    last
}

/// Buffers that are handed out again when what they held was read for the last time.
#[derive(Default)]
struct Memory {
    sizes: Vec<usize>,
    free: Vec<usize>,
}

impl Memory {
    /// The free buffer that fits best, or grows least.
    fn take(&mut self, length: usize) -> TensorPlace {
        let sizes = &self.sizes;
        let waste = |index: &usize| (sizes[*index] < length, sizes[*index].abs_diff(length));
        let best = self.free.iter().enumerate().min_by_key(|(_, buffer)| waste(buffer)).map(|(index, _)| index);
        let buffer = if let Some(index) = best {
            self.free.swap_remove(index)
        } else {
            self.sizes.push(0);
            self.sizes.len() - 1
        };
        self.sizes[buffer] = self.sizes[buffer].max(length);
        TensorPlace::Buffer { buffer, length }
    }

    fn give_back(&mut self, place: TensorPlace) {
        if let TensorPlace::Buffer { buffer, .. } = place {
            self.free.push(buffer);
        }
    }
}
