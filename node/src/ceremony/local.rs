//! A ceremony of nodes whose directories lie on one machine: each works on its own desk with a seed
//! of its own, and nothing but signed messages goes from one to another.

use super::desk::{Desk, Hand, Known};
use super::error::DeskError;
use super::step::Progress;
use parasol_protocol::ceremony::{Ceremony, PlanTerms};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::directory::Directory;
use parasol_protocol::entropy::Entropy;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::LIVE_SEASONS;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Why no keys were made among directories of one machine.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A desk's files cannot be used, or the plan does not hold.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// Nobody is at fault, and it has not come to its end.
    #[error("the keys could not be made: {0}")]
    Stuck(String),
}

/// A node that makes keys with its neighbours on one machine.
#[derive(Debug)]
pub struct Neighbour<'a> {
    /// Its directory.
    pub dir: PathBuf,
    /// Its record key.
    pub node: &'a SecretKey,
    /// The index of the share that it is to hold.
    pub index: ShareIndex,
}

/// The names of the keys that must be there on a day: the bucket key, and those of every season that
/// a report of today can expire in, and of one more, so that the next season finds its keys.
pub fn keys_for(today: Day) -> Vec<KeyName> {
    let first = today.season();
    let seasons = (0..=LIVE_SEASONS).map(|n| first.plus(n));
    let names = seasons.flat_map(|s| [KeyName::Handle(s), KeyName::Area(s)]);
    std::iter::once(KeyName::Bucket).chain(names).collect()
}

struct Party {
    desk: Desk,
    ceremony: Ceremony,
}

/// Makes a federation's first keys among nodes whose directories are all here. Certificate and shares
/// are in force in each of them when this returns.
///
/// # Errors
/// If their files cannot be used, or the plan does not hold.
pub fn make_first_keys(
    neighbours: &[Neighbour<'_>],
    directory: &Arc<Directory>,
    today: Day,
    entropy: &mut dyn Entropy,
) -> Result<Certificate, LocalError> {
    let known = Known {
        directory: Arc::clone(directory),
        certificate: None,
    };
    let plan = plan(neighbours, &known, today, entropy)?;
    let mut parties = Vec::new();
    for neighbour in neighbours {
        let hand = Hand {
            node: neighbour.node,
            today,
        };
        let desk = Desk::open(&neighbour.dir)?;
        let name = desk.start(&plan, &known)?;
        desk.join(&name, false, entropy)?;
        let ceremony = desk.participant(&name, &known, &hand)?;
        parties.push(Party { desk, ceremony });
    }
    speak(&mut parties)?;
    let mut made = None;
    for Party { desk, ceremony } in &parties {
        desk.keep(ceremony.board())?;
        made = desk.settle(&known)?;
    }
    made.ok_or_else(|| LocalError::Stuck("there is no certificate at the end".to_owned()))
}

fn plan(
    neighbours: &[Neighbour<'_>],
    known: &Known,
    today: Day,
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, LocalError> {
    let first = neighbours
        .first()
        .ok_or_else(|| LocalError::Stuck("nobody is there to make them".to_owned()))?;
    let holders: BTreeMap<_, _> = neighbours
        .iter()
        .map(|n| (n.index, n.node.node()))
        .collect();
    let mut id = [0; 32];
    entropy.fill(&mut id);
    let terms = PlanTerms::draft(
        &known.basis(),
        id,
        today,
        &holders,
        &BTreeMap::new(),
        &keys_for(today),
        first.node.node(),
    );
    Ok(terms.map_err(DeskError::from)?.sign(first.node))
}

/// Everybody says what there is to say and hears the others, until nobody has anything to say.
fn speak(parties: &mut [Party]) -> Result<(), LocalError> {
    loop {
        let mut spoke = false;
        for party in parties.iter_mut() {
            let stepped = party.desk.go_on(&mut party.ceremony)?;
            spoke |= stepped.spoke;
            if let Progress::Stopped(why) = stepped.progress {
                return Err(LocalError::Stuck(format!("{why:?}")));
            }
        }
        if !spoke {
            return Ok(());
        }
        let boards = parties.iter().map(|party| party.ceremony.board());
        let said: Vec<Vec<u8>> = boards
            .flat_map(|board| board.messages().map(<[u8]>::to_vec))
            .collect();
        for party in parties.iter_mut() {
            for message in &said {
                let heard = party.ceremony.receive(message);
                heard.map_err(|e| LocalError::Stuck(e.to_string()))?;
            }
        }
    }
}
