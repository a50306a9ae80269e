//! The window: shows the portrait, takes what the user wants, and drives a [`Session`](crate::session::Session). Nothing in here ever waits.
//!
//! `logic` drains events into a [`ViewState`]; panels are functions from that state to drawings and [`Action`]s; only [`App`] acts.

mod act;
mod action;
mod app;
mod desktop;
mod dialogs;
mod empty;
mod events;
mod faces;
mod files;
mod films;
mod framing;
mod gallery;
mod icons;
mod inset;
mod intake;
mod keeper;
mod keys;
mod overlays;
mod panel;
mod person;
mod preview;
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

pub use action::{Action, Purpose};
pub use app::{App, AppConfig, BuiltInPortrait, FirstDriver};
pub use films::{CardView, Doing, FilmAction, FilmsView, GifSize, ListView, ListedFilm, Part, ReplayView};
pub use preview::{GroundPainter, PreviewPicture};
pub use state::{
    DriverState, DriverView, ExecutorView, FurtherView, GalleryItem, InsetView, OpeningView, PathPrompt, PortraitView, QuestionView,
    RecordView, ViewState, Visibility,
};
pub use takes::{CountdownView, Take};
pub use theme::apply as apply_theme;
pub use toasts::{Offer, Severity, Toast, Toasts};
pub use window::{StartContext, StartSession, WindowError, run_window};
