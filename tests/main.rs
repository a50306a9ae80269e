//! All integration tests in one binary: it links once instead of once per file.

mod capture; // sources against generated and real clips
#[cfg(target_os = "linux")]
mod desktop; // the real window under an X server, with a real drop
mod faces; // faces found, followed and placed in real pictures
mod record; // files against ffmpeg, full disks, crashes
mod shaders; // every WGSL file through naga
mod tidy; // rules of the source tree
mod window; // the window's behaviour, with a double for the pipeline
