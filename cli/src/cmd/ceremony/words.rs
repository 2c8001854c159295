//! What ceremonies say when they cannot go on, and what is said of the keys.

use super::office::Office;
use super::picture::{Picture, State};
use crate::exit::{CliError, Kind};
use crate::output;
use parasol_node::ceremony::DeskError;
use parasol_protocol::ceremony::{CeremonyError, PlanError, REFRESH};
use serde_json::{Value, json};
use std::path::Path;

/// A path as a shell takes it.
pub(super) fn dir(dir: &Path) -> String {
    output::quote(&dir.to_string_lossy())
}

/// The command that shows how things stand.
pub(super) fn status_line(node: &Path) -> String {
    format!("see `parasol ceremony status {}`", dir(node))
}

/// The command that joins.
pub(super) fn join_line(node: &Path, short: &str) -> String {
    format!("join it first: parasol ceremony join {} {short}", dir(node))
}

/// What went wrong on the desk.
pub(super) fn desk(error: DeskError) -> CliError {
    match &error {
        DeskError::Io { .. } | DeskError::Secret(_) => CliError::home("ceremony-files", &error),
        DeskError::Damaged { .. } => CliError::home("damaged", &error),
        DeskError::Kept(_) => CliError::home("kept-damaged", &error),
        DeskError::Signed(_) => CliError::home("signed-damaged", &error),
        DeskError::Busy(_) => CliError::refused("busy", &error),
        DeskError::Form(_) => CliError::input("bad-board", &error),
        DeskError::Plan(why) => plan(why),
        DeskError::Ceremony(why) => ceremony(why),
        DeskError::Certificate(_) => CliError::input("certificate", &error),
        DeskError::TwoCertificates { .. } => CliError::refused("two-certificates", &error).next(
            "use neither until the keyholders have cleared this up: whoever signed both has lost control of a node, or made one anew",
        ),
        DeskError::Forged(_) => CliError::refused("forged", &error),
        DeskError::Large => CliError::refused("large", &error),
        DeskError::Strange => CliError::input("strange", &error),
        DeskError::Past => CliError::refused("past", &error),
        DeskError::Full => CliError::refused("full", &error),
    }
}

/// The same of a file that was given.
pub(super) fn desk_in(error: DeskError, path: &Path) -> CliError {
    let said = desk(error);
    let with_path = format!("{}: {}", path.display(), said.message());
    let again = CliError::new(said.kind(), said.code().to_owned(), with_path);
    match said.advice() {
        Some(step) => again.next(step),
        None => again,
    }
}

/// Why a plan does not hold.
pub(super) fn plan(error: &PlanError) -> CliError {
    let said = CliError::input(format!("plan-{}", error.word()), error);
    match error {
        PlanError::Malformed(_) => said.next("ask for the file once more; it may have been damaged on its way"),
        PlanError::OtherCharter => said.next("compare `parasol charter status` on both sides, and take in what is missing with `parasol node take`"),
        PlanError::Holders | PlanError::Dealers { .. } => said.next(
            "take in the delegations of the organisations that take part with `parasol node take`, on every node",
        ),
        PlanError::OtherCertificate | PlanError::Epoch { .. } => said.next(
            "another ceremony has come to its end since, or this node has not heard of one: compare `parasol ceremony status` on both sides, and begin anew",
        ),
        PlanError::Dealt => said.next("make new keys: parasol ceremony start NODE_DIR --generate"),
        PlanError::Starter => said.next("start it on the node of an organisation that takes part"),
        _ => said.next("ask whoever began it to plan again"),
    }
}

fn ceremony(error: &CeremonyError) -> CliError {
    match error {
        CeremonyError::NotNamed => CliError::input("no-part", error)
            .next("ask whoever began it to plan again with this node, if it should take part"),
        CeremonyError::Day { .. } => CliError::refused("day", error),
        CeremonyError::Epoch { signed, .. } => CliError::refused("epoch", error).next(format_args!(
            "begin anew with --epoch {}",
            signed.saturating_add(1)
        )),
        CeremonyError::Share(_) => CliError::home("share", error).next(
            "if this node has lost its shares, it can hold new ones, and others share out: have this ceremony stopped where it was begun, and begin one from this node (parasol ceremony start)",
        ),
        CeremonyError::OtherSeed => CliError::home("other-seed", error),
        CeremonyError::Voice => CliError::refused("digits-differ", error),
        CeremonyError::TooEarly => CliError::input("too-early", error),
        CeremonyError::Signed => CliError::refused("signed", error),
        CeremonyError::Broken(_) => CliError::new(Kind::Other, "ceremony", error),
    }
}

/// That a ceremony's files cannot be used.
pub(super) fn unreadable(picture: &Picture) -> CliError {
    let why = match &picture.state {
        State::Unreadable { why } => why.as_str(),
        _ => "",
    };
    CliError::home("unreadable", format_args!("the ceremony {} cannot be read here: {why}", picture.short))
        .next("take it in again from a file of another one who takes part, or forget it here and begin anew")
}

/// That a node cannot go on with what it began.
pub(super) fn seed_gone(short: &str) -> CliError {
    CliError::home(
        "seed-gone",
        format_args!(
            "this node has joined the ceremony {short}, and the seed from which it speaks there is gone: whatever it says now would be another's words"
        ),
    )
    .next("stop it with `parasol ceremony stop`, and begin anew; look why the file is gone: whoever has it learns what this node gets in that ceremony")
}

/// The keys as they stand, for programs.
pub(super) fn keys_json(office: &Office) -> Value {
    let certificate = office.certificate();
    let keys = certificate
        .iter()
        .flat_map(|c| c.keys())
        .map(|key| key.name().to_string());
    json!({
        "organisation": office.organisation(&office.node.organisation),
        "node": office.me().to_string(),
        "today": office.today.to_string(),
        "epoch": certificate.map(|c| c.epoch()),
        "issued": certificate.map(|c| c.issued().to_string()),
        "dealt": certificate.map(|c| c.dealt()),
        "certificate": certificate.map(|c| hex::encode(c.digest())),
        "keys": keys.collect::<Vec<_>>(),
        "shares": office.node.shares.len(),
        "next_refresh": next_refresh(office),
    })
}

/// The day from which the shares should be renewed.
fn next_refresh(office: &Office) -> Option<String> {
    let certificate = office.certificate().filter(|c| !c.dealt())?;
    Some(certificate.issued().plus(REFRESH).to_string())
}

/// The keys as they stand, for people.
pub(super) fn print_keys(office: &Office) {
    let say = output::text;
    let organisation = office.organisation(&office.node.organisation);
    match office.certificate() {
        None => say(&format!(
            "{organisation}: the federation has no keys yet. One of its nodes begins, `parasol ceremony start`; the others join."
        )),
        Some(certificate) => {
            say(&format!(
                "{organisation}: generation {} of the federation's keys is in force, since {}.",
                certificate.epoch(),
                certificate.issued()
            ));
            if certificate.dealt() {
                say(
                    "  One machine dealt these keys and could have kept them: for trying out only.",
                );
            }
            let holders: Vec<String> = certificate
                .holders()
                .map(|(i, root)| format!("{} ({i})", office.organisation(root)))
                .collect();
            say(&format!("  held by       {}", holders.join(", ")));
            say(&format!(
                "  here          {}",
                match office.node.shares.len() {
                    0 => "no shares".to_owned(),
                    n => format!("a share of each of {}", output::count(n, "key", "keys")),
                }
            ));
            if let Some(day) = next_refresh(office) {
                say(&format!(
                    "  to be renewed {day}, or earlier if somebody joins, leaves or has lost a share"
                ));
            }
        }
    }
}
