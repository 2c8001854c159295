//! Shares of one epoch give way to those of the next, at another moment at each keyholder, and whoever
//! asks notices nothing.

use super::*;
use crate::carried::Memory;
use crate::certificate::Certificate;
use crate::engine::{Engine, GRACE, Settings, Shares, Source, evaluate};
use crate::ids::OrganisationKey;
use crate::oprf::{Blinded, KeyName, blind, deal};
use crate::time::Timestamp;
use crate::wire::EvaluateAsk;
use crate::wire::peer::Refusal;
use std::collections::BTreeMap;
use std::sync::Arc;

const MADE: Day = Day::from_number(20_800);

fn moment(millis: u64) -> Timestamp {
    Timestamp::from_millis(u64::from(MADE.number() + 1) * 86_400_000 + millis)
}

struct Keyholders {
    federation: Federation,
    engines: Vec<Engine>,
    store: Memory,
    entropy: Drbg,
    blinded: Blinded,
}

impl Keyholders {
    fn new() -> Self {
        let mut entropy = Drbg::new(43, "epochs");
        let federation = Federation::new(Shape::default(), 43);
        let mut store = Memory::new();
        let engines = (0..3)
            .map(|n| {
                let (charter, me) = (federation.charter.clone(), federation.identity(n));
                let mut engine = Engine::new(charter, me, Settings::default(), &store).unwrap();
                for delegation in federation.delegations.clone() {
                    let records = vec![delegation];
                    let arrived = engine.arrived(Source::Local, records, &store, moment(0));
                    for output in arrived.unwrap().outputs {
                        if let crate::engine::Output::Store(changes) = output
                            && n == 0
                        {
                            store.apply(&changes);
                        }
                    }
                }
                engine
            })
            .collect();
        let blinded = blind(&[b"a handle".as_slice()], &mut entropy).unwrap();
        Self {
            federation,
            engines,
            store,
            entropy,
            blinded,
        }
    }

    /// A certificate of this epoch, and each keyholder's shares.
    fn generation(&mut self, epoch: u32) -> (Certificate, Vec<Shares>) {
        let dealt = deal(KeyName::Bucket, 2, 3, &mut self.entropy).unwrap();
        let keys = BTreeMap::from([(KeyName::Bucket, dealt.key)]);
        let id = self.federation.charter.federation();
        let mut unsigned = Certificate::unsigned(id, epoch, MADE, true, &keys);
        for station in &self.federation.stations {
            Certificate::sign_with(&mut unsigned, id, &station.record);
        }
        let directory = self.engines[0].directory();
        let bytes = unsigned.write();
        let certificate = Certificate::from_bytes(&bytes, &self.federation.charter, directory);
        let shares = dealt.shares.into_iter();
        let each = shares.map(|share| Arc::new(BTreeMap::from([(KeyName::Bucket, share)])));
        (certificate.unwrap(), each.collect())
    }

    /// What a keyholder answers to who has this certificate; the answer is checked against it.
    fn ask(&mut self, who: usize, by: &Certificate, now: Timestamp) -> Result<(), Refusal> {
        let ask = EvaluateAsk {
            epoch: by.epoch(),
            keys: vec![KeyName::Bucket],
            elements: self.blinded.elements().to_vec(),
        };
        let organisation: OrganisationKey = self.federation.organisation(1);
        let engine = &mut self.engines[who];
        let (_, allowed) = engine.allow(&organisation, ask, &self.store, now).unwrap();
        let (shares, ask) = allowed?;
        let answers = evaluate(&shares, &ask, &mut self.entropy)?;
        let key = by.key(KeyName::Bucket).unwrap();
        self.blinded.verify(key, &answers[0].evaluation).unwrap();
        Ok(())
    }
}

#[test]
fn a_keyholder_answers_under_the_next_epoch_and_for_a_while_under_the_last() {
    let mut all = Keyholders::new();
    let [one, two, three] = [1, 2, 3].map(|epoch| all.generation(epoch));
    let other = Err(Refusal::OtherEpoch);
    assert_eq!(all.ask(0, &one.0, moment(0)), other);
    all.engines[0].prepare(1, Arc::clone(&one.1[0]));
    assert!(all.engines[0].renew(one.0.clone(), moment(0)));
    assert_eq!(all.ask(0, &one.0, moment(0)), Ok(()));
    assert_eq!(all.ask(0, &two.0, moment(0)), other);

    all.engines[0].prepare(2, Arc::clone(&two.1[0]));
    assert_eq!(all.ask(0, &one.0, moment(1)), Ok(()));
    assert_eq!(all.ask(0, &two.0, moment(1)), Ok(()));
    assert!(all.engines[0].renew(two.0.clone(), moment(2)));
    assert!(!all.engines[0].renew(one.0.clone(), moment(2)));
    for now in [moment(2), moment(GRACE)] {
        assert_eq!(all.ask(0, &one.0, now), Ok(()));
        assert_eq!(all.ask(0, &two.0, now), Ok(()));
        for epoch in [1, 2, 3] {
            let (threshold, holders) = all.engines[0].holders(epoch, now).unwrap();
            assert_eq!((threshold, holders.len()), (2, 3));
        }
        assert!(all.engines[0].holders(0, now).is_none());
    }
    assert!(all.engines[0].holders(1, moment(GRACE + 2)).is_none());
    // A clock that is set back makes the last epoch last no longer.
    for now in [moment(GRACE + 2), moment(1)] {
        assert_eq!(all.ask(0, &one.0, now), other);
        assert_eq!(all.ask(0, &two.0, now), Ok(()));
    }
    let _ = all.engines[0].tick(&all.store, moment(GRACE + 2)).unwrap();
    assert_eq!(all.ask(0, &one.0, moment(3)), other);

    // Whoever was left out has no share, and says so; what does not fit never answers.
    for shares in [None, Some(&two.1[0]), Some(&three.1[1])] {
        let mut all = Keyholders::new();
        all.engines[0].prepare(2, Arc::clone(&two.1[0]));
        all.engines[0].renew(two.0.clone(), moment(0));
        if let Some(shares) = shares.filter(|shares| !Arc::ptr_eq(shares, &three.1[1])) {
            all.engines[0].prepare(3, Arc::clone(shares));
        }
        all.engines[0].renew(three.0.clone(), moment(0));
        assert_eq!(all.ask(0, &three.0, moment(0)), Err(Refusal::NoShare));
        assert_eq!(all.ask(0, &two.0, moment(0)), Ok(()));
    }
}

/// Ceremonies that come one upon another, as one keyholder may want them: what a client holds that fetched
/// its keys a quarter of an hour ago is answered all the same.
#[test]
fn renewals_in_quick_succession_cut_nobody_off() {
    let mut all = Keyholders::new();
    let generations: Vec<_> = (1..=12).map(|epoch| all.generation(epoch)).collect();
    let minute = 60_000;
    for (n, (certificate, shares)) in generations.iter().enumerate() {
        let now = moment(n as u64 * minute);
        all.engines[0].prepare(certificate.epoch(), Arc::clone(&shares[0]));
        assert!(all.engines[0].renew(certificate.clone(), now));
        let _ = all.engines[0].tick(&all.store, now).unwrap();
        for (before, _) in &generations[..=n] {
            let epoch = before.epoch();
            assert_eq!(all.ask(0, before, now), Ok(()), "{epoch} after {n}");
            assert!(all.engines[0].holders(epoch, now).is_some());
        }
    }
    // Each goes when its own time is over.
    let now = moment(3 * minute + GRACE);
    let _ = all.engines[0].tick(&all.store, now).unwrap();
    for (n, (certificate, _)) in generations.iter().enumerate() {
        // It gave way when the next one came.
        let expected = if n as u64 + 1 > 3 {
            Ok(())
        } else {
            Err(Refusal::OtherEpoch)
        };
        assert_eq!(all.ask(0, certificate, now), expected, "{}", n + 1);
    }
}

/// Ceremonies that stopped late have left shares of later epochs, and then an earlier one turns out to
/// be made.
#[test]
fn shares_that_come_late_for_a_lower_epoch_stay_and_push_few_out() {
    for (left_over, all_stay) in [(20, true), (200, false)] {
        let mut all = Keyholders::new();
        let (late, later) = (all.generation(3), all.generation(5));
        all.engines[0].prepare(5, Arc::clone(&later.1[0]));
        for epoch in 6..6 + left_over {
            all.engines[0].prepare(epoch, Arc::clone(&later.1[0]));
        }
        all.engines[0].prepare(3, Arc::clone(&late.1[0]));
        assert_eq!(all.ask(0, &late.0, moment(0)), Ok(()));
        assert_eq!(all.ask(0, &later.0, moment(0)).is_ok(), all_stay);
        assert!(all.engines[0].renew(late.0.clone(), moment(0)));
        assert_eq!(all.ask(0, &late.0, moment(1)), Ok(()));
        assert_eq!(all.ask(0, &later.0, moment(1)).is_ok(), all_stay);
    }
}

/// However the keyholders come to the new epoch one after another, once all have stored their shares:
/// of what a client asks by a certificate that its home node gave it within a quarter of an hour, each
/// keyholder answers all.
#[test]
fn look_ups_meet_no_gap_while_an_epoch_gives_way_to_the_next() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for order in orders {
        let mut all = Keyholders::new();
        let (one, two) = (all.generation(1), all.generation(2));
        for n in 0..3 {
            all.engines[n].prepare(1, Arc::clone(&one.1[n]));
            all.engines[n].renew(one.0.clone(), moment(0));
        }
        let minute = 60_000;
        // What each node's clients may have by now: given out at the minute before.
        let mut given = vec![(0, one.0.clone())];
        for n in order {
            all.engines[n].prepare(2, Arc::clone(&two.1[n]));
            for who in 0..3 {
                assert_eq!(all.ask(who, &one.0, moment(minute)), Ok(()));
            }
        }
        for now in 2..40 {
            if now % 4 == 2 && now < 14 {
                all.engines[order[now / 4]].renew(two.0.clone(), moment(now as u64 * minute));
            }
            let millis = now as u64 * minute;
            for engine in &mut all.engines {
                let _ = engine.tick(&all.store, moment(millis)).unwrap();
            }
            let served = all.engines.iter().map(|e| e.certificate().unwrap().clone());
            given.extend(served.map(|certificate| (millis, certificate)));
            let fresh = |(at, _): &&(u64, Certificate)| *at + 5 * minute > millis;
            let fresh: Vec<_> = given.iter().filter(fresh).cloned().collect();
            for (_, certificate) in fresh {
                for who in 0..3 {
                    let answer = all.ask(who, &certificate, moment(millis));
                    assert_eq!(answer, Ok(()), "{order:?} {now}");
                }
            }
        }
        let old = all.ask(0, &one.0, moment(40 * minute));
        assert_eq!(old, Err(Refusal::OtherEpoch));
    }
}
