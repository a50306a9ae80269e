//! Reads the growing file of a GIF recording as far as it is whole. The file may be cut anywhere, or be no GIF at all.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

/// What begins an extension, a picture and the end.
const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2C;

/// How many bytes of the file there are up to the end of its last whole picture; 0 where none is whole or it is no GIF.
///
/// # Errors
/// When it cannot be read.
pub(super) fn whole_bytes(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = Blocks { bytes: BufReader::new(file), at: 0 };
    let mut whole = 0;
    let read = reader.read_all(&mut whole);
    match read {
        // Cut in the middle of something.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(whole),
    }
}

struct Blocks<'a> {
    bytes: BufReader<&'a mut File>,
    at: u64,
}

impl Blocks<'_> {
    /// Reads block by block, and notes in `whole` where the last whole picture ends.
    fn read_all(&mut self, whole: &mut u64) -> io::Result<()> {
        let header: [u8; 13] = self.read()?;
        if !header.starts_with(b"GIF8") {
            return Ok(());
        }
        self.skip(palette_bytes(header[10]))?;
        loop {
            match self.read()? {
                [EXTENSION] => {
                    self.skip(1)?;
                    self.skip_data()?;
                }
                [PICTURE] => {
                    let description: [u8; 9] = self.read()?;
                    // The width of the codes comes before the data.
                    self.skip(palette_bytes(description[8]) + 1)?;
                    self.skip_data()?;
                    *whole = self.at;
                }
                // The end, or nothing that is known.
                _ => return Ok(()),
            }
        }
    }

    /// Skips blocks with their lengths up to the empty one.
    fn skip_data(&mut self) -> io::Result<()> {
        loop {
            match self.read()? {
                [0] => return Ok(()),
                [length] => self.skip(u64::from(length))?,
            }
        }
    }

    fn read<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.bytes.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    /// Passes over bytes that must be there.
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        self.at += count;
        while count > 0 {
            let here = self.bytes.fill_buf()?.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            if here == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.bytes.consume(here);
            count -= here as u64;
        }
        Ok(())
    }
}

/// Size of the palette that these flags announce.
fn palette_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
