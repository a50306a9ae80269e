//! Which of the processor's instructions the kernels use: the widest vectors that it has, unless narrower ones are asked for, so that the paths of other machines
//! can be tried and timed on this one.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

use pulp::{Arch, Simd, WithSimd};

/// Instructions that kernels may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instructions {
    /// All that the processor has.
    #[default]
    All,
    /// No more than AVX2 with fused multiplication and addition: vectors of eight numbers.
    Avx2,
    /// No vectors at all.
    Scalar,
}

/// What all kernels of this process may use.
static ALLOWED: AtomicU8 = AtomicU8::new(Instructions::All as u8);

impl Instructions {
    /// Lets the kernels of this process use no others. For the start of a program: what was made before keeps what it has.
    pub fn allow(self) {
        ALLOWED.store(self as u8, Ordering::Relaxed);
    }

    /// What is allowed now.
    pub fn allowed() -> Self {
        [Self::All, Self::Avx2, Self::Scalar].into_iter().find(|set| *set as u8 == ALLOWED.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The widest of these vectors that this processor has.
    fn arch(self) -> Arch {
        match self {
            Self::All => Arch::new(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => Arch::new(),
            Self::Scalar => Arch::Scalar,
        }
    }
}

/// The vectors that kernels use.
pub fn arch() -> Arch {
    Instructions::allowed().arch()
}

/// Does `work` compiled for these vectors, as far as it and what it calls is `inline(always)`. It is called once.
///
/// It takes an `FnMut`, not an `FnOnce`: a closure that could be called twice is called once through a function between, which is compiled for no vectors at all, and the
/// closure within it.
#[expect(clippy::inline_always, reason = "what is inlined here becomes code for the vectors")]
#[inline(always)]
pub fn vectorized<T>(vectors: Arch, work: impl FnMut() -> T) -> T {
    struct Work<F>(F);
    impl<T, F: FnMut() -> T> WithSimd for Work<F> {
        type Output = T;

        #[inline(always)]
        fn with_simd<S: Simd>(mut self, _: S) -> T {
            (self.0)()
        }
    }
    vectors.dispatch(Work(work))
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Avx2 => "avx2",
            Self::Scalar => "scalar",
        })
    }
}

/// A name that is none of the sets of instructions.
#[derive(Debug, thiserror::Error)]
#[error("write all, avx2 or scalar")]
pub struct UnknownInstructions;

impl FromStr for Instructions {
    type Err = UnknownInstructions;

    fn from_str(name: &str) -> Result<Self, UnknownInstructions> {
        [Self::All, Self::Avx2, Self::Scalar].into_iter().find(|set| set.to_string() == name).ok_or(UnknownInstructions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_for_vectors_is_done_once() {
        for vectors in [arch(), Arch::Scalar] {
            let mut calls = 0;
            let result = vectorized(vectors, || {
                calls += 1;
                "done"
            });
            assert_eq!((result, calls), ("done", 1));
        }
    }

    #[test]
    fn narrower_instructions_are_narrower() {
        assert!(matches!(Instructions::Scalar.arch(), Arch::Scalar));
        #[cfg(target_arch = "x86_64")]
        assert!(matches!(Instructions::Avx2.arch(), Arch::V3(_) | Arch::Scalar), "never wider");
        for set in [Instructions::All, Instructions::Avx2, Instructions::Scalar] {
            assert_eq!(set.to_string().parse::<Instructions>().ok(), Some(set), "by its name");
        }
        assert!("sse9".parse::<Instructions>().is_err());
    }
}
