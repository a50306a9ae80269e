//! Clean plates that were made before: finding the head and filling in what is behind it is most of the time that a known picture takes to come alive.

use std::sync::Arc;

use crossbeam::channel::{Receiver, bounded};
use image::RgbaImage;
use retrato_head::HeadShape;
use retrato_plate::{Plate, SoftMatte, Window, from_bytes, to_bytes};

use super::backdrop::Backdrops;
use super::clean_plate::{CleanPlate, HEAD_NUMBERS, MovingShares, REACH_NUMBERS};
use super::seen::SeenMattes;
use crate::data::Portrait;
use crate::model::MatteNet;
use crate::runtime::{FileCache, Worker, in_background};

/// Changes with how plates are made, so that those of an older program are made anew.
const VERSION: &str = "plate 6";

/// Makes clean plates, and remembers them.
pub struct PlateMaker {
    net: Arc<MatteNet>,
    /// What tells the net's weights from others.
    identity: String,
    known: Option<FileCache>,
    /// Whether a quick plate comes first, and the good one when it is ready.
    in_haste: bool,
}

/// A portrait's plate, and the better one that is being made.
pub(super) type MadePlate = candle_core::Result<(CleanPlate, Option<BetterPlate>)>;

/// A plate that is being made on a thread of its own, which ends when this is dropped.
pub(super) struct BetterPlate {
    ready: Receiver<Arc<RgbaImage>>,
    worker: Worker,
}

impl BetterPlate {
    /// The plate, once when it is ready.
    pub(super) fn take(&self) -> Option<Arc<RgbaImage>> {
        self.ready.try_recv().ok()
    }

    /// Ends the making as soon as that can be, without waiting for it.
    pub(super) fn abandon(self) {
        self.worker.abandon();
    }
}

impl PlateMaker {
    /// By a matte net whose weights have that identity; nothing is remembered yet.
    pub fn new(net: MatteNet, identity: String) -> Self {
        Self { net: Arc::new(net), identity, known: None, in_haste: false }
    }

    /// Remembers plates there from now on.
    pub(super) fn remember_in(&mut self, known: FileCache) {
        self.known = Some(known);
    }

    /// Gives a quick plate first from now on where the good one is not known.
    pub(super) fn make_haste(&mut self) {
        self.in_haste = true;
    }

    /// The portrait's plate, as it is known or else made anew.
    pub(super) fn plate(&self, portrait: &Portrait) -> MadePlate {
        let key = self.key(portrait);
        if let Some(plate) = self.known.as_ref().and_then(|known| decode(&known.get(&key)?, portrait)) {
            return Ok((plate, None));
        }
        let seen = SeenMattes::new(&self.net, portrait)?;
        let shares = |at| seen.shares(at);
        if self.in_haste {
            let plate = CleanPlate::of(&shares, portrait, Plate::quick);
            let better = self.better(&plate, portrait, seen, key);
            return Ok((plate, better));
        }
        let plate = CleanPlate::of(&shares, portrait, Plate::of);
        if let Some(known) = &self.known {
            known.put(&key, &encode(&portrait.pixels, &plate));
        }
        Ok((plate, None))
    }

    /// Begins to make the good plate in place of a quick one.
    fn better(&self, quick: &CleanPlate, portrait: &Portrait, seen: SeenMattes, key: String) -> Option<BetterPlate> {
        let soft = Arc::clone(quick.soft.as_ref()?);
        let (quick, portrait, known) = (quick.clone(), portrait.clone(), self.known.clone());
        let (send, ready) = bounded(1);
        let worker = Worker::spawn(
            "clean plate",
            move |stop| {
                let shares = |at| seen.shares(at);
                let made = in_background(|| {
                    MovingShares::new(&shares, &portrait)
                        .with_coarse(|coarse| Plate::unless(&portrait.pixels, &soft, coarse, &|| stop.is_set()))
                });
                let Some(plate) = made else { return };
                let plate = CleanPlate { pixels: Arc::new(plate.pixels), ..quick };
                if let Some(known) = known {
                    known.put(&key, &encode(&portrait.pixels, &plate));
                }
                // Nobody waits for it when the portrait is gone.
                send.send(plate.pixels).ok();
            },
            |error| tracing::error!("{error}; what stands behind the head stays filled in roughly"),
        );
        let worker = worker.inspect_err(|error| tracing::warn!("{error}; what stands behind the head stays filled in roughly")).ok()?;
        Some(BetterPlate { ready, worker })
    }

    /// What lays the person of a portrait with that soft edge, that plate and that head over other backgrounds.
    pub(super) fn backdrops(
        &self,
        portrait: &Portrait,
        soft: &Arc<SoftMatte>,
        plate: &Arc<RgbaImage>,
        head: Option<&Arc<HeadShape>>,
    ) -> Backdrops {
        Backdrops {
            net: Arc::clone(&self.net),
            portrait: portrait.clone(),
            soft: Arc::clone(soft),
            plate: Arc::clone(plate),
            head: head.cloned(),
            cutout: Arc::default(),
        }
    }

    fn key(&self, portrait: &Portrait) -> String {
        let Portrait { content_hash, crop, landmarks_in_image, .. } = portrait;
        let bits: Vec<u8> = landmarks_in_image.0.iter().flat_map(|p| [p.x, p.y]).flat_map(f32::to_le_bytes).collect();
        format!("{VERSION} {} {content_hash} {crop:?} {}", self.identity, blake3::hash(&bits))
    }
}

/// Matte and reach as numbers, little-endian, then the soft edge and the filled pixels.
fn encode(picture: &RgbaImage, plate: &CleanPlate) -> Vec<u8> {
    let numbers = plate.head.iter().chain(&plate.reach).copied().flat_map(f32::to_le_bytes);
    let soft = plate.soft.iter().flat_map(|soft| to_bytes(soft, picture, &plate.pixels));
    numbers.chain(soft).collect()
}

/// `None` for what is no plate of that portrait.
fn decode(bytes: &[u8], portrait: &Portrait) -> Option<CleanPlate> {
    let picture = &*portrait.pixels;
    let (numbers, pixels) = bytes.split_at_checked((HEAD_NUMBERS + REACH_NUMBERS) * size_of::<f32>())?;
    let numbers: Vec<f32> = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if !numbers.iter().all(|share| (0.0..=1.0).contains(share)) {
        return None;
    }
    let (head, reach) = numbers.split_at_checked(HEAD_NUMBERS)?;
    let parts = match Window::of([picture.width(), picture.height()], &portrait.crop.reach()) {
        Some(window) => {
            let (soft, Plate { pixels }) = from_bytes(pixels, picture, window)?;
            (Some(Arc::new(soft)), Arc::new(pixels))
        }
        None if pixels.is_empty() => (None, Arc::clone(&portrait.pixels)),
        None => return None,
    };
    Some(CleanPlate::from_parts(parts, head.to_vec(), reach.to_vec(), &portrait.landmarks_in_crop()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_made_once_and_comes_back_as_it_was() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let cache = FileCache::at(folder.path(), 64 << 20);
        let maker = |known: Option<FileCache>| -> anyhow::Result<PlateMaker> {
            Ok(PlateMaker { known, ..PlateMaker::new(crate::model::load(None)?, "weights".to_owned()) })
        };
        let portrait = crate::builtin::PORTRAITS[0].portrait()?;
        let (made, _) = maker(None)?.plate(&portrait)?;
        let remembering = maker(Some(cache.clone()))?;
        let same = |plate: &CleanPlate| {
            plate.pixels == made.pixels && (&plate.head, &plate.reach, &plate.soft) == (&made.head, &made.reach, &made.soft)
        };
        assert!(same(&remembering.plate(&portrait)?.0), "first");
        let stored = cache.get(&remembering.key(&portrait)).expect("it is remembered");
        assert!(decode(&stored, &portrait).is_some_and(|plate| same(&plate)), "and is the same");
        assert!(same(&remembering.plate(&portrait)?.0), "when it is asked for again");
        let moved = Portrait { landmarks_in_image: portrait.landmarks_in_image.map(|p| p + 1.0), ..portrait.clone() };
        assert_eq!(cache.get(&remembering.key(&moved)), None, "another face, another plate");
        Ok(())
    }

    #[test]
    fn in_haste_a_quick_plate_comes_first_and_the_good_one_after_it_and_is_remembered() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let cache = FileCache::at(folder.path(), 64 << 20);
        let portrait = crate::builtin::PORTRAITS[1].portrait()?;
        let (good, none) = PlateMaker::new(crate::model::load(None)?, String::new()).plate(&portrait)?;
        assert!(none.is_none(), "there is nothing better");
        let mut maker = PlateMaker::new(crate::model::load(None)?, String::new());
        maker.remember_in(cache);
        maker.make_haste();
        let (quick, better) = maker.plate(&portrait)?;
        assert!(quick.soft == good.soft && quick.pixels != good.pixels, "the edge is the same, the plate is not");
        let better = better.expect("it is being made");
        let pixels = better.ready.recv_timeout(std::time::Duration::from_mins(1))?;
        assert!(pixels == good.pixels && better.take().is_none(), "the good one, once");
        let (known, none) = maker.plate(&portrait)?;
        assert!(known.pixels == good.pixels && none.is_none(), "the good one is known now");
        Ok(())
    }

    #[test]
    fn what_is_no_plate_of_the_picture_is_refused() -> anyhow::Result<()> {
        let portrait = crate::builtin::PORTRAITS[0].portrait()?;
        let (plate, _) = PlateMaker::new(crate::model::load(None)?, String::new()).plate(&portrait)?;
        let stored = encode(&portrait.pixels, &plate);
        assert!(decode(&stored, &portrait).is_some(), "the plate itself");
        let changed = |at: usize, bytes: [u8; 4]| {
            let mut changed = stored.clone();
            changed[at..at + 4].copy_from_slice(&bytes);
            changed
        };
        let wrong = [
            Vec::new(),
            stored[..stored.len() - 1].to_vec(),
            [&stored[..], &[0; 4]].concat(),
            changed(0, f32::NAN.to_le_bytes()),
            changed(4 * HEAD_NUMBERS, 1.5_f32.to_le_bytes()),
            changed(4 * (HEAD_NUMBERS + REACH_NUMBERS), [255; 4]),
        ];
        for (n, bytes) in wrong.iter().enumerate() {
            assert!(decode(bytes, &portrait).is_none(), "number {n}");
        }
        let other = Portrait { pixels: Arc::new(image::RgbaImage::new(9, 9)), ..portrait };
        assert!(decode(&stored, &other).is_none(), "of another picture");
        Ok(())
    }
}
