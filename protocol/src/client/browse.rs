//! Seeing what happened in an area, of the reports whose authors allow it.
//!
//! The tags of all reports of a time are downloaded and tried here, so nobody learns which area was
//! meant; then the reports whose tags fit are fetched by id among others drawn at random.

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::error::{Error, Warning};
use super::evaluate::{Evaluating, Outputs, Step};
use super::found::{Found, RefusedRecord};
use super::gather::{Pool, Reader};
use super::source::{Asked, Source, Sources, ask, below};
use super::view::Federation;
use crate::area::Area;
use crate::entropy::Entropy;
use crate::ids::OrganisationKey;
use crate::limits::MAX_REPORT_LIFE;
use crate::oprf::KeyName;
use crate::seal::{AreaName, open_by_area};
use crate::time::{Day, Month, Season};
use crate::trust::Local;
use crate::wire::client::{MAX_MESSAGE, Tag, TagsAsk, TagsReply};
use crate::wire::sealed::{MAX_WANTED, Question, ShortId};
use std::collections::BTreeSet;

const PATH: &str = "/v1/tags";
/// Ids are asked for in multiples of this, so that their number says less.
const STEP: usize = 8;
/// Tags that are taken at most: a home node could go on without end.
const MOST: usize = 8_000_000;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Browsed {
    /// The reports, the worst and then the latest first.
    pub reports: Vec<Found>,
    /// Who served them, by short name.
    pub sources: BTreeSet<String>,
    /// What went less well than it should.
    pub warnings: BTreeSet<Warning>,
    /// Records that were served and refused.
    pub refused: Vec<RefusedRecord>,
    /// Reports of the area, whatever their month, from organisations whose word does not count here.
    pub uncounted: usize,
}

#[derive(Debug)]
enum Purpose {
    Evaluate,
    /// Those past this place.
    Tags(u64),
    Records(Vec<ShortId>, Asked),
}

/// Browsing, in the course of being done.
#[derive(Debug)]
pub struct Browse<'a> {
    federation: &'a Federation,
    outbox: Outbox<Purpose>,
    evaluating: Evaluating,
    seasons: Vec<Season>,
    areas: Vec<Area>,
    month: Option<Month>,
    local: Option<Local>,
    names: Vec<(Area, AreaName)>,
    tags: Vec<Tag>,
    sources: Sources,
    served: Vec<(OrganisationKey, Vec<Vec<u8>>)>,
    warnings: BTreeSet<Warning>,
    result: Option<Result<Browsed, Error>>,
}

impl<'a> Browse<'a> {
    /// Begins to look for reports about any of these areas: those of one month, or all.
    ///
    /// # Errors
    /// If there are no areas or too many, or the federation has no keys for this day.
    pub fn new(
        federation: &'a Federation,
        areas: Vec<Area>,
        month: Option<Month>,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Error> {
        let seasons = federation.seasons(KeyName::Area);
        let inputs: Vec<Vec<u8>> = areas.iter().map(Area::oprf_input).collect();
        let keys = seasons.iter().copied().map(KeyName::Area);
        let evaluating = Evaluating::new(federation, &inputs, keys, entropy)?.lenient();
        let lost = federation.lost_seasons(KeyName::Area).into_iter();
        let mut outbox = Outbox::new();
        evaluating.ask(&mut outbox, Purpose::Evaluate);
        Ok(Self {
            federation,
            outbox,
            evaluating,
            seasons,
            areas,
            month,
            local: None,
            names: Vec::new(),
            tags: Vec::new(),
            sources: Sources::default(),
            served: Vec::new(),
            warnings: lost.map(|season| Warning::Season { season }).collect(),
            result: None,
        })
    }

    /// Whom the one who asks trusts; without it, the organisations of the charter.
    #[must_use]
    pub fn counting(mut self, local: Local) -> Self {
        self.local = Some(local);
        self
    }

    fn step(
        &mut self,
        purpose: Purpose,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        match purpose {
            Purpose::Evaluate => {
                match self
                    .evaluating
                    .answer(self.federation, answer, &mut self.warnings)?
                {
                    Step::Again => self.evaluating.ask(&mut self.outbox, Purpose::Evaluate),
                    Step::Done(outputs) => {
                        self.name(&outputs);
                        self.ask_tags(0);
                    }
                }
            }
            Purpose::Tags(cursor) => {
                let reply =
                    TagsReply::decode(&answer?).map_err(|why| Error::Answer { path: PATH, why })?;
                let empty = reply.tags.is_empty();
                self.tags.extend(reply.tags);
                if self.tags.len() > MOST {
                    return Err(Error::Endless { path: PATH });
                }
                if reply.next > cursor && !empty {
                    self.ask_tags(reply.next);
                } else {
                    self.fetch(entropy)?;
                }
            }
            Purpose::Records(ids, asked) => {
                let opened =
                    self.sources
                        .open(self.federation, &asked, answer, &mut self.warnings)?;
                match opened {
                    None => self.ask_records(ids, entropy)?,
                    Some(reply) => {
                        self.served.push((asked.source.organisation, reply.records));
                        // What did not fit is asked for in two halves.
                        if reply.left > 0 && ids.len() > 1 {
                            let (a, b) = ids.split_at(ids.len() / 2);
                            self.ask_records(a.to_vec(), entropy)?;
                            self.ask_records(b.to_vec(), entropy)?;
                        }
                    }
                }
            }
        }
        if self.outbox.is_idle() {
            self.result = Some(Ok(self.conclude()));
        }
        Ok(())
    }

    fn name(&mut self, outputs: &Outputs) {
        for season in &self.seasons {
            let all = outputs.get(&KeyName::Area(*season));
            for (area, output) in self.areas.iter().zip(all.into_iter().flatten()) {
                self.names
                    .push((area.clone(), AreaName::new(*season, output.clone())));
            }
        }
    }

    /// A report of a month was issued in it or later.
    fn first_day(&self) -> Day {
        let oldest = self.federation.today().minus(MAX_REPORT_LIFE + 1);
        self.month
            .and_then(Day::first_of)
            .map_or(oldest, |day| day.minus(1).max(oldest))
    }

    fn ask_tags(&mut self, cursor: u64) {
        let question = TagsAsk {
            from: self.first_day(),
            to: self.federation.today().plus(1),
            cursor,
        };
        self.outbox
            .ask(PATH, question.encode(), MAX_MESSAGE, Purpose::Tags(cursor));
    }

    fn fetch(&mut self, entropy: &mut dyn Entropy) -> Result<(), Error> {
        let fits = |tag: &Tag| {
            self.names
                .iter()
                .any(|(_, name)| name.season() == tag.season && name.tag(&tag.salt) == tag.tag)
        };
        let mut wanted: BTreeSet<ShortId> =
            self.tags.iter().filter(|t| fits(t)).map(|t| t.id).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let others: Vec<ShortId> = self
            .tags
            .iter()
            .map(|t| t.id)
            .filter(|id| !wanted.contains(id))
            .collect();
        // At least as many decoys as hits, so that a full step does not go without.
        let size = (wanted.len() * 2).next_multiple_of(STEP);
        let mut more = size.min(wanted.len() + others.len());
        let mut tries = 8 * STEP;
        while wanted.len() < more && tries > 0 {
            wanted.extend(others.get(below(others.len(), entropy)));
            tries -= 1;
            more = more.min(size);
        }
        let wanted: Vec<ShortId> = wanted.into_iter().collect();
        for group in wanted.chunks(MAX_WANTED) {
            self.ask_records(group.to_vec(), entropy)?;
        }
        Ok(())
    }

    fn ask_records(&mut self, ids: Vec<ShortId>, entropy: &mut dyn Entropy) -> Result<(), Error> {
        let source: Option<Source> =
            self.sources
                .choose(self.federation, &BTreeSet::new(), entropy);
        let question = Question::Records(ids.clone());
        ask(
            self.federation,
            source.ok_or(Error::NoSource)?,
            &question,
            &mut self.outbox,
            |asked| Purpose::Records(ids, asked),
            entropy,
        )
    }

    fn conclude(&mut self) -> Browsed {
        let federation = self.federation;
        let local = self.local.take();
        let mut reader = Reader::new(federation, local.unwrap_or_else(|| federation.all()));
        let mut pool = Pool::new();
        let mut sources = BTreeSet::new();
        for (organisation, records) in self.served.drain(..) {
            let by = federation.name(&organisation);
            reader.take(&records, &by, &mut pool);
            sources.insert(by);
        }
        let mut reports = reader.show(&pool, |record, report| {
            let header = record.header();
            self.names.iter().find_map(|(area, name)| {
                open_by_area(
                    federation.id(),
                    &header.organisation,
                    header.expires,
                    report,
                    area,
                    name,
                )
            })
        });
        reports.retain(|f| self.month.is_none() || f.summary.month == self.month);
        let (refused, uncounted) = reader.finish();
        Browsed {
            reports,
            sources,
            warnings: std::mem::take(&mut self.warnings),
            refused,
            uncounted,
        }
    }
}

impl Exchange for Browse<'_> {
    type Done = Browsed;

    fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) {
        let Some(purpose) = self.outbox.purpose(id) else {
            return;
        };
        if let Err(why) = self.step(purpose, answer, entropy) {
            self.outbox.close();
            self.result = Some(Err(why));
        }
    }

    fn done(&mut self) -> Option<Result<Browsed, Error>> {
        self.result.take()
    }
}
