//! Which of the roots' records a client is given, when all of them would be too many.
//!
//! A root signs up to 64 records a day and they live for years: one hostile root could make the
//! directory larger than any client takes, and then nobody of the whole federation could look
//! anything up. So each organisation has a share of the room, filled in the order of what matters
//! to a client. What one does not use the others may. Whoever signs more than its share crowds out
//! records of its own, and those that matter least first.
//!
//! What cannot matter to a client is left out from the start. A client asks a directory four
//! things: may this key sign for this organisation on this day, is it revoked, does the root stand
//! by this record all the same, and who vouches for whom. Hence
//!
//! - a revocation of a key without a carried delegation says nothing: the key may not sign anyway;
//!   of several revocations of one key the one that lasts longest says it all;
//! - a delegation of a revoked key speaks only for the certificate of the shared keys, if the key
//!   signed that, and for records that are affirmed: without any affirmation by the organisation it
//!   is left out (what the key signed is then refused as signed by an unknown key);
//! - an affirmation is asked for only if the signer is revoked: without a revoked key none is
//!   needed. Affirmation also decides contested slots, but slots are the nodes' affair; clients
//!   do not look at them;
//! - vouches with one number void each other while two of them live: the two that last longest
//!   stand for all of that number, today and on every later day. They go together or not at all,
//!   since one alone would count;
//! - vouches go in the order of their numbers, as what they cost is added up in it: of those that
//!   are served each has its true cost;
//! - a vouch that was taken back says only why it has no effect, and comes last of all. What takes
//!   vouches back, and what stands by them all the same, comes before all vouches.
//!
//! The order within an organisation is cut at the first record that does not fit. So no delegation
//! is ever served without its revocation, and no vouch.

use crate::directory::{Directory, Said, What};
use crate::ids::{NodeKey, OrganisationKey, RecordId};
use crate::record::revocation::Revocation;
use crate::time::Day;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Records that are served together or not at all.
type Unit = Vec<RecordId>;

/// What of the certificate in force decides which delegations matter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certified<'a> {
    /// Its day of issue.
    pub(super) day: Day,
    /// Who has signed it.
    pub(super) signers: &'a BTreeSet<NodeKey>,
}

/// Bytes that a record of this length takes in the reply, at most.
const fn cost(record: &[u8]) -> usize {
    record.len().saturating_add(5)
}

/// The records to serve, in an order that is the same on all nodes that carry the same.
pub(super) fn choose<E>(
    directory: &Directory,
    certified: Option<Certified<'_>>,
    today: Day,
    room: usize,
    mut read: impl FnMut(&RecordId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<Vec<u8>>, E> {
    let mut said: BTreeMap<OrganisationKey, Vec<(&RecordId, &Said)>> = BTreeMap::new();
    for (id, one) in directory.said().filter(|(_, s)| s.expires >= today) {
        said.entry(one.organisation).or_default().push((id, one));
    }
    let members = directory.charter().terms().organisations.iter();
    let mut shelves: Vec<Shelf> = members
        .map(|o| {
            let said = said.remove(&o.root).unwrap_or_default();
            Shelf::new(order(directory, &said, certified, today))
        })
        .collect();
    let mut left = room;
    loop {
        let open = shelves.iter().filter(|s| !s.is_done()).count();
        let share = left.checked_div(open).unwrap_or(0);
        let before = left;
        for shelf in shelves.iter_mut().filter(|s| !s.is_done()) {
            left = left.saturating_sub(shelf.fill(share, &mut read)?);
        }
        if left == before {
            break;
        }
    }
    Ok(shelves.into_iter().flat_map(|s| s.taken).collect())
}

/// What one organisation has, in the order of what matters.
fn order(
    directory: &Directory,
    said: &[(&RecordId, &Said)],
    certified: Option<Certified<'_>>,
    today: Day,
) -> VecDeque<Unit> {
    let vouched: BTreeSet<&RecordId> = said
        .iter()
        .filter(|(_, one)| matches!(one.what, What::Vouch(_)))
        .map(|(id, _)| *id)
        .collect();
    let (mut withdrawals, mut withdrawn) = (Vec::new(), BTreeSet::new());
    let mut gone = Vec::new();
    let mut delegated: BTreeSet<NodeKey> = BTreeSet::new();
    let mut revoked: BTreeMap<NodeKey, (Day, Reverse<RecordId>)> = BTreeMap::new();
    let mut affirmations = Vec::new();
    let mut vouches: BTreeMap<u32, Vec<(Reverse<Day>, RecordId)>> = BTreeMap::new();
    for (id, one) in said {
        match &one.what {
            What::Delegation(key, _) => {
                delegated.insert(*key);
            }
            What::Revocation(Revocation::Vouches(ids)) => {
                let known = ids.iter().filter(|id| vouched.contains(id));
                let known: Vec<RecordId> = known.copied().collect();
                if !known.is_empty() {
                    withdrawals.push((Reverse(one.expires), **id));
                }
                withdrawn.extend(known);
            }
            What::Revocation(Revocation::Key(key)) => {
                let this = (one.expires, Reverse(**id));
                let longest = revoked.entry(*key).or_insert(this);
                *longest = this.max(*longest);
            }
            What::Affirmation(ids) => affirmations.push((Reverse(one.issued), **id, ids)),
            // It is for keyholders; to a client it says nothing.
            What::Grant => {}
            What::Vouch(_) if directory.is_taken_back(&one.organisation, id, today) => {
                gone.push((Reverse(one.expires), **id));
            }
            What::Vouch(number) => {
                let same = vouches.entry(*number).or_default();
                same.push((Reverse(one.expires), **id));
            }
        }
    }
    revoked.retain(|key, _| delegated.contains(key));

    let mut revocations: Vec<_> = revoked
        .values()
        .map(|(expires, Reverse(id))| (Reverse(*expires), *id))
        .collect();
    revocations.sort_unstable();
    let (mut live, mut dead) = (Vec::new(), Vec::new());
    for (id, one) in said {
        if let What::Delegation(key, until) = &one.what {
            // The certificate of the shared keys does not hold without its signers' delegations.
            let certified = certified.filter(|c| one.issued <= c.day && c.day <= *until);
            let place = (certified.is_none(), Reverse(*until), **id);
            // It holds by who was revoked later, too.
            let signed = certified.is_some_and(|c| c.signers.contains(key));
            if revoked.contains_key(key) && !signed {
                dead.push(place);
            } else {
                live.push(place);
            }
        }
    }
    live.sort_unstable();
    dead.sort_unstable();
    affirmations.sort_unstable();
    if affirmations.is_empty() {
        dead.clear();
    }
    // Those that stand by a vouch which was taken back decide whether it counts.
    let (standing, mut affirmations): (Vec<_>, Vec<_>) = affirmations
        .into_iter()
        .partition(|(_, _, ids)| ids.iter().any(|id| withdrawn.contains(id)));
    if revoked.is_empty() {
        affirmations.clear();
    }
    withdrawals.sort_unstable();
    gone.sort_unstable();
    // What a vouch costs is added up in the order of their numbers: of a list that is cut in this
    // order each has its true cost.
    let mut pairs: Vec<Vec<_>> = vouches.into_values().collect();
    for same in &mut pairs {
        same.sort_unstable();
        same.truncate(2);
    }

    let alone = |id: RecordId| vec![id];
    let revocations = revocations.into_iter().map(|(_, id)| alone(id));
    let live = live.into_iter().map(|(_, _, id)| alone(id));
    let vouches = pairs
        .into_iter()
        .map(|same| same.into_iter().map(|(_, id)| id).collect());
    let dead = dead.into_iter().map(|(_, _, id)| alone(id));
    let affirmations = affirmations.into_iter().map(|(_, id, _)| alone(id));
    revocations
        .chain(live)
        .chain(withdrawals.into_iter().map(|(_, id)| alone(id)))
        .chain(standing.into_iter().map(|(_, id, _)| alone(id)))
        .chain(vouches)
        .chain(dead)
        .chain(affirmations)
        .chain(gone.into_iter().map(|(_, id)| alone(id)))
        .collect()
}

/// One organisation's records on their way into the reply.
struct Shelf {
    waiting: VecDeque<Unit>,
    /// What did not fit in the last round.
    next: Option<Vec<Vec<u8>>>,
    taken: Vec<Vec<u8>>,
}

impl Shelf {
    const fn new(waiting: VecDeque<Unit>) -> Self {
        Self {
            waiting,
            next: None,
            taken: Vec::new(),
        }
    }

    fn is_done(&self) -> bool {
        self.next.is_none() && self.waiting.is_empty()
    }

    /// Takes as many as fit into `share`, up to the first that does not. Gives what they take.
    fn fill<E>(
        &mut self,
        share: usize,
        read: &mut impl FnMut(&RecordId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<usize, E> {
        let mut used = 0;
        loop {
            let unit = match self.next.take() {
                Some(unit) => unit,
                None => match self.waiting.pop_front() {
                    Some(ids) => {
                        let mut unit = Vec::new();
                        for id in &ids {
                            unit.extend(read(id)?);
                        }
                        unit
                    }
                    None => return Ok(used),
                },
            };
            let bytes: usize = unit.iter().map(|r| cost(r)).sum();
            if used + bytes > share {
                self.next = Some(unit);
                return Ok(used);
            }
            used += bytes;
            self.taken.extend(unit);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::charter::Charter;
    use crate::record::Verified;
    use core::convert::Infallible;
    use serde_json::Value;

    fn bytes(value: &Value) -> Vec<u8> {
        hex::decode(value.as_str().unwrap()).unwrap()
    }

    fn numbers(value: &Value) -> Vec<usize> {
        let all = value.as_array().unwrap().iter();
        all.map(|n| n.as_u64().unwrap().try_into().unwrap())
            .collect()
    }

    #[test]
    fn it_is_shared_out_as_a_second_implementation_shares_it_out() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../spec/vectors/ok/directory.json"
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
            let day = |key: &str| Day::from_number(case[key].as_u64().unwrap().try_into().unwrap());
            let mut directory = Directory::new(charter.clone());
            for n in numbers(&case["records"]) {
                let record = Verified::from_bytes(&records[n], charter.federation()).unwrap();
                directory.learn(&record);
            }
            let room = case["room"].as_u64().unwrap().try_into().unwrap();
            let keys = case.get("signers").and_then(Value::as_array);
            let keys = keys.into_iter().flatten().map(bytes);
            let signers = keys.map(|key| NodeKey::from_bytes(key.try_into().unwrap()));
            let signers: BTreeSet<NodeKey> = signers.collect();
            let certified = Certified {
                day: day("certified"),
                signers: &signers,
            };
            let served = choose(&directory, Some(certified), day("day"), room, |id| {
                let found = records.iter().find(|r| RecordId::of(r) == *id);
                Ok::<_, Infallible>(found.cloned())
            });
            let wanted: Vec<_> = numbers(&case["served"])
                .into_iter()
                .map(|n| records[n].clone())
                .collect();
            assert_eq!(served, Ok(wanted), "{}", case["name"]);
        }
    }
}
