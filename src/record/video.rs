//! H.264 for files: constant quality, one full picture a second, BT.709. openh264's defaults are made for calls and would drop pictures.

use std::time::Duration;

use image::RgbaImage;
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSource;
use shiguredo_mp4::bitstream::h264::{H264SampleEntryConfig, LengthSize, annexb_to_length_prefixed, build_avc1_box_from_annexb};
use shiguredo_mp4::boxes::SampleEntry;

use super::RecordError;
use super::colour::Planes;

/// Quantiser of every picture: about 42 dB on paintings. Lower is better and larger.
const QUANTISER: u8 = 22;

/// How often a picture is coded in full, so that a player can start there and a fragment can end before it.
const KEYFRAME_INTERVAL: Duration = Duration::from_secs(1);

/// Least side openh264 can be trusted with, in pixels.
pub(super) const LEAST_SIDE_PX: u32 = 16;

/// Largest picture openh264 takes: long and short side, in pixels.
pub(super) const LARGEST_PX: [u32; 2] = [3840, 2160];

/// One coded picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CodedPicture {
    /// NAL units, each after its length in four bytes.
    pub(super) data: Vec<u8>,
    /// Whether decoding can start here.
    pub(super) is_keyframe: bool,
}

/// The encoder with its buffers.
pub(super) struct VideoEncoder {
    encoder: Encoder,
    planes: Planes,
    last_keyframe: Option<Duration>,
    entry: Option<SampleEntry>,
}

impl VideoEncoder {
    /// An encoder for pictures of `size` (width, height); an odd side loses its last pixel. `fps` is what to expect.
    ///
    /// # Errors
    /// [`RecordError::PictureTooSmall`] below 16 pixels, [`RecordError::Encoder`] when openh264 refuses.
    pub(super) fn new(size: [u32; 2], fps: f32) -> Result<Self, RecordError> {
        let [width, height] = size;
        if width.min(height) < LEAST_SIDE_PX {
            return Err(RecordError::PictureTooSmall { width, height, least: LEAST_SIDE_PX });
        }
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config(fps)).map_err(RecordError::encoder("H.264"))?;
        Ok(Self { encoder, planes: Planes::new(width, height), last_keyframe: None, entry: None })
    }

    /// Codes one opaque picture of the encoder's size. `pts` decides when the next full picture is due.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when openh264 refuses the picture or returns none.
    pub(super) fn encode(&mut self, picture: &RgbaImage, pts: Duration) -> Result<CodedPicture, RecordError> {
        self.planes.fill(picture);
        if self.last_keyframe.is_some_and(|last| pts.saturating_sub(last) >= KEYFRAME_INTERVAL) {
            self.encoder.force_intra_frame();
        }
        let stream = self.encoder.encode(&self.planes).map_err(RecordError::encoder("H.264"))?;
        let is_keyframe = matches!(stream.frame_type(), FrameType::IDR);
        let annexb = stream.to_vec();
        if annexb.is_empty() {
            return Err(RecordError::Encoder { codec: "H.264", message: "a picture was skipped".to_owned() });
        }
        if is_keyframe {
            self.last_keyframe = Some(pts);
        }
        if self.entry.is_none() {
            self.entry = Some(sample_entry(&annexb)?);
        }
        let data = annexb_to_length_prefixed(&annexb, LengthSize::FourBytes).map_err(RecordError::encoder("H.264"))?;
        Ok(CodedPicture { data, is_keyframe })
    }

    /// What a container says about the stream; `None` before the first picture.
    pub(super) fn sample_entry(&self) -> Option<&SampleEntry> {
        self.entry.as_ref()
    }
}

/// Constant quality by way of the buffer-based mode with a pinned quantiser: the only mode that neither skips pictures nor, with skipping
/// off, complains on stderr about it.
fn config(fps: f32) -> EncoderConfig {
    EncoderConfig::new()
        .rate_control_mode(RateControlMode::Bufferbased)
        .qp(QpRange::new(QUANTISER, QUANTISER))
        .bitrate(BitRate::from_bps(20_000_000))
        .max_frame_rate(FrameRate::from_hz(fps.clamp(1.0, 60.0)))
        .skip_frames(false)
        .intra_frame_period(IntraFramePeriod::auto())
        .usage_type(UsageType::CameraVideoNonRealTime)
        .complexity(Complexity::Medium)
        .num_threads(1)
        .vui(VuiConfig::bt709())
}

fn sample_entry(annexb: &[u8]) -> Result<SampleEntry, RecordError> {
    let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
    build_avc1_box_from_annexb(annexb, &config).map(SampleEntry::Avc1).map_err(RecordError::encoder("H.264"))
}

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.y
    }

    fn u(&self) -> &[u8] {
        &self.u
    }

    fn v(&self) -> &[u8] {
        &self.v
    }
}
