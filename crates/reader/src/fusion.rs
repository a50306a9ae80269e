//! Joins operators that can be computed in one pass over memory.
//!
//! Convolution, sum and activation become one step; so does a whole residual block, and a layer normalisation that is written out in ten operators.
//! What fits no pattern runs operator by operator.

use std::ops::Range;

use pulp::Arch;

use crate::kernels::{Bottleneck, BroadcastBinary, Conv2d, Depthwise, Depthwise3x3, FusedActivation, LayerNorm, PackedWeights, lanes};
use crate::model::{Binary, Model, Operator, OperatorKind, SlidingWindow, Unary};

/// One step of a plan: what it does, the tensors that it reads, and the one that it writes.
pub(crate) struct Node {
    pub work: Work,
    pub inputs: Vec<usize>,
    pub output: usize,
}

pub(crate) enum Work {
    /// A second input is added; it has `residual_channels`.
    Convolution {
        kernel: Box<Conv2d>,
        residual_channels: Option<usize>,
    },
    Bottleneck {
        kernel: Box<Bottleneck>,
        added: Sum,
    },
    Depthwise(Depthwise),
    LayerNorm(LayerNorm),
    Binary(BroadcastBinary),
    Unary(Unary),
    Prelu,
    MaxPool(SlidingWindow),
    Reduce {
        shape: Vec<usize>,
        axes: Vec<usize>,
        mean: bool,
    },
    Transpose {
        shape: Vec<usize>,
        order: Vec<usize>,
    },
    Copy,
    Concatenation {
        inner: Vec<usize>,
    },
    Pad {
        shape: Vec<usize>,
        pads: Vec<[usize; 2]>,
    },
    Slice {
        shape: Vec<usize>,
        ranges: Vec<Range<usize>>,
    },
}

/// What a block adds before its last activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    Nothing,
    Input,
    /// A second input.
    Other {
        channels: usize,
    },
}

impl Work {
    /// Whether the output may take the place of the first input.
    pub(crate) fn may_work_in_place(&self) -> bool {
        matches!(self, Self::Bottleneck { kernel, .. } if kernel.keeps_channels())
    }

    /// What the step does, for a table of times.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Convolution { kernel, .. } => kernel.describe(),
            Self::Bottleneck { kernel, .. } => kernel.describe(),
            Self::Depthwise(kernel) => kernel.describe(),
            Self::LayerNorm(_) => "layer normalisation".into(),
            Self::Binary(_) => "two tensors".into(),
            Self::Unary(kind) => format!("{kind:?}"),
            Self::Prelu => "prelu".into(),
            Self::MaxPool(window) => format!("pooling at {}x{}", window.input[0], window.input[1]),
            Self::Reduce { .. } => "sum or mean".into(),
            Self::Transpose { .. } => "transpose".into(),
            Self::Copy => "reshape".into(),
            Self::Concatenation { .. } => "concatenation".into(),
            Self::Pad { .. } => "padding".into(),
            Self::Slice { .. } => "slice".into(),
        }
    }
}

/// The steps of a network, in order.
pub(crate) fn compile(model: &Model, arch: Arch) -> Vec<Node> {
    let mut drafts = Drafts::new(model);
    drafts.join_sums_and_activations();
    drafts.join_blocks();
    drafts.join_normalisations();
    let lanes = lanes(arch);
    drafts.list.into_iter().flatten().map(|draft| draft.node(model, lanes)).collect()
}

/// A convolution before its weights are packed.
#[derive(Clone)]
struct Product {
    window: SlidingWindow,
    kernel: usize,
    bias: usize,
    activation: FusedActivation,
    /// A tensor that is added before the activation.
    residual: Option<usize>,
}

impl Product {
    fn is_pointwise(&self) -> bool {
        self.window.kernel == [1, 1] && self.window.stride == 1
    }
}

#[derive(Clone)]
enum Form {
    Product(Product),
    Block { reduce: Option<Product>, depthwise: [usize; 2], expand: Product },
    LayerNorm { scale: usize, epsilon: usize },
    Plain(OperatorKind),
}

#[derive(Clone)]
struct Draft {
    form: Form,
    inputs: Vec<usize>,
    output: usize,
}

struct Drafts<'a> {
    model: &'a Model,
    /// None where an operator became part of a later one.
    list: Vec<Option<Draft>>,
}

impl<'a> Drafts<'a> {
    fn new(model: &'a Model) -> Self {
        let draft = |Operator { kind, inputs, output }: &Operator| {
            let (form, inputs) = match kind {
                OperatorKind::Convolution { window, relu } => {
                    let activation = if *relu { FusedActivation::Relu } else { FusedActivation::Linear };
                    let product = Product { window: *window, kernel: inputs[1], bias: inputs[2], activation, residual: None };
                    (Form::Product(product), vec![inputs[0]])
                }
                other => (Form::Plain(other.clone()), inputs.clone()),
            };
            Some(Draft { form, inputs, output: *output })
        };
        Self { model, list: model.operators.iter().map(draft).collect() }
    }

    /// The draft that computes `tensor`, if nothing but one later draft reads it.
    fn only_for_one(&self, tensor: usize) -> Option<usize> {
        (self.uses(tensor) == 1).then(|| self.producer(tensor)).flatten()
    }

    fn producer(&self, tensor: usize) -> Option<usize> {
        self.list.iter().position(|draft| draft.as_ref().is_some_and(|draft| draft.output == tensor))
    }

    /// How often a tensor is read, by drafts or as an output.
    fn uses(&self, tensor: usize) -> usize {
        let read = self.list.iter().flatten().flat_map(|draft| &draft.inputs).filter(|input| **input == tensor).count();
        read + self.model.outputs.iter().filter(|output| **output == tensor).count()
    }

    fn shape(&self, tensor: usize) -> &[usize] {
        &self.model.tensors[tensor].shape
    }

    fn join_sums_and_activations(&mut self) {
        for index in 0..self.list.len() {
            let Some(Draft { form: Form::Plain(kind), inputs, output }) = self.list[index].clone() else { continue };
            let activation = match kind {
                OperatorKind::Binary(Binary::Add) => {
                    self.join_sum(index, [inputs[0], inputs[1]], output);
                    continue;
                }
                OperatorKind::Unary(Unary::Relu) => FusedActivation::Relu,
                OperatorKind::Prelu => match self.model.tensors[inputs[1]].floats() {
                    Some(slopes) => FusedActivation::Prelu(slopes.to_vec()),
                    None => continue,
                },
                _ => continue,
            };
            let Some(from) = self.only_for_one(inputs[0]) else { continue };
            if let Some(mut draft) =
                self.list[from].take_if(|draft| matches!(&draft.form, Form::Product(p) if p.activation == FusedActivation::Linear))
            {
                if let Form::Product(product) = &mut draft.form {
                    product.activation = activation;
                }
                self.list[index] = Some(Draft { output, ..draft });
            }
        }
    }

    /// Lets the convolution that computes one of two summands add the other one.
    fn join_sum(&mut self, index: usize, summands: [usize; 2], output: usize) {
        for (summand, other) in [(summands[0], summands[1]), (summands[1], summands[0])] {
            let same_size = [summand, other].iter().all(|tensor| self.shape(*tensor) == self.shape(output));
            let Some(from) = self.only_for_one(summand).filter(|_| same_size && summand != other) else { continue };
            let open = |draft: &mut Draft| matches!(&draft.form, Form::Product(p) if p.activation == FusedActivation::Linear && p.residual.is_none());
            if let Some(mut draft) = self.list[from].take_if(open) {
                let other = self.unpadded(other);
                if let Form::Product(product) = &mut draft.form {
                    product.residual = Some(other);
                }
                draft.inputs.push(other);
                self.list[index] = Some(Draft { output, ..draft });
                return;
            }
        }
    }

    /// The tensor behind `tensor`, if that only has channels of zeros added to it and is used nowhere else.
    fn unpadded(&mut self, tensor: usize) -> usize {
        let Some(index) = self.only_for_one(tensor) else { return tensor };
        let adds_channels = |draft: &mut Draft| match &draft.form {
            Form::Plain(OperatorKind::Pad(pads)) => matches!(pads[..], [[0, 0], [0, 0], [0, 0], [0, _]]),
            _ => false,
        };
        self.list[index].take_if(adds_channels).map_or(tensor, |draft| draft.inputs[0])
    }

    fn join_blocks(&mut self) {
        for index in 0..self.list.len() {
            let Some(Draft { form: Form::Product(expand), inputs, output }) = self.list[index].clone() else { continue };
            let Some(middle) = self.only_for_one(inputs[0]).filter(|_| expand.is_pointwise()) else { continue };
            let Some(Draft { form: Form::Plain(OperatorKind::Depthwise { window, relu: false }), inputs: filtered, .. }) =
                self.list[middle].clone()
            else {
                continue;
            };
            let keeps_size = SlidingWindow { output: window.input, kernel: [3, 3], stride: 1, pad: [1, 1], ..window };
            if window != keeps_size {
                continue;
            }
            let narrow = |draft: &mut Draft| matches!(&draft.form, Form::Product(p) if p.is_pointwise() && p.residual.is_none());
            let first = self.only_for_one(filtered[0]).and_then(|first| self.list[first].take_if(narrow));
            let (reduce, input) = match first {
                Some(Draft { form: Form::Product(reduce), inputs, .. }) => (Some(reduce), inputs[0]),
                _ => (None, filtered[0]),
            };
            let inputs = std::iter::once(input).chain(expand.residual.filter(|residual| *residual != input)).collect();
            self.list[middle] = None;
            let form = Form::Block { reduce, depthwise: [filtered[1], filtered[2]], expand };
            self.list[index] = Some(Draft { form, inputs, output });
        }
    }

    fn join_normalisations(&mut self) {
        for index in 0..self.list.len() {
            if let Some((draft, joined)) = self.normalisation(index) {
                for part in joined {
                    self.list[part] = None;
                }
                self.list[index] = Some(draft);
            }
        }
    }

    /// `x * g + (-m) * g` with `g = scale / sqrt(mean((x - m)^2) + epsilon)` and `m = mean(x)`, if the draft ends such a chain.
    fn normalisation(&self, index: usize) -> Option<(Draft, Vec<usize>)> {
        let last = self.list[index].as_ref()?;
        let Form::Plain(OperatorKind::Binary(Binary::Add)) = last.form else { return None };
        let [left, right] = [last.inputs[0], last.inputs[1]];
        let mut chain = Chain { drafts: self, parts: Vec::new() };
        let [x, g] = chain.binary(left, Binary::Multiply, 1)?;
        let [minus, g_again] = chain.binary(right, Binary::Multiply, 1)?;
        let mean = chain.unary(minus, Unary::Negate)?;
        let x_of_mean = chain.mean(mean, 2)?;
        let [root, scale] = chain.binary(g, Binary::Multiply, 2)?;
        let sum = chain.unary(root, Unary::ReciprocalSquareRoot)?;
        let [variance, epsilon] = chain.binary(sum, Binary::Add, 1)?;
        let squares = chain.mean(variance, 1)?;
        let [x_of_squares, mean_of_squares] = chain.binary(squares, Binary::SquaredDifference, 1)?;
        let [scales, epsilons] = [scale, epsilon].map(|tensor| self.model.tensors[tensor].floats().map_or(0, <[f32]>::len));
        let row = *self.shape(x).last()?;
        let fits = [x_of_mean, x_of_squares] == [x, x] && g_again == g && mean_of_squares == mean && scales == row && epsilons == 1;
        let draft = Draft { form: Form::LayerNorm { scale, epsilon }, inputs: vec![x], output: last.output };
        fits.then_some((draft, chain.parts))
    }
}

/// Follows a chain of operators back from its end.
struct Chain<'a> {
    drafts: &'a Drafts<'a>,
    parts: Vec<usize>,
}

impl Chain<'_> {
    /// The operator that computes `tensor`, if that is read `uses` times.
    fn plain(&mut self, tensor: usize, uses: usize) -> Option<(&OperatorKind, &[usize])> {
        let part = self.drafts.producer(tensor).filter(|_| self.drafts.uses(tensor) == uses)?;
        self.parts.push(part);
        match self.drafts.list[part].as_ref()? {
            Draft { form: Form::Plain(kind), inputs, .. } => Some((kind, inputs)),
            _ => None,
        }
    }

    fn binary(&mut self, tensor: usize, wanted: Binary, uses: usize) -> Option<[usize; 2]> {
        let (kind, inputs) = self.plain(tensor, uses)?;
        (*kind == OperatorKind::Binary(wanted)).then(|| [inputs[0], inputs[1]])
    }

    fn unary(&mut self, tensor: usize, wanted: Unary) -> Option<usize> {
        let (kind, inputs) = self.plain(tensor, 1)?;
        (*kind == OperatorKind::Unary(wanted)).then(|| inputs[0])
    }

    /// A mean over the last axis.
    fn mean(&mut self, tensor: usize, uses: usize) -> Option<usize> {
        let model = self.drafts.model;
        let (kind, inputs) = self.plain(tensor, uses)?;
        let last = model.tensors[inputs[0]].shape.len().checked_sub(1)?;
        matches!(kind, OperatorKind::Reduce { axes, mean: true } if axes[..] == [last]).then(|| inputs[0])
    }
}

impl Draft {
    fn node(self, model: &Model, lanes: usize) -> Node {
        let Self { form, inputs, output } = self;
        let shape = |tensor: usize| model.tensors[tensor].shape.clone();
        let channels = |tensor: usize| model.tensors[tensor].shape.last().copied().unwrap_or(1);
        let floats = |tensor: usize| model.tensors[tensor].floats().unwrap_or_default();
        let work = match form {
            Form::Product(product) => {
                let kernel = Conv2d::new(product.window, floats(product.kernel), floats(product.bias), &product.activation, lanes);
                Work::Convolution { kernel: Box::new(kernel), residual_channels: product.residual.map(channels) }
            }
            Form::Block { reduce, depthwise: [kernel, bias], expand } => {
                let [height, width, _] = expand.window.input;
                let reduce = reduce.map(|p| PackedWeights::for_rows(floats(p.kernel), floats(p.bias), &p.activation, lanes, width));
                let picture = [height, width, channels(inputs[0])];
                let packed = PackedWeights::new(floats(expand.kernel), floats(expand.bias), &expand.activation, lanes);
                let depthwise = Depthwise3x3::new(width, floats(kernel), floats(bias), lanes);
                let kernel = Bottleneck::new(picture, reduce, depthwise, packed);
                let added = match expand.residual {
                    None => Sum::Nothing,
                    Some(residual) if residual == inputs[0] => Sum::Input,
                    Some(residual) => Sum::Other { channels: channels(residual) },
                };
                Work::Bottleneck { kernel: Box::new(kernel), added }
            }
            Form::LayerNorm { scale, epsilon } => Work::LayerNorm(LayerNorm { scale: floats(scale).to_vec(), epsilon: floats(epsilon)[0] }),
            Form::Plain(kind) => match kind {
                OperatorKind::Convolution { window, relu } => {
                    let activation = if relu { FusedActivation::Relu } else { FusedActivation::Linear };
                    let kernel = Conv2d::new(window, floats(inputs[1]), floats(inputs[2]), &activation, lanes);
                    Work::Convolution { kernel: Box::new(kernel), residual_channels: None }
                }
                OperatorKind::MaxPool(window) => Work::MaxPool(window),
                OperatorKind::Depthwise { window, relu } => {
                    Work::Depthwise(Depthwise::new(window, floats(inputs[1]), floats(inputs[2]), relu))
                }
                OperatorKind::Prelu => Work::Prelu,
                OperatorKind::Unary(kind) => Work::Unary(kind),
                OperatorKind::Binary(kind) => {
                    Work::Binary(BroadcastBinary::new(kind, &shape(inputs[0]), &shape(inputs[1]), &shape(output)))
                }
                OperatorKind::Reduce { axes, mean } => Work::Reduce { shape: shape(inputs[0]), axes, mean },
                OperatorKind::Transpose(order) => Work::Transpose { shape: shape(inputs[0]), order },
                OperatorKind::Reshape => Work::Copy,
                OperatorKind::Concatenation { axis } => {
                    Work::Concatenation { inner: inputs.iter().map(|input| shape(*input)[axis..].iter().product()).collect() }
                }
                OperatorKind::Pad(pads) => Work::Pad { shape: shape(inputs[0]), pads },
                OperatorKind::Slice(ranges) => Work::Slice { shape: shape(inputs[0]), ranges },
            },
        };
        Node { work, inputs, output }
    }
}
