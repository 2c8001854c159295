//! Carries what the protocol's client asks to the home node, over HTTP.

use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Ask, AskId, Error, Exchange, Unanswered};
use std::sync::Mutex;
use std::time::Duration;
use zeroize::Zeroizing;

/// Asks that are under way at one time.
const PARALLEL: usize = 8;
/// How long the node may take; it may have to wait for others that do not answer.
const TIMEOUT: Duration = Duration::from_secs(90);
/// How long it may take to get through to it.
const CONNECT: Duration = Duration::from_secs(10);
/// An error's text is not read further.
const ERROR_LIMIT: u64 = 16 * 1024;

/// The way to a home node.
pub struct Carrier {
    agent: ureq::Agent,
    node: String,
    bearer: Zeroizing<String>,
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Carrier({})", self.node)
    }
}

type Answer = Result<Vec<u8>, Unanswered>;

impl Carrier {
    /// The way to the node at an address such as `http://127.0.0.1:8440`, with its token.
    pub fn new(node: &str, token: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .timeout_connect(Some(CONNECT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections_per_host(PARALLEL)
            .build()
            .into();
        Self {
            agent,
            node: node.trim_end_matches('/').to_owned(),
            bearer: Zeroizing::new(format!("Bearer {token}")),
        }
    }

    /// Fetches what lies at a path.
    ///
    /// # Errors
    /// If there is no answer, or it is an error.
    pub fn get(&self, path: &str, limit: usize) -> Answer {
        let request = self
            .agent
            .get(format!("{}{path}", self.node))
            .header("Authorization", self.bearer.as_str());
        read(request.call(), limit)
    }

    fn post(&self, ask: &Ask) -> Answer {
        let request = self
            .agent
            .post(format!("{}{}", self.node, ask.path))
            .header("Authorization", self.bearer.as_str())
            .header("Content-Type", "application/cbor");
        read(request.send(ask.body.as_slice()), ask.reply_limit)
    }

    /// Carries an exchange to its end.
    ///
    /// # Errors
    /// As the exchange ends.
    pub fn carry<E: Exchange>(&self, mut exchange: E) -> Result<E::Done, Error> {
        loop {
            if let Some(done) = exchange.done() {
                return done;
            }
            let asks = exchange.asks();
            if asks.is_empty() {
                return Err(Error::Internal(
                    "there is nothing left to ask and no result",
                ));
            }
            for (id, answer) in self.post_all(asks) {
                exchange.answer(id, answer, &mut OsEntropy);
            }
        }
    }

    fn post_all(&self, asks: Vec<Ask>) -> Vec<(AskId, Answer)> {
        if let [only] = asks.as_slice() {
            return vec![(only.id, self.post(only))];
        }
        let workers = asks.len().min(PARALLEL);
        let queue = Mutex::new(asks.into_iter());
        let answers = Mutex::new(Vec::new());
        let next = || queue.lock().ok()?.next();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(ask) = next() {
                        let answer = self.post(&ask);
                        if let Ok(mut answers) = answers.lock() {
                            answers.push((ask.id, answer));
                        }
                    }
                });
            }
        });
        answers.into_inner().unwrap_or_default()
    }
}

fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>, limit: usize) -> Answer {
    let mut response = response.map_err(|_| Unanswered::Unreachable)?;
    let status = response.status();
    let limit = if status.is_success() {
        // One more, so that an answer of exactly the limit is not taken for a longer one.
        limit as u64 + 1
    } else {
        ERROR_LIMIT
    };
    let body = response.body_mut().with_config().limit(limit).read_to_vec();
    match body {
        Ok(body) if status.is_success() => Ok(body),
        other => Err(if status.is_success() {
            Unanswered::Unreachable
        } else {
            Unanswered::Status {
                status: status.as_u16(),
                body: other.unwrap_or_default(),
            }
        }),
    }
}
