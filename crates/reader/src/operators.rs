//! Operators of a TFLite network, checked against the sizes of their tensors.

use crate::error::TfliteError;
use crate::model::{Binary, Operator, OperatorKind, RawOperator, SlidingWindow, Tensor, Unary};

/// The largest kernel side and stride that are accepted.
const LARGEST_KERNEL: usize = 7;
const LARGEST_STRIDE: usize = 4;

/// The operator `raw` with its options decoded, if it is supported and its sizes fit.
pub(crate) fn checked(raw: &RawOperator<'_>, tensors: &[Tensor]) -> Result<Operator, TfliteError> {
    let checker = Checker { raw, tensors };
    let (kind, used) = match raw.code {
        0 => checker.binary(Binary::Add)?,
        2 => checker.concatenation()?,
        3 => checker.convolution()?,
        4 => checker.depthwise()?,
        14 => checker.unary(Unary::Logistic)?,
        17 => checker.max_pool()?,
        18 => checker.binary(Binary::Multiply)?,
        19 => checker.unary(Unary::Relu)?,
        22 => checker.reshape()?,
        34 => checker.pad()?,
        39 => checker.transpose()?,
        40 => checker.reduce(true)?,
        41 => checker.binary(Binary::Subtract)?,
        42 => checker.binary(Binary::Divide)?,
        45 => checker.slice()?,
        54 => checker.prelu()?,
        59 => checker.unary(Unary::Negate)?,
        74 => checker.reduce(false)?,
        75 => checker.unary(Unary::SquareRoot)?,
        76 => checker.unary(Unary::ReciprocalSquareRoot)?,
        99 => checker.binary(Binary::SquaredDifference)?,
        _ => return Err(raw.unsupported("the face networks have no such operator")),
    };
    // The further inputs of these are weights and lists, which were checked with the operator.
    let inputs = &raw.inputs[..used];
    let data = if matches!(kind, OperatorKind::Binary(_) | OperatorKind::Concatenation { .. }) { inputs } else { &inputs[..1] };
    if data.iter().any(|input| tensors[*input].ints().is_some()) {
        return Err(raw.unsupported("it computes with integers"));
    }
    Ok(Operator { kind, inputs: inputs.to_vec(), output: raw.output })
}

/// Multiply-accumulates of an operator, roughly.
pub(crate) fn work(operator: &Operator, tensors: &[Tensor]) -> usize {
    match &operator.kind {
        OperatorKind::Convolution { window, .. } => window.work(window.kernel[0] * window.kernel[1] * window.input[2]),
        OperatorKind::Depthwise { window, .. } | OperatorKind::MaxPool(window) => window.work(window.kernel[0] * window.kernel[1]),
        _ => tensors[operator.output].len() + operator.inputs.iter().map(|input| tensors[*input].len()).sum::<usize>(),
    }
}

/// What an operator is, and how many of its inputs are used when it runs.
type Checked = Result<(OperatorKind, usize), TfliteError>;

struct Checker<'a> {
    raw: &'a RawOperator<'a>,
    tensors: &'a [Tensor],
}

impl Checker<'_> {
    fn input(&self, index: usize) -> Result<&Tensor, TfliteError> {
        let tensor = self.raw.inputs.get(index).ok_or_else(|| self.raw.inconsistent("an input is missing"))?;
        Ok(&self.tensors[*tensor])
    }

    fn output(&self) -> &Tensor {
        &self.tensors[self.raw.output]
    }

    fn ensure(&self, fits: bool, why: &'static str) -> Result<(), TfliteError> {
        if fits { Ok(()) } else { Err(self.raw.inconsistent(why)) }
    }

    fn ensure_supported(&self, supported: bool, why: &'static str) -> Result<(), TfliteError> {
        if supported { Ok(()) } else { Err(self.raw.unsupported(why)) }
    }

    fn option_int(&self, index: usize, default: i32) -> Result<i32, TfliteError> {
        self.raw.options.map_or(Ok(default), |options| options.int(index, default))
    }

    fn option_byte(&self, index: usize) -> Result<u8, TfliteError> {
        self.raw.options.map_or(Ok(0), |options| options.byte(index))
    }

    /// A constant list of integers, one for each of `count` axes.
    fn ints(&self, input: usize, count: usize) -> Result<&[i32], TfliteError> {
        let ints = self.input(input)?.ints().ok_or_else(|| self.raw.unsupported("a list of numbers is not a constant"))?;
        self.ensure(ints.len() == count, "a list has another length than there are axes")?;
        Ok(ints)
    }

    /// An axis, counted from the end where it is negative.
    fn axis(&self, axis: i32, count: usize) -> Result<usize, TfliteError> {
        let distance = usize::try_from(axis.unsigned_abs()).ok();
        let from_start = if axis < 0 { distance.and_then(|distance| count.checked_sub(distance)) } else { distance };
        from_start.filter(|axis| *axis < count).ok_or_else(|| self.raw.inconsistent("there is no such axis"))
    }

    /// Height, width and channels of one picture.
    fn picture(&self, tensor: &Tensor) -> Result<[usize; 3], TfliteError> {
        let [1, height, width, channels] = tensor.shape[..] else { return Err(self.raw.unsupported("a tensor is not one picture")) };
        Ok([height, width, channels])
    }

    /// A window whose options begin with padding and strides.
    fn window(&self, kernel: [usize; 2]) -> Result<SlidingWindow, TfliteError> {
        let (input, output) = (self.picture(self.input(0)?)?, self.picture(self.output())?);
        let same = match self.option_byte(0)? {
            0 => true,
            1 => false,
            _ => return Err(self.raw.unsupported("padding is neither SAME nor VALID")),
        };
        let strides = [self.option_int(1, 0)?, self.option_int(2, 0)?];
        let stride = usize::try_from(strides[0]).unwrap_or(0);
        self.ensure_supported(strides[0] == strides[1] && (1..=LARGEST_STRIDE).contains(&stride), "its strides")?;
        self.ensure_supported(kernel.iter().all(|side| (1..=LARGEST_KERNEL).contains(side)), "its kernel's size")?;
        let mut pad = [0; 2];
        for axis in 0..2 {
            let (i, o, k) = (input[axis], output[axis], kernel[axis]);
            let expected = if same { i.div_ceil(stride) } else { (i + stride).saturating_sub(k) / stride };
            self.ensure(o == expected, "its output has another size than its window leaves")?;
            // What is missing is added on both sides, the smaller half first.
            pad[axis] = if same { ((o - 1) * stride + k).saturating_sub(i) / 2 } else { 0 };
        }
        Ok(SlidingWindow { input, output, kernel, stride, pad })
    }

    /// Whether negative results become 0.
    fn fused_relu(&self, option: usize) -> Result<bool, TfliteError> {
        match self.option_byte(option)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.raw.unsupported("its fused activation")),
        }
    }

    fn weights(&self, input: usize, length: usize) -> Result<(), TfliteError> {
        let floats = self.input(input)?.floats().ok_or_else(|| self.raw.unsupported("its weights are not constants"))?;
        self.ensure(floats.len() == length, "it has another number of weights")
    }

    fn convolution(&self) -> Checked {
        let [out, height, width, depth] = self.input(1)?.shape[..] else {
            return Err(self.raw.inconsistent("its kernel has not four axes"));
        };
        let window = self.window([height, width])?;
        self.ensure(window.input[2] == depth && window.output[2] == out, "its kernel has another number of channels")?;
        self.weights(1, out * height * width * depth)?;
        self.weights(2, out)?;
        self.ensure_supported([self.option_int(4, 1)?, self.option_int(5, 1)?] == [1, 1], "dilation")?;
        Ok((OperatorKind::Convolution { window, relu: self.fused_relu(3)? }, 3))
    }

    fn depthwise(&self) -> Checked {
        let [1, height, width, channels] = self.input(1)?.shape[..] else {
            return Err(self.raw.inconsistent("its kernel has not four axes"));
        };
        let window = self.window([height, width])?;
        self.ensure_supported(self.option_int(3, 0)? == 1 && window.input[2] == window.output[2], "a depth multiplier")?;
        self.ensure(window.input[2] == channels, "its kernel has another number of channels")?;
        self.weights(1, height * width * channels)?;
        self.weights(2, channels)?;
        self.ensure_supported([self.option_int(5, 1)?, self.option_int(6, 1)?] == [1, 1], "dilation")?;
        Ok((OperatorKind::Depthwise { window, relu: self.fused_relu(4)? }, 3))
    }

    fn max_pool(&self) -> Checked {
        let kernel = [self.option_int(4, 0)?, self.option_int(3, 0)?].map(|side| usize::try_from(side).unwrap_or(0));
        let window = self.window(kernel)?;
        self.ensure(window.input[2] == window.output[2], "it changes the number of channels")?;
        self.ensure_supported(!self.fused_relu(5)?, "its fused activation")?;
        Ok((OperatorKind::MaxPool(window), 1))
    }

    fn prelu(&self) -> Checked {
        let [height, width, channels] = self.picture(self.input(0)?)?;
        self.ensure([1, height, width, channels] == self.output().shape[..], "input and output differ in size")?;
        self.weights(1, channels)?;
        Ok((OperatorKind::Prelu, 2))
    }

    fn unary(&self, unary: Unary) -> Checked {
        self.ensure(self.input(0)?.shape == self.output().shape, "input and output differ in size")?;
        Ok((OperatorKind::Unary(unary), 1))
    }

    fn binary(&self, binary: Binary) -> Checked {
        self.ensure_supported(binary == Binary::SquaredDifference || !self.fused_relu(0)?, "its fused activation")?;
        let (a, b, out) = (&self.input(0)?.shape, &self.input(1)?.shape, &self.output().shape);
        self.ensure(out.len() == a.len().max(b.len()), "its tensors do not fit each other")?;
        for back in 1..=out.len() {
            let side = |shape: &[usize]| shape.len().checked_sub(back).map_or(1, |axis| shape[axis]);
            let [a, b, out] = [side(a), side(b), side(out)];
            self.ensure(out == a.max(b) && [a, b].iter().all(|side| *side == out || *side == 1), "its tensors do not fit each other")?;
        }
        Ok((OperatorKind::Binary(binary), 2))
    }

    fn reduce(&self, mean: bool) -> Checked {
        let shape = &self.input(0)?.shape;
        let axes = self.input(1)?.ints().ok_or_else(|| self.raw.unsupported("its axes are not a constant"))?;
        let mut axes = axes.iter().map(|axis| self.axis(*axis, shape.len())).collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        axes.dedup();
        let kept: usize = shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, side)| side).product();
        self.ensure(self.output().len() == kept, "its output has another size")?;
        Ok((OperatorKind::Reduce { axes, mean }, 1))
    }

    fn transpose(&self) -> Checked {
        let (from, to) = (&self.input(0)?.shape, &self.output().shape);
        let order = self.ints(1, from.len())?.iter().map(|axis| self.axis(*axis, from.len())).collect::<Result<Vec<_>, _>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        self.ensure(sorted.iter().copied().eq(0..from.len()), "its axes are not a permutation")?;
        self.ensure(order.iter().map(|axis| &from[*axis]).eq(to), "its output has another size")?;
        Ok((OperatorKind::Transpose(order), 1))
    }

    fn reshape(&self) -> Checked {
        self.ensure(self.input(0)?.len() == self.output().len(), "its output has another size")?;
        Ok((OperatorKind::Reshape, 1))
    }

    fn concatenation(&self) -> Checked {
        let out = &self.output().shape;
        let axis = self.axis(self.option_int(0, 0)?, out.len())?;
        self.ensure_supported(!self.fused_relu(1)?, "its fused activation")?;
        let mut along = 0;
        for index in 0..self.raw.inputs.len() {
            let shape = &self.input(index)?.shape;
            let fits = shape.len() == out.len() && (0..out.len()).all(|a| a == axis || shape[a] == out[a]);
            self.ensure(fits, "its inputs do not fit each other")?;
            along += shape[axis];
        }
        self.ensure(along == out[axis], "its output has another size")?;
        Ok((OperatorKind::Concatenation { axis }, self.raw.inputs.len()))
    }

    fn pad(&self) -> Checked {
        let (from, to) = (&self.input(0)?.shape, &self.output().shape);
        let list = self.ints(1, 2 * from.len())?;
        self.ensure(from.len() == to.len(), "input and output have another number of axes")?;
        let mut pads = Vec::with_capacity(from.len());
        for (axis, pair) in list.as_chunks::<2>().0.iter().enumerate() {
            let pair = pair.map(|zeros| usize::try_from(zeros).ok().filter(|zeros| *zeros <= to[axis]));
            let [Some(before), Some(after)] = pair else {
                return Err(self.raw.inconsistent("it adds more zeros than its output has room for"));
            };
            self.ensure(before + from[axis] + after == to[axis], "its output has another size")?;
            pads.push([before, after]);
        }
        Ok((OperatorKind::Pad(pads), 1))
    }

    fn slice(&self) -> Checked {
        let from = &self.input(0)?.shape;
        let axes = from.len();
        let [begin, end, step] = [self.ints(1, axes)?, self.ints(2, axes)?, self.ints(3, axes)?];
        let [begin_mask, end_mask, ellipsis, new_axis, shrink] =
            [self.option_int(0, 0)?, self.option_int(1, 0)?, self.option_int(2, 0)?, self.option_int(3, 0)?, self.option_int(4, 0)?];
        self.ensure_supported(ellipsis == 0 && new_axis == 0 && step.iter().all(|step| *step == 1), "such slices")?;
        let (mut ranges, mut length) = (Vec::with_capacity(axes), 1);
        for (axis, side) in from.iter().enumerate() {
            let set = |mask: i32| mask >> axis & 1 == 1;
            let place = |value: i32| {
                let distance = usize::try_from(value.unsigned_abs()).unwrap_or(usize::MAX);
                if value < 0 { side.saturating_sub(distance) } else { distance.min(*side) }
            };
            let first = if set(begin_mask) { 0 } else { place(begin[axis]) };
            let last = if set(shrink) {
                first + 1
            } else if set(end_mask) {
                *side
            } else {
                place(end[axis])
            };
            self.ensure(first < last && last <= *side, "it takes nothing, or more than there is")?;
            ranges.push(first..last);
            length *= last - first;
        }
        self.ensure(length == self.output().len(), "its output has another size")?;
        Ok((OperatorKind::Slice(ranges), 1))
    }
}
