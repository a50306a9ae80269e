//! H.264 in MP4, decoded in-process by openh264, B-frames included.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::RgbImage;
use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource as _;
use shiguredo_mp4::boxes::{AvccBox, SampleEntry};

use super::sps::Sps;
use super::{DecodedPicture, OpenedClip, Pictures, held_frames};
use crate::capture::error::CaptureError;
use crate::capture::mp4::Mp4;
use crate::capture::pixels::{I420, is_acceptable_size};
use crate::capture::scale::{orientation_of, shown_size};
use crate::capture::source::SourceKind;
use crate::colour::YuvEncoding;

/// Most pictures that the decoder may hold back to put them in order.
const MAX_HELD_BACK: usize = 32;
/// A stream with this many broken samples in a row is given up.
const MAX_BROKEN: usize = 120;
/// Types of NAL units that make up the picture itself: slices and parameter sets. All others only confuse the decoder.
const PICTURE_UNITS: [u8; 4] = [1, 5, 7, 8];
/// Type of the NAL unit that holds a sequence parameter set.
const SEQUENCE_PARAMETERS: u8 = 7;
/// What stands before a NAL unit in a byte stream.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Why a file is not decoded here.
pub(super) enum Refusal {
    /// ffmpeg may be able to.
    Reason(String),
    /// Nobody is.
    Final(CaptureError),
}

/// The pictures of an MP4, in order of display.
pub(super) struct H264Pictures {
    path: PathBuf,
    mp4: Mp4,
    decoder: Decoder,
    encoding: YuvEncoding,
    next_sample: u32,
    /// The sequence parameter sets of the index that the decoder has.
    sent: Vec<Vec<u8>>,
    /// The sequence parameter set that holds now; empty before the first.
    active: Vec<u8>,
    /// When the pictures inside the decoder are shown. It gives them out in order of display, so the earliest belongs to the next one.
    held_back: BinaryHeap<Reverse<i64>>,
    /// Pictures that came out and were not asked for yet.
    ready: VecDeque<DecodedPicture>,
    ended: bool,
    /// When the film ends, which says how long its last picture is seen; unknown for a file that was cut.
    end: Option<Duration>,
    decoded: u64,
    broken: usize,
    sample: Vec<u8>,
    stream: Vec<u8>,
}

impl H264Pictures {
    /// Opens the file and checks that it can be decoded here.
    pub(super) fn open(path: &Path) -> Result<OpenedClip, Refusal> {
        let mp4 = Mp4::open(path).map_err(|e| match e.or_reason(path) {
            Ok(reason) => Refusal::Reason(reason),
            Err(error) => Refusal::Final(error),
        })?;
        let Some(video) = &mp4.video else { return Err(Refusal::Final(CaptureError::NoVideo { path: path.to_owned() })) };
        let Some(first) = video.sample(0) else { return Err(Refusal::Final(CaptureError::NoFrames { path: path.to_owned() })) };
        let (avcc, size) = match first.entry {
            SampleEntry::Avc1(entry) => (&entry.avcc_box, [entry.visual.width, entry.visual.height]),
            other => return Err(Refusal::Reason(format!("its video is {}, not H.264", codec_name(other)))),
        };
        let [width, height] = size.map(u32::from);
        if !is_acceptable_size([width, height]) {
            return Err(Refusal::Final(CaptureError::TooLarge { path: path.to_owned(), width, height }));
        }
        let sps = check_parameters(avcc.sps_list.first().map_or(&[], Vec::as_slice)).map_err(Refusal::Reason)?;
        let shown = shown_size([width, height], pixel_aspect(first.entry).or(sps.pixel_aspect));
        let extent = video.extent();
        if extent.samples == 0 {
            return Err(Refusal::Final(CaptureError::NoFrames { path: path.to_owned() }));
        }
        let length = Duration::try_from_secs_f64(extent.end_secs).unwrap_or_default();
        let last_secs = Duration::try_from_secs_f64(extent.end_secs - extent.last_secs).unwrap_or_default();
        let (matrix, has_sound) = (video.matrix, mp4.has_sound);
        let decoder = new_decoder().map_err(Refusal::Reason)?;
        let pictures = Self {
            path: path.to_owned(),
            mp4,
            decoder,
            encoding: sps.encoding(),
            next_sample: 0,
            sent: Vec::new(),
            active: Vec::new(),
            held_back: BinaryHeap::new(),
            ready: VecDeque::new(),
            ended: false,
            end: Some(length),
            decoded: 0,
            broken: 0,
            sample: Vec::new(),
            stream: Vec::new(),
        };
        Ok(OpenedClip {
            pictures: Box::new(pictures),
            kind: SourceKind::Clip,
            size: [width, height],
            shown: if is_acceptable_size(shown) { shown } else { [width, height] },
            orientation: orientation_of(matrix),
            fps: extent.fps(),
            frames: Some(extent.samples + u64::from(held_frames(last_secs, extent.fps()))),
            duration: Some(length),
            has_sound,
            decoder: "in-process",
        })
    }

    /// Gives the next sample to the decoder. At the end of the file, takes out what it held back.
    fn feed(&mut self) -> Result<(), String> {
        let Some(video) = &self.mp4.video else { return Err("it has no pictures".to_owned()) };
        let Some(sample) = video.sample(self.next_sample) else { return self.drain() };
        self.next_sample += 1;
        self.stream.clear();
        let SampleEntry::Avc1(entry) = sample.entry else { return Err("its coding changes midway".to_owned()) };
        let (avcc, shown_at) = (&entry.avcc_box, sample.shown_at);
        let length_bytes = usize::from(avcc.length_size_minus_one.get()) + 1;
        let mut parameters = None;
        if self.sent != avcc.sps_list {
            write_parameters(avcc, &mut self.stream);
            self.sent.clone_from(&avcc.sps_list);
            parameters = avcc.sps_list.first().cloned();
        }
        match self.mp4.read(sample.place, &mut self.sample) {
            Ok(Some(())) => {}
            // The file was cut: what came so far is all there is.
            Ok(None) => {
                self.end = None;
                return self.drain();
            }
            Err(e) => return Err(e.to_string()),
        }
        parameters = write_units(&self.sample, length_bytes, &mut self.stream)?.or(parameters);
        self.use_parameters(parameters)?;
        self.held_back.push(Reverse(shown_at));
        match self.decoder.decode(&self.stream) {
            Ok(Some(picture)) => {
                let pixels = to_rgb(&picture, self.encoding)?;
                self.take_out(pixels);
            }
            Ok(None) => {}
            Err(e) => {
                self.held_back.retain(|held| held.0 != shown_at);
                return Err(e.to_string());
            }
        }
        if self.held_back.len() > MAX_HELD_BACK {
            self.held_back.pop();
        }
        Ok(())
    }

    /// Prepares for pictures that are coded by other parameters from here on: those before them come out first, in their own time.
    fn use_parameters(&mut self, parameters: Option<Vec<u8>>) -> Result<(), String> {
        let Some(parameters) = parameters.filter(|parameters| *parameters != self.active) else { return Ok(()) };
        let encoding = check_parameters(&parameters)?.encoding();
        if !self.active.is_empty() {
            self.flush()?;
            self.held_back.clear();
        }
        (self.active, self.encoding) = (parameters, encoding);
        Ok(())
    }

    fn drain(&mut self) -> Result<(), String> {
        self.ended = true;
        self.flush()
    }

    /// Takes out all pictures that the decoder holds back.
    fn flush(&mut self) -> Result<(), String> {
        let rest = self.decoder.flush_remaining().map_err(|e| e.to_string())?;
        let rest = rest.iter().map(|picture| to_rgb(picture, self.encoding)).collect::<Result<Vec<_>, _>>()?;
        for pixels in rest {
            self.take_out(pixels);
        }
        Ok(())
    }

    /// Gives a decoded picture its time; drops it when the edit list leaves it out.
    fn take_out(&mut self, pixels: RgbImage) {
        self.decoded += 1;
        let secs = self.held_back.pop().and_then(|Reverse(shown_at)| self.mp4.video.as_ref()?.secs_from(shown_at));
        if let Some(at) = secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok()) {
            self.ready.push_back(DecodedPicture { pixels, at, lasts: None });
        }
    }

    fn damaged(&self, detail: String) -> CaptureError {
        CaptureError::Damaged { path: self.path.clone(), detail }
    }
}

impl Pictures for H264Pictures {
    fn next(&mut self) -> Result<Option<DecodedPicture>, CaptureError> {
        // One picture ahead: the last one is known by none coming after it.
        while self.ready.len() < 2 && !self.ended {
            match self.feed() {
                Ok(()) => self.broken = 0,
                Err(detail) if self.decoded == 0 || self.broken >= MAX_BROKEN => return Err(self.damaged(detail)),
                Err(detail) => {
                    tracing::debug!("skipped a broken sample of {}: {detail}", self.path.display());
                    self.broken += 1;
                }
            }
        }
        let mut picture = self.ready.pop_front();
        if let Some(last) = picture.as_mut().filter(|_| self.ready.is_empty()) {
            last.lasts = self.end.and_then(|end| end.checked_sub(last.at)).filter(|lasts| !lasts.is_zero());
        }
        Ok(picture)
    }

    fn restart(&mut self) -> Result<(), CaptureError> {
        self.decoder = new_decoder().map_err(|detail| self.damaged(detail))?;
        self.held_back.clear();
        self.ready.clear();
        self.sent.clear();
        self.active.clear();
        (self.next_sample, self.ended, self.broken) = (0, false, 0);
        Ok(())
    }

    fn approach(&mut self, to: Duration) -> Result<(), CaptureError> {
        self.restart()?;
        self.next_sample = self.mp4.video.as_ref().map_or(0, |video| video.keyframe_before(to.as_secs_f64()));
        Ok(())
    }
}

/// B-frames need a decoder that is not flushed after every sample.
fn new_decoder() -> Result<Decoder, String> {
    let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
    Decoder::with_api_config(OpenH264API::from_source(), config).map_err(|e| e.to_string())
}

/// What people call the coding of a track.
fn codec_name(entry: &SampleEntry) -> String {
    match entry {
        SampleEntry::Hev1(_) | SampleEntry::Hvc1(_) => "HEVC (H.265)".to_owned(),
        SampleEntry::Vp08(_) => "VP8".to_owned(),
        SampleEntry::Vp09(_) => "VP9".to_owned(),
        SampleEntry::Av01(_) => "AV1".to_owned(),
        SampleEntry::Unknown(unknown) => match unknown.box_type.as_bytes() {
            b"dvh1" | b"dvhe" => "Dolby Vision (HEVC)".to_owned(),
            b"mp4v" => "MPEG-4 Visual".to_owned(),
            b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG".to_owned(),
            b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "Apple ProRes".to_owned(),
            b"avc3" | b"dva1" | b"dvav" => "H.264 without parameter sets in its index".to_owned(),
            b"encv" => "encrypted".to_owned(),
            kind => format!("of the kind {}", String::from_utf8_lossy(kind).escape_default()),
        },
        _ => "of another kind".to_owned(),
    }
}

/// Width and height of a pixel as the container has it, which counts more than what the stream says.
fn pixel_aspect(entry: &SampleEntry) -> Option<[u32; 2]> {
    let SampleEntry::Avc1(entry) = entry else { return None };
    let aspect = entry.unknown_boxes.iter().find(|unknown| unknown.box_type.as_bytes() == b"pasp")?;
    let number = |at: usize| aspect.payload.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    Some([number(0)?, number(4)?]).filter(|ratio| !ratio.contains(&0))
}

/// What a sequence parameter set says; the error says why pictures that are coded by it cannot be decoded here.
fn check_parameters(nal: &[u8]) -> Result<Sps, String> {
    let sps = Sps::parse(nal).ok_or("its parameter sets are missing or damaged")?;
    if !is_acceptable_size(sps.coded_size) {
        return Err(format!("its pictures claim {} x {} pixels", sps.coded_size[0], sps.coded_size[1]));
    }
    sps.obstacle().map_or_else(|| Ok(sps), Err)
}

fn write_parameters(avcc: &AvccBox, stream: &mut Vec<u8>) {
    for nal in avcc.sps_list.iter().chain(&avcc.pps_list) {
        stream.extend_from_slice(&START_CODE);
        stream.extend_from_slice(nal);
    }
}

/// Turns a sample, whose NAL units are preceded by their lengths, into a byte stream with start codes. Returns the last sequence parameter set
/// in it, if there is one.
fn write_units(mut sample: &[u8], length_bytes: usize, stream: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
    let mut parameters = None;
    while !sample.is_empty() {
        let (length, rest) = sample.split_at_checked(length_bytes).ok_or("a sample ends inside a length")?;
        let length = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        let (unit, rest) = rest.split_at_checked(length).ok_or("a sample ends inside a unit")?;
        let kind = unit.first().map_or(0, |head| head & 31);
        if PICTURE_UNITS.contains(&kind) {
            stream.extend_from_slice(&START_CODE);
            stream.extend_from_slice(unit);
        }
        if kind == SEQUENCE_PARAMETERS {
            parameters = Some(unit.to_vec());
        }
        sample = rest;
    }
    Ok(parameters)
}

fn to_rgb(picture: &DecodedYUV<'_>, encoding: YuvEncoding) -> Result<RgbImage, String> {
    let (width, height) = picture.dimensions();
    if !is_acceptable_size([width as u32, height as u32]) {
        return Err(format!("a picture has {width} x {height} pixels"));
    }
    let planes = I420 { size: [width, height], planes: [picture.y(), picture.u(), picture.v()], strides: picture.strides().into() };
    let mut pixels = RgbImage::default();
    planes.write_rgb(encoding, &mut pixels).map_err(|e| e.to_string())?;
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_start_codes_and_foreign_units_are_left_out() {
        let sample = [0, 0, 0, 2, 0x65, 7, 0, 0, 0, 1, 0x06, 0, 0, 0, 2, 0x41, 9];
        let mut stream = Vec::new();
        assert_eq!(write_units(&sample, 4, &mut stream), Ok(None), "complete, without parameters");
        assert_eq!(stream, [0, 0, 0, 1, 0x65, 7, 0, 0, 0, 1, 0x41, 9], "the unit of type 6 is no picture");
        let with_parameters = [0, 0, 0, 2, 0x67, 1, 0, 0, 0, 2, 0x67, 2, 0, 0, 0, 1, 0x65];
        assert_eq!(write_units(&with_parameters, 4, &mut stream), Ok(Some(vec![0x67, 2])), "the last parameters count");
        for end in [2, 5, 9, 14] {
            assert!(write_units(&sample[..end], 4, &mut Vec::new()).is_err(), "cut after {end} bytes");
        }
        assert!(write_units(&[0xff; 8], 4, &mut Vec::new()).is_err(), "a length beyond the sample");
    }
}
