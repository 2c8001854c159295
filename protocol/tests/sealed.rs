//! What is sealed opens as it was or not at all: whatever one changes in it, and whoever tries.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::world::{expiry, particulars};
use common::{Seeded, draw};
use parasol_protocol::area::Area;
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::{FederationId, Lock, OrganisationKey, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::Output;
use parasol_protocol::particulars::Words;
use parasol_protocol::record::Kind;
use parasol_protocol::record::attachment::Target;
use parasol_protocol::record::report::{Audience, Report};
use parasol_protocol::seal::{
    AreaName, AttachmentError, Browse, Bucket, FullKey, HandleName, Refused, SealError, Sealing,
    TextKey, open_by_area, open_by_handle, open_with_key, open_words, seal, seal_words,
};
use parasol_protocol::time::Day;
use proptest::prelude::*;
use std::collections::BTreeSet;

const FEDERATION: FederationId = FederationId::from_bytes([1; 32]);
const ORGANISATION: OrganisationKey = OrganisationKey::from_bytes([2; 32]);

fn output(seed: u64) -> Output {
    Output::from_bytes(draw(&mut Seeded::new(seed.to_be_bytes())))
}

fn name(n: usize) -> HandleName {
    HandleName::new(expiry().season(), output(n as u64))
}

/// The example report, browsable with its text, with its handles in their order.
fn sealed(seed: u64) -> (Report, FullKey, Vec<Handle>, AreaName) {
    let mut entropy = Seeded::new(seed.to_be_bytes());
    let says = particulars();
    let handles: Vec<Handle> = says.handles.iter().cloned().collect();
    let bucket = |n: usize| Bucket {
        bits: 12,
        value: n as u32,
    };
    let names: Vec<_> = (0..handles.len()).map(|n| (name(n), bucket(n))).collect();
    let area = AreaName::new(expiry().season(), output(99));
    let lock = SecretKey::generate(&mut entropy);
    let with = Sealing {
        federation: &FEDERATION,
        organisation: &ORGANISATION,
        expires: expiry(),
        audience: Audience::Federation,
        lock: lock.lock(),
        names: &names,
        browse: Browse::Text(&area),
        bucket_bits: 12,
    };
    let (report, full) = seal(&says, &with, &mut entropy).unwrap();
    (report, full, handles, area)
}

/// Changes one byte of one field; false: of one that stands in no sealed part's way.
fn change(report: &mut Report, field: usize, at: prop::sample::Index, with: u8) {
    let flip = |bytes: &mut [u8]| bytes[at.index(bytes.len())] ^= with;
    match field {
        0 => flip(&mut report.salt),
        1 => flip(&mut report.area_tag),
        2 => flip(&mut report.commitment),
        3 => flip(&mut report.summary),
        4 => flip(&mut report.text),
        5 => flip(&mut report.handles),
        6 => {
            let mut lock = *report.lock.as_bytes();
            flip(&mut lock);
            report.lock = Lock::from_bytes(lock);
        }
        7 => report.edition ^= u32::from(with),
        8 => report.audience = Audience::Own,
        9 => {
            let entry = at.index(report.entries.len());
            flip(&mut report.entries[entry].label.0);
        }
        10 => {
            let entry = at.index(report.entries.len());
            report.entries[entry].bucket ^= u32::from(with);
        }
        _ => {
            let entry = at.index(report.entries.len());
            report.entries.remove(entry);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A wrap opens by the name it was made for, and with every key that its handle gives under any
    /// other report it stays shut.
    #[test]
    fn each_wrap_opens_its_own_report_alone(seed in any::<u32>(), entry in 0usize..2) {
        let (mut report, full, handles, _) = sealed(seed.into());
        let (other, _, _, _) = sealed(u64::from(seed) + 1);
        let open = |report: &Report| {
            let (handle, name) = (&handles[entry], name(entry));
            open_by_handle(&FEDERATION, &ORGANISATION, expiry(), report, handle, &name)
        };
        let opened = open(&report).unwrap().unwrap();
        prop_assert_eq!(opened.full_key.unwrap().to_bytes(), full.to_bytes());
        // The same handle has one label in a season, and another wrap in every report.
        let label = name(entry).label();
        let place = |r: &Report| r.entries.iter().position(|e| e.label == label).unwrap();
        let (here, there) = (place(&report), place(&other));
        prop_assert_ne!(report.entries[here].wrap, other.entries[there].wrap);
        report.entries[here].wrap = other.entries[there].wrap;
        prop_assert!(open(&report).unwrap().is_err());
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(
        field in 0usize..12,
        at in any::<prop::sample::Index>(),
        with in 1u8..,
    ) {
        let (good, full, handles, area) = sealed(7);
        let mut report = good.clone();
        change(&mut report, field, at, with);
        prop_assert_ne!(&report, &good);
        for (n, handle) in handles.iter().enumerate() {
            let opened =
                open_by_handle(&FEDERATION, &ORGANISATION, expiry(), &report, handle, &name(n));
            prop_assert!(!matches!(opened, Some(Ok(_))));
        }
        let opened = open_with_key(&FEDERATION, &ORGANISATION, expiry(), &report, &full);
        prop_assert!(opened.is_err());
        // An area never opens the handles, so what is wrong with those it cannot see.
        if field != 5 {
            let place = Area::from_canonical("FR:lyon").unwrap();
            let opened = open_by_area(&FEDERATION, &ORGANISATION, expiry(), &report, &place, &area);
            prop_assert!(!matches!(opened, Some(Ok(_))));
        }
    }

    /// An attachment opens with its report's text key, in its place, and as what it is.
    #[test]
    fn attachments_open_in_their_place_alone(
        key in any::<[u8; 32]>(),
        salt in any::<[u8; 16]>(),
        text in proptest::option::of(".{0,300}"),
        wrong in 0usize..9,
    ) {
        let words = text.map(|text| Words { lang: "fr".to_owned(), text });
        let key_of = |key: [u8; 32]| FullKey::from_bytes(key).text_key(&[5; 16]);
        let target = Target {
            lock: Lock::from_bytes([3; 32]),
            report: RecordId::of(b"report"),
        };
        let (day, kind) = (expiry(), Kind::Second);
        let sealed = seal_words(
            &key_of(key), words.as_ref(), &FEDERATION, &ORGANISATION, day, kind, &target, &salt,
        ).unwrap();
        prop_assert!([64, 256, 512, 1024, 2048].contains(&(sealed.len() - 16)));
        let open = |key: &TextKey, sealed: &[u8], federation, organisation, day: Day, kind, target: &Target, salt: &[u8; 16]| {
            open_words(key, sealed, federation, organisation, day, kind, target, salt)
        };
        let right = open(&key_of(key), &sealed, &FEDERATION, &ORGANISATION, day, kind, &target, &salt);
        prop_assert_eq!(right, Ok(words));

        let mut other = (key, sealed, FEDERATION, ORGANISATION, day, kind, target, salt);
        match wrong {
            0 => other.0[31] ^= 1,
            1 => other.1[0] ^= 1,
            2 => other.2 = FederationId::from_bytes([9; 32]),
            3 => other.3 = OrganisationKey::from_bytes([9; 32]),
            4 => other.4 = day.plus(1),
            5 => other.5 = Kind::Dispute,
            6 => other.6.lock = Lock::from_bytes([9; 32]),
            7 => other.6.report = RecordId::of(b"another"),
            _ => other.7[0] ^= 1,
        }
        let refused = open(&key_of(other.0), &other.1, &other.2, &other.3, other.4, other.5, &other.6, &other.7);
        prop_assert_eq!(refused, Err(AttachmentError::Closed));
    }
}

/// The largest text goes, one byte more does not, though there would be room for it.
#[test]
fn an_attachments_text_has_a_limit() {
    let key = FullKey::from_bytes([1; 32]).text_key(&[5; 16]);
    let target = Target {
        lock: Lock::from_bytes([3; 32]),
        report: RecordId::of(b"report"),
    };
    let (day, kind, salt) = (expiry(), Kind::Second, [4; 16]);
    let seal = |length| {
        let words = Words {
            lang: "fr".to_owned(),
            text: "x".repeat(length),
        };
        let words = Some(&words);
        seal_words(
            &key,
            words,
            &FEDERATION,
            &ORGANISATION,
            day,
            kind,
            &target,
            &salt,
        )
    };
    assert_eq!(seal(1800).unwrap().len(), 2048 + 16);
    assert_eq!(seal(1801), Err(AttachmentError::TooLong));
    assert_eq!(seal(1900), Err(AttachmentError::TooLong));
    assert_eq!(seal(3000), Err(AttachmentError::TooLong));
}

/// Fewer bits name the same place, and a bucket spans just those that lie in it.
#[test]
fn buckets_nest() {
    for seed in 0..50 {
        let output = output(seed);
        let value = u32::from_be_bytes(*output.as_bytes().first_chunk().unwrap());
        for bits in 0..=20u8 {
            let bucket = Bucket::of(&output, bits);
            assert_eq!(u64::from(bucket.value), u64::from(value) >> (32 - bits));
            for fewer in 0..=bits {
                let shorter = bucket.shorten(fewer);
                assert_eq!(shorter, Bucket::of(&output, fewer));
                let (first, last) = shorter.span(bits);
                assert!((first..=last).contains(&bucket.value));
                assert_eq!(u64::from(last - first) + 1, 1 << (bits - fewer));
                assert_eq!(first % (last - first + 1), 0);
            }
            assert_eq!(bucket.shorten(bits + 1), bucket);
            assert_eq!(bucket.span(bits), (bucket.value, bucket.value));
        }
        assert_eq!(Bucket::of(&output, 21), Bucket::of(&output, 20));
    }
}

#[test]
fn names_and_keys_never_print() {
    let season = expiry().season();
    let handle = HandleName::new(season, output(1));
    assert_eq!(format!("{handle:?}"), format!("HandleName({season}, …)"));
    let area = AreaName::new(season, output(1));
    assert_eq!(format!("{area:?}"), format!("AreaName({season}, …)"));
}

/// What cannot be sealed, and why.
#[test]
fn what_does_not_fit_is_not_sealed() {
    let try_to = |handles: usize, names: usize, season_of: [u32; 2], text: usize| {
        let mut says = particulars();
        let account = |n| Handle::from_canonical(&format!("account:telegram/name{n}")).unwrap();
        says.handles = (0..handles).map(|n| account(n + 1000)).collect();
        says.words = Some(Words {
            lang: "fr".to_owned(),
            text: "x".repeat(text),
        });
        let season = expiry().season();
        let bucket = Bucket { bits: 12, value: 1 };
        let named: Vec<_> = (0..names)
            .map(|n| {
                let of = if n == 0 {
                    season.plus(season_of[0])
                } else {
                    season
                };
                (HandleName::new(of, output(n as u64)), bucket)
            })
            .collect();
        let area = AreaName::new(season.plus(season_of[1]), output(99));
        let mut entropy = Seeded::new("fit");
        let lock = SecretKey::generate(&mut entropy);
        let with = Sealing {
            federation: &FEDERATION,
            organisation: &ORGANISATION,
            expires: expiry(),
            audience: Audience::Federation,
            lock: lock.lock(),
            names: &named,
            browse: Browse::Codes(&area),
            bucket_bits: 12,
        };
        seal(&says, &with, &mut entropy).map(|(report, _)| report.entries.len())
    };
    for (handles, entries) in [(1, 4), (4, 4), (5, 8), (8, 8), (9, 16), (16, 16)] {
        assert_eq!(try_to(handles, handles, [0, 0], 1800), Ok(entries));
    }
    for (handles, names) in [(0, 0), (17, 17), (2, 1), (1, 2), (0, 1), (17, 16), (1, 0)] {
        let refused = try_to(handles, names, [0, 0], 10);
        assert_eq!(refused, Err(SealError::Handles), "{handles}, {names}");
    }
    assert_eq!(try_to(2, 2, [1, 0], 10), Err(SealError::Season));
    assert_eq!(try_to(2, 2, [0, 1], 10), Err(SealError::Season));
    assert_eq!(try_to(2, 2, [0, 0], 1801), Err(SealError::TooLong));
}

/// A name of another season than the report's opens nothing, whatever stands in it.
#[test]
fn another_seasons_name_is_no_name() {
    let (report, _, handles, _) = sealed(7);
    let season = expiry().season().plus(1);
    let other = HandleName::new(season, output(0));
    let opened = open_by_handle(
        &FEDERATION,
        &ORGANISATION,
        expiry(),
        &report,
        &handles[0],
        &other,
    );
    assert!(opened.is_none());
    let place = Area::from_canonical("FR:lyon").unwrap();
    let area = AreaName::new(season, output(99));
    let opened = open_by_area(&FEDERATION, &ORGANISATION, expiry(), &report, &place, &area);
    assert!(opened.is_none());
    // The right tag with another area inside is refused, and said to be.
    let area = AreaName::new(expiry().season(), output(99));
    let paris = Area::from_canonical("FR:paris").unwrap();
    let opened = open_by_area(&FEDERATION, &ORGANISATION, expiry(), &report, &paris, &area);
    assert_eq!(opened.unwrap().unwrap_err(), Refused::Name);
    // A name whose label is there, and whose handle is not among those inside.
    let stranger = Handle::from_canonical("phone:+33639980000").unwrap();
    let opened = open_by_handle(
        &FEDERATION,
        &ORGANISATION,
        expiry(),
        &report,
        &stranger,
        &name(0),
    );
    assert_eq!(opened.unwrap().unwrap_err(), Refused::Name);
}

/// What fills a report up looks like what it fills up: buckets anywhere, labels and wraps of its own.
#[test]
fn padding_looks_like_handles() {
    let (mut ones, mut count) = ([0; 12], 0);
    let mut labels = BTreeSet::new();
    for seed in 0..100 {
        let (report, _, handles, _) = sealed(seed);
        let named: Vec<_> = (0..handles.len()).map(|n| name(n).label()).collect();
        for entry in report.entries.iter().filter(|e| !named.contains(&e.label)) {
            count += 1;
            assert!(labels.insert((entry.label, entry.wrap)));
            assert!(entry.bucket < 1 << 12);
            for (bit, ones) in ones.iter_mut().enumerate() {
                *ones += entry.bucket >> bit & 1;
            }
        }
    }
    assert_eq!(count, 200);
    // Each bit is set in about half of them.
    assert!(ones.iter().all(|n| (60..=140).contains(n)), "{ones:?}");
}
