//! Asking a node how it is.

pub use crate::answers::Status;
use crate::exit::CliError;
use std::time::Duration;

impl Status {
    /// Asks the node at an address such as `http://127.0.0.1:8440`, with a token of its if there
    /// is one.
    ///
    /// # Errors
    /// If it does not answer, or not as a node does.
    pub fn ask(url: &str, token: Option<&str>) -> Result<Self, CliError> {
        let body =
            get(&format!("{url}/v1/status"), token, Duration::from_secs(5)).map_err(|e| {
                CliError::unreachable(
                    "node-unreachable",
                    format_args!("the node at {url} does not answer: {e}"),
                )
                .next("start it with `parasol node run DIR`, or ask who runs it")
            })?;
        Self::read(&body).ok_or_else(|| {
            CliError::unreachable(
                "not-a-node",
                format_args!("what answers at {url} is no Parasol node"),
            )
            .next("check the address in the profile")
        })
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
