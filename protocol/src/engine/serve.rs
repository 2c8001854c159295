//! Answering: peers' requests, clients' sealed questions, tags and an organisation's own reports.

use super::core::{Engine, EngineError, Output};
use super::evaluate::evaluate;
use super::{Arrived, Source};
use crate::admit::Tombstone;
use crate::carried::View;
use crate::entropy::Entropy;
use crate::ids::{OrganisationKey, RecordId, TransportKey};
use crate::record::report::Audience;
use crate::record::{Body, Kind, Verified};
use crate::time::Timestamp;
use crate::wire::client::{DirectoryReply, OwnAsk, OwnReply, TagsAsk, TagsReply};
use crate::wire::peer::{Refusal, Reply, Request};
use crate::wire::sealed::{Question, Reply as SealedReply, open_question};
use std::collections::BTreeMap;

/// Reports of a bucket that are looked at.
const MAX_REPORTS: usize = 4096;
/// Tags in one answer.
const TAGS: usize = 20_000;
/// Bytes after which an answer of own reports ends.
const OWN_BYTES: usize = 4 * 1024 * 1024;
/// Attachments of one kind by one organisation that are served with a report. Anyone with a
/// report's lock can publish attachments; without a bound they could bury it.
const ATTACHED: usize = 4;
/// Bytes of attachments that are served with a report.
const ATTACHED_BYTES: usize = 48 * 1024;
/// Own reports in one answer.
const OWN: usize = 500;

pub(super) fn is_own(record: &[u8]) -> bool {
    Verified::from_own_store(record)
        .is_ok_and(|r| matches!(r.body(), Body::Report(report) if report.audience == Audience::Own))
}

impl Engine {
    /// Answers a peer. `records` are those of a push that the driver verified. The outputs come
    /// before the answer.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn requested<V: View>(
        &mut self,
        from: TransportKey,
        request: Request,
        records: Vec<Verified>,
        view: &V,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(Vec<Output>, Reply), EngineError<V::Error>> {
        let Some(organisation) = self.peers.get(&from).map(|p| p.organisation) else {
            return Ok((Vec::new(), Reply::Refused(Refusal::Malformed)));
        };
        Ok(match request {
            Request::Reconcile { after, message } => (
                Vec::new(),
                self.answer_reconcile(after, &message, view, now)?,
            ),
            Request::Fetch(ids) => (Vec::new(), Self::answer_fetch(&ids, view)?),
            Request::Push(_) => {
                let Arrived { outputs, .. } =
                    self.arrived(Source::Peer(from), records, view, now)?;
                (outputs, Reply::Pushed)
            }
            Request::Evaluate(ask) => {
                let (outputs, shares) = self.allow(&organisation, &ask, view, now)?;
                let answer = shares.and_then(|shares| evaluate(&shares, &ask, entropy));
                (
                    outputs,
                    answer.map_or_else(Reply::Refused, Reply::Evaluated),
                )
            }
            Request::Sealed(sealed) => {
                (Vec::new(), self.answer_sealed(&sealed, view, now, entropy)?)
            }
        })
    }

    /// Answers a sealed question.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn answer_sealed<V: View>(
        &self,
        sealed: &[u8],
        view: &V,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Reply, V::Error> {
        let charter = self.directory.charter();
        let Ok((question, key)) = open_question(sealed, &self.me.seal_key, charter.federation())
        else {
            return Ok(Reply::Refused(Refusal::Malformed));
        };
        let reports = match question {
            Question::Bucket(bucket) => {
                view.bucket(bucket, charter.terms().bucket_bits, MAX_REPORTS + 1)?
            }
            Question::Records(ids) => {
                let mut found = Vec::new();
                for id in ids {
                    found.extend(view.find(&id)?.into_iter().take(1));
                }
                found
            }
        };
        let mut reply = SealedReply {
            carried: view.count(Kind::Report)?,
            records: Vec::new(),
            cut: false,
        };
        reply.cut = reports.len() > MAX_REPORTS;
        let mut used = 0;
        for id in reports.iter().take(MAX_REPORTS) {
            // Whoever asks by id may be of any organisation.
            let whole = with_attachments(view, id, Audience::Federation, now)?;
            let bytes: usize = whole.iter().map(|r| r.len() + 3).sum();
            if bytes > SealedReply::room(used) {
                // A large one must not bury those behind it.
                reply.cut = true;
                continue;
            }
            used += bytes;
            reply.records.extend(whole);
        }
        Ok(match key.seal(&reply, entropy) {
            Ok(sealed) => Reply::Sealed(sealed),
            Err(_) => Reply::Refused(Refusal::Busy),
        })
    }

    /// What clients must know of the federation.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn directory_reply<V: View>(
        &self,
        view: &V,
        now: Timestamp,
    ) -> Result<DirectoryReply, V::Error> {
        let mut records = Vec::new();
        for id in view.by_roots()? {
            records.extend(view.record(&id)?);
        }
        Ok(DirectoryReply {
            charter: self.directory.charter().bytes().to_vec(),
            certificate: self
                .certificate
                .as_ref()
                .map(|c| c.bytes().to_vec())
                .unwrap_or_default(),
            records,
            home: self.node(),
            today: now.day(),
            carried: view.count(Kind::Report)?,
        })
    }

    /// The tags of a range of days.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn tags<V: View>(&self, ask: &TagsAsk, view: &V) -> Result<TagsReply, V::Error> {
        let rows = view.tags(ask.from, ask.to, ask.cursor, TAGS)?;
        let next = if rows.len() == TAGS {
            rows.last().map_or(0, |r| r.place)
        } else {
            0
        };
        Ok(TagsReply {
            tags: rows.into_iter().map(|r| r.tag).collect(),
            next,
        })
    }

    /// The organisation's own reports, with what hangs on them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn own<V: View>(
        &self,
        ask: &OwnAsk,
        view: &V,
        now: Timestamp,
    ) -> Result<OwnReply, V::Error> {
        let rows = view.reports_of(&self.me.organisation, ask.only_own, ask.cursor, OWN)?;
        let full = rows.len() == OWN;
        let (mut records, mut bytes, mut next) = (Vec::new(), 0, 0);
        for (place, id) in rows {
            let whole = with_attachments(view, &id, Audience::Own, now)?;
            bytes += whole.iter().map(Vec::len).sum::<usize>();
            records.extend(whole);
            next = place;
            if bytes > OWN_BYTES {
                return Ok(OwnReply { records, next });
            }
        }
        if !full {
            next = 0;
        }
        Ok(OwnReply { records, next })
    }
}

/// A report with its translations, seconds and disputes; nothing if it is hidden, has
/// expired, is no report, or is not for these readers.
fn with_attachments<V: View>(
    view: &V,
    id: &RecordId,
    readers: Audience,
    now: Timestamp,
) -> Result<Vec<Vec<u8>>, V::Error> {
    let Some(bytes) = view.record(id)? else {
        return Ok(Vec::new());
    };
    let Ok(report) = Verified::from_own_store(&bytes) else {
        return Ok(Vec::new());
    };
    let Body::Report(body) = report.body() else {
        return Ok(Vec::new());
    };
    if body.audience == Audience::Own && readers != Audience::Own {
        return Ok(Vec::new());
    }
    let lock = &body.lock;
    let today = now.day();
    let hidden = |t: &Tombstone| t.hides(&report.header().organisation);
    if report.header().expires < today || view.tombstones(lock)?.iter().any(hidden) {
        return Ok(Vec::new());
    }
    let mut whole = vec![bytes];
    let mut attached = view.with_lock(lock)?;
    attached.sort_unstable();
    attached.dedup();
    let mut of_one: BTreeMap<(OrganisationKey, Kind), usize> = BTreeMap::new();
    let mut room = ATTACHED_BYTES;
    for other in attached {
        let Some(bytes) = view.record(&other)? else {
            continue;
        };
        let Ok(record) = Verified::from_own_store(&bytes) else {
            continue;
        };
        let target = match record.body() {
            Body::Translation(b) => &b.target,
            Body::Second(b) => &b.target,
            Body::Dispute(b) => &b.target,
            _ => continue,
        };
        let header = record.header();
        let count = of_one
            .entry((header.organisation, record.kind()))
            .or_default();
        if target.report != *id
            || header.expires < today
            || *count >= ATTACHED
            || bytes.len() > room
        {
            continue;
        }
        *count += 1;
        room -= bytes.len();
        whole.push(bytes);
    }
    Ok(whole)
}
