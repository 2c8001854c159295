//! A whole client in thirty lines: files a report and looks it up again.
//!
//! The protocol says what to ask and what the answers mean; any HTTP library carries it.
//!
//! ```text
//! cargo run --release -p parasol-cli --example report_and_check -- NODE TOKEN ORGANISATION HANDLE
//! ```
//!
//! Node, token and organisation stand in a profile, as `DIR/home/profiles/lilas.toml` of a demo.

use parasol_node::entropy::OsEntropy;
use parasol_protocol::client::{
    Check, CheckOptions, Draft, Exchange, Federation, Publish, Seal, Unanswered,
};
use parasol_protocol::handle::parse;
use parasol_protocol::particulars::{Basis, Code, Level, Particulars, Summary};
use std::collections::BTreeSet;
use std::error::Error;

/// Carries what an exchange asks to the node, and the answers back, until it is done.
fn carry<E: Exchange>(
    node: &str,
    bearer: &str,
    mut exchange: E,
) -> Result<E::Done, Box<dyn Error>> {
    loop {
        for ask in exchange.asks() {
            let request = ureq::post(format!("{node}{}", ask.path)).header("Authorization", bearer);
            let answer = match request.send(ask.body.as_slice()) {
                Ok(mut r) => r
                    .body_mut()
                    .read_to_vec()
                    .map_err(|_| Unanswered::Unreachable),
                Err(ureq::Error::StatusCode(status)) => Err(Unanswered::Status {
                    status,
                    body: Vec::new(),
                }),
                Err(_) => Err(Unanswered::Unreachable),
            };
            exchange.answer(ask.id, answer, &mut OsEntropy);
        }
        if let Some(done) = exchange.done() {
            return Ok(done?);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [node, token, organisation, handle] = args.as_slice() else {
        return Err("give the node's address, a token, the organisation's key and a handle".into());
    };
    let bearer = format!("Bearer {token}");
    let handle = parse(handle, None, None)?.handle.clone();

    let mut directory = ureq::get(format!("{node}/v1/directory"))
        .header("Authorization", &bearer)
        .call()?;
    let reply = directory.body_mut().read_to_vec()?;
    let federation = Federation::from_reply(
        &reply,
        &organisation.parse()?,
        None,
        parasol_cli::session::today(),
    )?;

    let summary = Summary {
        level: Level::Risk,
        codes: BTreeSet::from([Code::NonPayment]),
        month: None,
        area: None,
        basis: Basis::FirstHand,
    };
    let particulars = Particulars {
        summary,
        words: None,
        handles: BTreeSet::from([handle.clone()]),
    };
    let draft = Draft::new(&federation, particulars, &mut OsEntropy);
    let (sealed, _) = carry(
        node,
        &bearer,
        Seal::new(&federation, vec![draft], &mut OsEntropy)?,
    )?;
    for filed in carry(node, &bearer, Publish::new(&federation, sealed)?)? {
        println!("published {}", filed?.id());
    }

    let check = Check::new(
        &federation,
        vec![handle],
        CheckOptions::default(),
        &mut OsEntropy,
    )?;
    for found in carry(node, &bearer, check)?
        .results
        .iter()
        .flat_map(|r| &r.reports)
    {
        println!(
            "{} from {}: {:?}",
            found.summary.level, found.organisation, found.summary.codes
        );
    }
    Ok(())
}
