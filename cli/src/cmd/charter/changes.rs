//! What a proposal changes: nobody should sign what they have not seen.

use crate::output;
use parasol_protocol::charter::{Former, Organisation, Terms};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One thing that is otherwise in another version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    what: String,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// As a line of text.
    pub fn text(&self) -> String {
        let what = &self.what;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{what}: {after}, until now {before}"),
            (None, Some(after)) => format!("{what}: new: {after}"),
            (Some(before), None) => format!("{what}: gone; until now {before}"),
            (None, None) => what.clone(),
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({"what": self.what, "before": self.before, "after": self.after})
    }
}

/// All that `after` says otherwise than `before`.
pub fn changes(before: &Terms, after: &Terms) -> Vec<Change> {
    let (old, new) = (said(before), said(after));
    let mut all: Vec<&String> = old.keys().chain(new.keys()).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .filter(|what| old.get(*what) != new.get(*what))
        .map(|what| Change {
            what: what.clone(),
            before: old.get(what).cloned(),
            after: new.get(what).cloned(),
        })
        .collect()
}

/// Everything that a version says, by what it is about.
fn said(terms: &Terms) -> BTreeMap<String, String> {
    // Taken apart in full, so that what a later version of the charter says cannot be forgotten.
    let Terms {
        version: _,
        origin: _,
        name,
        made,
        threshold,
        organisations,
        lives,
        quotas,
        bucket_bits,
        cities,
        former,
    } = terms;
    let mut said: BTreeMap<String, String> = BTreeMap::from(
        [
            ("name", output::clean(name)),
            ("lives and quotas hold from", made.to_string()),
            ("keyholders that a look-up takes", threshold.to_string()),
            ("days of a report", lives.report.to_string()),
            ("days of a translation", lives.translation.to_string()),
            ("days of a second", lives.second.to_string()),
            ("days of a dispute", lives.dispute.to_string()),
            ("days of a vouch", lives.vouch.to_string()),
            (
                "days that a delegation signs for",
                lives.delegation.to_string(),
            ),
            ("records a day", quotas.records.to_string()),
            ("evaluations a key and day", quotas.evaluations.to_string()),
            ("bucket bits", bucket_bits.to_string()),
        ]
        .map(|(what, is)| (what.to_owned(), is)),
    );
    for organisation in organisations {
        said.insert(
            format!("organisation {}", organisation.name),
            of_organisation(organisation),
        );
    }
    for city in cities {
        said.insert(format!("city {}", output::clean(city)), "listed".to_owned());
    }
    for one in former {
        said.insert(format!("former root {}", one.root), of_former(terms, one));
    }
    said
}

fn of_organisation(organisation: &Organisation) -> String {
    let Organisation {
        root,
        name: _,
        jurisdiction,
        keyholder,
        budget,
    } = organisation;
    let share = keyholder.map_or("no keyholder".to_owned(), |i| format!("keyholder {i}"));
    format!("{jurisdiction}, {share}, may bring in {budget}, root {root}")
}

fn of_former(terms: &Terms, one: &Former) -> String {
    let ids: Vec<String> = one.records.iter().map(ToString::to_string).collect();
    let stays = if ids.is_empty() {
        "nothing".to_owned()
    } else {
        ids.join(" ")
    };
    format!(
        "{} answers for it; of it stays {stays}",
        super::name_in(terms, &one.successor)
    )
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use parasol_protocol::charter::{Lives, Quotas};
    use parasol_protocol::ids::OrganisationKey;
    use parasol_protocol::time::Day;

    fn terms() -> Terms {
        let organisation = |n: u8, name: &str| Organisation {
            root: OrganisationKey::from_bytes([n; 32]),
            name: name.to_owned(),
            jurisdiction: "FR".to_owned(),
            keyholder: Some(u16::from(n)),
            budget: 2,
        };
        Terms {
            version: 1,
            origin: None,
            name: "Parasol".to_owned(),
            made: Day::from_number(20_000),
            organisations: vec![organisation(1, "lilas"), organisation(2, "rowan")],
            threshold: 2,
            lives: Lives::LONGEST,
            quotas: Quotas {
                records: 100,
                evaluations: 200,
            },
            bucket_bits: 8,
            cities: vec!["FR:lyon".to_owned()],
            former: Vec::new(),
        }
    }

    #[test]
    fn the_same_changes_nothing() {
        assert_eq!(changes(&terms(), &terms()), []);
    }

    #[test]
    fn what_joins_leaves_and_changes_is_said() {
        let mut after = terms();
        let gone = after.organisations.remove(1);
        after.organisations[0].root = OrganisationKey::from_bytes([9; 32]);
        after.threshold = 1;
        after.cities.push("FR:nantes".to_owned());
        after.former.push(Former {
            root: gone.root,
            successor: after.organisations[0].root,
            records: Vec::new(),
        });
        let said: Vec<String> = changes(&terms(), &after).iter().map(Change::text).collect();
        let [city, former, keyholders, lilas, rowan] = said.as_slice() else {
            unreachable!("{said:?}")
        };
        assert_eq!(city, "city FR:nantes: new: listed");
        assert!(former.contains("lilas answers for it"), "{former}");
        assert_eq!(
            keyholders,
            "keyholders that a look-up takes: 1, until now 2"
        );
        assert!(
            lilas.contains(&"09".repeat(32)) && lilas.contains("until now"),
            "{lilas}"
        );
        assert!(
            rowan.starts_with("organisation rowan: gone; until now FR, keyholder 2"),
            "{rowan}"
        );
    }
}
