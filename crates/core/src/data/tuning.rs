//! How far the portrait on show is fine-tuned.

/// Whether the portrait's own picture was learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tuning {
    /// There is no portrait, or the generator in use learns nothing.
    #[default]
    Impossible,
    /// Not yet.
    Possible,
    /// It is being learnt.
    Running {
        /// Steps made.
        step: u64,
        /// Steps of the whole run.
        steps: u64,
    },
    /// It was, and the portrait is drawn by that.
    Done,
}
