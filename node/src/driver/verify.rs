//! Verifying signatures on all cores.

use parasol_protocol::ids::FederationId;
use parasol_protocol::record::{Refusal, Verified};
use std::num::NonZero;
use std::thread;

/// Below this many, starting threads costs more than it saves.
const WORTH_IT: usize = 16;

/// Those that hold, and why the others do not.
pub(super) fn sift(
    federation: &FederationId,
    records: &[Vec<u8>],
) -> (Vec<Verified>, Vec<Refusal>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in verify(federation, records) {
        match result {
            Ok(record) => good.push(record),
            Err(why) => bad.push(why),
        }
    }
    (good, bad)
}

/// Parses and verifies records on all cores, in their order.
pub fn verify(federation: &FederationId, records: &[Vec<u8>]) -> Vec<Result<Verified, Refusal>> {
    let one = |bytes: &Vec<u8>| Verified::from_bytes(bytes, federation);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 || records.len() < WORTH_IT {
        return records.iter().map(one).collect();
    }
    let share = records.len().div_ceil(cores);
    thread::scope(|scope| {
        let parts: Vec<_> = records
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(one).collect::<Vec<_>>()))
            .collect();
        let mut all = Vec::with_capacity(records.len());
        for (part, chunk) in parts.into_iter().zip(records.chunks(share)) {
            // A thread that failed is made good here rather than lost.
            all.extend(
                part.join()
                    .unwrap_or_else(|_| chunk.iter().map(one).collect()),
            );
        }
        all
    })
}
