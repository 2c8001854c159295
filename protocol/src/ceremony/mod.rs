//! Making and renewing the shared keys, with no dealer (`spec/11-ceremonies.md`).
//!
//! A ceremony is a [`Board`]: a set of signed messages, one of each step from each participant, which
//! may travel by any way and in any order. A [`Plan`] says who takes part and which keys are made or
//! renewed; everything else is bound to it. A [`Ceremony`] is one participant: a board, a 32-byte
//! [`CeremonySeed`], and [`Ceremony::poll`], which says what to do.
//!
//! | step | who | what |
//! |---|---|---|
//! | [join](Step::Join) | all | one-time keys; commitments to what will be shared out |
//! | [echo](Step::Echo) | all | a hash of all joins: nothing secret is sent before all agree |
//! | [deal](Step::Deal) | who shares out | the secret parts, each sealed to its recipient |
//! | [complaint](Step::Complaint) | who got a wrong part | what shows it: then all see who lied |
//! | [done](Step::Done) | new holders | a signature of the certificate, after storing the shares |
//! | [stop](Step::Stop) | anyone | that one does not go on, and who was missing |
//!
//! It ends with a certificate that a threshold of the new holders have signed, or it stops and says
//! why; the old shares are not touched before every new holder has signed.
//!
//! | module | is about |
//! |---|---|
//! | `plan` | who and what; whether that fits what is in force |
//! | `message` | what is signed |
//! | `board`, `joined`, `blame` | what follows from the messages, for anybody who reads them |
//! | `machine` | what one participant does |
//! | `due` | when one is to be begun, by whom, and about what |
//! | `generate`, `reshare`, `feldman` | new keys; renewed ones; commitments |
//! | `sealed`, `parts`, `secret`, `voice` | sealing, the layout of a deal, what the seed gives, the digits |
//!
//! # A key, two of three
//!
//! ```
//! use parasol_protocol::ceremony::{
//!     Basis, Board, Ceremony, CeremonySeed, Next, Participant, Plan, PlanTerms,
//! };
//! use parasol_protocol::certificate::Certificate;
//! use parasol_protocol::oprf::{KeyName, ShareIndex};
//! use std::collections::BTreeMap;
//! # use parasol_protocol::charter::{Charter, Lives, Organisation, Quotas, Terms};
//! # use parasol_protocol::directory::Directory;
//! # use parasol_protocol::entropy::Entropy;
//! # use parasol_protocol::keys::SecretKey;
//! # use parasol_protocol::record::delegation::{self, SlotRange};
//! # use parasol_protocol::record::{Body, Draft, Header, Signer};
//! # use parasol_protocol::time::Day;
//! # use parasol_protocol::wire::sealed::SealSecret;
//! # use sha2::{Digest, Sha512};
//! # /// Repeats itself in every run: for examples only.
//! # struct Example(u64);
//! # impl Entropy for Example {
//! #     fn fill(&mut self, out: &mut [u8]) {
//! #         for chunk in out.chunks_mut(64) {
//! #             self.0 += 1;
//! #             let block = Sha512::digest(self.0.to_be_bytes());
//! #             chunk.copy_from_slice(&block[..chunk.len()]);
//! #         }
//! #     }
//! # }
//! # let mut entropy = Example(0);
//! # let today = Day::from_number(20_779);
//! # let roots: Vec<SecretKey> = (0..3).map(|_| SecretKey::generate(&mut entropy)).collect();
//! # let nodes: Vec<SecretKey> = (0..3).map(|_| SecretKey::generate(&mut entropy)).collect();
//! # let mut organisations: Vec<Organisation> = ["FR", "GB", "RU"]
//! #     .iter()
//! #     .zip(&roots)
//! #     .zip(1..)
//! #     .map(|((country, root), index)| Organisation {
//! #         root: root.organisation(),
//! #         name: format!("tree-{index}"),
//! #         jurisdiction: country.to_string(),
//! #         keyholder: Some(index),
//! #         budget: 0,
//! #     })
//! #     .collect();
//! # organisations.sort_by_key(|o| o.root);
//! # let terms = Terms {
//! #     version: 1,
//! #     origin: None,
//! #     name: "Three trees".to_owned(),
//! #     made: today,
//! #     organisations,
//! #     threshold: 2,
//! #     lives: Lives::LONGEST,
//! #     quotas: Quotas { records: 1000, evaluations: 1000 },
//! #     bucket_bits: 12,
//! #     cities: Vec::new(),
//! #     former: Vec::new(),
//! # };
//! # let mut unsigned = terms.unsigned();
//! # roots.iter().for_each(|root| Charter::sign_with(&mut unsigned, root));
//! # let charter = Charter::from_bytes(&unsigned.write())?;
//! # let mut directory = Directory::new(charter.clone());
//! # for (root, node) in roots.iter().zip(&nodes) {
//! #     let transport = SecretKey::generate(&mut entropy);
//! #     let delegation = delegation::Terms {
//! #         record_key: node.node(),
//! #         transport_key: transport.transport(),
//! #         seal_key: SealSecret::generate(&mut entropy).public(),
//! #         slots: SlotRange { first: 0, count: 100 },
//! #         until: today.plus(60),
//! #     };
//! #     let organisation = root.organisation();
//! #     let body = delegation.agree(charter.federation(), &organisation, node, &transport);
//! #     let header = Header {
//! #         organisation,
//! #         signer: Signer::Root,
//! #         issued: today,
//! #         expires: today.plus(60),
//! #         slot: 0,
//! #     };
//! #     let draft = Draft { header, body: Body::Delegation(body) };
//! #     directory.learn(&draft.sign(charter.federation(), root)?);
//! # }
//! // Three organisations with a node each, which their roots have delegated.
//! let basis = Basis::new(&charter, &directory, None);
//! let holders: BTreeMap<ShareIndex, _> =
//!     (1..).zip(&nodes).map(|(i, node)| (ShareIndex::new(i).unwrap(), node.node())).collect();
//!
//! // One of them starts.
//! let mut id = [0; 32];
//! entropy.fill(&mut id);
//! let starter = &nodes[0];
//! let keys = [KeyName::Bucket];
//! let terms = PlanTerms::draft(&basis, id, today, &holders, &BTreeMap::new(), &keys, starter.node())?;
//! let plan = terms.sign(starter);
//!
//! // Everyone checks the plan and takes part.
//! let mut parties = Vec::new();
//! for node in &nodes {
//!     let board = Board::new(Plan::from_bytes(&plan, &basis)?);
//!     let participant = Participant {
//!         node: node.clone(),
//!         seed: CeremonySeed::generate(&mut entropy), // stored first of all
//!         shares: Default::default(),
//!         signed: None,
//!         compare: false,
//!     };
//!     parties.push(Ceremony::open(board, participant, today)?);
//! }
//!
//! // Each does what it is told, and what it says goes to all.
//! let mut stored = BTreeMap::new();
//! let certificate = loop {
//!     let mut messages = Vec::new();
//!     let mut made = None;
//!     for (number, party) in parties.iter_mut().enumerate() {
//!         match party.poll()? {
//!             Next::Post(message) => messages.push(message), // stored, then sent
//!             Next::Store(new) => {
//!                 stored.insert(number, new.shares); // flushed
//!                 party.stored(None)?;
//!             }
//!             Next::Made { certificate, waiting, .. } if waiting.is_empty() => made = Some(certificate),
//!             Next::Wait { .. } | Next::Made { .. } => {}
//!             other => panic!("{other:?}"),
//!         }
//!     }
//!     if let Some(made) = made {
//!         break made;
//!     }
//!     for message in &messages {
//!         for party in &mut parties {
//!             party.receive(message)?;
//!         }
//!     }
//! };
//!
//! // The certificate counts, and everyone has the share that it names.
//! let certificate = Certificate::from_bytes(&certificate, &charter, &directory)?;
//! assert!(!certificate.dealt());
//! let key = certificate.key(KeyName::Bucket).unwrap();
//! for shares in stored.values() {
//!     let share = &shares[&KeyName::Bucket];
//!     assert_eq!(key.shares()[&share.index()], share.public());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blame;
mod board;
mod due;
mod feldman;
mod generate;
mod joined;
mod machine;
mod message;
mod parts;
mod plan;
mod reshare;
mod sealed;
mod secret;
mod span;
mod voice;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

pub use blame::{Blame, Fault};
pub use board::{Board, Posted, Standing, Why};
pub use due::{
    AHEAD, Before, Call, Due, DueWhy, Failing, LATE, REFRESH, STAGGER, Situation, called, due,
    keys_needed, lacks_holders,
};
pub use machine::{Ceremony, CeremonyError, LastSigned, NewShares, Next, Participant, Shares};
pub use message::{Reason, Refused, Step};
pub use plan::{Basis, Making, Old, Plan, PlanError, PlanTerms, Proposal, Seat, charter_digest};
pub use secret::CeremonySeed;
pub use voice::VoiceString;
