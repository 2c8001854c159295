//! The chain of versions: from documents in any order to the version that counts.
//!
//! One version leads to the next where exactly one of those that follow it is agreed on. The rules
//! (`spec/10-charter.md`, section 3) look only at which documents and signatures are known, so two
//! who know the same are at the same version, whatever came first.

use super::agreed::{Charter, Version};
use super::documents::Documents;
use super::standing::{Fork, Offered, Pending, ProposeError, SignError, Status, Twice};
use super::terms::{CharterError, Origin, Terms};
use crate::cbor;
use crate::cose::{Context, Cosigned};
use crate::ids::{CharterId, FederationId, OrganisationKey};
use crate::keys::SecretKey;
use crate::limits::{MAX_COSIGNED, MAX_RIVALS};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Versions that a chain may have.
pub const MAX_VERSIONS: usize = 1024;
/// Documents that are kept besides the versions that count.
pub const MAX_PROPOSALS: usize = 256;
/// Documents that a chain keeps, and those of its file.
pub const MAX_DOCUMENTS: usize = MAX_VERSIONS + MAX_PROPOSALS;
/// The largest file of a chain: each document, and its head, have at most so many bytes.
const MAX_FILE: usize = 5 + MAX_DOCUMENTS * (5 + MAX_COSIGNED);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Document {
    pub(super) terms: Terms,
    /// Signatures that hold. Those of strangers are left out as soon as the version before is known.
    pub(super) cosigned: Cosigned,
}

impl Document {
    pub(super) fn signers(&self) -> impl Iterator<Item = OrganisationKey> {
        let keys = self.cosigned.claimed().copied();
        keys.map(OrganisationKey::from_bytes)
    }
    pub(super) fn is_signed_by(&self, root: &OrganisationKey) -> bool {
        self.signers().any(|key| key == *root)
    }
    pub(super) fn previous(&self) -> Option<CharterId> {
        self.terms.origin.as_ref().map(|o| o.previous)
    }
    pub(super) fn against(&self) -> &[CharterId] {
        let origin = self.terms.origin.as_ref();
        origin.map(|o| o.against.as_slice()).unwrap_or_default()
    }
}

/// All that is known of a federation's charter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    federation: FederationId,
    first: Charter,
    /// Those of which all that they stand on is known.
    pub(super) documents: Documents,
    /// Those of which the version before is not known, the oldest first.
    pub(super) waiting: VecDeque<(CharterId, Document)>,
    /// From here on the chain is weighed; what is before stays as it is.
    pub(super) settled: CharterId,
    /// How many versions led to the one that counted when that was last looked at.
    pub(super) line: Hint,
}

/// A number that is no part of what is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hint(pub(super) usize);

impl PartialEq for Hint {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Hint {}

/// What leads on from one version.
pub(super) enum Step {
    To(CharterId),
    Fork(Fork),
    Stay,
}

/// How the rivals that follow one version stand.
pub(super) struct Rivals<'a> {
    all: BTreeMap<CharterId, &'a Document>,
    /// What each organisation of the version before has signed of them, if anything.
    pub(super) signed: BTreeMap<OrganisationKey, BTreeSet<CharterId>>,
}

impl Rivals<'_> {
    fn double(&self) -> BTreeSet<OrganisationKey> {
        let double = self.signed.iter().filter(|(_, signed)| signed.len() > 1);
        double.map(|(root, _)| *root).collect()
    }
    /// Who signed this one; with `once`, only those who signed no other.
    fn of(&self, id: &CharterId, once: bool) -> BTreeSet<OrganisationKey> {
        let all = self.signed.iter();
        let theirs = all.filter(|(_, signed)| signed.contains(id) && (!once || signed.len() == 1));
        theirs.map(|(root, _)| *root).collect()
    }
}

impl Chain {
    /// A chain that begins with this first version.
    ///
    /// # Errors
    /// As [`Charter::from_bytes`].
    pub fn found(first: &[u8]) -> Result<Self, CharterError> {
        let charter = Charter::from_bytes(first)?;
        let cosigned = Cosigned::parse(first, MAX_COSIGNED)?;
        let document = Document {
            terms: charter.terms().clone(),
            cosigned,
        };
        Ok(Self {
            federation: *charter.federation(),
            documents: Documents::of_first(charter.id(), document),
            waiting: VecDeque::new(),
            settled: charter.id(),
            line: Hint(1),
            first: charter,
        })
    }

    /// A chain of these documents, of which the first is the first version.
    ///
    /// # Errors
    /// If the first does not hold, or another is none of this federation's.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, CharterError> {
        let mut documents = documents.into_iter();
        let first = documents.next().ok_or(CharterError::OtherFederation)?;
        let mut chain = Self::found(first)?;
        for document in documents {
            chain.offer(document)?;
        }
        Ok(chain)
    }

    /// Reads a charter's file: a first version alone, or an array of documents.
    ///
    /// # Errors
    /// As [`Chain::of`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CharterError> {
        let (chain, refused) = Self::salvage(bytes)?;
        refused.into_iter().next().map_or(Ok(chain), Err)
    }

    /// Reads a charter's file and leaves out what is refused in it, and says why. One document that
    /// does not hold keeps nobody from the others.
    ///
    /// # Errors
    /// If it is no such file, or the first document does not hold.
    pub fn salvage(bytes: &[u8]) -> Result<(Self, Vec<CharterError>), CharterError> {
        // Major type 6 is a tag, the one before a single document.
        if bytes.first().is_some_and(|b| b >> 5 == 6) {
            return Ok((Self::found(bytes)?, Vec::new()));
        }
        let documents = cbor::decode(bytes, MAX_FILE, |d| {
            cbor::list(d, MAX_DOCUMENTS, |d| {
                Ok(cbor::bytes(d, MAX_COSIGNED)?.to_vec())
            })
        })?;
        let (first, others) = documents
            .split_first()
            .ok_or(CharterError::OtherFederation)?;
        let mut chain = Self::found(first)?;
        let refused = others.iter().filter_map(|one| chain.offer(one).err());
        let refused = refused.collect();
        Ok((chain, refused))
    }

    /// All that is known, as a file to be passed on by hand: the first version, then the others by
    /// their numbers and ids. What waits for a version that is not known is not in it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let documents = self.documents();
        cbor::encode(|e| {
            cbor::put_array(e, documents.len() as u64);
            for document in &documents {
                cbor::put_bytes(e, document);
            }
        })
    }

    /// All documents, in the order of [`Chain::to_bytes`].
    pub fn documents(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<_> = self.documents.iter().collect();
        all.sort_by_key(|(id, d)| (d.terms.version, **id));
        all.into_iter().map(|(_, d)| d.cosigned.write()).collect()
    }

    /// Documents that wait for a version that is not known.
    pub fn waiting(&self) -> Vec<Vec<u8>> {
        self.waiting
            .iter()
            .map(|(_, d)| d.cosigned.write())
            .collect()
    }

    /// SHA-256 of the file: two who have the same know the same.
    pub fn digest(&self) -> [u8; 32] {
        let make = || crate::ids::sha256(&self.to_bytes());
        self.documents.digest(make)
    }

    /// The federation's id.
    pub const fn federation(&self) -> &FederationId {
        &self.federation
    }

    /// A version or proposal.
    pub fn terms(&self, id: &CharterId) -> Option<&Terms> {
        self.documents.get(id).map(|d| &d.terms)
    }

    /// All versions and proposals whose id begins so, in hexadecimal.
    pub fn find(&self, prefix: &str) -> Vec<CharterId> {
        let all = self.documents.keys();
        all.filter(|id| id.to_string().starts_with(prefix))
            .copied()
            .collect()
    }

    /// Takes in a version, a proposal, or a copy of one with further signatures.
    ///
    /// # Errors
    /// If it is damaged, breaks a rule, is another federation's, a signature in it does not hold,
    /// or nobody signed it whose signature it takes. Then nothing has changed.
    pub fn offer(&mut self, bytes: &[u8]) -> Result<Offered, CharterError> {
        let cosigned = Cosigned::parse(bytes, MAX_COSIGNED)?;
        let id = CharterId::of(cosigned.payload());
        let terms = cbor::decode(cosigned.payload(), MAX_COSIGNED, Terms::decode)?;
        terms.check()?;
        let ours = match &terms.origin {
            Some(origin) => origin.federation == self.federation,
            None => id == self.federation.first(),
        };
        if !ours {
            return Err(CharterError::OtherFederation);
        }
        if usize::try_from(terms.version).is_ok_and(|number| number > MAX_VERSIONS) {
            return Err(CharterError::Full);
        }
        let same = |d: &Document| d.cosigned == cosigned;
        if self.is_behind(&terms) || self.documents.get(&id).is_some_and(same) {
            // What is known comes again and again, and need not be verified each time.
            return Ok(Offered::Known);
        }
        let external = Context::Charter.external(None);
        let signers = cosigned.signers(&external);
        if signers.map_err(|_| CharterError::Signatures)?.is_empty() {
            return Err(CharterError::Signatures);
        }
        let document = Document { terms, cosigned };
        let previous = document.previous();
        if previous.is_some_and(|previous| !self.documents.contains_key(&previous)) {
            return Ok(self.wait(id, document));
        }
        self.keep(id, document)
    }

    /// The version that counts, with those before it.
    pub fn current(&self) -> Charter {
        let mut path = Vec::new();
        let mut at = Some(self.walk().0);
        while let Some((id, document)) = at.and_then(|id| Some((id, self.documents.get(&id)?))) {
            path.push(Version {
                id,
                terms: document.terms.clone(),
                bytes: document.cosigned.write(),
            });
            at = document.previous();
        }
        path.reverse();
        match path.pop() {
            Some(latest) => Charter::of(self.federation, latest, path),
            None => self.first.clone(),
        }
    }

    /// What was there before the current version is settled: a later signature changes nothing of
    /// it any more. Whoever runs on a chain calls this when it has taken a version up. What is
    /// settled stays so if the last step is taken back.
    pub fn settle(&mut self) {
        let (current, _) = self.walk();
        let before = self.documents.get(&current).and_then(Document::previous);
        let number = |id| self.terms(id).map_or(0, |t| t.version);
        if let Some(before) = before
            && number(&before) > number(&self.settled)
        {
            self.settled = before;
        }
        self.forget();
    }

    /// From which version on the chain is weighed.
    pub const fn settled(&self) -> CharterId {
        self.settled
    }

    /// Weighs the chain from a version on that was settled before. Says whether it is known.
    pub fn settle_at(&mut self, id: &CharterId) -> bool {
        let known = self.documents.contains_key(id);
        if known {
            self.settled = *id;
            self.forget();
        }
        known
    }

    /// How the chain stands.
    pub fn status(&self) -> Status {
        let (current, step) = self.walk();
        let rivals = self.rivals(&current);
        let before = self.documents.get(&current).map(|d| &d.terms);
        let pending = rivals.all.iter().filter_map(|(id, document)| {
            let before = before?;
            let mut missing = document.terms.must_agree(before);
            missing.retain(|root| !document.is_signed_by(root));
            Some(Pending {
                id: *id,
                terms: document.terms.clone(),
                signed: rivals.of(id, true),
                needed: before.organisations.len() / 2 + 1,
                missing,
            })
        });
        let waiting: BTreeSet<CharterId> = self.waiting.iter().map(|(id, _)| *id).collect();
        Status {
            current,
            version: before.map_or(0, |t| t.version),
            pending: pending.collect(),
            fork: match step {
                Step::Fork(fork) => Some(fork),
                Step::To(_) | Step::Stay => None,
            },
            twice: self.twice(current),
            waiting: waiting.into_iter().collect(),
        }
    }

    /// The terms of a version that would follow the current one. After a fork, or where the
    /// organisations are divided, it follows the rival `upon`, and names the others as set aside.
    pub fn draft(&self, upon: Option<&CharterId>) -> Option<Terms> {
        let (current, _) = self.walk();
        let rivals = self.rivals(&current);
        let previous = upon.copied().unwrap_or(current);
        let mut terms = self.terms(&previous)?.clone();
        terms.version = terms.version.checked_add(1)?;
        let mut against: Vec<CharterId> = Vec::new();
        if rivals.all.contains_key(&previous) {
            let others = rivals.all.keys().filter(|r| **r != previous);
            let others = others.map(|r| (Reverse(rivals.of(r, false).len()), *r));
            let mut others: Vec<_> = others.collect();
            // What most have signed, if there are more than may be named.
            others.sort_unstable();
            against.extend(others.into_iter().map(|(_, r)| r).take(MAX_RIVALS));
            against.sort_unstable();
        }
        terms.origin = Some(Origin {
            federation: self.federation,
            previous,
            against,
        });
        Some(terms)
    }

    /// Adds a root's signature to a proposal.
    ///
    /// # Errors
    /// If the root has signed a rival, or its signature is not asked for.
    pub fn sign(&mut self, id: &CharterId, root: &SecretKey) -> Result<(), SignError> {
        let key = root.organisation();
        let document = self.documents.get(id).ok_or(SignError::Unknown)?;
        let previous = document.previous().ok_or(SignError::Unknown)?;
        let before = self.terms(&previous).ok_or(SignError::Unknown)?;
        if !askable(&document.terms, before, &key) {
            return Err(SignError::Stranger);
        }
        self.check_against(&document.terms)?;
        let rivals = self.rivals(&previous);
        if let Some((other, rival)) = rivals
            .all
            .iter()
            .find(|(other, rival)| *other != id && rival.is_signed_by(&key))
        {
            return Err(SignError::Rival {
                version: rival.terms.version,
                other: *other,
            });
        }
        if let Some(document) = self.documents.change().get_mut(id) {
            Charter::sign_with(&mut document.cosigned, root);
        }
        Ok(())
    }

    /// Nobody signs away what counts: it would be taken back, with all that rests on it.
    fn check_against(&self, terms: &Terms) -> Result<(), SignError> {
        let line = self.line_to(self.walk().0);
        let mut against = terms.origin.iter().flat_map(|o| &o.against);
        match against.find(|id| line.contains(id)) {
            Some(other) => Err(SignError::Counts {
                version: self.terms(other).map_or(0, |t| t.version),
                other: *other,
            }),
            None => Ok(()),
        }
    }

    /// Proposes a version, signed by a root.
    ///
    /// # Errors
    /// If it breaks a rule, or the root may not sign it: an organisation of the version before must
    /// be the first to do so.
    pub fn propose(&mut self, terms: &Terms, root: &SecretKey) -> Result<CharterId, ProposeError> {
        let id = terms.id();
        if !self.documents.contains_key(&id) {
            let origin = terms.origin.as_ref();
            let previous = origin.ok_or(SignError::Unknown)?.previous;
            let key = root.organisation();
            self.check_against(terms)?;
            let rivals = self.rivals(&previous);
            if let Some((other, rival)) = rivals.all.iter().find(|(_, r)| r.is_signed_by(&key)) {
                return Err(SignError::Rival {
                    version: rival.terms.version,
                    other: *other,
                }
                .into());
            }
            let before = self.terms(&previous).ok_or(SignError::Unknown)?;
            if before.member(&key).is_none() {
                return Err(SignError::Stranger.into());
            }
            let mut unsigned = terms.unsigned();
            Charter::sign_with(&mut unsigned, root);
            self.offer(&unsigned.write())?;
            if !self.documents.contains_key(&id) {
                return Err(SignError::Unknown.into());
            }
            return Ok(id);
        }
        self.sign(&id, root)?;
        Ok(id)
    }

    /// From the last settled version as far as the chain leads, and why it stops there.
    pub(super) fn walk(&self) -> (CharterId, Step) {
        let mut at = self.settled;
        loop {
            match self.step(&at) {
                Step::To(next) => at = next,
                stop => return (at, stop),
            }
        }
    }

    pub(super) fn rivals(&self, previous: &CharterId) -> Rivals<'_> {
        let all: BTreeMap<CharterId, &Document> = self
            .documents
            .iter()
            .filter(|(_, d)| d.previous() == Some(*previous))
            .map(|(id, d)| (*id, d))
            .collect();
        let mut signed: BTreeMap<OrganisationKey, BTreeSet<CharterId>> = BTreeMap::new();
        let members = self.terms(previous);
        for (id, document) in &all {
            for root in document.signers() {
                if members.is_some_and(|t| t.member(&root).is_some()) {
                    signed.entry(root).or_default().insert(*id);
                }
            }
        }
        Rivals { all, signed }
    }

    fn step(&self, previous: &CharterId) -> Step {
        let Some(before) = self.terms(previous) else {
            return Step::Stay;
        };
        let rivals = self.rivals(previous);
        let agreed: Vec<CharterId> = rivals
            .all
            .iter()
            .filter(|(_, document)| {
                let must = document.terms.must_agree(before);
                must.iter().all(|root| document.is_signed_by(root))
            })
            .map(|(id, _)| *id)
            .collect();
        let backed = agreed.iter().copied();
        let backed = backed.filter(|id| before.is_majority(&rivals.of(id, false)));
        let backed: Vec<CharterId> = backed.collect();
        let stood_by = self.stood_by(&rivals);
        let mut confirmed = agreed.iter().filter(|id| {
            let by = stood_by.get(*id);
            by.is_some_and(|by| before.is_majority(by))
        });
        if let (Some(one), None) = (confirmed.next(), confirmed.next()) {
            return Step::To(*one);
        }
        match backed.as_slice() {
            [] => Step::Stay,
            [one] if before.is_majority(&rivals.of(one, true)) => Step::To(*one),
            [_] => Step::Stay,
            _ => Step::Fork(Fork {
                version: before.version,
                double: rivals.double(),
                rivals: backed,
            }),
        }
    }

    /// For each rival, the organisations of the version before that have signed something that
    /// follows it. Who has signed another rival counts only with what names that one as set aside;
    /// who follows two counts for neither.
    fn stood_by(&self, rivals: &Rivals<'_>) -> BTreeMap<CharterId, BTreeSet<OrganisationKey>> {
        let mut by: BTreeMap<CharterId, BTreeSet<OrganisationKey>> = BTreeMap::new();
        for (rival, document) in self.upon(rivals) {
            for root in document.signers() {
                let others = rivals.signed.get(&root).into_iter().flatten();
                let mut others = others.filter(|other| **other != rival);
                if others.all(|other| document.against().contains(other)) {
                    by.entry(rival).or_default().insert(root);
                }
            }
        }
        let mut seen = BTreeSet::new();
        let mut twice = BTreeSet::new();
        for root in by.values().flatten() {
            if !seen.insert(*root) {
                twice.insert(*root);
            }
        }
        for roots in by.values_mut() {
            roots.retain(|root| !twice.contains(root));
        }
        by
    }

    /// All that follows one of the rivals, directly or not, with the rival.
    pub(super) fn upon(&self, rivals: &Rivals<'_>) -> Vec<(CharterId, &Document)> {
        let mut after: BTreeMap<CharterId, Vec<(CharterId, &Document)>> = BTreeMap::new();
        for (id, document) in self.documents.iter() {
            if let Some(previous) = document.previous() {
                after.entry(previous).or_default().push((*id, document));
            }
        }
        let mut found = Vec::new();
        for rival in rivals.all.keys() {
            let mut at = vec![*rival];
            while let Some(id) = at.pop() {
                for (child, document) in after.remove(&id).into_iter().flatten() {
                    at.push(child);
                    found.push((*rival, document));
                }
            }
        }
        found
    }

    /// Who signed two versions that follow one, from the one before `current` on.
    fn twice(&self, current: CharterId) -> Vec<Twice> {
        let before = self.documents.get(&current).and_then(Document::previous);
        let mut found = Vec::new();
        for previous in before.into_iter().chain([current]) {
            let rivals = self.rivals(&previous);
            let version = self.terms(&previous).map_or(0, |t| t.version);
            for (root, signed) in rivals.signed.into_iter().filter(|(_, s)| s.len() > 1) {
                found.push(Twice {
                    organisation: root,
                    version: version.saturating_add(1),
                    signed: signed.into_iter().collect(),
                });
            }
        }
        found
    }
}

/// Whether a root's signature says anything under a version that follows `before`.
pub(super) fn askable(terms: &Terms, before: &Terms, root: &OrganisationKey) -> bool {
    before.member(root).is_some() || terms.member(root).is_some()
}
