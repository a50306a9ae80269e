//! The real program on bad input, in bad places and at bad times: a clear error each time, no panic, nothing lost.

mod boxes;
mod clips;
#[cfg(all(unix, feature = "train"))]
mod evaluate;
mod inputs;
#[cfg(unix)]
mod interruptions;
mod machine;
mod numbers;
mod outputs;
mod pictures;
mod program;
mod reports;
mod results;
mod rough;
