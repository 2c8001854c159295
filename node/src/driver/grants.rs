//! Grants that whoever runs the node wants it to sign, taken up from its directory.

use super::machine::{Failed, Machine};
use crate::grants::{Answer, WantedGrant, answer, waiting};
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::client::Outcome;
use std::path::Path;

impl Machine {
    /// Signs and publishes what was put into the directory since the last look.
    pub(super) fn look_at_grants(&mut self, now: Timestamp) -> Result<(), Failed> {
        let Some(papers) = &self.papers else {
            return Ok(());
        };
        for path in waiting(papers.dir()) {
            let wanted = match WantedGrant::read(&path) {
                Ok(wanted) => wanted.record(),
                Err(why) => {
                    settle(&path, Answer::Refused(why));
                    continue;
                }
            };
            let view = self.ledger.view()?;
            let (outputs, outcomes) = self.engine.publish(vec![wanted], &view, now)?;
            drop(view);
            self.carry_out(outputs)?;
            match outcomes.into_iter().next() {
                Some(Outcome::Published(id)) => settle(&path, Answer::Published(id)),
                // It waits, as what members publish does.
                Some(Outcome::Refused { code, .. }) if code == "catching-up" => {}
                Some(Outcome::Refused { message, .. }) => settle(&path, Answer::Refused(message)),
                None => {}
            }
        }
        Ok(())
    }
}

fn settle(path: &Path, said: Answer) {
    match &said {
        Answer::Published(id) => tracing::info!(%id, "a grant was published"),
        Answer::Refused(why) => {
            tracing::warn!(%why, "a grant that the node was to sign is refused");
        }
    }
    if let Err(error) = answer(path, &said) {
        tracing::error!(%error, "the answer to a grant cannot be written; the node may sign it again");
        // Or it would, every second, until it has no slot left.
        drop(std::fs::remove_file(path));
    }
}
