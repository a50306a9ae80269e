//! Looks at everything that was drawn: no text is cut off, and none runs into another one.

use egui::epaint::{ClippedShape, Shape};
use egui::{Rect, accesskit};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// So many points a text may stick out: letters are a little wider than the room that they take.
const SLACK: f32 = 1.0;

/// Height of the largest button, in points.
const LARGEST_BUTTON: f32 = 64.0;

/// A text as it was drawn.
struct Drawn {
    text: String,
    rect: Rect,
    clip: Rect,
    elided: bool,
}

/// What is wrong with the texts of a window. Texts with one of `cut` in them may end with dots: they are names of files.
pub(super) fn faults<S>(harness: &Harness<'_, S>, cut: &[&str]) -> Vec<String> {
    let window = harness.ctx.content_rect();
    let mut texts = Vec::new();
    for ClippedShape { clip_rect, shape, .. } in &harness.output().shapes {
        collect(shape, *clip_rect, &mut texts);
    }
    texts.retain(|text| text.rect.intersects(text.clip) && !text.text.trim().is_empty());
    let mut faults = Vec::new();
    for text in &texts {
        let Drawn { text: words, rect, clip, elided } = text;
        if *elided && !cut.iter().any(|part| words.contains(part)) {
            faults.push(format!("“{words}” ends with dots"));
        }
        if rect.left() < clip.left() - SLACK || rect.right() > clip.right() + SLACK {
            faults.push(format!("“{words}” at {rect:?} is cut at the sides by {clip:?}"));
        }
        let scrolls = clip.height() < window.height() - 1.0;
        let is_outside = rect.top() < window.top() - SLACK || rect.bottom() > window.bottom() + SLACK;
        if !scrolls && is_outside || rect.left() < -SLACK || rect.right() > window.right() + SLACK {
            faults.push(format!("“{words}” at {rect:?} is outside of the window"));
        }
    }
    for (n, one) in texts.iter().enumerate() {
        let runs_into = |other: &&Drawn| one.clip == other.clip && one.rect.shrink2(egui::vec2(1.0, 4.0)).intersects(other.rect);
        faults.extend(texts[n + 1..].iter().filter(runs_into).map(|other| format!("“{}” runs into “{}”", one.text, other.text)));
    }
    faults.extend(wider_than_their_buttons(harness, &texts));
    faults.sort();
    faults.dedup();
    faults
}

fn collect(shape: &Shape, clip: Rect, texts: &mut Vec<Drawn>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, texts)),
        // What lies under a menu or a dialog is not seen there; buttons are smaller.
        Shape::Rect(above) if above.fill.is_opaque() && above.rect.size().min_elem() > LARGEST_BUTTON => {
            texts.retain(|text| !above.rect.intersects(text.rect));
        }
        Shape::Text(text) => {
            texts.push(Drawn { text: text.galley.text().to_owned(), rect: text.visual_bounding_rect(), clip, elided: text.galley.elided });
        }
        _ => {}
    }
}

fn wider_than_their_buttons<S>(harness: &Harness<'_, S>, texts: &[Drawn]) -> Vec<String> {
    let mut faults = Vec::new();
    for button in harness.query_all_by_role(accesskit::Role::Button).chain(harness.query_all_by_role(accesskit::Role::RadioButton)) {
        let (rect, label) = (button.rect(), button.accesskit_node().label().unwrap_or_default());
        let own = texts.iter().filter(|text| text.text == label && rect.contains(text.rect.center()));
        let wide = own.filter(|text| text.rect.left() < rect.left() + SLACK || text.rect.right() > rect.right() - SLACK);
        faults.extend(wide.map(|text| format!("“{label}” with {:?} is wider than its button {rect:?}", text.rect)));
    }
    faults
}
