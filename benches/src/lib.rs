//! Benchmarks of Parasol: see `benches/` and `README.md`.
//!
//! A time says something about a machine, a ratio about a program. So every measurement here
//! stands beside a floor that was measured in the same run, and [`Table`] prints the two.

use std::path::PathBuf;

/// The figures of one benchmark program, printed when it has run.
pub struct Table {
    group: &'static str,
    rows: Vec<Row>,
}

struct Row {
    what: &'static str,
    floor: &'static str,
    aim: Option<f64>,
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
        self.rows.push(Row { what, floor, aim });
        self
    }

    /// Prints the table from what criterion has just written down.
    pub fn print(&self) {
        println!("\n| {} | µs | floor | µs | ratio | aim |", self.group);
        println!("|---|---|---|---|---|---|");
        for row in &self.rows {
            let aim = row.aim.map_or_else(String::new, |a| format!("≤ {a}"));
            match (self.median(row.what), self.median(row.floor)) {
                (Some(what), Some(floor)) => println!(
                    "| {} | {:.2} | {} | {:.2} | {:.2} | {aim} |",
                    row.what,
                    what / 1000.0,
                    row.floor,
                    floor / 1000.0,
                    what / floor
                ),
                _ => println!(
                    "| {} | not measured | {} | | | {aim} |",
                    row.what, row.floor
                ),
            }
        }
    }

    /// Criterion's median, in nanoseconds.
    fn median(&self, name: &str) -> Option<f64> {
        let path = criterion_dir()?
            .join(self.group)
            .join(name)
            .join("new/estimates.json");
        let text = std::fs::read_to_string(path).ok()?;
        let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
        estimates.get("median")?.get("point_estimate")?.as_f64()
    }
}

/// `target/criterion`, seen from the running program in `target/release/deps`.
fn criterion_dir() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.ancestors().nth(3)?.join("criterion"))
}
