//! What the tests of several modules need.

use crate::gpu::Gpu;

/// Any device, or `None` with a note where the machine has none.
pub(crate) fn gpu_for_test() -> Option<Gpu> {
    let gpu = Gpu::any();
    if let Err(error) = &gpu {
        #[expect(clippy::print_stderr, reason = "a test that was skipped must say so")]
        {
            eprintln!("SKIPPED: {error}");
        }
    }
    gpu.ok()
}
