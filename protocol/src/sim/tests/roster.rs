//! The directory that clients get: whole for those who sign as others do, whatever one root signs.

use super::*;
use crate::carried::{Change, Memory};
use crate::certificate::{Certificate, CertificateError, Judging};
use crate::client;
use crate::cose::Cosigned;
use crate::engine::{Engine, Settings, Source};
use crate::limits::MAX_COSIGNED;
use crate::oprf::{KeyName, deal};
use crate::record::delegation::{SlotRange, Terms as DelegationTerms};
use crate::record::revocation::Revocation;
use crate::record::vouch::{Scope, Vouch};
use crate::time::Timestamp;
use crate::trust::{self, Local, Question};
use crate::wire::client::{DirectoryReply, MAX_MESSAGE};
use std::collections::{BTreeMap, BTreeSet};

const MADE: Day = Day::from_number(20_800);
const TODAY: Day = MADE.plus(60);

/// A node's engine and its store, with a certificate of the shared keys.
struct Home {
    federation: Federation,
    engine: Engine,
    store: Memory,
    /// The next free slot of each root, by days and slots of a day.
    signed: BTreeMap<usize, u32>,
    entropy: Drbg,
}

impl Home {
    /// The node of the last of three organisations.
    fn new() -> Self {
        let mut entropy = Drbg::new(41, "roster");
        let federation = Federation::new(Shape::default(), 41);
        let unsigned = certified(&federation, 1, MADE, &mut entropy);
        let store = Memory::new();
        let (charter, identity) = (federation.charter.clone(), federation.identity(2));
        let engine = Engine::new(charter, identity, Settings::default(), &store).unwrap();
        let mut home = Self {
            engine,
            store,
            // Slot 0 of the first day is the first delegation's.
            signed: BTreeMap::from([(0, 1), (1, 1), (2, 1)]),
            entropy,
            federation,
        };
        for delegation in home.federation.delegations.clone() {
            home.take(delegation);
        }
        let certificate = Certificate::from_bytes(
            &unsigned.write(),
            &home.federation.charter,
            home.engine.directory(),
        );
        home.engine.certify(certificate.unwrap());
        home
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(u64::from(TODAY.number()) * 86_400_000)
    }

    fn take(&mut self, record: Verified) -> RecordId {
        let id = record.id();
        let arrived = self
            .engine
            .arrived(Source::Local, vec![record], &self.store, Self::now())
            .unwrap();
        assert_eq!(arrived.verdicts[0].1.as_ref().unwrap(), &true);
        for output in arrived.outputs {
            if let crate::engine::Output::Store(changes) = output {
                self.store.apply(&changes);
            }
        }
        id
    }

    /// The next day and slot in which a root has not signed yet.
    fn place(&mut self, organisation: usize) -> (Day, u32) {
        let next = self.signed.get_mut(&organisation).unwrap();
        let place = (MADE.plus(*next / 64), *next % 64);
        *next += 1;
        place
    }

    /// A delegation of a key that nobody ever uses.
    fn delegate(&mut self, organisation: usize) -> SecretKey {
        let (issued, slot) = self.place(organisation);
        let record = SecretKey::generate(&mut self.entropy);
        let transport = SecretKey::generate(&mut self.entropy);
        let terms = DelegationTerms {
            record_key: record.node(),
            transport_key: transport.transport(),
            seal_key: self.federation.stations[organisation].seal.public(),
            slots: SlotRange { first: 0, count: 1 },
            until: issued.plus(60),
        };
        let root = self.federation.organisation(organisation);
        let id = self.federation.charter.federation();
        let body = Body::Delegation(terms.agree(id, &root, &record, &transport));
        let expires = issued.plus(900);
        let signed = self
            .federation
            .sign_root(organisation, issued, expires, slot, body);
        self.take(signed);
        record
    }

    fn revoke(&mut self, organisation: usize, key: &SecretKey) -> RecordId {
        let (issued, slot) = self.place(organisation);
        let body = Body::Revocation(Revocation::Key(key.node()));
        let signed = self
            .federation
            .sign_root(organisation, issued, issued.plus(900), slot, body);
        self.take(signed)
    }

    fn affirm(&mut self, organisation: usize, records: Vec<RecordId>) -> RecordId {
        let (issued, slot) = self.place(organisation);
        let signed = self
            .federation
            .affirmation(organisation, records, issued, slot);
        self.take(signed)
    }

    fn vouch(&mut self, issuer: usize, subject: usize, number: u32, days: u32) -> RecordId {
        let (issued, slot) = self.place(issuer);
        let subject = self.federation.organisation(subject);
        let vouch = Vouch {
            subject,
            budget: 0,
            number,
            scope: Scope::everything(),
        };
        let signed = self.federation.vouch(issuer, vouch, issued, days, slot);
        self.take(signed)
    }

    fn reply(&self) -> Vec<u8> {
        let reply = self.engine.directory_reply(&self.store, Self::now());
        reply.unwrap().encode()
    }

    fn served(&self) -> BTreeSet<RecordId> {
        let reply = DirectoryReply::decode(&self.reply()).unwrap();
        reply.records.iter().map(|r| RecordId::of(r)).collect()
    }

    fn client(&self) -> client::Federation {
        let own = self.federation.organisation(2);
        client::Federation::from_reply(&self.reply(), &own, None, TODAY).unwrap()
    }
}

/// A certificate of this day that all nodes have signed.
fn certified(federation: &Federation, epoch: u32, day: Day, entropy: &mut Drbg) -> Cosigned {
    let key = deal(KeyName::Bucket, 2, 3, entropy).unwrap().key;
    let keys = BTreeMap::from([(KeyName::Bucket, key)]);
    let id = federation.charter.federation();
    let mut unsigned = Certificate::unsigned(id, epoch, day, true, &keys);
    for station in &federation.stations {
        Certificate::sign_with(&mut unsigned, id, &station.record);
    }
    unsigned
}

/// What is revoked after a certificate was made takes the keys from nobody who goes by it, and revoked
/// keys bring nothing new into use.
#[test]
fn who_signed_the_keys_and_is_revoked_later_blinds_nobody() {
    let mut home = Home::new();
    let charter = home.federation.charter.clone();
    let later = certified(&home.federation, 1, MADE.plus(5), &mut home.entropy).write();
    let forged = certified(&home.federation, 2, MADE, &mut home.entropy).write();
    let judge = |home: &Home, bytes: &[u8], judging| {
        Certificate::of_latest(bytes, &charter, home.engine.directory(), judging)
    };
    let before = judge(&home, &later, Judging::Anew).unwrap();
    for organisation in [0, 1] {
        let key = home.federation.stations[organisation].record.clone();
        home.revoke(organisation, &key);
    }
    let client = home.client();
    assert_eq!(client.certificate().signed(), 3);
    // Two of three keys are stolen by now, and date a certificate of their own back.
    let short = CertificateError::Signatures {
        signed: 1,
        needed: 2,
    };
    assert_eq!(judge(&home, &forged, Judging::Anew).unwrap_err(), short);
    // Of one that is of a later day than the revocations those count, but not for who has seen it.
    home.engine.certify(before.clone());
    let own = home.federation.organisation(2);
    let read = |seen: Option<&client::Generation>| {
        client::Federation::after(&home.reply(), &own, None, seen, TODAY)
    };
    let refused = read(None).unwrap_err();
    assert_eq!(refused, client::ViewError::Certificate(short.clone()));
    let other = client.generation();
    assert!(read(Some(&other)).is_err());
    let seen = client::Generation {
        epoch: before.epoch(),
        digest: *before.digest(),
    };
    assert_eq!(read(Some(&seen)).unwrap().generation(), seen);
    assert_eq!(judge(&home, &later, Judging::InUse).unwrap_err(), short);
    assert_eq!(judge(&home, &later, Judging::Again).unwrap().signed(), 3);
}

/// Anybody can add signatures to a certificate. They are not kept, and not passed on.
#[test]
fn strangers_signatures_do_not_stay_in_a_certificate() {
    let mut home = Home::new();
    let clean = home.engine.certificate().unwrap().bytes().to_vec();
    let mut stuffed = Cosigned::parse(&clean, MAX_COSIGNED).unwrap();
    let id = *home.federation.charter.federation();
    for _ in 0..300 {
        let stranger = SecretKey::generate(&mut home.entropy);
        Certificate::sign_with(&mut stuffed, &id, &stranger);
    }
    // One keyholder has a second node: one signature says it.
    let second = home.delegate(0);
    Certificate::sign_with(&mut stuffed, &id, &second);
    let stuffed = stuffed.write();
    assert!(stuffed.len() > clean.len() + 301 * 64);
    let (charter, directory) = (&home.federation.charter, home.engine.directory());
    let read = Certificate::from_bytes(&stuffed, charter, directory).unwrap();
    assert_eq!((read.signed(), read.signers().len()), (3, 3));
    assert_eq!(read.bytes().len(), clean.len());
}

#[test]
fn a_root_that_signs_too_much_crowds_out_its_own_alone() {
    let mut home = Home::new();
    // The others do all that an organisation may have to do.
    let mut whole: BTreeSet<RecordId> = home.federation.delegations[1..]
        .iter()
        .map(Verified::id)
        .collect();
    let mut entropy = Drbg::new(42, "reports");
    let mut affirmed = Vec::new();
    for organisation in [1, 2] {
        let lock = SecretKey::generate(&mut entropy).lock();
        let body = report_body(lock, Audience::Federation, &mut entropy);
        let day = MADE.plus(3);
        let report = home
            .federation
            .sign(organisation, day, day.plus(300), 7, body);
        home.take(report.clone());
        // More than what is left over when the last large record does not fit.
        for number in 0..40 {
            whole.insert(home.vouch(organisation, 3 - organisation, number, 700));
        }
        affirmed.push(report);
    }
    whole.insert(home.affirm(1, vec![affirmed[0].id()]));
    let stolen = home.federation.stations[1].record.clone();
    whole.insert(home.revoke(1, &stolen));
    // The hostile one stands before them: every record it may sign, and as large as it may be.
    let revoked: Vec<_> = (0..100).map(|_| home.delegate(0)).collect();
    for key in &revoked {
        home.revoke(0, key);
    }
    for _ in 0..800 {
        home.delegate(0);
    }
    for number in 0..200 {
        home.vouch(0, 2, number, 700);
    }
    for _ in 0..2_200 {
        let ids = (0..128).map(|_| RecordId::from_bytes(home.entropy.bytes()));
        let ids = ids.collect();
        home.affirm(0, ids);
    }
    let signed: usize = home
        .store
        .ids()
        .map(|id| home.store.get(&id).unwrap().bytes().len())
        .sum();
    assert!(signed > MAX_MESSAGE, "{signed} bytes would have fitted");

    let reply = home.reply();
    assert!(reply.len() <= MAX_MESSAGE);
    let served = home.served();
    assert!(whole.is_subset(&served));
    let client = home.client();
    assert!(client.refused().is_empty());
    let works = |n: usize| {
        let key = home.federation.organisation(n);
        client
            .members()
            .any(|m| m.key == key && !m.nodes.is_empty())
    };
    assert!(works(0) && !works(1) && works(2), "the one of 1 is revoked");
    // What the others published stands or falls as it does at a node.
    for record in &affirmed {
        let own = home.federation.organisation(2);
        crate::admit::check(record, client.directory(), &own, TODAY).unwrap();
    }
    let local = Local::trusting([home.federation.organisation(2)]);
    let counted = trust::counted(client.directory(), &local, &Question::REPORTS, TODAY);
    assert_eq!(counted.len(), 2);
    // The hostile one's own come in the order of what matters, up to its share and what the
    // others leave: all but some affirmations.
    let mine = home.federation.organisation(0);
    let kept = |kind| {
        let all = home.store.ids().filter_map(|id| home.store.get(&id));
        let all = all.filter(|r| r.header().organisation == mine && r.kind() == kind);
        let (served, left): (Vec<_>, Vec<_>) = all.partition(|r| served.contains(&r.id()));
        (served.len(), left.len())
    };
    use crate::record::Kind;
    assert_eq!(kept(Kind::Revocation), (100, 0));
    assert_eq!(kept(Kind::Delegation), (901, 0));
    assert_eq!(kept(Kind::Vouch), (200, 0));
    let (some, left) = kept(Kind::Affirmation);
    assert!(some > 300 && left > 300, "{some} and {left}");
}

#[test]
fn it_is_the_same_in_whatever_order_records_came() {
    let mut home = Home::new();
    let keys: Vec<_> = (0..20).map(|n| home.delegate(n % 3)).collect();
    home.revoke(1, &keys[1]);
    let mut records: Vec<Verified> = home
        .store
        .ids()
        .map(|id| home.store.get(&id).unwrap().clone())
        .collect();
    let first = home.reply();
    Drbg::new(43, "order").shuffle(&mut records);
    let mut other = Home::new();
    // Places in the store tell the order of arrival.
    other.store = Memory::new();
    for record in records {
        other
            .store
            .apply(&[Change::Insert(Box::new(record.clone()))]);
    }
    let (charter, identity) = (home.federation.charter.clone(), home.federation.identity(2));
    let certificate = home.engine.certificate().unwrap().clone();
    other.engine = Engine::new(charter, identity, Settings::default(), &other.store).unwrap();
    other.engine.certify(certificate);
    assert!(first == other.reply());
}

#[test]
fn what_cannot_matter_is_left_out() {
    let mut home = Home::new();
    let (lost, dead) = (home.delegate(1), home.delegate(2));
    // Nobody is revoked yet: an affirmation says nothing that a client asks.
    let idle = home.affirm(1, vec![RecordId::from_bytes([1; 32])]);
    assert!(!home.served().contains(&idle));
    // A key that nobody delegated says nothing by being revoked.
    let stranger = SecretKey::generate(&mut home.entropy);
    let empty = home.revoke(1, &stranger);
    assert!(!home.served().contains(&empty) && !home.served().contains(&idle));
    // Now it matters.
    let (first, second) = (home.revoke(1, &lost), home.revoke(1, &lost));
    let served = home.served();
    assert!(served.contains(&idle));
    // One revocation of two says it, and the delegation stands by for what is affirmed.
    assert!(served.contains(&first) != served.contains(&second));
    assert!(
        home.client()
            .directory()
            .organisation_of(&lost.node())
            .is_some()
    );
    // A revoked key of one that affirms nothing speaks for nothing.
    home.revoke(2, &dead);
    let client = home.client();
    assert!(client.directory().organisation_of(&dead.node()).is_none());
    assert!(client.directory().signer_on(&dead.node(), TODAY).is_none());
}

#[test]
fn vouches_that_void_each_other_never_come_alone() {
    let mut home = Home::new();
    // Three under one number: they void each other until the second-longest has passed.
    let short = home.vouch(0, 1, 5, 100);
    let long = [home.vouch(0, 1, 5, 300), home.vouch(0, 2, 5, 200)];
    let served = home.served();
    assert!(long.iter().all(|id| served.contains(id)) && !served.contains(&short));
    let client = home.client();
    let local = Local::trusting([home.federation.organisation(0)]);
    for days in [0, 90, 150, 250, 500] {
        let day = TODAY.plus(days);
        let counted = |directory| trust::counted(directory, &local, &Question::REPORTS, day);
        let at_the_node = counted(home.engine.directory());
        assert_eq!(counted(client.directory()), at_the_node);
    }
}
