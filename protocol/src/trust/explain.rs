//! Why a key is in or out: every vouch that was used, and every one that was ignored with why.

use super::counted::{Roots, Vouching};
use super::graph::Graph;
use super::offer::{Ignored, Offer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where a key stands that is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// How many others it may bring in.
    pub budget: u32,
    /// How well it is vouched for.
    pub vouching: Vouching,
}

/// Why a key is in, or is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation<K> {
    /// The key.
    pub key: K,
    /// Where it stands, if it is in.
    pub place: Option<Place>,
    /// Chains to it that share nobody, from a root each; none to a root.
    pub chains: Vec<Vec<K>>,
    /// The vouches that count: those for it, and those along the chains.
    pub used: Vec<Offer<K>>,
    /// The vouches for it that have no effect; and where that is so because nobody who is in vouches
    /// for their issuer, those for the issuer, and so on.
    pub ignored: Vec<(Offer<K>, Ignored)>,
    /// What it vouches for itself, and why that has no effect where it has none.
    pub given: Vec<(Offer<K>, Option<Ignored>)>,
}

impl<K: Ord + Clone> Graph<K> {
    /// Where a key stands, if it is in.
    pub fn place_of(&self, key: &K) -> Option<Place> {
        let level = self.level(key);
        Some(Place {
            budget: self.budget(key)?,
            vouching: Vouching {
                level,
                distance: self.distance(key)?,
            },
        })
    }

    /// Where all keys stand that are in: for many of them this is much less work than one by one.
    pub fn places(&self) -> BTreeMap<&K, Place> {
        let place = |(key, level)| {
            let vouching = Vouching {
                level,
                distance: self.distance(key)?,
            };
            let budget = self.budget(key)?;
            Some((key, Place { budget, vouching }))
        };
        self.levels().into_iter().filter_map(place).collect()
    }

    /// Why a key is in, or is not.
    pub fn explain(&self, key: &K) -> Explanation<K> {
        let chains = self.chains(key);
        let steps: BTreeSet<(&K, &K)> = chains
            .iter()
            .flat_map(|chain| chain.iter().zip(chain.iter().skip(1)))
            .collect();
        let on_the_way: BTreeSet<&K> = chains.iter().flatten().chain([key]).collect();
        let mut used = Vec::new();
        for to in on_the_way {
            let counting = self.vouches_for(to).filter(|(_, why)| why.is_none());
            let counting = counting.map(|(offer, _)| offer);
            used.extend(counting.filter(|o| o.to == *key || steps.contains(&(&o.from, &o.to))));
        }
        Explanation {
            key: key.clone(),
            place: self.place_of(key),
            used,
            ignored: self.ignored_before(key),
            given: self.vouches_by(key).collect(),
            chains,
        }
    }

    fn ignored_before(&self, key: &K) -> Vec<(Offer<K>, Ignored)> {
        let mut asked = BTreeSet::from([key.clone()]);
        let mut open = VecDeque::from([key.clone()]);
        let mut found = Vec::new();
        while let Some(to) = open.pop_front() {
            for (offer, why) in self.vouches_for(&to) {
                let Some(why) = why else { continue };
                if why == Ignored::IssuerUnknown && asked.insert(offer.from.clone()) {
                    open.push_back(offer.from.clone());
                }
                found.push((offer, why));
            }
        }
        found
    }
}

impl<K> Offer<K> {
    /// It in plain words, with names for keys.
    pub fn in_words(&self, name: &impl Fn(&K) -> String) -> String {
        let more = match self.budget {
            0 => "them alone".to_owned(),
            1 => "and 1 more whom they may bring in".to_owned(),
            n => format!("and {n} more whom they may bring in"),
        };
        let until = self
            .until
            .map_or_else(String::new, |day| format!(", until {day}"));
        format!(
            "{} vouches for {} ({more}; number {}{until})",
            name(&self.from),
            name(&self.to),
            self.slot
        )
    }
}

impl<K> Explanation<K> {
    /// It in plain words, line by line, with names for keys; whose choice the roots are decides
    /// what they are called.
    pub fn in_words(&self, roots: Roots, name: &impl Fn(&K) -> String) -> Vec<String> {
        let who = name(&self.key);
        let mut lines = Vec::new();
        match self.place {
            Some(place) => {
                let Place { budget, vouching } = place;
                let steps = match vouching.distance {
                    0 => String::new(),
                    1 => format!(", by {}", roots.one()),
                    n => format!(", {n} steps from {}", roots.one()),
                };
                lines.push(format!(
                    "{who} is in: {}{steps}. It may bring in {budget}.",
                    vouching.in_words_of(roots)
                ));
            }
            None if self.ignored.is_empty() => {
                lines.push(format!("{who} is not in: nobody vouches for it here."));
            }
            None => lines.push(format!(
                "{who} is not in: none of the vouches for it has an effect here."
            )),
        }
        for chain in &self.chains {
            let names: Vec<String> = chain.iter().map(name).collect();
            lines.push(format!("  way: {}", names.join(" → ")));
        }
        let used = self.used.iter();
        lines.extend(used.map(|offer| format!("  used: {}", offer.in_words(name))));
        let ignored = self.ignored.iter();
        lines.extend(
            ignored.map(|(offer, why)| format!("  ignored: {}: {why}", offer.in_words(name))),
        );
        for (offer, why) in &self.given {
            let effect = why.map_or_else(String::new, |why| format!(": without effect, {why}"));
            lines.push(format!("  gives: {}{effect}", offer.in_words(name)));
        }
        lines
    }
}
