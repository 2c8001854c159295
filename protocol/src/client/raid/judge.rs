//! What of an examiner's findings is true, and what the spec allows.

use super::examiner::{Findings, Why};
use super::scene::Scene;
use super::seizure::Seizure;
use std::collections::BTreeSet;

/// One line of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// A short name that stays.
    pub name: &'static str,
    /// What was tried.
    pub tried: &'static str,
    /// How often.
    pub times: u64,
    /// How often it gave something.
    pub got: u64,
    /// The most that fewer than *t* nodes may get of it by the spec, or by chance; `None`: whatever
    /// comes, for the spec says that they see it.
    pub limit: Option<u64>,
}

impl Row {
    /// Whether it stays within the limit.
    pub fn holds(&self) -> bool {
        self.limit.is_none_or(|limit| self.got <= limit)
    }
}

/// What the raid gave.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The table.
    pub rows: Vec<Row>,
    /// Whether so many nodes are fewer than the threshold, so that the limits must hold.
    pub few: bool,
    /// Suspects on the list.
    pub listed: usize,
    /// Suspects of whom every report was opened by their handle.
    pub exposed: usize,
    /// Reports that were opened, and how many there are.
    pub opened: (usize, usize),
}

impl Judgement {
    /// Whether everything stays within its limit.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(Row::holds)
    }

    /// The row of this name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|r| r.name == name)
    }
}

/// What chance alone hardly ever exceeds: four standard deviations, and one for small numbers.
fn by_chance(mean: f64) -> u64 {
    (mean + 4.0 * mean.sqrt() + 1.0).ceil() as u64
}

impl Scene {
    /// Compares with the truth.
    pub fn judge(&self, seized: &Seizure, found: &Findings) -> Judgement {
        let mut rows: Vec<Row> = found
            .lines
            .iter()
            .map(|line| Row {
                name: line.name,
                tried: line.tried,
                times: line.times,
                got: line.got,
                limit: (line.allowed < u64::MAX).then_some(line.allowed),
            })
            .collect();
        let suspects = self.suspects.len();

        let texts: BTreeSet<&[u8]> = self.texts.values().map(|t| &t.as_bytes()[..12]).collect();
        let bytes = seized.bytes();
        let windows = bytes.iter().flat_map(|piece| piece.windows(12));
        let plain = windows.filter(|w| texts.contains(w)).count();
        rows.push(Row {
            name: "texts",
            tried: "reports' texts that stand in the bytes held",
            times: texts.len() as u64,
            got: plain as u64,
            limit: Some(0),
        });

        let right = found.guessed.iter().filter(|h| self.listed.contains_key(h));
        let right = right.count() as u64;
        let mean = found.guessed.len() as f64 * self.listed.len() as f64 / suspects as f64;
        rows.push(Row {
            name: "guessed-listed",
            tried: "suspects guessed to be on the list who are on it",
            times: found.guessed.len() as u64,
            got: right,
            limit: Some(by_chance(mean)),
        });

        let asked = self.asked.iter();
        let named = asked.filter_map(|(round, handle)| Some((found.named.get(round)?, handle)));
        let right = named
            .clone()
            .filter(|(who, handle)| who.first() == Some(*handle));
        let right = right.count() as u64;
        rows.push(Row {
            name: "named-asked",
            tried: "look-ups of which the suspect asked about was named",
            times: self.asked.len() as u64,
            got: right,
            limit: Some(by_chance(self.asked.len() as f64 / suspects as f64)),
        });
        let among = named.clone().filter(|(who, handle)| who.contains(handle));
        let among = among.count() as u64;
        let mean: f64 = named
            .map(|(who, _)| who.len() as f64 / suspects as f64)
            .sum();
        rows.push(Row {
            name: "narrowed-asked",
            tried: "look-ups of which the suspect asked about was among those who fitted the bucket",
            times: self.asked.len() as u64,
            got: among,
            limit: Some(by_chance(mean)),
        });

        let true_link = |(a, b): &&(usize, usize)| {
            let (a, b) = (self.asked.get(a), self.asked.get(b));
            a.is_some() && a == b
        };
        let linked = found.linked.iter().filter(true_link).count() as u64;
        rows.push(Row {
            name: "linked-look-ups",
            tried: "pairs of look-ups about one handle that were linked",
            times: found.linked.len() as u64,
            got: linked,
            limit: Some(0),
        });
        let others = found.pairs.values().filter(|w| **w == Why::Other);
        debug_assert_eq!(
            others.count() as u64,
            rows.iter()
                .find(|r| r.name == "links-otherwise")
                .map_or(0, |r| r.got)
        );

        let exposed = self.listed.iter().filter(|(handle, reports)| {
            reports
                .iter()
                .all(|id| found.opened.get(id).is_some_and(|by| by.contains(handle)))
        });
        let exposed = exposed.count();
        let opened = found.opened.len();
        rows.push(Row {
            name: "reports-read",
            tried: "reports that were opened, by whatever means",
            times: self.reports() as u64,
            got: opened as u64,
            limit: Some(0),
        });
        Judgement {
            rows,
            few: !seized.enough(),
            listed: self.listed.len(),
            exposed,
            opened: (opened, self.reports()),
        }
    }
}
