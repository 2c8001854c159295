//! Seeds for the target that reads old lists.

use std::path::Path;

/// A workbook's list of its sheets.
const LISTING: &str = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="List" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// Records of an old workbook: its size, a text, a number.
fn old_workbook() -> Vec<u8> {
    let record = |kind: u16, parts: &[&[u8]]| {
        let body = parts.concat();
        let head = [kind, u16::try_from(body.len()).unwrap()];
        [&head.map(u16::to_le_bytes).concat(), body.as_slice()].concat()
    };
    [
        record(0x200, &[&[0; 4], &[2, 0, 0, 0], &[0, 0, 1, 0, 0, 0]]),
        record(0x204, &[&[0; 6], &[5, 0, 0], b"Phone"]),
        record(
            0x203,
            &[&[1, 0, 0, 0, 0, 0], &639_981_234_f64.to_le_bytes()],
        ),
    ]
    .concat()
}

/// Old lists: small ones of each kind, and the larger ones where they are at hand.
pub fn lists() -> Vec<Vec<u8>> {
    let csv = "Phone;Date;Level (1-5);Consent;What happened\n\
               06 39 98 12 34;12/06/2026;4;yes;he had a knife\n\
               +44 7700 900123, a@example.org;last week;2;no;would not pay\n";
    let map = "country = \"FR\"\nseparator = \";\"\nheader-line = 1\ndate-order = \"day-month-year\"\n\
               [level]\nlow = 1\nhigh = 5\n[codes]\n\"knife\" = [\"weapon\"]\n\
               [[column]]\nnumber = 1\nname = \"Phone\"\nfield = \"phone\"\n\
               [[column]]\nnumber = 4\nname = \"Consent\"\nfield = \"consent\"\n";
    let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Date</t></is></c></row><row r="2"><c r="A2"><v>639981234</v></c><c r="B2" s="1"><v>46000</v></c></row></sheetData></worksheet>"#;
    let strings = "<sst><si><t>Phone</t></si></sst>";
    let styles =
        r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let ods = r#"<office:document-content><office:body><office:spreadsheet><table:table table:name="List"><table:table-row><table:table-cell office:value-type="string"><text:p>Phone</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Date</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="639981234"/><table:table-cell table:number-columns-repeated="2" office:value-type="date" office:date-value="2026-06-12"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
    let of = |which: u8, parts: &[&str]| [&[which, 0], parts.join("\0").as_bytes()].concat();
    let mut all = vec![
        of(0, &[csv]),
        of(0, &[&csv.replace(';', "\t")]),
        of(1, &[map, csv]),
        of(2, &[sheet, strings, styles]),
        of(3, &[ods]),
        of(5, &["List", sheet, strings]),
        of(4, &[LISTING]),
        [vec![6, 0], old_workbook()].concat(),
    ];
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("shared/data/lists"))
        .find(|lists| lists.is_dir());
    for file in found.iter().flat_map(|dir| std::fs::read_dir(dir).unwrap()) {
        let path = file.unwrap().path();
        let list = path.extension().is_some_and(|e| e == "csv" || e == "xlsx");
        if list {
            let mut bytes = std::fs::read(&path).unwrap();
            // The first lines of text say enough; a workbook is a workbook whole.
            if !bytes.starts_with(b"PK") {
                bytes.truncate(1024);
            }
            all.push([vec![0, 0], bytes].concat());
        }
    }
    all
}
