//! The plan of an import as a file: what `--dry-run` writes and `--map` takes back, edited.

use super::date::Order;
use super::error::ImportError;
use super::fold::fold;
use super::headings::Field;
use super::level::Scale;
use super::table::{MAX_COLUMNS, Reading};
use parasol_protocol::handle::Country;
use parasol_protocol::particulars::{Code, Level};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What one column is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its place, from 1.
    pub number: usize,
    /// Its header; empty without one.
    pub name: String,
    /// What it holds.
    pub field: Field,
    /// The platform of its accounts, if it is always the same.
    pub platform: Option<String>,
    /// Of a consent column: yes means "do not share".
    pub opt_out: bool,
}

impl Column {
    /// A column that is not read.
    pub fn new(number: usize, name: String) -> Self {
        Self {
            number,
            name,
            field: Field::Ignore,
            platform: None,
            opt_out: false,
        }
    }

    /// How it is called in messages.
    pub fn shown(&self) -> String {
        if self.name.is_empty() {
            format!("{}", self.number)
        } else {
            format!("\"{}\"", self.name)
        }
    }
}

/// How a file is understood.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// The country of national numbers and plates.
    pub country: Option<Country>,
    /// The language of the text.
    pub lang: Option<String>,
    /// How the file is read.
    pub reading: Reading,
    /// The line of the header; 0 if there is none, nothing if it is to be looked for.
    pub header_line: Option<usize>,
    /// The order of day and month.
    pub date_order: Option<Order>,
    /// The scale of numbers in the level column.
    pub scale: Option<Scale>,
    /// What cells of the level column mean, folded.
    pub levels: BTreeMap<String, Level>,
    /// Further words and what they mean, folded.
    pub code_words: BTreeMap<String, Vec<Code>>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Cells of the level column that were not understood; only written, as remarks.
    pub unclear_levels: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    country: Option<String>,
    lang: Option<String>,
    encoding: Option<String>,
    separator: Option<String>,
    sheet: Option<String>,
    header_line: Option<usize>,
    date_order: Option<String>,
    level: Option<LevelTable>,
    #[serde(default)]
    codes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    column: Vec<ColumnTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LevelTable {
    low: Option<u32>,
    high: Option<u32>,
    #[serde(default)]
    lowest_is_worst: bool,
    #[serde(default)]
    values: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ColumnTable {
    number: Option<usize>,
    #[serde(default)]
    name: String,
    field: String,
    platform: Option<String>,
    #[serde(default)]
    yes_means_do_not_share: bool,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    ///
    /// If it is no TOML, or names something that there is not.
    pub fn from_toml(text: &str) -> Result<Self, ImportError> {
        let bad = |detail: String| ImportError::BadMapping { detail };
        let file: File = toml::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| bad(e.to_string().trim().replace('\n', " ")))?;
        let country = match file.country.as_deref() {
            None | Some("") => None,
            Some(text) => {
                Some(Country::parse(text).map_err(|e| bad(format!("country = \"{text}\": {e}")))?)
            }
        };
        let lang = match file.lang.as_deref() {
            None | Some("") => None,
            Some(text) => Some(super::language::tag(text).ok_or_else(|| {
                bad(format!(
                    "lang = \"{text}\": write a language such as fr or pt-BR"
                ))
            })?),
        };
        let separator = match file.separator.as_deref() {
            None | Some("") => None,
            Some("tab") => Some('\t'),
            Some(text) => match text.chars().collect::<Vec<_>>().as_slice() {
                [one] if one.is_ascii() => Some(*one),
                _ => {
                    return Err(bad(format!(
                        "separator = \"{text}\": write one character, or tab"
                    )));
                }
            },
        };
        let date_order = match file.date_order.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Order::ALL.iter().find(|(_, name)| *name == text).map(|(order, _)| *order).ok_or_else(|| {
                bad(format!("date-order = \"{text}\": write day-month-year, month-day-year or year-month-day"))
            })?),
        };
        let level = file.level.unwrap_or_default();
        let scale = match (level.low, level.high) {
            (low, Some(high)) if high > low.unwrap_or(1) && high <= 1000 => Some(Scale {
                low: low.unwrap_or(1),
                high,
                reversed: level.lowest_is_worst,
            }),
            (None, None) => None,
            _ => {
                return Err(bad(
                    "[level]: low and high are two numbers, low the smaller one".into(),
                ));
            }
        };
        let mut levels = BTreeMap::new();
        for (cell, value) in level.values {
            let word = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let level = word
                .parse()
                .map_err(|e| bad(format!("[level.values] \"{cell}\": {e}")))?;
            levels.insert(level_key(&cell), level);
        }
        let mut code_words = BTreeMap::new();
        for (word, codes) in file.codes {
            let codes: Result<Vec<Code>, _> = codes
                .iter()
                .map(|c| {
                    c.parse()
                        .map_err(|e| bad(format!("[codes] \"{word}\": {e}")))
                })
                .collect();
            if !fold(&word).is_empty() {
                code_words.insert(fold(&word), codes?);
            }
        }
        let mut columns = Vec::new();
        for (at, table) in file.column.into_iter().enumerate() {
            let field = Field::from_name(&table.field).ok_or_else(|| {
                let known: Vec<_> = Field::ALL.iter().map(|(_, name)| *name).collect();
                bad(format!(
                    "column {}: there is no field \"{}\"; write one of {}",
                    at + 1,
                    table.field,
                    known.join(", ")
                ))
            })?;
            let number = table
                .number
                .unwrap_or(if table.name.is_empty() { at + 1 } else { 0 });
            if number == 0 && table.name.is_empty() {
                return Err(bad(format!(
                    "column {}: give it a number, from 1, or its name",
                    at + 1
                )));
            }
            // What stands further right is not read, and a place is kept for each up to there.
            if number > MAX_COLUMNS {
                return Err(bad(format!(
                    "column {}: its number is {number}, and only the first {MAX_COLUMNS} columns are read",
                    at + 1
                )));
            }
            columns.push(Column {
                number,
                name: table.name,
                field,
                platform: table.platform.filter(|p| !p.is_empty()),
                opt_out: table.yes_means_do_not_share,
            });
        }
        let reading = Reading {
            encoding: file
                .encoding
                .filter(|e| !e.is_empty() && !["XLSX", "XLS", "XLSB", "ODS"].contains(&e.as_str())),
            separator,
            sheet: file.sheet.filter(|s| !s.is_empty()),
        };
        Ok(Self {
            country,
            lang,
            reading,
            header_line: file.header_line,
            date_order,
            scale,
            levels,
            code_words,
            columns,
            unclear_levels: Vec::new(),
        })
    }

    /// Writes a mapping file, with what a person needs to edit it.
    pub fn to_toml(&self) -> String {
        let mut out = String::from(
            "# How this list is understood. Edit what is wrong and give the file back with --map.\n\
             # A line that begins with # counts for nothing.\n\n",
        );
        put(
            &mut out,
            "country",
            self.country.as_ref().map(Country::as_str),
            "the country of national numbers and plates, as two letters",
        );
        put(
            &mut out,
            "lang",
            self.lang.as_deref(),
            "the language of the text, such as fr; what a language column says goes before it",
        );
        put(&mut out, "encoding", self.reading.encoding.as_deref(), "");
        let separator = self.reading.separator.map(|c| {
            if c == '\t' {
                "tab".to_owned()
            } else {
                c.to_string()
            }
        });
        put(&mut out, "separator", separator.as_deref(), "");
        put(&mut out, "sheet", self.reading.sheet.as_deref(), "");
        if let Some(line) = self.header_line {
            let _ = writeln!(
                out,
                "header-line = {line} # the line with the names of the columns; 0 if there is none"
            );
        }
        let order = self.date_order.map(Order::name);
        put(
            &mut out,
            "date-order",
            order,
            "day-month-year, month-day-year or year-month-day",
        );
        self.write_levels(&mut out);
        out.push_str("\n# Further words in your text, and the codes that they stand for: \"word\" = [\"robbery\"]\n[codes]\n");
        for (word, codes) in &self.code_words {
            let codes: Vec<_> = codes.iter().map(|c| quoted(c.name())).collect();
            let _ = writeln!(out, "{} = [{}]", quoted(word), codes.join(", "));
        }
        let fields: Vec<_> = Field::ALL.iter().map(|(_, name)| *name).collect();
        let _ = write!(
            out,
            "\n# The columns. A field is one of: {}.\n# \"reporter\" and \"ignore\" are never read. A no under \"consent-in-doubt\" keeps its row back: write \"consent\" or \"ignore\" there.\n# A column is found by its name, else by its number.\n",
            fields.join(", ")
        );
        for column in &self.columns {
            let _ = write!(
                out,
                "\n[[column]]\nnumber = {}\nname = {}\nfield = {}\n",
                column.number,
                quoted(&column.name),
                quoted(column.field.name())
            );
            if let Some(platform) = &column.platform {
                let _ = writeln!(out, "platform = {}", quoted(platform));
            }
            if column.opt_out {
                out.push_str("yes-means-do-not-share = true\n");
            }
        }
        out
    }

    fn write_levels(&self, out: &mut String) {
        out.push_str("\n# Levels: 1 nuisance, 2 risk, 3 danger. Numbers are read on a scale from low to high.\n[level]\n");
        if let Some(scale) = self.scale {
            let _ = writeln!(out, "# {}", scale.explained());
            let _ = write!(
                out,
                "low = {}\nhigh = {}\nlowest-is-worst = {}\n",
                scale.low, scale.high, scale.reversed
            );
        }
        out.push_str("\n# What the cells of the level column mean; this goes before the scale.\n[level.values]\n");
        for (cell, level) in &self.levels {
            let _ = writeln!(out, "{} = {} # {level}", quoted(cell), level.number());
        }
        for cell in &self.unclear_levels {
            let _ = writeln!(
                out,
                "# not understood, so the codes decide: {} = 2",
                quoted(cell)
            );
        }
    }

    /// What a cell of the level column means by the list in the mapping.
    pub fn level_of(&self, cell: &str) -> Option<Level> {
        self.levels.get(&level_key(cell)).copied()
    }
}

/// Level cells are compared without case; "!!!" and "5/5" must stay what they are.
pub(super) fn level_key(cell: &str) -> String {
    cell.trim().to_lowercase()
}

fn put(out: &mut String, key: &str, value: Option<&str>, remark: &str) {
    let remark = if remark.is_empty() {
        String::new()
    } else {
        format!(" # {remark}")
    };
    let _ = match value {
        Some(value) => writeln!(out, "{key} = {}{remark}", quoted(value)),
        None => writeln!(out, "# {key} = \"\"{remark}"),
    };
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back() {
        let mut consent = Column::new(2, "Do not \"share\"\n".into());
        consent.field = Field::Consent;
        consent.opt_out = true;
        let mut account = Column::new(3, "Insta".into());
        account.field = Field::Account;
        account.platform = Some("instagram".into());
        let mapping = Mapping {
            country: Country::parse("FR").ok(),
            lang: Some("fr".into()),
            reading: Reading {
                encoding: Some("windows-1252".into()),
                separator: Some('\t'),
                sheet: Some("2026".into()),
            },
            header_line: Some(3),
            date_order: Some(Order::MonthDay),
            scale: Some(Scale {
                low: 0,
                high: 10,
                reversed: true,
            }),
            levels: BTreeMap::from([
                ("!!!".into(), Level::Danger),
                ("élevé".into(), Level::Risk),
                ("5/5".into(), Level::Danger),
            ]),
            code_words: BTreeMap::from([("braquage".into(), vec![Code::Robbery, Code::Weapon])]),
            columns: vec![Column::new(1, "N°".into()), consent, account],
            unclear_levels: Vec::new(),
        };
        let text = mapping.to_toml();
        assert_eq!(Mapping::from_toml(&text).unwrap(), mapping, "{text}");
        assert_eq!(
            Mapping::from_toml(&Mapping::default().to_toml()).unwrap(),
            Mapping::default()
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("country = \"XX\"", "country"),
            ("date-order = \"md\"", "month-day-year"),
            ("separator = \";;\"", "one character"),
            ("[[column]]\nname = \"x\"\nfield = \"fone\"", "phone"),
            ("[[column]]\nnumber = 0\nfield = \"phone\"", "from 1"),
            (
                "[[column]]\nnumber = 4000000000000\nfield = \"phone\"",
                "256",
            ),
            ("[level.values]\n\"x\" = 7", "nuisance"),
            ("[codes]\n\"x\" = [\"mugging\"]", "robbery"),
            ("colour = 3", "colour"),
            ("[level]\nlow = 5\nhigh = 1", "smaller"),
            ("this is not toml", "line 1"),
        ] {
            let error = Mapping::from_toml(text).unwrap_err();
            assert_eq!(error.code(), "mapping-bad");
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }
}
