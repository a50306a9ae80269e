//! What nokhwa does not tell about cameras on Linux: which nodes deliver pictures, every format, and the bytes per row.

use std::io;

use v4l::Device;
use v4l::capability::{Capabilities, Flags};
use v4l::format::FourCC;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;
use v4l::{Format, Fraction};

use super::camera::CameraFormat;
use crate::data::{LOOPBACK_DRIVER, OWN_CAMERA_LABEL};

/// Sizes that are offered of a camera with free choice.
const COMMON_SIZES: [[u32; 2]; 6] = [[320, 240], [640, 360], [640, 480], [800, 600], [1280, 720], [1920, 1080]];
/// Rates that are offered of a camera with free choice.
const COMMON_RATES: [f64; 6] = [10.0, 15.0, 24.0, 25.0, 30.0, 60.0];

/// Whether a node delivers pictures now: metadata nodes never do, loopback nodes while something feeds them. The loopback node that is meant for
/// this program's own pictures is no webcam, whoever feeds it: the portrait would drive itself. A node that does not let itself be asked stays in
/// the list, so that opening it can say why.
pub(super) fn can_capture(index: u32) -> bool {
    open(index).and_then(|device| device.query_caps()).map_or(true, |caps| is_webcam(&caps))
}

fn is_webcam(caps: &Capabilities) -> bool {
    let own = caps.driver == LOOPBACK_DRIVER && caps.card.starts_with(OWN_CAMERA_LABEL);
    caps.capabilities.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) && !own
}

/// Every format of a camera.
pub(super) fn formats(index: u32) -> io::Result<Vec<CameraFormat>> {
    let device = open(index)?;
    let mut formats = Vec::new();
    for description in device.enum_formats()? {
        let code = description.fourcc;
        for size in sizes(&device, code) {
            let rates = rates(&device, code, size);
            formats.extend(rates.into_iter().map(|fps| CameraFormat { pixel_format: name(code), size, fps }));
        }
    }
    formats.dedup();
    Ok(formats)
}

/// Sets format and rate as near to `wanted` as the driver can, and returns what it made of it, with its bytes per row.
pub(super) fn prepare(index: u32, wanted: &CameraFormat) -> io::Result<(CameraFormat, Option<usize>)> {
    let device = open(index)?;
    let code: [u8; 4] = wanted.pixel_format.as_bytes().try_into().unwrap_or_default();
    let format = device.set_format(&Format::new(wanted.size[0], wanted.size[1], FourCC::new(&code)))?;
    // nokhwa knows whole rates only.
    let rate = Fraction::new(1, (wanted.fps.round() as u32).max(1));
    let interval = device.set_params(&Parameters::new(rate)).map_or(rate, |parameters| parameters.interval);
    let fps = rate_of(interval).unwrap_or(wanted.fps);
    let stride = (format.stride > 0).then_some(format.stride as usize);
    Ok((CameraFormat { pixel_format: name(format.fourcc), size: [format.width, format.height], fps }, stride))
}

fn open(index: u32) -> io::Result<Device> {
    Device::new(index as usize)
}

fn name(code: FourCC) -> String {
    String::from_utf8_lossy(&code.repr).trim_end().to_owned()
}

fn rate_of(interval: Fraction) -> Option<f64> {
    (interval.numerator > 0 && interval.denominator > 0).then(|| f64::from(interval.denominator) / f64::from(interval.numerator))
}

fn sizes(device: &Device, code: FourCC) -> Vec<[u32; 2]> {
    let within = |value, low, high| (low..=high).contains(&value);
    let listed = device.enum_framesizes(code).unwrap_or_default();
    listed
        .into_iter()
        .flat_map(|size| match size.size {
            FrameSizeEnum::Discrete(size) => vec![[size.width, size.height]],
            FrameSizeEnum::Stepwise(range) => COMMON_SIZES
                .into_iter()
                .filter(|&[w, h]| within(w, range.min_width, range.max_width) && within(h, range.min_height, range.max_height))
                .collect(),
        })
        .collect()
}

fn rates(device: &Device, code: FourCC, [width, height]: [u32; 2]) -> Vec<f64> {
    let listed = device.enum_frameintervals(code, width, height).unwrap_or_default();
    let rates: Vec<f64> = listed
        .into_iter()
        .flat_map(|interval| match interval.interval {
            FrameIntervalEnum::Discrete(interval) => rate_of(interval).into_iter().collect(),
            FrameIntervalEnum::Stepwise(range) => {
                let (slow, fast) = (rate_of(range.max).unwrap_or(0.0), rate_of(range.min).unwrap_or(f64::INFINITY));
                COMMON_RATES.into_iter().filter(|rate| (slow..=fast).contains(rate)).collect::<Vec<_>>()
            }
        })
        .collect();
    // Drivers without rates, such as loopback devices, deliver at whatever rate they are fed.
    if rates.is_empty() { vec![30.0] } else { rates }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_virtual_camera_is_no_webcam() {
        let node = |driver: &str, card: &str, capabilities| Capabilities {
            driver: driver.to_owned(),
            card: card.to_owned(),
            bus: String::new(),
            version: (6, 1, 0),
            capabilities,
        };
        let feeding = Flags::VIDEO_CAPTURE | Flags::STREAMING;
        assert!(is_webcam(&node("uvcvideo", "Retrato HD webcam", feeding)), "whatever a real webcam is called");
        assert!(is_webcam(&node(LOOPBACK_DRIVER, "OBS Virtual Camera", feeding)), "another program's pictures may drive");
        assert!(!is_webcam(&node(LOOPBACK_DRIVER, "Retrato", feeding)), "our own may not");
        assert!(!is_webcam(&node(LOOPBACK_DRIVER, "OBS Virtual Camera", Flags::VIDEO_OUTPUT | Flags::STREAMING)), "nobody feeds it");
        assert!(!is_webcam(&node("uvcvideo", "Webcam", Flags::META_CAPTURE | Flags::STREAMING)), "no pictures");
    }
}
