//! How much memory the program takes.

/// Peak resident memory of this process so far, in megabytes (a million bytes); `None` where the system does not tell (it does on Linux).
pub fn peak_memory_mb() -> Option<f64> {
    peak_from_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The high-water mark in the text of Linux' `status` file of a process.
fn peak_from_status(text: &str) -> Option<f64> {
    let value = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Lets all threads take memory from two common arenas instead of one each: pictures are made by one thread and dropped by another, and each arena keeps what was
/// dropped. Measured on two cores: 295 to 315 MB at the peak of a live session instead of 415, frames as fast. Only glibc has arenas.
pub fn share_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const ARENAS: libc::c_int = 2;
        #[expect(unsafe_code, reason = "the allocator is set by a C function")]
        // SAFETY: glibc guards its settings by a lock, and takes any number of arenas.
        let is_set = unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) } == 1;
        if !is_set {
            tracing::debug!("the allocator keeps an arena for each thread");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_is_read_from_the_status_file_and_nonsense_is_not() {
        assert_eq!(peak_from_status("VmPeak:  9 kB\nVmHWM:\t  31250 kB\nVmRSS: 3 kB\n"), Some(32.0), "megabytes");
        assert_eq!(peak_from_status("VmHWM: many\n"), None, "nonsense");
        assert_eq!(peak_from_status(""), None, "nothing");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn peak_grows_with_what_is_used() {
        let before = peak_memory_mb().expect("Linux tells");
        let block = vec![1_u8; (before as usize + 32) * 1_000_000];
        assert!(std::hint::black_box(&block).iter().step_by(4096).all(|b| *b == 1), "every page is touched");
        let after = peak_memory_mb().expect("Linux tells");
        assert!(after >= before + 30.0, "{before} MB before and {after} MB after");
    }
}
