//! Key ceremonies in the federation of the vectors: the first one, in which all make a key, and one
//! after it that passes the shares on from two to two, so that one only deals and one only holds.

use crate::common::world::{Member, TODAY, VECTORS, World};
use crate::common::{Seeded, bytes, draw, read};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use parasol_protocol::cbor::{self, MapOut};
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, Making, Next, Old, Participant, Plan, PlanTerms, Seat,
    Shares, Standing,
};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Charter;
use parasol_protocol::cose::{Context, Sign1, to_be_signed};
use parasol_protocol::directory::Directory;
use parasol_protocol::ids::{FederationId, NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::record::Verified;
use parasol_protocol::time::{Day, Season};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// A ceremony that can be played.
pub struct Stage {
    /// Its plan.
    pub plan: Plan,
    /// What is in force before it.
    pub certificate: Option<Certificate>,
    /// What each participant holds before it.
    pub shares: BTreeMap<NodeKey, Shares>,
}

/// The federation, and its ceremonies.
pub struct Theatre {
    pub world: World,
    /// All make a new key.
    pub first: Stage,
    /// The first and the third pass it on to the first and the second.
    pub second: Stage,
    /// The same is renewed for all three, as ryabina begins it.
    pub refresh: Stage,
    /// By what plans of the vectors, and of these stages, are judged: the dealt one, that of
    /// [`Theatre::second`], and others.
    pub certificates: Vec<Certificate>,
    /// The plans of these stages, and the good ones of the vectors.
    pub plans: Vec<Plan>,
    /// The federation of the vectors' certificates that are refused.
    pub others: Directory,
}

static THEATRE: LazyLock<Theatre> = LazyLock::new(Theatre::new);

/// The theatre, built once.
pub fn theatre() -> &'static Theatre {
    &THEATRE
}

/// The members of a federation by their indices, from 0.
pub fn members(world: &World) -> [&Member; 3] {
    [&world.lilas, &world.ryabina, &world.rowan]
}

fn places(world: &World, chosen: &[u16]) -> BTreeMap<ShareIndex, NodeKey> {
    let nodes = (1..).zip(members(world));
    nodes
        .filter(|(i, _)| chosen.contains(i))
        .map(|(i, member)| (ShareIndex::new(i).unwrap(), member.node.node()))
        .collect()
}

/// Some number of days, indices or the like that is at the edge of what may be.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Twist {
    Federation(u8),
    Charter(u8),
    Epoch(i16),
    Day(i16),
    Threshold(u16),
    /// A seat more, of this index, organisation and node.
    Seat {
        dealer: bool,
        index: u8,
        organisation: u8,
        node: u8,
    },
    Unseat {
        dealer: bool,
        at: u8,
    },
    Swap {
        dealer: bool,
        at: u8,
    },
    Key {
        kind: u8,
        season: i8,
        renewed: bool,
    },
    NoKey(u8),
    Certificate(u8),
    GiveUp,
    Starter(u8),
}

impl Theatre {
    fn new() -> Self {
        let world = World::new(VECTORS);
        let all = [1, 2, 3].as_slice();
        let first = Stage {
            plan: plan(&world, None, [all, &[]], &[KeyName::Bucket], &world.lilas),
            certificate: None,
            shares: BTreeMap::new(),
        };
        let (certificate, shares) = first.play(&world);
        let upon = |holders: &[u16], starter: &Member| Stage {
            plan: plan(&world, Some(&certificate), [holders, &[1, 3]], &[], starter),
            certificate: Some(certificate.clone()),
            shares: shares.clone(),
        };
        let (second, refresh) = (upon(&[1, 2], &world.lilas), upon(all, &world.ryabina));
        let mut certificates = vec![world.certificate.clone(), certificate.clone()];
        for file in ["ok/ceremony.json", "bad/ceremony.json"] {
            for case in read(file)["cases"].as_array().unwrap() {
                let old = bytes(&case["old"]);
                if certificates.iter().all(|c| c.bytes() != old) {
                    let read = Certificate::from_bytes(&old, &world.charter, &world.directory);
                    certificates.push(read.unwrap());
                }
            }
        }
        let mut plans = [&second, &first, &refresh].map(|s| s.plan.clone()).to_vec();
        for case in read("ok/ceremony.json")["cases"].as_array().unwrap() {
            let (plan, old) = (bytes(&case["plan"]), bytes(&case["old"]));
            let mut all = certificates.iter();
            let old = all.find(|c| c.bytes() == old);
            let basis = Basis::new(&world.charter, &world.directory, old);
            plans.push(Plan::from_bytes(&plan, &basis).unwrap());
        }
        Self {
            world,
            first,
            second,
            refresh,
            certificates,
            plans,
            others: others(),
        }
    }

    /// All by which a plan can be judged: before there are keys, and upon each certificate.
    pub fn bases(&self) -> impl Iterator<Item = Basis<'_>> {
        let all = self.certificates.iter().map(Some);
        [None]
            .into_iter()
            .chain(all)
            .map(|c| Basis::new(&self.world.charter, &self.world.directory, c))
    }

    /// A member's node by its record key.
    pub fn signer(&self, node: &NodeKey) -> Option<&SecretKey> {
        let mut all = members(&self.world).into_iter().map(|m| &m.node);
        all.find(|key| key.node() == *node)
    }

    /// The terms of a plan, changed.
    pub fn twisted(&self, terms: &PlanTerms, twists: &[Twist]) -> PlanTerms {
        let mut terms = terms.clone();
        for twist in twists {
            self.twist(&mut terms, *twist);
        }
        terms
    }

    fn twist(&self, terms: &mut PlanTerms, twist: Twist) {
        let who = |n: u8| members(&self.world)[usize::from(n % 3)];
        let season = |n: i8| {
            let now = TODAY.season().index();
            Season::from_index(now.saturating_add_signed(n.into()))
        };
        match twist {
            Twist::Federation(n) => terms.federation = FederationId::from_bytes([n; 32]),
            Twist::Charter(n) => terms.charter[usize::from(n % 32)] ^= 1,
            Twist::Epoch(n) => terms.epoch = terms.epoch.saturating_add_signed(n.into()),
            Twist::Day(n) => {
                let day = terms.day.number().saturating_add_signed(n.into());
                terms.day = Day::from_number(day);
            }
            Twist::Threshold(n) => terms.threshold = n,
            Twist::Seat {
                dealer,
                index,
                organisation,
                node,
            } => {
                let Ok(index) = ShareIndex::new(u16::from(index)) else {
                    return;
                };
                let seat = Seat {
                    index,
                    organisation: who(organisation).key(),
                    node: who(node).node.node(),
                };
                if let Some(seats) = seats(terms, dealer).filter(|s| s.len() < 8) {
                    seats.push(seat);
                    seats.sort_by_key(|seat| seat.index);
                }
            }
            Twist::Unseat { dealer, at } => {
                if let Some(seats) = seats(terms, dealer).filter(|s| !s.is_empty()) {
                    let at = usize::from(at) % seats.len();
                    seats.remove(at);
                }
            }
            Twist::Swap { dealer, at } => {
                if let Some(seats) = seats(terms, dealer).filter(|s| s.len() > 1) {
                    let at = usize::from(at) % (seats.len() - 1);
                    let (one, other) = (seats[at].node, seats[at + 1].node);
                    (seats[at].node, seats[at + 1].node) = (other, one);
                }
            }
            Twist::Key {
                kind,
                season: n,
                renewed,
            } => {
                let name = match kind % 3 {
                    0 => KeyName::Bucket,
                    1 => KeyName::Handle(season(n)),
                    _ => KeyName::Area(season(n)),
                };
                let making = if renewed {
                    Making::Reshare
                } else {
                    Making::Generate
                };
                terms.keys.insert(name, making);
            }
            Twist::NoKey(at) => {
                let name = terms.keys.keys().nth(usize::from(at)).copied();
                name.map(|name| terms.keys.remove(&name));
            }
            Twist::Certificate(n) => {
                let at = usize::from(n) % self.certificates.len();
                let dealers = terms.old.take().map_or_else(Vec::new, |old| old.dealers);
                terms.old = Some(Old {
                    certificate: *self.certificates[at].digest(),
                    dealers,
                });
            }
            Twist::GiveUp => terms.old = None,
            Twist::Starter(n) => terms.starter = who(n).node.node(),
        }
    }
}

fn others() -> Directory {
    let file = read("bad/certificate.json");
    let charter = Charter::from_bytes(&bytes(&file["charter"])).unwrap();
    let mut directory = Directory::new(charter);
    for record in file["start"].as_array().unwrap() {
        let federation = *directory.charter().federation();
        directory.learn(&Verified::from_bytes(&bytes(record), &federation).unwrap());
    }
    directory
}

fn seats(terms: &mut PlanTerms, dealer: bool) -> Option<&mut Vec<Seat>> {
    match dealer {
        true => terms.old.as_mut().map(|old| &mut old.dealers),
        false => Some(&mut terms.holders),
    }
}

/// A plan, by who is to hold and who is to deal.
fn plan(
    world: &World,
    certificate: Option<&Certificate>,
    [holders, dealers]: [&[u16]; 2],
    keys: &[KeyName],
    starter: &Member,
) -> Plan {
    let basis = Basis::new(&world.charter, &world.directory, certificate);
    let starter = &starter.node;
    let terms = PlanTerms::draft(
        &basis,
        draw(&mut Seeded::new("plan")),
        TODAY,
        &places(world, holders),
        &places(world, dealers),
        keys,
        starter.node(),
    );
    Plan::from_bytes(&terms.unwrap().sign(starter), &basis).unwrap()
}

impl Stage {
    /// What judges its plan.
    pub fn basis<'a>(&'a self, world: &'a World) -> Basis<'a> {
        Basis::new(&world.charter, &world.directory, self.certificate.as_ref())
    }

    /// One participant at its beginning.
    pub fn party(&self, member: &Member, plan: &Plan) -> Ceremony {
        let node = member.node.node();
        let participant = Participant {
            node: member.node.clone(),
            seed: CeremonySeed::from_bytes(draw(&mut Seeded::new(node.as_bytes()))),
            shares: self.shares.get(&node).cloned().unwrap_or_default(),
            signed: None,
            compare: false,
        };
        let today = plan.terms().day;
        Ceremony::open(Board::new(plan.clone()), participant, today).unwrap()
    }

    /// All members, who all take part in these ceremonies.
    pub fn parties(&self, world: &World) -> Vec<Ceremony> {
        let all = members(world).into_iter();
        all.map(|member| self.party(member, &self.plan)).collect()
    }

    /// Plays it honestly to its end: the certificate, and the shares that everybody has stored.
    fn play(&self, world: &World) -> (Certificate, BTreeMap<NodeKey, Shares>) {
        let mut parties = self.parties(world);
        let mut stored = BTreeMap::new();
        loop {
            let mut messages = Vec::new();
            let before = stored.len();
            for (member, party) in members(world).iter().zip(&mut parties) {
                match party.poll().unwrap() {
                    Next::Post(message) => messages.push(message),
                    Next::Store(new) => {
                        stored.insert(member.node.node(), Arc::new(new.shares));
                        party.stored(None).unwrap();
                    }
                    _ => {}
                }
            }
            for message in &messages {
                for party in &mut parties {
                    party.receive(message).unwrap();
                }
            }
            if messages.is_empty() && stored.len() == before {
                break;
            }
        }
        let Standing::Made { certificate, .. } = parties[0].board().standing() else {
            panic!("{:?}", parties[0].board().standing())
        };
        let read = Certificate::from_bytes(&certificate, &world.charter, &world.directory);
        (read.unwrap(), stored)
    }

    /// Something that a member says in a ceremony, well signed.
    pub fn say(
        world: &World,
        plan: &PlanDigest,
        key: &SecretKey,
        step: u8,
        body: &[u8],
    ) -> Vec<u8> {
        let payload = MapOut::new()
            .put(1, |e| cbor::put_bytes(e, plan.as_bytes()))
            .put(2, |e| cbor::put_bytes(e, &key.public()))
            .put(3, |e| cbor::put_uint(e, u64::from(step)))
            .put(4, |e| cbor::put_bytes(e, body))
            .finish();
        signed(world, key, &payload)
    }
}

/// A plan or a message of any payload, well signed.
pub fn signed(world: &World, key: &SecretKey, payload: &[u8]) -> Vec<u8> {
    let external = Context::Ceremony.external(Some(&world.federation));
    Sign1::write(payload, &key.sign(&to_be_signed(&external, payload)))
}

/// Step and body of a message that a participant made.
pub fn parts(message: &[u8]) -> Option<(u8, Vec<u8>)> {
    let payload = Sign1::parse(message, message.len()).ok()?.payload;
    cbor::decode(payload, payload.len(), |d| {
        let mut fields = cbor::Fields::open(d)?;
        fields.required(1, cbor::array::<32>)?;
        fields.required(2, cbor::array::<32>)?;
        let step = fields.required(3, |d| Ok(d.u8()?))?;
        let body = fields.required(4, |d| Ok(d.bytes()?.to_vec()))?;
        Ok((step, body))
    })
    .ok()
}

/// What a plan that was taken keeps to, whoever made it.
pub fn holds(plan: &Plan) {
    let (world, terms) = (&theatre().world, plan.terms());
    // It is in its one form: signed again it is the same.
    let starter = theatre().signer(&terms.starter).unwrap();
    assert_eq!(terms.sign(starter), plan.bytes());
    assert_eq!(terms.federation, world.federation);
    let t = usize::from(world.charter.terms().threshold);
    assert_eq!(usize::from(terms.threshold), t);
    let chartered: BTreeMap<_, _> = world
        .charter
        .terms()
        .organisations
        .iter()
        .filter_map(|o| Some((o.keyholder?, o.root)))
        .collect();
    let nodes: BTreeSet<_> = terms.holders.iter().map(|seat| seat.node).collect();
    assert!(nodes.len() == terms.holders.len() && nodes.len() >= t);
    for seat in &terms.holders {
        assert_eq!(chartered.get(&seat.index.get()), Some(&seat.organisation));
    }
    let dealers = terms.old.iter().flat_map(|old| &old.dealers);
    for seat in terms.holders.iter().chain(dealers) {
        let speaks_for = world.directory.signer_on(&seat.node, terms.day);
        assert_eq!(speaks_for, Some(seat.organisation));
    }
    // What is renewed is renewed by exactly as many as it takes; what is dealt never is.
    let old = terms.old.as_ref().map(|old| {
        let mut known = theatre().certificates.iter();
        assert_eq!(old.dealers.len(), t);
        known.find(|c| *c.digest() == old.certificate).unwrap()
    });
    assert!(old.is_none_or(|old| !old.dealt() && terms.epoch > old.epoch()));
    for (name, making) in &terms.keys {
        let was = old.is_some_and(|old| old.key(*name).is_some());
        assert_eq!(was, *making == Making::Reshare);
        assert!(name.season().is_none_or(|s| s.last_day() >= terms.day));
    }
    assert!(plan.participants().any(|node| *node == terms.starter));
}
