//! Which ceremony is due, so that nobody has to think of one (`spec/11-ceremonies.md`, section 8).
//!
//! A pure function of what a node knows. It says what the plan should be, and how long this node waits
//! before it starts: whoever is first starts at once, and the others only if nothing comes of that.
//! Once the keys are there, made by hand and with digits compared by voice, it never takes a hand again.

use super::plan::{Basis, PlanError, PlanTerms};
use super::span::{may_be_made, must_stay, past_from};
use crate::certificate::Certificate;
use crate::charter::Charter;
use crate::directory::Directory;
use crate::ids::{NodeKey, OrganisationKey};
use crate::limits::{MAX_CEREMONY_KEYS, MAX_EPOCH_GAP};
use crate::oprf::{KeyName, ShareIndex};
use crate::time::{Day, Season, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Days after which shares are renewed.
pub const REFRESH: u32 = 7;
/// Days by which a renewal is put off for those who are away, and not longer: whoever comes and goes would
/// put it off for ever.
pub const LATE: u32 = 2;
/// Days ahead for which the keys are there that a report could need.
pub const AHEAD: u32 = 14;
/// Milliseconds that a node waits for the one before it to start, and that one for the one before.
pub const STAGGER: u64 = 5 * 60_000;

/// For how long one waits for those that are away, if a report of today has no key: a node that has just
/// started is to see first who is there.
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// For how long holders of the shares in force may be away before those of before are taken: look-ups
/// fail meanwhile.
const BACK: u64 = 10 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// How many ceremonies somebody has held up who counts as gone: once it may have been away for minutes; and
/// where one waits for a day, it is to have failed all along, and not twice a day apart.
const FAILS: u32 = 2;
const FAILS_ALL_DAY: u32 = 4;

/// What a node knows when it asks what is due.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The day, if the node is not in doubt of it.
    pub today: Day,
    /// The time.
    pub now: Timestamp,
    /// The charter that counts.
    pub charter: &'a Charter,
    /// Who may speak for whom.
    pub directory: &'a Directory,
    /// The certificate in force.
    pub certificate: Option<&'a Certificate>,
    /// The record key of the node that asks.
    pub me: NodeKey,
    /// The record keys of the nodes that are connected, and of this one.
    pub present: &'a BTreeSet<NodeKey>,
    /// Organisations that held a ceremony up, and are left out of this one: none of them counts as being
    /// there, and none is waited for.
    pub excused: &'a BTreeSet<OrganisationKey>,
    /// What those of the excused have held up since they were last seen to come to the end of a ceremony.
    pub failing: &'a BTreeMap<OrganisationKey, Failing>,
    /// Nodes that have lost their shares of the certificate in force: they hold new ones, and deal none.
    pub without: &'a BTreeSet<NodeKey>,
    /// When a node of an organisation was connected last. Of others `up` is taken.
    pub seen: &'a BTreeMap<OrganisationKey, Timestamp>,
    /// Since when this node runs.
    pub up: Timestamp,
    /// Seasons that a threshold of organisations have said are over.
    pub ended: &'a BTreeSet<Season>,
    /// The highest epoch that this node has signed or taken part in; 0 if none.
    pub used: u32,
    /// What is kept of before, while the certificate in force names fewer holders.
    pub before: Option<Before<'a>>,
}

/// What an organisation has held up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failing {
    /// How many ceremonies.
    pub times: u32,
    /// When it held up the first.
    pub since: Timestamp,
}

/// The last certificate that had more holders, whose shares are kept for some days.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Nodes that have lost their shares of it.
    pub without: &'a BTreeSet<NodeKey>,
    /// Organisations that are left out of going back: those of the excused that hold the shares in force, and
    /// those that held going back up. What kept others out of the shares in force does not count.
    pub excused: &'a BTreeSet<OrganisationKey>,
}

/// Why a ceremony is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DueWhy {
    /// Too few of those that hold the shares in force are there, and enough of those before: these are
    /// shared out anew.
    Back,
    /// The keys of a season are missing that a report could soon be sealed under.
    Keys,
    /// The charter names other keyholders, or another threshold.
    Charter,
    /// A keyholder that is there has no share: it joins, or it lost its own, or it was away.
    Holder,
    /// A week has passed.
    Week,
}

impl DueWhy {
    /// How long keyholders that are away are waited for, in milliseconds.
    const fn patience(self) -> u64 {
        match self {
            DueWhy::Holder => HOUR,
            DueWhy::Back | DueWhy::Keys | DueWhy::Charter | DueWhy::Week => DAY,
        }
    }
}

/// A ceremony that is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// Why.
    pub why: DueWhy,
    /// Milliseconds for which this node leaves it to others to start, from when it became due.
    pub wait: u64,
    /// The plan's day.
    pub day: Day,
    /// The epoch that it makes.
    pub epoch: u32,
    /// Who is to hold the new shares.
    pub holders: BTreeMap<ShareIndex, NodeKey>,
    /// Who shares out the old ones, by their old indices: as many as it takes.
    pub dealers: BTreeMap<ShareIndex, NodeKey>,
    /// The keys that there will be.
    pub keys: Vec<KeyName>,
}

impl Due {
    /// Whether it goes on with the certificate of [before](Situation::before), not with the one in force.
    pub fn goes_back(&self) -> bool {
        self.why == DueWhy::Back
    }

    /// What the plan says. `id` is fresh and random; `basis` has the certificate that it goes on with.
    ///
    /// # Errors
    /// If it was due in another situation than this one.
    pub fn terms(
        &self,
        basis: &Basis<'_>,
        id: [u8; 32],
        starter: NodeKey,
    ) -> Result<PlanTerms, PlanError> {
        let (holders, dealers) = (&self.holders, &self.dealers);
        let keys = &self.keys;
        let terms = PlanTerms::draft(basis, id, self.day, holders, dealers, keys, starter)?;
        Ok(PlanTerms {
            epoch: self.epoch,
            ..terms
        })
    }
}

/// The seasons in which a report may expire that is issued on this day or in the next `days`.
fn needed(charter: &Charter, today: Day, days: u32) -> impl Iterator<Item = Season> {
    let lives = [charter.on(today), charter.terms()].map(|terms| terms.lives.report);
    let longest = lives.into_iter().max().unwrap_or(0);
    let last = today.plus(days).plus(longest).season();
    (today.season().index()..=last.index()).map(Season::from_index)
}

/// The keys that a first ceremony of this day should make: the bucket key, and those of all seasons
/// that a report could be sealed under in the next [`AHEAD`] days.
pub fn keys_needed(charter: &Charter, today: Day) -> Vec<KeyName> {
    let seasons = needed(charter, today, AHEAD);
    let of = |season| [KeyName::Handle(season), KeyName::Area(season)];
    let mut keys: Vec<KeyName> = seasons.flat_map(of).chain([KeyName::Bucket]).collect();
    keys.sort_unstable();
    keys
}

/// Who is there, by organisation: of several nodes one that has shares and signed for them, if any.
fn there<'a>(s: &Situation<'a>, certificate: &Certificate, day: Day) -> Nodes<'a> {
    let mut nodes: BTreeMap<OrganisationKey, BTreeSet<(bool, bool, NodeKey)>> = BTreeMap::new();
    for node in s.present {
        let organisation = s.directory.signer_on(node, day);
        if let Some(organisation) = organisation.filter(|root| !excused(s, root)) {
            let lost = s.without.contains(node);
            let place = (lost, !certificate.has_signed(node), *node);
            nodes.entry(organisation).or_default().insert(place);
        }
    }
    Nodes {
        best: nodes
            .into_iter()
            .filter_map(|(organisation, all)| Some((organisation, *all.first()?)))
            .collect(),
        charter: s.charter,
    }
}

/// Whether an organisation held a ceremony up, under this root or one that it had.
fn excused(s: &Situation<'_>, root: &OrganisationKey) -> bool {
    let answers = |root: &OrganisationKey| s.charter.answers_for(root).map_or(*root, |o| o.root);
    let root = answers(root);
    s.excused.iter().any(|one| answers(one) == root)
}

struct Nodes<'a> {
    best: BTreeMap<OrganisationKey, (bool, bool, NodeKey)>,
    charter: &'a Charter,
}

impl Nodes<'_> {
    /// The organisation that answers for a root, as the charter has it now.
    fn answers(&self, root: &OrganisationKey) -> OrganisationKey {
        self.charter.answers_for(root).map_or(*root, |o| o.root)
    }

    /// Whether it has lost its shares, whether it is not known to have signed for them, and its key.
    fn of(&self, organisation: &OrganisationKey) -> Option<(bool, bool, NodeKey)> {
        self.best.get(organisation).copied()
    }
}

/// What a node sees of the federation's keyholders.
struct View<'a> {
    certificate: &'a Certificate,
    day: Day,
    nodes: Nodes<'a>,
    /// Who is to hold shares, by the charter.
    chartered: BTreeMap<ShareIndex, OrganisationKey>,
    /// Who holds shares, by the certificate.
    held: BTreeMap<ShareIndex, OrganisationKey>,
    /// How many shares it takes, by the certificate.
    needed: u16,
}

impl<'a> View<'a> {
    /// Nothing, without keys that a ceremony made, or on a day on which nobody could plan anything.
    fn of(s: &Situation<'a>) -> Option<Self> {
        let certificate = s.certificate.filter(|c| !c.dealt())?;
        // Where that can be, a season that has ended by what others say is past by the plan's day: then
        // the plan holds for those who have not heard of it, too.
        let past = s.ended.iter().map(|season| past_from(*season));
        let after = past.filter(|after| *after <= s.today.plus(1)).max();
        let day = after.map_or(s.today, |after| after.max(s.today));
        if s.charter.terms().threshold < 2 || day > s.today.plus(1) {
            return None;
        }
        let nodes = there(s, certificate, day);
        let organisations = s.charter.terms().organisations.iter();
        let first = certificate.keys().next()?;
        Some(Self {
            certificate,
            day,
            chartered: organisations
                .filter_map(|o| Some((ShareIndex::new(o.keyholder?).ok()?, o.root)))
                .collect(),
            held: first
                .shares()
                .keys()
                .filter_map(|i| Some((*i, nodes.answers(certificate.holder(i.get())?))))
                .collect(),
            needed: first.threshold(),
            nodes,
        })
    }

    /// Why a ceremony is due, if it is.
    fn reasons(&self, s: &Situation<'_>, keys: &[KeyName]) -> Vec<DueWhy> {
        let certificate = self.certificate;
        let lacking = keys.iter().any(|name| certificate.key(*name).is_none());
        let stale = |(index, root): (&ShareIndex, &OrganisationKey)| {
            self.chartered.get(index) != Some(root)
        };
        let new = |(index, root): (&ShareIndex, &OrganisationKey)| {
            let place = self.nodes.of(root);
            place.is_some_and(|(lost, ..)| lost || self.held.get(index) != Some(root))
        };
        let threshold = s.charter.terms().threshold;
        let reasons = [
            (DueWhy::Keys, lacking),
            (
                DueWhy::Charter,
                self.needed != threshold || self.held.iter().any(stale),
            ),
            (DueWhy::Holder, self.chartered.iter().any(new)),
            (DueWhy::Week, s.today >= certificate.issued().plus(REFRESH)),
        ];
        let held = reasons.into_iter().filter(|(_, holds)| *holds);
        held.map(|(why, _)| why).collect()
    }

    /// Whether a plan has no share for a keyholder that is there, or is waited for.
    fn leaves_out(&self, plan: &PlanTerms, awaited: impl Fn(&OrganisationKey) -> bool) -> bool {
        let holds = |index: &ShareIndex| plan.holders.iter().any(|seat| seat.index == *index);
        let mut without = self.chartered.iter().filter(|(index, _)| !holds(index));
        without.any(|(_, root)| self.nodes.of(root).is_some() || awaited(root))
    }

    /// Whose shares are there, by the old indices: first those that have signed for them.
    fn able(&self) -> Vec<(bool, ShareIndex, NodeKey)> {
        let held = self.held.iter();
        let mut able: Vec<_> = held
            .filter_map(|(index, root)| {
                let (lost, unsigned, node) = self.nodes.of(root)?;
                (!lost).then_some((unsigned, *index, node))
            })
            .collect();
        able.sort_unstable();
        able
    }

    /// As many of them as it takes.
    fn dealers(&self) -> BTreeMap<ShareIndex, NodeKey> {
        let able = self.able().into_iter().take(self.needed.into());
        able.map(|(_, index, node)| (index, node)).collect()
    }

    /// Whether a report of today could find no key: then nobody can be waited for, but for a minute.
    fn is_urgent(&self, s: &Situation<'_>, keys: &[KeyName]) -> bool {
        needed(s.charter, s.today, 0).any(|season| {
            let name = KeyName::Handle(season);
            keys.contains(&name) && self.certificate.key(name).is_none()
        })
    }

    /// Whether a keyholder is away, and has been for less than this, in milliseconds.
    fn is_just_gone(&self, s: &Situation<'_>, root: &OrganisationKey, patience: u64) -> bool {
        let since = s.seen.get(root).copied().unwrap_or(s.up);
        let away = s.now.millis().saturating_sub(since.millis());
        !excused(s, root) && self.nodes.of(root).is_none() && away < patience
    }

    /// The same, while there is time to wait.
    fn is_awaited(&self, s: &Situation<'_>, root: &OrganisationKey, patience: u64) -> bool {
        let late = s.today >= self.certificate.issued().plus(REFRESH + LATE);
        !late && self.is_just_gone(s, root, patience)
    }
}

/// What should be begun now, if anything: asked again and again, as long as it says the same.
///
/// Nothing, without keys that a ceremony made: those are begun by people, who compare digits. Nothing
/// either, while too few are there, or if this node is no keyholder.
pub fn due(s: &Situation<'_>) -> Option<Due> {
    let least = s.certificate?.epoch().saturating_add(1);
    let gone = back(s);
    let s = gone.unwrap_or(*s);
    let view = View::of(&s)?;
    let certificate = view.certificate;
    let holders: BTreeMap<ShareIndex, NodeKey> = view
        .chartered
        .iter()
        .filter_map(|(index, root)| Some((*index, view.nodes.of(root)?.2)))
        .collect();
    let rank = holders.values().position(|node| *node == s.me)?;

    let dealers = view.dealers();
    let threshold = s.charter.terms().threshold;
    if dealers.len() < usize::from(view.needed) || holders.len() < usize::from(threshold) {
        return None;
    }

    let keys = keys(&s, certificate, view.day)?;
    let mut chartered = view.chartered.values();
    let why = if gone.is_some() {
        // However old the certificate of before is.
        if chartered.any(|root| view.is_just_gone(&s, root, BACK)) {
            return None;
        }
        DueWhy::Back
    } else {
        let reasons = view.reasons(&s, &keys);
        let why = *reasons.first()?;
        let patience = if view.is_urgent(&s, &keys) {
            MINUTE
        } else {
            reasons.iter().map(|why| why.patience()).min()?
        };
        if chartered.any(|root| view.is_awaited(&s, root, patience)) {
            return None;
        }
        why
    };

    let epoch = least.max(s.used.saturating_add(1));
    (epoch - certificate.epoch() <= MAX_EPOCH_GAP).then(|| Due {
        why,
        wait: STAGGER.saturating_mul(rank as u64),
        day: view.day,
        epoch,
        holders,
        dealers,
        keys,
    })
}

/// The situation with the certificate of before in place of the one in force, if there is no going on
/// with that one: too few of its holders are there, and none of the others will be back in a moment.
fn back<'a>(s: &Situation<'a>) -> Option<Situation<'a>> {
    let before = s.before?;
    let lacks = lacks_holders(s, going_back(s)?).unwrap_or(false);
    lacks.then_some(Situation {
        certificate: Some(before.certificate),
        without: before.without,
        excused: before.excused,
        before: None,
        ..*s
    })
}

/// For how long holders of the shares in force may be away before one goes back, in milliseconds: for
/// longer, if a key was first made with them, since it is lost then.
fn going_back(s: &Situation<'_>) -> Option<u64> {
    let before = s.before?.certificate;
    let mut keys = s.certificate?.keys();
    let loses = keys.any(|key| before.key(key.name()).is_none());
    Some(if loses { DAY } else { BACK })
}

/// Whether fewer of those that hold the shares in force are there, or were in so many milliseconds, than it
/// takes; whoever has lost its shares does not count, nor whoever has kept ceremonies from their end for as
/// long, two at least, or four in a day. One that held up fewer counts like any other: it may have been away
/// for those minutes, and answer look-ups again. `None`: it cannot be said.
pub fn lacks_holders(s: &Situation<'_>, within: u64) -> Option<bool> {
    let nobody = BTreeSet::new();
    let s = Situation {
        excused: &nobody,
        ..*s
    };
    let view = View::of(&s)?;
    let least = if within < DAY { FAILS } else { FAILS_ALL_DAY };
    let late = s.failing.iter().filter(|(_, failing)| {
        failing.times >= least && failing.since.plus_millis(within) <= s.now
    });
    let failing: BTreeSet<_> = late.map(|(root, _)| view.nodes.answers(root)).collect();
    let able: BTreeSet<ShareIndex> = view.able().iter().map(|(_, index, _)| *index).collect();
    let there = view.held.iter().filter(|(index, root)| {
        let there = able.contains(index) || view.is_just_gone(&s, root, within);
        there && !failing.contains(root)
    });
    Some(there.count() < usize::from(view.needed))
}

/// How a plan that somebody else has made looks to a node that might join it by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Something is due by what this node sees, too.
    Due,
    /// Nothing is, by what it sees: somebody wants it all the same.
    Early,
    /// It leaves out a keyholder that is there, or was a short while ago; or it goes back to the shares of
    /// before, and there are enough of those in force.
    LeavesOut,
}

/// What a node has to say to a plan that holds, upon the certificate in force.
///
/// Whoever starts a plan could leave out some that are there, or keep them from being seen for a moment:
/// who was there within the hour counts as being there, or within a minute, if a report of today has no key.
pub fn called(s: &Situation<'_>, plan: &PlanTerms) -> Call {
    let upon = plan.old.as_ref().map(|old| old.certificate);
    if s.before
        .is_some_and(|b| upon == Some(*b.certificate.digest()))
    {
        return called_back(s, plan);
    }
    let Some(view) = View::of(s) else {
        return Call::Early;
    };
    let keys = keys(s, view.certificate, view.day).unwrap_or_default();
    let patience = if view.is_urgent(s, &keys) {
        MINUTE
    } else {
        HOUR
    };
    if view.leaves_out(plan, |root| view.is_awaited(s, root, patience)) {
        return Call::LeavesOut;
    }
    // Another one's day may have come a little earlier.
    let tomorrow = Situation {
        today: s.today.plus(1),
        ..*s
    };
    if view.reasons(&tomorrow, &keys).is_empty() {
        Call::Early
    } else {
        Call::Due
    }
}

/// The same of a plan that goes back. It is joined only by whoever sees the same: what was made with the
/// shares in force is lost by it.
fn called_back(s: &Situation<'_>, plan: &PlanTerms) -> Call {
    let seen = back(s);
    let seen = seen.as_ref().and_then(|back| Some((back, View::of(back)?)));
    match seen {
        Some((back, view))
            if !view.leaves_out(plan, |root| view.is_just_gone(back, root, BACK)) =>
        {
            Call::Due
        }
        _ => Call::LeavesOut,
    }
}

/// The keys that there should be after a ceremony of this day: those that live, and those that will be
/// needed, as many as one takes.
fn keys(s: &Situation<'_>, certificate: &Certificate, day: Day) -> Option<Vec<KeyName>> {
    let over = |name: &KeyName| name.season().is_some_and(|of| s.ended.contains(&of));
    let old = certificate.keys().map(|key| key.name());
    let stays = |name: &KeyName| must_stay(name, day) && !over(name);
    let mut all: BTreeSet<KeyName> = old.filter(stays).collect();
    if all.len() > MAX_CEREMONY_KEYS {
        return None;
    }
    let mut wanted = keys_needed(s.charter, s.today);
    // The nearest seasons first.
    wanted.sort_by_key(|name| name.season());
    let makes = |name: &KeyName| may_be_made(name, day) && !over(name);
    for name in wanted.into_iter().filter(makes) {
        if all.len() < MAX_CEREMONY_KEYS {
            all.insert(name);
        }
    }
    Some(all.into_iter().collect())
}
