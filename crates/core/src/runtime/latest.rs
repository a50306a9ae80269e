//! The live link: holds the newest value only. The writer never waits; a value that nobody took in time is replaced.

use std::sync::Arc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Maker of a live link.
pub struct Latest;

impl Latest {
    /// A new link: the end to put values in, and the end to take them out.
    #[expect(clippy::new_ret_no_self, reason = "like a channel, a link is a pair of ends")]
    pub fn new<T>() -> (LatestWriter<T>, LatestReader<T>) {
        let shared = Arc::new(Shared {
            slot: Mutex::new(Slot { value: None, replaced: 0, writer_gone: false, reader_gone: false }),
            arrived: Condvar::new(),
        });
        (LatestWriter { shared: Arc::clone(&shared) }, LatestReader { shared })
    }
}

struct Slot<T> {
    value: Option<T>,
    replaced: u64,
    writer_gone: bool,
    reader_gone: bool,
}

struct Shared<T> {
    slot: Mutex<Slot<T>>,
    arrived: Condvar,
}

impl<T> Shared<T> {
    /// A panic while the lock was held cannot leave the slot half-written, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that puts values in.
pub struct LatestWriter<T> {
    shared: Arc<Shared<T>>,
}

impl<T> LatestWriter<T> {
    /// Puts a value in, replacing one that was not taken yet. Returns whether a reader still exists.
    pub fn put(&self, value: T) -> bool {
        let mut slot = self.shared.lock();
        if slot.value.replace(value).is_some() {
            slot.replaced += 1;
        }
        let read = !slot.reader_gone;
        drop(slot);
        self.shared.arrived.notify_one();
        read
    }

    /// How many values were replaced before anybody took them.
    pub fn replaced(&self) -> u64 {
        self.shared.lock().replaced
    }
}

impl<T> Drop for LatestWriter<T> {
    fn drop(&mut self) {
        self.shared.lock().writer_gone = true;
        self.shared.arrived.notify_all();
    }
}

/// The end that takes values out.
pub struct LatestReader<T> {
    shared: Arc<Shared<T>>,
}

impl<T> LatestReader<T> {
    /// The newest value, if one has arrived since the last call. Never waits.
    pub fn take(&self) -> Option<T> {
        self.shared.lock().value.take()
    }

    /// Waits up to `timeout` for a value.
    pub fn take_timeout(&self, timeout: Duration) -> Option<T> {
        let (mut slot, _) = self
            .shared
            .arrived
            .wait_timeout_while(self.shared.lock(), timeout, |slot| slot.value.is_none() && !slot.writer_gone)
            .unwrap_or_else(PoisonError::into_inner);
        slot.value.take()
    }

    /// Whether the writer is gone and nothing is left to take.
    pub fn is_finished(&self) -> bool {
        let slot = self.shared.lock();
        slot.writer_gone && slot.value.is_none()
    }
}

impl<T> Drop for LatestReader<T> {
    fn drop(&mut self) {
        self.shared.lock().reader_gone = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_value_wins_and_replacements_are_counted() {
        let (writer, reader) = Latest::new();
        for i in 0..5 {
            assert!(writer.put(i), "the reader is alive");
        }
        assert_eq!(reader.take(), Some(4), "only the newest value is kept");
        assert_eq!(reader.take(), None, "a value is handed out once");
        assert_eq!(writer.replaced(), 4, "the four older ones were replaced");
    }

    #[test]
    fn waiting_reader_is_woken_by_a_value_and_by_the_end() {
        let (writer, reader) = Latest::new();
        let taker = std::thread::spawn(move || {
            (reader.take_timeout(Duration::from_secs(20)), reader.take_timeout(Duration::from_secs(20)), reader.is_finished())
        });
        assert!(writer.put(7), "the reader is alive");
        std::thread::sleep(Duration::from_millis(20));
        drop(writer);
        assert_eq!(taker.join().expect("reader thread"), (Some(7), None, true), "value, then end");
    }
}
