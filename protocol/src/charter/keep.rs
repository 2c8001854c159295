//! What is kept of all that is offered.
//!
//! Anybody may make versions, and one organisation's root, stolen, may sign as many as its thief
//! likes. What one signer can bring in is bounded, and keeps nobody else's proposal out
//! (`spec/10-charter.md`, section 2).

use super::chain::{Chain, Document, Hint, MAX_PROPOSALS, askable};
use super::standing::Offered;
use super::terms::{CharterError, Terms};
use crate::cose::Cosigned;
use crate::ids::{CharterId, OrganisationKey};
use crate::limits::{MAX_COSIGNED, MAX_ORGANISATIONS};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Documents that wait for the version before them.
const MAX_WAITING: usize = 16;

impl Chain {
    /// Whether a version of this number can change nothing any more.
    pub(super) fn is_behind(&self, terms: &Terms) -> bool {
        let settled = self.documents.get(&self.settled);
        settled.is_some_and(|s| terms.version <= s.terms.version)
    }

    /// A document whose version before is not known: it is neither passed on nor written down, and
    /// makes way for those that come after it.
    pub(super) fn wait(&mut self, id: CharterId, document: Document) -> Offered {
        if let Some((_, known)) = self.waiting.iter_mut().find(|(other, _)| *other == id) {
            return merged(&mut known.cosigned, &document.cosigned);
        }
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((id, document));
        Offered::Taken
    }

    /// Keeps a document whose version before is known, and what waited for it.
    pub(super) fn keep(
        &mut self,
        id: CharterId,
        mut document: Document,
    ) -> Result<Offered, CharterError> {
        let before = document.previous().and_then(|id| self.terms(&id));
        if let Some(before) = before {
            document.terms.check_follows(before)?;
            keep_askable(&mut document, before)?;
        }
        if let Some(known) = self.documents.change().get_mut(&id) {
            return Ok(merged(&mut known.cosigned, &document.cosigned));
        }
        self.documents.change().insert(id, document);
        self.make_room();
        if !self.documents.contains_key(&id) {
            return Ok(Offered::Known);
        }
        let (now, later): (VecDeque<_>, _) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, d)| d.previous() == Some(id));
        self.waiting = later;
        for (id, document) in now {
            // What may not follow falls away.
            drop(self.keep(id, document));
        }
        Ok(Offered::Taken)
    }

    /// The versions from the first to this one.
    pub(super) fn line_to(&self, id: CharterId) -> Vec<CharterId> {
        let mut line = Vec::new();
        let mut at = Some(id);
        while let Some((id, document)) = at.and_then(|id| Some((id, self.documents.get(&id)?))) {
            line.push(id);
            at = document.previous();
        }
        line.reverse();
        line
    }

    /// Drops what can change nothing any more: what is not upon the settled version.
    pub(super) fn forget(&mut self) {
        let line: BTreeSet<CharterId> = self.line_to(self.settled).into_iter().collect();
        let settled = self.terms(&self.settled).map_or(0, |t| t.version);
        self.drop_where(|id, d| d.terms.version <= settled && !line.contains(id));
        self.waiting.retain(|(_, d)| d.terms.version > settled);
    }

    /// Drops these, and all that stands on them.
    fn drop_where(&mut self, mut gone: impl FnMut(&CharterId, &Document) -> bool) {
        // By numbers, so that each comes after the one that it stands on.
        let mut all: Vec<_> = self.documents.iter().collect();
        all.sort_by_key(|(_, d)| d.terms.version);
        let mut dropped = BTreeSet::new();
        for (id, document) in all {
            let hangs = document.previous().is_some_and(|p| dropped.contains(&p));
            if hangs || gone(id, document) {
                dropped.insert(*id);
            }
        }
        self.documents
            .change()
            .retain(|id, _| !dropped.contains(id));
    }

    /// Drops what is too much.
    fn make_room(&mut self) {
        while self.documents.len() > self.line.0 + MAX_PROPOSALS {
            let line = self.line_to(self.walk().0);
            self.line = Hint(line.len());
            if self.documents.len() <= line.len() + MAX_PROPOSALS {
                return;
            }
            let Some(least) = self.least(&line.into_iter().collect()) else {
                return;
            };
            self.documents.change().remove(&least);
        }
    }

    /// The document that is given up first, of those on which no other stands. One whose signers among the organisations have each
    /// signed two others that follow the same version says nothing: none of their signatures
    /// counts, and that they are found out is seen without it. Then the one that the fewest
    /// organisations have signed; of these the one with the highest number, and the highest id.
    fn least(&self, line: &BTreeSet<CharterId>) -> Option<CharterId> {
        let mut signed: BTreeMap<(CharterId, OrganisationKey), usize> = BTreeMap::new();
        for document in self.documents.values() {
            for root in self.organisations_of(document) {
                *signed.entry(root).or_default() += 1;
            }
        }
        let settled = self.terms(&self.settled);
        let stood_on: BTreeSet<CharterId> = self
            .documents
            .values()
            .filter_map(Document::previous)
            .collect();
        let others = self.documents.iter();
        let others = others.filter(|(id, _)| !line.contains(*id) && !stood_on.contains(*id));
        let least = others.min_by_key(|(id, document)| {
            let all = self.organisations_of(document);
            let counts = !all.iter().all(|root| signed.get(root) > Some(&2));
            let roots = all.iter().map(|(_, root)| root);
            let by = roots
                .filter(|root| settled.is_some_and(|t| t.member(root).is_some()))
                .count();
            (counts, by, Reverse(document.terms.version), Reverse(**id))
        });
        least.map(|(id, _)| *id)
    }

    /// The organisations of the version before that have signed a document, with that version.
    fn organisations_of(&self, document: &Document) -> Vec<(CharterId, OrganisationKey)> {
        let previous = document.previous();
        let before = previous.and_then(|id| Some((id, self.terms(&id)?)));
        let Some((id, before)) = before else {
            return Vec::new();
        };
        let roots = document.signers().filter(|r| before.member(r).is_some());
        roots.map(|root| (id, root)).collect()
    }

    /// The documents for who knows what this is the digest of: none, if that is all there is, and
    /// no more than fit into so many bytes. Nobody's proposals keep away the versions that count,
    /// nor these the proposals: the latest versions come first, up to three quarters of the room,
    /// then what most organisations have signed, the small before the large, then earlier versions.
    pub fn news_for(&self, known: &[u8; 32], room: usize) -> Vec<Vec<u8>> {
        if self.digest() == *known {
            return Vec::new();
        }
        let line = self.line_to(self.walk().0);
        let counts: BTreeSet<CharterId> = line.iter().copied().collect();
        let mut others: Vec<_> = self
            .documents
            .iter()
            .filter(|(id, _)| !counts.contains(*id))
            .map(|(id, d)| {
                let bytes = d.cosigned.write();
                let by = self.organisations_of(d).len();
                (Reverse(by), bytes.len(), *id, bytes)
            })
            .collect();
        others.sort_unstable();
        let line: Vec<(CharterId, Vec<u8>)> = line
            .into_iter()
            .rev()
            .filter_map(|id| Some((id, self.documents.get(&id)?.cosigned.write())))
            .collect();
        let mut chosen: BTreeSet<(u32, CharterId, Vec<u8>)> = BTreeSet::new();
        let mut left = room;
        let mut take = |id: CharterId, bytes: &[u8], spare: usize| {
            let fits = bytes.len() + 5 + spare <= left;
            if fits {
                left -= bytes.len() + 5;
                let version = self.terms(&id).map_or(0, |t| t.version);
                chosen.insert((version, id, bytes.to_vec()));
            }
            fits
        };
        let latest = line
            .iter()
            .take_while(|(id, bytes)| take(*id, bytes, room / 4))
            .count();
        for (_, _, id, bytes) in &others {
            take(*id, bytes, 0);
        }
        for (id, bytes) in line.iter().skip(latest) {
            if !take(*id, bytes, 0) {
                break;
            }
        }
        chosen.into_iter().map(|(_, _, bytes)| bytes).collect()
    }
}

/// Leaves the signatures that say something under a version that follows `before`: its
/// organisations', of which there must be one, and those of who comes in.
fn keep_askable(document: &mut Document, before: &Terms) -> Result<(), CharterError> {
    let Document { terms, cosigned } = document;
    cosigned.retain(|key| askable(terms, before, &OrganisationKey::from_bytes(*key)));
    let mut signers = document.signers();
    if signers.any(|root| before.member(&root).is_some()) {
        Ok(())
    } else {
        Err(CharterError::Signatures)
    }
}

/// Adds the signatures of a copy, if there is room for them.
fn merged(known: &mut Cosigned, copy: &Cosigned) -> Offered {
    let mut both = known.clone();
    let more = both.merge(copy);
    let fits = both.claimed().count() <= MAX_ORGANISATIONS && both.write().len() <= MAX_COSIGNED;
    if fits {
        *known = both;
    }
    if fits && more {
        Offered::Taken
    } else {
        Offered::Known
    }
}
