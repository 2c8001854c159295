//! The home node divides among its members what their organisation may ask in a day.
//!
//! Keyholders know organisations and no persons; so a thief of one phone could use up the day of
//! all, and look into as much of the list as the whole organisation could. The rule needs nobody to
//! set it: **no member uses more in a day than she leaves to the others together.** One alone gets
//! half; after her the next gets half of what is left, and there is always something left. Where the
//! node lets in a single member there are no others. Whoever runs the node can set a figure instead.
//! An organisation's nodes have equal parts of it, whether they know of each other's members or not.
//!
//! What is kept is a number for each member and day, under a mark that changes every day. Nothing of
//! what is asked is in it, nor is the time.

use super::core::{Done, Engine, Output};
use super::evaluate::Reserve;
use crate::carried::{Change, Mark, View};
use crate::time::{Day, Timestamp};
use crate::wire::Again;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The part of the quota that is written ahead for a member, and for all together, so that not every
/// look-up waits for the disk. After a crash it counts as spent.
const AHEAD: u32 = 512;
const AHEAD_OF_ALL: u32 = 64;
/// No more of it than that.
const BLOCK: u32 = 512;
/// Under which all members are counted together.
const ALL: Mark = [0; 16];

/// A member, as her node knows her: SHA-256 of her token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Member(pub [u8; 32]);

impl core::fmt::Debug for Member {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Member")
    }
}

impl Member {
    /// Her mark of a day.
    fn mark(&self, day: Day) -> Mark {
        let mut hash = Sha256::new();
        hash.update(b"parasol 1 member");
        hash.update(self.0);
        hash.update(day.number().to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        *digest.first_chunk().unwrap_or(&ALL)
    }
}

/// Among how many the day is divided, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Division {
    /// Members that the node lets in.
    pub members: usize,
    /// What each may use of a day, if whoever runs the node has set a figure.
    pub each: Option<u32>,
}

/// How a member stands today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// What she has used, or was set aside for her.
    pub used: u32,
    /// What she can still use, if nobody else asks meanwhile: at least so much.
    pub left: u32,
    /// What all members of this node have used together, rounded up to what was written ahead: what
    /// a colleague asked just now is nobody's business.
    pub all: u32,
    /// When there is more.
    pub again: Again,
}

/// What is used of the day.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    day: Day,
    of: BTreeMap<Mark, Reserve>,
}

impl Engine {
    /// Takes evaluations off a member's share of the day: the outputs, then the day that they were
    /// taken of, or when to ask again if there is not so much left of it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn charge<V: View>(
        &mut self,
        member: &Member,
        count: u32,
        division: Division,
        view: &V,
        now: Timestamp,
    ) -> Result<Done<Result<Day, Again>>, V::Error> {
        let day = self.begin_members(now);
        let (hers, all) = self.used(member, day, view)?;
        // By what was set aside for all: who asks again and again until she is refused would find out
        // otherwise what her colleagues ask, as they ask it.
        if count > self.left(hers.used, all.aside, division, view, now)? {
            return Ok((Vec::new(), Err(self.again(now))));
        }
        let quota = self.quota_on(day);
        let block = |part: u32| (quota / part).clamp(1, BLOCK);
        let mut changes = Vec::new();
        for (mark, mut reserve, block) in [
            (member.mark(day), hers, block(AHEAD)),
            (ALL, all, block(AHEAD_OF_ALL)),
        ] {
            reserve.used = reserve.used.saturating_add(count);
            if reserve.used > reserve.aside {
                reserve.aside = reserve.used.div_ceil(block).saturating_mul(block);
                let used = reserve.aside;
                changes.push(Change::Member { mark, day, used });
            }
            self.members.of.insert(mark, reserve);
        }
        let outputs = match changes.is_empty() {
            true => Vec::new(),
            false => vec![Output::Store(changes)],
        };
        Ok((outputs, Ok(day)))
    }

    /// Gives back what was taken, of this day, for an ask that every keyholder refused.
    pub fn refund(&mut self, member: &Member, count: u32, day: Day) {
        if self.members.day != day {
            return;
        }
        for mark in [member.mark(day), ALL] {
            if let Some(reserve) = self.members.of.get_mut(&mark) {
                reserve.used = reserve.used.saturating_sub(count);
            }
        }
    }

    /// How a member stands today.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn share<V: View>(
        &mut self,
        member: &Member,
        division: Division,
        view: &V,
        now: Timestamp,
    ) -> Result<Share, V::Error> {
        let day = self.begin_members(now);
        let (hers, all) = self.used(member, day, view)?;
        Ok(Share {
            used: hers.used,
            left: self.left(hers.used, all.aside, division, view, now)?,
            all: all.aside,
            again: self.again(now),
        })
    }

    /// Forgets what was used on another day. Gives the day.
    fn begin_members(&mut self, now: Timestamp) -> Day {
        let day = self.counted_day(now);
        if self.members.day != day {
            self.members = Members {
                day,
                ..Members::default()
            };
        }
        day
    }

    /// What a member can still use when she and all together have used so much.
    fn left<V: View>(
        &self,
        used: u32,
        all: u32,
        division: Division,
        view: &V,
        now: Timestamp,
    ) -> Result<u32, V::Error> {
        let nodes = self.own_nodes(now);
        Ok(match division.each {
            Some(figure) => figure.saturating_sub(used),
            None if division.members <= 1 && nodes <= 1 => u32::MAX,
            None => {
                let free = self.for_all(self.members.day, nodes, view)?;
                let free = free.saturating_sub(all);
                if division.members <= 1 {
                    return Ok(free);
                }
                // Half of what the others have left, less what she has used.
                free.saturating_sub(used) / 2
            }
        })
    }

    /// How many of its organisation's nodes may work today; this one at least.
    fn own_nodes(&self, now: Timestamp) -> u32 {
        let nodes = self.directory.nodes(self.today(now));
        let mine = nodes.values();
        let mine = mine.filter(|node| node.organisation == self.me.organisation);
        u32::try_from(mine.count()).unwrap_or(u32::MAX).max(1)
    }

    /// What members of this node may ask of this day, of so many nodes: as much of the organisation's
    /// quota as each other node, and of what is left of its grants. What the other nodes asked is not
    /// known here; as much is taken for granted.
    fn for_all<V: View>(&self, day: Day, nodes: u32, view: &V) -> Result<u32, V::Error> {
        let more =
            self.granted_to_members(day, |day| Ok(view.member(&ALL, day)?.saturating_mul(nodes)))?;
        Ok(self.quota_on(day).saturating_add(more) / nodes.max(1))
    }

    /// What a member has used, and all together.
    fn used<V: View>(
        &mut self,
        member: &Member,
        day: Day,
        view: &V,
    ) -> Result<(Reserve, Reserve), V::Error> {
        let hers = self.used_under(member.mark(day), day, view)?;
        Ok((hers, self.used_under(ALL, day, view)?))
    }

    fn used_under<V: View>(&mut self, mark: Mark, day: Day, view: &V) -> Result<Reserve, V::Error> {
        if let Some(reserve) = self.members.of.get(&mark) {
            return Ok(*reserve);
        }
        let reserve = Reserve::stored(view.member(&mark, day)?);
        self.members.of.insert(mark, reserve);
        Ok(reserve)
    }
}
