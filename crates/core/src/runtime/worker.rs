//! A worker is a value that owns a named thread: it stops when dropped, and its panic becomes an error for its owner.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Tells a worker's body that it shall end. Cheap to clone and to ask.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Whether the worker shall end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks the worker to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Sleeps until `deadline`, waking early when the flag is set. Returns whether it was.
    pub fn sleep_until(&self, deadline: Instant) -> bool {
        while !self.is_set() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
        true
    }
}

/// Why a worker ended badly.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The system gave us no thread.
    #[error("cannot start the {name} thread: {cause}")]
    Spawn {
        /// Name of the thread.
        name: &'static str,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The body panicked: a defect of this program.
    #[error("the {name} thread failed unexpectedly: {message}")]
    Panic {
        /// Name of the thread.
        name: &'static str,
        /// The panic's message.
        message: String,
    },
}

/// A named thread with a stop flag.
#[derive(Debug)]
pub struct Worker {
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
    name: &'static str,
}

impl Worker {
    /// Starts `body` on a thread called `name`. `on_panic` is called on that thread with the error when the body panics.
    pub fn spawn(
        name: &'static str,
        body: impl FnOnce(&StopFlag) + Send + 'static,
        on_panic: impl FnOnce(WorkerError) + Send + 'static,
    ) -> Result<Self, WorkerError> {
        let stop = StopFlag::default();
        let flag = stop.clone();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                if let Err(payload) = std::panic::catch_unwind(AssertUnwindSafe(|| body(&flag))) {
                    on_panic(WorkerError::Panic { name, message: panic_message(&*payload) });
                }
            })
            .map_err(|cause| WorkerError::Spawn { name, cause })?;
        Ok(Self { stop, thread: Some(thread), name })
    }

    /// Asks the body to end, without waiting.
    pub fn stop(&self) {
        self.stop.set();
    }

    /// Whether the body has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until the body has ended by itself.
    pub fn join(mut self) {
        self.join_thread();
    }

    /// Asks the body to end and lets go of the thread without waiting: for bodies that may be stuck in a system call.
    pub fn abandon(mut self) {
        self.stop.set();
        drop(self.thread.take());
    }

    fn join_thread(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // The body's own panics are caught above; only a panicking `on_panic` ends here.
            tracing::error!("the {} thread ended by a panic in its error handler", self.name);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.set();
        self.join_thread();
    }
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic by the fault of what it is given, such as a library on a stranger's file, on this thread. The panic becomes an error with its message.
pub fn contain<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    let before = CONTAINED.replace(true);
    let result = std::panic::catch_unwind(AssertUnwindSafe(body));
    CONTAINED.set(before);
    result.map_err(|payload| panic_message(&*payload))
}

/// Whether a panic of this thread would be an error of [`contain`], and no defect to be reported.
pub fn is_contained() -> bool {
    CONTAINED.get()
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_a_worker_ends_its_body() {
        let (ended, seen) = std::sync::mpsc::channel();
        let worker = Worker::spawn(
            "test",
            move |stop| {
                assert!(stop.sleep_until(Instant::now() + Duration::from_mins(1)), "stopped, not timed out");
                ended.send(()).expect("test still listens");
            },
            |_| {},
        )
        .expect("a thread");
        drop(worker);
        assert!(seen.try_recv().is_ok(), "drop waits for the body's end");
    }

    #[test]
    fn a_contained_panic_is_an_error() {
        assert_eq!(contain(is_contained), Ok(true), "inside");
        assert_eq!(contain(|| -> u8 { panic!("number {}", 7) }), Err("number 7".to_owned()), "with its message");
        assert!(!is_contained(), "and nothing is contained any more");
    }

    #[test]
    fn a_panic_reaches_the_owner_with_its_message() {
        let (report, seen) = std::sync::mpsc::channel();
        Worker::spawn("fragile", |_| panic!("number {}", 7), move |e| report.send(e.to_string()).expect("test listens"))
            .expect("a thread")
            .join();
        let message = seen.try_recv().expect("a report");
        assert!(message.contains("fragile") && message.contains("number 7"), "names thread and cause: {message}");
    }
}
