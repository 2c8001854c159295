//! Workbooks around given parts, packed without compression, so that a fuzzer sees its own bytes.

use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

/// An archive with these files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const PACKAGE: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &[u8] = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="List" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const LINKS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// An XLSX with this list of sheets, and one sheet.
pub fn listing(workbook: &[u8]) -> Vec<u8> {
    let sheet = br#"<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c></row><row r="2"><c r="A2"><v>639981234</v></c></row></sheetData></worksheet>"#;
    zip(&[
        ("_rels/.rels", PACKAGE),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

/// An XLSX with one sheet, its shared strings and its styles.
pub fn xlsx(sheet: &[u8], strings: &[u8], styles: &[u8]) -> Vec<u8> {
    let mut files: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", PACKAGE),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    if !strings.is_empty() {
        files.push(("xl/sharedStrings.xml", strings));
    }
    if !styles.is_empty() {
        files.push(("xl/styles.xml", styles));
    }
    zip(&files)
}

/// An ODS with this content.
pub fn ods(content: &[u8]) -> Vec<u8> {
    zip(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content),
    ])
}

/// An XLS whose one sheet has these records: a compound file of as many sectors as they take.
pub fn xls(records: &[u8]) -> Vec<u8> {
    let begin = |kind: u8| [&[0x09, 0x08, 16, 0, 0, 6, kind, 0][..], &[0; 12]].concat();
    let end = [0x0a, 0, 0, 0];
    let place = 20 + 16 + 4_u32;
    let sheet = [
        &[0x85, 0, 12, 0],
        &place.to_le_bytes()[..],
        b"\0\0\x04\0List",
    ]
    .concat();
    let mut stream = [begin(5), sheet, end.to_vec(), begin(16)].concat();
    stream.extend(records.iter().take(60_000));
    stream.extend(end);
    // Shorter ones would lie elsewhere.
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    let sectors = (stream.len() / 512) as u32;
    let mut file = vec![0; 512];
    file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    file[24..34].copy_from_slice(&[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    file[44] = 1;
    file[48] = 1;
    file[57] = 0x10;
    file[60..64].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    file[68..72].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    file[80..].fill(0xff);
    let mut table = vec![0xffff_fffd_u32, 0xffff_fffe];
    table.extend((1..sectors).map(|n| n + 2));
    table.push(0xffff_fffe);
    table.resize(128, 0xffff_ffff);
    file.extend(table.iter().flat_map(|n| n.to_le_bytes()));
    let mut directory = vec![0; 512];
    let names = [
        (0, "Root Entry", 5, [1, 0, 0, 0]),
        (128, "Workbook", 2, [0xff; 4]),
    ];
    for (at, name, kind, child) in names {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        directory[at..at + wide.len()].copy_from_slice(&wide);
        directory[at + 64] = wide.len() as u8 + 2;
        directory[at + 66] = kind;
        directory[at + 67] = 1;
        directory[at + 68..at + 76].fill(0xff);
        directory[at + 76..at + 80].copy_from_slice(&child);
    }
    directory[116..120].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    directory[128 + 116] = 2;
    directory[128 + 120..128 + 124].copy_from_slice(&(stream.len() as u32).to_le_bytes());
    [file, directory, stream].concat()
}
