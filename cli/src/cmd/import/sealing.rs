//! Batches that are sealed side by side, and halved where the whole does not go.

use crate::session::Session;
use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Draft, Error, Seal, Warning};
use parasol_protocol::seal::SealError;
use std::collections::BTreeSet;

/// What comes of sealing one draft; nothing, if it did not come to that.
pub(super) type Sealed = Option<Result<Draft, SealError>>;

/// What comes of sealing one batch.
#[derive(Default)]
pub(super) struct Lane {
    /// One for each draft, in their order.
    pub(super) drafts: Vec<Sealed>,
    pub(super) warnings: BTreeSet<Warning>,
    pub(super) stopped: Option<Error>,
}

pub(super) fn seal_part(session: &Session, part: &[Draft]) -> Lane {
    let seal = |drafts: Vec<Draft>| {
        session.with_keys(|federation| {
            session.carry_raw(Seal::new(federation, drafts.clone(), &mut OsEntropy)?)
        })
    };
    seal_by(part, &seal)
}

/// Seals a batch. One that cannot be sealed must not hold up the others; and where there is not so
/// much left of the day, what is left is used up, half by half, so that every day brings a list on.
fn seal_by(
    part: &[Draft],
    seal: &impl Fn(Vec<Draft>) -> Result<(Vec<Draft>, BTreeSet<Warning>), Error>,
) -> Lane {
    match seal(part.to_vec()) {
        Ok((drafts, warnings)) => Lane {
            drafts: drafts.into_iter().map(|draft| Some(Ok(draft))).collect(),
            warnings,
            stopped: None,
        },
        Err(Error::Seal(why)) if part.len() == 1 => Lane {
            drafts: vec![Some(Err(why))],
            ..Lane::default()
        },
        Err(why) if part.len() > 1 && is_worth_halving(&why) => {
            let (first, second) = part.split_at(part.len() / 2);
            let mut lane = seal_by(first, seal);
            if lane.stopped.is_some() {
                lane.drafts.extend(second.iter().map(|_| None));
                return lane;
            }
            let rest = seal_by(second, seal);
            lane.drafts.extend(rest.drafts);
            lane.warnings.extend(rest.warnings);
            lane.stopped = rest.stopped;
            lane
        }
        Err(why) => Lane {
            drafts: part.iter().map(|_| None).collect(),
            warnings: BTreeSet::new(),
            stopped: Some(why),
        },
    }
}

/// Whether a smaller batch may go where this one did not.
fn is_worth_halving(why: &Error) -> bool {
    match why {
        Error::Seal(_) | Error::Quota { .. } => true,
        Error::Refused { status: 429, body } => body.contains("\"member-quota\""),
        _ => false,
    }
}
