//! `inspect`: a record, a file or a node's disk as someone who seized it would see it.

use crate::exit::CliError;
use crate::globals::Globals;
use crate::output::{self, tell};
use crate::session::Session;
use parasol_protocol::ids::RecordId;
use parasol_protocol::record::attachment::Target;
use parasol_protocol::record::report::{Audience, Report};
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::{Body, Header, Signer, Unverified, Verified};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// The largest file that is taken for a record.
const MAX_FILE: u64 = 1024 * 1024;

/// Arguments.
#[derive(clap::Args, Clone, Debug)]
pub struct InspectArgs {
    /// A record's id, or at least its first 8 characters, or a file with a record in it. A report
    /// that was opened here in the last day is read from the home; for any other record the node
    /// is asked, and sees which
    #[arg(
        value_name = "ID|FILE",
        required_unless_present = "node",
        conflicts_with = "node"
    )]
    pub what: Option<String>,
    /// Show what lies on the disk of the profile's node
    #[arg(long)]
    pub node: bool,
}

/// One field: its name, what stands there, and what that tells a reader.
type Line = (&'static str, String, &'static str);

/// Does it.
///
/// # Errors
/// If there is no such record or file, its signature does not hold, or the node does not answer.
pub fn run(args: &InspectArgs, globals: &Globals) -> Result<(), CliError> {
    let Some(what) = &args.what else {
        return node(globals);
    };
    let path = Path::new(what);
    meant_as_file(what)?;
    let (bytes, session) = if path.is_file() {
        let size = fs::metadata(path).map_or(0, |m| m.len());
        if size > MAX_FILE {
            return Err(CliError::input(
                "too-large",
                "that file is far too large to be a record",
            ));
        }
        let bytes = fs::read(path)
            .map_err(|e| CliError::input("file-unreadable", format_args!("{what}: {e}")))?;
        // A file can be looked at without any federation, but then its signature says nothing.
        (bytes, Session::open(globals))
    } else {
        let session = Session::open(globals)?;
        let bytes = match session.keep.record(what)? {
            Some(bytes) => bytes,
            None => {
                tell!(
                    "note: that record was not opened here in the last day, so your node {} is asked for it, and sees which one you look at",
                    session.profile.node
                );
                session.record(what)?
            }
        };
        (bytes, Ok(session))
    };
    let record = Unverified::parse(&bytes)
        .map_err(|why| CliError::input(why.rule.id(), format_args!("that is no record: {why}")))?;
    let (header, body) = record.claimed();
    let (signature, bad) = signature(&bytes, header, session.as_ref());
    let mut lines = lines(&bytes, header, body);
    // Beside the signer; but what is wrong comes first.
    lines.insert(if bad.is_some() { 0 } else { 5 }, signature);
    if globals.json {
        let mut all = Map::new();
        for (name, value, tells) in &lines {
            let value = json!({"value": value, "tells": tells});
            match all.get_mut(*name).and_then(Value::as_array_mut) {
                Some(list) => list.push(value),
                None => drop(all.insert((*name).to_owned(), json!([value]))),
            }
        }
        output::json(&json!({ "record": all }));
        return bad.map_or(Ok(()), Err);
    }
    if let Some(why) = &bad {
        output::text(&format!("DO NOT RELY ON THIS RECORD: {}\n", why.message()));
    }
    output::text("Whoever has a node's disk has this, and no key to the sealed parts:\n");
    for (name, value, tells) in &lines {
        output::text(&format!("  {name:<13} {value}"));
        if !tells.is_empty() {
            output::text(&format!("  {:<13}   {tells}", ""));
        }
    }
    bad.map_or(Ok(()), Err)
}

/// Refuses what can only be meant as a file and is none, before it is taken for a bad id.
fn meant_as_file(what: &str) -> Result<(), CliError> {
    let path = Path::new(what);
    if path.is_file() || crate::session::check_id(what).is_ok() {
        return Ok(());
    }
    let said = match fs::metadata(path) {
        Ok(_) => format!("{what} is not a file with a record in it"),
        // Nothing that is written like an id has a dot or a stroke.
        Err(_) if what.contains(['/', '.', '\\']) => format!("there is no file {what}"),
        Err(_) => format!("{what} is neither a file here nor a record's id"),
    };
    Err(CliError::input("no-file", said).next(
        "check the path, or give at least the first 8 characters of a record's id, as `check` shows them",
    ))
}

/// What is to be said of a record's signature, and the error if it does not hold.
fn signature(
    bytes: &[u8],
    header: &Header,
    session: Result<&Session, &CliError>,
) -> (Line, Option<CliError>) {
    let name = "signature";
    let federation = match session {
        Ok(session) => &session.federation,
        Err(why) => {
            let said = format!("signature not checked: {}", why.message());
            return (
                (
                    name,
                    said,
                    "whether it holds, only the federation's charter can tell",
                ),
                None,
            );
        }
    };
    let bad = match Verified::from_bytes(bytes, federation.id()) {
        Err(why) => CliError::input(
            why.rule.id(),
            format_args!("its signature does not hold in your federation: {why}"),
        ),
        Ok(_)
            if federation
                .charter()
                .organisation(&header.organisation)
                .is_none() =>
        {
            CliError::input(
                "not-a-member",
                "it is signed, but by no organisation of your federation",
            )
        }
        Ok(_) => {
            let said = format!("holds; {}", federation.name(&header.organisation));
            return (
                (
                    name,
                    said,
                    "checked against the signer's key, in your federation",
                ),
                None,
            );
        }
    };
    ((name, "DOES NOT HOLD".to_owned(), ""), Some(bad))
}

fn lines(bytes: &[u8], header: &Header, body: &Body) -> Vec<Line> {
    let signer = match header.signer {
        Signer::Root => "the organisation's root key".to_owned(),
        Signer::Node(key) => format!("node {key}"),
    };
    let mut lines = vec![
        (
            "record",
            RecordId::of(bytes).to_string(),
            "its id: the SHA-256 of its bytes",
        ),
        ("size", format!("{} bytes", bytes.len()), "one of few sizes"),
        ("kind", body.kind().name().to_owned(), ""),
        (
            "organisation",
            header.organisation.to_string(),
            "which organisation speaks; never who in it",
        ),
        (
            "signed by",
            signer,
            "the publisher: a machine, never a person",
        ),
        (
            "issued",
            header.issued.to_string(),
            "when it was published, not when anything happened",
        ),
        (
            "expires",
            header.expires.to_string(),
            "after this day no node serves it",
        ),
        (
            "slot",
            header.slot.to_string(),
            "its number among the organisation's records of that day",
        ),
    ];
    match body {
        Body::Report(report) => report_lines(report, &mut lines),
        Body::Translation(t) => attached(&t.target, t.sealed.len(), &mut lines),
        Body::Second(s) => attached(&s.target, s.sealed.len(), &mut lines),
        Body::Dispute(d) => attached(&d.target, d.sealed.len(), &mut lines),
        Body::Retraction(r) => {
            lines.push(("lock", r.lock.to_string(), "the reports that it takes back"));
            let by = if r.proof.is_some() {
                "the lock's own signature"
            } else {
                "its publisher alone"
            };
            lines.push(("proof", by.to_owned(), ""));
        }
        Body::Vouch(v) => {
            lines.push(("vouches for", v.subject.to_string(), ""));
            lines.push((
                "budget",
                v.budget.to_string(),
                "how many others it may bring in",
            ));
            lines.push(("speaks for", v.scope.to_string(), ""));
        }
        Body::Revocation(Revocation::Key(key)) => lines.push(("revokes", key.to_string(), "")),
        Body::Revocation(Revocation::Vouches(ids)) => lines.push((
            "takes back",
            output::count(ids.len(), "vouch", "vouches"),
            "",
        )),
        Body::Affirmation(a) => lines.push((
            "affirms",
            output::count(a.records.len(), "record", "records"),
            "",
        )),
        Body::Delegation(d) => {
            lines.push((
                "delegates to",
                d.terms.record_key.to_string(),
                "a node's record key",
            ));
            lines.push(("until", d.terms.until.to_string(), ""));
        }
        Body::Grant(g) => {
            lines.push(("grants to", g.subject.to_string(), "an organisation"));
            lines.push((
                "evaluations",
                g.evaluations.to_string(),
                "beyond its daily quota, in all days together, if enough keyholders say so",
            ));
        }
        _ => {}
    }
    lines
}

fn report_lines(report: &Report, lines: &mut Vec<Line>) {
    let audience = match report.audience {
        Audience::Federation => "the federation",
        Audience::Own => "its own organisation",
    };
    lines.extend([
        ("for", audience.to_owned(), ""),
        (
            "lock",
            report.lock.to_string(),
            "fresh for this report; its other half takes the report back",
        ),
        ("edition", report.edition.to_string(), ""),
        ("salt", hex::encode(report.salt), "random"),
    ]);
    for entry in &report.entries {
        lines.push((
            "handle",
            format!("bucket {:05x}  label {}  key sealed, 48 bytes", entry.bucket, hex::encode(entry.label.0)),
            "a handle or random bytes in its place: nobody can tell, and the handle cannot be computed back",
        ));
    }
    lines.extend([
        (
            "area tag",
            hex::encode(report.area_tag),
            "random, or an area that only t keyholders together can name",
        ),
        (
            "area key",
            "sealed, 48 bytes".to_owned(),
            "random if the author chose that no area opens it",
        ),
        (
            "commitment",
            hex::encode(report.commitment),
            "so that it reads one way only",
        ),
        (
            "summary",
            sealed(report.summary.len()),
            "level, what happened, month, area: padded and encrypted",
        ),
        (
            "text",
            sealed(report.text.len()),
            "the story, padded and encrypted, or nothing, padded too",
        ),
        (
            "handles",
            sealed(report.handles.len()),
            "the list of handles, padded and encrypted",
        ),
    ]);
}

fn attached(target: &Target, len: usize, lines: &mut Vec<Line>) {
    lines.extend([
        ("report", target.report.to_string(), "what it belongs to"),
        (
            "lock",
            target.lock.to_string(),
            "it dies with the report of this lock",
        ),
        (
            "words",
            sealed(len),
            "padded and encrypted under the report's own key",
        ),
    ]);
}

fn sealed(len: usize) -> String {
    format!("sealed, {len} bytes")
}

fn node(globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals)?;
    let bytes = session.get("/v1/store")?;
    let store: Value = serde_json::from_slice(&bytes).map_err(|e| {
        CliError::other(
            "bad-answer",
            format_args!("the node's account of its disk is damaged: {e}"),
        )
    })?;
    if globals.json {
        output::json(&store);
        return Ok(());
    }
    output::text(&format!(
        "What lies on the disk of {}'s node, and with it in whoever's hands it falls into:\n",
        session.profile.name
    ));
    show(&store, 1);
    output::text(
        "\nNo handle, no text, no name and no address of anyone is among it. What opens a report is a\nhandle and the answers of enough keyholders, in different countries.",
    );
    Ok(())
}

/// JSON as indented lines.
fn show(value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let plain = |v: &Value| match v {
        Value::String(text) => Some(output::clean(text)),
        Value::Object(_) | Value::Array(_) => None,
        other => Some(other.to_string()),
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match plain(value) {
                    Some(text) => output::text(&format!("{indent}{name:<24} {text}")),
                    None => {
                        output::text(&format!("{indent}{name}"));
                        show(value, depth + 1);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match (plain(item), item) {
                    (Some(text), _) => output::text(&format!("{indent}{text}")),
                    (None, Value::Object(fields))
                        if fields.values().all(|v| plain(v).is_some()) =>
                    {
                        let parts: Vec<String> = fields.values().filter_map(plain).collect();
                        output::text(&format!("{indent}{}", parts.join("  ")));
                    }
                    (None, _) => show(item, depth + 1),
                }
            }
        }
        other => output::text(&format!("{indent}{}", plain(other).unwrap_or_default())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_not_called_a_bad_id() {
        let said = |what: &str| meant_as_file(what).map_err(|why| why.message().to_owned());
        assert_eq!(
            said("./nosuch.bin").unwrap_err(),
            "there is no file ./nosuch.bin"
        );
        assert!(said("nosuch").unwrap_err().contains("neither a file"));
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().to_str().unwrap();
        assert!(said(place).unwrap_err().contains("is not a file"));
        let file = dir.path().join("a.bin");
        fs::write(&file, b"x").unwrap();
        assert_eq!(said(file.to_str().unwrap()), Ok(()));
        assert_eq!(said("0123abcd"), Ok(()));
    }
}
