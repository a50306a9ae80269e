//! Every reader of strangers' bytes in this crate, one by one, as the fuzzer and the replay of its finds call them: in a whole bundle the check sums stand before
//! the networks, and a fuzzer would never come behind them.

use crate::canonical::CanonicalFace;
use crate::error::TfliteError;
use crate::model::Model;
use crate::operators;
use crate::plan::Plan;

/// Numbers and multiply-accumulates of a network that is run here.
const MOST: usize = 1 << 20;

/// Reads a network, makes it ready and runs it twice, if that is quickly done. Whether it was run.
///
/// # Errors
/// What is wrong with it.
pub fn network(bytes: &[u8]) -> Result<bool, TfliteError> {
    let model = Model::parse(bytes)?;
    let numbers: usize = model.tensors.iter().map(crate::model::Tensor::len).sum();
    let work = model.operators.iter().fold(numbers, |sum, operator| sum.saturating_add(operators::work(operator, &model.tensors)));
    if work > MOST {
        return Ok(false);
    }
    let mut plan = Plan::new(&model, retrato_core::runtime::arch())?;
    for _ in 0..2 {
        plan.input_mut().iter_mut().enumerate().for_each(|(at, number)| *number = (at % 7) as f32 - 3.0);
        plan.run();
    }
    Ok(plan.lengths().1.iter().enumerate().all(|(output, length)| plan.output(output).len() == *length))
}

/// Reads the message that holds the canonical face. Whether it is whole.
pub fn canonical_face(bytes: &[u8]) -> bool {
    CanonicalFace::parse(bytes).is_ok()
}
