//! The one place that says whether a record is carried (`spec/02-records.md`, section 5).
//!
//! The verdict depends on the charter, the records and the day alone. Nodes that have seen the same
//! records therefore carry the same ones, in whatever order they came: of two records that exclude
//! each other the rule names the winner, and the loser is refused or put out.

use crate::charter::Charter;
use crate::cose::Context;
use crate::directory::Directory;
use crate::ids::{Lock, NodeKey, OrganisationKey, RecordId};
use crate::keys::verify;
use crate::limits::{
    DELEGATION_AFTERLIFE, ENDING_LIFE, GRANT_QUOTA, MAX_GRANT_LIFE, MAX_REVOCATION_LIFE,
    RETRACTION_LIFE, ROOT_QUOTA,
};
use crate::record::report::{Audience, Report};
use crate::record::revocation::Revocation;
use crate::record::{Body, Header, Kind, Refusal, Rule, Signer, Verified};
use crate::time::{Day, Season};
use std::collections::BTreeSet;

/// The place that at most one carried record holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct SlotKey {
    /// Whose.
    pub organisation: OrganisationKey,
    /// Signed by the root, which has slots of its own.
    pub root: bool,
    /// Held by what never leaves the organisation. Such records have slots of their own: others do
    /// not see them, so they must not decide what all carry.
    pub own: bool,
    /// The day of issue; of an ending the number of its season in the place of a day.
    pub issued: Day,
    /// The number; that of a retraction has [`RETRACTION_SLOT`] or [`PROVEN_SLOT`] added, that of a
    /// grant [`GRANT_SLOT`]. Of an ending it is [`ENDING_SLOT`].
    pub slot: u32,
}

/// Slots in records are below this; the bits from here on tell what counts apart.
pub const SLOTS: u32 = 1 << 30;
/// Retractions count their slots apart. Otherwise a report and its own retraction in one slot would
/// shut each other out, and what is carried would hang on which of them came first.
pub const RETRACTION_SLOT: u32 = 1 << 31;
/// Those that the lock itself signed count apart again: a thief of a node key, who can sign none
/// for the locks of others, must not put one out by another without proof.
pub const PROVEN_SLOT: u32 = RETRACTION_SLOT | SLOTS;
/// Endings have one slot an organisation and season, whatever number they bear: one says it all, and
/// whoever signs more makes nobody carry more.
pub const ENDING_SLOT: u32 = SLOTS;
/// Grants count their slots apart, and have few: every node keeps them in memory. Reports must not
/// put them out, nor they reports.
pub const GRANT_SLOT: u32 = SLOTS | (1 << 29);

impl SlotKey {
    /// The slot that a record claims; with `own`, as one that never leaves the organisation.
    pub const fn of(record: &Verified, own: bool) -> Self {
        let header = record.header();
        Self::numbered(
            header.organisation,
            record.body(),
            own,
            header.issued,
            header.slot,
        )
    }

    /// The slot of this number, for a record that says this.
    pub const fn numbered(
        organisation: OrganisationKey,
        body: &Body,
        own: bool,
        issued: Day,
        slot: u32,
    ) -> Self {
        let apart = match body {
            Body::Ending(ending) => return Self::ending(organisation, ending.season),
            Body::Retraction(r) if r.proof.is_some() => PROVEN_SLOT,
            Body::Retraction(_) => RETRACTION_SLOT,
            Body::Grant(_) => GRANT_SLOT,
            _ => 0,
        };
        Self {
            organisation,
            root: body.kind().by_root(),
            own,
            issued,
            slot: slot | apart,
        }
    }
}

impl SlotKey {
    /// Where an organisation says that this season is over.
    pub const fn ending(organisation: OrganisationKey, season: Season) -> Self {
        Self {
            organisation,
            root: false,
            own: false,
            issued: Day::from_number(season.index()),
            slot: ENDING_SLOT,
        }
    }
}

/// A retraction, as far as admission needs it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tombstone {
    /// Who published it.
    pub organisation: OrganisationKey,
    /// Whether the lock signed it.
    pub proven: bool,
    /// When.
    pub issued: Day,
}

impl Tombstone {
    /// Whether this retraction hides a report of this organisation.
    pub fn hides(&self, organisation: &OrganisationKey) -> bool {
        self.proven || self.organisation == *organisation
    }
}

/// A record that a node key signed, as a revocation needs to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The record.
    pub id: RecordId,
    /// Whether it [proves itself](Body::proves_itself), so that the key's revocation leaves it be.
    pub proven: bool,
}

impl Signed {
    /// What is to be known of a record.
    pub const fn of(record: &Verified) -> Self {
        Self {
            id: record.id(),
            proven: record.body().proves_itself(),
        }
    }
}

/// What a node carries, as admission needs to ask it.
pub trait Carried {
    /// What can go wrong when reading.
    type Error;
    /// The record that holds a slot.
    ///
    /// # Errors
    /// If it cannot be read.
    fn occupant(&self, slot: &SlotKey) -> Result<Option<RecordId>, Self::Error>;
    /// The retractions of a lock.
    ///
    /// # Errors
    /// If they cannot be read.
    fn tombstones(&self, lock: &Lock) -> Result<Vec<Tombstone>, Self::Error>;
    /// The reports and attachments with a lock, retractions not among them.
    ///
    /// # Errors
    /// If they cannot be read.
    fn with_lock(&self, lock: &Lock) -> Result<Vec<RecordId>, Self::Error>;
    /// The records that a node key signed for an organisation. Asked only on a revocation.
    ///
    /// # Errors
    /// If they cannot be read.
    fn signed_by(
        &self,
        organisation: &OrganisationKey,
        key: &NodeKey,
    ) -> Result<Vec<Signed>, Self::Error>;
}

/// What to do with a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Carry it, and put out these.
    Carry {
        /// Records that it replaces, kills or voids.
        evicts: Vec<RecordId>,
    },
    /// It is carried already.
    Known,
    /// Do not carry it.
    Refuse(Refusal),
}

/// Whether a season is over: a threshold of the charter's keyholders say so. A former root and its
/// successor are one. No clock has a part in it, nor has an organisation that holds no share: there
/// may be many of those, and what their nodes' keys can destroy they could not open.
///
/// # Errors
/// If `carried` cannot be read.
pub fn is_over<C: Carried>(
    season: Season,
    charter: &Charter,
    carried: &C,
) -> Result<bool, C::Error> {
    let terms = charter.terms();
    let members = terms.organisations.iter().map(|o| o.root);
    let roots = members.chain(terms.former.iter().map(|f| f.root));
    let mut say = BTreeSet::new();
    for root in roots {
        if carried.occupant(&SlotKey::ending(root, season))?.is_some() {
            let by = charter.answers_for(&root);
            say.extend(by.filter(|o| o.keyholder.is_some()).map(|o| o.root));
        }
        if say.len() >= usize::from(terms.threshold) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says whether a record is carried on this day by a node of `home`; with `own`, as one that never
/// leaves the organisation.
///
/// # Errors
/// Only if `carried` cannot be read; a refusal is a [`Verdict`].
pub fn admit<C: Carried>(
    record: &Verified,
    own: bool,
    directory: &Directory,
    carried: &C,
    home: &OrganisationKey,
    today: Day,
) -> Result<Verdict, C::Error> {
    // Before anything that takes a signature to check: what is carried comes again and again.
    let mut there = None;
    for kept in [!own, own] {
        there = carried.occupant(&SlotKey::of(record, kept))?;
        if there == Some(record.id()) {
            return Ok(Verdict::Known);
        }
    }
    if let Err(refusal) = check(record, directory, home, today) {
        return Ok(Verdict::Refuse(refusal));
    }
    let header = record.header();
    if let Some(lock) = record.body().lock() {
        let dead =
            record.kind() != Kind::Retraction && carried.tombstones(lock)?.iter().any(|t| t.proven);
        if dead {
            return Ok(Verdict::Refuse(Rule::Retracted.into()));
        }
    }
    let mut evicts = Vec::new();
    // Who holds the slot that it claims: the one that was asked for last.
    if let Some(other) = there {
        // Among a root's own records affirmation has no say: two that affirm each other's
        // rival would put one another out without end.
        let affirmed = |id: &RecordId| {
            header.signer != Signer::Root && directory.is_affirmed(&header.organisation, id)
        };
        let rank = |id: RecordId| (!affirmed(&id), id);
        if rank(other) < rank(record.id()) {
            return Ok(Verdict::Refuse(Rule::SlotTaken.into()));
        }
        evicts.push(other);
    }
    match record.body() {
        Body::Retraction(r) if r.proof.is_some() => evicts.extend(carried.with_lock(&r.lock)?),
        Body::Revocation(Revocation::Key(key)) => evicts.extend(
            carried
                .signed_by(&header.organisation, key)?
                .into_iter()
                .filter(|s| !s.proven && !directory.is_affirmed(&header.organisation, &s.id))
                .map(|s| s.id),
        ),
        _ => {}
    }
    evicts.sort_unstable();
    evicts.dedup();
    Ok(Verdict::Carry { evicts })
}

/// All that can be said of a record without looking at the others: the part of admission that
/// needs only the directory and the day.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(
    record: &Verified,
    directory: &Directory,
    home: &OrganisationKey,
    today: Day,
) -> Result<(), Refusal> {
    let header = record.header();
    let charter = directory.charter();
    if charter.organisation(&header.organisation).is_none() {
        let former = charter.former(&header.organisation);
        let former = former.ok_or(Rule::UnknownOrganisation)?;
        // No clock is consulted: what a thief of the old root signs now is told from what its
        // owner signed by the list that the others have agreed on.
        if header.signer == Signer::Root && !former.records.contains(&record.id()) {
            return Err(Rule::FormerRoot.into());
        }
    }
    check_life(record, charter, today)?;
    check_signer(record, directory)?;
    match record.body() {
        Body::Report(report) => check_report(report, header, directory, home),
        Body::Retraction(r) => r
            .verify_proof(charter.federation())
            .map_err(|_| Rule::RetractionProof.into()),
        Body::Delegation(d) => d
            .verify_possession(charter.federation(), &header.organisation)
            .map_err(|_| Rule::Possession.into()),
        Body::Vouch(v) if v.subject == header.organisation => Err(Rule::SelfVouch.into()),
        Body::Ending(e) if header.issued <= e.season.last_day() => Err(Refusal::because(
            Rule::NotOver,
            format_args!("{} ends on {}", e.season, e.season.last_day()),
        )),
        Body::Grant(g) if g.subject == header.organisation => Err(Rule::SelfGrant.into()),
        _ => Ok(()),
    }
}

fn check_life(record: &Verified, charter: &Charter, today: Day) -> Result<(), Refusal> {
    let header = record.header();
    let lives = &charter.on(header.issued).lives;
    let longest = match record.body() {
        Body::Report(_) => lives.report,
        Body::Translation(_) => lives.translation,
        Body::Second(_) => lives.second,
        Body::Dispute(_) => lives.dispute,
        Body::Retraction(_) => RETRACTION_LIFE,
        Body::Ending(_) => ENDING_LIFE,
        Body::Vouch(_) => lives.vouch,
        Body::Revocation(_) | Body::Affirmation(_) => MAX_REVOCATION_LIFE,
        Body::Grant(_) => MAX_GRANT_LIFE,
        Body::Delegation(d) => {
            let days = d.terms.until.since(header.issued);
            if d.terms.until < header.issued || days > lives.delegation {
                return Err(Refusal::because(
                    Rule::Life,
                    format_args!("signs for {days} of {} days", lives.delegation),
                ));
            }
            days + DELEGATION_AFTERLIFE
        }
    };
    let life = header.expires.since(header.issued);
    if header.expires < header.issued || life > longest {
        return Err(Refusal::because(
            Rule::Life,
            format_args!("{life} of {longest} days"),
        ));
    }
    // A tombstone that went before its report would let the report come back; an ending that put
    // another out of its place and went early would leave its season without one.
    if matches!(record.kind(), Kind::Retraction | Kind::Ending) && life != longest {
        return Err(Refusal::because(
            Rule::Life,
            format_args!("{life} days; a record of its kind lives {longest}"),
        ));
    }
    let founded = charter.founded();
    if header.issued < founded {
        return Err(Refusal::because(
            Rule::BeforeCharter,
            format_args!("{}; the federation was made on {founded}", header.issued),
        ));
    }
    // Of an ending no clock here decides, or a keyholder whose own is behind would keep its shares.
    if header.issued > today.plus(1) && record.kind() != Kind::Ending {
        return Err(Refusal::because(
            Rule::Future,
            format_args!("{}; today is {today}", header.issued),
        ));
    }
    if header.expires < today {
        return Err(Refusal::because(
            Rule::Expired,
            format_args!("on {}", header.expires),
        ));
    }
    Ok(())
}

/// Whether the key that signed the record may do so, as far as the directory knows.
pub(crate) fn check_signer(record: &Verified, directory: &Directory) -> Result<(), Refusal> {
    let header = record.header();
    let Signer::Node(key) = &header.signer else {
        return if header.slot < ROOT_QUOTA {
            Ok(())
        } else {
            Err(Refusal::because(
                Rule::SlotRange,
                format_args!("slot {}, below {ROOT_QUOTA}", header.slot),
            ))
        };
    };
    let mut known = directory
        .delegations_of(&header.organisation, key)
        .peekable();
    if known.peek().is_none() {
        return Err(Rule::UnknownKey.into());
    }
    let mut in_time = known.filter(|d| d.covers(header.issued)).peekable();
    if in_time.peek().is_none() {
        return Err(Refusal::because(
            Rule::DelegationTime,
            format_args!("issued {}", header.issued),
        ));
    }
    let quota = directory.charter().on(header.issued).quotas.records;
    let free = if record.kind() == Kind::Grant {
        header.slot < GRANT_QUOTA
    } else {
        header.slot < quota.min(SLOTS) && in_time.any(|d| d.terms.slots.contains(header.slot))
    };
    if !free {
        return Err(Refusal::because(
            Rule::SlotRange,
            format_args!("slot {}", header.slot),
        ));
    }
    // What the lock itself signed says what its author said, whoever passed it on.
    if directory.is_revoked(&header.organisation, key)
        && !record.body().proves_itself()
        && !directory.is_affirmed(&header.organisation, &record.id())
    {
        return Err(Rule::RevokedKey.into());
    }
    Ok(())
}

fn check_report(
    report: &Report,
    header: &Header,
    directory: &Directory,
    home: &OrganisationKey,
) -> Result<(), Refusal> {
    if report.audience == Audience::Own && header.organisation != *home {
        return Err(Rule::NotOurs.into());
    }
    if !report.entries.is_sorted_by(|a, b| a.label < b.label) {
        return Err(Rule::Labels.into());
    }
    let buckets = 1u32 << directory.charter().terms().bucket_bits;
    if report.entries.iter().any(|e| e.bucket >= buckets) {
        return Err(Rule::Buckets.into());
    }
    if let Some(signature) = &report.succession {
        let external = Context::Succession.external(Some(directory.charter().federation()));
        verify(
            report.lock.as_bytes(),
            &report.succession_bytes(&external),
            signature,
        )
        .map_err(|_| Rule::Succession)?;
    }
    Ok(())
}
