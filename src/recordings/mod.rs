//! What can be done with finished recordings: listing them, looking at them, playing them, making other files of them, renaming them, throwing them away.
//!
//! Everything here reads and writes files and takes its time, so it runs on workers of whoever asks. Films are read by [`capture`](crate::capture) and written
//! by [`record`](crate::record), as when they were made.

mod convert;
mod error;
mod estimate;
mod film;
mod keep;
mod list;
mod player;
mod sound;

pub use convert::{Conversion, Made, Output, Shape, convert};
pub use error::RecordingsError;
pub use estimate::gif_bytes;
pub use film::{FilmFacts, facts, picture_at, strip};
pub use keep::{Trashed, put_back, rename, throw_away};
pub use list::{KeptFilm, films};
pub use player::{Player, PlayerOptions};
pub use sound::Hearing;
