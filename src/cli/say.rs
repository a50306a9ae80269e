//! What the commands print. A reader that goes away early, as in `retrato animate … | head`, ends nothing and is no error.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write as _};
use std::sync::OnceLock;

/// Why standard output takes nothing any more.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line of results on standard output.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::say::line(format_args!($($words)*)) };
}

/// Prints a line for the person at the terminal on standard error.
macro_rules! tell {
    ($($words:tt)*) => { $crate::cli::say::aside(format_args!($($words)*)) };
}

/// What `say!` stands for. The first failure is kept for the end of the program, and nothing more is printed.
pub(super) fn line(words: Arguments<'_>) {
    if FAILED.get().is_none()
        && let Err(error) = writeln!(io::stdout(), "{words}")
    {
        FAILED.set(error).ok();
    }
}

/// What `tell!` stands for. Where nobody listens, nothing is lost by saying nothing.
pub(super) fn aside(words: Arguments<'_>) {
    writeln!(io::stderr(), "{words}").ok();
}

/// Why results could not be printed; not for a reader that has gone.
pub(super) fn failure() -> Option<&'static io::Error> {
    let flushed = io::stdout().flush();
    if let Err(error) = flushed {
        FAILED.set(error).ok();
    }
    FAILED.get().filter(|error| !is_gone(error))
}

/// Whether a command ended because the reader of its results has gone.
pub(super) fn is_of_reader(error: &anyhow::Error) -> bool {
    FAILED.get().is_some_and(is_gone) && error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_gone))
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Standard output for a command that should not go on when nobody reads its results.
#[cfg(feature = "train")]
pub(super) struct Results;

#[cfg(feature = "train")]
impl io::Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        kept(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        kept(io::stdout().flush())
    }
}

/// The same, and takes note of a failure.
#[cfg(feature = "train")]
fn kept<T>(result: io::Result<T>) -> io::Result<T> {
    result.inspect_err(|error| {
        FAILED.set(error.kind().into()).ok();
    })
}
