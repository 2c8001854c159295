//! How many cells an ODS sheet would be, without making them.
//!
//! A cell or a row of an ODS sheet says how often it is repeated, and a reader writes it out so
//! often: a few kilobytes of it can ask for more memory than there is. What repeats nothing to the
//! end of a row or sheet counts for nothing, since every program fills up sheets with that.
//!
//! On the way it is seen whether every element ends within the one that it began in: a reader may
//! wait without end for the end of a sheet that was cut off.

use std::io::{self, Write};

/// A longer tag is kept no further, and counts as if it repeated without end: nobody has so much in
/// one that a list could use.
const MAX_TAG: usize = 64 * 1024;
/// No reader makes more columns or rows of a sheet.
const MAX_COLUMNS: u64 = 16_384;
const MAX_ROWS: u64 = 1_048_576;
/// How deep elements may lie in each other; in an honest sheet it is a dozen.
const MAX_DEPTH: usize = 256;

/// Counts what is written to it, as the content of an ODS.
#[derive(Debug, Default)]
pub struct Repeats {
    /// The tag that is being read, if one is.
    tag: Option<Vec<u8>>,
    /// The quotation mark that is open in it; within, nothing ends it.
    quote: Option<u8>,
    /// The last two bytes of it, by which comments and the like end.
    tail: [u8; 2],
    /// The names of the elements that have not ended.
    open: Vec<Vec<u8>>,
    /// Whether one ended that was not the last to begin.
    broken: bool,
    row: Row,
    /// Rows, up to the last one that holds something.
    rows: u64,
    /// Rows since then that hold nothing.
    bare: u64,
    widest: u64,
    /// Cells of the sheet as they are read, before rows are repeated.
    read: u64,
    /// Cells of the sheets before this one.
    before: u64,
}

#[derive(Debug, Default)]
struct Row {
    times: u64,
    /// Cells, up to the last one that holds something.
    cells: u64,
    /// Cells since then that hold nothing.
    bare: u64,
}

impl Repeats {
    /// How many cells a reader has in hand at the most, all sheets together; nothing if the
    /// elements do not lie within each other.
    pub fn cells(mut self) -> Option<u64> {
        self.end_sheet();
        let whole = self.tag.is_none() && self.open.is_empty() && !self.broken;
        whole.then_some(self.before)
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        let times = row.times.min(MAX_ROWS);
        self.read = self.read.saturating_add(row.cells);
        if row.cells == 0 {
            self.bare = self.bare.saturating_add(times);
        } else {
            self.rows = self.rows.saturating_add(self.bare).saturating_add(times);
            self.bare = 0;
            self.widest = self.widest.max(row.cells);
        }
    }

    fn end_sheet(&mut self) {
        self.end_row();
        let made = self.rows.saturating_mul(self.widest);
        let cells = self.read.saturating_add(made);
        let before = self.before.saturating_add(cells);
        *self = Self {
            before,
            open: std::mem::take(&mut self.open),
            broken: self.broken,
            tag: self.tag.take(),
            ..Self::default()
        };
    }

    /// Notes which elements are open.
    fn nest(&mut self, tag: &[u8]) {
        let name = |tag: &[u8]| -> Vec<u8> {
            let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'/';
            tag.split(ends).next().unwrap_or_default().to_vec()
        };
        if let Some(ended) = tag.strip_prefix(b"/") {
            self.broken |= self.open.pop() != Some(name(ended));
        } else if self.tail[1] != b'/' {
            self.open.push(name(tag));
            self.broken |= self.open.len() > MAX_DEPTH;
            self.open.truncate(MAX_DEPTH);
        }
    }

    fn end_tag(&mut self, tag: &[u8]) {
        if matches!(tag.first(), Some(b'!' | b'?')) {
            return;
        }
        self.nest(tag);
        let named = |name: &str| {
            let rest = tag.strip_prefix(name.as_bytes())?;
            // The name may end here.
            rest.first()
                .is_none_or(|b| b.is_ascii_whitespace() || *b == b'/')
                .then_some(rest)
        };
        if let Some(rest) = named("table:table-row") {
            self.end_row();
            self.row.times = times(rest, b"table:number-rows-repeated");
        } else if let Some(rest) =
            named("table:table-cell").or_else(|| named("table:covered-table-cell"))
        {
            let more = times(rest, b"table:number-columns-repeated");
            let row = &mut self.row;
            row.bare = row.bare.saturating_add(more);
            if holds(rest) {
                row.cells = row.cells.saturating_add(row.bare).min(MAX_COLUMNS);
                row.bare = 0;
            }
        } else if named("table:table").is_some() {
            self.end_sheet();
        }
    }
}

/// Whether a cell with these attributes may hold something.
fn holds(attributes: &[u8]) -> bool {
    ["value", "formula"]
        .iter()
        .any(|word| find(attributes, word.as_bytes()).is_some())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|w| w == part)
}

/// The number that an attribute holds; as many as there can be if that is no plain number.
fn times(attributes: &[u8], name: &[u8]) -> u64 {
    if attributes.len() >= MAX_TAG / 2 {
        return MAX_ROWS;
    }
    let Some(at) = find(attributes, name) else {
        return 1;
    };
    let rest = attributes.get(at + name.len()..).unwrap_or_default();
    let quote = |b: &u8| *b == b'"' || *b == b'\'';
    let value = rest.split(quote).nth(1).unwrap_or_default();
    std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(MAX_ROWS)
}

impl Write for Repeats {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            let Some(tag) = &mut self.tag else {
                if *byte == b'<' {
                    self.tag = Some(Vec::new());
                    self.tail = [0; 2];
                }
                continue;
            };
            let plain = tag.first().is_none_or(|b| !matches!(b, b'!' | b'?'));
            let ends = match (self.quote, tag.as_slice()) {
                (Some(_), _) => false,
                (None, [b'!', b'-', b'-', ..]) => tag.len() >= 5 && self.tail == *b"--",
                (None, [b'!', b'[', ..]) => self.tail == *b"]]",
                (None, [b'?', ..]) => tag.len() >= 2 && self.tail[1] == b'?',
                _ => true,
            };
            match (self.quote, byte) {
                (Some(open), _) if open == *byte => self.quote = None,
                (None, b'"' | b'\'') if plain => self.quote = Some(*byte),
                (None, b'>') if ends => {
                    let tag = self.tag.take().unwrap_or_default();
                    self.end_tag(&tag);
                    continue;
                }
                _ => {}
            }
            self.tail = [self.tail[1], *byte];
            if tag.len() < MAX_TAG {
                tag.push(*byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn counted(content: &str) -> Option<u64> {
        let mut repeats = Repeats::default();
        repeats.write_all(content.as_bytes()).unwrap();
        repeats.cells()
    }

    fn cells(content: &str) -> u64 {
        // What the examples leave open.
        let missing = content.matches("<table:table-row").count()
            - content.matches("</table:table-row>").count()
            - content.matches("repeated=\"99\"/>").count();
        counted(&[content, &"</table:table-row>".repeat(missing)].concat()).unwrap()
    }

    const TEXT: &str =
        "<table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell>";

    #[test]
    fn what_fills_up_rows_and_sheets_counts_for_nothing() {
        let row = format!(
            "<table:table-row>{TEXT}{TEXT}<table:table-cell table:number-columns-repeated=\"16382\"/></table:table-row>"
        );
        let sheet = format!(
            "<table:table table:name=\"a\">{row}{row}<table:table-row table:number-rows-repeated=\"1048574\">\
             <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>"
        );
        // Once as they are read, and once as they are put together.
        assert_eq!(cells(&sheet), 8);
        assert_eq!(cells(&format!("{sheet}{sheet}")), 16);
    }

    #[test]
    fn what_repeats_something_counts_as_often() {
        let cell = "<table:table-cell table:number-columns-repeated='100' office:value='1'/>";
        assert_eq!(cells(&format!("<table:table-row>{cell}")), 200);
        let row = format!("<table:table-row table:number-rows-repeated=\"1000\">{cell}");
        assert_eq!(cells(&row), 100 + 100_000);
        let apart = format!(
            "<table:table-row>{TEXT}</table:table-row><table:table-row table:number-rows-repeated=\"99\"/>\
             <table:table-row><table:table-cell table:number-columns-repeated=\"9\"/>{TEXT}"
        );
        assert_eq!(cells(&apart), 11 + 101 * 10);
        // What stands in quotation marks ends nothing.
        let hidden = "<!-- it's --><table:table-row><table:table-cell a='>' table:number-columns-repeated='50' office:value='<'/>";
        assert_eq!(cells(hidden), 100);
        // As many as there can be.
        let odd = "<table:table-row><table:table-cell table:number-columns-repeated=\"&#57;9\" office:value=\"1\"/>";
        assert_eq!(cells(odd), 2 * 16_384);
        let long = "x".repeat(MAX_TAG);
        let long = format!(
            "<table:table-row><table:table-cell office:value=\"{long}\" table:number-columns-repeated=\"9\"/>"
        );
        assert_eq!(cells(&long), 2 * 16_384);
    }

    #[test]
    fn elements_that_do_not_end_where_they_began_are_seen() {
        for whole in [
            "",
            "<a/>",
            "<a><b/></a>",
            "<?xml version='1.0'?><!-- <b> it's --><a><![CDATA[<c>]]></a >",
            "<a x='</a>'></a>",
        ] {
            assert_eq!(counted(whole), Some(0), "{whole}");
        }
        for broken in [
            "<a>",
            "</a>",
            "<a></b>",
            "<a><b></a></b>",
            "<a",
            "<a></a><!-- ",
            "<a><!-- --->",
        ] {
            assert_eq!(counted(broken), None, "{broken}");
        }
        assert_eq!(counted(&"<a>".repeat(1000)), None);
        // The end of the sheet is cut off.
        let sheet = "<table:table table:name=\"List\"><table:table-row><table:table-cell office:value-type=\"string\">\
                     <text:p>Date</text:p></table:table-cell></table:table-row></table:";
        assert_eq!(counted(sheet), None);
    }
}
