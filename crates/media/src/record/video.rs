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
use crate::colour::{Yuv420Picture, YuvEncoding};

/// Quantiser of every picture: 41 to 47 dB on paintings and camera clips, at 1.1 to 1.6 Mbit/s for 602x602. Lower is better and larger.
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
    planes: Yuv420Picture,
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
        Ok(Self { encoder, planes: Yuv420Picture::new(width, height), last_keyframe: None, entry: None })
    }

    /// Codes one opaque picture of the encoder's size. `pts` decides when the next full picture is due.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when openh264 refuses the picture or returns none.
    pub(super) fn encode(&mut self, picture: &RgbaImage, pts: Duration) -> Result<CodedPicture, RecordError> {
        // openh264's own converter uses the matrix of BT.601, which players would show with a green cast under the BT.709 label of HD video.
        self.planes.fill(picture, YuvEncoding::BT709);
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
/// off, complains on stderr about it. Background detection would freeze slowly moving canvas (1.4 dB for 2 % of the size); low complexity
/// costs 0.1 dB and saves a fifth of the time. One slice per picture leaves a second thread nothing to do.
fn config(fps: f32) -> EncoderConfig {
    EncoderConfig::new()
        .rate_control_mode(RateControlMode::Bufferbased)
        .qp(QpRange::new(QUANTISER, QUANTISER))
        .bitrate(BitRate::from_bps(20_000_000))
        .max_frame_rate(FrameRate::from_hz(fps.clamp(1.0, 60.0)))
        .skip_frames(false)
        .intra_frame_period(IntraFramePeriod::auto())
        .usage_type(UsageType::CameraVideoRealTime)
        .complexity(Complexity::Low)
        .background_detection(false)
        .num_threads(1)
        .vui(VuiConfig::bt709())
}

fn sample_entry(annexb: &[u8]) -> Result<SampleEntry, RecordError> {
    let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
    build_avc1_box_from_annexb(annexb, &config).map(SampleEntry::Avc1).map_err(RecordError::encoder("H.264"))
}

impl YUVSource for Yuv420Picture {
    fn dimensions(&self) -> (usize, usize) {
        self.size.into()
    }

    fn strides(&self) -> (usize, usize, usize) {
        let width = self.size[0];
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.planes[0]
    }

    fn u(&self) -> &[u8] {
        &self.planes[1]
    }

    fn v(&self) -> &[u8] {
        &self.planes[2]
    }
}

#[cfg(test)]
mod tests {
    use openh264::decoder::Decoder;
    use shiguredo_mp4::bitstream::h264::length_prefixed_to_annexb;

    use super::*;
    use crate::record::testing::painting;

    /// Luma error of every picture after coding and decoding, in decibels, with whether it was a full picture.
    fn coded_quality_db(size: [u32; 2], count: u32) -> Vec<(f64, bool)> {
        let mut encoder = VideoEncoder::new(size, 30.0).expect("an encoder");
        let mut decoder = Decoder::new().expect("a decoder");
        let pictures = (0..count).map(|i| {
            let coded = encoder.encode(&painting(size, i), Duration::from_millis(u64::from(i) * 1000 / 30)).expect("coded");
            let stream = length_prefixed_to_annexb(&coded.data, LengthSize::FourBytes).expect("a stream");
            let decoded = decoder.decode(&stream).expect("decoded").expect("one picture in, one picture out");
            assert_eq!(decoded.dimensions(), encoder.planes.size.into(), "size of the picture");
            let rows = encoder.planes.planes[0].chunks_exact(encoder.planes.size[0]).zip(decoded.y().chunks(decoded.strides().0));
            let squares = rows.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
            let mean = squares.sum::<f64>() / encoder.planes.planes[0].len() as f64;
            (10.0 * (255.0_f64.powi(2) / mean.max(1e-9)).log10(), coded.is_keyframe)
        });
        pictures.collect()
    }

    #[test]
    fn a_painting_survives_coding() {
        let quality = coded_quality_db([322, 242], 40);
        let worst = quality.iter().map(|(db, _)| *db).fold(f64::INFINITY, f64::min);
        assert!(worst > 38.0, "the worst of 40 pictures has {worst:.1} dB");
        let full: Vec<usize> = quality.iter().enumerate().filter(|(_, (_, full))| *full).map(|(i, _)| i).collect();
        assert_eq!(full, [0, 30], "one full picture a second");
    }

    #[test]
    fn odd_pictures_are_cut_and_tiny_ones_refused() {
        assert_eq!(coded_quality_db([101, 77], 2).len(), 2, "an odd size");
        assert!(matches!(VideoEncoder::new([100, 8], 30.0), Err(RecordError::PictureTooSmall { least: 16, .. })), "too small");
    }

    /// Not a judgement, since machines differ, but a figure to watch; and a bound that only a wrong setting exceeds.
    #[test]
    fn coding_keeps_up_with_a_camera() {
        let size = [602, 602];
        let pictures: Vec<RgbaImage> = (0..20).map(|i| painting(size, i)).collect();
        let mut encoder = VideoEncoder::new(size, 30.0).expect("an encoder");
        let start = std::time::Instant::now();
        let bytes: usize = pictures.iter().map(|picture| encoder.encode(picture, Duration::ZERO).expect("coded").data.len()).sum();
        let ms = start.elapsed().as_secs_f64() * 1e3 / pictures.len() as f64;
        tracing::info!("602x602: {ms:.2} ms and {} bytes a picture", bytes / pictures.len());
        assert!(ms < 200.0, "{ms:.1} ms a picture cannot be right even on a busy machine");
    }
}
