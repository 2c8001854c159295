//! Asking a node how it is.

use crate::exit::CliError;
use serde_json::Value;
use std::time::Duration;

/// What a node says of itself: that it is there, to everyone; the rest to who has a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// All of it.
    pub all: Value,
}

impl Status {
    /// Asks the node at an address such as `http://127.0.0.1:8440`, with a token of its if there
    /// is one.
    ///
    /// # Errors
    /// If it does not answer, or not as a node does.
    pub fn ask(url: &str, token: Option<&str>) -> Result<Self, CliError> {
        let text = get(&format!("{url}/v1/status"), token, Duration::from_secs(5))
            .and_then(|body| String::from_utf8(body).map_err(|e| e.to_string()))
            .map_err(|e| {
                CliError::unreachable(
                    "node-unreachable",
                    format_args!("the node at {url} does not answer: {e}"),
                )
                .next("start it with `parasol node run DIR`, or ask who runs it")
            })?;
        let all = serde_json::from_str(&text).map_err(|_| {
            CliError::unreachable(
                "not-a-node",
                format_args!("what answers at {url} is no Parasol node"),
            )
            .next("check the address in the profile")
        })?;
        Ok(Self { all })
    }

    /// Whether it told all, and not only that it is there.
    pub fn is_whole(&self) -> bool {
        self.all.get("ready").is_some()
    }

    /// Whether it can serve.
    pub fn ready(&self) -> bool {
        self.all
            .get("ready")
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    /// How many other nodes it is connected to.
    pub fn peers(&self) -> u64 {
        self.all
            .get("peers")
            .and_then(Value::as_u64)
            .unwrap_or_default()
    }

    /// What whoever runs it should look at, in words.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let all = self.all.get("warnings").and_then(Value::as_array);
        all.into_iter()
            .flatten()
            .filter_map(|w| w.get("message").and_then(Value::as_str))
    }

    /// How many records of each kind it carries.
    pub fn records(&self) -> Option<&Value> {
        self.all.get("records")
    }
}

/// Fetches a page of at most 16 MB.
///
/// # Errors
/// A sentence that says why not.
pub fn get(url: &str, token: Option<&str>, timeout: Duration) -> Result<Vec<u8>, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .proxy(None)
        .build()
        .into();
    let mut request = agent.get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut response = request.call().map_err(|e| e.to_string())?;
    response
        .body_mut()
        .with_config()
        .limit(16 * 1024 * 1024)
        .read_to_vec()
        .map_err(|e| e.to_string())
}
