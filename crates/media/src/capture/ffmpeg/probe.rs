//! What ffprobe says about a file.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{Child, Tools, restrictions, url_of};
use crate::capture::error::CaptureError;
use crate::capture::scale::shown_size;

/// Most bytes of ffprobe's answer.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// What ffprobe calls the format of a stream that it does not know.
const UNKNOWN_CODECS: [&str; 3] = ["", "unknown", "none"];
/// Frame rate of a stream that does not say.
const DEFAULT_RATE: Rate = Rate { numerator: 25, denominator: 1 };
/// Higher rates only cost time: no face is that fast.
const MAX_FPS: f64 = 120.0;

/// Frames per second as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) struct Rate {
    /// Frames.
    pub(in crate::capture) numerator: u32,
    /// Seconds.
    pub(in crate::capture) denominator: u32,
}

impl Rate {
    /// Frames per second.
    pub(in crate::capture) fn fps(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator.max(1))
    }

    fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/')?;
        let rate = Self { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? };
        (rate.denominator > 0 && (0.1..=MAX_FPS).contains(&rate.fps())).then_some(rate)
    }
}

/// The picture of a file.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::capture) struct VideoStream {
    /// Number of the stream in the file.
    pub(in crate::capture) index: u32,
    /// Width and height in square pixels, upright.
    pub(in crate::capture) size: [u32; 2],
    /// Whether its pixels are stored as square ones.
    pub(in crate::capture) has_square_pixels: bool,
    /// Rate.
    pub(in crate::capture) rate: Rate,
    /// Number of frames, where the container counts them.
    pub(in crate::capture) frames: Option<u64>,
    /// Length.
    pub(in crate::capture) duration: Option<Duration>,
}

/// A file's streams.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::capture) struct Probe {
    /// Pictures: of several streams the one with most of them, where the container counts them; covers of music do not count.
    pub(in crate::capture) video: Option<VideoStream>,
    /// Whether there is sound, decodable or not.
    pub(in crate::capture) has_sound: bool,
    /// Number of the first stream of sound whose format ffmpeg knows.
    pub(in crate::capture) sound: Option<u32>,
}

impl Probe {
    /// Asks ffprobe.
    ///
    /// # Errors
    /// ffprobe that is missing, hangs or does not know the file.
    pub(in crate::capture) fn of(tools: &Tools, path: &Path, why: &str) -> Result<Self, CaptureError> {
        let entries = "stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,duration,nb_frames\
                       :stream_tags=rotate:stream_side_data=rotation:stream_disposition=attached_pic:format=duration";
        let mut arguments: Vec<_> = restrictions().iter().map(Into::into).collect();
        arguments.extend(["-of", "json", "-show_entries", entries].map(Into::into));
        arguments.push(url_of(path));
        let mut child = Child::start(tools, &tools.ffprobe, arguments, MAX_ANSWER_BYTES, path, why)?;
        let answer = child.next()?.unwrap_or_default();
        child.check_success()?;
        Self::parse(&answer).map_err(|e| CaptureError::Ffmpeg { path: path.to_owned(), detail: format!("ffprobe's answer is odd: {e}") })
    }

    fn parse(answer: &[u8]) -> Result<Self, serde_json::Error> {
        let answer: ProbeOutput = serde_json::from_slice(answer)?;
        let is_video = |stream: &&StreamAnswer| stream.codec_type == "video" && stream.disposition.attached_pic == 0;
        let whole = answer.format.duration;
        let videos = answer.streams.iter().filter(is_video).map(|stream| stream.video(whole.as_deref()));
        let mut sounds = answer.streams.iter().filter(|stream| stream.codec_type == "audio").peekable();
        Ok(Self {
            video: videos.rev().max_by_key(|video| video.frames),
            has_sound: sounds.peek().is_some(),
            sound: sounds.find(|stream| !UNKNOWN_CODECS.contains(&stream.codec_name.as_str())).map(|stream| stream.index),
        })
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct ProbeOutput {
    streams: Vec<StreamAnswer>,
    format: FormatAnswer,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FormatAnswer {
    duration: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamAnswer {
    index: u32,
    codec_type: String,
    codec_name: String,
    width: u32,
    height: u32,
    sample_aspect_ratio: String,
    avg_frame_rate: String,
    r_frame_rate: String,
    duration: Option<String>,
    nb_frames: Option<String>,
    disposition: Disposition,
    tags: Tags,
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u8,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

impl StreamAnswer {
    fn video(&self, whole_duration: Option<&str>) -> VideoStream {
        let tag = || self.tags.rotate.as_ref()?.parse().ok();
        let degrees: f64 = self.side_data_list.iter().find_map(|data| data.rotation).or_else(tag).unwrap_or(0.0);
        let sideways = (degrees / 90.0).round() as i64 % 2 != 0;
        let pixel_aspect = self.sample_aspect_ratio.split_once(':').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
        let [width, height] = shown_size([self.width, self.height], pixel_aspect);
        let seconds = self.duration.as_deref().or(whole_duration).and_then(|text| text.parse().ok());
        VideoStream {
            index: self.index,
            size: if sideways { [height, width] } else { [width, height] },
            has_square_pixels: [width, height] == [self.width, self.height],
            rate: Rate::parse(&self.avg_frame_rate).or_else(|| Rate::parse(&self.r_frame_rate)).unwrap_or(DEFAULT_RATE),
            frames: self.nb_frames.as_ref().and_then(|text| text.parse().ok()),
            duration: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_video_is_understood() {
        let answer = br#"{"programs":[],"streams":[
            {"index":0,"codec_type":"audio","codec_name":"aac","r_frame_rate":"0/0","avg_frame_rate":"0/0","disposition":{"attached_pic":0}},
            {"index":1,"codec_type":"video","width":1920,"height":1080,"r_frame_rate":"90000/1","avg_frame_rate":"30000/1001",
             "nb_frames":"77","sample_aspect_ratio":"1:1","disposition":{"attached_pic":0},"side_data_list":[{},{"rotation":-90}]}],"format":{"duration":"2.569"}}"#;
        let probe = Probe::parse(answer).expect("ffprobe's own JSON");
        let wanted = VideoStream {
            index: 1,
            size: [1080, 1920],
            has_square_pixels: true,
            rate: Rate { numerator: 30_000, denominator: 1001 },
            frames: Some(77),
            duration: Some(Duration::from_millis(2569)),
        };
        assert_eq!(probe, Probe { video: Some(wanted), has_sound: true, sound: Some(0) }, "turned upright, with sound");
    }

    #[test]
    fn pixels_that_are_not_square_count_as_many_as_are_shown() {
        let wide = br#"{"streams":[{"codec_type":"video","width":720,"height":576,"sample_aspect_ratio":"64:45"}]}"#;
        assert_eq!(Probe::parse(wide).expect("JSON").video.map(|video| video.size), Some([1024, 576]), "widescreen PAL");
        let unknown = br#"{"streams":[{"codec_type":"video","width":720,"height":576,"sample_aspect_ratio":"0:1"}]}"#;
        assert_eq!(Probe::parse(unknown).expect("JSON").video.map(|video| video.size), Some([720, 576]), "unknown means square");
    }

    #[test]
    fn the_film_is_found_behind_a_title_picture_and_its_sound_behind_one_that_nobody_knows() {
        let answer = br#"{"streams":[
            {"index":0,"codec_type":"video","nb_frames":"1"},{"index":1,"codec_type":"video","nb_frames":"90"},
            {"index":2,"codec_type":"video","nb_frames":"90"},{"index":3,"codec_type":"audio"},
            {"index":4,"codec_type":"audio","codec_name":"unknown"},{"index":5,"codec_type":"audio","codec_name":"opus"}]}"#;
        let probe = Probe::parse(answer).expect("JSON");
        assert_eq!(probe.video.map(|video| video.index), Some(1), "the first of the longest");
        assert_eq!((probe.has_sound, probe.sound), (true, Some(5)), "the first that can be decoded");
        let uncounted = br#"{"streams":[{"index":0,"codec_type":"video"},{"index":1,"codec_type":"video"}]}"#;
        assert_eq!(Probe::parse(uncounted).expect("JSON").video.map(|video| video.index), Some(0), "without counts the first");
    }

    #[test]
    fn music_with_a_cover_is_no_video_and_nonsense_no_rate() {
        let cover = br#"{"streams":[{"index":0,"codec_type":"video","width":9,"height":9,"disposition":{"attached_pic":1}}]}"#;
        assert_eq!(Probe::parse(cover).expect("JSON").video, None, "a cover does not move");
        for text in ["0/0", "90000/1", "1/0", "-3/1", "x", "99999999999/1"] {
            assert_eq!(Rate::parse(text), None, "{text} is no rate");
        }
    }
}
