//! Loopback devices of Linux, through the crate v4l: finds them, opens one for pictures, and writes to it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use v4l::Device;
use v4l::buffer::Type;
use v4l::capability::{Capabilities, Flags};
use v4l::format::colorspace::Colorspace;
use v4l::format::field::FieldOrder;
use v4l::format::{Format, FourCC};
use v4l::io::mmap::Stream;
use v4l::io::traits::Stream as _;
use v4l::video::Output as _;
use v4l::video::output::Parameters;

use super::camera::Output;
use super::{LoopbackDevice, LoopbackState, VirtualCameraError, VirtualCameraOptions, best, usable};
use crate::data::LOOPBACK_DRIVER;
use crate::runtime::contain;

/// Most video devices that Linux has.
const MAX_NODES: u32 = 256;
const YUYV: FourCC = FourCC { repr: *b"YUYV" };

/// The loopback devices of this machine, by their numbers.
///
/// # Errors
/// [`VirtualCameraError::NoPermission`] when none was found and this user may not look at some of the devices.
pub fn loopback_devices() -> Result<Vec<LoopbackDevice>, VirtualCameraError> {
    let (mut found, mut closed) = (Vec::new(), None);
    for path in (0..MAX_NODES).map(|n| PathBuf::from(format!("/dev/video{n}"))).filter(|path| path.exists()) {
        match open(&path).and_then(|device| capabilities(&device)) {
            Ok(caps) if caps.driver == LOOPBACK_DRIVER => found.push(describe(path, &caps)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => closed = Some(path),
            _ => {}
        }
    }
    match closed {
        Some(path) if found.is_empty() => Err(VirtualCameraError::NoPermission { path }),
        _ => Ok(found),
    }
}

/// The device that was asked for, or the free loopback device that suits best.
///
/// # Errors
/// When there is none, it is in use, or it is something else.
pub fn find_loopback(wanted: Option<&Path>) -> Result<LoopbackDevice, VirtualCameraError> {
    let Some(path) = wanted else { return best(loopback_devices()?) };
    let device = open(path).map_err(|cause| refusal(path, cause))?;
    // Whatever answers no question about its capabilities is no video device.
    let caps = capabilities(&device).map_err(|_no_video_device| VirtualCameraError::NotAnOutput { path: path.to_owned() })?;
    let found = describe(path.to_owned(), &caps);
    if caps.driver != LOOPBACK_DRIVER && !caps.capabilities.contains(Flags::VIDEO_OUTPUT) {
        return Err(VirtualCameraError::NotAnOutput { path: path.to_owned() });
    }
    usable(found)
}

/// A device that pictures are written to.
pub(super) struct OpenDevice {
    about: LoopbackDevice,
    size: [u32; 2],
    /// Ended before the device is closed.
    stream: Option<Stream<'static>>,
    device: Option<Device>,
}

impl OpenDevice {
    /// Opens the device that was asked for and settles its format.
    pub(super) fn open(options: &VirtualCameraOptions) -> Result<Self, VirtualCameraError> {
        let about = find_loopback(options.device.as_deref())?;
        let refused = |cause| refusal(&about.path, cause);
        let device = open(&about.path).map_err(refused)?;
        let format = guarded(|| device.set_format(&wanted_format(options.size))).map_err(refused)?;
        let size = usable_size(&format).ok_or_else(|| VirtualCameraError::Format {
            path: about.path.clone(),
            insists_on: format!("{} in {} x {}", format.fourcc, format.width, format.height),
        })?;
        // Some versions of the module take no rate; programs that read then measure it.
        if let Err(error) = guarded(|| device.set_params(&Parameters::with_fps(options.frames_per_sec.max(1)))) {
            tracing::debug!("{} takes no rate: {error}", about.path.display());
        }
        // Without it, too, pictures go out; newer versions of the module need no such announcement.
        let stream = announce(&device).inspect_err(|error| tracing::debug!("{} starts no stream: {error}", about.path.display())).ok();
        Ok(Self { about, size, stream, device: Some(device) })
    }
}

impl Output for OpenDevice {
    fn device(&self) -> &LoopbackDevice {
        &self.about
    }

    fn size(&self) -> [u32; 2] {
        self.size
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        let Some(device) = &mut self.device else { return Err(io::ErrorKind::NotConnected.into()) };
        // One write is one picture: the rest of a picture that was taken in part must not follow as another one.
        match device.write(frame) {
            Ok(bytes) if bytes == frame.len() => Ok(()),
            Ok(bytes) => Err(io::Error::other(format!("it took {bytes} of {} bytes", frame.len()))),
            // Neither is an end: the next picture is due in a moment.
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for OpenDevice {
    fn drop(&mut self) {
        // The crate's own clean-up panics when the device has gone; that must not hide the error that made us close it.
        let (stream, device) = (self.stream.take(), self.device.take());
        if contain(move || drop((stream, device))).is_err() {
            tracing::debug!("{} could not be closed properly", self.about.path.display());
        }
    }
}

fn open(path: &Path) -> io::Result<Device> {
    Device::with_path(path)
}

/// Tells the driver that this program is the writer from now on, until the stream and the device are closed. Version 0.12 of the module never
/// offers a device again whose writer made plain writes only.
fn announce(device: &Device) -> io::Result<Stream<'static>> {
    guarded(|| {
        // Pictures are written, not mapped: no buffers.
        let mut stream = Stream::with_buffers(device, Type::VideoOutput, 0)?;
        stream.start()?;
        Ok(stream)
    })
}

fn capabilities(device: &Device) -> io::Result<Capabilities> {
    guarded(|| device.query_caps())
}

/// The crate panics where a driver says something unexpected, such as a label that is no UTF-8.
fn guarded<T>(ask: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    contain(ask).unwrap_or_else(|_| Err(io::Error::other("the driver's answer cannot be understood")))
}

/// With exclusive capabilities a loopback device takes pictures until somebody sends some, is a camera meanwhile, and should take pictures again
/// afterwards.
fn describe(path: PathBuf, caps: &Capabilities) -> LoopbackDevice {
    let can = |what| caps.capabilities.contains(what);
    let state = match (can(Flags::VIDEO_OUTPUT), can(Flags::VIDEO_CAPTURE)) {
        (true, false) => LoopbackState::Free,
        (true, true) => LoopbackState::AlwaysCamera,
        (false, true) => LoopbackState::Taken,
        (false, false) => LoopbackState::Stuck,
    };
    LoopbackDevice { path, name: caps.card.clone(), state }
}

fn refusal(path: &Path, cause: io::Error) -> VirtualCameraError {
    let path = path.to_owned();
    match cause.kind() {
        io::ErrorKind::NotFound => VirtualCameraError::NotFound { path },
        io::ErrorKind::PermissionDenied => VirtualCameraError::NoPermission { path },
        io::ErrorKind::ResourceBusy => VirtualCameraError::Busy { path },
        // What a directory, and what a device without a driver answers.
        io::ErrorKind::IsADirectory => VirtualCameraError::NotAnOutput { path },
        _ => VirtualCameraError::Refused { path, cause },
    }
}

fn wanted_format([width, height]: [u32; 2]) -> Format {
    let mut format = Format::new(width, height, YUYV);
    format.field_order = FieldOrder::Progressive;
    format.colorspace = Colorspace::SRGB;
    format
}

/// The size of a format that we make: YUYV without padding, in whole pairs.
fn usable_size(format: &Format) -> Option<[u32; 2]> {
    let whole_pairs = format.width >= 2 && format.width.is_multiple_of(2) && format.height > 0;
    let unpadded = format.stride == 0 || format.stride == 2 * format.width;
    (format.fourcc == YUYV && whole_pairs && unpadded).then_some([format.width, format.height])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_device_is_refused_with_a_reason() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let folder = tempfile::tempdir().expect("a folder");
        let absent = folder.path().join("video9");
        let find = |path: &Path| find_loopback(Some(path)).expect_err("no device");
        assert!(matches!(find(&absent), VirtualCameraError::NotFound { .. }), "nothing there");
        assert!(matches!(find(file.path()), VirtualCameraError::NotAnOutput { .. }), "a file");
        assert!(matches!(find(folder.path()), VirtualCameraError::NotAnOutput { .. }), "a folder");
    }

    #[test]
    fn the_state_is_told_by_the_capabilities() {
        let state = |capabilities| {
            let [driver, card, bus] = [LOOPBACK_DRIVER, "PuppetCam", "platform"].map(str::to_owned);
            describe("/dev/video9".into(), &Capabilities { driver, card, bus, version: (6, 1, 0), capabilities }).state
        };
        assert_eq!(state(Flags::VIDEO_OUTPUT), LoopbackState::Free, "idle");
        assert_eq!(state(Flags::VIDEO_CAPTURE), LoopbackState::Taken, "somebody sends");
        assert_eq!(state(Flags::VIDEO_OUTPUT | Flags::VIDEO_CAPTURE), LoopbackState::AlwaysCamera, "without exclusive capabilities");
        assert_eq!(state(Flags::STREAMING), LoopbackState::Stuck, "left behind by a writer that has gone");
    }

    #[test]
    fn only_unpadded_yuyv_in_whole_pairs_is_usable() {
        let format = |code: &[u8; 4], width, stride| Format { stride, ..Format::new(width, 480, FourCC::new(code)) };
        assert_eq!(usable_size(&format(b"YUYV", 640, 1280)), Some([640, 480]), "as asked for");
        assert_eq!(usable_size(&format(b"YUYV", 320, 0)), Some([320, 480]), "a size that a reader insists on");
        for (code, width, stride) in [(b"BGR4", 640, 2560), (b"YUYV", 641, 1282), (b"YUYV", 640, 2048), (b"YUYV", 0, 0)] {
            assert_eq!(usable_size(&format(code, width, stride)), None, "{width} wide, {stride} bytes a row");
        }
    }
}
