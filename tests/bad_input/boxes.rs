//! The boxes of an MP4's top level, also of one that is still growing.

use std::ops::Range;

/// Kind and place of every box that is there as a whole.
pub(super) fn whole_boxes(bytes: &[u8]) -> Vec<([u8; 4], Range<usize>)> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(head) = bytes.get(start..start + 8) {
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if size < 8 || start + size > bytes.len() {
            break;
        }
        found.push(([head[4], head[5], head[6], head[7]], start..start + size));
        start += size;
    }
    found
}

/// Where the first box of a kind lies.
pub(super) fn first_box(bytes: &[u8], kind: [u8; 4]) -> Range<usize> {
    let found = whole_boxes(bytes).into_iter().find(|(found, _)| *found == kind);
    found.unwrap_or_else(|| panic!("there is no box {}", String::from_utf8_lossy(&kind))).1
}

/// How many fragments are there with all their pictures.
pub(super) fn whole_fragments(bytes: &[u8]) -> usize {
    whole_boxes(bytes).windows(2).filter(|pair| pair[0].0 == *b"moof" && pair[1].0 == *b"mdat").count()
}
