//! What a federation that is to be made should be like.

use super::federation::SetupError;
use parasol_protocol::charter::{Lives, Organisation, Quotas, Terms};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::time::Day;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Records that an organisation may publish a day: an old list of 10,000 rows goes in at once.
const RECORDS: u32 = 20_000;
/// Evaluations that an organisation may ask of a keyholder, a key and a day.
const EVALUATIONS: u32 = 60_000;
/// How many others the vouches of a founder may bring in.
pub const BUDGET: u32 = 12;
/// Bits of a bucket.
const BUCKET_BITS: u8 = 14;

/// How many of the organisations that are set up together hold shares, at most: what a ceremony costs
/// grows with the third power of it.
pub const MAX_HOLDERS: u16 = 15;

/// A federation that is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Where; it must be empty or not exist.
    pub dir: PathBuf,
    /// Its name.
    pub name: String,
    /// How many keyholders it takes to look something up.
    pub threshold: u16,
    /// Its organisations; the first of them, at most [`MAX_HOLDERS`], are keyholders, in this order.
    pub members: Vec<Member>,
    /// The day.
    pub today: Day,
    /// The cities that reports may name, as canonical areas.
    pub cities: Vec<String>,
}

/// An organisation that is to be a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its short name.
    pub name: String,
    /// The country whose courts can reach it (ISO 3166-1).
    pub jurisdiction: String,
    /// The language of its people (BCP 47).
    pub lang: String,
    /// The port on the loopback at which its people reach its node.
    pub http_port: u16,
    /// The port on the loopback at which other nodes reach it.
    pub p2p_port: u16,
}

/// The least threshold that so many keyholders may have.
pub const fn majority(keyholders: u16) -> u16 {
    keyholders / 2 + 1
}

impl Plan {
    /// The charter's terms with these root keys, one for each member in their order.
    ///
    /// # Errors
    /// If the plan breaks a rule; nothing has been written then.
    pub(super) fn terms(&self, roots: &[SecretKey]) -> Result<Terms, SetupError> {
        let ports: BTreeSet<u16> = self.members.iter().map(|m| m.http_port).collect();
        let p2p: BTreeSet<u16> = self.members.iter().map(|m| m.p2p_port).collect();
        if ports.len() != self.members.len()
            || p2p.len() != self.members.len()
            || !ports.is_disjoint(&p2p)
        {
            return Err(SetupError::Plan(
                "two nodes would listen on one port; give each its own",
            ));
        }
        let reserved = ["home", "lists"];
        if self
            .members
            .iter()
            .any(|m| reserved.contains(&m.name.as_str()))
        {
            return Err(SetupError::Plan(
                "no organisation can be called home: the clients' files lie under that name",
            ));
        }
        let mut cities = self.cities.clone();
        cities.sort();
        cities.dedup();
        let mut organisations: Vec<Organisation> = self
            .members
            .iter()
            .zip(roots)
            .zip(1u16..)
            .map(|((member, root), index)| Organisation {
                root: root.organisation(),
                name: member.name.clone(),
                jurisdiction: member.jurisdiction.clone(),
                keyholder: (index <= MAX_HOLDERS).then_some(index),
                budget: BUDGET,
            })
            .collect();
        organisations.sort_by_key(|o| o.root);
        let terms = first_terms(
            &self.name,
            self.threshold,
            organisations,
            cities,
            self.today,
        );
        terms.check()?;
        Ok(terms)
    }
}

/// A first version of a charter with these organisations, in the order of their roots, and these
/// cities, in order: with the numbers that a federation has when nobody says otherwise.
pub fn first_terms(
    name: &str,
    threshold: u16,
    organisations: Vec<Organisation>,
    cities: Vec<String>,
    today: Day,
) -> Terms {
    Terms {
        version: 1,
        origin: None,
        name: name.to_owned(),
        made: today,
        organisations,
        threshold,
        lives: Lives::LONGEST,
        quotas: Quotas {
            records: RECORDS,
            evaluations: EVALUATIONS,
        },
        bucket_bits: BUCKET_BITS,
        cities,
        former: Vec::new(),
    }
}
