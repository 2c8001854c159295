//! Filing reports, in two steps with a place to keep things between them: seal, then publish.
//!
//! ```text
//!  drafts ──Seal──► sealed drafts, to be kept ──Publish──► receipts, to be kept
//! ```
//!
//! One report and ten thousand go the same way: the handles of all drafts are evaluated together.

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::draft::{Draft, Ready};
use super::error::{Error, Warning};
use super::evaluate::{Evaluating, Outputs, Step};
use super::grip::Grip;
use super::view::Federation;
use crate::area::Area;
use crate::cbor;
use crate::entropy::Entropy;
use crate::handle::Handle;
use crate::ids::RecordId;
use crate::keys::SecretKey;
use crate::oprf::{KeyName, MAX_BATCH, Output};
use crate::record::Body;
use crate::seal::{AreaName, Browse, Bucket, HandleName, Sealing, seal};
use crate::time::Season;
use crate::wire::client::{Outcome, Publish as Drafts, Published, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// Drafts that are filed together.
const MAX_FILED: usize = 500;
/// Records in one message to be published.
const IN_ONE_MESSAGE: usize = 200;

/// Sealing drafts, in the course of being done. Ends with the drafts in their order, all sealed.
#[derive(Debug)]
pub struct Seal<'a> {
    federation: &'a Federation,
    outbox: Outbox<usize>,
    batches: Vec<Batch>,
    handles: BTreeMap<(Season, Handle), (Output, Output)>,
    areas: BTreeMap<(Season, Area), Output>,
    drafts: Vec<Draft>,
    warnings: BTreeSet<Warning>,
    result: Option<Result<Sealed, Error>>,
}

#[derive(Debug)]
struct Batch {
    season: Season,
    of: Of,
    evaluating: Evaluating,
}

#[derive(Debug)]
enum Of {
    Handles(Vec<Handle>),
    Areas(Vec<Area>),
}

/// What [`Seal`] ends with: the drafts, and what went less well than it should.
pub type Sealed = (Vec<Draft>, BTreeSet<Warning>);

impl<'a> Seal<'a> {
    /// Begins to seal drafts, at most 500 at a time. Those that are sealed already stay as they are.
    ///
    /// # Errors
    /// If there are none or too many, or one would live too long, has no handle or too many.
    pub fn new(
        federation: &'a Federation,
        drafts: Vec<Draft>,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Error> {
        if drafts.is_empty() || drafts.len() > MAX_FILED {
            return Err(Error::Count {
                what: "reports",
                got: drafts.len(),
                most: MAX_FILED,
            });
        }
        let mut handles: BTreeMap<Season, BTreeSet<Handle>> = BTreeMap::new();
        let mut areas: BTreeMap<Season, BTreeSet<Area>> = BTreeMap::new();
        for draft in drafts.iter().filter(|d| !d.is_sealed()) {
            check_expiry(federation, draft)?;
            let season = draft.expires.season();
            let wanted = draft.particulars.handles.iter().cloned();
            handles.entry(season).or_default().extend(wanted);
            if let Some(area) = draft.browse_area() {
                areas.entry(season).or_default().insert(area.clone());
            }
        }
        let mut this = Self {
            federation,
            outbox: Outbox::new(),
            batches: Vec::new(),
            handles: BTreeMap::new(),
            areas: BTreeMap::new(),
            drafts,
            warnings: BTreeSet::new(),
            result: None,
        };
        for (season, wanted) in handles {
            let wanted: Vec<Handle> = wanted.into_iter().collect();
            for part in wanted.chunks(MAX_BATCH) {
                let inputs: Vec<_> = part.iter().map(Handle::oprf_input).collect();
                let keys = [KeyName::Bucket, KeyName::Handle(season)];
                this.batch(season, Of::Handles(part.to_vec()), &inputs, keys, entropy)?;
            }
        }
        for (season, wanted) in areas {
            let wanted: Vec<Area> = wanted.into_iter().collect();
            for part in wanted.chunks(MAX_BATCH) {
                let inputs: Vec<_> = part.iter().map(Area::oprf_input).collect();
                let keys = [KeyName::Area(season)];
                this.batch(season, Of::Areas(part.to_vec()), &inputs, keys, entropy)?;
            }
        }
        if this.outbox.is_idle() {
            this.result = Some(this.seal(entropy));
        }
        Ok(this)
    }

    fn batch(
        &mut self,
        season: Season,
        of: Of,
        inputs: &[Vec<u8>],
        keys: impl IntoIterator<Item = KeyName>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let evaluating = Evaluating::new(self.federation, inputs, keys, entropy)?;
        evaluating.ask(&mut self.outbox, self.batches.len());
        self.batches.push(Batch {
            season,
            of,
            evaluating,
        });
        Ok(())
    }

    fn step(
        &mut self,
        n: usize,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error> {
        let Some(batch) = self.batches.get_mut(n) else {
            return Ok(());
        };
        let step = batch
            .evaluating
            .answer(self.federation, answer, &mut self.warnings)?;
        match step {
            Step::Again => batch.evaluating.ask(&mut self.outbox, n),
            Step::Done(outputs) => {
                keep(batch, &outputs, &mut self.handles, &mut self.areas);
                if self.outbox.is_idle() {
                    self.result = Some(self.seal(entropy));
                }
            }
        }
        Ok(())
    }

    fn seal(&mut self, entropy: &mut dyn Entropy) -> Result<Sealed, Error> {
        let mut drafts = std::mem::take(&mut self.drafts);
        for draft in drafts.iter_mut().filter(|d| !d.is_sealed()) {
            draft.ready = Some(self.seal_one(draft, entropy)?);
        }
        Ok((drafts, std::mem::take(&mut self.warnings)))
    }

    fn seal_one(&self, draft: &Draft, entropy: &mut dyn Entropy) -> Result<Ready, Error> {
        let federation = self.federation;
        let season = draft.expires.season();
        let bucket_bits = federation.charter().terms().bucket_bits;
        let lost = Error::Internal("a handle or area was not evaluated");
        let mut names = Vec::new();
        for handle in &draft.particulars.handles {
            let (bucket, name) = self
                .handles
                .get(&(season, handle.clone()))
                .ok_or_else(|| lost.clone())?;
            names.push((
                HandleName::new(season, name.clone()),
                Bucket::of(bucket, bucket_bits),
            ));
        }
        let area = match draft.browse_area() {
            None => None,
            Some(area) => {
                let output = self.areas.get(&(season, area.clone()));
                Some(AreaName::new(season, output.ok_or(lost)?.clone()))
            }
        };
        let browse = match (draft.browse, &area) {
            (super::draft::BrowseChoice::Codes, Some(name)) => Browse::Codes(name),
            (super::draft::BrowseChoice::Text, Some(name)) => Browse::Text(name),
            _ => Browse::Nothing,
        };
        let with = Sealing {
            federation: federation.id(),
            organisation: federation.organisation(),
            expires: draft.expires,
            audience: draft.audience,
            lock: draft.lock.lock(),
            names: &names,
            browse,
            bucket_bits,
        };
        let (report, full_key) = seal(&draft.particulars, &with, entropy)?;
        Ok(Ready { report, full_key })
    }
}

fn check_expiry(federation: &Federation, draft: &Draft) -> Result<(), Error> {
    let first = federation.home_today();
    let last = first.plus(federation.charter().terms().lives.report);
    if (first..=last).contains(&draft.expires) {
        Ok(())
    } else {
        Err(Error::Expiry { first, last })
    }
}

fn keep(
    batch: &Batch,
    outputs: &Outputs,
    handles: &mut BTreeMap<(Season, Handle), (Output, Output)>,
    areas: &mut BTreeMap<(Season, Area), Output>,
) {
    let of = |key| outputs.get(&key).map(Vec::as_slice).unwrap_or_default();
    let season = batch.season;
    match &batch.of {
        Of::Handles(list) => {
            let pairs = of(KeyName::Bucket).iter().zip(of(KeyName::Handle(season)));
            for (handle, (bucket, name)) in list.iter().zip(pairs) {
                handles.insert((season, handle.clone()), (bucket.clone(), name.clone()));
            }
        }
        Of::Areas(list) => {
            for (area, name) in list.iter().zip(of(KeyName::Area(season))) {
                areas.insert((season, area.clone()), name.clone());
            }
        }
    }
}

impl Exchange for Seal<'_> {
    type Done = Sealed;

    fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        entropy: &mut dyn Entropy,
    ) {
        let Some(n) = self.outbox.purpose(id) else {
            return;
        };
        if let Err(why) = self.step(n, answer, entropy) {
            self.outbox.close();
            self.result = Some(Err(why));
        }
    }

    fn done(&mut self) -> Option<Result<Sealed, Error>> {
        self.result.take()
    }
}

/// What the author keeps of a published report: with it the report can be taken back, added to
/// and read again.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The lock's secret half.
    pub lock: SecretKey,
    /// The hold on the report.
    pub grip: Grip,
}

impl Receipt {
    /// The report's id.
    pub const fn id(&self) -> RecordId {
        self.grip.id
    }

    /// Its bytes, to be kept on the author's own device alone.
    pub fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new(cbor::encode(|e| {
            cbor::put_array(e, 3);
            cbor::put_uint(e, 1);
            cbor::put_bytes(e, self.lock.seed().as_slice());
            cbor::put_bytes(e, &self.grip.to_bytes());
        }))
    }

    /// Reads [`Receipt::to_bytes`].
    ///
    /// # Errors
    /// If the bytes are not a receipt.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, cbor::Malformed> {
        cbor::decode(bytes, 1024, |d| {
            cbor::tuple(d, 3)?;
            if d.u8()? != 1 {
                return Err(cbor::Malformed::Shape);
            }
            Ok(Self {
                lock: SecretKey::from_seed(cbor::array(d)?),
                grip: Grip::from_bytes(cbor::bytes(d, 512)?)?,
            })
        })
    }
}

impl Draft {
    /// What will be kept of it once it is published under this id; `None` if it is not sealed.
    pub fn receipt(&self, federation: &Federation, id: RecordId) -> Option<Receipt> {
        let ready = self.ready.as_ref()?;
        Some(Receipt {
            lock: self.lock.clone(),
            grip: Grip {
                id,
                lock: ready.report.lock,
                organisation: *federation.organisation(),
                expires: self.expires,
                salt: ready.report.salt,
                full_key: ready.full_key.clone(),
            },
        })
    }
}

/// What became of one draft.
pub type Filed = Result<Receipt, Error>;

/// Publishing sealed drafts, in the course of being done. Ends with what became of each.
///
/// A draft can be published again after a cut: the home node knows a report by its lock and gives
/// the id that it has.
#[derive(Debug)]
pub struct Publish<'a> {
    federation: &'a Federation,
    outbox: Outbox<(usize, usize)>,
    drafts: Vec<Draft>,
    outcomes: BTreeMap<usize, Filed>,
    result: Option<Result<Vec<Filed>, Error>>,
}

const PATH: &str = "/v1/publish";

impl<'a> Publish<'a> {
    /// Begins to publish drafts that [`Seal`] has sealed.
    ///
    /// # Errors
    /// If one is not sealed, or there are none.
    pub fn new(federation: &'a Federation, drafts: Vec<Draft>) -> Result<Self, Error> {
        let mut wanted = Vec::new();
        for draft in &drafts {
            let ready = draft
                .ready
                .as_ref()
                .ok_or(Error::Internal("a draft is not sealed"))?;
            wanted.push(Wanted {
                expires: draft.expires,
                body: Body::Report(ready.report.clone()),
            });
        }
        if wanted.is_empty() || wanted.len() > MAX_FILED {
            return Err(Error::Count {
                what: "reports",
                got: wanted.len(),
                most: MAX_FILED,
            });
        }
        let mut outbox = Outbox::new();
        let mut first = 0;
        for part in wanted.chunks(IN_ONE_MESSAGE) {
            outbox.ask(
                PATH,
                Drafts(part.to_vec()).encode(),
                part.len() * 2048,
                (first, part.len()),
            );
            first += part.len();
        }
        Ok(Self {
            federation,
            outbox,
            drafts,
            outcomes: BTreeMap::new(),
            result: None,
        })
    }

    fn step(
        &mut self,
        first: usize,
        count: usize,
        answer: Result<Vec<u8>, Unanswered>,
    ) -> Result<(), Error> {
        let outcomes = match answer {
            Ok(bytes) => {
                let published =
                    Published::decode(&bytes).map_err(|why| Error::Answer { path: PATH, why })?;
                if published.0.len() != count {
                    return Err(Error::Answer {
                        path: PATH,
                        why: cbor::Malformed::Shape,
                    });
                }
                published.0.into_iter().map(Ok).collect()
            }
            // Other parts may have gone through, and their receipts must not be lost.
            Err(why) => vec![Err(Error::from(why)); count],
        };
        for (n, outcome) in (first..).zip(outcomes) {
            let filed = outcome.and_then(|outcome| self.filed(n, outcome));
            self.outcomes.insert(n, filed);
        }
        if self.outbox.is_idle() {
            let outcomes = std::mem::take(&mut self.outcomes);
            self.result = Some(Ok(outcomes.into_values().collect()));
        }
        Ok(())
    }

    fn filed(&self, n: usize, outcome: Outcome) -> Filed {
        let lost = Error::Internal("a draft is not there");
        let draft = self.drafts.get(n).ok_or_else(|| lost.clone())?;
        match outcome {
            Outcome::Published(id) => draft.receipt(self.federation, id).ok_or(lost),
            Outcome::Refused { code, message } => Err(Error::NotPublished { code, message }),
        }
    }
}

impl Exchange for Publish<'_> {
    type Done = Vec<Filed>;

    fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        _entropy: &mut dyn Entropy,
    ) {
        let Some((first, count)) = self.outbox.purpose(id) else {
            return;
        };
        if let Err(why) = self.step(first, count, answer) {
            self.outbox.close();
            self.result = Some(Err(why));
        }
    }

    fn done(&mut self) -> Option<Result<Vec<Filed>, Error>> {
        self.result.take()
    }
}
