//! The window: shows the portrait, takes what the user wants, and drives a [`Session`](crate::session::Session). Nothing in here ever waits.
//!
//! `logic` drains events into a [`ViewState`]; panels are functions from that state to drawings and [`Action`]s; only [`App`] acts.

mod act;
mod action;
mod app;
mod background;
mod cameras;
mod clipboard;
mod desktop;
mod dialogs;
mod empty;
mod events;
mod faces;
mod files;
mod films;
mod framing;
mod gallery;
mod history;
mod icons;
mod inset;
mod intake;
mod keeper;
mod keys;
mod menus;
mod output;
mod overlays;
mod own_portraits;
mod panel;
mod person;
mod preview;
mod sheet;
mod shelf;
mod sight;
mod stage;
mod state;
mod takes;
mod textures;
mod theme;
mod thumbnails;
mod toasts;
mod widgets;
mod window;
mod words;

pub use action::{Action, Purpose, RecordAction, ViewAction};
pub use app::{App, AppConfig, BuiltInPortrait, FirstDriver};
pub use clipboard::{Clip, ClipboardReader, Wanted};
pub use films::{CardAction, CardView, Doing, FilmAction, FilmsView, GifSize, ListView, ListedFilm, Part, ReplayView};
pub use preview::{GroundPainter, PreviewPicture};
pub use state::{
    AboutView, CameraView, DriverState, DriverView, ExecutorView, FurtherView, GalleryItem, InsetView, MotionView, OpeningView, PathPrompt,
    PortraitView, QuestionView, RecordView, ViewState, Visibility,
};
pub use takes::{CountdownView, Take};
pub use theme::apply as apply_theme;
pub use thumbnails::OpenPicture;
pub use toasts::{Offer, Severity, Toast, Toasts};
pub use window::{StartContext, StartSession, WindowError, first_shown_at, run_window};
pub use words::FontFinder;
pub use words::menu::LanguageView;
