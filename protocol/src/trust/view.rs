//! The two views: whom somebody counts, from roots and decisions of his own, and whom all nodes
//! compute alike, from the organisations of the charter.

use super::graph::Graph;
use super::offer::{Offer, Standing};
use crate::area::Area;
use crate::directory::{Directory, Vouched, in_force};
use crate::ids::OrganisationKey;
use crate::record::vouch::Topic;
use crate::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// The budget of a root for which none was set: enough for every organisation that a charter can
/// hold.
pub const ROOT_BUDGET: u32 = 1000;

/// Whom somebody trusts by his own decision, and whom not. It is local: nobody else is told, and
/// what is carried does not hang on it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Local {
    /// Whom he trusts himself, each with a budget.
    pub roots: BTreeMap<OrganisationKey, u32>,
    /// Who has no place in his graph: neither their word counts nor whom they vouch for.
    pub blocked: BTreeSet<OrganisationKey>,
    /// Of whom nothing is shown. Whom they vouch for stays.
    pub dropped: BTreeSet<OrganisationKey>,
}

impl Local {
    /// These roots, with the usual budget each, and nobody blocked or dropped.
    pub fn trusting(roots: impl IntoIterator<Item = OrganisationKey>) -> Self {
        Self {
            roots: roots.into_iter().map(|root| (root, ROOT_BUDGET)).collect(),
            ..Self::default()
        }
    }

    /// The same for somebody of this organisation, which is always a root and always in sight.
    #[must_use]
    pub fn of(mut self, own: OrganisationKey) -> Self {
        self.roots.entry(own).or_insert(ROOT_BUDGET);
        self.blocked.remove(&own);
        self.dropped.remove(&own);
        self
    }
}

/// What vouches are asked about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Question {
    /// The kind of record.
    pub topic: Topic,
    /// Where it is about; none if the record does not say. Then only vouches for everywhere lead on.
    pub area: Option<Area>,
}

impl Question {
    /// About reports that name no area: what is asked where nothing else is said.
    pub const REPORTS: Self = Self {
        topic: Topic::Report,
        area: None,
    };
}

/// The graph of a view on a day.
pub fn local_view(
    directory: &Directory,
    local: &Local,
    question: &Question,
    day: Day,
) -> Graph<OrganisationKey> {
    local_view_with(directory, [], local, question, day)
}

/// The same with more vouches, as if they were carried.
pub fn local_view_with<'a>(
    directory: &'a Directory,
    more: impl IntoIterator<Item = &'a Vouched>,
    local: &Local,
    question: &Question,
    day: Day,
) -> Graph<OrganisationKey> {
    let charter = directory.charter();
    let answers = |key: &OrganisationKey| charter.answers_for(key).map_or(*key, |o| o.root);
    let roots = local.roots.iter().map(|(root, budget)| (*root, *budget));
    let roots = roots.filter(|(root, _)| !local.blocked.contains(root));
    let offers = directory.vouches().chain(more).map(|v| Offer {
        from: v.issuer,
        // Whoever vouched for a root vouched for the organisation, and it has a new one.
        to: answers(&v.vouch.subject),
        budget: v.vouch.budget,
        slot: v.vouch.number,
        standing: standing(directory, local, question, day, v),
        until: Some(v.expires),
    });
    Graph::new(roots, offers)
}

/// Whom the organisations of the charter lead to, all that are in it today: the same at every node that
/// carries the same.
pub fn objective_view(
    directory: &Directory,
    question: &Question,
    day: Day,
) -> Graph<OrganisationKey> {
    let charter = directory.charter();
    let members = charter.terms().organisations.iter();
    let local = Local {
        roots: members.map(|o| (o.root, charter.budget(&o.root))).collect(),
        ..Local::default()
    };
    local_view(directory, &local, question, day)
}

fn standing(
    directory: &Directory,
    local: &Local,
    question: &Question,
    day: Day,
    vouched: &Vouched,
) -> Standing {
    let Vouched {
        id,
        issuer,
        vouch,
        issued,
        expires,
    } = vouched;
    if *expires < day {
        Standing::Ended
    } else if !in_force(*issued, *expires, day) {
        Standing::Later
    } else if directory.is_taken_back(issuer, id, day) {
        Standing::Revoked
    } else if local.blocked.contains(issuer) || local.blocked.contains(&vouch.subject) {
        Standing::Blocked
    } else if vouch.scope.covers(question.topic, question.area.as_ref()) {
        Standing::InForce
    } else {
        Standing::OutOfScope
    }
}
