//! Workbooks of before 2007 (XLS): how much their reader would make of them.
//!
//! The reader makes a full rectangle of every sheet, and room for as many cells as the sheet says
//! it has: two lone cells, or one number, can ask for more memory than there is. So the records of
//! the file are walked through first, without making anything of them.

/// Cells of a sheet that the records of a file ask for.
#[derive(Debug, Default)]
struct Area {
    /// Lowest and highest row and column; nothing while there is no cell.
    corners: Option<[(u64, u64); 2]>,
    /// What the sheet says of itself.
    said: u64,
}

impl Area {
    fn add(&mut self, row: u64, column: u64) {
        let [rows, columns] = self.corners.get_or_insert([(row, row), (column, column)]);
        *rows = (rows.0.min(row), rows.1.max(row));
        *columns = (columns.0.min(column), columns.1.max(column));
    }

    fn cells(&self) -> u64 {
        let made = self.corners.map_or(0, |[rows, columns]| {
            (rows.1 - rows.0 + 1) * (columns.1 - columns.0 + 1)
        });
        made.max(self.said)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from(u16::from_le_bytes(*bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// How many cells the reader of such a workbook would make, all sheets together. A file that
/// cannot be followed has none that are known; its reader will not follow it either.
pub fn cells(file: &[u8]) -> u64 {
    workbook(file).map_or(0, |stream| walk(&stream))
}

fn walk(stream: &[u8]) -> u64 {
    let (mut at, mut all) = (0_usize, 0_u64);
    // Sheets hold charts and the like, which begin and end in the middle of them.
    let mut open: Vec<Area> = Vec::new();
    while let (Some(kind), Some(len)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let rest = stream.get(at + 4..).unwrap_or_default();
        let data = rest.get(..len).unwrap_or(rest);
        at = at.saturating_add(4).saturating_add(len);
        match kind {
            0x0809 => open.push(Area::default()),
            0x000a => {
                all = open
                    .pop()
                    .map_or(all, |area| all.saturating_add(area.cells()))
            }
            _ => {
                if let Some(area) = open.last_mut() {
                    note(area, kind, data);
                }
            }
        }
    }
    open.iter()
        .fold(all, |all, area| all.saturating_add(area.cells()))
}

fn note(area: &mut Area, kind: u64, data: &[u8]) {
    match kind {
        // What the sheet says of its size: rows, then columns.
        0x0200 => area.said = area.said.max(said(data).unwrap_or(0)),
        // One cell each: numbers, texts, truth, errors, formulas.
        0x0203 | 0x0204 | 0x00d6 | 0x0205 | 0x027e | 0x00fd | 0x0006 | 0x00bd => {
            let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else {
                return;
            };
            area.add(row, column);
            // Several in a row, of which the last one's column comes last.
            if kind == 0x00bd
                && let Some(last) = u16_at(data, data.len().saturating_sub(2))
            {
                area.add(row, last);
            }
        }
        _ => {}
    }
}

fn said(data: &[u8]) -> Option<u64> {
    let (first, last, columns) = if data.len() == 10 {
        (u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 6)?)
    } else {
        let row = |at| u32_at(data, at).map(u64::from);
        (row(0)?, row(4)?, u16_at(data, 10)?)
    };
    Some(last.saturating_sub(first).saturating_mul(columns))
}

/// The stream of records in the compound file around it.
fn workbook(file: &[u8]) -> Option<Vec<u8>> {
    let shift = u16_at(file, 30)?;
    if shift != 9 && shift != 12 {
        return None;
    }
    let size = 1_usize << shift;
    let sector = |number: u32| {
        let start = usize::try_from(number)
            .ok()?
            .checked_add(1)?
            .checked_mul(size)?;
        let rest = file.get(start..)?;
        rest.get(..size).or(Some(rest))
    };
    let numbers = |bytes: &[u8]| -> Vec<u32> {
        let all = bytes.as_chunks::<4>().0.iter();
        all.map(|b| u32::from_le_bytes(*b)).collect()
    };
    // Where the table of chains lies: the first places stand in the head, others in a chain.
    let most = file.len() / size;
    let mut places = numbers(file.get(76..512)?);
    let mut more = u32_at(file, 68)?;
    for _ in 0..most {
        let Some(bytes) = sector(more) else { break };
        let mut here = numbers(bytes);
        more = here.pop()?;
        places.extend(here);
    }
    let table: Vec<u32> = places
        .into_iter()
        .filter_map(sector)
        .take(most)
        .flat_map(numbers)
        .collect();
    let chain = |start: u32| {
        let mut bytes = Vec::new();
        let mut next = start;
        for _ in 0..most {
            let Some(here) = sector(next) else { break };
            bytes.extend_from_slice(here);
            match usize::try_from(next).ok().and_then(|n| table.get(n)) {
                Some(after) => next = *after,
                None => break,
            }
        }
        bytes
    };
    let directory = chain(u32_at(file, 48)?);
    let entries = directory.as_chunks::<128>().0;
    let named = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entries
            .iter()
            .find(|e| e.starts_with(&wide) && e.get(wide.len()..wide.len() + 2) == Some(&[0, 0]))
    };
    let entry = named("Workbook").or_else(|| named("Book"))?;
    let (start, length) = (u32_at(entry, 116)?, u32_at(entry, 120)?);
    let length = usize::try_from(length).ok()?;
    let mut stream = if length >= usize::try_from(u32_at(file, 56)?).ok()? {
        chain(start)
    } else {
        // Small ones lie together in another stream, in pieces of 64 bytes.
        let small = chain(u32_at(entries.first()?, 116)?);
        let table = numbers(&chain(u32_at(file, 60)?));
        let pieces = small.as_chunks::<64>().0;
        let mut bytes = Vec::new();
        let mut next = usize::try_from(start).ok()?;
        for _ in 0..pieces.len() {
            let Some(piece) = pieces.get(next) else { break };
            bytes.extend_from_slice(piece);
            next = table
                .get(next)
                .and_then(|n| usize::try_from(*n).ok())
                .unwrap_or(usize::MAX);
        }
        bytes
    };
    stream.truncate(length);
    Some(stream)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
pub(super) mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let len = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes(), &len.to_le_bytes(), data].concat()
    }

    fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
        let place = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
        record(0x0203, &[&place[..], &value.to_le_bytes()].concat())
    }

    /// A workbook of one sheet with these records.
    pub fn book(records: &[Vec<u8>]) -> Vec<u8> {
        let begin = |kind: u16| {
            record(
                0x0809,
                &[&[0, 6], &kind.to_le_bytes()[..], &[0; 12]].concat(),
            )
        };
        let end = record(0x000a, &[]);
        let head = begin(5);
        // Where the sheet begins: behind this record and the end.
        let place = u32::try_from(head.len() + 4 + 12 + end.len()).unwrap();
        let sheet = record(
            0x0085,
            &[&place.to_le_bytes()[..], &[0, 0, 4, 0], b"List"].concat(),
        );
        let mut stream = [head, sheet, end.clone(), begin(16), records.concat(), end].concat();
        stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
        let sectors = u32::try_from(stream.len() / 512).unwrap();
        let mut file = vec![0; 512];
        file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        file[24..34].copy_from_slice(&[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
        file[44] = 1;
        file[48] = 1;
        file[57] = 0x10;
        file[60..64].fill(0xff);
        file[60] = 0xfe;
        file[68..72].fill(0xff);
        file[68] = 0xfe;
        file[80..].fill(0xff);
        let mut table = vec![0xffff_fffd_u32, 0xffff_fffe];
        table.extend((0..sectors - 1).map(|n| n + 3));
        table.push(0xffff_fffe);
        table.resize(128, 0xffff_ffff);
        file.extend(table.iter().flat_map(|n| n.to_le_bytes()));
        let mut directory = vec![0; 512];
        let mut entry = |at: usize, name: &str, kind: u8, child: u8, start: u32, size: usize| {
            let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            directory[at..at + wide.len()].copy_from_slice(&wide);
            directory[at + 64] = u8::try_from(wide.len() + 2).unwrap();
            directory[at + 66] = kind;
            directory[at + 67] = 1;
            directory[at + 68..at + 80].fill(0xff);
            directory[at + 76] = child;
            if child != 0xff {
                directory[at + 77..at + 80].fill(0);
            }
            directory[at + 116..at + 120].copy_from_slice(&start.to_le_bytes());
            let size = u32::try_from(size).unwrap();
            directory[at + 120..at + 124].copy_from_slice(&size.to_le_bytes());
        };
        entry(0, "Root Entry", 5, 1, 0xffff_fffe, 0);
        entry(128, "Workbook", 2, 0xff, 2, stream.len());
        [file, directory, stream].concat()
    }

    #[test]
    fn cells_are_counted_as_the_rectangle_that_they_span() {
        assert_eq!(cells(&book(&[])), 0);
        assert_eq!(cells(&book(&[number(3, 4, 1.0)])), 1);
        assert_eq!(cells(&book(&[number(0, 1, 1.0), number(9, 5, 2.0)])), 50);
        let far = book(&[number(0, 0, 1.0), number(65_535, 65_535, 2.0)]);
        assert_eq!(cells(&far), 1 << 32);
        let size = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0];
        assert_eq!(cells(&book(&[record(0x0200, &size)])), 1 << 32);
        let many = [&[2, 0, 1, 0][..], &[0; 18], &[3, 0]].concat();
        assert_eq!(cells(&book(&[record(0x00bd, &many)])), 3);
    }

    #[test]
    fn what_is_no_compound_file_has_no_cells() {
        let whole = book(&[number(3, 4, 1.0)]);
        for end in 0..whole.len() {
            assert!(cells(&whole[..end]) <= 1);
        }
        // Chains that lead back to themselves end all the same.
        let mut circle = whole;
        circle[512 + 8..512 + 12].copy_from_slice(&2_u32.to_le_bytes());
        assert!(cells(&circle) <= 1);
    }

    /// Two cells far apart, in a file that its reader understands.
    pub fn far_apart() -> Vec<u8> {
        book(&[number(0, 0, 1.0), number(65_535, 65_535, 2.0)])
    }

    /// A list of one row.
    pub fn list() -> Vec<u8> {
        book(&[number(0, 0, 639_981_234.0), number(0, 1, 2.5)])
    }
}
