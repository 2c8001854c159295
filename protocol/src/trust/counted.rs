//! What is *counted*: whose records a person is shown (`spec/04-lookup.md`, part 4).
//!
//! Counting is local and never decides what is carried. Whoever is blocked, dropped or not vouched
//! for is carried all the same, and comes back into sight as soon as that is over.

use super::view::{Local, Question, local_view};
use crate::area::Area;
use crate::directory::Directory;
use crate::ids::OrganisationKey;
use crate::record::vouch::Topic;
use crate::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// How well an organisation is vouched for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vouching {
    /// By how many chains that share nobody, one to [three](super::MAX_LEVEL).
    pub level: u8,
    /// The length of the shortest; 0: one trusts it oneself.
    pub distance: usize,
}

/// Whose choice the roots of a graph are: for the words alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Roots {
    /// Of whoever reads it.
    Own,
    /// The charter's.
    Charter,
    /// Of whoever wrote the graph down.
    Given,
}

impl Roots {
    const fn itself(self) -> &'static str {
        match self {
            Self::Own => "trusted by your own decision",
            Self::Charter => "an organisation of the charter",
            Self::Given => "a root",
        }
    }

    /// One of them, as the end of a sentence.
    pub(super) const fn one(self) -> &'static str {
        match self {
            Self::Own => "somebody whom you trust yourselves",
            Self::Charter => "an organisation of the charter",
            Self::Given => "a root",
        }
    }
}

impl Vouching {
    /// It in a few plain words, as seen from one's own roots.
    pub const fn in_words(self) -> &'static str {
        self.in_words_of(Roots::Own)
    }

    /// It in a few plain words, as seen from these roots.
    pub const fn in_words_of(self, roots: Roots) -> &'static str {
        match (self.distance, self.level) {
            (0, _) => roots.itself(),
            (_, 0 | 1) => "vouched for on one way only",
            (_, 2) => "vouched for on two ways that share nobody",
            _ => "vouched for on three ways or more that share nobody",
        }
    }
}

/// The organisations whose records of a kind and area count for somebody, and how well each is
/// vouched for.
///
/// Only members of the charter count. Of those who are dropped nothing does.
pub fn counted(
    directory: &Directory,
    local: &Local,
    question: &Question,
    day: Day,
) -> BTreeMap<OrganisationKey, Vouching> {
    let graph = local_view(directory, local, question, day);
    let shown = |key: &OrganisationKey| {
        directory.charter().organisation(key).is_some() && !local.dropped.contains(key)
    };
    let vouching = |(key, level): (&OrganisationKey, u8)| {
        let distance = graph.distance(key)?;
        shown(key).then_some((*key, Vouching { level, distance }))
    };
    graph.levels().into_iter().filter_map(vouching).collect()
}

/// Who counts for one person on one day, whatever is asked: each question is worked out once.
#[derive(Clone, Debug)]
pub struct Counting<'a> {
    directory: &'a Directory,
    local: Local,
    day: Day,
    /// The areas that some vouch is limited to; others make no difference.
    areas: BTreeSet<&'a Area>,
    known: BTreeMap<Asked, BTreeMap<OrganisationKey, Vouching>>,
}

/// A question, as far as it can make a difference.
type Asked = (Topic, Vec<Area>);

impl<'a> Counting<'a> {
    /// Nothing is asked yet.
    pub fn new(directory: &'a Directory, local: Local, day: Day) -> Self {
        let scopes = directory.vouches().map(|v| &v.vouch.scope);
        Self {
            directory,
            local,
            day,
            areas: scopes.flat_map(|s| &s.areas).collect(),
            known: BTreeMap::new(),
        }
    }

    /// How well an organisation is vouched for in what is asked; none if it does not count.
    pub fn of(
        &mut self,
        key: &OrganisationKey,
        topic: Topic,
        area: Option<&Area>,
    ) -> Option<Vouching> {
        // What a former root has signed is its successor's.
        let heir = self.directory.charter().answers_for(key);
        let key = &heir.map_or(*key, |o| o.root);
        let country = area.and_then(Area::country).map(Area::of_country);
        let mut matters: Vec<Area> = area.cloned().into_iter().chain(country).collect();
        matters.retain(|area| self.areas.contains(area));
        let (directory, local, day) = (self.directory, &self.local, self.day);
        let all = self.known.entry((topic, matters)).or_insert_with(|| {
            let area = area.cloned();
            counted(directory, local, &Question { topic, area }, day)
        });
        all.get(key).copied()
    }
}
