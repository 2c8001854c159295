//! What records give away without a key of the federation.

use super::super::testing::Seeded;
use super::curve::{finalize, hash_to_group, point};
use super::examiner::{Examiner, Why};
use crate::area::{Area, cities_of};
use crate::cbor;
use crate::entropy::Entropy;
use crate::handle::Country;
use crate::ids::RecordId;
use crate::oprf::{KeyName, Output};
use crate::record::report::{Audience, Label, Report};
use crate::record::{Body, Verified};
use crate::seal::{AreaName, FullKey, HandleName, open_by_area, open_with_key};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha512};
use std::collections::{BTreeMap, BTreeSet};

/// Strings that two things have in common by chance once in 2^64.
const STRING: usize = 8;

/// Looks for every suspect's handle in all bytes: as it is, in hexadecimal, in UTF-16.
pub(super) fn plaintext(examiner: &mut Examiner<'_>) {
    let mut needles: BTreeSet<[u8; STRING]> = BTreeSet::new();
    for suspect in &examiner.suspects {
        let text = suspect.handle.canonical().as_bytes();
        let end = &text[text.len() - 4..];
        let wide: Vec<u8> = end.iter().flat_map(|b| [*b, 0]).collect();
        needles.insert(text[text.len() - STRING..].try_into().unwrap());
        needles.insert(hex::encode(end).as_bytes().try_into().unwrap());
        needles.insert(wide.as_slice().try_into().unwrap());
    }
    let bytes = examiner.seized.bytes();
    let hits = bytes.iter().flat_map(|piece| piece.windows(STRING));
    let hits = hits.filter(|w| needles.contains(*w)).count() as u64;
    examiner.note(
        "plaintext",
        "looked for suspects' handles in all bytes held",
        needles.len() as u64,
        hits,
        0,
    );
}

/// A label from the handle alone: hashes and MACs of it, keyed with everything that is held.
pub(super) fn labels_without_key(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let mut keys: Vec<Vec<u8>> = seized.secrets().iter().map(|s| s.to_vec()).collect();
    keys.push(Vec::new());
    keys.push(seized.charter.federation().as_bytes().to_vec());
    for season in examiner.seasons() {
        keys.push(season.to_string().into_bytes());
    }
    let publics = seized.epochs.iter().flat_map(|e| e.keys.values());
    keys.extend(publics.map(|k| k.public().as_bytes().to_vec()));
    let (mut times, mut got) = (0, 0);
    for suspect in &examiner.suspects {
        let mut outputs = vec![finalize(&suspect.input, &suspect.point)];
        for key in &keys {
            let hash = Sha512::new().chain_update(key).chain_update(&suspect.input);
            outputs.push(Output::from_bytes(hash.finalize().into()));
            let mac = Hmac::<Sha512>::new_from_slice(key).unwrap();
            let mac = mac.chain_update(&suspect.input).finalize();
            outputs.push(Output::from_bytes(mac.into_bytes().into()));
            let as_point = key.as_slice().try_into().ok().and_then(point);
            if let Some(other) = as_point {
                outputs.push(finalize(&suspect.input, &other));
                outputs.push(finalize(&suspect.input, &(other + suspect.point)));
            }
        }
        for output in outputs {
            times += 1;
            let head = *output.as_bytes().first_chunk().unwrap();
            let season = seized.today.season();
            let derived = HandleName::new(season, output).label();
            let labels = [derived, Label(head)];
            got += u64::from(labels.iter().any(|l| examiner.labels.contains_key(l)));
        }
    }
    examiner.note(
        "labels-without-key",
        "made labels of suspects' handles by hashing, keyed with all that is held",
        times,
        got,
        0,
    );
}

/// What everything sealed in a report is bound to (04, 2.3).
fn binding(examiner: &Examiner<'_>, record: &Verified, r: &Report) -> [u8; 32] {
    let header = record.header();
    let bytes = cbor::encode(|e| {
        cbor::put_array(e, 11);
        cbor::put_text(e, "parasol 1 report");
        cbor::put_bytes(e, examiner.seized.charter.federation().as_bytes());
        cbor::put_bytes(e, header.organisation.as_bytes());
        cbor::put_uint(e, header.expires.number().into());
        cbor::put_bool(e, r.audience == Audience::Own);
        cbor::put_bytes(e, r.lock.as_bytes());
        cbor::put_uint(e, r.edition.into());
        cbor::put_bytes(e, &r.salt);
        cbor::put_array(e, r.entries.len() as u64);
        for entry in &r.entries {
            cbor::put_array(e, 2);
            cbor::put_uint(e, entry.bucket.into());
            cbor::put_bytes(e, &entry.label.0);
        }
        cbor::put_bytes(e, &r.area_tag);
        cbor::put_bytes(e, &r.commitment);
    });
    Sha256::digest(bytes).into()
}

/// Opens one box.
pub(super) fn unseal(
    key: &[u8; 32],
    sealed: &[u8],
    binding: &[u8; 32],
    part: u8,
) -> Option<Vec<u8>> {
    let aad = [binding.as_slice(), &[part]].concat();
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt(&Nonce::default(), payload).ok()
}

pub(super) fn derive(secret: &[u8], salt: &[u8], info: &str) -> [u8; 32] {
    let mut out = [0; 32];
    let hkdf = Hkdf::<Sha512>::new(Some(salt), secret);
    hkdf.expand(info.as_bytes(), &mut out).unwrap();
    out
}

/// Keys as they are held, and what the key chain and the wraps would make of them.
fn tries(held: &[u8; 32], salt: &[u8; 16]) -> Vec<[u8; 32]> {
    let infos = [
        "parasol 1 wrap",
        "parasol 1 area wrap",
        "parasol 1 summary",
        "parasol 1 text",
        "parasol 1 handles",
    ];
    let mut tries = vec![*held];
    tries.extend(infos.map(|info| derive(held, salt, info)));
    // As an output would be, of 64 bytes.
    let output = [*held, *held].concat();
    tries.extend(infos[..2].iter().map(|info| derive(&output, salt, info)));
    tries
}

/// Every wrap and box of every report, with every key that is held, and with what stands in the
/// report itself.
pub(super) fn boxes(examiner: &mut Examiner<'_>) {
    let secrets = examiner.seized.secrets();
    let (mut times, mut got) = (0, 0);
    for (record, r) in examiner.seized.reports() {
        let bound = binding(examiner, record, r);
        let mut held = secrets.clone();
        held.push(*r.lock.as_bytes());
        held.push(r.commitment);
        held.push(*record.id().as_bytes());
        held.push(*record.header().organisation.as_bytes());
        held.push([r.salt, r.salt].concat().try_into().unwrap());
        let header = record.header();
        let federation = examiner.seized.charter.federation();
        for held in &held {
            let key = FullKey::from_bytes(*held);
            let whole = open_with_key(federation, &header.organisation, header.expires, r, &key);
            got += u64::from(whole.is_ok());
            for key in tries(held, &r.salt) {
                let boxes = [(1, &r.summary), (2, &r.text), (3, &r.handles)];
                let boxes = boxes.map(|(part, sealed)| (part, sealed.as_slice()));
                let wraps = r.entries.iter().map(|e| (4, e.wrap.as_slice()));
                let areas = [(5, r.area_wrap.as_slice()), (6, &r.area_wrap)];
                for (part, sealed) in boxes.into_iter().chain(wraps).chain(areas) {
                    times += 1;
                    got += u64::from(unseal(&key, sealed, &bound, part).is_some());
                }
            }
        }
    }
    examiner.note(
        "boxes",
        "tried every key held on every wrap and sealed part",
        times,
        got,
        0,
    );
}

/// Generators that begin with the number of one of the last sixty days. The salt is drawn behind the
/// full key and stands in the open, so it tells where the generator was.
pub(super) fn weak_generators(examiner: &mut Examiner<'_>) {
    const DRAWS: usize = 4096;
    let today = examiner.seized.today.number();
    let mut by_salt: BTreeMap<[u8; 16], [u8; 32]> = BTreeMap::new();
    let mut times = 0;
    for day in today.saturating_sub(60)..=today {
        let mut generator = Seeded::new(day.into());
        let mut before = [0; 64];
        for _ in 0..DRAWS {
            let mut block = [0; 64];
            generator.fill(&mut block);
            times += 1;
            by_salt.insert(
                *block.first_chunk().unwrap(),
                *before.first_chunk().unwrap(),
            );
            before = block;
        }
    }
    let mut opened = Vec::new();
    for (record, report) in examiner.seized.reports() {
        let Some(key) = by_salt.get(&report.salt) else {
            continue;
        };
        let header = record.header();
        let read = open_with_key(
            examiner.seized.charter.federation(),
            &header.organisation,
            header.expires,
            report,
            &FullKey::from_bytes(*key),
        );
        if let Ok(read) = read {
            opened.push((record.id(), read.handles.unwrap_or_default()));
        }
    }
    let got = opened.len() as u64;
    for (id, handles) in opened {
        examiner.found.opened.entry(id).or_default().extend(handles);
    }
    examiner.note(
        "weak-generators",
        "replayed generators that begin with a day's number",
        times,
        got,
        0,
    );
}

/// The few areas that there are, with each share as if it were the key and with whole keys.
pub(super) fn areas(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let terms = seized.charter.terms();
    let cities = cities_of(&terms.cities);
    let mut areas: BTreeSet<Area> = cities.iter().map(|c| c.area()).collect();
    for organisation in &terms.organisations {
        if let Ok(country) = organisation.jurisdiction.parse::<Country>() {
            let country = Area::of_country(country);
            areas.extend(country.within(&cities));
            areas.insert(country);
        }
    }
    let points: Vec<_> = areas
        .iter()
        .map(|area| {
            let input = area.oprf_input();
            let at = hash_to_group(&input);
            (area, input, at)
        })
        .collect();
    let mut keys: Vec<_> = examiner.keys.iter().map(|(n, k)| (*n, *k)).collect();
    for ((_, name), held) in &seized.shares {
        keys.extend(held.values().map(|share| (*name, *share)));
    }
    let (mut times, mut opened) = (0, BTreeSet::new());
    for (name, key) in keys {
        let KeyName::Area(season) = name else {
            continue;
        };
        for (area, input, at) in &points {
            let name = AreaName::new(season, finalize(input, &(key * at)));
            for (record, report) in seized.reports() {
                let header = record.header();
                times += 1;
                let read = open_by_area(
                    seized.charter.federation(),
                    &header.organisation,
                    header.expires,
                    report,
                    area,
                    &name,
                );
                if matches!(read, Some(Ok(_))) {
                    opened.insert(record.id());
                }
            }
        }
    }
    let got = opened.len() as u64;
    for id in opened {
        examiner.found.opened.entry(id).or_default();
    }
    examiner.note(
        "areas",
        "evaluated every area of the federation's countries with each share",
        times,
        got,
        0,
    );
}

/// What two reports have in common. Equal labels link the reports of one handle in one season, and
/// buckets those of several seasons: that is stated. Nothing else may.
pub(super) fn links(examiner: &mut Examiner<'_>) {
    let seized = examiner.seized;
    let season = |id: &RecordId| seized.records[id].header().expires.season();
    let mut pairs = BTreeMap::new();
    for with in examiner.labels.values() {
        for (n, a) in with.iter().enumerate() {
            for b in with.iter().skip(n + 1) {
                let why = if season(a) == season(b) {
                    Why::Label
                } else {
                    Why::Other
                };
                pairs.insert((*a, *b), why);
            }
        }
    }
    let by_label = pairs.values().filter(|w| **w == Why::Label).count() as u64;
    let reports = seized.reports().count() as u64;
    let all_pairs = reports * reports.saturating_sub(1) / 2;

    let mut strings: BTreeMap<&[u8], RecordId> = BTreeMap::new();
    let mut times = 0;
    for record in seized.records.values() {
        let Body::Report(r) = record.body() else {
            continue;
        };
        let labels = r.entries.iter().map(|e| e.label.0.as_slice());
        let wraps = r.entries.iter().map(|e| e.wrap.as_slice());
        let fixed: [&[u8]; 8] = [
            &r.salt,
            &r.area_tag,
            &r.area_wrap,
            &r.commitment,
            &r.summary,
            &r.text,
            &r.handles,
            r.lock.as_bytes(),
        ];
        for string in labels
            .chain(wraps)
            .chain(fixed)
            .flat_map(|s| s.windows(STRING))
        {
            times += 1;
            let first = *strings.entry(string).or_insert(record.id());
            let pair = (first.min(record.id()), first.max(record.id()));
            if first != record.id() {
                pairs.entry(pair).or_insert(Why::Other);
            }
        }
    }
    let mut buckets: BTreeMap<u32, Vec<RecordId>> = BTreeMap::new();
    for (record, report) in seized.reports() {
        for entry in &report.entries {
            buckets.entry(entry.bucket).or_default().push(record.id());
        }
    }
    let across = buckets.values().flat_map(|with| {
        let pairs = with.iter().enumerate();
        pairs.flat_map(|(n, a)| with.iter().skip(n + 1).map(move |b| (a, b)))
    });
    let across = across.filter(|(a, b)| season(a) != season(b)).count() as u64;

    let other = pairs.values().filter(|w| **w == Why::Other).count() as u64;
    examiner.found.pairs = pairs;
    examiner.note(
        "links-by-label",
        "compared labels within a season: reports of one handle",
        all_pairs,
        by_label,
        u64::MAX,
    );
    examiner.note(
        "links-by-bucket",
        "compared buckets across seasons: perhaps of one handle",
        all_pairs,
        across,
        u64::MAX,
    );
    examiner.note(
        "links-otherwise",
        "compared all that is sealed, salted, locked or tagged, eight bytes at a time",
        times,
        other,
        0,
    );
}

/// What sizes tell: one of three numbers of entries, five of text, four of handles.
pub(super) fn sizes(examiner: &mut Examiner<'_>) {
    let sizes = examiner.seized.reports().map(|(_, r)| {
        let lengths = (r.summary.len(), r.text.len(), r.handles.len());
        (r.entries.len(), lengths)
    });
    let sizes: Vec<_> = sizes.collect();
    let classes: BTreeSet<_> = sizes.iter().collect();
    let (times, got) = (sizes.len() as u64, classes.len() as u64);
    examiner.note(
        "sizes",
        "told reports apart by their sizes: classes seen",
        times,
        got,
        3 * 5 * 4,
    );
}
