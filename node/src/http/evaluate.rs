//! Asking the keyholders: as many at once as it takes, and another for each that fails or is slow.

use super::access::App;
use super::slow::Slow;
use crate::driver::Unavailable;
use crate::entropy::OsEntropy;
use crate::net::NetError;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use parasol_protocol::engine::{Holder, evaluate};
use parasol_protocol::ids::TransportKey;
use parasol_protocol::wire::client::{Evaluate, Evaluated, Missing};
use parasol_protocol::wire::peer::{Refusal, Reply, Request};
use parasol_protocol::wire::{EvaluateAsk, KeyEvaluation};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long keyholders may be silent before others are asked as well.
const HEDGE: Duration = Duration::from_secs(1);
/// So much longer for each evaluation: many take a small machine long.
const EACH: Duration = Duration::from_millis(1);

/// An ask, with the keyholders that may answer it.
pub(super) struct Asking {
    wanted: Evaluate,
    /// How many it takes; none if the epoch is over.
    threshold: Option<usize>,
    untried: Vec<Holder>,
    missing: By<Missing>,
}

impl Asking {
    /// Looks who can be asked, and asks nobody.
    ///
    /// # Errors
    /// If the driver cannot answer.
    pub(super) async fn of(app: &App, wanted: Evaluate) -> Result<Self, Unavailable> {
        let of_epoch = app.driver.holders(wanted.ask.epoch).await?;
        let threshold = of_epoch.as_ref().map(|(t, _)| usize::from(*t));
        let holders = match of_epoch {
            Some((_, holders)) => holders,
            // Nobody has shares of an epoch that is over.
            None => app
                .driver
                .holders(u32::MAX)
                .await?
                .map_or(Vec::new(), |(_, all)| all),
        };
        let mut untried: Vec<Holder> = holders
            .into_iter()
            .filter(|h| !wanted.except.contains(&h.index))
            .collect();
        let mut missing = Vec::new();
        untried.retain(|holder| {
            let why = match threshold {
                None => Some(Missing::Refused(Refusal::OtherEpoch)),
                Some(_) if !holder.is_reachable() => Some(Missing::Unreachable),
                Some(_) => None,
            };
            missing.extend(why.map(|why| (holder.index, why)));
            why.is_none()
        });
        Ok(Self {
            wanted,
            threshold,
            untried,
            missing,
        })
    }

    /// Whether there is nobody to ask.
    pub(super) const fn is_vain(&self) -> bool {
        self.untried.is_empty()
    }

    /// Gathers the answers of as many keyholders as the threshold says, if that many answer; and
    /// whether all that were asked refused, so that none has counted it. Who is silent may have.
    ///
    /// # Errors
    /// If the driver cannot answer. Keyholders that do not answer are listed, not an error.
    pub(super) async fn gather(self, app: &App) -> Result<(Evaluated, bool), Unavailable> {
        let Self {
            wanted,
            threshold,
            mut untried,
            mut missing,
        } = self;
        app.slow
            .last(&mut untried, |holder| holder.index, Instant::now());
        let many = wanted.ask.elements.len() * wanted.ask.keys.len();
        let hedge = HEDGE + EACH * u32::try_from(many).unwrap_or(u32::MAX);
        let ask = |holder: Holder| ask_one(app, holder, &wanted.ask);
        let few = enough_of(
            untried,
            |holder| holder.index,
            threshold.unwrap_or(0),
            hedge,
            &app.slow,
            ask,
        );
        let (mut answers, failed) = few.await;
        let no = |(_, why): &(u16, Missing)| matches!(why, Missing::Refused(_));
        let refused = answers.is_empty() && failed.iter().all(no);
        missing.extend(failed);
        answers.sort_by_key(|(index, _)| *index);
        missing.sort_by_key(|(index, _)| *index);
        Ok((Evaluated { answers, missing }, refused))
    }
}

/// Gathers the answers of as many keyholders as the threshold says, whoever asks.
///
/// # Errors
/// If the driver cannot answer.
#[cfg(test)]
pub(crate) async fn gather(app: &App, wanted: Evaluate) -> Result<Evaluated, Unavailable> {
    Ok(Asking::of(app, wanted).await?.gather(app).await?.0)
}

/// By the keyholder's index.
type By<T> = Vec<(u16, T)>;

/// The answers of so many keyholders, if so many answer, and why others did not. When those that were
/// asked have been silent for a while, one more is asked besides; the silent ones are remembered.
async fn enough_of<H, T, F>(
    holders: Vec<H>,
    index: impl Fn(&H) -> u16,
    enough: usize,
    hedge: Duration,
    slow: &Slow,
    ask: impl Fn(H) -> F,
) -> (By<T>, By<Missing>)
where
    F: Future<Output = (u16, Result<T, Missing>)>,
{
    let (mut answers, mut missing): (By<T>, By<Missing>) = (Vec::new(), Vec::new());
    let mut untried = holders.into_iter();
    let mut running = FuturesUnordered::new();
    let mut silent = BTreeSet::new();
    let mut besides = 0;
    while answers.len() < enough {
        while answers.len() + running.len() < enough + besides {
            let Some(holder) = untried.next() else { break };
            silent.insert(index(&holder));
            running.push(ask(holder));
        }
        match timeout_at(Instant::now() + hedge, running.next()).await {
            Ok(Some((index, answer))) => {
                silent.remove(&index);
                match answer {
                    Ok(answer) => {
                        slow.forgive(index);
                        answers.push((index, answer));
                    }
                    Err(why) => missing.push((index, why)),
                }
            }
            Ok(None) => break,
            Err(_) => {
                slow.remember(&silent, Instant::now());
                besides = silent.len();
            }
        }
    }
    // Whoever was asked besides and not needed has not failed.
    (answers, missing)
}

/// Asks this node itself, or the keyholder's nodes until one answers.
async fn ask_one(
    app: &App,
    holder: Holder,
    ask: &EvaluateAsk,
) -> (u16, Result<Vec<KeyEvaluation>, Missing>) {
    let body = Request::Evaluate(ask.clone()).encode();
    let nodes = holder.here.then_some(None).into_iter();
    let nodes = nodes.chain(holder.peers.iter().copied().map(Some));
    let answer = first_of(nodes, Patience::default(), |node| {
        let body = body.clone();
        async move {
            match node {
                Some(peer) => there(app, peer, body).await,
                None => here(app, ask).await,
            }
        }
    });
    (holder.index, answer.await)
}

/// How long to wait for the nodes of one keyholder.
#[derive(Clone, Copy)]
struct Patience {
    /// For one, before another is asked as well.
    one: Duration,
    /// For all together, however many there are.
    all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            one: Duration::from_secs(5),
            all: Duration::from_secs(20),
        }
    }
}

/// The first answer of a keyholder's nodes. The next is asked if one fails, or is slow; who was slow
/// may still be first. A quota is the organisation's word, and asking another node would get round it.
async fn first_of<N, T, F>(
    mut nodes: impl Iterator<Item = N>,
    patience: Patience,
    ask: impl Fn(N) -> F,
) -> Result<T, Missing>
where
    F: Future<Output = Result<T, Missing>>,
{
    let end = Instant::now() + patience.all;
    let mut why = None;
    let mut running = FuturesUnordered::new();
    loop {
        let more = nodes.next().map(|node| running.push(ask(node))).is_some();
        let until = if more {
            end.min(Instant::now() + patience.one)
        } else {
            end
        };
        match timeout_at(until, running.next()).await {
            Ok(Some(Ok(answer))) => return Ok(answer),
            Ok(Some(Err(quota @ Missing::Refused(Refusal::Quota(_))))) => return Err(quota),
            // That one has no share says nothing of those that have it.
            Ok(Some(Err(Missing::Refused(Refusal::NoShare)))) if why.is_some() => {}
            Ok(Some(Err(other))) => why = Some(other),
            Ok(None) => return Err(why.unwrap_or(Missing::Unreachable)),
            Err(_) if Instant::now() >= end => return Err(Missing::Unreachable),
            Err(_) => {}
        }
    }
}

async fn there(
    app: &App,
    peer: TransportKey,
    body: Vec<u8>,
) -> Result<Vec<KeyEvaluation>, Missing> {
    match app.net.request(peer, body).await {
        Ok(bytes) => match Reply::decode(&bytes) {
            Ok(Reply::Evaluated(answers)) => Ok(answers),
            Ok(Reply::Refused(why)) => Err(Missing::Refused(why)),
            _ => Err(Missing::Refused(Refusal::Malformed)),
        },
        Err(NetError::Busy { .. }) => Err(Missing::Refused(Refusal::Busy)),
        Err(_) => Err(Missing::Unreachable),
    }
}

async fn here(app: &App, ask: &EvaluateAsk) -> Result<Vec<KeyEvaluation>, Missing> {
    let busy = Missing::Refused(Refusal::Busy);
    let allowed = app
        .driver
        .allow(app.organisation, ask.clone())
        .await
        .map_err(|_| busy)?;
    let (shares, ask) = allowed.map_err(Missing::Refused)?;
    let work = tokio::task::spawn_blocking(move || evaluate(&shares, &ask, &mut OsEntropy));
    work.await.map_err(|_| busy)?.map_err(Missing::Refused)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use parasol_protocol::wire::Again;
    use std::future::pending;
    use std::sync::Mutex;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(10);

    /// What a node does. `None`: it never answers.
    type Node = Option<Result<u8, Missing>>;

    const HANGS: Node = None;
    const FAR: Node = Some(Err(Missing::Unreachable));
    const HAS_IT: Node = Some(Ok(7));

    const fn refuses(why: Refusal) -> Node {
        Some(Err(Missing::Refused(why)))
    }

    /// What came of it, and how many were asked.
    async fn ask(nodes: &[Node], one: Duration, all: Duration) -> (Result<u8, Missing>, usize) {
        let asked = Mutex::new(0);
        let answer = first_of(nodes.iter().copied(), Patience { one, all }, |node| {
            *asked.lock().unwrap() += 1;
            async move {
                match node {
                    Some(answer) => answer,
                    None => pending().await,
                }
            }
        });
        let answer = answer.await;
        (answer, asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_node_that_cannot_does_not_knock_out_its_organisations_share() {
        for first in [refuses(Refusal::NoShare), refuses(Refusal::Busy), FAR] {
            assert_eq!(ask(&[first, HAS_IT], LONG, LONG).await, (Ok(7), 2));
        }
        assert_eq!(ask(&[HANGS, HANGS, HAS_IT], SHORT, LONG).await, (Ok(7), 3));
        assert_eq!(ask(&[HAS_IT, HAS_IT], LONG, LONG).await, (Ok(7), 1));
    }

    /// What came of asking keyholders 1, 2, … for two answers: who answered, and who was asked.
    async fn gather_two(holders: &[Node], slow: &Slow) -> (Vec<u16>, Vec<u16>) {
        let mut numbered: Vec<(u16, Node)> = (1..).zip(holders.iter().copied()).collect();
        slow.last(&mut numbered, |(index, _)| *index, Instant::now());
        let asked = Mutex::new(Vec::new());
        let ask = |(index, node): (u16, Node)| {
            asked.lock().unwrap().push(index);
            async move {
                match node {
                    Some(answer) => (index, answer),
                    None => pending().await,
                }
            }
        };
        let gathered = enough_of(numbered, |(index, _)| *index, 2, SHORT, slow, ask);
        let (mut answers, _) = gathered.await;
        answers.sort_unstable();
        let answered = answers.into_iter().map(|(index, _)| index).collect();
        (answered, asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_silent_keyholder_costs_one_wait_and_then_none() {
        let slow = Slow::default();
        let holders = [HANGS, HAS_IT, HAS_IT];
        let first = gather_two(&holders, &slow).await;
        assert_eq!(first, (vec![2, 3], vec![1, 2, 3]));
        let second = gather_two(&holders, &slow).await;
        assert_eq!(second, (vec![2, 3], vec![2, 3]));
        // It is asked again when it is needed, and counts again when it answers.
        let third = gather_two(&[HAS_IT, HAS_IT, FAR], &slow).await;
        assert_eq!(third, (vec![1, 2], vec![2, 3, 1]));
        let fourth = gather_two(&[HAS_IT; 3], &slow).await;
        assert_eq!(fourth, (vec![1, 2], vec![1, 2]));
    }

    #[tokio::test]
    async fn no_more_are_asked_than_it_takes() {
        let slow = Slow::default();
        let (answered, asked) = gather_two(&[HAS_IT; 5], &slow).await;
        assert_eq!((answered.len(), asked), (2, vec![1, 2]));
        let (answered, asked) = gather_two(&[HAS_IT, FAR, HAS_IT, HAS_IT], &slow).await;
        assert_eq!((answered, asked), (vec![1, 3], vec![1, 2, 3]));
        let (answered, asked) = gather_two(&[FAR, HAS_IT, FAR], &slow).await;
        assert_eq!((answered, asked), (vec![2], vec![1, 2, 3]));
    }

    #[tokio::test]
    async fn nobody_gets_round_a_quota() {
        let refusal = Refusal::Quota(Again::in_minutes(5).unwrap());
        let quota = refuses(refusal);
        let (answer, asked) = ask(&[quota, HAS_IT], LONG, LONG).await;
        assert_eq!(answer, Err(Missing::Refused(refusal)));
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn when_all_fail_it_says_why() {
        let busy = Missing::Refused(Refusal::Busy);
        let no_share = refuses(Refusal::NoShare);
        for nodes in [[no_share, Some(Err(busy))], [Some(Err(busy)), no_share]] {
            assert_eq!(ask(&nodes, LONG, LONG).await, (Err(busy), 2));
        }
        let none = Missing::Refused(Refusal::NoShare);
        assert_eq!(ask(&[no_share; 2], LONG, LONG).await, (Err(none), 2));
        assert_eq!(ask(&[], LONG, LONG).await, (Err(Missing::Unreachable), 0));
    }

    #[tokio::test]
    async fn many_that_hang_take_no_longer_than_one() {
        let (answer, asked) = ask(&[HANGS; 8], LONG, SHORT).await;
        assert_eq!((answer, asked), (Err(Missing::Unreachable), 1));
    }
}
