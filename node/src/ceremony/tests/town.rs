//! A federation of three on this machine, two of three, whose keys nobody has made yet.

use super::super::desk::{Desk, Hand, Known, Part};
use super::super::step::Progress;
use crate::clock::Clock;
use crate::entropy::OsEntropy;
use crate::files::write_private;
use crate::keys::NodeIdentity;
use crate::setup::{Plan, built_in, init_federation, majority};
use parasol_protocol::ceremony::PlanTerms;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Terms;
use parasol_protocol::entropy::Entropy as _;
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, ShareIndex};
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const NAMES: [&str; 3] = ["lilas", "ryabina", "rowan"];

pub(in crate::ceremony) struct Town {
    pub(super) dir: PathBuf,
    /// The organisations' root keys.
    roots: Vec<SecretKey>,
    _tmp: Option<tempfile::TempDir>,
}

pub(super) fn today() -> Day {
    Clock::default().now().day()
}

/// The keys that these tests make.
pub(super) fn keys() -> Vec<KeyName> {
    vec![KeyName::Bucket, KeyName::Handle(today().season())]
}

impl Town {
    pub(in crate::ceremony) fn new() -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let plan = Plan {
            dir: tmp.path().join("fed"),
            name: "test".into(),
            threshold: majority(3),
            // Nobody listens there: tests take the ports that the system gives.
            members: built_in(&[(20_000, 30_000), (20_001, 30_001), (20_002, 30_002)]),
            today: today(),
            cities: Vec::new(),
        };
        let mut roots = Vec::new();
        init_federation(&plan, &mut OsEntropy, |_, access| {
            roots.extend(access.iter().map(|access| access.root.clone()));
            Ok(())
        })
        .unwrap();
        for name in NAMES {
            // As it is before the first ceremony.
            let dir = plan.dir.join(name);
            fs::remove_file(dir.join("certificate.cbor")).unwrap();
            drop(fs::remove_dir_all(dir.join("ceremonies")));
            for entry in fs::read_dir(dir.join("keys")).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().unwrap() == "cbor" {
                    fs::remove_file(path).unwrap();
                }
            }
        }
        Self {
            dir: plan.dir,
            roots,
            _tmp: Some(tmp),
        }
    }

    /// One that lies there already, and stays.
    pub(in crate::ceremony) fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            roots: Vec::new(),
            _tmp: None,
        }
    }

    /// The same, as it lies on the disk now.
    pub(in crate::ceremony) fn copy(&self) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let dir = tmp.path().join("fed");
        for name in NAMES {
            copy(&self.dir.join(name), &dir.join(name));
        }
        Self {
            dir,
            roots: self.roots.clone(),
            _tmp: Some(tmp),
        }
    }

    pub(in crate::ceremony) fn node(&self, number: usize) -> PathBuf {
        self.dir.join(NAMES[number])
    }

    pub(super) fn identity(&self, number: usize) -> NodeIdentity {
        NodeIdentity::read(&self.node(number)).unwrap()
    }

    pub(super) fn known(&self, number: usize) -> Known {
        let identity = self.identity(number);
        Known {
            directory: Arc::new(identity.directory()),
            certificate: identity.certificate,
        }
    }

    /// The charter changes, and all have the new version.
    pub(super) fn change_charter(&self, change: impl FnOnce(&mut Terms)) {
        let mut chain = self.identity(0).chain;
        let mut terms = chain.draft(None).unwrap();
        change(&mut terms);
        let id = chain.propose(&terms, &self.roots[0]).unwrap();
        chain.sign(&id, &self.roots[1]).unwrap();
        for number in 0..NAMES.len() {
            write_private(&self.node(number).join("charter.cbor"), &chain.to_bytes()).unwrap();
        }
    }

    pub(in crate::ceremony) fn desk(&self, number: usize) -> Desk {
        Desk::open(&self.node(number)).unwrap()
    }

    pub(super) fn certificate(&self, number: usize) -> Option<Certificate> {
        self.identity(number).certificate
    }

    /// A plan by the first node, of these holders; renewed by these dealers, if there is anything to
    /// renew.
    pub(super) fn plan(&self, holders: &[usize], dealers: &[usize]) -> Vec<u8> {
        self.plan_of(holders, dealers, &keys())
    }

    pub(super) fn plan_of(
        &self,
        holders: &[usize],
        dealers: &[usize],
        keys: &[KeyName],
    ) -> Vec<u8> {
        let starter = &self.identity(holders[0]).keys.record;
        self.terms_of(holders, dealers, keys).sign(starter)
    }

    /// The same, unsigned.
    pub(super) fn terms_of(
        &self,
        holders: &[usize],
        dealers: &[usize],
        keys: &[KeyName],
    ) -> PlanTerms {
        self.terms_upon(&self.known(holders[0]), holders, dealers, keys)
    }

    /// The same upon another certificate than the one in force.
    pub(super) fn terms_upon(
        &self,
        known: &Known,
        holders: &[usize],
        dealers: &[usize],
        keys: &[KeyName],
    ) -> PlanTerms {
        let seats = |numbers: &[usize]| -> BTreeMap<ShareIndex, NodeKey> {
            let seat = |n: &usize| {
                let identity = self.identity(*n);
                let own = identity.charter.organisation(&identity.organisation);
                let index = own.unwrap().keyholder.unwrap();
                let node = identity.keys.record.node();
                (ShareIndex::new(index).unwrap(), node)
            };
            numbers.iter().map(seat).collect()
        };
        let mut id = [0; 32];
        OsEntropy.fill(&mut id);
        PlanTerms::draft(
            &known.basis(),
            id,
            today(),
            &seats(holders),
            &seats(dealers),
            keys,
            self.identity(holders[0]).keys.record.node(),
        )
        .unwrap()
    }

    /// One step of a node, and whatever follows from where it stands.
    pub(super) fn step(&self, number: usize, name: &PlanDigest) -> Progress {
        self.step_as(number, name, false, today())
    }

    /// The same where what is kept of before is of use, or is not.
    fn step_as(&self, number: usize, name: &PlanDigest, of_use: bool, today: Day) -> Progress {
        let (known, identity) = (self.known(number), self.identity(number));
        let hand = Hand {
            node: &identity.keys.record,
            today,
        };
        let desk = self.desk(number);
        let stepped = desk.step(name, &known, &hand).unwrap();
        let known = Known {
            certificate: desk.settle(&known).unwrap().or(known.certificate),
            ..known
        };
        desk.destroy_old(&known, Some(today), of_use).unwrap();
        stepped.progress
    }

    /// Passes the boards round as files and lets each node go on, until all of these are done.
    pub(super) fn finish(&self, name: &PlanDigest, numbers: &[usize]) {
        self.finish_as(name, numbers, false, today());
    }

    /// The same on another day, and where what is kept of before is of use, or is not.
    pub(super) fn finish_as(&self, name: &PlanDigest, numbers: &[usize], of_use: bool, day: Day) {
        for _ in 0..20 {
            let step = |n: &usize| self.step_as(*n, name, of_use, day);
            let stand: Vec<Progress> = numbers.iter().map(step).collect();
            let over = stand.iter().all(Progress::is_over);
            let boards: Vec<Vec<u8>> = numbers
                .iter()
                .map(|n| self.desk(*n).board_bytes(name).unwrap())
                .collect();
            for number in numbers {
                for board in &boards {
                    let known = self.known(*number);
                    self.desk(*number).take(board, &known).unwrap();
                }
            }
            if over {
                // Whoever was over first has yet to see that the others are.
                numbers.iter().map(step).for_each(drop);
                return;
            }
        }
        panic!("the ceremony does not come to an end");
    }

    /// Begins a ceremony in which these take part by hand.
    pub(super) fn begin(&self, plan: &[u8], numbers: &[usize]) -> PlanDigest {
        self.begin_as(Part::Hand, plan, numbers)
    }

    pub(super) fn begin_as(&self, part: Part, plan: &[u8], numbers: &[usize]) -> PlanDigest {
        let mut name = None;
        for number in numbers {
            let desk = self.desk(*number);
            let this = desk.start(plan, &self.known(*number)).unwrap();
            desk.take_part(&this, part, &mut OsEntropy).unwrap();
            name = Some(this);
        }
        name.unwrap()
    }

    /// That these nodes hold the shares of one certificate of this epoch, and nothing older.
    pub(super) fn hold(&self, epoch: u32, numbers: &[usize]) {
        let mut digests = Vec::new();
        for number in numbers {
            let identity = self.identity(*number);
            let certificate = identity.certificate.unwrap();
            assert_eq!(certificate.epoch(), epoch, "{}", NAMES[*number]);
            assert_eq!(identity.shares.len(), keys().len(), "{}", NAMES[*number]);
            assert_eq!(self.desk(*number).stored().unwrap(), [epoch]);
            assert!(certificate.waiting().is_empty());
            digests.push(*certificate.digest());
        }
        assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &into);
        } else {
            fs::copy(&path, &into).unwrap();
        }
    }
}
