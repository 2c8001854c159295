//! Sealed questions and replies, and what a client makes of hostile ones: it shows nothing that
//! nobody signed, nothing that does not open by the handle, and ends.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::by_hand::{self, Chain};
use parasol_fuzz::client::{Fixture, Pooled, fixture};
use parasol_fuzz::common::world::{BUCKET_BITS, TODAY, by_node, expiry};
use parasol_fuzz::common::{Seeded, draw};
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::structured;
use parasol_protocol::client::{Check, CheckOptions, Checked, Exchange, Unanswered};
use parasol_protocol::handle::Handle;
use parasol_protocol::ids::RecordId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_TEXT;
use parasol_protocol::record::report::{Audience, Entry, Label, Report};
use parasol_protocol::record::{Body, Kind, Verified};
use parasol_protocol::seal::{Bucket, open_by_handle};
use parasol_protocol::wire::client::{Evaluate, Evaluated, PassOn};
use parasol_protocol::wire::sealed::{
    Question, Reply, SEALED_REPLY, SEALED_REQUEST, open_question, seal_question,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a hostile organisation seals to the handle.
#[derive(Arbitrary, Clone, Debug)]
struct Crafted {
    by: u8,
    summary: Vec<u8>,
    text: Vec<u8>,
    handles: Vec<u8>,
    /// The padding is part of the bytes given.
    raw: bool,
    honest_handles: bool,
    classes: u8,
    other_commitment: bool,
    seed: u8,
}

#[derive(Arbitrary, Clone, Debug)]
enum Served {
    Pool(u8),
    Altered {
        which: u8,
        at: u16,
        to: u8,
    },
    /// Another signs it.
    Copied {
        which: u8,
        by: u8,
        issued: i8,
        expires: i16,
        slot: u16,
    },
    /// A part of a report is exchanged before it is signed.
    Twisted {
        which: u8,
        part: u8,
        at: u16,
        xor: u8,
    },
    Crafted(Crafted),
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Clone, Debug)]
enum How {
    Sealed,
    /// What seals the reply to another question.
    Stale,
    Short,
    Status(u16),
    Unreachable,
    Raw(Vec<u8>),
    Bent(u16, u8),
}

#[derive(Arbitrary, Clone, Debug)]
struct Answer {
    how: How,
    carried: u64,
    left: u8,
    records: Vec<Served>,
}

#[derive(Arbitrary, Debug)]
enum Input {
    Opened(Crafted),
    Check {
        parts: u8,
        own: Vec<Served>,
        answers: Vec<Answer>,
    },
}

fn question(padded: &[u8]) {
    let fixture = fixture();
    let Ok(question) = Question::decode(padded) else {
        return;
    };
    let node = &fixture.world.lilas.seal;
    let id = fixture.federation.id();
    let mut entropy = Seeded::new("question");
    let (sealed, _) = seal_question(&question, &node.public(), id, &mut entropy).unwrap();
    assert_eq!(sealed.len(), SEALED_REQUEST);
    let (opened, key) = open_question(&sealed, node, id).unwrap();
    assert_eq!(opened, question);
    let reply = key.seal(&Reply::default(), &mut entropy).unwrap();
    assert_eq!(reply.len(), SEALED_REPLY);
    assert_eq!(key.open(&reply), Ok(Reply::default()));
    reached();
}

fn reply(bytes: &[u8]) {
    let size = SEALED_REPLY - 48;
    if bytes.len() >= size {
        return;
    }
    let padded = by_hand::pad(bytes, size);
    let Ok(reply) = Reply::decode(&padded) else {
        return;
    };
    let fixture = fixture();
    let (id, node) = (fixture.federation.id(), &fixture.world.lilas.seal);
    let mut entropy = Seeded::new("reply");
    let asked = Question::Bucket {
        bucket: Bucket { bits: 0, value: 0 },
        part: 0,
    };
    let (sealed, ours) = seal_question(&asked, &node.public(), id, &mut entropy).unwrap();
    let (_, theirs) = open_question(&sealed, node, id).unwrap();
    let sealed = theirs.seal(&reply, &mut entropy).unwrap();
    assert_eq!(sealed.len(), SEALED_REPLY);
    assert_eq!(ours.open(&sealed), Ok(reply));
    reached();
}

/// Bytes in the smallest size that holds them, or as they are.
fn part(bytes: &[u8], sizes: &[usize], raw: bool, class: u8) -> Vec<u8> {
    let size = sizes[usize::from(class) % sizes.len()];
    let least = sizes.iter().copied().find(|s| *s > bytes.len());
    let size = size.max(least.unwrap_or(size));
    let mut bytes = bytes.to_vec();
    if raw {
        bytes.resize(size, 0);
        return bytes;
    }
    bytes.truncate(size - 1);
    by_hand::pad(&bytes, size)
}

fn craft(fixture: &Fixture, crafted: &Crafted) -> Report {
    let mut entropy = Seeded::new([crafted.seed]);
    let lock = SecretKey::generate(&mut Seeded::new("crafted"));
    let salt = draw(&mut entropy);
    let chain = Chain::new(draw(&mut entropy), &salt);
    let name = fixture.name();
    let mut entries = vec![Entry {
        bucket: Bucket::of(&fixture.bucket, BUCKET_BITS).value,
        label: name.label(),
        wrap: [0; 48],
    }];
    while entries.len() < 4 {
        entries.push(Entry {
            bucket: 7,
            label: Label(draw(&mut entropy)),
            wrap: draw(&mut entropy),
        });
    }
    entries.sort_by_key(|e| e.label);
    let mut report = Report {
        audience: Audience::Federation,
        lock: lock.lock(),
        edition: 0,
        succession: None,
        salt,
        entries,
        area_tag: draw(&mut entropy),
        area_wrap: draw(&mut entropy),
        commitment: if crafted.other_commitment {
            draw(&mut entropy)
        } else {
            chain.commitment
        },
        summary: Vec::new(),
        text: Vec::new(),
        handles: Vec::new(),
    };
    let by = fixture.member(crafted.by).key();
    let bound = by_hand::binding(fixture.federation.id(), &by, expiry(), &report);
    let key = by_hand::derive(fixture.named.as_bytes(), &salt, "parasol 1 wrap");
    let wrap = by_hand::seal(&key, &chain.full, &bound, by_hand::HANDLE_WRAP);
    let mut entries = report.entries.iter_mut();
    let own = entries.find(|e| e.label == name.label()).unwrap();
    own.wrap = wrap.try_into().unwrap();
    let honest = parasol_protocol::cbor::encode(|e| {
        parasol_protocol::cbor::put_array(e, 1);
        parasol_protocol::cbor::put_text(e, &fixture.handle.to_canonical_string());
    });
    let handles = if crafted.honest_handles {
        part(&honest, &[128], false, 0)
    } else {
        part(
            &crafted.handles,
            &[128, 256, 512, 1024],
            crafted.raw,
            crafted.classes >> 4,
        )
    };
    let summary = part(&crafted.summary, &[96], crafted.raw, 0);
    let text = part(
        &crafted.text,
        &[64, 256, 512, 1024, 2048],
        crafted.raw,
        crafted.classes,
    );
    report.summary = by_hand::seal(&chain.summary_box, &summary, &bound, by_hand::SUMMARY);
    report.text = by_hand::seal(&chain.text_box, &text, &bound, by_hand::TEXT);
    report.handles = by_hand::seal(&chain.handles_box, &handles, &bound, by_hand::HANDLES);
    report
}

fn opened(crafted: &Crafted) {
    let fixture = fixture();
    let report = craft(fixture, crafted);
    let by = fixture.member(crafted.by).key();
    let result = open_by_handle(
        fixture.federation.id(),
        &by,
        expiry(),
        &report,
        &fixture.handle,
        &fixture.name(),
    );
    // The label is there: it opens or is refused, and is never passed over.
    let Ok(opened) = result.unwrap() else {
        return;
    };
    reached();
    assert!(!crafted.other_commitment);
    let handles = opened.handles.unwrap();
    assert!(handles.contains(&fixture.handle) && handles.len() <= report.entries.len());
    for handle in &handles {
        assert_eq!(
            Handle::from_canonical(&handle.to_canonical_string()).as_ref(),
            Ok(handle)
        );
    }
    assert!(opened.words.is_none_or(|w| w.text.len() <= MAX_TEXT));
}

fn record(fixture: &Fixture, served: &Served) -> Vec<u8> {
    let of = |n: u8| &fixture.pool[usize::from(n) % fixture.pool.len()];
    let federation = fixture.federation.id();
    let sign = |body: Body, by: u8, slot: u16, issued: i8, expires: i16| {
        let by = fixture.member(by);
        let until = expiry().number().saturating_add_signed(expires.into());
        let until = parasol_protocol::time::Day::from_number(until);
        let mut draft = by_node(by, body, until, 100 + u32::from(slot));
        let day = TODAY.number().saturating_add_signed(issued.into());
        draft.header.issued = parasol_protocol::time::Day::from_number(day);
        let signed = draft.sign(federation, &by.node);
        signed.map(|r| r.bytes().to_vec()).unwrap_or_default()
    };
    match served {
        Served::Pool(n) => of(*n).bytes().to_vec(),
        Served::Altered { which, at, to } => {
            let mut bytes = of(*which).bytes().to_vec();
            let at = usize::from(*at) % bytes.len();
            bytes[at] = *to;
            bytes
        }
        Served::Copied {
            which,
            by,
            issued,
            expires,
            slot,
        } => sign(of(*which).body().clone(), *by, *slot, *issued, *expires),
        Served::Twisted {
            which,
            part,
            at,
            xor,
        } => {
            let mut body = of(*which).body().clone();
            if let Body::Report(report) = &mut body {
                let bytes: &mut [u8] = match part % 7 {
                    0 => &mut report.salt,
                    1 => &mut report.commitment,
                    2 => &mut report.summary,
                    3 => &mut report.text,
                    4 => &mut report.handles,
                    5 => &mut report.area_wrap,
                    _ => &mut report.entries[usize::from(*at % 4)].wrap,
                };
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= xor;
            }
            sign(body, *which, 300, 0, 0)
        }
        Served::Crafted(crafted) => {
            let body = Body::Report(craft(fixture, crafted));
            sign(body, crafted.by, 400 + u16::from(crafted.seed), 0, 0)
        }
        // A longer one does not even decode.
        Served::Raw(bytes) => bytes.iter().take(8 * 1024).copied().collect(),
    }
}

/// All that was served in an answer that opened.
#[derive(Default)]
struct Heard {
    ids: BTreeSet<RecordId>,
    bytes: BTreeMap<RecordId, Vec<u8>>,
    records: usize,
}

impl Heard {
    fn note(&mut self, records: &[Vec<u8>]) {
        // A reply with an empty record in it is none.
        if records.iter().any(Vec::is_empty) {
            return;
        }
        for bytes in records {
            let id = RecordId::of(bytes);
            self.ids.insert(id);
            self.bytes.insert(id, bytes.clone());
            self.records += 1;
        }
    }
}

fn look_up(parts: u8, own: &[Served], answers: &[Answer]) {
    let fixture = fixture();
    let mut entropy = Seeded::new("client");
    let own: Vec<Vec<u8>> = own.iter().take(4).map(|s| record(fixture, s)).collect();
    let parts = 1 + parts % 3;
    let options = CheckOptions {
        parts,
        own: own.clone(),
        ..CheckOptions::default()
    };
    let handles = vec![fixture.handle.clone()];
    let mut check = Check::new(&fixture.federation, handles, options, &mut entropy).unwrap();
    let mut heard = Heard::default();
    for one in &own {
        heard.note(std::slice::from_ref(one));
    }
    let mut answers = answers.iter();
    let (mut asked, mut stale) = (0, None);
    for _ in 0..64 {
        for ask in check.asks() {
            let answer = if ask.path == "/v1/evaluate" {
                let wanted = Evaluate::decode(&ask.body).unwrap();
                let evaluated = Evaluated {
                    answers: fixture.evaluated(&wanted.ask),
                    missing: Vec::new(),
                };
                Ok(evaluated.encode())
            } else {
                asked += 1;
                let pass_on = PassOn::decode(&ask.body).unwrap();
                assert_eq!(pass_on.sealed.len(), SEALED_REQUEST);
                let seal = fixture.seal_of(&pass_on.to).unwrap();
                let id = fixture.federation.id();
                let (question, key) = open_question(&pass_on.sealed, seal, id).unwrap();
                if let Question::Bucket { bucket, .. } = question {
                    assert_eq!(bucket, Bucket::of(&fixture.bucket, bucket.bits));
                }
                let honest = Answer {
                    how: How::Sealed,
                    carried: 3,
                    left: 0,
                    records: vec![Served::Pool(Pooled::Report as u8)],
                };
                let answer = answers.next().unwrap_or(&honest);
                let mut reply = Reply {
                    carried: answer.carried,
                    left: answer.left.into(),
                    records: Vec::new(),
                };
                let mut room = Reply::ROOM;
                for one in answer.records.iter().take(16) {
                    let bytes = record(fixture, one);
                    if let Some(left) = room.checked_sub(bytes.len() + Reply::AROUND) {
                        room = left;
                        reply.records.push(bytes);
                    }
                }
                let sealed = key.seal(&reply, &mut entropy).unwrap();
                let out = match &answer.how {
                    How::Sealed => {
                        heard.note(&reply.records);
                        Ok(sealed.clone())
                    }
                    How::Stale => Ok(stale.clone().unwrap_or_default()),
                    How::Short => Ok(sealed[..sealed.len() - 1].to_vec()),
                    How::Status(status) => Err(Unanswered::Status {
                        status: *status,
                        body: Vec::new(),
                    }),
                    How::Unreachable => Err(Unanswered::Unreachable),
                    How::Raw(bytes) => Ok(bytes.clone()),
                    How::Bent(at, xor) => {
                        let mut bent = sealed.clone();
                        let at = usize::from(*at) % bent.len();
                        bent[at] ^= xor;
                        if *xor == 0 {
                            heard.note(&reply.records);
                        }
                        Ok(bent)
                    }
                };
                stale = Some(sealed);
                out
            };
            check.answer(ask.id, answer, &mut entropy);
        }
        // Two sources, once more for finer buckets, and once each for what they differ in.
        assert!(asked <= 4 * usize::from(parts) + 2, "{asked} questions");
        match check.done() {
            Some(Ok(checked)) => return judge(fixture, &heard, &checked),
            Some(Err(_)) => return,
            None => {}
        }
    }
    panic!("the exchange does not end");
}

fn judge(fixture: &Fixture, heard: &Heard, checked: &Checked) {
    reached();
    let federation = fixture.federation.id();
    assert_eq!(checked.results.len(), 1);
    assert!((1..=2).contains(&checked.sources));
    assert!(checked.refused.len() <= heard.records);
    let destroyed: BTreeSet<_> = heard
        .bytes
        .values()
        .filter_map(|b| Verified::from_bytes(b, federation).ok())
        .filter_map(|r| match r.body() {
            Body::Retraction(b) if b.verify_proof(federation).is_ok() && b.proof.is_some() => {
                // One that a node may still carry.
                let right = r.header().issued <= TODAY && r.header().expires >= TODAY;
                right.then_some((b.lock, r.id()))
            }
            _ => None,
        })
        .collect();
    for found in &checked.results[0].reports {
        // Somebody of the federation signed it, and it was served.
        let bytes = &heard.bytes[&found.id];
        assert_eq!(*bytes, found.bytes);
        let record = Verified::from_bytes(bytes, federation).unwrap();
        assert_eq!(record.header().organisation, found.publisher);
        assert_eq!(record.kind(), Kind::Report);
        assert!(found.expires >= TODAY && !found.served_by.is_empty());
        // It is about what was asked, and says what its author sealed.
        assert!(found.handles.contains(&fixture.handle));
        if found.id == fixture.pooled(Pooled::Report).id() {
            assert_eq!(found.summary, fixture.says.summary);
            assert_eq!(found.words, fixture.says.words);
        }
        let words = found
            .words
            .iter()
            .chain(found.translations.iter().map(|t| &t.words));
        assert!(words.into_iter().all(|w| w.text.len() <= MAX_TEXT));
        // Nobody confirms a report of its own.
        assert!(!found.seconds.contains_key(&found.organisation));
        assert!(found.seconds.len() <= 2);
        // What the lock destroyed is not shown, if the retraction is a record like others.
        let lock = record.body().lock().unwrap();
        let proven = fixture.pooled(Pooled::Proven).id();
        let retracted = destroyed.iter().any(|(l, id)| l == lock && *id == proven);
        assert!(!retracted, "a retracted report is shown");
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => match structured(rest) {
            Some(Input::Opened(crafted)) => opened(&crafted),
            Some(Input::Check {
                parts,
                own,
                answers,
            }) => look_up(parts, &own, &answers),
            None => {}
        },
        Some((1, rest)) => question(rest),
        // As it is before the padding.
        Some((2, rest)) if rest.len() < 320 => question(&by_hand::pad(rest, 320)),
        Some((3, rest)) => reply(rest),
        _ => {}
    });
});
