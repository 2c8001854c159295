//! Which versions of charters a root has signed (`spec/10-charter.md`, section 3).
//!
//! Whoever signs two versions of one number is found out, and neither signature counts. A charter's
//! file says only what was signed in that file; the journal beside the key says it of all files.

use super::signed;
use crate::exit::CliError;
use parasol_protocol::charter::Terms;
use parasol_protocol::ids::{CharterId, FederationId};
use parasol_protocol::time::Day;
use std::path::{Path, PathBuf};

/// What a root has signed of charters, by its journal.
#[derive(Debug)]
pub struct Versions {
    journal: PathBuf,
    /// In the order in which it signed.
    lines: Vec<Line>,
}

/// One version that it signed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    federation: String,
    version: u32,
    id: String,
    /// The version before; none of a first one.
    previous: Option<String>,
    /// What it sets aside.
    aside: Vec<String>,
}

impl Line {
    fn of(federation: &FederationId, id: &CharterId, terms: &Terms) -> Self {
        let origin = terms.origin.as_ref();
        let aside = origin.map(|o| o.against.iter().map(ToString::to_string).collect());
        Self {
            federation: federation.to_string(),
            version: terms.version,
            id: id.to_string(),
            previous: origin.map(|o| o.previous.to_string()),
            aside: aside.unwrap_or_default(),
        }
    }

    /// Reads a line; nothing if it is about something else, or was cut off.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        let mut after = |name: &str| (words.next()? == name).then(|| words.next())?;
        let version = after("charter")?.parse().ok()?;
        let id = words.next()?.to_owned();
        let mut after = |name: &str| (words.next()? == name).then(|| words.next())?;
        let federation = after("of")?.to_owned();
        let previous = match words.next() {
            Some("upon") => Some(words.next()?.to_owned()),
            _ => None,
        };
        let aside = words.skip(1).map(ToOwned::to_owned).collect();
        Some(Self {
            federation,
            version,
            id,
            previous,
            aside,
        })
    }

    fn write(&self, today: Day) -> String {
        let mut line = format!(
            "{today} charter {} {} of {}",
            self.version, self.id, self.federation
        );
        if let Some(previous) = &self.previous {
            line.push_str(&format!(" upon {previous}"));
        }
        if !self.aside.is_empty() {
            line.push_str(&format!(" aside {}", self.aside.join(" ")));
        }
        line.push('\n');
        line
    }
}

impl Versions {
    /// Reads the journal beside a root key's file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(root: &Path) -> Result<Self, CliError> {
        let journal = signed::beside(root);
        let lines = signed::read(&journal)?;
        let lines = lines.lines().filter_map(Line::parse).collect();
        Ok(Self { journal, lines })
    }

    /// Whether the root may sign this version, after all that it has signed. It may not if it has
    /// signed another of that number. Out of a fork or of division it may: where the new version stands
    /// upon a rival of what the old one stands upon and sets that aside, and the old one does not do the
    /// same the other way round.
    ///
    /// # Errors
    /// Says what it has signed.
    pub fn check(
        &self,
        federation: &FederationId,
        id: &CharterId,
        terms: &Terms,
    ) -> Result<(), CliError> {
        let new = Line::of(federation, id, terms);
        let Some(old) = self
            .standing(&new)
            .into_iter()
            .find(|old| !self.leads_out(&new, old))
        else {
            return Ok(());
        };
        Err(CliError::refused(
            "signed-another",
            format_args!(
                "this root has signed another version {} already, in this file or in another one ({}): {} says so. Of two signatures neither would count, and everybody would see both",
                new.version,
                old.id,
                self.journal.display()
            ),
        )
        .next("nothing was signed; talk with the others about which of the two it is to be. Then one of you writes a version upon that one, which sets the others aside, and more than half sign it: `parasol charter propose - --upon ID`"))
    }

    /// What it has signed under the number of a new version, and has not left by a way out since.
    fn standing<'a>(&'a self, new: &'a Line) -> Vec<&'a Line> {
        // A first version is a federation of its own.
        let mut standing: Vec<&Line> = Vec::new();
        for line in self.lines.iter().filter(|l| l.federation == new.federation) {
            if !line.aside.is_empty() {
                standing.retain(|old| old.version < line.version);
            }
            standing.push(line);
        }
        standing.retain(|old| old.version == new.version && old.id != new.id);
        standing
    }

    fn leads_out(&self, new: &Line, old: &Line) -> bool {
        let upon_another = new.previous != old.previous;
        let names_what_it_leaves = new.aside.iter().any(|aside| {
            old.previous.as_ref() == Some(aside) || self.lines.iter().any(|l| l.id == *aside)
        });
        let left_before = new.previous.iter().any(|p| old.aside.contains(p));
        upon_another && names_what_it_leaves && !left_before
    }

    /// Writes down that the root signs this version, before anybody sees it.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub fn note(
        &mut self,
        federation: &FederationId,
        id: &CharterId,
        terms: &Terms,
        today: Day,
    ) -> Result<(), CliError> {
        let line = Line::of(federation, id, terms);
        // The same version in another file is the same signature.
        if self.lines.contains(&line) {
            return Ok(());
        }
        signed::add(&self.journal, &line.write(today))?;
        self.lines.push(line);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const FEDERATION: &str = "f";

    /// A version, as short as it can be written: number, id, the one before, what it sets aside.
    fn line(version: u32, id: &str, previous: &str, aside: &[&str]) -> Line {
        Line {
            federation: FEDERATION.to_owned(),
            version,
            id: id.to_owned(),
            previous: Some(previous.to_owned()),
            aside: aside.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    fn may(signed: &[Line], new: &Line) -> bool {
        let versions = Versions {
            journal: PathBuf::new(),
            lines: signed.to_vec(),
        };
        let standing = versions.standing(new);
        standing.into_iter().all(|old| versions.leads_out(new, old))
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_none_that_was_cut_off() {
        let day = Day::from_number(20_779);
        let first = Line {
            previous: None,
            ..line(1, "a", "", &[])
        };
        for whole in [
            first,
            line(2, "b", "a", &[]),
            line(3, "d", "b", &["c", "e"]),
        ] {
            let text = whole.write(day);
            assert_eq!(Line::parse(&text).unwrap(), whole);
            let words: Vec<&str> = text.split_whitespace().collect();
            let cut = words.get(..5).unwrap().join(" ");
            assert_eq!(Line::parse(&cut), None, "{cut}");
        }
        for other in [
            "",
            "2027-03-01 63 vouch ab 2",
            "2027-03-01 62 delegation ab",
        ] {
            assert_eq!(Line::parse(other), None);
        }
    }

    #[test]
    fn a_root_signs_one_version_of_a_number() {
        let signed = [line(2, "a", "p", &[])];
        assert!(may(&signed, &line(2, "a", "p", &[])));
        assert!(!may(&signed, &line(2, "b", "p", &[])));
        assert!(may(&signed, &line(3, "c", "a", &[])));
        // Another federation has numbers of its own.
        let elsewhere = Line {
            federation: "g".to_owned(),
            ..line(2, "b", "q", &[])
        };
        assert!(may(&signed, &elsewhere));
        // That a rival names it leads nowhere: both follow the same.
        assert!(!may(&signed, &line(2, "b", "p", &["a"])));
    }

    #[test]
    fn ways_out_of_a_fork_are_signed_once_and_lead_on() {
        // It has signed a, and what followed it; then b turned out to be backed as well.
        let mut signed = vec![
            line(2, "a", "p", &[]),
            line(3, "a3", "a", &[]),
            line(4, "a4", "a3", &[]),
        ];
        let out = line(3, "out", "b", &["a"]);
        assert!(!may(&signed, &line(3, "b3", "b", &[])));
        // One that sets aside what this root never stood upon is no way out for it.
        assert!(!may(&signed, &line(3, "x", "b", &["c"])));
        assert!(may(&signed, &out));
        signed.push(out);
        // What it left does not bind it any more, and it has one voice on the new side.
        assert!(may(&signed, &line(4, "on", "out", &[])));
        assert!(!may(&signed, &line(3, "b3", "b", &[])));
        assert!(!may(&signed, &line(3, "back", "a", &["b"])));
    }
}
