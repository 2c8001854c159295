//! Carries what the protocol's client asks to the home node, over HTTP.

use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{Ask, AskId, Error, Exchange, Unanswered};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Asks that are under way at one time.
const PARALLEL: usize = 8;
/// How long the node may take; it may have to wait for others that do not answer.
const TIMEOUT: Duration = Duration::from_secs(90);
/// How long it may take to get through to it.
const CONNECT: Duration = Duration::from_secs(10);
/// What a node answers that was asked too much in too short a time.
const TOO_MANY: u16 = 429;
/// How long to wait then, if the node does not say; longer each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// It does not grow further.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long one ask is put off so, in all.
const PATIENCE: Duration = Duration::from_secs(120);
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
        patiently(limit, || {
            self.agent
                .get(format!("{}{path}", self.node))
                .header("Authorization", self.bearer.as_str())
                .call()
        })
    }

    /// Sends a record to a path.
    ///
    /// # Errors
    /// If there is no answer, or it is an error.
    pub fn send(&self, path: &str, record: &[u8], limit: usize) -> Answer {
        patiently(limit, || {
            self.agent
                .post(format!("{}{path}", self.node))
                .header("Authorization", self.bearer.as_str())
                .header("Content-Type", "application/cose")
                .send(record)
        })
    }

    fn post(&self, ask: &Ask) -> Answer {
        patiently(ask.reply_limit, || {
            self.agent
                .post(format!("{}{}", self.node, ask.path))
                .header("Authorization", self.bearer.as_str())
                .header("Content-Type", "application/cbor")
                .send(ask.body.as_slice())
        })
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

type Response = ureq::http::Response<ureq::Body>;

/// Asks, and asks again after a while if the node has too much to do.
fn patiently(limit: usize, ask: impl Fn() -> Result<Response, ureq::Error>) -> Answer {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let response = ask();
        let wait = match &response {
            Ok(response) if response.status().as_u16() == TOO_MANY => {
                Some(told_to_wait(response).map_or(pause, |told| told.max(FIRST_PAUSE)))
            }
            _ => None,
        };
        let answer = read(response, limit);
        match wait {
            Some(wait) if started.elapsed().saturating_add(wait) <= PATIENCE => {
                std::thread::sleep(wait);
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
            _ => return answer,
        }
    }
}

/// How long the node says to wait, if it says so in seconds.
fn told_to_wait(response: &Response) -> Option<Duration> {
    let told = response.headers().get("retry-after")?.to_str().ok()?;
    told.trim().parse().ok().map(Duration::from_secs)
}

fn read(response: Result<Response, ureq::Error>, limit: usize) -> Answer {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn a_node_that_was_asked_too_much_is_asked_again() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let node = format!("http://{}", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            for status in ["429 Too Many Requests\r\nRetry-After: 1", "200 OK"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                assert!(stream.read(&mut request).unwrap() > 0);
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let carrier = Carrier::new(&node, "token");
        assert_eq!(carrier.get("/v1/directory", 100), Ok(b"ok".to_vec()));
        serving.join().unwrap();
    }
}
