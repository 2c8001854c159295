//! The directory: who may speak for whom, from the charter and the records that root keys signed.
//!
//! It also knows what organisations grant one another, which nodes sign.
//!
//! It is small (root keys sign few records a day, and of grants there are few too), public within the federation, and the same for
//! every node that carries the same records.

use crate::charter::Charter;
use crate::ids::{NodeKey, OrganisationKey, RecordId, SealKey, TransportKey};
use crate::record::delegation::Terms;
use crate::record::grant::Grant;
use crate::record::revocation::Revocation;
use crate::record::vouch::Vouch;
use crate::record::{Body, Verified};
use crate::time::Day;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A delegation that the directory knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delegated {
    /// The record.
    pub id: RecordId,
    /// Who delegated.
    pub organisation: OrganisationKey,
    /// The first day on which the node may sign.
    pub from: Day,
    /// What it was given.
    pub terms: Terms,
}

impl Delegated {
    /// Whether the node may sign on this day.
    pub fn covers(&self, day: Day) -> bool {
        self.from <= day && day <= self.terms.until
    }
}

/// A vouch that the directory knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vouched {
    /// The record.
    pub id: RecordId,
    /// Who vouches.
    pub issuer: OrganisationKey,
    /// For whom, and for how many more.
    pub vouch: Vouch,
    /// The day on which it was signed.
    pub issued: Day,
    /// The last day on which it counts.
    pub expires: Day,
}

/// A grant that the directory knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Granted {
    /// The record.
    pub id: RecordId,
    /// Who grants.
    pub issuer: OrganisationKey,
    /// To whom, and how much.
    pub grant: Grant,
    /// The first day on which it holds.
    pub issued: Day,
    /// The last.
    pub expires: Day,
}

/// What a forgotten record had spoken for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forgotten {
    /// The keys that it had delegated.
    pub keys: Vec<(OrganisationKey, NodeKey)>,
    /// The records that it had affirmed.
    pub records: Vec<RecordId>,
}

/// A record that the directory knows, a root's or a grant, so that it can be found, served and taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Its day of issue.
    pub issued: Day,
    /// Its last day.
    pub expires: Day,
    /// Its slot of that day.
    pub slot: u32,
    /// What it says.
    pub what: What,
}

/// What a root's record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// This key may sign until this day.
    Delegation(NodeKey, Day),
    /// This key, or these vouches, count no longer.
    Revocation(Revocation),
    /// These records stand.
    Affirmation(Vec<RecordId>),
    /// A vouch of this number.
    Vouch(u32),
    /// A grant, by a node.
    Grant,
}

/// Who may speak for whom.
#[derive(Clone, Debug)]
pub struct Directory {
    charter: Charter,
    said: BTreeMap<RecordId, Said>,
    delegations: BTreeMap<NodeKey, Vec<Delegated>>,
    revoked: BTreeMap<(OrganisationKey, NodeKey), BTreeSet<RecordId>>,
    taken_back: BTreeMap<(OrganisationKey, RecordId), BTreeSet<RecordId>>,
    affirmed: BTreeMap<(OrganisationKey, RecordId), BTreeSet<RecordId>>,
    vouches: BTreeMap<RecordId, Vouched>,
    grants: BTreeMap<RecordId, Granted>,
}

impl Directory {
    /// A directory that knows the charter alone.
    pub const fn new(charter: Charter) -> Self {
        Self {
            charter,
            said: BTreeMap::new(),
            delegations: BTreeMap::new(),
            revoked: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            affirmed: BTreeMap::new(),
            vouches: BTreeMap::new(),
            grants: BTreeMap::new(),
        }
    }

    /// The charter.
    pub const fn charter(&self) -> &Charter {
        &self.charter
    }

    /// Takes in an admitted record. Records that say nothing of keys change nothing.
    pub fn learn(&mut self, record: &Verified) {
        let header = record.header();
        let organisation = header.organisation;
        let what = match record.body() {
            Body::Delegation(d) => {
                let known = self.delegations.entry(d.terms.record_key).or_default();
                if known.iter().all(|k| k.id != record.id()) {
                    known.push(Delegated {
                        id: record.id(),
                        organisation,
                        from: header.issued,
                        terms: d.terms,
                    });
                    known.sort_by_key(|k| k.id);
                }
                What::Delegation(d.terms.record_key, d.terms.until)
            }
            Body::Revocation(r) => {
                match r {
                    Revocation::Key(key) => {
                        let known = self.revoked.entry((organisation, *key)).or_default();
                        known.insert(record.id());
                    }
                    Revocation::Vouches(ids) => {
                        for id in ids {
                            let known = self.taken_back.entry((organisation, *id)).or_default();
                            known.insert(record.id());
                        }
                    }
                }
                What::Revocation(r.clone())
            }
            Body::Affirmation(a) => {
                for id in &a.records {
                    self.affirmed
                        .entry((organisation, *id))
                        .or_default()
                        .insert(record.id());
                }
                What::Affirmation(a.records.clone())
            }
            Body::Vouch(v) => {
                let vouched = Vouched {
                    id: record.id(),
                    issuer: organisation,
                    vouch: v.clone(),
                    issued: header.issued,
                    expires: header.expires,
                };
                self.vouches.insert(record.id(), vouched);
                What::Vouch(v.number)
            }
            Body::Grant(grant) => {
                let granted = Granted {
                    id: record.id(),
                    issuer: organisation,
                    grant: *grant,
                    issued: header.issued,
                    expires: header.expires,
                };
                self.grants.insert(record.id(), granted);
                What::Grant
            }
            _ => return,
        };
        let said = Said {
            organisation,
            issued: header.issued,
            expires: header.expires,
            slot: header.slot,
            what,
        };
        self.said.insert(record.id(), said);
    }

    /// Forgets a record that is carried no longer. Says which keys and records it had spoken for;
    /// they may not stand any more.
    pub fn forget(&mut self, id: &RecordId) -> Forgotten {
        let mut forgotten = Forgotten::default();
        let Some(Said {
            organisation, what, ..
        }) = self.said.remove(id)
        else {
            return forgotten;
        };
        match what {
            What::Delegation(key, _) => {
                if let Some(known) = self.delegations.get_mut(&key) {
                    known.retain(|k| k.id != *id);
                    if known.is_empty() {
                        self.delegations.remove(&key);
                    }
                }
                forgotten.keys.push((organisation, key));
            }
            What::Revocation(Revocation::Key(key)) => {
                take_back(&mut self.revoked, (organisation, key), id);
            }
            What::Revocation(Revocation::Vouches(vouches)) => {
                for vouch in vouches {
                    take_back(&mut self.taken_back, (organisation, vouch), id);
                }
            }
            What::Affirmation(records) => {
                for record in &records {
                    take_back(&mut self.affirmed, (organisation, *record), id);
                }
                forgotten.records = records;
            }
            What::Vouch(_) => {
                self.vouches.remove(id);
            }
            What::Grant => {
                self.grants.remove(id);
            }
        }
        forgotten
    }

    /// Whether a record is one from which the directory learnt something.
    pub fn knows(&self, id: &RecordId) -> bool {
        self.said.contains_key(id)
    }

    /// All records from which the directory learnt something.
    pub(crate) fn said(&self) -> impl Iterator<Item = (&RecordId, &Said)> {
        self.said.iter()
    }

    /// The records by which it is judged who speaks for these organisations, from a day on: of each
    /// organisation so many delegations, those that last longest, and what revokes their keys.
    pub fn spoken_for(
        &self,
        organisations: &BTreeSet<OrganisationKey>,
        since: Day,
        of_each: usize,
    ) -> BTreeSet<RecordId> {
        let mut theirs: BTreeMap<OrganisationKey, Vec<(Day, RecordId, NodeKey)>> = BTreeMap::new();
        for (key, known) in &self.delegations {
            for d in known.iter().filter(|d| d.terms.until >= since) {
                let successor = self.charter.answers_for(&d.organisation).map(|o| o.root);
                let meant = |root: &OrganisationKey| organisations.contains(root);
                if meant(&d.organisation) || successor.as_ref().is_some_and(meant) {
                    let all = theirs.entry(d.organisation).or_default();
                    all.push((d.terms.until, d.id, *key));
                }
            }
        }
        let mut ids = BTreeSet::new();
        for (organisation, mut all) in theirs {
            all.sort_unstable_by(|a, b| b.cmp(a));
            for (_, id, key) in all.into_iter().take(of_each) {
                ids.insert(id);
                ids.extend(self.revoked.get(&(organisation, key)).into_iter().flatten());
            }
        }
        ids
    }

    /// The delegations of a key by an organisation.
    pub fn delegations_of(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> impl Iterator<Item = &Delegated> {
        let known = self
            .delegations
            .get(key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        known
            .iter()
            .filter(move |d| d.organisation == *organisation)
    }

    /// The organisation that a node key works for, revoked or not: one of the charter, if there is
    /// one.
    pub fn organisation_of(&self, key: &NodeKey) -> Option<OrganisationKey> {
        let known = self.delegations.get(key)?;
        let member = |d: &&Delegated| self.charter.organisation(&d.organisation).is_some();
        let best = known.iter().find(member).or_else(|| known.first());
        best.map(|d| d.organisation)
    }

    /// The organisation for which a node key could sign on a day; none if it was not delegated
    /// for that day, or is revoked. For a root that was replaced its successor answers.
    pub fn signer_on(&self, key: &NodeKey, day: Day) -> Option<OrganisationKey> {
        self.delegated_on(key, day, |organisation| self.is_revoked(organisation, key))
    }

    /// The same for what was signed on that day and counted: only a revocation that is dated before
    /// the day undoes it.
    pub fn signer_then(&self, key: &NodeKey, day: Day) -> Option<OrganisationKey> {
        self.delegated_on(key, day, |organisation| {
            let by = self.revoked.get(&(*organisation, *key));
            let said = by.into_iter().flatten().filter_map(|id| self.said.get(id));
            said.map(|revocation| revocation.issued).min() < Some(day)
                && self.is_revoked(organisation, key)
        })
    }

    /// The same whatever was revoked.
    pub fn delegate_on(&self, key: &NodeKey, day: Day) -> Option<OrganisationKey> {
        self.delegated_on(key, day, |_| false)
    }

    fn delegated_on(
        &self,
        key: &NodeKey,
        day: Day,
        undone: impl Fn(&OrganisationKey) -> bool,
    ) -> Option<OrganisationKey> {
        let known = self.delegations.get(key)?;
        let good = |d: &&Delegated| d.covers(day) && !undone(&d.organisation);
        let signer = known.iter().find(good)?.organisation;
        let answers = self.charter.answers_for(&signer);
        Some(answers.map_or(signer, |o| o.root))
    }

    /// Whether the organisation has revoked the key.
    pub fn is_revoked(&self, organisation: &OrganisationKey, key: &NodeKey) -> bool {
        self.revoked.contains_key(&(*organisation, *key))
    }

    /// Whether the organisation's root stands by the record.
    pub fn is_affirmed(&self, organisation: &OrganisationKey, id: &RecordId) -> bool {
        self.affirmed.contains_key(&(*organisation, *id))
    }

    /// The nodes that may work today: delegated by a member, in time, not revoked. Of several
    /// delegations of one node the one that lasts longest speaks. What a root gave that was
    /// replaced, and stays, counts as its successor's.
    pub fn nodes(&self, today: Day) -> BTreeMap<NodeKey, Delegated> {
        self.working(today).collect()
    }

    fn working(&self, today: Day) -> impl Iterator<Item = (NodeKey, Delegated)> {
        self.delegations.iter().filter_map(move |(key, known)| {
            let best = known
                .iter()
                .filter(|d| d.covers(today) && !self.is_revoked(&d.organisation, key))
                .filter_map(|d| Some((d, self.charter.answers_for(&d.organisation)?)))
                .max_by_key(|(d, _)| (d.terms.until, d.id));
            best.map(|(best, member)| {
                let organisation = member.root;
                (
                    *key,
                    Delegated {
                        organisation,
                        ..*best
                    },
                )
            })
        })
    }

    /// The node of this transport key that may work today.
    pub fn node_by_transport(
        &self,
        key: &TransportKey,
        today: Day,
    ) -> Option<(NodeKey, Delegated)> {
        // It is asked at every connection: no map is made for it.
        self.working(today)
            .find(|(_, d)| d.terms.transport_key == *key)
    }

    /// The key to which requests for a node are sealed.
    pub fn seal_key(&self, node: &NodeKey, today: Day) -> Option<SealKey> {
        self.nodes(today).get(node).map(|d| d.terms.seal_key)
    }

    /// Whether an organisation has taken a vouch of its own back by this day, and does not stand by
    /// it all the same.
    pub fn is_taken_back(
        &self,
        organisation: &OrganisationKey,
        vouch: &RecordId,
        day: Day,
    ) -> bool {
        let place = (*organisation, *vouch);
        let by = |records: Option<&BTreeSet<RecordId>>| {
            let said = |id| {
                self.said
                    .get(id)
                    .is_some_and(|s| in_force(s.issued, s.expires, day))
            };
            records.is_some_and(|ids| ids.iter().any(said))
        };
        by(self.taken_back.get(&place)) && !by(self.affirmed.get(&place))
    }

    /// The slots of a day that records of a root are known to hold.
    pub fn slots_of(&self, organisation: &OrganisationKey, day: Day) -> BTreeSet<u32> {
        let theirs = self.said.values();
        let that_day = theirs.filter(|s| {
            let by_root = !matches!(s.what, What::Grant);
            by_root && s.organisation == *organisation && s.issued == day
        });
        that_day.map(|s| s.slot).collect()
    }

    /// All vouches, by record id.
    pub fn vouches(&self) -> impl Iterator<Item = &Vouched> {
        self.vouches.values()
    }

    /// What each organisation grants another one on a day: of several by one, that which was issued
    /// last, and of several of one day that which gives least. So what was granted can be taken
    /// back. For a root that was replaced its successor answers, here as everywhere.
    pub fn grants_for(
        &self,
        subject: &OrganisationKey,
        day: Day,
    ) -> BTreeMap<OrganisationKey, Granted> {
        let member = |key: &OrganisationKey| self.charter.answers_for(key).map(|o| o.root);
        let Some(subject) = member(subject) else {
            return BTreeMap::new();
        };
        let mut best: BTreeMap<OrganisationKey, Granted> = BTreeMap::new();
        for granted in self.grants.values() {
            let holds = granted.issued <= day && day <= granted.expires;
            if !holds || member(&granted.grant.subject) != Some(subject) {
                continue;
            }
            let Some(issuer) = member(&granted.issuer).filter(|issuer| *issuer != subject) else {
                continue;
            };
            let rank = |g: &Granted| (Reverse(g.issued), g.grant.evaluations, g.id);
            let known = best.entry(issuer).or_insert(*granted);
            if rank(granted) < rank(known) {
                *known = *granted;
            }
        }
        best
    }
}

/// Whether what was signed on one day and lasts to another holds on a third. Clocks may be a day
/// apart, as for admission.
pub(crate) fn in_force(issued: Day, expires: Day, day: Day) -> bool {
    issued <= day.plus(1) && day <= expires
}

fn take_back<K: Ord>(sets: &mut BTreeMap<K, BTreeSet<RecordId>>, key: K, id: &RecordId) {
    if let Some(set) = sets.get_mut(&key) {
        set.remove(id);
        if set.is_empty() {
            sets.remove(&key);
        }
    }
}
