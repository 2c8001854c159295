//! Where it is played: a federation, its list, the suspects, and who is asked for.

use super::super::ask::Outbox;
use super::super::evaluate::{Evaluating, Step};
use super::super::testing::{Seeded, World};
use super::super::{Draft, Federation, Publish, Seal};
use crate::certificate::Certificate;
use crate::entropy::{Entropy, draw};
use crate::handle::Handle;
use crate::ids::RecordId;
use crate::oprf::{KeyName, Output};
use crate::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use crate::record::Body;
use crate::record::report::Label;
use crate::seal::{Bucket, HandleName};
use crate::time::Month;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Handles that the adversary has evaluated under all keys.
pub(super) const SUSPECTS: usize = 1000;
/// Suspects who are on the list, one report each.
const LISTED: usize = 300;
/// Reports about people whom the adversary did not think of.
const OTHERS: usize = 480;
/// The one whom members look up beside others; he stands in the middle of any sorted list.
pub(super) const BYSTANDER: usize = SUSPECTS / 2;

/// One suspect, and what the adversary made of him.
pub(super) struct Suspect {
    pub(super) handle: Handle,
    pub(super) bucket: Output,
    /// In one of the seasons.
    pub(super) label: Label,
    pub(super) listed: bool,
}

/// Short strings that the adversary knows of its suspects, by their bytes.
pub(super) struct Known {
    filter: Vec<u64>,
    strings: BTreeMap<u64, u16>,
}

const FILTER: u32 = 20;

impl Known {
    fn new() -> Self {
        Self {
            filter: vec![0; 1 << (FILTER - 6)],
            strings: BTreeMap::new(),
        }
    }

    fn learn(&mut self, suspect: usize, bytes: &[u8]) {
        for piece in bytes.chunks_exact(8) {
            let string = u64::from_le_bytes(piece.try_into().unwrap());
            let bit = mix(string) >> (64 - FILTER);
            self.filter[bit as usize / 64] |= 1 << (bit % 64);
            self.strings.insert(string, u16::try_from(suspect).unwrap());
        }
    }

    /// Whose this string is.
    pub(super) fn whose(&self, string: u64, mixed: u64) -> Option<u16> {
        let bit = mixed >> (64 - FILTER);
        if self.filter[bit as usize / 64] >> (bit % 64) & 1 == 0 {
            return None;
        }
        self.strings.get(&string).copied()
    }
}

/// Spreads a string's bits.
pub(super) const fn mix(string: u64) -> u64 {
    let once = (string ^ (string >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (once ^ (once >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// A federation of three with a list, and the adversary's knowledge.
pub struct Stage {
    pub(super) world: World,
    pub(super) suspects: Vec<Suspect>,
    pub(super) known: Known,
    /// The suspects whose label stands in a report, by it.
    pub(super) named_in: BTreeMap<RecordId, BTreeSet<u16>>,
    /// Bits of a bucket that an honest client asks for, by the length of the list.
    pub(super) bits: u8,
    /// Who may be asked for: by bucket, by whether he is on the list, and two of each.
    pub(super) cast: [[[usize; 2]; 2]; 2],
    federations: BTreeMap<(usize, u32, bool), Rc<Federation>>,
}

impl Stage {
    /// Sets it up: two of three keyholders, 780 reports.
    pub fn new() -> Self {
        let mut world = World::new(3, 2);
        keep_two_seasons(&mut world);
        let mut coins = Seeded::new(21);
        let mut listed = BTreeSet::new();
        while listed.len() < LISTED {
            let at = usize::from(u16::from_be_bytes(draw(&mut coins))) % SUSPECTS;
            if at != BYSTANDER {
                listed.insert(at);
            }
        }
        let numbers = listed.iter().map(|n| number(*n));
        let others = (0..OTHERS).map(|n| format!("phone:+3363998{n:04}"));
        let all: Vec<String> = numbers.chain(others).collect();
        for home in 0..3 {
            let mine = all.iter().enumerate().filter(|(n, _)| n % 3 == home);
            file(&mut world, home, mine.map(|(_, text)| text.as_str()));
        }
        let handles: Vec<Handle> = (0..SUSPECTS)
            .map(|n| Handle::from_canonical(&number(n)).unwrap())
            .collect();
        let outputs = evaluate(&mut world, &handles);
        let mut known = Known::new();
        let mut labels: BTreeMap<Label, u16> = BTreeMap::new();
        let mut suspects = Vec::new();
        for (n, handle) in handles.into_iter().enumerate() {
            let input = handle.oprf_input();
            known.learn(n, &input[input.len() - 8..]);
            let mut last = None;
            for (key, outputs) in &outputs {
                known.learn(n, outputs[n].as_bytes());
                if let KeyName::Handle(season) = key {
                    let label = HandleName::new(*season, outputs[n].clone()).label();
                    known.learn(n, &label.0);
                    labels.insert(label, u16::try_from(n).unwrap());
                    last = Some(label);
                }
            }
            suspects.push(Suspect {
                handle,
                bucket: outputs[&KeyName::Bucket][n].clone(),
                label: last.unwrap(),
                listed: listed.contains(&n),
            });
        }
        let mut named_in = BTreeMap::new();
        for record in &world.nodes[0].records {
            if let Body::Report(report) = record.body() {
                let of = report.entries.iter().filter_map(|e| labels.get(&e.label));
                named_in.insert(record.id(), of.copied().collect::<BTreeSet<u16>>());
            }
        }
        let bits = bits_for(LISTED + OTHERS);
        let cast = cast(&suspects, bits);
        Self {
            world,
            suspects,
            known,
            named_in,
            bits,
            cast,
            federations: BTreeMap::new(),
        }
    }

    /// Reports on the list.
    pub fn reports(&self) -> usize {
        self.named_in.len()
    }

    /// Bits of the buckets that are asked for.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// Buckets of so many bits that hold suspects.
    pub(super) fn buckets(&self) -> usize {
        let all = self.suspects.iter();
        let all: BTreeSet<u32> = all
            .map(|s| Bucket::of(&s.bucket, self.bits).value)
            .collect();
        all.len()
    }

    /// What members of this home node know of the federation on this day of the month; or what they
    /// would, if it said that the list is endless.
    pub(super) fn federation(&mut self, home: usize, day: u32, endless: bool) -> Rc<Federation> {
        if let Some(known) = self.federations.get(&(home, day, endless)) {
            return Rc::clone(known);
        }
        self.world.nodes[home].says_carried = endless.then_some(u64::MAX);
        let federation = Rc::new(self.world.federation(home));
        self.world.nodes[home].says_carried = None;
        self.federations
            .insert((home, day, endless), Rc::clone(&federation));
        federation
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

fn number(n: usize) -> String {
    format!("phone:+3363997{n:04}")
}

/// The spec's rule (04, section 3.1), once more.
fn bits_for(reports: usize) -> u8 {
    let fits = |bits: &u8| (4400 * reports) >> bits <= 14_000;
    (0..16).find(fits).unwrap_or(16)
}

/// A certificate with the keys of the season that runs and of that in which the reports expire: a
/// look-up asks under three keys instead of six, in messages of the same build, and a month of
/// them takes half the time.
fn keep_two_seasons(world: &mut World) {
    let federation = world.federation(0);
    let life = crate::limits::DEFAULT_REPORT_LIFE;
    let seasons = [world.today.season(), world.today.plus(life).season()];
    let keys = federation.certificate().keys();
    let keys = keys
        .filter(|key| key.name().season().is_none_or(|s| seasons.contains(&s)))
        .map(|key| (key.name(), key.clone()))
        .collect();
    let id = *federation.id();
    let mut certificate = Certificate::unsigned(&id, 1, world.today, true, &keys);
    for node in &world.nodes {
        Certificate::sign_with(&mut certificate, &id, &node.key);
    }
    world.certificate = certificate.write();
}

fn file<'a>(world: &mut World, home: usize, handles: impl Iterator<Item = &'a str>) {
    let federation = world.federation(home);
    let drafts: Vec<Draft> = handles
        .map(|handle| {
            let says = Particulars {
                summary: Summary {
                    level: Level::Danger,
                    codes: BTreeSet::from([Code::Weapon]),
                    month: Month::new(2026, 10),
                    area: None,
                    basis: Basis::FirstHand,
                },
                words: Some(Words {
                    lang: "en".to_owned(),
                    text: "He had a knife.".to_owned(),
                }),
                handles: BTreeSet::from([Handle::from_canonical(handle).unwrap()]),
            };
            Draft::new(&federation, says, &mut world.entropy)
        })
        .collect();
    let seal = Seal::new(&federation, drafts, &mut Seeded::new(31 + home as u64)).unwrap();
    let (sealed, _) = world.carry(home, seal).unwrap();
    let filed = world
        .carry(home, Publish::new(&federation, sealed).unwrap())
        .unwrap();
    assert!(filed.iter().all(Result::is_ok));
    for heap in [&mut world.seen, &mut world.blinded] {
        heap.clear();
    }
    world.passed.clear();
    world.relayed.clear();
}

/// What the keys of all live seasons and the bucket key make of all suspects.
fn evaluate(world: &mut World, handles: &[Handle]) -> BTreeMap<KeyName, Vec<Output>> {
    let federation = world.federation(2);
    let inputs: Vec<Vec<u8>> = handles.iter().map(Handle::oprf_input).collect();
    let seasons = federation.seasons(KeyName::Handle);
    let keys = seasons.into_iter().map(KeyName::Handle);
    let keys = keys.chain([KeyName::Bucket]);
    let entropy: &mut dyn Entropy = &mut Seeded::new(99);
    let mut evaluating = Evaluating::new(&federation, &inputs, keys, entropy).unwrap();
    let mut outbox = Outbox::new();
    evaluating.ask(&mut outbox, ());
    let answer = world.answer(2, &outbox.drain()[0]);
    world.relayed.clear();
    match evaluating.answer(&federation, answer, &mut BTreeSet::new()) {
        Ok(Step::Done(outputs)) => outputs,
        _ => panic!("the keyholders are up"),
    }
}

/// In two buckets two suspects each who are on the list and two who are not; of each pair one stands
/// before the bystander in a sorted list and one behind, and they part at the charter's bits.
fn cast(suspects: &[Suspect], bits: u8) -> [[[usize; 2]; 2]; 2] {
    let of = |n: usize, bits| Bucket::of(&suspects[n].bucket, bits).value;
    let two = |value: u32, listed: bool| {
        let there: Vec<usize> = (0..suspects.len())
            .filter(|n| suspects[*n].listed == listed && of(*n, bits) == value)
            .collect();
        let before = there.iter().copied().find(|n| *n < BYSTANDER)?;
        let behind = there
            .iter()
            .copied()
            .find(|n| *n > BYSTANDER && of(*n, 16) != of(before, 16))?;
        Some([before, behind])
    };
    let aside = of(BYSTANDER, bits);
    let mut found = (0..1 << bits)
        .filter(|value| *value != aside)
        .filter_map(|value| Some([two(value, false)?, two(value, true)?]));
    [found.next().unwrap(), found.next().unwrap()]
}
