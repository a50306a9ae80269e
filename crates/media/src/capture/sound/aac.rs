//! AAC in MP4, decoded in-process by syom.

use shiguredo_mp4::boxes::SampleEntry;
use syom::{DecodeOptions, Decoder};

use super::resample::ToSampleRate;
use crate::capture::mp4::{Mp4, Track};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// Object types of AAC in the descriptor of a track: MPEG-4, and the three profiles of MPEG-2.
const AAC_TYPES: [u8; 4] = [0x40, 0x66, 0x67, 0x68];
/// Damaged packets in a row before the sound is given up.
const MAX_DAMAGED: usize = 50;
/// Most samples of silence in a block.
const SILENT_BLOCK: u64 = 4096;
/// What a channel besides left and right adds to each of them.
const SIDE_SHARE: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// The sound of an MP4.
pub(super) struct AacSound {
    mp4: Mp4,
    track: Track,
    config: Vec<u8>,
    decoder: Decoder,
    next_packet: u32,
    damaged: usize,
    /// Samples of the last packet that was good: what a damaged one is replaced by.
    packet_samples: usize,
    /// Silence at 48 kHz that is still to come before the sound.
    silence: u64,
    begin_secs: f64,
    length_secs: Option<f64>,
    /// What is still to be cut off and to be given, in samples of the track; known with the first packet.
    part: Option<PlayedPart>,
    converter: Option<ToSampleRate>,
    ended: bool,
    packet: Vec<u8>,
}

/// The part of the decoded samples that is played.
struct PlayedPart {
    skip: u64,
    left: u64,
}

impl AacSound {
    /// The first AAC track of an MP4. The error is the reason why there is none that can be decoded here.
    pub(super) fn new(mut mp4: Mp4) -> Result<Self, String> {
        let found = mp4.sound.iter().enumerate().find_map(|(i, track)| {
            let config = configuration(track)?;
            Some((i, new_decoder(&config).ok()?, config))
        });
        let (index, decoder, config) = found.ok_or("its sound is not AAC")?;
        let track = mp4.sound.swap_remove(index);
        let (delay_secs, begin_secs, length_secs) = track.played_part();
        Ok(Self {
            config,
            decoder,
            next_packet: 0,
            damaged: 0,
            packet_samples: 1024,
            silence: (delay_secs * f64::from(SAMPLE_RATE_HZ)).round() as u64,
            begin_secs,
            length_secs,
            part: None,
            converter: None,
            ended: false,
            packet: Vec::new(),
            mp4,
            track,
        })
    }

    /// The next block; never an empty one.
    pub(super) fn next_block(&mut self) -> Result<Option<AudioBlock>, String> {
        if self.silence > 0 {
            let count = self.silence.min(SILENT_BLOCK);
            self.silence -= count;
            return Ok(Some(AudioBlock { left: vec![0.0; count as usize], right: vec![0.0; count as usize] }));
        }
        while !self.ended {
            let block = match self.decode_packet()? {
                Some((rate_hz, stereo)) => self.convert(rate_hz, &stereo)?,
                None => self.finish()?,
            };
            if !block.is_empty() {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }

    /// Decodes the next packet into stereo at the track's own rate. `None` at the end, also at that of a file that was cut off.
    fn decode_packet(&mut self) -> Result<Option<(u32, AudioBlock)>, String> {
        let Some(place) = self.track.sample(self.next_packet).map(|sample| sample.place) else {
            return Ok(None);
        };
        self.next_packet += 1;
        if self.mp4.read(place, &mut self.packet).map_err(|e| e.to_string())?.is_none() {
            return Ok(None);
        }
        let mut decoded = None;
        let outcome = self.decoder.decode_au(&self.packet, |frame| {
            decoded = Some((frame.sample_rate, to_stereo(frame.planar)));
            Ok(())
        });
        match outcome {
            Ok(()) => {
                self.damaged = 0;
                self.packet_samples = decoded.as_ref().map_or(self.packet_samples, |(_, block)| block.len());
                Ok(Some(decoded.unwrap_or((SAMPLE_RATE_HZ, AudioBlock::default()))))
            }
            Err(e) if self.damaged >= MAX_DAMAGED || self.converter.is_none() => Err(e.to_string()),
            Err(_) => {
                self.damaged += 1;
                self.decoder = new_decoder(&self.config)?;
                let rate_hz = self.converter.as_ref().map_or(SAMPLE_RATE_HZ, ToSampleRate::rate_hz);
                let silence = vec![0.0; self.packet_samples];
                Ok(Some((rate_hz, AudioBlock { left: silence.clone(), right: silence })))
            }
        }
    }

    fn convert(&mut self, rate_hz: u32, stereo: &AudioBlock) -> Result<AudioBlock, String> {
        let (begin_secs, length_secs) = (self.begin_secs, self.length_secs);
        let samples = |secs: f64| (secs * f64::from(rate_hz)).round().max(0.0) as u64;
        let part = self.part.get_or_insert_with(|| PlayedPart { skip: samples(begin_secs), left: length_secs.map_or(u64::MAX, samples) });
        let skipped = part.skip.min(stereo.len() as u64);
        let kept = (stereo.len() as u64 - skipped).min(part.left);
        part.skip -= skipped;
        part.left -= kept;
        let range = skipped as usize..(skipped + kept) as usize;
        if self.converter.is_none() {
            self.converter = Some(ToSampleRate::new(rate_hz)?);
        }
        match &mut self.converter {
            Some(converter) if converter.rate_hz() == rate_hz => converter.push(&stereo.left[range.clone()], &stereo.right[range]),
            _ => Err("its rate changes midway".to_owned()),
        }
    }

    fn finish(&mut self) -> Result<AudioBlock, String> {
        self.ended = true;
        self.converter.as_mut().map_or_else(|| Ok(AudioBlock::default()), ToSampleRate::finish)
    }
}

/// How a track's AAC is coded; `None` when it is something else.
fn configuration(track: &Track) -> Option<Vec<u8>> {
    let SampleEntry::Mp4a(entry) = track.sample(0)?.entry else { return None };
    let described = &entry.esds_box.es.dec_config_descr;
    let is_aac = AAC_TYPES.contains(&described.object_type_indication);
    described.dec_specific_info.as_ref().filter(|_| is_aac).map(|info| info.payload.clone())
}

fn new_decoder(config: &[u8]) -> Result<Decoder, String> {
    Decoder::from_asc(config, DecodeOptions::unbounded()).map_err(|e| e.to_string())
}

/// Folds channels into two: mono goes to both, centre and surround are shared, the bass channel is left out.
fn to_stereo(planes: &[&[f32]]) -> AudioBlock {
    let (left, right): (&[usize], &[usize]) = match planes.len() {
        0 => return AudioBlock::default(),
        1 => return AudioBlock { left: planes[0].to_vec(), right: planes[0].to_vec() },
        2 => return AudioBlock { left: planes[0].to_vec(), right: planes[1].to_vec() },
        // Front left, front right, front centre, then what there is more of it.
        3 => (&[2], &[2]),
        4 => (&[2, 3], &[2, 3]),
        5 => (&[2, 3], &[2, 4]),
        6 => (&[2, 4], &[2, 5]),
        _ => (&[2, 4, 6], &[2, 5, 7]),
    };
    AudioBlock { left: fold(planes, 0, left), right: fold(planes, 1, right) }
}

fn fold(planes: &[&[f32]], main: usize, others: &[usize]) -> Vec<f32> {
    let others: Vec<&[f32]> = others.iter().filter_map(|&other| planes.get(other).copied()).collect();
    let scale = 1.0 / (1.0 + SIDE_SHARE * others.len() as f32);
    let at = |plane: &[f32], i: usize| plane.get(i).copied().unwrap_or(0.0);
    (0..planes[main].len()).map(|i| scale * (planes[main][i] + SIDE_SHARE * others.iter().map(|plane| at(plane, i)).sum::<f32>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_becomes_stereo_without_clipping() {
        let full = [1.0_f32; 4];
        for count in 1..=8 {
            let planes = vec![&full[..]; count];
            let stereo = to_stereo(&planes);
            assert_eq!((stereo.left.len(), stereo.right.len()), (4, 4), "{count} channels keep their length");
            assert!(stereo.left.iter().chain(&stereo.right).all(|s| (0.9..=1.001).contains(s)), "{count} channels stay within range");
        }
        let silent = [0.0_f32; 4];
        let surround = to_stereo(&[&full, &silent, &silent, &full, &silent, &silent]);
        assert!(surround.left[0] > 0.3 && surround.right[0] == 0.0, "left stays left, bass is left out: {surround:?}");
    }
}
