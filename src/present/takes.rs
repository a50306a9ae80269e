//! Before and while recording: counting down, the boomerang of three seconds, and the word about a computer that is too slow for a smooth film.

use std::time::Duration;

use egui::{Align2, Color32, Context, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo};

use super::app::{App, now_secs};
use super::films::FilmAction;
use super::state::{DriverState, ViewState};
use super::theme;
use super::toasts::Severity;
use super::words::t;
use crate::data::Background;
use crate::recordings::Output;
use crate::session::{DriverChoice, Finished, RecordingRequest, Request, Sound};
use crate::settings::Countdown;

/// How long is counted down, in seconds.
const COUNTDOWN_SECS: f64 = 3.0;
/// Length of what becomes a boomerang.
const BOOMERANG: Duration = Duration::from_secs(3);
/// A film is said to stutter when it gets fewer pictures than this share of the driver's, of up to so many a second, after so many seconds.
const SMOOTH: (f64, f64, f64) = (0.6, 30.0, 2.0);

/// What is recorded next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// A film.
    Film,
    /// Three seconds that are then shown forth and back.
    Boomerang,
}

/// A recording that begins in a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountdownView {
    /// What is recorded then.
    pub take: Take,
    /// When, in seconds of the window's clock.
    pub ends_at_secs: f64,
    /// The number that is shown.
    pub number: u32,
}

/// The recording that is running.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TakeUnderWay {
    /// Whether it becomes a boomerang.
    is_boomerang: bool,
    /// Whether it was asked to stop.
    stops: bool,
    /// Whether the driver stood still for a while, so that few pictures say nothing about the computer.
    was_still: bool,
}

impl ViewState {
    /// Whether a recording is counted down: always, never, or when a camera drives, as the user wants it.
    pub(super) fn counts_down(&self) -> bool {
        match self.record.countdown {
            Countdown::Always => true,
            Countdown::Never => false,
            Countdown::WithCamera => matches!(self.driver.source, Some(DriverChoice::Camera(_))),
        }
    }
}

impl App {
    /// Begins a recording, counts it down, or ends what is under way.
    pub(super) fn toggle_take(&mut self, ctx: &Context, take: Take) {
        if self.view.countdown.take().is_some() || self.view.record.is_finishing() {
            return;
        }
        if self.view.record.running.is_some() {
            return self.session.request(Request::StopRecording);
        }
        if !self.view.can_record() {
            return;
        }
        if self.view.background == Background::Transparent {
            return self.say(Severity::Info, t!("background-no-film"), ctx);
        }
        // What was recorded before makes room.
        self.act_on_film(ctx, FilmAction::List(false));
        self.act_on_film(ctx, FilmAction::Close);
        if self.view.counts_down() {
            let ends_at_secs = now_secs(ctx) + COUNTDOWN_SECS;
            self.view.countdown = Some(CountdownView { take, ends_at_secs, number: COUNTDOWN_SECS as u32 });
        } else {
            self.start_take(take);
        }
    }

    /// Counts on. Returns in how many seconds to call again.
    pub(super) fn count_down(&mut self, now_secs: f64) -> Option<f64> {
        let countdown = self.view.countdown.as_mut()?;
        let left = countdown.ends_at_secs - now_secs;
        if left > 0.0 {
            countdown.number = left.ceil() as u32;
            // A little behind the change, so that it is surely seen.
            return Some(left - f64::from(countdown.number - 1) + 0.005);
        }
        let take = countdown.take;
        self.view.countdown = None;
        if self.view.can_record() {
            self.start_take(take);
        }
        None
    }

    fn start_take(&mut self, take: Take) {
        self.take = TakeUnderWay { is_boomerang: take == Take::Boomerang, ..TakeUnderWay::default() };
        let with_sound = self.settings.record_sound && take == Take::Film;
        let sound = if with_sound { Sound::Any(self.settings.microphone.clone()) } else { Sound::Silent };
        let own_size = self.settings.record_own_size;
        self.session.request(Request::StartRecording(RecordingRequest {
            file: self.new_file(),
            own_size,
            sound,
            panes: self.view.record.panes,
        }));
    }

    /// Follows the recording: a boomerang ends by itself, and one that will stutter is told.
    pub(super) fn watch_take(&mut self) {
        let view = &mut self.view;
        view.record.stutters = None;
        let Some(running) = view.record.running.as_ref().filter(|running| running.finishing.is_none()) else { return };
        let is_still = view.playback.as_ref().is_some_and(|playback| playback.paused || playback.waiting || playback.speed < 1.0);
        self.take.was_still |= is_still || !matches!(view.driver.state, DriverState::Running | DriverState::NoFace);
        if !self.take.was_still {
            view.record.stutters = stutters(running.frames, running.elapsed, view.driver.rate);
        }
        if self.take.is_boomerang && running.elapsed >= BOOMERANG && !self.take.stops {
            self.take.stops = true;
            self.session.request(Request::StopRecording);
        }
    }

    /// A recording is complete: its card opens, and a boomerang is made of it if that was wanted.
    pub(super) fn take_is_finished(&mut self, finished: &Finished) {
        let take = std::mem::take(&mut self.take);
        let mut notes = Vec::new();
        if !take.was_still
            && let Some(rate) = stutters(finished.frames, finished.duration, self.view.driver.rate)
        {
            notes.push(t!("record-slow-note", few = few(rate)));
        }
        self.note_focus(&finished.path);
        self.open_film(finished.path.clone(), notes);
        if take.is_boomerang {
            self.view.record.running = None;
            self.make_of_film(Output::BackAndForth, true);
        }
    }

    /// Whether what has just been finished is only what a boomerang is made of.
    pub(super) fn takes_boomerang(&self) -> bool {
        self.take.is_boomerang
    }
}

/// Pictures a second of a film that stutters; `None` for a smooth one, and as long as nothing can be said.
fn stutters(frames: u64, elapsed: Duration, driver_fps: Option<f64>) -> Option<f64> {
    let (share, most_fps, after_secs) = SMOOTH;
    let secs = elapsed.as_secs_f64();
    let rate = frames as f64 / secs.max(1e-3);
    (secs >= after_secs && rate < share * driver_fps?.min(most_fps)).then_some(rate)
}

/// How few pictures a second there are.
pub(super) fn few(rate: f64) -> String {
    t!("record-slow", count = rate.round().max(1.0) as u32)
}

/// The number that is counted down, large over the middle of the stage.
pub(super) fn show(ui: &Ui, stage: Rect, view: &ViewState) {
    let Some(countdown) = &view.countdown else { return };
    let text = countdown.number.to_string();
    let radius = (stage.width().min(stage.height()) * 0.16).clamp(44.0, 96.0);
    ring(ui.painter(), stage.center(), radius, &text);
    let area = Rect::from_center_size(stage.center(), egui::Vec2::splat(2.0 * radius));
    let response = ui.interact(area, ui.scope_id().with("countdown"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, t!("countdown-label", number = text.as_str())));
    let below = stage.center() + egui::vec2(0.0, radius + 18.0);
    ui.painter().text(below, Align2::CENTER_CENTER, t!("countdown-cancel"), theme::regular(theme::size::BODY), theme::TEXT);
}

fn ring(painter: &Painter, centre: egui::Pos2, radius: f32, text: &str) {
    painter.circle_filled(centre, radius, Color32::from_black_alpha(150));
    painter.circle_stroke(centre, radius, Stroke::new(3.0, theme::ACCENT));
    painter.text(centre, Align2::CENTER_CENTER, text, theme::semibold(radius * 1.05), theme::TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_with_few_pictures_stutters_and_nothing_is_said_too_early() {
        let rate = |frames, secs, fps| stutters(frames, Duration::from_secs_f64(secs), fps).map(f64::round);
        assert_eq!(rate(25, 8.3, Some(25.0)), Some(3.0), "25 pictures in 8.3 seconds");
        assert_eq!(rate(150, 6.0, Some(30.0)), None, "25 of 30 look smooth");
        assert_eq!(rate(3, 1.0, Some(30.0)), None, "a second says nothing yet");
        assert_eq!(rate(180, 6.0, Some(120.0)), None, "30 a second are smooth whatever the driver has");
        assert_eq!(rate(3, 10.0, None), None, "nor does a driver without a rate");
        assert_eq!([few(2.6), few(0.2)], ["Only 3 pictures a second", "Only 1 picture a second"], "in words");
    }
}
