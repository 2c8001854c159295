//! Whom to ask for records: other organisations' nodes, through the home node, sealed.
//!
//! The home node learns who asks and never what; the answering node learns one bucket and never
//! who. So the home organisation's own nodes are never asked.

use super::ask::{Outbox, Unanswered};
use super::error::{Error, Warning};
use super::view::Federation;
use crate::entropy::{Entropy, draw};
use crate::ids::{NodeKey, OrganisationKey, SealKey};
use crate::wire::client::PassOn;
use crate::wire::sealed::{Question, Reply, ReplyKey, seal_question};
use std::collections::BTreeSet;

const PATH: &str = "/v1/sealed";

/// A node that may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Source {
    pub(super) organisation: OrganisationKey,
    node: NodeKey,
    seal: SealKey,
}

/// A question that is under way.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) source: Source,
    key: ReplyKey,
}

/// The nodes of other organisations, less those that have failed.
#[derive(Debug, Default)]
pub(super) struct Sources {
    failed: BTreeSet<NodeKey>,
}

/// A number below `n`, evenly enough for choosing whom to ask.
pub(super) fn below(n: usize, entropy: &mut dyn Entropy) -> usize {
    let random = u64::from_be_bytes(draw(entropy));
    usize::try_from(random % (n.max(1) as u64)).unwrap_or(0)
}

/// Puts things into an order drawn at random.
pub(super) fn shuffle<T>(all: &mut [T], entropy: &mut dyn Entropy) {
    for n in (1..all.len()).rev() {
        all.swap(n, below(n + 1, entropy));
    }
}

impl Sources {
    /// A node of an organisation that is neither the home one nor among those given.
    pub(super) fn choose(
        &self,
        federation: &Federation,
        except: &BTreeSet<OrganisationKey>,
        entropy: &mut dyn Entropy,
    ) -> Option<Source> {
        let candidates: Vec<(OrganisationKey, Vec<(NodeKey, SealKey)>)> = federation
            .members()
            .filter(|m| m.key != *federation.organisation() && !except.contains(&m.key))
            .map(|m| {
                let alive = m
                    .nodes
                    .iter()
                    .filter(|(node, _)| !self.failed.contains(node));
                (m.key, alive.copied().collect::<Vec<_>>())
            })
            .filter(|(_, nodes)| !nodes.is_empty())
            .collect();
        let (organisation, nodes) = candidates.get(below(candidates.len(), entropy))?;
        let (node, seal) = nodes.get(below(nodes.len(), entropy))?;
        Some(Source {
            organisation: *organisation,
            node: *node,
            seal: *seal,
        })
    }

    /// What a node answered. `None`: it failed, and is not asked again; another may be.
    pub(super) fn open(
        &mut self,
        federation: &Federation,
        asked: &Asked,
        answer: Result<Vec<u8>, Unanswered>,
        warnings: &mut BTreeSet<Warning>,
    ) -> Result<Option<Reply>, Error> {
        let reply = match answer {
            Ok(sealed) => asked.key.open(&sealed).ok(),
            // The home node is there and could not reach the other one.
            Err(Unanswered::Status {
                status: 404 | 502..=504,
                ..
            }) => None,
            Err(why) => return Err(why.into()),
        };
        if reply.is_none() {
            self.failed.insert(asked.source.node);
            warnings.insert(Warning::SourceFailed {
                organisation: federation.name(&asked.source.organisation),
            });
        }
        Ok(reply)
    }
}

/// Seals a question to a node and puts it out.
pub(super) fn ask<P>(
    federation: &Federation,
    source: Source,
    question: &Question,
    outbox: &mut Outbox<P>,
    purpose: impl FnOnce(Asked) -> P,
    entropy: &mut dyn Entropy,
) -> Result<(), Error> {
    let (sealed, key) = seal_question(question, &source.seal, federation.id(), entropy)
        .map_err(|_| Error::Internal("a question could not be sealed to a node"))?;
    let pass_on = PassOn {
        to: source.node,
        sealed,
    };
    let purpose = purpose(Asked { source, key });
    outbox.ask(PATH, pass_on.encode(), PassOn::MAX_REPLY, purpose);
    Ok(())
}
