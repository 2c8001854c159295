//! Taking a report back, and publishing one record of any kind.

use super::ask::{Ask, AskId, Exchange, Outbox, Unanswered};
use super::error::Error;
use super::view::Federation;
use crate::cbor::Malformed;
use crate::entropy::Entropy;
use crate::ids::{Lock, RecordId};
use crate::keys::SecretKey;
use crate::limits::RETRACTION_LIFE;
use crate::record::Body;
use crate::record::retraction::Retraction;
use crate::time::Day;
use crate::wire::client::{Outcome, Publish, Published, Wanted};

const PATH: &str = "/v1/publish";

/// Publishing one record.
#[derive(Debug)]
pub(super) struct One {
    outbox: Outbox<()>,
    result: Option<Result<RecordId, Error>>,
}

impl One {
    pub(super) fn new(expires: Day, body: Body) -> Self {
        let mut outbox = Outbox::new();
        let message = Publish(vec![Wanted { expires, body }]).encode();
        outbox.ask(PATH, message, 4096, ());
        Self {
            outbox,
            result: None,
        }
    }

    pub(super) fn asks(&mut self) -> Vec<Ask> {
        self.outbox.drain()
    }

    pub(super) fn answer(&mut self, id: AskId, answer: Result<Vec<u8>, Unanswered>) {
        if self.outbox.purpose(id).is_some() {
            self.result = Some(Self::read(answer));
        }
    }

    fn read(answer: Result<Vec<u8>, Unanswered>) -> Result<RecordId, Error> {
        let wrong = |why| Error::Answer { path: PATH, why };
        let published = Published::decode(&answer?).map_err(wrong)?;
        match published.0.as_slice() {
            [Outcome::Published(id)] => Ok(*id),
            [Outcome::Refused { code, message }] => Err(Error::NotPublished {
                code: code.clone(),
                message: message.clone(),
            }),
            _ => Err(wrong(Malformed::Shape)),
        }
    }

    pub(super) fn done(&mut self) -> Option<Result<RecordId, Error>> {
        self.result.take()
    }
}

/// Taking a report back, in the course of being done. Ends with the retraction's id.
#[derive(Debug)]
pub struct Retract(One);

impl Retract {
    /// By the lock's secret half, which the author keeps: it proves itself, and destroys at once.
    pub fn by_lock(federation: &Federation, lock: &SecretKey) -> Self {
        Self::with(federation, Retraction::by_lock(federation.id(), lock))
    }

    /// By the organisation that published the report: it hides the report until that expires,
    /// so that what a thief of the node's key retracts can be saved.
    pub fn as_publisher(federation: &Federation, lock: Lock) -> Self {
        Self::with(federation, Retraction { lock, proof: None })
    }

    fn with(federation: &Federation, retraction: Retraction) -> Self {
        // Its life is fixed and begins on the home node's day.
        let expires = federation.home_today().plus(RETRACTION_LIFE);
        Self(One::new(expires, Body::Retraction(retraction)))
    }
}

impl Exchange for Retract {
    type Done = RecordId;

    fn asks(&mut self) -> Vec<Ask> {
        self.0.asks()
    }
    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        _entropy: &mut dyn Entropy,
    ) {
        self.0.answer(id, answer);
    }
    fn done(&mut self) -> Option<Result<RecordId, Error>> {
        self.0.done()
    }
}
