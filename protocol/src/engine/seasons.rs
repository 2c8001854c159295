//! Seasons that are over: who says so, and what goes then (`spec/11-ceremonies.md`, section 9).
//!
//! A node says so by itself, once its own clock has left the season's last day well behind, in a
//! record that is carried like any other. What a threshold of organisations have said is so: the
//! keyholder's shares of that season's keys are forgotten here, and the driver destroys them on disk.
//!
//! No clock of one's own has any part in that. A keyholder whose clock is years ahead destroys nothing
//! that the others have not ended, and one whose clock is behind destroys it when they have.

use super::batch::Batch;
use super::core::{Engine, EngineError, Notice, Output, Shares};
use crate::admit::{Carried, SlotKey, is_over};
use crate::carried::View;
use crate::limits::{ENDING_LIFE, ENDING_MARGIN, LIVE_SEASONS};
use crate::oprf::{KeyName, KeyShare};
use crate::record::ending::Ending;
use crate::record::{Body, Draft, Header, Signer};
use crate::time::{Day, Season, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Seasons that an ending of today may be about, at the most.
const BACK: u32 = ENDING_LIFE / 181 + 1;

/// The keys that a season has.
fn keys_of(season: Season) -> [KeyName; 2] {
    [KeyName::Handle(season), KeyName::Area(season)]
}

/// The seasons of some keys.
fn seasons_of<'a>(names: impl IntoIterator<Item = &'a KeyName>) -> BTreeSet<Season> {
    names.into_iter().filter_map(|name| name.season()).collect()
}

/// The seasons that are over by this day, beyond doubt about a day or two, in which the federation
/// was there, and of which it matters still.
fn over(founded: Day, today: Day) -> impl Iterator<Item = Season> {
    let now = today.season().index();
    (0..=BACK)
        .map(move |n| Season::from_index(now.saturating_sub(n)))
        .filter(move |season| {
            let last = season.last_day();
            founded <= last && last.plus(ENDING_MARGIN) < today && today.since(last) <= ENDING_LIFE
        })
}

/// All shares but those of these seasons.
pub(super) fn without(shares: &Shares, ended: &BTreeSet<Season>) -> Shares {
    let stays = |name: &KeyName| name.season().is_none_or(|s| !ended.contains(&s));
    if shares.keys().all(stays) {
        return Arc::clone(shares);
    }
    // Others may be evaluating with the old ones at this moment; with them the last copy goes.
    let kept = shares.iter().filter(|(name, _)| stays(name));
    let copied = kept.filter_map(|(name, share)| {
        let copy = KeyShare::from_bytes(share.to_bytes().as_slice());
        Some((*name, copy.ok()?))
    });
    Arc::new(copied.collect())
}

impl Engine {
    /// The seasons that a threshold of organisations have said are over, as far as this node has come
    /// to ask: all that its shares are of, and the latest.
    pub const fn ended(&self) -> &BTreeSet<Season> {
        &self.ended
    }

    /// Which of these seasons have ended that were not known to have.
    fn newly_over<C: Carried>(
        &self,
        seasons: BTreeSet<Season>,
        carried: &C,
    ) -> Result<BTreeSet<Season>, C::Error> {
        let mut found = BTreeSet::new();
        for season in seasons {
            if !self.ended.contains(&season) && is_over(season, self.directory.charter(), carried)?
            {
                found.insert(season);
            }
        }
        Ok(found)
    }

    /// At a start: shares that should be gone, after a crash say, are not taken up. The driver hears
    /// of them from [`Engine::begin`].
    pub(super) fn leave_out_what_ended<V: View>(&mut self, view: &V) -> Result<(), V::Error> {
        let mut seasons = seasons_of(self.me.shares.keys());
        // Of another epoch there may be more on disk than was in force.
        let reached = view.reached()?.map(|reached| reached.day);
        let about = reached.unwrap_or_default().season().index();
        let near = about.saturating_sub(BACK)..=about.saturating_add(LIVE_SEASONS);
        seasons.extend(near.map(Season::from_index));
        let over = self.newly_over(seasons, view)?;
        self.end(over);
        Ok(())
    }

    /// What is to be destroyed on disk, whether or not it was before. Of use when shares may have come
    /// there since.
    pub fn destroy_again(&self) -> Option<Output> {
        let names: BTreeSet<KeyName> = self.ended.iter().flat_map(|s| keys_of(*s)).collect();
        (!names.is_empty()).then_some(Output::Destroy(names))
    }

    /// What follows from the endings in a batch, once that is stored.
    pub(super) fn close<V: View>(&mut self, batch: &mut Batch<'_, V>) -> Result<(), V::Error> {
        let over = self.newly_over(std::mem::take(&mut batch.endings), &batch.overlay)?;
        let outputs = self.end(over);
        batch.over.extend(outputs);
        Ok(())
    }

    /// Another version of the charter may take fewer organisations to end a season, or others.
    pub(super) fn count_endings_again<V: View>(&self, batch: &mut Batch<'_, V>) {
        batch.endings.extend(seasons_of(self.me.shares.keys()));
    }

    /// Forgets the shares of seasons, and has them destroyed.
    fn end(&mut self, seasons: BTreeSet<Season>) -> Vec<Output> {
        if seasons.is_empty() {
            return Vec::new();
        }
        self.ended.extend(&seasons);
        self.forget_ended();
        let names = seasons.iter().flat_map(|s| keys_of(*s)).collect();
        let mut out = vec![Output::Destroy(names)];
        let told = seasons.into_iter().map(Notice::SeasonOver);
        out.extend(told.map(Output::Notice));
        out
    }

    /// Once a day: says of the seasons that are over that they are, unless this organisation has
    /// said so, and looks whether enough say so. In doubt about the day nothing is said.
    pub(super) fn say_what_is_over<V: View>(
        &mut self,
        view: &V,
        now: Timestamp,
    ) -> Result<Vec<Output>, EngineError<V::Error>> {
        let Some(today) = self
            .settled(now)
            .filter(|day| self.seasons_of != Some(*day))
        else {
            return Ok(Vec::new());
        };
        let mut skipped = false;
        let mine = self.directory.nodes(today).get(&self.node()).copied();
        let founded = self.directory.charter().founded();
        let mut batch = Batch::new(view);
        let mut gossip = Vec::new();
        for season in over(founded, today) {
            batch.endings.insert(season);
            let place = SlotKey::ending(self.me.organisation, season);
            let Some(mine) = mine.filter(|_| !self.must_catch_up(now)) else {
                skipped = true;
                continue;
            };
            if batch.overlay.occupant(&place)?.is_some() {
                continue;
            }
            let draft = Draft {
                header: Header {
                    organisation: self.me.organisation,
                    signer: Signer::Node(self.node()),
                    issued: today,
                    expires: today.plus(ENDING_LIFE),
                    slot: mine.terms.slots.first,
                },
                body: Body::Ending(Ending { season }),
            };
            let federation = self.directory.charter().federation();
            let Ok(record) = draft.sign(federation, &self.me.record_key) else {
                continue;
            };
            let bytes = record.bytes().to_vec();
            if self.admit_into(record, false, &mut batch, today)? == Ok(true) {
                gossip.push(bytes);
            }
        }
        self.close(&mut batch)?;
        if !skipped {
            self.seasons_of = Some(today);
        }
        let mut out = batch.into_outputs([]);
        out.extend(gossip.into_iter().map(Output::Gossip));
        Ok(out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_season_is_said_to_be_over_on_the_third_day_after_it() {
        let founded = day("2026-11-22");
        let over = |today: &str| -> Vec<String> {
            let all = over(founded, day(today));
            all.map(|s| s.to_string()).collect()
        };
        assert_eq!(over("2026-12-31"), [""; 0]);
        assert_eq!(over("2027-01-02"), [""; 0]);
        assert_eq!(over("2027-01-03"), ["2026H2"]);
        assert_eq!(over("2027-07-02"), ["2026H2"]);
        assert_eq!(over("2027-07-03"), ["2027H1", "2026H2"]);
        // 916 days after its last the records of reports that expired in it are long gone.
        let last = day("2026-12-31").plus(ENDING_LIFE);
        let there = |today: Day| super::over(founded, today).any(|s| s.to_string() == "2026H2");
        assert!(there(last) && !there(last.plus(1)));
        assert!(super::over(founded, last).count() > 4);
    }
}
