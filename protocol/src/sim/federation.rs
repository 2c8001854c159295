//! A federation with all its secret keys: whatever any of its organisations or nodes could sign,
//! honest or not, can be signed here.

use super::Drbg;
use crate::charter::{Charter, Lives, Organisation, Quotas, Terms};
use crate::engine::Identity;
use crate::ids::{Lock, OrganisationKey, RecordId};
use crate::keys::SecretKey;
use crate::limits::{
    DELEGATION_AFTERLIFE, ENDING_LIFE, MAX_DELEGATION_DAYS, MAX_REVOCATION_LIFE, MAX_VOUCH_LIFE,
    RETRACTION_LIFE,
};
use crate::oprf::{KeyName, KeyShare, deal};
use crate::record::affirmation::Affirmation;
use crate::record::attachment::{Dispute, Second, Target, Translation};
use crate::record::delegation::{SlotRange, Terms as DelegationTerms};
use crate::record::ending::Ending;
use crate::record::grant::Grant;
use crate::record::report::{Audience, Entry, Label, Report};
use crate::record::retraction::Retraction;
use crate::record::revocation::Revocation;
use crate::record::vouch::Vouch;
use crate::record::{Body, Draft, Header, Kind, Signer, Verified};
use crate::time::{Day, Season};
use crate::wire::sealed::SealSecret;
use std::collections::{BTreeMap, BTreeSet};

/// What a federation is to look like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many organisations; at least two.
    pub organisations: u16,
    /// Nodes of each.
    pub nodes: u16,
    /// The day of the charter and of the delegations.
    pub made: Day,
    /// Daily quotas.
    pub quotas: Quotas,
    /// The longest life of a report.
    pub report_life: u32,
    /// How many of the organisations hold keys.
    pub holders: u16,
    /// How many of them it takes; none: more than half.
    pub threshold: Option<u16>,
    /// Whether to deal the bucket key and those of the season of the charter's day and of the next.
    pub keys: bool,
    /// Of whose reports there is a handle key besides.
    pub season: Option<Season>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            organisations: 3,
            nodes: 1,
            made: Day::from_number(20_800),
            quotas: Quotas {
                records: 10_000,
                evaluations: 2_000,
            },
            report_life: 730,
            holders: 3,
            threshold: None,
            keys: false,
            season: None,
        }
    }
}

/// A node's secret keys and its slots.
#[derive(Debug)]
pub struct Station {
    /// The number of its organisation.
    pub organisation: usize,
    /// Signs records.
    pub record: SecretKey,
    /// Proves the node on the network.
    pub transport: SecretKey,
    /// Opens sealed questions.
    pub seal: SealSecret,
    /// The slots that its delegation gives it.
    pub slots: SlotRange,
    shares: Vec<(KeyName, Vec<u8>)>,
}

/// A federation with all its keys.
#[derive(Debug)]
pub struct Federation {
    /// The charter, signed by all.
    pub charter: Charter,
    /// The root keys, in the charter's order.
    pub roots: Vec<SecretKey>,
    /// The nodes: those of the first organisation, then those of the second, and so on.
    pub stations: Vec<Station>,
    /// One delegation a node, for the longest time from the day of the charter.
    pub delegations: Vec<Verified>,
    shape: Shape,
}

impl Federation {
    /// Makes a federation of this shape.
    pub fn new(shape: Shape, seed: u64) -> Self {
        let mut entropy = Drbg::new(seed, "federation");
        let mut roots: Vec<SecretKey> = (0..shape.organisations)
            .map(|_| SecretKey::generate(&mut entropy))
            .collect();
        roots.sort_by_key(SecretKey::public);
        let holders = shape.organisations.min(shape.holders);
        let threshold = shape.threshold.unwrap_or(holders / 2 + 1);
        let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
        let organisations = roots
            .iter()
            .enumerate()
            .map(|(n, root)| Organisation {
                root: root.organisation(),
                name: format!("org-{n}"),
                jurisdiction: [letter(n / 26), letter(n)].iter().collect(),
                keyholder: u16::try_from(n + 1).ok().filter(|i| *i <= holders),
                budget: 10,
            })
            .collect();
        let terms = Terms {
            version: 1,
            origin: None,
            name: "Simulated".to_owned(),
            made: shape.made,
            organisations,
            threshold,
            lives: Lives::with_reports(shape.report_life),
            quotas: shape.quotas,
            bucket_bits: 12,
            cities: Vec::new(),
            former: Vec::new(),
        };
        let mut unsigned = terms.unsigned();
        for root in &roots {
            Charter::sign_with(&mut unsigned, root);
        }
        let charter = Charter::from_bytes(&unsigned.write()).expect("the shape makes a charter");
        let mut federation = Self {
            charter,
            roots,
            stations: Vec::new(),
            delegations: Vec::new(),
            shape,
        };
        for organisation in 0..usize::from(shape.organisations) {
            for node in 0..shape.nodes {
                federation.found_node(organisation, node, &mut entropy);
            }
        }
        if shape.keys {
            federation.deal_keys(threshold, holders, &mut entropy);
        }
        federation
    }

    fn found_node(&mut self, organisation: usize, node: u16, entropy: &mut Drbg) {
        let count = self.shape.quotas.records / u32::from(self.shape.nodes);
        let station = Station {
            organisation,
            record: SecretKey::generate(entropy),
            transport: SecretKey::generate(entropy),
            seal: SealSecret::generate(entropy),
            slots: SlotRange {
                first: u32::from(node) * count,
                count,
            },
            shares: Vec::new(),
        };
        self.stations.push(station);
        let (last, made) = (self.stations.len() - 1, self.shape.made);
        let slots = self.stations[last].slots;
        let delegation = self.delegation(last, made, MAX_DELEGATION_DAYS, slots, node.into());
        self.delegations.push(delegation);
    }

    fn deal_keys(&mut self, threshold: u16, holders: u16, entropy: &mut Drbg) {
        let season = self.shape.made.season();
        let seasons = [season, season.plus(1)].into_iter();
        let of_seasons = seasons.flat_map(|s| [KeyName::Handle(s), KeyName::Area(s)]);
        let besides = self.shape.season.map(KeyName::Handle);
        let of_seasons = of_seasons.filter(|name| Some(*name) != besides);
        let names = std::iter::once(KeyName::Bucket).chain(of_seasons);
        for name in names.chain(besides) {
            let dealt = deal(name, threshold, holders, entropy).expect("the numbers make a key");
            for (organisation, share) in dealt.shares.iter().enumerate() {
                let of = self.stations.iter_mut();
                for station in of.filter(|s| s.organisation == organisation) {
                    let bytes = share.to_bytes().to_vec();
                    station.shares.push((name, bytes));
                }
            }
        }
    }

    /// An organisation's key, by its number.
    pub fn organisation(&self, organisation: usize) -> OrganisationKey {
        self.roots[organisation].organisation()
    }

    /// What the engine of a node needs.
    pub fn identity(&self, node: usize) -> Identity {
        let station = &self.stations[node];
        let shares = station.shares.iter().map(|(name, bytes)| {
            (
                *name,
                KeyShare::from_bytes(bytes).expect("it was dealt here"),
            )
        });
        Identity {
            organisation: self.organisation(station.organisation),
            record_key: station.record.clone(),
            seal_key: station.seal.clone(),
            shares: std::sync::Arc::new(shares.collect::<BTreeMap<_, _>>()),
        }
    }

    /// The same, when these shares are gone from its disk.
    pub fn identity_without(&self, node: usize, gone: &BTreeSet<KeyName>) -> Identity {
        let mut identity = self.identity(node);
        if let Some(shares) = std::sync::Arc::get_mut(&mut identity.shares) {
            shares.retain(|name, _| !gone.contains(name));
        }
        identity
    }

    /// Signs anything with a node's key.
    pub fn sign(&self, node: usize, issued: Day, expires: Day, slot: u32, body: Body) -> Verified {
        let station = &self.stations[node];
        let header = Header {
            organisation: self.organisation(station.organisation),
            signer: Signer::Node(station.record.node()),
            issued,
            expires,
            slot,
        };
        Draft { header, body }
            .sign(self.charter.federation(), &station.record)
            .expect("a record of a kind that nodes sign, of lawful size")
    }

    /// Signs anything with a root key.
    pub fn sign_root(
        &self,
        organisation: usize,
        issued: Day,
        expires: Day,
        slot: u32,
        body: Body,
    ) -> Verified {
        let header = Header {
            organisation: self.organisation(organisation),
            signer: Signer::Root,
            issued,
            expires,
            slot,
        };
        Draft { header, body }
            .sign(self.charter.federation(), &self.roots[organisation])
            .expect("a record of a kind that roots sign, of lawful size")
    }

    /// A delegation of a node by its own organisation.
    pub fn delegation(
        &self,
        node: usize,
        issued: Day,
        days: u32,
        slots: SlotRange,
        slot: u32,
    ) -> Verified {
        let station = &self.stations[node];
        let organisation = self.organisation(station.organisation);
        let terms = DelegationTerms {
            record_key: station.record.node(),
            transport_key: station.transport.transport(),
            seal_key: station.seal.public(),
            slots,
            until: issued.plus(days),
        };
        let body = terms.agree(
            self.charter.federation(),
            &organisation,
            &station.record,
            &station.transport,
        );
        let expires = issued.plus(days + DELEGATION_AFTERLIFE);
        let body = Body::Delegation(body);
        self.sign_root(station.organisation, issued, expires, slot, body)
    }

    /// A revocation of a node's record key by its organisation.
    pub fn revocation(&self, node: usize, issued: Day, slot: u32) -> Verified {
        let station = &self.stations[node];
        let body = Body::Revocation(Revocation::Key(station.record.node()));
        let expires = issued.plus(MAX_REVOCATION_LIFE);
        self.sign_root(station.organisation, issued, expires, slot, body)
    }

    /// An affirmation.
    pub fn affirmation(
        &self,
        organisation: usize,
        mut records: Vec<RecordId>,
        issued: Day,
        slot: u32,
    ) -> Verified {
        records.sort_unstable();
        records.dedup();
        let expires = issued.plus(MAX_REVOCATION_LIFE);
        let body = Body::Affirmation(Affirmation { records });
        self.sign_root(organisation, issued, expires, slot, body)
    }

    /// A vouch of one organisation for another.
    pub fn vouch(
        &self,
        issuer: usize,
        vouch: Vouch,
        issued: Day,
        days: u32,
        slot: u32,
    ) -> Verified {
        let expires = issued.plus(days.min(MAX_VOUCH_LIFE));
        self.sign_root(issuer, issued, expires, slot, Body::Vouch(vouch))
    }

    /// That a season is over, by a node.
    pub fn ending(&self, node: usize, season: Season, issued: Day) -> Verified {
        let expires = issued.plus(ENDING_LIFE);
        let slot = self.stations[node].slots.first;
        let body = Body::Ending(Ending { season });
        self.sign(node, issued, expires, slot, body)
    }

    /// A grant by a node, from its day of issue to that day and so many more.
    pub fn grant(
        &self,
        node: usize,
        subject: usize,
        evaluations: u32,
        issued: Day,
        days: u32,
        slot: u32,
    ) -> Verified {
        let subject = self.organisation(subject);
        let body = Body::Grant(Grant {
            subject,
            evaluations,
        });
        self.sign(node, issued, issued.plus(days), slot, body)
    }

    /// A retraction, with the lock's proof or without.
    pub fn retraction(
        &self,
        node: usize,
        lock: &SecretKey,
        proven: bool,
        issued: Day,
        slot: u32,
    ) -> Verified {
        let body = if proven {
            Retraction::by_lock(self.charter.federation(), lock)
        } else {
            Retraction {
                lock: lock.lock(),
                proof: None,
            }
        };
        let expires = issued.plus(RETRACTION_LIFE);
        self.sign(node, issued, expires, slot, Body::Retraction(body))
    }
}

/// A report with this lock. It looks like one and holds random bytes: nodes cannot tell.
pub fn report_body(lock: Lock, audience: Audience, entropy: &mut Drbg) -> Body {
    let mut entries: Vec<Entry> = (0..4)
        .map(|_| Entry {
            bucket: u32::try_from(entropy.below(1 << 12)).unwrap_or(0),
            label: Label(entropy.bytes()),
            wrap: entropy.bytes(),
        })
        .collect();
    entries.sort_by_key(|e| e.label);
    Body::Report(Report {
        audience,
        lock,
        edition: 0,
        succession: None,
        salt: entropy.bytes(),
        entries,
        area_tag: entropy.bytes(),
        area_wrap: entropy.bytes(),
        commitment: entropy.bytes(),
        summary: entropy.bytes::<112>().to_vec(),
        text: entropy.bytes::<272>().to_vec(),
        handles: entropy.bytes::<144>().to_vec(),
    })
}

/// A translation, second or dispute of a report.
///
/// # Panics
/// For another kind.
pub fn attachment_body(kind: Kind, lock: Lock, report: RecordId, entropy: &mut Drbg) -> Body {
    let target = Target { lock, report };
    let salt = entropy.bytes();
    let sealed = entropy.bytes::<80>().to_vec();
    match kind {
        Kind::Translation => Body::Translation(Translation {
            target,
            salt,
            sealed,
        }),
        Kind::Second => Body::Second(Second {
            target,
            salt,
            sealed,
        }),
        Kind::Dispute => Body::Dispute(Dispute {
            target,
            salt,
            sealed,
        }),
        other => panic!("a {} hangs on no report", other.name()),
    }
}
