//! What a node tells of itself: to anyone, and to those with a token.

use super::access::App;
use super::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use parasol_protocol::ceremony::REFRESH;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What anyone may know: that a node is there, and whose.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(super) struct StatusBody {
    /// It answers.
    ok: bool,
    /// Its organisation's root key.
    organisation: String,
    /// The federation's id.
    federation: String,
    /// The version of the program.
    version: &'static str,
    /// The rest, for those with a token.
    #[serde(flatten)]
    inside: Option<InsideBody>,
}

/// How the node is.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct InsideBody {
    /// The node's name.
    node: String,
    /// Whether it answers clients.
    ready: bool,
    /// Nodes it is connected to.
    peers: usize,
    /// Nodes it would be connected to if all were up.
    known: usize,
    /// Reports it carries.
    reports: u64,
    /// Records it carries, by kind.
    records: BTreeMap<&'static str, u64>,
    /// Its day.
    today: String,
    /// The last day on which it may sign.
    delegated_until: Option<String>,
    /// What whoever runs it should look at.
    warnings: Vec<WarningBody>,
    /// The generation of the shared keys; none before they are made.
    keys: Option<KeysBody>,
}

/// A generation of the shared keys.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct KeysBody {
    /// Its number.
    epoch: u32,
    /// The day on which it was planned.
    made: String,
    /// The day from which it is renewed; none if a dealer made it, since that takes a hand.
    renewed_from: Option<String>,
    /// The organisations that hold shares.
    holders: Vec<String>,
    /// Those of them that have not said that they stored theirs.
    waiting: Vec<String>,
}

#[derive(serde::Serialize, utoipa::ToSchema)]
struct WarningBody {
    /// A stable word for it.
    code: &'static str,
    /// What it is, and what to do.
    message: String,
}

/// That the node is there; with a token, how it is.
#[utoipa::path(get, path = "/v1/status", security((), ("token" = [])),
    responses((status = 200, body = StatusBody), (status = 401, body = ErrorBody)))]
pub(super) async fn status(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<StatusBody>, ApiError> {
    // Whoever shows one has had it checked. For the others nobody else is troubled: this part can
    // be asked by anyone, as often as he likes.
    let inside = if headers.contains_key(header::AUTHORIZATION) {
        let status = app.driver.status().await?;
        Some(InsideBody {
            node: app.name.to_string(),
            ready: true,
            peers: status.peers,
            known: status.known,
            reports: status.records.get("report").copied().unwrap_or(0),
            records: status.records,
            today: status.today.to_string(),
            delegated_until: status.delegated_until.map(|d| d.to_string()),
            warnings: {
                let alarms = status.alarms.iter().map(|a| (a.code(), a.to_string()));
                let warnings = status.warnings.iter().map(|w| (w.code(), w.to_string()));
                let all = alarms.chain(warnings);
                all.map(|(code, message)| WarningBody { code, message })
                    .collect()
            },
            keys: status.keys.map(|keys| KeysBody {
                epoch: keys.epoch,
                made: keys.made.to_string(),
                renewed_from: (!keys.dealt).then(|| keys.made.plus(REFRESH).to_string()),
                holders: keys.holders,
                waiting: keys.waiting,
            }),
        })
    } else {
        None
    };
    Ok(Json(StatusBody {
        ok: true,
        organisation: app.organisation.to_string(),
        federation: app.federation.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        inside,
    }))
}

/// What lies on the node's disk: all that a raid would find.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(super) struct StoreBody {
    /// The node's name.
    node: String,
    /// The files in its directory.
    files: Vec<FileBody>,
    /// Entries by table.
    tables: BTreeMap<&'static str, u64>,
    /// Records by kind.
    records: BTreeMap<&'static str, u64>,
    /// The shared keys of which it holds one share; a share alone opens nothing.
    shares: Vec<String>,
    /// How many keyholders it takes to open anything.
    threshold: usize,
}

#[derive(serde::Serialize, utoipa::ToSchema)]
struct FileBody {
    /// Its path in the node's directory.
    path: String,
    /// Its size in bytes.
    bytes: u64,
    /// What it is.
    what: &'static str,
}

/// What lies on the node's disk.
#[utoipa::path(get, path = "/v1/store", responses((status = 200, body = StoreBody)), security(("token" = [])))]
pub(super) async fn store(State(app): State<App>) -> Result<Json<StoreBody>, ApiError> {
    let status = app.driver.status().await?;
    let mut files = Vec::new();
    list(&app.dir, &app.dir, &mut files, 0);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Json(StoreBody {
        node: app.name.to_string(),
        files,
        tables: status.tables,
        records: status.records,
        shares: status.shares,
        threshold: app.threshold,
    }))
}

fn list(root: &Path, dir: &Path, files: &mut Vec<FileBody>, depth: usize) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(meta) if meta.is_dir() && depth < 4 => list(root, &path, files, depth + 1),
            Ok(meta) if meta.is_file() => {
                let path = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .into_owned();
                let what = describe(&path);
                files.push(FileBody {
                    path,
                    bytes: meta.len(),
                    what,
                });
            }
            _ => {}
        }
    }
}

fn describe(path: &str) -> &'static str {
    match path {
        "keys/record.key" => {
            "secret: the key that signs this node's records; its organisation's root key can revoke it, with `parasol org revoke`"
        }
        "keys/transport.key" => "secret: the key by which other nodes know this one",
        "keys/seal.key" => {
            "secret: opens the questions that clients seal to this node, which name buckets and no one"
        }
        "keys/shares.cbor" => "secret: one share of each of the federation's keys; useless alone",
        "roots.cbor" => {
            "public in the federation: who may speak for the keyholders, for the next start"
        }
        "charter.cbor" => "public in the federation: who belongs to it",
        "certificate.cbor" => "public in the federation: the public halves of the shared keys",
        "trust.cbor" => "public in the federation: what organisations' root keys signed",
        "tokens.toml" => "hashes of the tokens of this node's profiles, by profile name",
        "node.toml" => "the node's settings",
        "log" => "what the node did, without a handle, a label or a person",
        "pid" => "the number of the node's process",
        _ if path.starts_with("grants/") => {
            "what this node was told to grant another organisation, and its answer"
        }
        "format" | "data/format" => "the version of the layout",
        _ if path.starts_with("keys/shares-") => {
            "secret: one share of each of the federation's keys, of one epoch; useless alone"
        }
        _ if path.starts_with("ceremonies/") && path.ends_with("/seed") => {
            "secret: what this node has drawn for a key ceremony; it goes when that is over"
        }
        _ if path.starts_with("ceremonies/") => "public in the federation: a key ceremony",
        _ if path.starts_with("data/") => {
            "records, sealed: see `parasol inspect ID` for one of them"
        }
        _ => "not written by the node",
    }
}
