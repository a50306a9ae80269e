//! The endless stream of examples: made ahead on threads of its own, in an order that depends on the seed alone.
//!
//! Items (pairs or episodes) come in blocks. Each block is visited a few times, in every turn that an item can be seen in, shuffled, before the next one;
//! making an item costs more than learning from it once. Any position of the stream can be started from: its block is made again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded};

use crate::random::Random;
use crate::synth::{FramePair, HELD_OUT, PairSampler, Scratch};
use retrato_learn::Sample;
use retrato_learn::TrainError;

/// Makes item number `index`, always the same.
pub trait Dataset: Send + Sync {
    /// What is made.
    type Item: Send + Sync + 'static;

    /// The item; `scratch` is memory to reuse.
    fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<Self::Item, TrainError>;

    /// An item that training never shows.
    fn held_out(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<Self::Item, TrainError> {
        self.make(seed ^ HELD_OUT, index, scratch)
    }
}

/// A source of pairs.
pub type PairSource = dyn Dataset<Item = FramePair>;

impl Dataset for PairSampler {
    type Item = FramePair;

    fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<FramePair, TrainError> {
        Ok(self.pair(seed, index, scratch))
    }
}

/// Settings of a [`Stream`].
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// Seed of the items and of their order.
    pub seed: u64,
    /// Items per block.
    pub block: usize,
    /// Turns in which an item is seen: the two directions of a pair, the combinations of an episode.
    pub turns: usize,
    /// How often a block's items are visited in each turn.
    pub visits: usize,
    /// Threads that make items.
    pub threads: usize,
}

impl StreamOptions {
    fn samples_per_block(&self) -> u64 {
        (self.block * self.visits * self.turns).max(1) as u64
    }
}

/// A block: its number, the items, and the order of their visits (item, turn).
type Block<T> = (u64, Vec<Arc<T>>, Vec<(usize, usize)>);

/// An item and its number, or why there is none.
type Made<T> = Result<(u64, T), TrainError>;

/// Samples in order. Its threads end when it is dropped.
pub struct Stream<T> {
    options: StreamOptions,
    next: u64,
    block: Option<Block<T>>,
    ahead: BTreeMap<u64, Arc<T>>,
    wanted_from: u64,
    items: Option<Receiver<Made<T>>>,
    workers: Vec<JoinHandle<()>>,
}

impl<T: Send + Sync + 'static> Stream<T> {
    /// Starts at sample `position`.
    pub fn new(source: &Arc<dyn Dataset<Item = T>>, options: StreamOptions, position: u64) -> Self {
        let first = position / options.samples_per_block() * options.block as u64;
        let counter = Arc::new(AtomicU64::new(first));
        // A block is collected while the one before is visited; the channel holds the workers back when they are that far ahead.
        let (send, receive) = bounded(options.block.max(1));
        let workers = (0..options.threads.max(1)).filter_map(|k| worker(k, source, &options, &counter, &send)).collect();
        Self { wanted_from: first, options, next: position, block: None, ahead: BTreeMap::new(), items: Some(receive), workers }
    }

    /// The next sample; waits until its item is made.
    pub fn sample(&mut self) -> Result<Sample<T>, TrainError> {
        let per_block = self.options.samples_per_block();
        let number = self.next / per_block;
        if self.block.as_ref().is_none_or(|(have, ..)| *have != number) {
            let items = self.collect_block()?;
            let order = order(&self.options, number, items.len());
            self.block = Some((number, items, order));
        }
        let Some((_, items, order)) = &self.block else { return Err(TrainError::StreamEnded) };
        let (item, turn) = order[(self.next % per_block) as usize];
        let sample = Sample { item: Arc::clone(&items[item]), turn, number: self.next };
        self.next += 1;
        Ok(sample)
    }

    /// The next block's items in the order of their numbers, however they arrive.
    fn collect_block(&mut self) -> Result<Vec<Arc<T>>, TrainError> {
        let wanted = self.wanted_from..self.wanted_from + self.options.block as u64;
        self.wanted_from = wanted.end;
        let mut items = Vec::with_capacity(self.options.block);
        for index in wanted {
            while !self.ahead.contains_key(&index) {
                let receive = self.items.as_ref().ok_or(TrainError::StreamEnded)?;
                let (arrived, item) = receive.recv().unwrap_or(Err(TrainError::StreamEnded))?;
                self.ahead.insert(arrived, Arc::new(item));
            }
            items.extend(self.ahead.remove(&index));
        }
        Ok(items)
    }
}

impl<T> Drop for Stream<T> {
    fn drop(&mut self) {
        // Closing the channel ends the workers at their next item.
        drop(self.items.take());
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::warn!("a thread that made examples had panicked");
            }
        }
    }
}

fn worker<T: Send + Sync + 'static>(
    k: usize,
    source: &Arc<dyn Dataset<Item = T>>,
    options: &StreamOptions,
    counter: &Arc<AtomicU64>,
    send: &Sender<Made<T>>,
) -> Option<JoinHandle<()>> {
    let (source, counter, send, seed) = (Arc::clone(source), Arc::clone(counter), send.clone(), options.seed);
    let body = move || {
        let _last_words = LastWords(send.clone());
        let mut scratch = Scratch::new();
        loop {
            let index = counter.fetch_add(1, Ordering::Relaxed);
            let made = source.make(seed, index, &mut scratch).map(|item| (index, item));
            let failed = made.is_err();
            if send.send(made).is_err() || failed {
                return;
            }
        }
    };
    std::thread::Builder::new().name(format!("synth-{k}")).spawn(body).ok()
}

/// Tells the stream that its thread panicked: the item it was making would be waited for while the other threads' items pile up.
struct LastWords<T>(Sender<Made<T>>);

impl<T> Drop for LastWords<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody listens any more when the stream is gone too.
            self.0.send(Err(TrainError::StreamEnded)).ok();
        }
    }
}

/// Every item in every turn, `visits` times, each round shuffled on its own.
fn order(options: &StreamOptions, block: u64, items: usize) -> Vec<(usize, usize)> {
    let mut random = Random::new(options.seed, block.wrapping_add(1 << 40));
    let mut order = Vec::with_capacity(options.visits * items * options.turns);
    for _ in 0..options.visits {
        let mut round: Vec<(usize, usize)> = (0..items).flat_map(|item| (0..options.turns).map(move |turn| (item, turn))).collect();
        for last in (1..round.len()).rev() {
            round.swap(last, random.below(last + 1));
        }
        order.extend(round);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::FaceKit;

    /// Panics at one pair.
    struct Breaking(PairSampler);

    impl Dataset for Breaking {
        type Item = FramePair;

        fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<FramePair, TrainError> {
            assert_ne!(index, 3, "this pair cannot be made");
            self.0.make(seed, index, scratch)
        }
    }

    /// Has an error at one pair.
    struct Failing(PairSampler);

    impl Dataset for Failing {
        type Item = FramePair;

        fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<FramePair, TrainError> {
            if index == 3 { Err(TrainError::Diverged(77)) } else { self.0.make(seed, index, scratch) }
        }
    }

    fn stream(source: &Arc<PairSource>, position: u64) -> Stream<FramePair> {
        Stream::new(source, StreamOptions { seed: 1, block: 2, turns: 2, visits: 2, threads: 2 }, position)
    }

    fn sampler() -> PairSampler {
        PairSampler::new(Arc::new(FaceKit::stand_in()))
    }

    #[test]
    fn a_thread_that_panics_ends_the_stream_instead_of_keeping_it_waiting() {
        let mut stream = stream(&(Arc::new(Breaking(sampler())) as Arc<PairSource>), 0);
        let ended = (0..64).find(|_| stream.sample().is_err());
        assert!(ended.is_some_and(|n| n <= 8), "at the latest where the broken pair was wanted: {ended:?}");
    }

    #[test]
    fn an_item_that_cannot_be_made_ends_the_stream_with_its_own_words() {
        let mut stream = stream(&(Arc::new(Failing(sampler())) as Arc<PairSource>), 0);
        let ended = (0..64).find_map(|_| stream.sample().err());
        assert!(ended.is_some_and(|e| e.to_string().contains("77")), "the source's own error");
    }

    #[test]
    fn every_pair_is_visited_in_both_directions_and_any_position_can_be_started_from() -> Result<(), TrainError> {
        let key = |sample: &Sample<FramePair>| (sample.item.frames[0].landmarks[0].to_array().map(f32::to_bits), sample.turn);
        let source: Arc<PairSource> = Arc::new(sampler());
        let mut whole = stream(&source, 0);
        let samples: Vec<_> = (0..16).map(|_| whole.sample().map(|s| key(&s))).collect::<Result<_, _>>()?;
        let mut counts = BTreeMap::new();
        samples[..8].iter().for_each(|sample| *counts.entry(*sample).or_insert(0) += 1);
        assert_eq!(counts.into_values().collect::<Vec<_>>(), [2; 4], "two pairs, two directions, two visits");
        let mut later = stream(&source, 11);
        assert_eq!(later.sample().map(|s| key(&s))?, samples[11], "the same sample at the same position");
        Ok(())
    }
}
