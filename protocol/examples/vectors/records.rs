//! One record of each kind and of each of its shapes; the charter and the certificate.

use super::annotate;
use super::common::world::{TODAY, World, by_node, by_root, expiry, particulars};
use parasol_protocol::area::Area;
use parasol_protocol::cose::Context;
use parasol_protocol::handle::Handle;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{
    DELEGATION_AFTERLIFE, ENDING_LIFE, MAX_REVOCATION_LIFE, RETRACTION_LIFE,
};
use parasol_protocol::particulars::Words;
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::attachment::{Dispute, Second, Target, Translation};
use parasol_protocol::record::delegation::SlotRange;
use parasol_protocol::record::ending::Ending;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::record::report::{Audience, Report};
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::vouch::{Scope, Topic, Vouch};
use parasol_protocol::record::{Body, Kind, Verified};
use parasol_protocol::seal::seal_words;
use parasol_protocol::time::Season;
use serde_json::{Value, json};

/// The good records, which the bad ones are made from.
pub struct Made {
    pub all: Vec<(&'static str, Verified)>,
    pub lock: SecretKey,
    pub report: Report,
}

impl Made {
    pub fn new(world: &mut World) -> Self {
        let lock = SecretKey::generate(&mut world.entropy);
        let says = particulars();
        let (report, full) = world.sealed(&says, Some(false), Audience::Federation, &lock);
        let mut all: Vec<(&'static str, Verified)> = Vec::new();
        let federation = world.federation;
        let signed = |world: &World, slot, body: Body| {
            let draft = by_node(&world.lilas, body, expiry(), slot);
            draft.sign(&federation, &world.lilas.node).unwrap()
        };
        let first = signed(world, 0, Body::Report(report.clone()));
        let target = Target {
            lock: lock.lock(),
            report: first.id(),
        };
        all.push(("report", first));

        let other = SecretKey::generate(&mut world.entropy);
        let (text, _) = world.sealed(&says, Some(true), Audience::Federation, &other);
        all.push((
            "report, browsable with its text",
            signed(world, 1, Body::Report(text)),
        ));
        let mut plain = particulars();
        plain.summary.area = None;
        plain.summary.month = None;
        plain.words = None;
        let (own, _) = world.sealed(&plain, None, Audience::Own, &other);
        all.push(("report, audience own", signed(world, 2, Body::Report(own))));
        plain.handles = (0..9)
            .map(|n| Handle::from_canonical(&format!("phone:+3363998123{n}")).unwrap())
            .collect();
        let (many, _) = world.sealed(&plain, None, Audience::Federation, &other);
        all.push(("report, nine handles", signed(world, 3, Body::Report(many))));
        let (mut next, _) = world.sealed(&plain, None, Audience::Federation, &lock);
        next.edition = 1;
        let external = Context::Succession.external(Some(&federation));
        next.succession = Some(lock.sign(&next.succession_bytes(&external)));
        all.push((
            "report, second edition (envelope only: its sealed parts are bound to the first)",
            signed(world, 4, Body::Report(next)),
        ));

        let words = Words {
            lang: "ru".to_owned(),
            text: "Вежлив по телефону, за закрытой дверью применяет силу. Не платит.".to_owned(),
        };
        let attached = |world: &mut World, kind, words: Option<&Words>| {
            let salt = world.salt();
            let key = full.text_key(&report.salt);
            let organisation = world.ryabina.key();
            let sealed = seal_words(
                &key,
                words,
                &federation,
                &organisation,
                expiry(),
                kind,
                &target,
                &salt,
            );
            let sealed = sealed.unwrap();
            match kind {
                Kind::Translation => Body::Translation(Translation {
                    target,
                    salt,
                    sealed,
                }),
                Kind::Second => Body::Second(Second {
                    target,
                    salt,
                    sealed,
                }),
                _ => Body::Dispute(Dispute {
                    target,
                    salt,
                    sealed,
                }),
            }
        };
        for (slot, kind, words) in [
            (0, Kind::Translation, Some(&words)),
            (1, Kind::Second, None),
            (2, Kind::Dispute, Some(&words)),
        ] {
            let body = attached(world, kind, words);
            let draft = by_node(&world.ryabina, body, expiry(), slot);
            let record = draft.sign(&federation, &world.ryabina.node);
            all.push((kind.name(), record.unwrap()));
        }

        let life = TODAY.plus(RETRACTION_LIFE);
        let spare = SecretKey::generate(&mut world.entropy);
        let proven = Body::Retraction(Retraction::by_lock(&federation, &spare));
        let draft = by_node(&world.rowan, proven, life, 0);
        let record = draft.sign(&federation, &world.rowan.node).unwrap();
        all.push(("retraction, proven by the lock", record));
        let unproven = Body::Retraction(Retraction {
            lock: other.lock(),
            proof: None,
        });
        let draft = by_node(&world.lilas, unproven, life, 5);
        let record = draft.sign(&federation, &world.lilas.node).unwrap();
        all.push(("retraction, by the publisher", record));

        all.push(("delegation", world.trust[0].clone()));
        all.push(("vouch", world.trust[1].clone()));
        let node = SecretKey::generate(&mut world.entropy);
        let revocation = Body::Revocation(Revocation::Key(node.node()));
        let draft = by_root(&world.lilas, revocation, TODAY, MAX_REVOCATION_LIFE, 3);
        let record = draft.sign(&federation, &world.lilas.root).unwrap();
        all.push(("revocation", record));
        let mut records: Vec<_> = all.iter().take(2).map(|(_, r)| r.id()).collect();
        records.sort_unstable();
        let affirmation = Body::Affirmation(Affirmation { records });
        let draft = by_root(&world.lilas, affirmation, TODAY, MAX_REVOCATION_LIFE, 4);
        let record = draft.sign(&federation, &world.lilas.root).unwrap();
        all.push(("affirmation", record));
        let slots = SlotRange {
            first: 10_000,
            count: 500,
        };
        let body = world
            .rowan
            .delegation_body(&federation, slots, TODAY.plus(90));
        let draft = by_root(&world.rowan, body, TODAY, 90 + DELEGATION_AFTERLIFE, 63);
        let record = draft.sign(&federation, &world.rowan.root).unwrap();
        all.push(("delegation, as long as one may be", record));
        let mut records: Vec<_> = world.trust[1..3].iter().map(Verified::id).collect();
        records.sort_unstable();
        let areas = ["FR", "GB:london"].map(|a| Area::from_canonical(a).unwrap());
        let vouch = Body::Vouch(Vouch {
            subject: world.rowan.key(),
            budget: 3,
            number: 7,
            scope: Scope {
                topics: [Topic::Report, Topic::Notice].into(),
                areas: areas.into(),
            },
        });
        let back = Body::Revocation(Revocation::Vouches(records));
        for (name, body, life, slot) in [
            ("vouch, for some kinds and areas", vouch, 365, 5),
            ("revocation, of vouches", back, MAX_REVOCATION_LIFE, 6),
        ] {
            let draft = by_root(&world.lilas, body, TODAY, life, slot);
            all.push((name, draft.sign(&federation, &world.lilas.root).unwrap()));
        }
        let over = Season::from_index(TODAY.season().index() - 1);
        let ending = Body::Ending(Ending { season: over });
        let draft = by_node(&world.rowan, ending, TODAY.plus(ENDING_LIFE), 1);
        let record = draft.sign(&federation, &world.rowan.node).unwrap();
        all.push(("ending", record));
        let grant = Body::Grant(Grant {
            subject: world.rowan.key(),
            evaluations: 250_000,
        });
        let draft = by_node(&world.lilas, grant, TODAY.plus(14), 0);
        all.push(("grant", draft.sign(&federation, &world.lilas.node).unwrap()));
        Self { all, lock, report }
    }

    /// The record of this name.
    pub fn named(&self, name: &str) -> &Verified {
        &self.all.iter().find(|(n, _)| *n == name).unwrap().1
    }

    pub fn cases(&self, world: &World) -> Vec<Value> {
        let case = |(name, record): &(&str, Verified)| {
            let home = if name.contains("own") {
                Some(world.lilas.key().to_string())
            } else {
                None
            };
            json!({
                "name": name,
                "kind": record.kind().name(),
                "id": record.id().to_string(),
                "home": home,
                "hex": hex::encode(record.bytes()),
                "fields": annotate::record(annotate::payload(record.bytes())),
            })
        };
        self.all.iter().map(case).collect()
    }
}

/// The charter, with the records that its roots signed at the start.
pub fn charter(world: &World) -> Vec<Value> {
    let bytes = world.charter.bytes();
    let trust: Vec<_> = world.trust.iter().map(|r| hex::encode(r.bytes())).collect();
    vec![json!({
        "name": "charter",
        "hex": hex::encode(bytes),
        "fields": annotate::fields(annotate::payload(bytes), annotate::CHARTER),
        "diag": annotate::diagnose(bytes),
        "records": trust,
    })]
}

/// The certificate of the shared keys, with what its dealer knew.
pub fn certificate(world: &World) -> Vec<Value> {
    let bytes = world.certificate.bytes();
    let shares: serde_json::Map<_, _> = world
        .dealt
        .iter()
        .map(|(name, dealt)| {
            let shares = dealt.shares.iter().map(|s| hex::encode(*s.to_bytes()));
            (name.to_string(), shares.collect())
        })
        .collect();
    vec![json!({
        "name": "certificate",
        "hex": hex::encode(bytes),
        "fields": annotate::fields(annotate::payload(bytes), annotate::CERTIFICATE),
        "shares": shares,
    })]
}
