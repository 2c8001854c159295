//! What a lying node says instead of what its engine says.

use super::{NodeIndex, World};
use crate::ids::RecordId;
use crate::reconcile::Set;
use crate::sim::{Claim, Lie};
use crate::wire::peer::{Reply, Request};

/// Ids in a set that is made up.
const MADE_UP: usize = 300;

impl World {
    /// The answer that a node gives in place of its engine's.
    pub(super) fn twist(&mut self, node: NodeIndex, request: &Request, reply: Reply) -> Reply {
        let Some(lie) = self.nodes[node].lie else {
            return reply;
        };
        match (request, reply) {
            // An empty answer only says from which day on to compare.
            (
                Request::Reconcile { message, .. },
                Reply::Reconcile {
                    after,
                    message: true_one,
                },
            ) if lie.claim != Claim::True && !true_one.is_empty() => {
                self.lies += 1;
                let entropy = &mut self.nodes[node].entropy;
                let count = if lie.claim == Claim::False {
                    MADE_UP
                } else {
                    0
                };
                let made_up = (0..count).map(|_| (after, RecordId::from_bytes(entropy.bytes())));
                let set = Set::new(made_up);
                let message = set.answer(message).unwrap_or_default();
                Reply::Reconcile { after, message }
            }
            (_, Reply::Records(records)) => Reply::Records(self.leave_out(lie, records)),
            (_, reply) => reply,
        }
    }

    /// The question that a node puts in place of its engine's, if any.
    pub(super) fn twist_question(&mut self, node: NodeIndex, request: Request) -> Option<Request> {
        let Some(lie) = self.nodes[node].lie else {
            return Some(request);
        };
        match request {
            Request::Reconcile { .. } if lie.claim != Claim::True => None,
            Request::Push(records) => Some(Request::Push(self.leave_out(lie, records))),
            other => Some(other),
        }
    }

    fn leave_out(&mut self, lie: Lie, mut records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let before = records.len();
        records.retain(|bytes| !lie.leaves_out(&RecordId::of(bytes)));
        self.lies += u64::from(records.len() < before);
        records
    }
}
