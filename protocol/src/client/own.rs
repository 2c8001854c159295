//! One's own organisation's records, fetched whole, so that nothing is asked.

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::error::Error;
use super::found::{Found, RefusedRecord};
use super::gather::{Pool, Reader};
use super::view::Federation;
use crate::entropy::Entropy;
use crate::ids::RecordId;
use crate::seal::{FullKey, open_with_key};
use crate::trust::Local;
use crate::wire::client::{MAX_MESSAGE, OwnAsk, OwnReply};
use std::collections::BTreeMap;

const PATH: &str = "/v1/own";
/// Records that are taken at most, and pages with nothing on them one after the other: a home node
/// could go on without end.
const MOST: usize = 1_000_000;
const MOST_EMPTY: usize = 1_000;

/// The organisation's own records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnRecords {
    /// Their bytes, not verified yet.
    pub records: Vec<Vec<u8>>,
}

impl OwnRecords {
    /// Verifies the records and opens the reports among them whose keys were kept. Gives them with
    /// what was refused, and how many reports stay closed. What other organisations add is shown if
    /// their word counts for somebody who trusts so.
    pub fn open(
        &self,
        federation: &Federation,
        keys: &BTreeMap<RecordId, FullKey>,
        local: &Local,
    ) -> (Vec<Found>, Vec<RefusedRecord>, usize) {
        let mut reader = Reader::new(federation, local.clone());
        let mut pool = Pool::new();
        let home = federation.name(federation.organisation());
        reader.take(&self.records, &home, &mut pool);
        let live = reader.live(&pool);
        let closed = live.iter().filter(|(id, _)| !keys.contains_key(id)).count();
        let found = reader.show(&pool, |record, report| {
            let header = record.header();
            let key = keys.get(&record.id())?;
            Some(open_with_key(
                federation.id(),
                &header.organisation,
                header.expires,
                report,
                key,
            ))
        });
        (found, reader.finish().0, closed)
    }
}

/// Listing them, in the course of being done.
#[derive(Debug)]
pub struct Own {
    outbox: Outbox<()>,
    only_own: bool,
    cursor: u64,
    empty: usize,
    so_far: OwnRecords,
    result: Option<Result<OwnRecords, Error>>,
}

impl Own {
    /// Begins to list: reports of audience *own* alone, or all that the organisation published.
    pub fn new(only_own: bool) -> Self {
        let mut this = Self {
            outbox: Outbox::new(),
            only_own,
            cursor: 0,
            empty: 0,
            so_far: OwnRecords::default(),
            result: None,
        };
        this.ask(0);
        this
    }

    fn ask(&mut self, cursor: u64) {
        let question = OwnAsk {
            cursor,
            only_own: self.only_own,
        };
        self.outbox.ask(PATH, question.encode(), MAX_MESSAGE, ());
    }

    fn step(&mut self, answer: Result<Vec<u8>, Unanswered>) -> Result<(), Error> {
        let reply = OwnReply::decode(&answer?).map_err(|why| Error::Answer { path: PATH, why })?;
        // A page may be empty: all on it was taken back.
        self.empty = if reply.records.is_empty() {
            self.empty + 1
        } else {
            0
        };
        self.so_far.records.extend(reply.records);
        if self.so_far.records.len() > MOST || self.empty > MOST_EMPTY {
            return Err(Error::Endless { path: PATH });
        }
        if reply.next > self.cursor {
            self.cursor = reply.next;
            self.ask(reply.next);
        } else {
            self.result = Some(Ok(std::mem::take(&mut self.so_far)));
        }
        Ok(())
    }
}

impl Exchange for Own {
    type Done = OwnRecords;

    fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        _entropy: &mut dyn Entropy,
    ) {
        if self.outbox.purpose(id).is_none() {
            return;
        }
        if let Err(why) = self.step(answer) {
            self.outbox.close();
            self.result = Some(Err(why));
        }
    }

    fn done(&mut self) -> Option<Result<OwnRecords, Error>> {
        self.result.take()
    }
}
