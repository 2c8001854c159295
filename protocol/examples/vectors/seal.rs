//! Sealing, step by step; and reports that a node would carry and a reader must refuse.

use super::by_hand::{self, Chain};
use super::common::world::{BUCKET_BITS, World, expiry, particulars};
use super::common::{Seeded, draw};
use parasol_protocol::area::Area;
use parasol_protocol::cbor;
use parasol_protocol::handle::Handle;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, Output};
use parasol_protocol::particulars::Particulars;
use parasol_protocol::record::report::{Audience, Entry, Label, Report};
use parasol_protocol::seal::{AreaName, Bucket, HandleName, Refused, open_by_area, open_by_handle};
use serde_json::{Value, json};

/// The word for a refusal in the vectors.
pub fn word(refused: Refused) -> &'static str {
    match refused {
        Refused::Wrap => "wrap",
        Refused::Commitment => "commitment",
        Refused::Part => "part",
        Refused::Schema => "schema",
        Refused::Name => "name",
    }
}

struct Names {
    handle: Handle,
    bucket: Output,
    output: Output,
}

fn names(world: &mut World, says: &Particulars) -> Vec<Names> {
    let season = expiry().season();
    let handles: Vec<_> = says.handles.iter().cloned().collect();
    let mut out = Vec::new();
    for handle in handles {
        let input = handle.oprf_input();
        out.push(Names {
            bucket: world.output(KeyName::Bucket, &input),
            output: world.output(KeyName::Handle(season), &input),
            handle,
        });
    }
    out
}

fn again(output: &Output) -> HandleName {
    HandleName::new(expiry().season(), Output::from_bytes(*output.as_bytes()))
}

fn record_json(report: &Report) -> Value {
    json!({
        "audience": u8::from(report.audience == Audience::Own),
        "lock": report.lock.to_string(),
        "edition": report.edition,
        "salt": hex::encode(report.salt),
        "entries": report.entries.iter().map(|e| json!([e.bucket, hex::encode(e.label.0), hex::encode(e.wrap)])).collect::<Vec<_>>(),
        "area_tag": hex::encode(report.area_tag),
        "area_wrap": hex::encode(report.area_wrap),
        "commitment": hex::encode(report.commitment),
        "summary": hex::encode(&report.summary),
        "text": hex::encode(&report.text),
        "handles": hex::encode(&report.handles),
    })
}

pub fn cases(world: &mut World) -> Vec<Value> {
    let mut bare = particulars();
    bare.words = None;
    bare.summary.area = None;
    bare.summary.month = None;
    bare.handles = [Handle::from_canonical("plate:FR/AB123CD").unwrap()].into();
    vec![
        case(
            world,
            "an area opens level and codes",
            &particulars(),
            Some(false),
        ),
        case(
            world,
            "an area opens the text too",
            &particulars(),
            Some(true),
        ),
        case(world, "no area opens anything, no text", &bare, None),
    ]
}

fn case(world: &mut World, name: &str, says: &Particulars, browse: Option<bool>) -> Value {
    let season = expiry().season();
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, full) = world.sealed(says, browse, Audience::Federation, &lock);
    let organisation = world.lilas.key();
    let chain = Chain::new(*full.to_bytes(), &report.salt);
    assert_eq!(chain.commitment, report.commitment);
    let bound = by_hand::binding(&world.federation, &organisation, expiry(), &report);
    let handles: Vec<_> = names(world, says)
        .iter()
        .map(|n| {
            let name = again(&n.output);
            let opened = open_by_handle(
                &world.federation,
                &organisation,
                expiry(),
                &report,
                &n.handle,
                &name,
            );
            assert_eq!(
                opened.unwrap().unwrap().handles.as_ref(),
                Some(&says.handles)
            );
            let label = by_hand::derive(n.output.as_bytes(), &[], "parasol 1 label");
            assert_eq!(label[..16], name.label().0);
            let wrap_key = by_hand::derive(n.output.as_bytes(), &report.salt, "parasol 1 wrap");
            let wrap = by_hand::seal(&wrap_key, &chain.full, &bound, by_hand::HANDLE_WRAP);
            assert!(report.entries.iter().any(|e| e.wrap[..] == wrap[..]));
            json!({
                "handle": n.handle.to_canonical_string(),
                "input": String::from_utf8(n.handle.oprf_input()).unwrap(),
                "bucket_output": hex::encode(n.bucket.as_bytes()),
                "bucket": Bucket::of(&n.bucket, BUCKET_BITS).value,
                "output": hex::encode(n.output.as_bytes()),
                "label": hex::encode(&label[..16]),
                "wrap_key": hex::encode(wrap_key),
                "wrap": hex::encode(wrap),
            })
        })
        .collect();
    let area = says
        .summary
        .area
        .clone()
        .map(|a| area_json(world, &a, &report, browse, &chain, &bound));
    let plain = |key: &[u8; 32], sealed: &[u8], part| by_hand::open(key, sealed, &bound, part);
    let summary = plain(&chain.summary_box, &report.summary, by_hand::SUMMARY);
    let text = plain(&chain.text_box, &report.text, by_hand::TEXT);
    let listed = plain(&chain.handles_box, &report.handles, by_hand::HANDLES);
    let diagnose = |padded: &[u8]| match by_hand::unpad(padded) {
        [] => Value::Null,
        cbor => super::annotate::diagnose(cbor).into(),
    };
    json!({
        "name": name,
        "organisation": organisation.to_string(),
        "expires": expiry().number(),
        "season": season.index(),
        "bucket_bits": BUCKET_BITS,
        "names": handles,
        "area": area,
        "full_key": hex::encode(chain.full),
        "text_key": hex::encode(chain.text),
        "summary_key": hex::encode(chain.summary),
        "binding": hex::encode(bound),
        "summary": hex::encode(&summary),
        "summary_diag": diagnose(&summary),
        "text": hex::encode(&text),
        "text_diag": diagnose(&text),
        "handles": hex::encode(&listed),
        "handles_diag": diagnose(&listed),
        "report": record_json(&report),
    })
}

fn area_json(
    world: &mut World,
    area: &Area,
    report: &Report,
    browse: Option<bool>,
    chain: &Chain,
    bound: &[u8; 32],
) -> Value {
    let season = expiry().season();
    let output = world.output(KeyName::Area(season), &area.oprf_input());
    let name = AreaName::new(season, Output::from_bytes(*output.as_bytes()));
    let organisation = world.lilas.key();
    let opened = open_by_area(
        &world.federation,
        &organisation,
        expiry(),
        report,
        area,
        &name,
    );
    let opened = opened.unwrap().unwrap();
    assert_eq!(opened.words.is_some(), browse == Some(true));
    assert!(opened.handles.is_none());
    let key = by_hand::derive(output.as_bytes(), &report.salt, "parasol 1 area wrap");
    let (part, content) = match browse {
        Some(true) => (6, chain.text),
        _ => (5, chain.summary),
    };
    assert_eq!(by_hand::open(&key, &report.area_wrap, bound, part), content);
    json!({
        "area": area.to_string(),
        "input": String::from_utf8(area.oprf_input()).unwrap(),
        "output": hex::encode(output.as_bytes()),
        "tag": hex::encode(name.tag(&report.salt)),
        "wrap_key": hex::encode(key),
        "part": part,
    })
}

/// How a report of the bad vectors goes wrong.
struct Twist<'a> {
    name: &'a str,
    refused: Refused,
    /// Builds the contents: summary, text, handles, already padded.
    contents: [Vec<u8>; 3],
    /// The commitment is to another key.
    other_commitment: bool,
    /// Changes the finished report.
    after: fn(&mut Report),
}

/// A good report, as another organisation would publish its copy.
fn copied(world: &mut World, handle: &Handle, output: &Output) -> Value {
    let lock = SecretKey::generate(&mut world.entropy);
    let (report, _) = world.sealed(&particulars(), None, Audience::Federation, &lock);
    let thief = world.ryabina.key();
    let name = again(output);
    let opened = open_by_handle(&world.federation, &thief, expiry(), &report, handle, &name);
    assert_eq!(opened.map(|o| o.err()), Some(Some(Refused::Wrap)));
    json!({
        "name": "copied from another publisher",
        "refused": "wrap",
        "organisation": thief.to_string(),
        "expires": expiry().number(),
        "handle": handle.to_canonical_string(),
        "output": hex::encode(output.as_bytes()),
        "report": record_json(&report),
    })
}

/// Reports that open by their label or not at all, and must be refused by who opens them.
pub fn bad(world: &mut World) -> Vec<Value> {
    let says = particulars();
    let names = names(world, &says);
    let good = |_: &mut Report| {};
    let summary = |map: &[u8]| by_hand::pad(map, 96);
    let ok_summary = summary(&hex::decode("a30103028203160501").unwrap());
    let ok_text = by_hand::pad(&[], 64);
    let listed = |handles: &[&str]| {
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, handles.len() as u64);
            for handle in handles {
                cbor::put_text(e, handle);
            }
        });
        by_hand::pad(&bytes, 128)
    };
    let both = listed(&["phone:+33639981234", "account:telegram/monsieur_exemple"]);
    let contents = || [ok_summary.clone(), ok_text.clone(), both.clone()];
    let with = |index: usize, bytes: Vec<u8>| {
        let mut all = contents();
        all[index] = bytes;
        all
    };
    let schema = |name, contents| Twist {
        name,
        refused: Refused::Schema,
        contents,
        other_commitment: false,
        after: good,
    };
    let hexed = |text: &str| hex::decode(text).unwrap();
    let twists = [
        Twist {
            name: "a wrap that was altered",
            refused: Refused::Wrap,
            contents: contents(),
            other_commitment: false,
            after: |r| r.entries.iter_mut().for_each(|e| e.wrap[0] ^= 1),
        },
        Twist {
            name: "a later salt than the one it was sealed with",
            refused: Refused::Wrap,
            contents: contents(),
            other_commitment: false,
            after: |r| r.salt[15] ^= 1,
        },
        Twist {
            name: "another lock than the one it was sealed with",
            refused: Refused::Wrap,
            contents: contents(),
            other_commitment: false,
            after: |r| r.lock = parasol_protocol::ids::Lock::from_bytes([7; 32]),
        },
        Twist {
            name: "another bucket beside a surplus label",
            refused: Refused::Wrap,
            contents: contents(),
            other_commitment: false,
            after: |r| r.entries.iter_mut().for_each(|e| e.bucket ^= 1),
        },
        Twist {
            name: "the commitment is to another key",
            refused: Refused::Commitment,
            contents: contents(),
            other_commitment: true,
            after: good,
        },
        Twist {
            name: "the summary was altered",
            refused: Refused::Part,
            contents: contents(),
            other_commitment: false,
            after: |r| r.summary[0] ^= 1,
        },
        Twist {
            name: "the text was altered",
            refused: Refused::Part,
            contents: contents(),
            other_commitment: false,
            after: |r| r.text[0] ^= 1,
        },
        Twist {
            name: "text and handles exchanged",
            refused: Refused::Part,
            contents: contents(),
            other_commitment: false,
            after: |r| core::mem::swap(&mut r.text, &mut r.handles),
        },
        Twist {
            name: "the handle asked for is not among those listed",
            refused: Refused::Name,
            contents: with(2, listed(&["phone:+447700900123"])),
            other_commitment: false,
            after: good,
        },
        schema("level 4", with(0, summary(&hexed("a301040281030501")))),
        schema(
            "codes out of order",
            with(0, summary(&hexed("a30103028216030501"))),
        ),
        schema(
            "an unknown code",
            with(0, summary(&hexed("a30103028118ff0501"))),
        ),
        schema(
            "a field for a photo",
            with(0, summary(&hexed("a401030281030501064100"))),
        ),
        schema(
            "a number that is not in its shortest form",
            with(0, summary(&hexed("a30118030281030501"))),
        ),
        schema("no padding", with(0, vec![0; 96])),
        schema(
            "text with a language that is none",
            with(1, by_hand::pad(&hexed("a201612102616f"), 64)),
        ),
        schema(
            "a larger size class than the text takes",
            with(1, by_hand::pad(&hexed("a201626672026161"), 256)),
        ),
        schema("no handles", with(2, listed(&[]))),
        schema(
            "handles out of order",
            with(
                2,
                listed(&["account:telegram/monsieur_exemple", "phone:+33639981234"]),
            ),
        ),
        schema(
            "a handle twice",
            with(2, listed(&["phone:+33639981234", "phone:+33639981234"])),
        ),
        schema(
            "a handle that is not in its canonical form",
            with(2, listed(&["phone:+33 6 39 98 12 34"])),
        ),
        schema(
            "more handles than entries",
            with(
                2,
                listed(&[
                    "phone:+33639981230",
                    "phone:+33639981231",
                    "phone:+33639981232",
                    "phone:+33639981233",
                    "phone:+33639981234",
                ]),
            ),
        ),
    ];
    let handle = says.handles.iter().next().unwrap().clone();
    let asked = names.iter().find(|n| n.handle == handle).unwrap();
    let copy = copied(world, &handle, &asked.output);
    let cases = twists.into_iter().map(|twist| {
        let report = twisted(world, &twist, &names);
        let organisation = world.lilas.key();
        let name = again(&asked.output);
        let opened = open_by_handle(
            &world.federation,
            &organisation,
            expiry(),
            &report,
            &handle,
            &name,
        );
        let refused = opened.map(|o| o.err());
        assert_eq!(refused, Some(Some(twist.refused)), "{}", twist.name);
        json!({
            "name": twist.name,
            "refused": word(twist.refused),
            "organisation": organisation.to_string(),
            "expires": expiry().number(),
            "handle": handle.to_canonical_string(),
            "output": hex::encode(asked.output.as_bytes()),
            "report": record_json(&report),
        })
    });
    cases.chain([copy]).collect()
}

fn twisted(world: &World, twist: &Twist<'_>, names: &[Names]) -> Report {
    let mut entropy = Seeded::new(twist.name);
    let lock = SecretKey::generate(&mut entropy);
    let salt = draw(&mut entropy);
    let chain = Chain::new(draw(&mut entropy), &salt);
    let mut entries: Vec<Entry> = names
        .iter()
        .map(|n| Entry {
            bucket: Bucket::of(&n.bucket, BUCKET_BITS).value,
            label: again(&n.output).label(),
            wrap: [0; 48],
        })
        .collect();
    while entries.len() < 4 {
        entries.push(Entry {
            bucket: u32::from(draw::<1>(&mut entropy)[0]),
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
        commitment: if twist.other_commitment {
            draw(&mut entropy)
        } else {
            chain.commitment
        },
        summary: Vec::new(),
        text: Vec::new(),
        handles: Vec::new(),
    };
    let bound = by_hand::binding(&world.federation, &world.lilas.key(), expiry(), &report);
    for n in names {
        let label = again(&n.output).label();
        let key = by_hand::derive(n.output.as_bytes(), &salt, "parasol 1 wrap");
        let wrap = by_hand::seal(&key, &chain.full, &bound, by_hand::HANDLE_WRAP);
        let mut entries = report.entries.iter_mut();
        entries.find(|e| e.label == label).unwrap().wrap = wrap.try_into().unwrap();
    }
    let [summary, text, handles] = &twist.contents;
    report.summary = by_hand::seal(&chain.summary_box, summary, &bound, by_hand::SUMMARY);
    report.text = by_hand::seal(&chain.text_box, text, &bound, by_hand::TEXT);
    report.handles = by_hand::seal(&chain.handles_box, handles, &bound, by_hand::HANDLES);
    (twist.after)(&mut report);
    report
}
