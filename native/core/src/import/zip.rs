//! The entries of a zip archive whose files are not compressed, as PyTorch writes it (APPNOTE.TXT 6.3).

use std::collections::HashMap;

/// The largest number of entries: a tensor each, and a few more.
const MAX_ENTRIES: u16 = u16::MAX - 1;

/// Sizes of the fixed parts of records.
const END: usize = 22;
const CENTRAL: usize = 46;
const LOCAL: usize = 30;

/// Whether the file's content is that of a zip archive.
pub(super) fn is(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

/// The contents of all entries by their names; nothing for those that are compressed or encrypted.
pub(super) fn read(file: &[u8]) -> Result<HashMap<String, Option<&[u8]>>, String> {
    let end = end_record(file).ok_or("its zip archive has no end: the file is cut off")?;
    let record = Record(end);
    let (entries, directory) = (record.u16(10)?, record.u32(16)?);
    if entries > MAX_ENTRIES || directory == u32::MAX as usize {
        return Err(format!(
            "its zip archive has more than {MAX_ENTRIES} entries or 4 GiB, which are not read"
        ));
    }
    let mut rest = file.get(directory..).ok_or_else(damaged)?;
    let mut contents = HashMap::new();
    for _ in 0..entries {
        let record = Record(rest);
        if !rest.starts_with(b"PK\x01\x02") {
            return Err(damaged());
        }
        let (flags, method) = (record.u16(8)?, record.u16(10)?);
        let (size, stored) = (record.u32(24)?, record.u32(20)?);
        let name_bytes = usize::from(record.u16(28)?);
        let more = usize::from(record.u16(30)?) + usize::from(record.u16(32)?);
        let name = record.bytes(CENTRAL, name_bytes)?;
        let name = std::str::from_utf8(name).map_err(|_| damaged())?.to_owned();
        let plain = flags & 1 == 0 && method == 0 && size == stored;
        let content = if plain { Some(content(file, record.u32(42)?, size)?) } else { None };
        if contents.insert(name.clone(), content).is_some() {
            return Err(format!("its zip archive has two entries '{name}'"));
        }
        rest = rest.get(CENTRAL + name_bytes + more..).ok_or_else(damaged)?;
    }
    Ok(contents)
}

/// The last record, which a comment of at most 65,535 bytes may follow.
fn end_record(file: &[u8]) -> Option<&[u8]> {
    let last = file.len().checked_sub(END)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().map(|at| &file[at..]).find(|record| record.starts_with(b"PK\x05\x06"))
}

/// The bytes after an entry's own header.
fn content(file: &[u8], header: usize, size: usize) -> Result<&[u8], String> {
    let record = Record(file.get(header..).ok_or_else(damaged)?);
    if !record.0.starts_with(b"PK\x03\x04") {
        return Err(damaged());
    }
    let skipped = LOCAL + usize::from(record.u16(26)?) + usize::from(record.u16(28)?);
    record.bytes(skipped, size)
}

fn damaged() -> String {
    "its zip archive is damaged: an entry is not where the directory says".to_owned()
}

/// Little-endian numbers at places of a record.
struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    fn bytes(&self, at: usize, count: usize) -> Result<&'a [u8], String> {
        self.0.get(at..).and_then(|rest| rest.get(..count)).ok_or_else(damaged)
    }

    fn u16(&self, at: usize) -> Result<u16, String> {
        self.bytes(at, 2)?.try_into().map(u16::from_le_bytes).map_err(|_| damaged())
    }

    fn u32(&self, at: usize) -> Result<usize, String> {
        self.bytes(at, 4)?.try_into().map(|b| u32::from_le_bytes(b) as usize).map_err(|_| damaged())
    }
}
