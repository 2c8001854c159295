//! Records that hold and may not be carried: for their lives, signers, places, bodies.

use crate::common::world::{TODAY, by_node, by_root, elder, expiry};
use crate::records::Made;
use parasol_protocol::cose::Context;
use parasol_protocol::ids::{FederationId, RecordId};
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::{
    DELEGATION_AFTERLIFE, ENDING_LIFE, GRANT_QUOTA, MAX_GRANT, MAX_GRANT_LIFE, MAX_REVOCATION_LIFE,
    MAX_VOUCH_LIFE, RETRACTION_LIFE,
};
use parasol_protocol::record::affirmation::Affirmation;
use parasol_protocol::record::delegation::{self, SlotRange};
use parasol_protocol::record::ending::Ending;
use parasol_protocol::record::grant::Grant;
use parasol_protocol::record::report::Report;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::vouch::{Scope, Vouch};
use parasol_protocol::record::{Body, Draft, Rule, Signer, Verified};
use parasol_protocol::time::{Day, Season};
use serde_cbor::Value as Cbor;

use super::{Bad, Map, Meeting, body, changed, int, signed};

fn report_of(made: &Made) -> Body {
    Body::Report(made.report.clone())
}

/// Dates that do not hold.
pub(super) fn lives(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, federation) = (&world.lilas, &world.federation);
    let node = |body: Body, issued: Day, expires: Day| {
        let mut draft = by_node(lilas, body, expires, 9);
        draft.header.issued = issued;
        draft.sign(federation, &lilas.node).unwrap()
    };
    let report = || report_of(made);
    let life = Rule::Life;
    for (name, rule, record) in [
        (
            "a report that lives 731 days",
            life,
            node(report(), TODAY, TODAY.plus(731)),
        ),
        (
            "a report that expires before it is issued",
            life,
            node(report(), TODAY, TODAY.minus(1)),
        ),
        (
            "dated the day after tomorrow",
            Rule::Future,
            node(report(), TODAY.plus(2), expiry()),
        ),
        (
            "expired yesterday",
            Rule::Expired,
            node(report(), TODAY.minus(10), TODAY.minus(1)),
        ),
        (
            "dated before the charter",
            Rule::BeforeCharter,
            node(report(), TODAY.minus(21), expiry()),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let vouch = made.named("vouch").body().clone();
    let old = by_root(lilas, vouch, TODAY.minus(21), 300, 9);
    let old = old.sign(federation, &lilas.root).unwrap();
    bad.push(
        "a root's word dated before the charter",
        Rule::BeforeCharter,
        old.bytes(),
    );
    before_its_delegation(bad, made);
    let late = node(report(), TODAY.plus(61), expiry());
    let meeting = Meeting {
        later: 61,
        ..Meeting::default()
    };
    bad.push_to(
        "issued after its key's delegation",
        Rule::DelegationTime,
        late.bytes(),
        meeting,
    );
    let meeting = Meeting {
        later: 549,
        ..Meeting::default()
    };
    bad.push_to(
        "a good report on the day after its last",
        Rule::Expired,
        made.named("report").bytes(),
        meeting,
    );
    let attachment = made.named("dispute").body().clone();
    let mut draft = by_node(&world.ryabina, attachment, TODAY.plus(731), 9);
    draft.header.issued = TODAY;
    let record = draft.sign(federation, &world.ryabina.node).unwrap();
    bad.push("a dispute that lives 731 days", life, record.bytes());
    let retraction = || Body::Retraction(Retraction::by_lock(federation, &made.lock));
    for (name, days) in [
        ("a retraction that dies early", RETRACTION_LIFE - 1),
        ("a retraction that lives too long", RETRACTION_LIFE + 1),
    ] {
        let record = node(retraction(), TODAY, TODAY.plus(days));
        bad.push(name, life, record.bytes());
    }
    let root = |body: Body, days: u32| {
        let draft = by_root(lilas, body, TODAY, days, 9);
        draft.sign(federation, &lilas.root).unwrap()
    };
    let vouch = made.named("vouch").body().clone();
    let revocation = made.named("revocation").body().clone();
    let affirmation = made.named("affirmation").body().clone();
    let slots = SlotRange { first: 0, count: 1 };
    let delegated = |until| lilas.delegation_body(federation, slots, until);
    for (name, record) in [
        (
            "a vouch that lives too long",
            root(vouch, MAX_VOUCH_LIFE + 1),
        ),
        (
            "a revocation that lives too long",
            root(revocation, MAX_REVOCATION_LIFE + 1),
        ),
        (
            "an affirmation that lives too long",
            root(affirmation, MAX_REVOCATION_LIFE + 1),
        ),
        (
            "a delegation that signs for 91 days",
            root(delegated(TODAY.plus(91)), 300),
        ),
        (
            "a delegation that ended before it began",
            root(delegated(TODAY.minus(1)), 300),
        ),
        (
            "a delegation that is kept too long",
            root(delegated(TODAY.plus(30)), 31 + DELEGATION_AFTERLIFE),
        ),
    ] {
        bad.push(name, life, record.bytes());
    }
}

/// Endings that end nothing.
pub(super) fn endings(bad: &mut Bad<'_>) {
    let world = bad.world;
    let (rowan, federation) = (&world.rowan, &world.federation);
    let now = TODAY.season();
    let ending = |season: Season, issued: Day, life: u32| {
        let body = Body::Ending(Ending { season });
        let mut draft = by_node(rowan, body, issued.plus(life), 9);
        draft.header.issued = issued;
        draft.sign(federation, &rowan.node).unwrap()
    };
    let before = Season::from_index(now.index() - 1);
    for (name, rule, record) in [
        (
            "that this season is over",
            Rule::NotOver,
            ending(now, TODAY, ENDING_LIFE),
        ),
        (
            "on its last day, that a season is over",
            Rule::NotOver,
            ending(now, now.last_day(), ENDING_LIFE),
        ),
        (
            "that a season beyond all days is over",
            Rule::NotOver,
            ending(Season::from_index(u32::MAX), TODAY, ENDING_LIFE),
        ),
        (
            "an ending that dies early",
            Rule::Life,
            ending(before, TODAY, ENDING_LIFE - 1),
        ),
        (
            "an ending that lives too long",
            Rule::Life,
            ending(before, TODAY, ENDING_LIFE + 1),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let good = ending(before, TODAY, ENDING_LIFE);
    let by_its_root = changed(&good, |m| {
        m.remove(&int(4));
    });
    let bytes = signed(&by_its_root, &rowan.root, federation);
    bad.push("an ending signed by a root", Rule::WrongSigner, &bytes);
    let e = Rule::Encoding;
    let altered = |change: &dyn Fn(&mut Map)| {
        let payload = changed(&good, |m| change(body(m)));
        signed(&payload, &rowan.node, federation)
    };
    for (name, bytes) in [
        (
            "an ending of nothing",
            altered(&|m| {
                m.remove(&int(1));
            }),
        ),
        (
            "an ending of season 2^32",
            altered(&|m| {
                m.insert(int(1), int(1 << 32));
            }),
        ),
        (
            "an ending of two seasons",
            altered(&|m| {
                m.insert(int(1), Cbor::Array(vec![int(4050), int(4051)]));
            }),
        ),
        (
            "an ending with a second field",
            altered(&|m| {
                m.insert(int(2), int(0));
            }),
        ),
    ] {
        bad.push(name, e, &bytes);
    }
}

/// A node that came later signs something for the days before.
fn before_its_delegation(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, later, federation) = (&world.lilas, &world.ryabina, &world.federation);
    let terms = delegation::Terms {
        record_key: later.node.node(),
        transport_key: later.transport.transport(),
        seal_key: later.seal.public(),
        slots: SlotRange {
            first: 0,
            count: 100,
        },
        until: TODAY.plus(30),
    };
    let body = terms.agree(federation, &lilas.key(), &later.node, &later.transport);
    let delegation = by_root(lilas, Body::Delegation(body), TODAY, 30, 9);
    let delegation = delegation.sign(federation, &lilas.root).unwrap();
    let mut draft = by_node(lilas, report_of(made), expiry(), 9);
    draft.header.signer = Signer::Node(later.node.node());
    draft.header.issued = TODAY.minus(1);
    let record = draft.sign(federation, &later.node).unwrap();
    let meeting = Meeting {
        carried: &[&delegation],
        ..Meeting::default()
    };
    bad.push_to(
        "issued before its key's delegation",
        Rule::DelegationTime,
        record.bytes(),
        meeting,
    );
}

/// Signed by somebody who may not.
pub(super) fn signers(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey) {
    let world = bad.world;
    let (lilas, ryabina, federation) = (&world.lilas, &world.ryabina, &world.federation);
    let report = made.named("report");
    let by_its_root = changed(report, |m| {
        m.remove(&int(4));
    });
    let bytes = signed(&by_its_root, &lilas.root, federation);
    bad.push("a report signed by a root", Rule::WrongSigner, &bytes);
    for name in ["vouch", "revocation", "affirmation", "delegation"] {
        let payload = changed(made.named(name), |m| {
            m.insert(int(4), Cbor::Bytes(lilas.node.public().to_vec()));
        });
        let bytes = signed(&payload, &lilas.node, federation);
        bad.push(
            &format!("a {name} signed by a node"),
            Rule::WrongSigner,
            &bytes,
        );
    }
    let outsider = changed(made.named("vouch"), |m| {
        m.insert(int(3), Cbor::Bytes(stranger.public().to_vec()));
    });
    let bytes = signed(&outsider, stranger, federation);
    bad.push(
        "an organisation that is not in the charter",
        Rule::UnknownOrganisation,
        &bytes,
    );
    let elder = elder();
    let former = changed(made.named("vouch"), |m| {
        m.insert(int(3), Cbor::Bytes(elder.public().to_vec()));
    });
    let bytes = signed(&former, &elder, federation);
    bad.push("a root that was replaced", Rule::FormerRoot, &bytes);
    for (name, key) in [
        ("a key that nobody delegated", stranger),
        ("a key that another organisation delegated", &ryabina.node),
        ("the root's key in the place of a node's", &lilas.root),
    ] {
        let payload = changed(report, |m| {
            m.insert(int(4), Cbor::Bytes(key.public().to_vec()));
        });
        let bytes = signed(&payload, key, federation);
        bad.push(name, Rule::UnknownKey, &bytes);
    }
    let revocation = Body::Revocation(Revocation::Key(lilas.node.node()));
    let revocation = by_root(lilas, revocation, TODAY, MAX_REVOCATION_LIFE, 9);
    let revocation = revocation.sign(federation, &lilas.root).unwrap();
    let meeting = Meeting {
        carried: &[&revocation],
        ..Meeting::default()
    };
    bad.push_to(
        "signed by a revoked key",
        Rule::RevokedKey,
        report.bytes(),
        meeting,
    );
    let mut back = by_node(lilas, report_of(made), expiry(), 9);
    back.header.issued = TODAY.minus(20);
    let back = back.sign(federation, &lilas.node).unwrap();
    let meeting = Meeting {
        carried: &[&revocation],
        ..Meeting::default()
    };
    bad.push_to(
        "signed by a revoked key and dated back",
        Rule::RevokedKey,
        back.bytes(),
        meeting,
    );
}

/// Slots that are taken, or are not the signer's.
pub(super) fn places(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, federation) = (&world.lilas, &world.federation);
    let in_slot = |slot| {
        let draft = by_node(lilas, report_of(made), expiry(), slot);
        draft.sign(federation, &lilas.node).unwrap()
    };
    let range = Rule::SlotRange;
    bad.push(
        "a slot beyond the delegation's",
        range,
        in_slot(10_000).bytes(),
    );
    let whole = SlotRange {
        first: 0,
        count: u32::MAX,
    };
    let body = lilas.delegation_body(federation, whole, TODAY.plus(90));
    let wide = by_root(lilas, body, TODAY, 90, 9)
        .sign(federation, &lilas.root)
        .unwrap();
    let meeting = Meeting {
        carried: &[&wide],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot beyond the charter's quota",
        range,
        in_slot(20_000).bytes(),
        meeting,
    );
    let vouch = made.named("vouch");
    let mut draft = Draft {
        header: *vouch.header(),
        body: vouch.body().clone(),
    };
    draft.header.slot = 64;
    let high = draft.sign(federation, &lilas.root).unwrap();
    bad.push("slot 64 of a root", range, high.bytes());

    let mut rivals: Vec<_> = (100..104)
        .map(|days| {
            let draft = by_node(lilas, report_of(made), TODAY.plus(days), 9);
            draft.sign(federation, &lilas.node).unwrap()
        })
        .collect();
    rivals.sort_by_key(Verified::id);
    let (low, high) = (&rivals[0], &rivals[3]);
    let meeting = Meeting {
        carried: &[low],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot that a lower id holds",
        Rule::SlotTaken,
        high.bytes(),
        meeting,
    );
    let records: Vec<RecordId> = vec![high.id()];
    let affirmation = Body::Affirmation(Affirmation { records });
    let affirmation = by_root(lilas, affirmation, TODAY, 800, 10);
    let affirmation = affirmation.sign(federation, &lilas.root).unwrap();
    let meeting = Meeting {
        carried: &[&affirmation, high],
        ..Meeting::default()
    };
    bad.push_to(
        "a slot that an affirmed record holds",
        Rule::SlotTaken,
        low.bytes(),
        meeting,
    );
}

/// Bodies that break the rule of their kind.
pub(super) fn bodies(bad: &mut Bad<'_>, made: &Made, stranger: &SecretKey) {
    let world = bad.world;
    let (lilas, rowan, federation) = (&world.lilas, &world.rowan, &world.federation);
    let with = |change: &dyn Fn(&mut Report)| {
        let mut report = made.report.clone();
        change(&mut report);
        let draft = by_node(lilas, Body::Report(report), expiry(), 9);
        draft.sign(federation, &lilas.node).unwrap()
    };
    for (name, rule, record) in [
        (
            "a label twice",
            Rule::Labels,
            with(&|r| r.entries[1].label = r.entries[0].label),
        ),
        (
            "entries out of order",
            Rule::Labels,
            with(&|r| r.entries.reverse()),
        ),
        (
            "a bucket of 13 bits",
            Rule::Buckets,
            with(&|r| r.entries[0].bucket = 1 << 12),
        ),
        (
            "a succession that the lock did not sign",
            Rule::Succession,
            with(&|r| {
                r.edition = 1;
                let external = Context::Succession.external(Some(federation));
                r.succession = Some(stranger.sign(&r.succession_bytes(&external)));
            }),
        ),
        (
            "a succession for another edition",
            Rule::Succession,
            with(&|r| {
                r.edition = 1;
                let external = Context::Succession.external(Some(federation));
                r.succession = Some(made.lock.sign(&r.succession_bytes(&external)));
                r.edition = 2;
            }),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let own = made.named("report, audience own");
    bad.push(
        "a report that another organisation keeps to itself",
        Rule::NotOurs,
        own.bytes(),
    );

    let retract = |lock: &SecretKey| Body::Retraction(Retraction::by_lock(federation, lock));
    let until = TODAY.plus(RETRACTION_LIFE);
    let proven = by_node(rowan, retract(&made.lock), until, 9);
    let proven = proven.sign(federation, &rowan.node).unwrap();
    for (name, of) in [
        ("a report whose lock was retracted", "report"),
        (
            "a later edition of what was retracted",
            "report, second edition (envelope only: its sealed parts are bound to the first)",
        ),
        ("a translation of what was retracted", "translation"),
        ("a second of what was retracted", "second"),
        ("a dispute of what was retracted", "dispute"),
    ] {
        let meeting = Meeting {
            carried: &[&proven],
            ..Meeting::default()
        };
        bad.push_to(name, Rule::Retracted, made.named(of).bytes(), meeting);
    }

    let Body::Retraction(mut forged) = retract(stranger) else {
        panic!("a retraction")
    };
    forged.lock = made.lock.lock();
    let forged = by_node(rowan, Body::Retraction(forged), until, 9);
    let forged = forged.sign(federation, &rowan.node).unwrap();
    bad.push(
        "a retraction proven by another lock",
        Rule::RetractionProof,
        forged.bytes(),
    );
    let elsewhere = Retraction::by_lock(&FederationId::from_bytes([9; 32]), &made.lock);
    let elsewhere = by_node(rowan, Body::Retraction(elsewhere), until, 9);
    let elsewhere = elsewhere.sign(federation, &rowan.node).unwrap();
    bad.push(
        "a retraction proven in another federation",
        Rule::RetractionProof,
        elsewhere.bytes(),
    );

    let slots = SlotRange { first: 0, count: 1 };
    let delegation = rowan.delegation_body(federation, slots, TODAY);
    let stolen = by_root(lilas, delegation.clone(), TODAY, 30, 9);
    let stolen = stolen.sign(federation, &lilas.root).unwrap();
    bad.push(
        "a delegation to another organisation's node",
        Rule::Possession,
        stolen.bytes(),
    );
    let Body::Delegation(mut claimed) = delegation else {
        panic!("a delegation")
    };
    claimed.terms.transport_key = stranger.transport();
    let claimed = by_root(rowan, Body::Delegation(claimed), TODAY, 30, 9);
    let claimed = claimed.sign(federation, &rowan.root).unwrap();
    bad.push(
        "a delegation with a transport key that the node did not agree to",
        Rule::Possession,
        claimed.bytes(),
    );

    let vouch = Vouch {
        subject: lilas.key(),
        budget: 3,
        number: 1,
        scope: Scope::everything(),
    };
    let vouch = by_root(lilas, Body::Vouch(vouch), TODAY, 30, 9);
    let vouch = vouch.sign(federation, &lilas.root).unwrap();
    bad.push("a vouch for oneself", Rule::SelfVouch, vouch.bytes());
}

/// Grants that nobody may give, or nobody so.
pub(super) fn grants(bad: &mut Bad<'_>, made: &Made) {
    let world = bad.world;
    let (lilas, federation) = (&world.lilas, &world.federation);
    let granted = |subject, days, slot| {
        let body = Body::Grant(Grant {
            subject,
            evaluations: 1000,
        });
        let draft = by_node(lilas, body, TODAY.plus(days), slot);
        draft.sign(federation, &lilas.node).unwrap()
    };
    let rowan = world.rowan.key();
    for (name, rule, record) in [
        (
            "a grant to oneself",
            Rule::SelfGrant,
            granted(lilas.key(), 7, 1),
        ),
        (
            "a grant that lives 31 days",
            Rule::Life,
            granted(rowan, MAX_GRANT_LIFE + 1, 1),
        ),
        (
            "slot 8 of a grant",
            Rule::SlotRange,
            granted(rowan, 7, GRANT_QUOTA),
        ),
    ] {
        bad.push(name, rule, record.bytes());
    }
    let good = made.named("grant");
    let by_root = changed(good, |m| {
        m.remove(&int(4));
    });
    let bytes = signed(&by_root, &lilas.root, federation);
    bad.push("a grant signed by a root", Rule::WrongSigner, &bytes);
    let more = changed(good, |m| {
        if let Some(Cbor::Map(body)) = m.get_mut(&int(8)) {
            body.insert(int(2), int(i128::from(MAX_GRANT) + 1));
        }
    });
    let bytes = signed(&more, &lilas.node, federation);
    bad.push("a grant of more than one may give", Rule::Encoding, &bytes);
}
