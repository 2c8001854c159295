//! Benchmarks of Parasol: see `benches/` and `README.md`.
//!
//! A time says something about a machine, a ratio about a program. So every measurement here
//! stands beside a floor or a peer that was measured in the same run. Each program prints its
//! [`Row`]s and writes them down; the program `table` gathers them.

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// One line of the table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// What it should come to.
    pub aim: String,
    /// What it came to.
    pub figure: String,
    /// The floor or the peer, and what that came to.
    pub beside: String,
    /// The one by the other.
    pub ratio: String,
    /// Whether the aim is met, if there is one.
    pub met: Option<bool>,
}

impl Row {
    /// A line about something.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// What it came to.
    #[must_use]
    pub fn figure(mut self, figure: impl Into<String>) -> Self {
        self.figure = figure.into();
        self
    }

    /// The floor or the peer.
    #[must_use]
    pub fn beside(mut self, beside: impl Into<String>) -> Self {
        self.beside = beside.into();
        self
    }

    /// The one by the other.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// What it should come to, and whether it does.
    #[must_use]
    pub fn aim(mut self, aim: impl Into<String>, met: bool) -> Self {
        self.aim = aim.into();
        self.met = Some(met);
        self
    }

    fn line(&self) -> String {
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        format!(
            "| {} | {} | {} | {} | {} | {met} |",
            self.what, self.aim, self.figure, self.beside, self.ratio
        )
    }
}

fn head(title: &str) {
    println!("\n| {title} | aim | figure | beside | ratio | |");
    println!("|---|---|---|---|---|---|");
}

/// Prints the rows of a program and writes them down for the table.
///
/// # Errors
/// If they cannot be written.
pub fn publish(program: &str, rows: &[Row]) -> std::io::Result<()> {
    head(program);
    let mut all = Vec::new();
    for row in rows {
        println!("{}", row.line());
        all.push(json!({
            "what": row.what, "aim": row.aim, "figure": row.figure,
            "beside": row.beside, "ratio": row.ratio, "met": row.met,
        }));
    }
    let dir = rows_dir();
    fs::create_dir_all(&dir)?;
    fs::write(
        dir.join(format!("{program}.json")),
        Value::Array(all).to_string(),
    )
}

/// The rows that a program has written down; none if it has not run.
pub fn read(program: &str) -> Vec<Row> {
    let text = fs::read_to_string(rows_dir().join(format!("{program}.json"))).unwrap_or_default();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
    let row = |value: &Value| {
        let text = |name| value.get(name).and_then(Value::as_str).unwrap_or_default();
        Row {
            what: text("what").into(),
            aim: text("aim").into(),
            figure: text("figure").into(),
            beside: text("beside").into(),
            ratio: text("ratio").into(),
            met: value.get("met").and_then(Value::as_bool),
        }
    };
    all.iter().map(row).collect()
}

/// Prints everything that the programs have written down, as one table.
pub fn print_all(programs: &[&str]) {
    head("what");
    for program in programs {
        let rows = read(program);
        if rows.is_empty() {
            println!("| {program} | | not run | | | |");
        }
        rows.iter().for_each(|row| println!("{}", row.line()));
    }
}

/// The figures of one criterion group.
pub struct Table {
    group: &'static str,
    rows: Vec<Row>,
}

impl Table {
    /// A table of a criterion group.
    pub const fn new(group: &'static str) -> Self {
        Self {
            group,
            rows: Vec::new(),
        }
    }

    /// A measurement beside its floor, and how many times the floor it may take.
    #[must_use]
    pub fn row(mut self, what: &'static str, floor: &'static str, aim: Option<f64>) -> Self {
        let name = format!("{}: {what}", self.group);
        let row = match (self.median(what), self.median(floor)) {
            (Some(time), Some(least)) => {
                let ratio = time / least;
                let row = Row::new(name)
                    .figure(micros(time))
                    .beside(format!("{floor}: {}", micros(least)))
                    .ratio(ratio);
                match aim {
                    Some(aim) => row.aim(format!("≤ {aim} ×"), ratio <= aim),
                    None => row,
                }
            }
            _ => Row::new(name).figure("not measured"),
        };
        self.rows.push(row);
        self
    }

    /// The last row has an aim in microseconds.
    #[must_use]
    pub fn at_most(mut self, what: &'static str, aim: f64) -> Self {
        if let (Some(time), Some(row)) = (self.median(what), self.rows.last_mut()) {
            *row = row.clone().aim(format!("≤ {aim} µs"), time / 1000.0 <= aim);
        }
        self
    }

    /// Prints the table from what criterion has just written down.
    pub fn print(&self) {
        if let Err(error) = publish(self.group, &self.rows) {
            eprintln!("the rows could not be written down: {error}");
        }
    }

    /// Criterion's median, in nanoseconds.
    pub fn median(&self, name: &str) -> Option<f64> {
        let path = criterion_dir()?
            .join(self.group)
            .join(name)
            .join("new/estimates.json");
        let text = fs::read_to_string(path).ok()?;
        let estimates: Value = serde_json::from_str(&text).ok()?;
        estimates.get("median")?.get("point_estimate")?.as_f64()
    }
}

fn micros(nanos: f64) -> String {
    format!("{:.2} µs", nanos / 1000.0)
}

/// `target/criterion`, seen from the running program in `target/release/deps`.
fn criterion_dir() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.ancestors().nth(3)?.join("criterion"))
}

fn rows_dir() -> PathBuf {
    criterion_dir().unwrap_or_default().join("rows")
}
