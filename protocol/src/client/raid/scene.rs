//! The federation that is raided, and the truth about it.

use super::super::testing::{Seeded, Stuck, World};
use super::super::{BrowseChoice, Check, CheckOptions, Draft, Publish, Seal};
use super::seizure::{Epoch, Round, Seized, Seizure};
use crate::area::Area;
use crate::certificate::Certificate;
use crate::entropy::{Entropy, draw};
use crate::handle::Handle;
use crate::ids::RecordId;
use crate::oprf::{KeyShare, ThresholdKey};
use crate::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use crate::record::Body;
use crate::time::{Month, Season};
use curve25519_dalek::scalar::Scalar;
use std::collections::{BTreeMap, BTreeSet};

/// Handles that the examiner has a list of.
const SUSPECTS: u32 = 1000;
/// So many of 256 suspects are reported, by lot.
const LISTED: u8 = 26;
/// Look-ups in the month.
const LOOKS: usize = 120;

/// What is wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// Clients that look up blind with one number.
    ReusedBlinds,
    /// Some reports are sealed with a generator that began with the day's number.
    WeakKeys,
    /// One keyholder that was not seized proves with one nonce.
    ReusedNonces,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::ReusedBlinds,
        Self::WeakKeys,
        Self::ReusedNonces,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ReusedBlinds => "reused-blinds",
            Self::WeakKeys => "weak-keys",
            Self::ReusedNonces => "reused-nonces",
        }
    }
}

/// The federation that is raided, and the truth about it.
pub struct Scene {
    pub(super) world: World,
    epochs: Vec<Epoch>,
    rounds: Vec<(usize, Round)>,
    /// Everybody on the examiner's list.
    pub(super) suspects: Vec<Handle>,
    /// Which reports name a suspect.
    pub(super) listed: BTreeMap<Handle, BTreeSet<RecordId>>,
    /// What each report says, to be looked for.
    pub(super) texts: BTreeMap<RecordId, String>,
    /// Reports that a weak generator sealed.
    pub(super) weak: BTreeSet<RecordId>,
    /// What each look-up was about, by round.
    pub(super) asked: BTreeMap<usize, Handle>,
}

impl Scene {
    /// A federation of so many keyholders, at most five, and a month of its life.
    pub fn new(holders: u16, threshold: u16, flaw: Flaw) -> Self {
        let mut world = World::new(holders, threshold);
        if flaw == Flaw::ReusedNonces {
            world.nodes[0].stuck = true;
        }
        let suspects = (0..SUSPECTS).map(|n| format!("phone:+3363997{n:04}"));
        let suspects: Vec<Handle> = suspects
            .map(|n| Handle::from_canonical(&n).unwrap())
            .collect();
        let certificate = world.certificate.clone();
        let keys = world.federation(0);
        let keys = keys.certificate().keys();
        let keys = keys.map(|k| (k.name(), k.clone())).collect();
        let mut scene = Self {
            world,
            epochs: vec![Epoch {
                number: 1,
                bytes: certificate,
                keys,
            }],
            rounds: Vec::new(),
            suspects,
            listed: BTreeMap::new(),
            texts: BTreeMap::new(),
            weak: BTreeSet::new(),
            asked: BTreeMap::new(),
        };
        scene.report(flaw);
        scene.look_up(flaw);
        scene
    }

    /// Some suspects are reported, some of them twice, some of those in another season.
    fn report(&mut self, flaw: Flaw) {
        let mut coins = Seeded::new(3);
        let nodes = self.world.nodes.len();
        let lots: Vec<bool> = self
            .suspects
            .iter()
            .map(|_| draw::<1>(&mut coins)[0] < LISTED)
            .collect();
        for home in 0..nodes {
            let federation = self.world.federation(home);
            let mut drafts = Vec::new();
            for (n, suspect) in self.suspects.clone().into_iter().enumerate() {
                if !lots[n] || n % nodes != home {
                    continue;
                }
                let n = u32::try_from(n).unwrap();
                let twice = 1 + usize::from(draw::<1>(&mut coins)[0] < 64);
                for time in 0..twice {
                    let says = says(&suspect, n, time);
                    let mut draft = Draft::new(&federation, says, &mut self.world.entropy);
                    draft.browse = match n % 3 {
                        0 => BrowseChoice::Nothing,
                        1 => BrowseChoice::Codes,
                        _ => BrowseChoice::Text,
                    };
                    if time == 1 && draw::<1>(&mut coins)[0] < 128 {
                        draft.expires = draft.expires.minus(200);
                    }
                    drafts.push(draft);
                }
            }
            let weak = flaw == Flaw::WeakKeys && home + 1 == nodes;
            self.publish(home, drafts, weak, &mut coins);
        }
    }

    fn publish(&mut self, home: usize, drafts: Vec<Draft>, weak: bool, blinds: &mut Seeded) {
        let federation = self.world.federation(home);
        let said: Vec<Particulars> = drafts.iter().map(|d| d.particulars.clone()).collect();
        let seal = Seal::new(&federation, drafts, blinds).unwrap();
        let better = weak.then(|| {
            let day = u64::from(self.world.today.number());
            std::mem::replace(&mut self.world.entropy, Seeded::new(day))
        });
        let (sealed, _) = self.world.carry(home, seal).unwrap();
        if let Some(better) = better {
            self.world.entropy = better;
        }
        let publish = Publish::new(&federation, sealed).unwrap();
        let filed = self.world.carry(home, publish).unwrap();
        for (receipt, says) in filed.into_iter().zip(said) {
            let id = receipt.unwrap().id();
            for handle in says.handles {
                if self.suspects.contains(&handle) {
                    self.listed.entry(handle).or_default().insert(id);
                }
            }
            self.texts.insert(id, says.words.unwrap().text);
            if weak {
                self.weak.insert(id);
            }
        }
        self.keep(home);
    }

    /// A month of look-ups: half of them of people who are on the list.
    fn look_up(&mut self, flaw: Flaw) {
        let (mut coins, mut honest, mut stuck) = (Seeded::new(5), Seeded::new(11), Stuck);
        let blinds: &mut dyn Entropy = match flaw {
            Flaw::ReusedBlinds => &mut stuck,
            _ => &mut honest,
        };
        let first = self.world.today;
        let listed: Vec<Handle> = self.listed.keys().cloned().collect();
        for n in 0..LOOKS {
            self.world.today = first.plus(u32::try_from(n * 30 / LOOKS).unwrap());
            let home = n % self.world.nodes.len();
            let [coin, high, low] = draw(&mut coins);
            let at = usize::from(u16::from_be_bytes([high, low]));
            let among = if coin & 1 == 1 {
                &listed
            } else {
                &self.suspects
            };
            let handle = among[at % among.len()].clone();
            let federation = self.world.federation(home);
            let options = CheckOptions::default();
            let check = Check::new(&federation, vec![handle.clone()], options, blinds);
            let found = self.world.carry(home, check.unwrap()).unwrap();
            let reports = self.listed.get(&handle).map_or(0, BTreeSet::len);
            assert_eq!(found.results[0].reports.len(), reports);
            self.asked.insert(self.rounds.len(), handle);
            self.keep(home);
        }
        self.world.today = first;
    }

    /// What nodes and whoever listens on the line have of what just happened.
    fn keep(&mut self, home: usize) {
        let mut questions = std::mem::take(&mut self.world.questions);
        for relayed in std::mem::take(&mut self.world.relayed) {
            assert_eq!(relayed.home, home);
            let round = Round {
                elements: relayed.elements,
                answers: relayed.answers,
                questions: std::mem::take(&mut questions),
            };
            self.rounds.push((home, round));
        }
        assert!(questions.is_empty());
    }

    /// New shares of the same keys, as a refresh gives them; the old ones are destroyed.
    pub fn refresh(&mut self) {
        let mut entropy = Seeded::new(17);
        let old = self.epochs.last().unwrap();
        let number = old.number + 1;
        let mut keys = BTreeMap::new();
        for (name, key) in &old.keys {
            let degree = key.threshold() - 1;
            let added: Vec<Scalar> = (0..degree)
                .map(|_| super::curve::wide(draw(&mut entropy)))
                .collect();
            let mut public = BTreeMap::new();
            for node in &mut self.world.nodes {
                let share = &node.shares[name];
                let x = Scalar::from(share.index().get());
                let zero = added.iter().rev().fold(Scalar::ZERO, |s, c| (s + c) * x);
                let new = KeyShare::new(share.index(), &(scalar(share) + zero).to_bytes());
                let new = new.unwrap();
                public.insert(new.index(), new.public());
                node.shares.insert(*name, new);
            }
            let new = ThresholdKey::new(*name, key.threshold(), *key.public(), public);
            keys.insert(*name, new.unwrap());
        }
        let federation = *self.world.directory.charter().federation();
        let mut certificate =
            Certificate::unsigned(&federation, number, self.world.today, true, &keys);
        for node in &self.world.nodes {
            Certificate::sign_with(&mut certificate, &federation, &node.key);
        }
        self.world.certificate = certificate.write();
        self.world.epoch = number;
        let bytes = self.world.certificate.clone();
        self.epochs.push(Epoch {
            number,
            bytes,
            keys,
        });
    }

    /// A season is over: every keyholder destroys its shares of the season's keys.
    pub fn end(&mut self, season: Season) {
        for node in &mut self.world.nodes {
            node.shares.retain(|name, _| name.season() != Some(season));
        }
    }

    /// The reports that were sealed under each season's key.
    pub fn by_season(&self) -> BTreeMap<Season, BTreeSet<RecordId>> {
        let mut all: BTreeMap<Season, BTreeSet<RecordId>> = BTreeMap::new();
        let records = self.world.nodes[0].records.iter();
        for record in records.filter(|r| matches!(r.body(), Body::Report(_))) {
            let season = record.header().expires.season();
            all.entry(season).or_default().insert(record.id());
        }
        all
    }

    /// Takes everything that these nodes have, by their places from 0.
    pub fn seize(&self, places: &[usize]) -> Seizure {
        let world = &self.world;
        let epoch = self.epochs.last().unwrap().number;
        let mut shares: BTreeMap<_, BTreeMap<u16, Scalar>> = BTreeMap::new();
        let mut nodes = Vec::new();
        let mut records = BTreeMap::new();
        for place in places {
            let node = &world.nodes[*place];
            for (name, share) in &node.shares {
                let held = shares.entry((epoch, *name)).or_default();
                held.insert(share.index().get(), scalar(share));
            }
            records.extend(node.records.iter().map(|r| (r.id(), r.clone())));
            nodes.push(Seized {
                place: *place,
                record_key: *node.key.seed(),
                transport_key: *node.transport.seed(),
                seal: node.seal.clone(),
            });
        }
        let rounds = self.rounds.iter().map(|(home, round)| {
            let all = places.contains(home);
            let answers = round.answers.iter();
            let answers: Vec<_> = answers
                .filter(|(place, _)| all || places.contains(place))
                .cloned()
                .collect();
            Round {
                elements: if all || !answers.is_empty() {
                    round.elements.clone()
                } else {
                    Vec::new()
                },
                answers,
                questions: round.questions.clone(),
            }
        });
        let mut papers = vec![world.charter.clone()];
        papers.extend(world.trust.iter().cloned());
        Seizure {
            today: world.today,
            charter: world.directory.charter().clone(),
            papers,
            epochs: self.epochs.clone(),
            nodes,
            shares,
            records,
            rounds: rounds.collect(),
        }
    }

    /// The handles that the examiner has a list of.
    pub fn suspects(&self) -> &[Handle] {
        &self.suspects
    }

    /// How many reports there are.
    pub fn reports(&self) -> usize {
        let records = self.world.nodes[0].records.iter();
        records
            .filter(|r| matches!(r.body(), Body::Report(_)))
            .count()
    }
}

fn scalar(share: &KeyShare) -> Scalar {
    let bytes = share.to_bytes();
    Scalar::from_canonical_bytes(bytes[2..].try_into().unwrap()).unwrap()
}

fn says(suspect: &Handle, n: u32, time: usize) -> Particulars {
    let mut handles = BTreeSet::from([suspect.clone()]);
    if n.is_multiple_of(3) {
        let more = format!("email:somebody{n}@example.org");
        handles.insert(Handle::from_canonical(&more).unwrap());
    }
    let many = "He was not alone. ".repeat(n as usize % 20);
    Particulars {
        summary: Summary {
            level: Level::ALL[n as usize % 3],
            codes: BTreeSet::from([Code::ALL[n as usize % Code::ALL.len()]]),
            month: Month::new(2026, 10),
            area: Area::from_canonical("FR:lyon").ok(),
            basis: Basis::FirstHand,
        },
        words: Some(Words {
            lang: "en".to_owned(),
            text: format!("Incident{n:04}x{time} behind the green door. {many}"),
        }),
        handles,
    }
}
