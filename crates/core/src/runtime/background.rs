//! Work that nobody waits for, beside work that somebody does.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Does `work`, and all that it does in parallel, on threads of their own that give way to all others; waits for it. Among the threads that make the live frames, long
/// pieces of work would hold each frame up. Where the system gives no threads, the caller's own does it.
pub fn in_background<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let built = ThreadPoolBuilder::new().thread_name(|_| "background".to_owned()).start_handler(|_| give_way()).build();
        built.inspect_err(|error| tracing::warn!("no threads for the background: {error}")).ok()
    });
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// Lets other threads go before the calling one. Linux keeps a priority for each thread; elsewhere it stays as it is.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        /// From -20 to 19, and 0 of the others: a core is then shared about 1 to 3. With 15, 1 to 30, a good plate was ready only after 18 seconds where two cores
        /// made all pictures.
        const NICENESS: libc::c_int = 5;
        #[expect(unsafe_code, reason = "the priority is set by a C function")]
        // SAFETY: it takes three numbers, and says by its result when they are wrong.
        let is_set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) } == 0;
        if !is_set {
            tracing::debug!("the background has the priority of all");
        }
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn work_and_its_parallel_parts_are_done_in_the_background() {
        let names: Vec<String> = in_background(|| {
            let name = || std::thread::current().name().unwrap_or_default().to_owned();
            (0..64).into_par_iter().map(|_| name()).collect()
        });
        assert!(names.iter().all(|name| name == "background"), "{names:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_gives_way_and_the_caller_does_not() {
        #[expect(unsafe_code, reason = "the priority is read by a C function")]
        // SAFETY: it takes two numbers.
        let niceness = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = niceness();
        assert!(in_background(niceness) > before, "lower than {before}");
        assert_eq!(niceness(), before, "the caller's");
    }
}
