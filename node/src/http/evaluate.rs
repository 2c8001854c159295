//! Asking the keyholders: as many at once as it takes, and another for each that fails.

use super::access::App;
use crate::driver::Unavailable;
use crate::entropy::OsEntropy;
use crate::net::NetError;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use parasol_protocol::engine::{Holder, evaluate};
use parasol_protocol::wire::client::{Evaluate, Evaluated, Missing};
use parasol_protocol::wire::peer::{Refusal, Reply, Request};
use parasol_protocol::wire::{EvaluateAsk, KeyEvaluation};

/// Gathers the answers of as many keyholders as the threshold says, if that many answer.
///
/// # Errors
/// If the driver cannot answer. Keyholders that do not answer are listed, not an error.
pub(super) async fn gather(app: &App, wanted: Evaluate) -> Result<Evaluated, Unavailable> {
    let holders = app.driver.holders().await?;
    let mut untried = holders.into_iter().filter(|h| !wanted.except.contains(&h.index));
    let mut running = FuturesUnordered::new();
    let mut gathered = Evaluated { answers: Vec::new(), missing: Vec::new() };
    loop {
        while gathered.answers.len() + running.len() < app.threshold {
            match untried.next() {
                Some(holder) if holder.reachable => running.push(ask_one(app, holder, &wanted.ask)),
                Some(holder) => gathered.missing.push((holder.index, Missing::Unreachable)),
                None => break,
            }
        }
        match running.next().await {
            Some((index, Ok(answers))) => gathered.answers.push((index, answers)),
            Some((index, Err(why))) => gathered.missing.push((index, why)),
            None => break,
        }
    }
    gathered.answers.sort_by_key(|(index, _)| *index);
    gathered.missing.sort_by_key(|(index, _)| *index);
    Ok(gathered)
}

async fn ask_one(app: &App, holder: Holder, ask: &EvaluateAsk) -> (u16, Result<Vec<KeyEvaluation>, Missing>) {
    let answer = match holder.peer {
        Some(peer) => match app.net.request(peer, Request::Evaluate(ask.clone()).encode()).await {
            Ok(bytes) => match Reply::decode(&bytes) {
                Ok(Reply::Evaluated(answers)) => Ok(answers),
                Ok(Reply::Refused(why)) => Err(Missing::Refused(why)),
                _ => Err(Missing::Refused(Refusal::Malformed)),
            },
            Err(NetError::Busy { .. }) => Err(Missing::Refused(Refusal::Busy)),
            Err(_) => Err(Missing::Unreachable),
        },
        None => here(app, ask).await,
    };
    (holder.index, answer)
}

async fn here(app: &App, ask: &EvaluateAsk) -> Result<Vec<KeyEvaluation>, Missing> {
    let busy = Missing::Refused(Refusal::Busy);
    let allowed = app.driver.allow(app.organisation, ask.clone()).await.map_err(|_| busy)?;
    let shares = allowed.map_err(Missing::Refused)?;
    let ask = ask.clone();
    let work = tokio::task::spawn_blocking(move || evaluate(&shares, &ask, &mut OsEntropy));
    work.await.map_err(|_| busy)?.map_err(Missing::Refused)
}
