//! Reading FlatBuffers tables with every offset checked.
//!
//! A table begins with the distance back to its vtable, which holds the offset of each field, or 0 where the field has its default. Format:
//! <https://flatbuffers.dev/internals/>.

use crate::error::TfliteError;

/// A table inside a buffer.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The root table of a buffer.
    pub(crate) fn root(bytes: &'a [u8]) -> Result<Self, TfliteError> {
        Ok(Self { bytes, at: u32_at(bytes, 0)? as usize })
    }

    /// Where field `index` lies, if it is not left at its default.
    fn field(self, index: usize) -> Result<Option<usize>, TfliteError> {
        let back = i32_at(self.bytes, self.at)?;
        let vtable =
            isize::try_from(back).ok().and_then(|back| self.at.checked_add_signed(-back)).ok_or(TfliteError::Truncated(self.at))?;
        let entry = 4 + 2 * index;
        if entry + 2 > usize::from(u16_at(self.bytes, vtable)?) {
            return Ok(None);
        }
        let offset = usize::from(u16_at(self.bytes, vtable + entry)?);
        Ok((offset != 0).then_some(self.at + offset))
    }

    /// A field of four bytes, 0 by default.
    pub(crate) fn int(self, index: usize, default: i32) -> Result<i32, TfliteError> {
        self.field(index)?.map_or(Ok(default), |at| i32_at(self.bytes, at))
    }

    /// A field of one byte, 0 by default.
    pub(crate) fn byte(self, index: usize) -> Result<u8, TfliteError> {
        let Some(at) = self.field(index)? else { return Ok(0) };
        self.bytes.get(at).copied().ok_or(TfliteError::Truncated(at))
    }

    /// A field that is a table.
    pub(crate) fn table(self, index: usize) -> Result<Option<Self>, TfliteError> {
        let Some(at) = self.field(index)? else { return Ok(None) };
        Ok(Some(self.follow(at)?))
    }

    /// A field that is a list of tables. At most `limit` of them.
    pub(crate) fn tables(self, index: usize, what: &'static str, limit: usize) -> Result<Vec<Self>, TfliteError> {
        let (start, count) = self.list(index, 4)?;
        if count > limit {
            return Err(TfliteError::TooMany { what, count, limit });
        }
        (0..count).map(|i| self.follow(start + 4 * i)).collect()
    }

    /// A field that is a list of 32-bit integers. At most `limit` of them.
    pub(crate) fn ints(self, index: usize, what: &'static str, limit: usize) -> Result<Vec<i32>, TfliteError> {
        let (start, count) = self.list(index, 4)?;
        if count > limit {
            return Err(TfliteError::TooMany { what, count, limit });
        }
        (0..count).map(|i| i32_at(self.bytes, start + 4 * i)).collect()
    }

    /// A field that is a list of bytes; empty by default.
    pub(crate) fn bytes(self, index: usize) -> Result<&'a [u8], TfliteError> {
        let (start, count) = self.list(index, 1)?;
        Ok(&self.bytes[start..start + count])
    }

    /// Start and number of a list's elements, all of which lie inside the buffer.
    fn list(self, index: usize, element: usize) -> Result<(usize, usize), TfliteError> {
        let Some(at) = self.field(index)? else { return Ok((0, 0)) };
        let list = self.follow(at)?.at;
        let count = u32_at(self.bytes, list)? as usize;
        let start = list + 4;
        let inside = count.checked_mul(element).and_then(|size| size.checked_add(start)).is_some_and(|end| end <= self.bytes.len());
        if inside { Ok((start, count)) } else { Err(TfliteError::Truncated(start)) }
    }

    /// The table that the reference at `at` leads to.
    fn follow(self, at: usize) -> Result<Self, TfliteError> {
        let target = at + u32_at(self.bytes, at)? as usize;
        if target + 4 <= self.bytes.len() { Ok(Self { bytes: self.bytes, at: target }) } else { Err(TfliteError::Truncated(target)) }
    }
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], TfliteError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(TfliteError::Truncated(at))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, TfliteError> {
    chunk(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, TfliteError> {
    chunk(bytes, at).map(u32::from_le_bytes)
}

fn i32_at(bytes: &[u8], at: usize) -> Result<i32, TfliteError> {
    chunk(bytes, at).map(i32::from_le_bytes)
}
