//! A small federation, the same in every run: three organisations, two of three keyholders.

use super::{Seeded, draw};
use parasol_protocol::area::Area;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::{Charter, Former, Lives, Organisation, Quotas, Terms};
use parasol_protocol::directory::Directory;
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{FederationId, OrganisationKey};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::DELEGATION_AFTERLIFE;
use parasol_protocol::oprf::{Dealt, KeyName, Output, blind, deal};
use parasol_protocol::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use parasol_protocol::record::delegation::{self, SlotRange};
use parasol_protocol::record::report::{Audience, Report};
use parasol_protocol::record::vouch::{Scope, Vouch};
use parasol_protocol::record::{Body, Draft, Header, Signer, Verified};
use parasol_protocol::seal::{AreaName, Browse, Bucket, FullKey, HandleName, Sealing, seal};
use parasol_protocol::time::{Day, Month, Season};
use parasol_protocol::wire::sealed::SealSecret;
use std::collections::BTreeMap;

/// The day on which it all happens: 2026-11-22.
pub const TODAY: Day = Day::from_number(20_779);
/// The seed of the federation of the vectors. Whatever is to read them must be in the same one.
pub const VECTORS: &str = "parasol vectors 1";
/// Bits of a bucket in this federation.
pub const BUCKET_BITS: u8 = 12;

/// An organisation and all its secrets.
pub struct Member {
    pub name: &'static str,
    pub root: SecretKey,
    pub node: SecretKey,
    pub transport: SecretKey,
    pub seal: SealSecret,
}

impl Member {
    pub fn key(&self) -> OrganisationKey {
        self.root.organisation()
    }

    /// The delegation of its node from a day on.
    pub fn delegation_body(&self, federation: &FederationId, slots: SlotRange, until: Day) -> Body {
        let terms = delegation::Terms {
            record_key: self.node.node(),
            transport_key: self.transport.transport(),
            seal_key: self.seal.public(),
            slots,
            until,
        };
        Body::Delegation(terms.agree(federation, &self.key(), &self.node, &self.transport))
    }
}

/// The federation.
pub struct World {
    pub entropy: Seeded,
    pub charter: Charter,
    pub federation: FederationId,
    pub lilas: Member,
    pub ryabina: Member,
    pub rowan: Member,
    /// What the roots signed: delegations and vouches.
    pub trust: Vec<Verified>,
    pub directory: Directory,
    pub dealt: BTreeMap<KeyName, Dealt>,
    pub certificate: Certificate,
}

impl World {
    pub fn new(seed: &str) -> Self {
        let mut entropy = Seeded::new(seed);
        let mut member = |name| Member {
            name,
            root: SecretKey::generate(&mut entropy),
            node: SecretKey::generate(&mut entropy),
            transport: SecretKey::generate(&mut entropy),
            seal: SealSecret::generate(&mut entropy),
        };
        let (lilas, ryabina, rowan) = (member("lilas"), member("ryabina"), member("rowan"));
        let all = [(&lilas, "FR"), (&ryabina, "RU"), (&rowan, "GB")];
        let terms = terms(&all);
        let mut unsigned = terms.unsigned();
        for (member, _) in all {
            Charter::sign_with(&mut unsigned, &member.root);
        }
        let charter = Charter::from_bytes(&unsigned.write()).unwrap();
        let federation = *charter.federation();
        let mut directory = Directory::new(charter.clone());
        let mut trust = Vec::new();
        for (member, _) in all {
            let until = TODAY.plus(60);
            let slots = SlotRange {
                first: 0,
                count: 10_000,
            };
            let body = member.delegation_body(&federation, slots, until);
            let life = 60 + 20 + DELEGATION_AFTERLIFE;
            let draft = by_root(member, body, TODAY.minus(20), life, 0);
            trust.push(draft.sign(&federation, &member.root).unwrap());
            let others = all.iter().filter(|(o, _)| o.name != member.name);
            for (slot, (subject, _)) in (1..).zip(others) {
                let body = Body::Vouch(Vouch {
                    subject: subject.key(),
                    budget: 0,
                    number: slot,
                    scope: Scope::everything(),
                });
                let draft = by_root(member, body, TODAY.minus(20), 365, slot);
                trust.push(draft.sign(&federation, &member.root).unwrap());
            }
        }
        for record in &trust {
            directory.learn(record);
        }
        let mut dealt = BTreeMap::new();
        for name in key_names() {
            dealt.insert(name, deal(name, 2, 3, &mut entropy).unwrap());
        }
        let keys = dealt.iter().map(|(n, d)| (*n, d.key.clone())).collect();
        let mut unsigned = Certificate::unsigned(&federation, 1, TODAY.minus(20), true, &keys);
        for (member, _) in all {
            Certificate::sign_with(&mut unsigned, &federation, &member.node);
        }
        let certificate = Certificate::from_bytes(&unsigned.write(), &charter, &directory).unwrap();
        Self {
            entropy,
            charter,
            federation,
            lilas,
            ryabina,
            rowan,
            trust,
            directory,
            dealt,
            certificate,
        }
    }

    /// What two of the keyholders make of an input.
    pub fn output(&mut self, key: KeyName, input: &[u8]) -> Output {
        let dealt = &self.dealt[&key];
        let blinded = blind(&[input], &mut self.entropy).unwrap();
        let mut verified = Vec::new();
        for share in dealt.shares.iter().take(2) {
            let answer = share.evaluate(blinded.elements(), &mut self.entropy);
            verified.push(blinded.verify(&dealt.key, &answer.unwrap()).unwrap());
        }
        blinded.finish(&dealt.key, &verified).unwrap().remove(0)
    }

    /// A handle's name in a season, and its bucket.
    pub fn name(&mut self, handle: &Handle, season: Season) -> (HandleName, Bucket) {
        let input = handle.oprf_input();
        let bucket = self.output(KeyName::Bucket, &input);
        let output = self.output(KeyName::Handle(season), &input);
        (
            HandleName::new(season, output),
            Bucket::of(&bucket, BUCKET_BITS),
        )
    }

    /// An area's name in a season.
    pub fn area(&mut self, area: &Area, season: Season) -> AreaName {
        let output = self.output(KeyName::Area(season), &area.oprf_input());
        AreaName::new(season, output)
    }

    /// Seals a report of lilas that lives for a year and a half.
    pub fn sealed(
        &mut self,
        says: &Particulars,
        browse: Option<bool>,
        audience: Audience,
        lock: &SecretKey,
    ) -> (Report, FullKey) {
        let expires = expiry();
        let names: Vec<_> = says
            .handles
            .iter()
            .map(|h| self.name(h, expires.season()))
            .collect();
        let area = says
            .summary
            .area
            .clone()
            .map(|a| self.area(&a, expires.season()));
        let browse = match (browse, area.as_ref()) {
            (Some(true), Some(area)) => Browse::Text(area),
            (Some(false), Some(area)) => Browse::Codes(area),
            _ => Browse::Nothing,
        };
        let with = Sealing {
            federation: &self.federation,
            organisation: &self.lilas.key(),
            expires,
            audience,
            lock: lock.lock(),
            names: &names,
            browse,
            bucket_bits: BUCKET_BITS,
        };
        seal(says, &with, &mut self.entropy).unwrap()
    }

    /// Sixteen random bytes.
    pub fn salt(&mut self) -> [u8; 16] {
        draw(&mut self.entropy)
    }
}

/// The last day of the reports in this federation.
pub fn expiry() -> Day {
    TODAY.plus(548)
}

/// The bucket key, and the handle and area keys of the live seasons.
pub fn key_names() -> Vec<KeyName> {
    let mut names = vec![KeyName::Bucket];
    names.extend(Season::live(TODAY).map(KeyName::Handle));
    names.extend(Season::live(TODAY).map(KeyName::Area));
    names
}

fn terms(all: &[(&Member, &str)]) -> Terms {
    let mut organisations: Vec<_> = (1..)
        .zip(all)
        .map(|(index, (member, jurisdiction))| Organisation {
            root: member.key(),
            name: member.name.to_owned(),
            jurisdiction: (*jurisdiction).to_owned(),
            keyholder: Some(index),
            budget: 10,
        })
        .collect();
    organisations.sort_by_key(|o| o.root);
    Terms {
        version: 1,
        origin: None,
        name: "Three trees".to_owned(),
        made: TODAY.minus(20),
        organisations,
        threshold: 2,
        lives: Lives::LONGEST,
        quotas: Quotas {
            records: 20_000,
            evaluations: 60_000,
        },
        bucket_bits: BUCKET_BITS,
        cities: ["FR:lyon", "FR:paris", "GB:london"]
            .map(str::to_owned)
            .to_vec(),
        // Nothing that this root signed stays.
        former: vec![Former {
            root: elder().organisation(),
            successor: all[2].0.key(),
            records: Vec::new(),
        }],
    }
}

/// The root that rowan had before.
pub fn elder() -> SecretKey {
    SecretKey::generate(&mut Seeded::new("a former root"))
}

/// A draft that a root signs.
pub fn by_root(member: &Member, body: Body, issued: Day, life: u32, slot: u32) -> Draft {
    Draft {
        header: Header {
            organisation: member.key(),
            signer: Signer::Root,
            issued,
            expires: issued.plus(life),
            slot,
        },
        body,
    }
}

/// A draft that a node signs.
pub fn by_node(member: &Member, body: Body, expires: Day, slot: u32) -> Draft {
    Draft {
        header: Header {
            organisation: member.key(),
            signer: Signer::Node(member.node.node()),
            issued: TODAY,
            expires,
            slot,
        },
        body,
    }
}

/// What the example report says.
pub fn particulars() -> Particulars {
    Particulars {
        summary: Summary {
            level: Level::Danger,
            codes: [Code::PhysicalViolence, Code::NonPayment].into(),
            month: Month::new(2026, 10),
            area: Area::from_canonical("FR:lyon").ok(),
            basis: Basis::FirstHand,
        },
        words: Some(Words {
            lang: "fr".to_owned(),
            text: "Poli au téléphone, violent dès que la porte est fermée. Ne paie pas.".to_owned(),
        }),
        handles: ["phone:+33639981234", "account:telegram/monsieur_exemple"]
            .into_iter()
            .map(|h| Handle::from_canonical(h).unwrap())
            .collect(),
    }
}
