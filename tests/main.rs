//! All integration tests in one binary: it links once instead of once per file.

mod bad_input; // the real program on bad input, in bad places, at bad times
mod capture; // sources against generated and real clips
#[cfg(target_os = "linux")]
mod desktop; // the real window under an X server, with a real drop
mod faces; // faces found, followed and placed in real pictures
mod faults; // killed, stopped, full, damaged
mod fine_tune; // a portrait that is alive learns its picture
mod further; // several pictures of one person, through the real pipeline
mod labelled; // what is found and drawn in real paint, against labels by hand
#[cfg(target_os = "linux")]
mod no_network; // the program's system calls, watched
mod record; // files against ffmpeg, full disks, crashes
mod replaced_drivers; // faces that leave, jump or are replaced, in real clips
mod session; // requests and events, on the real pipeline
mod shared; // where the shared portraits and clips are
mod tidy; // rules of the source tree
mod train; // synthetic heads and training through the real program
mod window; // the window's behaviour, with a double for the pipeline
