//! Answering clients' sealed questions: every reply has one size, whatever is in it.

use super::core::Engine;
use super::fill::{Fill, Queues, waiting};
use crate::admit::Tombstone;
use crate::carried::{InBucket, Publisher, View, publisher};
use crate::entropy::Entropy;
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::record::report::Audience;
use crate::record::{Body, Kind, Verified};
use crate::time::{Day, Timestamp};
use crate::wire::peer::{Refusal, Reply};
use crate::wire::sealed::{Question, open_question};
use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Reports of one publisher and smallest bucket that are looked at: more than fit many replies.
const EACH: usize = 1024;
/// Reports that are looked at for one question.
const MOST: usize = 20_000;
/// Attachments of one kind by one organisation that are served with a report. Anyone with a
/// report's lock can publish attachments; without a bound they could bury it.
const ATTACHED: usize = 4;

/// Where a report is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    Id(RecordId),
    Place(u64),
}

/// A report that may be served.
struct Served {
    id: RecordId,
    bytes: Vec<u8>,
    lock: Lock,
}

impl Engine {
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
        let today = self.today(now);
        let mut reports: Queues<Which> = BTreeMap::new();
        let mut retractions = BTreeMap::new();
        let (mut unseen, mut parts) = (0, 0);
        match question {
            Question::Bucket { bucket, part } => {
                let bits = charter.terms().bucket_bits;
                // There is no such bucket, and any other one would pass for a list without the
                // handle that was asked for.
                if bucket.bits > bits {
                    return Ok(Reply::Refused(Refusal::Malformed));
                }
                let found = view.bucket(bucket, bits, EACH, MOST)?;
                unseen = u64::from(found.len() == MOST);
                parts = part;
                reports = in_turns(found);
            }
            Question::Records(ids) => {
                for id in ids {
                    for id in view.find(&id)?.into_iter().take(1) {
                        queue(view, id, &mut reports)?;
                    }
                }
            }
            Question::Locks(locks) => {
                for lock in &locks {
                    for id in view.retractions(lock)? {
                        // One that takes back an own report would show that there is one.
                        if !view.is_own(&id)? {
                            queue(view, id, &mut retractions)?;
                        }
                    }
                    for id in view.of_lock(lock, Kind::Report, EACH)? {
                        queue(view, id, &mut reports)?;
                    }
                }
            }
        }
        let mut hanging: Queues<Vec<u8>> = BTreeMap::new();
        let mut fill = Fill::default();
        for _ in 0..=parts {
            fill = Fill::default();
            fill.take(&mut retractions, |which| bytes_of(view, which))?;
            let mut found = BTreeMap::new();
            let taken = fill.take(&mut reports, |which| {
                // Whoever asks may be of any organisation.
                let served = visible(view, which, Audience::Federation, today)?;
                Ok(served.map(|served| {
                    found.insert(*which, (served.id, served.lock));
                    served.bytes
                }))
            })?;
            for report in taken {
                let Some((id, lock)) = found.get(&report) else {
                    continue;
                };
                for one in attached(view, id, lock, Audience::Federation, today)? {
                    let queue = hanging.entry(publisher(&one.by)).or_default();
                    queue.push_back(one.bytes);
                }
            }
            fill.take(&mut hanging, |bytes| Ok(Some(bytes.clone())))?;
        }
        let left = unseen + waiting(&retractions) + waiting(&reports) + waiting(&hanging);
        let reply = fill.reply(view.count(Kind::Report)?, left);
        Ok(match key.seal(&reply, entropy) {
            Ok(sealed) => Reply::Sealed(sealed),
            Err(_) => Reply::Refused(Refusal::Busy),
        })
    }
}

/// The reports of each publisher, so that those of its buckets take turns: much that it says of one
/// handle must not bury what it says of another.
fn in_turns(found: Vec<InBucket>) -> Queues<Which> {
    let mut counts: BTreeMap<(Publisher, u32), usize> = BTreeMap::new();
    let mut turns: BTreeMap<Publisher, BTreeSet<(usize, u32, Reverse<u64>)>> = BTreeMap::new();
    for at in found {
        let turn = counts.entry((at.publisher, at.bucket)).or_default();
        let queue = turns.entry(at.publisher).or_default();
        queue.insert((*turn, at.bucket, Reverse(at.place)));
        *turn += 1;
    }
    let mut seen = BTreeSet::new();
    let mut first = |place: &u64| seen.insert(*place);
    let queues = turns.into_iter().map(|(by, queue)| {
        let places = queue.into_iter().map(|(.., Reverse(place))| place);
        let places = places.filter(&mut first).map(Which::Place);
        (by, places.collect())
    });
    queues.collect()
}

fn bytes_of<V: View>(view: &V, which: &Which) -> Result<Option<Vec<u8>>, V::Error> {
    match which {
        Which::Id(id) => view.record(id),
        Which::Place(place) => view.at(*place),
    }
}

fn queue<V: View>(view: &V, id: RecordId, queues: &mut Queues<Which>) -> Result<(), V::Error> {
    let bytes = view.record(&id)?;
    if let Some(record) = bytes.and_then(|b| Verified::from_own_store(&b).ok()) {
        let by = publisher(&record.header().organisation);
        queues.entry(by).or_default().push_back(Which::Id(id));
    }
    Ok(())
}

/// A report, unless it is hidden, has expired, is no report, or is not for these readers.
fn visible<V: View>(
    view: &V,
    which: &Which,
    readers: Audience,
    today: Day,
) -> Result<Option<Served>, V::Error> {
    let Some(bytes) = bytes_of(view, which)? else {
        return Ok(None);
    };
    let Ok(report) = Verified::from_own_store(&bytes) else {
        return Ok(None);
    };
    let Body::Report(body) = report.body() else {
        return Ok(None);
    };
    if body.audience == Audience::Own && readers != Audience::Own {
        return Ok(None);
    }
    let publisher = report.header().organisation;
    let lock = body.lock;
    let hidden = |t: &Tombstone| t.hides(&publisher);
    if report.header().expires < today || view.tombstones(&lock)?.iter().any(hidden) {
        return Ok(None);
    }
    let id = report.id();
    Ok(Some(Served { id, bytes, lock }))
}

/// What hangs on a report, and who published it.
struct Hanging {
    by: OrganisationKey,
    bytes: Vec<u8>,
}

/// The seconds, disputes and translations of a report.
fn attached<V: View>(
    view: &V,
    report: &RecordId,
    lock: &Lock,
    readers: Audience,
    today: Day,
) -> Result<Vec<Hanging>, V::Error> {
    let mut all = Vec::new();
    for kind in [Kind::Second, Kind::Dispute, Kind::Translation] {
        for id in view.of_lock(lock, kind, ATTACHED)? {
            if readers != Audience::Own && view.is_own(&id)? {
                continue;
            }
            let Some(bytes) = view.record(&id)? else {
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
            if target.report == *report && header.expires >= today {
                let by = header.organisation;
                all.push(Hanging { by, bytes });
            }
        }
    }
    Ok(all)
}

/// A report with its translations, seconds and disputes, for its own organisation.
pub(super) fn with_attachments<V: View>(
    view: &V,
    id: &RecordId,
    today: Day,
) -> Result<Vec<Vec<u8>>, V::Error> {
    let Some(served) = visible(view, &Which::Id(*id), Audience::Own, today)? else {
        return Ok(Vec::new());
    };
    let hanging = attached(view, id, &served.lock, Audience::Own, today)?;
    let hanging = hanging.into_iter().map(|one| one.bytes);
    Ok(core::iter::once(served.bytes).chain(hanging).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_about_one_handle_does_not_bury_another_of_the_same_publisher() {
        let row = |bucket, place| InBucket {
            bucket,
            publisher: [1; 16],
            place,
        };
        // The latest first, as stores give them.
        let mut found: Vec<InBucket> = (0..60).rev().map(|n| row(7, n)).collect();
        // The third report of bucket 7 has a handle in bucket 9 too.
        found.extend([row(8, 100), row(9, 57), row(9, 56)]);
        let queues = in_turns(found);
        let order: Vec<u64> = queues
            .into_values()
            .flatten()
            .filter_map(|which| match which {
                Which::Place(place) => Some(place),
                Which::Id(_) => None,
            })
            .collect();
        assert_eq!(order.get(..6), Some([59, 100, 57, 58, 56, 55].as_slice()));
        assert_eq!(order.len(), 61, "each once");
    }
}
