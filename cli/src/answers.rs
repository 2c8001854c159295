//! What a node says in JSON, and how it is shown: whoever answers there must not drive a terminal.

use crate::exit::CliError;
use crate::output::clean;
use serde_json::Value;

/// What to do when the day is used up.
pub const WHEN_USED_UP: &str = "wait until then; `parasol quota show` says how much there is. For an old list the other organisations can grant more: `parasol quota grant --help`";

/// The error that a home node's answer means.
pub fn refusal(status: u16, body: &str) -> CliError {
    let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let text = |name: &str| {
        let found = parsed
            .pointer(&format!("/error/{name}"))
            .and_then(Value::as_str);
        found.map(clean)
    };
    let code = text("code").unwrap_or_else(|| "refused".to_owned());
    let message =
        text("message").unwrap_or_else(|| format!("the node answered with status {status}"));
    let mut error = CliError::refused(code, message);
    let seconds = parsed.pointer("/error/retry_after").and_then(Value::as_u64);
    if let Some(seconds) = seconds.filter(|_| status == 429) {
        error = error.after(seconds);
    }
    match status {
        401 | 403 => error.next(
            "take the profile from your organisation again: its token is not known to the node",
        ),
        429 if error.code() == "member-quota" => error.next(WHEN_USED_UP),
        429 => error.next("wait, and go on then: the node allows so many calls a minute"),
        _ => error,
    }
}

/// What a node says of itself: that it is there, to everyone; the rest to who has a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// All of it.
    pub all: Value,
}

impl Status {
    /// Reads what a node answered, if it is JSON.
    pub fn read(body: &[u8]) -> Option<Self> {
        let all = serde_json::from_slice(body).ok()?;
        Some(Self { all })
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

    /// All of it for people, of a node at an address.
    pub fn show(&self, url: &str) -> Vec<String> {
        let text = |name: &str| self.all.get(name).map_or_else(|| "?".to_owned(), shown);
        let about = |name: &str| format!("  {name:<13} {}", text(name));
        if !self.is_whole() {
            return vec![
                format!("a node answers at {url}"),
                about("organisation"),
                about("federation"),
                about("version"),
                "It tells more to its own organisation: use a profile of this node (--profile)."
                    .to_owned(),
            ];
        }
        let ready = if self.ready() { "yes" } else { "no" };
        let mut lines = vec![
            format!("{} at {url}", text("node")),
            about("organisation"),
            about("federation"),
            about("version"),
            about("today"),
            format!("  ready         {ready}"),
            format!("  peers         {}", self.peers()),
            format!("  keys          {}", keys(self.all.get("keys"))),
            about("reports"),
        ];
        let kinds = self.records().and_then(Value::as_object);
        for (kind, count) in kinds.into_iter().flatten() {
            lines.push(format!("  {:<13} {}", clean(kind), shown(count)));
        }
        for warning in self.warnings() {
            lines.push(format!("\nLook at this: {}.", clean(warning)));
        }
        lines
    }
}

/// A value as it can stand on a terminal: JSON does not escape all that drives one.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        value => clean(&value.to_string()),
    }
}

/// What a node says of the federation's keys.
fn keys(keys: Option<&Value>) -> String {
    let Some(keys) = keys.filter(|keys| keys.is_object()) else {
        return "none yet: they are made in a ceremony, see `parasol ceremony`".to_owned();
    };
    let text = |name: &str| keys.get(name).and_then(Value::as_str).map(clean);
    let epoch = keys
        .get("epoch")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let made = text("made").unwrap_or_default();
    match text("renewed_from") {
        Some(day) => format!("generation {epoch}, of {made}; renewed from {day} on"),
        None => format!("generation {epoch}, of {made}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_does_not_drive_the_terminal() {
        let body = "{\"error\": {\"code\": \"\\u001b[2Jno\", \"message\": \"\\u001b]0;x\\u0007all is\\r well\\u202e\"}}";
        let error = refusal(503, body);
        assert_eq!(error.code(), "[2Jno");
        assert_eq!(error.message(), "]0;xall is well");
        for body in ["", "7", "{\"error\": []}", "{\"error\": {\"message\": 3}}"] {
            assert_eq!(refusal(503, body).code(), "refused");
        }
    }

    #[test]
    fn nor_does_what_it_says_of_itself_wherever_it_stands() {
        let evil = "\u{9b}2J\u{202e}x\u{1b}[0m\n";
        let told = serde_json::json!({
            "ready": true, "node": evil, "version": [evil], "reports": {evil: evil},
            "keys": {"epoch": 3, "made": evil, "renewed_from": evil},
            "records": {evil: [evil]}, "warnings": [{"message": evil}],
        });
        let status = Status::read(told.to_string().as_bytes()).unwrap();
        let shown = status.show("http://127.0.0.1:1").join("\n");
        assert!(
            !shown.contains(['\u{9b}', '\u{202e}', '\u{1b}']),
            "{shown:?}"
        );
        assert_eq!(shown.matches('\n').count(), 11);
        assert!(Status::read(b"no").is_none());
    }
}
