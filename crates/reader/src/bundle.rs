//! The `.task` bundle: a zip file whose members are stored, not compressed.

use crate::error::BundleError;

/// The most members a bundle may list. Google's has four.
const MOST_MEMBERS: usize = 64;
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
/// The longest comment that may follow the end record.
const LONGEST_COMMENT: usize = u16::MAX as usize;
const DIRECTORY_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const DIRECTORY_BYTES: usize = 46;
const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;

/// The members of a bundle in memory.
pub(crate) struct Bundle<'a> {
    members: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Bundle<'a> {
    /// Reads the directory of a zip file and checks every member's check sum.
    ///
    /// # Errors
    /// Where the file is damaged, too long lists are claimed, or a member is compressed.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, BundleError> {
        let end = find_end(bytes)?;
        let count = usize::from(u16_at(bytes, end + 10)?);
        if count > MOST_MEMBERS {
            return Err(BundleError::Members(count));
        }
        let mut at = u32_at(bytes, end + 16)?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            signed(bytes, at, DIRECTORY_SIGNATURE)?;
            let flags = u16_at(bytes, at + 8)?;
            let method = u16_at(bytes, at + 10)?;
            let check_sum = u32_at(bytes, at + 16)?;
            let [packed, unpacked] = [u32_at(bytes, at + 20)?, u32_at(bytes, at + 24)?];
            if flags & 1 != 0 || method != 0 || packed != unpacked {
                return Err(BundleError::Compressed);
            }
            let lengths = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
            let [name, extra, comment] = [lengths[0]?, lengths[1]?, lengths[2]?];
            let name = part(bytes, at + DIRECTORY_BYTES, name)?;
            let data = stored(bytes, u32_at(bytes, at + 42)?, unpacked)?;
            if crc32(data) as usize != check_sum {
                return Err(BundleError::CheckSum);
            }
            members.push((name, data));
            at += DIRECTORY_BYTES + name.len() + extra + comment;
        }
        Ok(Self { members })
    }

    /// The bytes of the member `name`.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn member(&self, name: &'static str) -> Result<&'a [u8], BundleError> {
        self.members.iter().find(|(n, _)| *n == name.as_bytes()).map(|(_, data)| *data).ok_or(BundleError::Missing(name))
    }
}

/// Where the end record begins: the last place that has its signature and whose comment fills the file.
fn find_end(bytes: &[u8]) -> Result<usize, BundleError> {
    let last = bytes.len().checked_sub(END_BYTES).ok_or(BundleError::NoDirectory)?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    let ends_the_file = |at: &usize| {
        bytes[*at..].starts_with(&END_SIGNATURE)
            && u16_at(bytes, at + 20).is_ok_and(|comment| at + END_BYTES + usize::from(comment) == bytes.len())
    };
    (first..=last).rev().find(ends_the_file).ok_or(BundleError::NoDirectory)
}

/// The data behind the local header at `at`.
fn stored(bytes: &[u8], at: usize, size: usize) -> Result<&[u8], BundleError> {
    signed(bytes, at, LOCAL_SIGNATURE)?;
    let name = usize::from(u16_at(bytes, at + 26)?);
    let extra = usize::from(u16_at(bytes, at + 28)?);
    part(bytes, at + LOCAL_BYTES + name + extra, size)
}

fn signed(bytes: &[u8], at: usize, signature: [u8; 4]) -> Result<(), BundleError> {
    if part(bytes, at, 4)? == signature { Ok(()) } else { Err(BundleError::Signature(at)) }
}

fn part(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], BundleError> {
    at.checked_add(length).and_then(|end| bytes.get(at..end)).ok_or(BundleError::Truncated(bytes.len()))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, BundleError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|b| u16::from_le_bytes(*b)).ok_or(BundleError::Truncated(bytes.len()))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<usize, BundleError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|b| u32::from_le_bytes(*b) as usize).ok_or(BundleError::Truncated(bytes.len()))
}

/// The check sum of zip files: CRC-32 with the reflected polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0_u32; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut value = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                value = (value >> 1) ^ if value & 1 == 1 { 0xEDB8_8320 } else { 0 };
                bit += 1;
            }
            table[byte] = value;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |sum, byte| (sum >> 8) ^ TABLE[((sum ^ u32::from(*byte)) & 0xFF) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip file with stored members.
    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (name, data) in members {
            let sizes = [crc32(data), data.len() as u32, data.len() as u32].map(u32::to_le_bytes).concat();
            let offset = (file.len() as u32).to_le_bytes();
            let length = (name.len() as u16).to_le_bytes();
            file.extend([&LOCAL_SIGNATURE[..], &[0; 10], &sizes, &length, &[0; 2], name.as_bytes(), data].concat());
            directory.extend([&DIRECTORY_SIGNATURE[..], &[0; 12], &sizes, &length, &[0; 12], &offset, name.as_bytes()].concat());
        }
        let (start, count) = ((file.len() as u32).to_le_bytes(), (members.len() as u16).to_le_bytes());
        let size = (directory.len() as u32).to_le_bytes();
        file.extend(directory);
        file.extend([&END_SIGNATURE[..], &[0; 4], &count, &count, &size, &start, &[0; 2]].concat());
        file
    }

    #[test]
    fn stored_members_are_found_by_name() {
        let file = zip(&[("one", b"first"), ("two", b""), ("three", &[7; 1000])]);
        let bundle = Bundle::parse(&file).unwrap();
        assert_eq!(bundle.member("one"), Ok(&b"first"[..]));
        assert_eq!(bundle.member("two"), Ok(&b""[..]));
        assert_eq!(bundle.member("three").map(<[u8]>::len), Ok(1000));
        assert_eq!(bundle.member("four"), Err(BundleError::Missing("four")));
    }

    #[test]
    fn the_check_sum_is_that_of_zip_files() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the published check value of this CRC");
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_an_error_or_leaves_the_members_whole() {
        let file = zip(&[("one", b"first"), ("two", b"second")]);
        for length in 0..file.len() {
            assert!(Bundle::parse(&file[..length]).is_err(), "cut at {length}");
        }
        for at in 0..file.len() {
            for flip in [1, 0x10, 0x80, 0xFF] {
                let mut changed = file.clone();
                changed[at] ^= flip;
                let Ok(bundle) = Bundle::parse(&changed) else { continue };
                for (name, data) in [("one", &b"first"[..]), ("two", b"second")] {
                    assert!(
                        bundle.member(name).is_err() || bundle.member(name) == Ok(data),
                        "byte {at} changed: other data under the old name"
                    );
                }
            }
        }
    }

    #[test]
    fn a_compressed_member_and_a_long_list_are_refused() {
        let mut file = zip(&[("one", b"first")]);
        let directory = file.windows(4).position(|w| w == DIRECTORY_SIGNATURE).unwrap();
        file[directory + 10] = 8;
        assert_eq!(Bundle::parse(&file).err(), Some(BundleError::Compressed));
        let names: Vec<String> = (0..=MOST_MEMBERS).map(|i| i.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(Bundle::parse(&zip(&many)).err(), Some(BundleError::Members(MOST_MEMBERS + 1)));
    }
}
