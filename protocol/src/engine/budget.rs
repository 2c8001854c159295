//! What an organisation may ask beyond its daily quota: grants of the others.
//!
//! Whoever holds *t* shares needs nobody's leave. So a grant takes the word of *t* keyholders
//! besides the one that asks: fewer, captured, can raise nobody's quota, not even one of their own
//! (and where there are no *t* others, all of them, who are *t* with the one that asks). What counts
//! is the amount that so many of them give at least.

use super::core::Engine;
use crate::carried::View;
use crate::directory::{Directory, Granted};
use crate::ids::OrganisationKey;
use crate::limits::MAX_GRANT_LIFE;
use crate::oprf::KeyName;
use crate::time::{Day, Timestamp};
use std::collections::BTreeSet;
use std::convert::Infallible;

/// How an organisation stands with a keyholder today, for whoever runs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// The day that is counted.
    pub day: Day,
    /// The charter's evaluations a day.
    pub quota: u32,
    /// How many grants of other keyholders it takes.
    pub needed: usize,
    /// What is granted for these days; whether it counts is for [`Self::granted`] to say.
    pub grants: Vec<Granted>,
    /// What so many of them give at least, spent or not.
    pub granted: u32,
}

/// The charter's evaluations of a day.
fn quota_on(directory: &Directory, day: Day) -> u32 {
    directory.charter().on(day).quotas.evaluations
}

/// The keyholders besides the organisation that asks, and how many of them it takes.
fn grantors(
    directory: &Directory,
    organisation: &OrganisationKey,
) -> (BTreeSet<OrganisationKey>, usize) {
    let terms = directory.charter().terms();
    let holders = terms.organisations.iter();
    let others: BTreeSet<OrganisationKey> = holders
        .filter(|o| o.keyholder.is_some() && o.root != *organisation)
        .map(|o| o.root)
        .collect();
    let needed = usize::from(terms.threshold).min(others.len());
    (others, needed)
}

/// The grants that speak for an organisation on a day, and the amount that enough of them give when
/// so much is `left` of each.
fn weigh<E>(
    directory: &Directory,
    organisation: &OrganisationKey,
    day: Day,
    left: impl FnMut(&Granted) -> Result<u32, E>,
) -> Result<(Vec<Granted>, u32), E> {
    let (grantors, needed) = grantors(directory, organisation);
    let grants = directory.grants_for(organisation, day).into_iter();
    let grants: Vec<Granted> = grants
        .filter(|(issuer, _)| grantors.contains(issuer))
        .map(|(issuer, granted)| Granted { issuer, ..granted })
        .collect();
    let amounts = grants.iter().map(left).collect::<Result<Vec<_>, E>>();
    let mut amounts = amounts?;
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    let enough = needed.checked_sub(1).and_then(|at| amounts.get(at));
    Ok((grants, enough.copied().unwrap_or(0)))
}

/// How much more than the quota an organisation may ask under a key today, `counted` being what was
/// counted on a day before. Of each grant that is left which was not used, beyond the quota, on its
/// days before.
fn granted<E>(
    directory: &Directory,
    organisation: &OrganisationKey,
    today: Day,
    mut counted: impl FnMut(Day) -> Result<u32, E>,
) -> Result<u32, E> {
    let (_, granted) = weigh(directory, organisation, today, |g| {
        let mut used = 0u32;
        for n in 0..today.since(g.issued) {
            let day = g.issued.plus(n);
            used = used.saturating_add(counted(day)?.saturating_sub(quota_on(directory, day)));
        }
        Ok(g.grant.evaluations.saturating_sub(used))
    })?;
    Ok(granted)
}

impl Engine {
    /// The charter's evaluations of a day.
    pub(super) fn quota_on(&self, day: Day) -> u32 {
        quota_on(&self.directory, day)
    }

    /// How much more than the quota an organisation may ask under a key today.
    pub(super) fn granted<V: View>(
        &self,
        organisation: &OrganisationKey,
        key: KeyName,
        today: Day,
        view: &V,
    ) -> Result<u32, V::Error> {
        granted(&self.directory, organisation, today, |day| {
            self.counted(organisation, key, day, view)
        })
    }

    /// The same of this node's own organisation, by what its members asked for on a day.
    pub(super) fn granted_to_members<E>(
        &self,
        today: Day,
        asked: impl FnMut(Day) -> Result<u32, E>,
    ) -> Result<u32, E> {
        granted(&self.directory, &self.me.organisation, today, asked)
    }

    /// Whether what was counted on a day that is over is needed still: something of a grant was
    /// used on it, and a grant may hold that did so then.
    pub fn is_worth_keeping(&self, day: Day, used: u32, today: Day) -> bool {
        day.plus(MAX_GRANT_LIFE) >= today && used > self.quota_on(day)
    }

    /// How an organisation stands: its quota, and what it is granted.
    pub fn allowance(&self, organisation: &OrganisationKey, now: Timestamp) -> Allowance {
        let day = self.counted_day(now);
        let whole = |g: &Granted| Ok::<_, Infallible>(g.grant.evaluations);
        let (grants, granted) = match weigh(&self.directory, organisation, day, whole) {
            Ok(weighed) => weighed,
            Err(never) => match never {},
        };
        Allowance {
            day,
            quota: self.quota_on(day),
            needed: grantors(&self.directory, organisation).1,
            grants,
            granted,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::charter::Charter;
    use crate::record::Verified;
    use serde_json::Value;

    fn bytes(value: &Value) -> Vec<u8> {
        hex::decode(value.as_str().unwrap()).unwrap()
    }

    fn number(value: &Value) -> u32 {
        value.as_u64().unwrap().try_into().unwrap()
    }

    #[test]
    fn a_second_implementation_finds_as_much_left() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../spec/vectors/ok/grants.json"
        );
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
        let records: Vec<Vec<u8>> = file["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(bytes)
            .collect();
        for case in file["cases"].as_array().unwrap() {
            let mut directory = Directory::new(charter.clone());
            for n in case["records"].as_array().unwrap() {
                let record = &records[number(n) as usize];
                let record = Verified::from_bytes(record, charter.federation()).unwrap();
                directory.learn(&record);
            }
            let subject = charter
                .named(case["subject"].as_str().unwrap())
                .unwrap()
                .root;
            let counted = case["counted"].as_array().unwrap();
            let more = granted(
                &directory,
                &subject,
                Day::from_number(number(&case["day"])),
                |day| {
                    let of_day = counted.iter().find(|c| number(&c[0]) == day.number());
                    Ok::<_, Infallible>(of_day.map_or(0, |c| number(&c[1])))
                },
            );
            assert_eq!(more, Ok(number(&case["more"])), "{}", case["name"]);
        }
    }
}
