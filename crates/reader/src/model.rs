//! A TFLite network as a list of operators whose sizes are known to fit each other.
//!
//! Only what the face networks need is taken: float tensors in the order batch, height, width, channels; one picture at a time; weights in f32 or
//! f16. Everything that a file claims is checked here, so that running a network cannot fail. Format: TensorFlow Lite's `schema.fbs`.

use std::ops::Range;

use half::f16;

use crate::error::TfliteError;
use crate::flatbuffer::Table;
use crate::operators;

/// The most tensors, operators, dimensions and numbers that are accepted. The largest face network has 727 tensors, 220 operators and 9 million numbers.
const MOST_TENSORS: usize = 4096;
const MOST_OPERATORS: usize = 4096;
const MOST_DIMENSIONS: usize = 6;
const MOST_INPUTS: usize = 8;
const MOST_NUMBERS: usize = 1 << 25;
/// The most weights. The largest network has 1.3 million.
const MOST_WEIGHTS: usize = 1 << 22;
/// Multiply-accumulates that a network may take. The largest takes 113 million.
const MOST_WORK: usize = 1 << 31;

/// Numbers that are part of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Floats(Vec<f32>),
    Ints(Vec<i32>),
}

#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub constant: Option<Constant>,
}

impl Tensor {
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub(crate) fn floats(&self) -> Option<&[f32]> {
        if let Some(Constant::Floats(values)) = &self.constant { Some(values) } else { None }
    }

    pub(crate) fn ints(&self) -> Option<&[i32]> {
        if let Some(Constant::Ints(values)) = &self.constant { Some(values) } else { None }
    }
}

/// A window that slides over a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlidingWindow {
    /// Height, width and channels.
    pub input: [usize; 3],
    pub output: [usize; 3],
    /// Height and width.
    pub kernel: [usize; 2],
    pub stride: usize,
    /// Zeros above and to the left.
    pub pad: [usize; 2],
}

impl SlidingWindow {
    /// Multiply-accumulates of a convolution in which every output sums over `depth` numbers.
    pub(crate) fn work(&self, depth: usize) -> usize {
        self.output.iter().fold(depth, |product, side| product.saturating_mul(*side))
    }
}

/// What an operator does. Sizes are those of its tensors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OperatorKind {
    /// Inputs: picture, kernel `[out, height, width, in]`, bias.
    Convolution {
        window: SlidingWindow,
        relu: bool,
    },
    /// Inputs: picture, kernel `[1, height, width, channels]`, bias.
    Depthwise {
        window: SlidingWindow,
        relu: bool,
    },
    MaxPool(SlidingWindow),
    /// Inputs: tensor, slope for each channel.
    Prelu,
    Unary(Unary),
    Binary(Binary),
    /// Sums or means over some axes.
    Reduce {
        axes: Vec<usize>,
        mean: bool,
    },
    Transpose(Vec<usize>),
    Reshape,
    Concatenation {
        axis: usize,
    },
    /// Zeros before and after, for each axis.
    Pad(Vec<[usize; 2]>),
    /// What is taken along each axis of the input.
    Slice(Vec<Range<usize>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Relu,
    Logistic,
    Negate,
    SquareRoot,
    ReciprocalSquareRoot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    SquaredDifference,
}

#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub kind: OperatorKind,
    pub inputs: Vec<usize>,
    pub output: usize,
}

/// A network.
#[derive(Debug)]
pub(crate) struct Model {
    pub tensors: Vec<Tensor>,
    pub operators: Vec<Operator>,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
}

/// An operator as the file describes it.
pub(crate) struct RawOperator<'a> {
    pub index: usize,
    pub code: i32,
    pub inputs: Vec<usize>,
    pub output: usize,
    pub options: Option<Table<'a>>,
}

impl RawOperator<'_> {
    pub(crate) fn unsupported(&self, why: &'static str) -> TfliteError {
        TfliteError::Unsupported { operator: self.index, code: self.code, why }
    }

    pub(crate) fn inconsistent(&self, why: &'static str) -> TfliteError {
        TfliteError::Inconsistent { operator: self.index, why }
    }
}

/// TFLite's code of the operator that turns f16 weights into f32.
const DEQUANTIZE: i32 = 6;

impl Model {
    /// Reads a network.
    ///
    /// # Errors
    /// Where the file is damaged, or has sizes or operators that are not supported.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, TfliteError> {
        if bytes.get(4..8) != Some(b"TFL3") {
            return Err(TfliteError::NotTflite);
        }
        let root = Table::root(bytes)?;
        let codes = root.tables(1, "kinds of operators", MOST_OPERATORS)?;
        let codes = codes.into_iter().map(operator_code).collect::<Result<Vec<_>, _>>()?;
        let graph = *root.tables(2, "graphs", 16)?.first().ok_or(TfliteError::Missing("graph"))?;
        let buffers = root.tables(4, "buffers", 2 * MOST_TENSORS)?;
        let mut tensors = tensors(graph, &buffers)?;
        let inputs = indices(&graph.ints(1, "inputs", MOST_INPUTS)?, tensors.len())?;
        let outputs = indices(&graph.ints(2, "outputs", MOST_INPUTS)?, tensors.len())?;
        let mut known: Vec<bool> = tensors.iter().map(|tensor| tensor.constant.is_some()).collect();
        for input in &inputs {
            if std::mem::replace(&mut known[*input], true) {
                return Err(TfliteError::Missing("input of its own"));
            }
        }
        let mut operators = Vec::new();
        let mut work = 0_usize;
        for (index, table) in graph.tables(3, "operators", MOST_OPERATORS)?.into_iter().enumerate() {
            let raw = raw_operator(index, table, &codes, tensors.len())?;
            if raw.inputs.iter().any(|input| !known[*input]) {
                return Err(raw.inconsistent("an input is used before it is computed"));
            }
            if std::mem::replace(&mut known[raw.output], true) {
                return Err(raw.inconsistent("its output is computed twice"));
            }
            if raw.code == DEQUANTIZE {
                dequantize(&raw, &mut tensors)?;
                continue;
            }
            let operator = operators::checked(&raw, &tensors)?;
            work = work.saturating_add(operators::work(&operator, &tensors));
            operators.push(operator);
        }
        if work > MOST_WORK {
            return Err(TfliteError::TooMany { what: "operations", count: work, limit: MOST_WORK });
        }
        if inputs.is_empty() || outputs.is_empty() || outputs.iter().any(|output| !known[*output]) {
            return Err(TfliteError::Missing("input or output"));
        }
        Ok(Self { tensors, operators, inputs, outputs })
    }
}

/// The kind of an operator, which older files keep in one byte.
fn operator_code(table: Table<'_>) -> Result<i32, TfliteError> {
    Ok(i32::from(table.byte(0)?.cast_signed()).max(table.int(3, 0)?))
}

/// Each index, if it names one of `count` tensors.
fn indices(values: &[i32], count: usize) -> Result<Vec<usize>, TfliteError> {
    let index =
        |value: &i32| usize::try_from(*value).ok().filter(|index| *index < count).ok_or(TfliteError::Missing("tensor that it refers to"));
    values.iter().map(index).collect()
}

fn raw_operator<'a>(index: usize, table: Table<'a>, codes: &[i32], tensors: usize) -> Result<RawOperator<'a>, TfliteError> {
    let code =
        usize::try_from(table.int(0, 0)?).ok().and_then(|code| codes.get(code).copied()).ok_or(TfliteError::Missing("kind of operator"))?;
    let inputs = indices(&table.ints(1, "inputs of an operator", MOST_INPUTS)?, tensors)?;
    let outputs = indices(&table.ints(2, "outputs of an operator", MOST_INPUTS)?, tensors)?;
    let [output] = outputs[..] else { return Err(TfliteError::Missing("single output of an operator")) };
    if inputs.is_empty() {
        return Err(TfliteError::Missing("input of an operator"));
    }
    Ok(RawOperator { index, code, inputs, output, options: table.table(4)? })
}

fn tensors(graph: Table<'_>, buffers: &[Table<'_>]) -> Result<Vec<Tensor>, TfliteError> {
    let (mut numbers, mut weights) = (0, 0);
    let mut read = |table: Table<'_>| {
        let shape = table.ints(0, "dimensions", MOST_DIMENSIONS)?;
        let shape = shape.iter().map(|side| usize::try_from(*side).ok().filter(|side| *side > 0)).collect::<Option<Vec<_>>>();
        let shape = shape.ok_or(TfliteError::Missing("size of a tensor"))?;
        let length = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side)).unwrap_or(usize::MAX);
        numbers = length.saturating_add(numbers);
        if numbers > MOST_NUMBERS {
            return Err(TfliteError::TooMany { what: "numbers", count: numbers, limit: MOST_NUMBERS });
        }
        let buffer = usize::try_from(table.int(2, 0)?).ok().and_then(|buffer| buffers.get(buffer)).ok_or(TfliteError::Missing("buffer"))?;
        let bytes = buffer.bytes(0)?;
        if bytes.is_empty() {
            return Ok(Tensor { shape, constant: None });
        }
        let (width, constant) = match table.byte(1)? {
            0 => (4, Constant::Floats(words(bytes).map(f32::from_le_bytes).collect())),
            1 => (2, Constant::Floats(bytes.as_chunks().0.iter().map(|half| f16::from_le_bytes(*half).to_f32()).collect())),
            2 => (4, Constant::Ints(words(bytes).map(i32::from_le_bytes).collect())),
            _ => return Ok(Tensor { shape, constant: None }),
        };
        weights += length;
        if weights > MOST_WEIGHTS {
            return Err(TfliteError::TooMany { what: "weights", count: weights, limit: MOST_WEIGHTS });
        }
        if bytes.len() == length * width {
            Ok(Tensor { shape, constant: Some(constant) })
        } else {
            Err(TfliteError::Missing("size of a constant that fits its tensor"))
        }
    };
    graph.tables(0, "tensors", MOST_TENSORS)?.into_iter().map(&mut read).collect()
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.as_chunks().0.iter().copied()
}

/// The weights were converted when they were read; here they move to the tensor that the other operators use.
fn dequantize(raw: &RawOperator<'_>, tensors: &mut [Tensor]) -> Result<(), TfliteError> {
    let [input] = raw.inputs[..] else { return Err(raw.inconsistent("it needs one input")) };
    if tensors[input].shape != tensors[raw.output].shape {
        return Err(raw.inconsistent("input and output differ in size"));
    }
    match &tensors[input].constant {
        Some(Constant::Floats(values)) => tensors[raw.output].constant = Some(Constant::Floats(values.clone())),
        _ => return Err(raw.unsupported("only weights are converted")),
    }
    Ok(())
}
