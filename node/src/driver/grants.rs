//! Grants that whoever runs the node wants it to sign, taken up from its directory.

use super::machine::{Failed, Machine};
use crate::grants::{Answer, Waiting, waiting};
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::client::Outcome;

impl Machine {
    /// Signs and publishes what was put into the directory since the last look.
    pub(super) fn look_at_grants(&mut self, now: Timestamp) -> Result<(), Failed> {
        let Some(papers) = &self.papers else {
            return Ok(());
        };
        for one in waiting(papers.dir()) {
            let wanted = match one.wanted() {
                Ok(wanted) => wanted.record(),
                Err(why) => {
                    settle(&one, Answer::Refused(why));
                    continue;
                }
            };
            let view = self.ledger.view()?;
            let (outputs, outcomes) = self.engine.publish(vec![wanted], &view, now)?;
            drop(view);
            self.carry_out(outputs)?;
            match outcomes.into_iter().next() {
                Some(Outcome::Published(id)) => settle(&one, Answer::Published(id)),
                // It waits, as what members publish does.
                Some(Outcome::Refused { code, .. }) if code == "catching-up" => {}
                Some(Outcome::Refused { message, .. }) => settle(&one, Answer::Refused(message)),
                None => {}
            }
        }
        Ok(())
    }
}

fn settle(one: &Waiting, said: Answer) {
    match &said {
        Answer::Published(id) => tracing::info!(%id, "a grant was published"),
        Answer::Refused(why) => {
            tracing::warn!(%why, "a grant that the node was to sign is refused");
        }
    }
    if let Err(error) = one.answer(&said) {
        tracing::error!(%error, "the answer to a grant cannot be written; the node may sign it again");
        // Or it would, every second, until it has no slot left.
        drop(one.take_away());
    }
}
