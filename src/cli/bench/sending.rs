//! What sending the portrait to a virtual camera costs, and what comes of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::pipeline::Pipeline;
use crate::runtime::StageTimes;
use crate::session::{Event, Request, Session as _};
use crate::virtual_camera::{LoopbackDevice, VirtualCameraOptions, VirtualCameraStatus, find_loopback};

/// Sides that a camera may have, in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 16..=4096;

#[derive(clap::Args)]
pub(super) struct SendingArgs {
    /// Send the portrait to a virtual camera meanwhile: a device such as /dev/video9, or nothing for the first free one
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["networks", "opening"])]
    virtual_camera: Option<OsString>,
    /// Size of the virtual camera's pictures; the width is even
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1280x720", value_parser = parse_size)]
    virtual_camera_size: [u32; 2],
}

/// How a virtual camera did while it was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Report {
    name: String,
    device: PathBuf,
    frames_written: u64,
    frames_repeated: u64,
    pictures_skipped: u64,
    hand_over_ms_p50: f64,
    hand_over_ms_p99: f64,
}

impl SendingArgs {
    /// Refuses a device that is none before anything else is done.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.virtual_camera.is_some() {
            find_loopback(self.device())?;
        }
        Ok(())
    }

    /// Whether a virtual camera was asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.virtual_camera.is_some()
    }

    fn device(&self) -> Option<&Path> {
        self.virtual_camera.as_deref().filter(|device| !device.is_empty()).map(Path::new)
    }

    /// Starts the virtual camera that was asked for, and waits until it sends.
    pub(super) fn start(&self, pipeline: &Pipeline) -> anyhow::Result<Option<MeasuredCamera>> {
        if self.virtual_camera.is_none() {
            return Ok(None);
        }
        let device = self.device().map(Path::to_owned);
        let options = VirtualCameraOptions { device, size: self.virtual_camera_size, ..VirtualCameraOptions::default() };
        pipeline.request(Request::StartVirtualCamera(options));
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            for event in pipeline.take_events() {
                match event {
                    Event::VirtualCameraOpened(device) => {
                        return Ok(Some(MeasuredCamera { device, before: VirtualCameraStatus::default() }));
                    }
                    Event::VirtualCameraFailed(message) => anyhow::bail!("{message}"),
                    _ => {}
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        anyhow::bail!("the virtual camera did not open within 20 seconds")
    }
}

/// A virtual camera that is being measured.
pub(super) struct MeasuredCamera {
    device: LoopbackDevice,
    before: VirtualCameraStatus,
}

impl MeasuredCamera {
    /// Counts from here on.
    pub(super) fn begin(&mut self, pipeline: &Pipeline) {
        self.before = pipeline.virtual_camera().unwrap_or_default();
    }

    /// What has come of it since.
    pub(super) fn report(&self, pipeline: &Pipeline, stages: &[StageTimes]) -> Report {
        let now = pipeline.virtual_camera().unwrap_or_default();
        let hand_over = stages.iter().find(|stage| stage.name == "hand over").map(|stage| stage.times).unwrap_or_default();
        Report {
            name: self.device.name.clone(),
            device: self.device.path.clone(),
            frames_written: now.written.saturating_sub(self.before.written),
            frames_repeated: now.repeated.saturating_sub(self.before.repeated),
            pictures_skipped: now.skipped.saturating_sub(self.before.skipped),
            hand_over_ms_p50: hand_over.ms_p50,
            hand_over_ms_p99: hand_over.ms_p99,
        }
    }
}

impl Report {
    pub(super) fn print(&self) {
        say!(
            "sent {} frames to {} ({}) meanwhile, {} of them repeated; {} pictures skipped; handing one over took {:.3} ms median, {:.3} ms p99",
            self.frames_written,
            self.name,
            self.device.display(),
            self.frames_repeated,
            self.pictures_skipped,
            self.hand_over_ms_p50,
            self.hand_over_ms_p99
        );
    }
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]));
    let usable = |[width, height]: &[u32; 2]| SIDES.contains(width) && SIDES.contains(height) && width.is_multiple_of(2);
    sides.filter(usable).ok_or_else(|| "give two sides of 16 to 4096 pixels, such as 640x480; the width is even".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_sides_with_an_even_width() {
        assert_eq!(parse_size("640x480"), Ok([640, 480]), "a size");
        for bad in ["640", "641x480", "640x", "0x480", "640x99999", "-640x480", "640x480x3"] {
            assert!(parse_size(bad).is_err(), "{bad} is refused");
        }
    }
}
