//! Fine-tuning of the portrait that is alive: learns on a thread of its own, beside the live work.
//!
//! All of this belongs to the generating thread. Each run has a link of its own, which is dropped with the run: what a cancelled run still says reaches
//! nobody, so that no portrait is ever drawn by what was learnt from another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, TryRecvError, unbounded};

use super::fine_tuning::{self, FineTuneError, FineTuning};
use super::puppet::Puppet;
use super::shared::PipelineState;
use crate::data::{Portrait, Tuning};
use crate::generate::{GeneratorChoice, WeightFiles};
use crate::learn::{FineTuneOptions, FineTuned};
use crate::model::Tuned;
use crate::runtime::{StopFlag, Worker, WorkerError};
use crate::session::Event;

/// The present state is shown after every so many steps,
const PREVIEW_STEPS: u64 = 10;
/// but not more often than this: taking it over costs the live pictures a moment.
const PREVIEW_PAUSE: Duration = Duration::from_secs(1);

/// What fine-tuning knows of the portrait that is alive, and the run that is learning it.
pub(super) struct LiveFineTuning {
    settings: FineTuning,
    files: WeightFiles,
    /// What the result of the person's pictures is kept by.
    key: Option<String>,
    /// What the portrait is drawn by when nothing is running.
    tuned: Option<Tuned>,
    run: Option<Run>,
    /// Cancelled runs, which may have a step to finish.
    ending: Vec<Worker>,
}

/// A run under way.
struct Run {
    worker: Worker,
    news: Receiver<News>,
    step: u64,
}

/// What a run reports.
enum News {
    /// So many steps are made.
    Step(u64),
    /// How the portrait would be drawn now.
    Present(Tuned),
    /// It is over: what came of it, and what to keep of that.
    Done(FineTuned, Option<Vec<u8>>),
    /// It is over, with nothing.
    Failed(String),
}

impl LiveFineTuning {
    /// Without a portrait.
    pub(super) fn new(settings: FineTuning, choice: &GeneratorChoice) -> Self {
        let files = match choice {
            GeneratorChoice::Head(files) | GeneratorChoice::FewShot(files) => files.clone(),
            // Others learn nothing.
            GeneratorChoice::MotionNet(_) | GeneratorChoice::LandmarkWarp => WeightFiles::default(),
        };
        Self { settings, files, key: None, tuned: None, run: None, ending: Vec::new() }
    }

    /// Turns to other pictures, those of a person with the portrait first: a run is cancelled, and what was learnt of them before is there at once. It is for the
    /// caller to adopt. Returns whether there was a run.
    pub(super) fn turn_to(&mut self, pictures: &[&Portrait], puppet: &Puppet) -> bool {
        let cancelled = self.cancel();
        self.key = puppet.can_adopt().then(|| fine_tuning::key(pictures, &self.files, &self.settings.options)).flatten();
        let known = fine_tuning::recall(self.settings.cache.as_ref(), self.key.as_deref());
        self.tuned = known.and_then(|known| known.tuned);
        cancelled
    }

    /// What the portrait is drawn by when nothing is running.
    pub(super) fn tuned(&self) -> Option<&Tuned> {
        self.tuned.as_ref()
    }

    /// How far it is.
    pub(super) fn state(&self, puppet: &Puppet) -> Tuning {
        match &self.run {
            _ if !puppet.can_adopt() || !puppet.has_portrait() => Tuning::Impossible,
            Some(run) => Tuning::Running { step: run.step, steps: self.settings.options.steps },
            None if self.tuned.is_some() => Tuning::Done,
            None => Tuning::Possible,
        }
    }

    /// Begins to learn a person's pictures, the portrait first, unless that is being done.
    pub(super) fn start(&mut self, pictures: Vec<Arc<Portrait>>, puppet: &Puppet, shared: &PipelineState) {
        if pictures.is_empty() || !puppet.can_adopt() {
            return shared
                .report(Event::FineTuningFailed("Only a portrait that the few-shot generator moves can be fine-tuned.".to_owned()));
        }
        if self.run.is_some() {
            return;
        }
        let (files, options) = (self.files.clone(), self.settings.options.clone());
        match spawn(move |stop, news| learn(&pictures, &files, options, stop, news)) {
            Ok((worker, news)) => {
                self.run = Some(Run { worker, news, step: 0 });
                shared.report(Event::FineTuning(self.state(puppet)));
            }
            Err(error) => shared.report(Event::FineTuningFailed(error.to_string())),
        }
    }

    /// Cancels the run; nothing of it is kept.
    pub(super) fn stop(&mut self, puppet: &mut Puppet, shared: &PipelineState) {
        if self.cancel() {
            self.settle(puppet, shared);
        }
    }

    /// Forgets what was learnt of the portrait, here and in the cache.
    pub(super) fn undo(&mut self, puppet: &mut Puppet, shared: &PipelineState) {
        self.cancel();
        self.tuned = None;
        if let (Some(cache), Some(key)) = (&self.settings.cache, &self.key) {
            cache.remove(key);
        }
        self.settle(puppet, shared);
    }

    /// Takes over what the run reports. Returns whether the portrait is drawn by something else from now on.
    pub(super) fn follow(&mut self, puppet: &mut Puppet, shared: &PipelineState) -> bool {
        let mut changed = false;
        while let Some(run) = &self.run {
            let news = match run.news.try_recv() {
                Ok(news) => news,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => News::Failed("fine-tuning has ended without a result".to_owned()),
            };
            changed |= self.take_over(news, puppet, shared);
        }
        self.ending.retain(|worker| !worker.is_finished());
        changed
    }

    fn take_over(&mut self, news: News, puppet: &mut Puppet, shared: &PipelineState) -> bool {
        match news {
            News::Step(step) => {
                if let Some(run) = &mut self.run {
                    run.step = step;
                }
                shared.report(Event::FineTuning(self.state(puppet)));
                return false;
            }
            News::Present(tuned) => puppet.adopt(Some(&tuned)),
            News::Done(FineTuned { before, after, tuned }, entry) => {
                self.cancel();
                let kept = tuned.is_some();
                self.tuned = tuned.or(self.tuned.take());
                if let (Some(cache), Some(key), Some(entry)) = (&self.settings.cache, &self.key, entry) {
                    cache.put(key, &entry);
                }
                self.settle(puppet, shared);
                shared.report(Event::FineTuned { before, after, kept });
            }
            News::Failed(message) => {
                self.cancel();
                self.settle(puppet, shared);
                shared.report(Event::FineTuningFailed(message));
            }
        }
        true
    }

    /// Draws the portrait by what is valid now, and says so.
    fn settle(&self, puppet: &mut Puppet, shared: &PipelineState) {
        puppet.adopt(self.tuned.as_ref());
        shared.report(Event::FineTuning(self.state(puppet)));
    }

    /// Lets go of the run without waiting for it. Returns whether there was one.
    fn cancel(&mut self) -> bool {
        let Some(run) = self.run.take() else { return false };
        run.worker.stop();
        self.ending.push(run.worker);
        true
    }
}

/// Starts a run; its panic is one more way to fail.
fn spawn(work: impl FnOnce(&StopFlag, &Sender<News>) + Send + 'static) -> Result<(Worker, Receiver<News>), WorkerError> {
    // A few a second, which the generating thread takes before every picture: no bound is needed.
    let (out, news) = unbounded();
    let panicked = out.clone();
    let worker = Worker::spawn(
        "fine-tune",
        move |stop| work(stop, &out),
        move |error| {
            panicked.send(News::Failed(error.to_string())).ok();
        },
    )?;
    Ok((worker, news))
}

fn learn(pictures: &[Arc<Portrait>], files: &WeightFiles, options: FineTuneOptions, stop: &StopFlag, news: &Sender<News>) {
    let last = match make_steps(pictures, files, options, stop, news) {
        Ok(Some(done)) => {
            let (done, entry) = fine_tuning::packed(done);
            News::Done(done, entry)
        }
        Ok(None) => return,
        Err(error) => News::Failed(error.to_string()),
    };
    // The link of a cancelled run is gone.
    news.send(last).ok();
}

/// The whole run; `None` when it was cancelled.
fn make_steps(
    pictures: &[Arc<Portrait>],
    files: &WeightFiles,
    options: FineTuneOptions,
    stop: &StopFlag,
    news: &Sender<News>,
) -> Result<Option<FineTuned>, FineTuneError> {
    let pictures: Vec<&Portrait> = pictures.iter().map(|picture| &**picture).collect();
    let mut tuner = fine_tuning::tuner(&pictures, files, options)?;
    let mut shown = Instant::now();
    while !tuner.is_finished() {
        if stop.is_set() {
            return Ok(None);
        }
        let step = tuner.step()?.step;
        news.send(News::Step(step)).ok();
        if step.is_multiple_of(PREVIEW_STEPS) && !tuner.is_finished() && shown.elapsed() >= PREVIEW_PAUSE {
            news.send(News::Present(tuner.present()?)).ok();
            shown = Instant::now();
        }
    }
    if stop.is_set() { Ok(None) } else { Ok(Some(tuner.outcome()?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> (LiveFineTuning, Puppet, PipelineState, Receiver<Event>) {
        let (events_out, events) = unbounded();
        let shared = PipelineState::new(events_out, || {});
        let choice = GeneratorChoice::FewShot(WeightFiles::default());
        let (generator, _) = crate::generate::start(&choice);
        let puppet = Puppet::new(generator, None, crate::runtime::Timings::default());
        (LiveFineTuning::new(FineTuning::default(), &choice), puppet, shared, events)
    }

    fn portrait() -> anyhow::Result<Arc<Portrait>> {
        Ok(Arc::new(crate::builtin::PORTRAITS[0].portrait()?))
    }

    /// Stands in for a run.
    fn pretend(live: &mut LiveFineTuning, work: impl FnOnce(&StopFlag, &Sender<News>) + Send + 'static) -> anyhow::Result<()> {
        let (worker, news) = spawn(work)?;
        live.run = Some(Run { worker, news, step: 0 });
        Ok(())
    }

    fn told(events: &Receiver<Event>) -> Vec<String> {
        events.try_iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn a_panic_in_the_run_is_told_and_changes_nothing() -> anyhow::Result<()> {
        let (mut live, mut puppet, shared, events) = live();
        puppet.set_portrait(&*portrait()?)?;
        pretend(&mut live, |_, _| panic!("number {}", 7))?;
        while live.run.is_some() {
            live.follow(&mut puppet, &shared);
            std::thread::sleep(Duration::from_millis(5));
        }
        let told = told(&events);
        assert!(told[0].contains("Possible") && told[1].contains("FineTuningFailed") && told[1].contains("number 7"), "{told:?}");
        Ok(())
    }

    #[test]
    fn a_cancelled_run_reaches_nobody_however_late_it_ends() -> anyhow::Result<()> {
        let (mut live, mut puppet, shared, events) = live();
        let portrait = portrait()?;
        puppet.set_portrait(&portrait)?;
        let tuned = fine_tuning::tuner(&[&portrait], &WeightFiles::default(), FineTuneOptions::default())?.present()?;
        let (done, waits) = (tuned.clone(), Duration::from_millis(50));
        let late = move |stop: &StopFlag, news: &Sender<News>| {
            news.send(News::Present(done.clone())).ok();
            while !stop.is_set() {
                std::thread::sleep(waits);
            }
            news.send(News::Done(FineTuned { before: 1.0, after: 0.5, tuned: Some(done) }, None)).ok();
        };
        pretend(&mut live, late.clone())?;
        assert_eq!(live.state(&puppet), Tuning::Running { step: 0, steps: fine_tuning::LIVE_STEPS }, "under way");
        while !live.follow(&mut puppet, &shared) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(live.run.is_some() && live.tuned().is_none(), "a preview is shown, but is no result");
        live.stop(&mut puppet, &shared);
        assert_eq!(told(&events), ["FineTuning(Possible)"], "as it was before");
        pretend(&mut live, late.clone())?;
        live.turn_to(&[&portrait], &puppet);
        live.tuned = Some(tuned);
        pretend(&mut live, late)?;
        live.stop(&mut puppet, &shared);
        assert_eq!(told(&events), ["FineTuning(Done)"], "what was learnt before stays, when a second run is cancelled");
        while !live.ending.is_empty() {
            live.follow(&mut puppet, &shared);
        }
        assert!(told(&events).is_empty(), "nothing of what they sent at their end");
        live.undo(&mut puppet, &shared);
        assert!(live.tuned().is_none() && told(&events) == ["FineTuning(Possible)"], "undone");
        Ok(())
    }

    #[test]
    fn what_was_learnt_belongs_to_the_pictures_that_it_was_learnt_from() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (mut live, mut puppet, _, _) = live();
        live.settings.cache = Some(crate::runtime::FileCache::at(folder.path(), 64 << 20));
        let (portrait, other) = (portrait()?, crate::builtin::PORTRAITS[1].portrait()?);
        puppet.set_portrait(&portrait)?;
        let tuned = fine_tuning::tuner(&[&portrait, &other], &live.files, FineTuneOptions::default())?.present()?;
        let (_, entry) = fine_tuning::packed(FineTuned { before: 1.0, after: 0.5, tuned: Some(tuned) });
        live.turn_to(&[&portrait, &other], &puppet);
        let (cache, key) = (live.settings.cache.as_ref(), live.key.as_deref());
        cache.zip(key).zip(entry).map(|((cache, key), entry)| cache.put(key, &entry)).expect("it can be kept");
        live.turn_to(&[&portrait], &puppet);
        assert!(live.tuned().is_none(), "nothing was learnt of the portrait alone");
        live.turn_to(&[&portrait, &other], &puppet);
        assert!(live.tuned().is_some(), "but of both");
        Ok(())
    }

    #[test]
    fn without_a_portrait_there_is_nothing_to_learn() {
        let (mut live, puppet, shared, events) = live();
        assert_eq!(live.state(&puppet), Tuning::Impossible, "no portrait");
        live.start(Vec::new(), &puppet, &shared);
        assert!(told(&events)[0].contains("FineTuningFailed"), "told, and not begun");
    }
}
