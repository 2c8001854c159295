//! Answering: peers' requests, the directory, tags and an organisation's own reports.

use super::answer::with_attachments;
use super::core::{Engine, EngineError, Output};
use super::evaluate::evaluate;
use super::roster::{Certified, choose};
use super::sets::Of;
use super::{Arrived, Source};
use crate::carried::View;
use crate::entropy::Entropy;
use crate::ids::TransportKey;
use crate::record::{Kind, Verified};
use crate::time::Timestamp;
use crate::wire::client::{DirectoryReply, MAX_MESSAGE, OwnAsk, OwnReply, TagsAsk, TagsReply};
use crate::wire::peer::{Refusal, Reply, Request};

/// Tags in one answer.
const TAGS: usize = 20_000;
/// Bytes after which an answer of own reports ends.
const OWN_BYTES: usize = 4 * 1024 * 1024;
/// Own reports in one answer.
const OWN: usize = 500;

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
        let question = matches!(
            request,
            Request::Reconcile { .. } | Request::ReconcileOwn { .. }
        );
        if question && !self.heeds_question(&from, now) {
            return Ok((Vec::new(), Reply::Refused(Refusal::Busy)));
        }
        Ok(match request {
            Request::Reconcile { after, message } => {
                let of = Of { after, own: false };
                (Vec::new(), self.answer_reconcile(of, &message, view, now)?)
            }
            Request::Fetch(ids) => {
                let records = Self::answer_fetch(&ids, false, view)?;
                (Vec::new(), Reply::Records(records))
            }
            Request::ReconcileOwn { .. } | Request::FetchOwn(_) | Request::PushOwn(_)
                if organisation != self.me.organisation =>
            {
                (Vec::new(), Reply::Refused(Refusal::Malformed))
            }
            Request::ReconcileOwn { after, message } => {
                let of = Of { after, own: true };
                (Vec::new(), self.answer_reconcile(of, &message, view, now)?)
            }
            Request::FetchOwn(ids) => {
                let records = Self::answer_fetch(&ids, true, view)?;
                (Vec::new(), Reply::OwnRecords(records))
            }
            Request::PushOwn(_) => {
                let Arrived { outputs, .. } =
                    self.arrived(Source::Colleague(from), records, view, now)?;
                (outputs, Reply::Pushed)
            }
            Request::Push(_) => {
                let Arrived { outputs, .. } =
                    self.arrived(Source::Peer(from), records, view, now)?;
                (outputs, Reply::Pushed)
            }
            Request::Evaluate(ask) => {
                let (outputs, allowed) = self.allow(&organisation, ask, view, now)?;
                let answer = allowed.and_then(|(shares, ask)| evaluate(&shares, &ask, entropy));
                (
                    outputs,
                    answer.map_or_else(Reply::Refused, Reply::Evaluated),
                )
            }
            // The driver keeps the chain and the boards, and answers itself.
            Request::Charters(_) | Request::Board(_) => {
                (Vec::new(), Reply::Refused(Refusal::Malformed))
            }
            Request::Certificate { epoch, signed } => {
                (Vec::new(), self.answer_certificate(epoch, signed))
            }
            Request::Sealed(sealed) => {
                (Vec::new(), self.answer_sealed(&sealed, view, now, entropy)?)
            }
        })
    }

    /// What clients must know of the federation, never more than they take.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn directory_reply<V: View>(
        &self,
        view: &V,
        now: Timestamp,
    ) -> Result<DirectoryReply, V::Error> {
        let charters = self.directory.charter().documents();
        let charters: Vec<Vec<u8>> = charters.map(<[u8]>::to_vec).collect();
        let certificate = self.certificate.as_ref();
        let certified = certificate.map(|certificate| Certified {
            day: certificate.issued(),
            signers: certificate.signers(),
        });
        let certificate = certificate.map(|c| c.bytes().to_vec()).unwrap_or_default();
        // What stands around the records is less than the last number.
        let of_charters: usize = charters.iter().map(|c| c.len() + 5).sum();
        let room = MAX_MESSAGE.saturating_sub(of_charters + certificate.len() + 128);
        let records = choose(&self.directory, certified, self.today(now), room, |id| {
            view.record(id)
        })?;
        Ok(DirectoryReply {
            charters,
            certificate,
            records,
            home: self.node(),
            today: self.today(now),
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
        let today = self.today(now);
        let rows = view.reports_of(&self.me.organisation, ask.only_own, ask.cursor, OWN)?;
        let full = rows.len() == OWN;
        let (mut records, mut bytes, mut next) = (Vec::new(), 0, 0);
        for (place, id) in rows {
            let whole = with_attachments(view, &id, today)?;
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
