//! The fuzzer: gives bytes to the reader that `RETRATO_FUZZ_TARGET` names, guided by which code they reach.
#![no_main]

use std::sync::LazyLock;

use retrato_hostile::{Target, by_name};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("RETRATO_FUZZ_TARGET").unwrap_or_default();
    by_name(&name).unwrap_or_else(|| panic!("RETRATO_FUZZ_TARGET names one of the targets, not `{name}`"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.read)(bytes));
