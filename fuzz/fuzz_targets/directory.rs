//! Charters, certificates and directories as a dishonest home node could give them, and as
//! dishonest signers could sign them: what is taken holds.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::client::fixture;
use parasol_fuzz::common::world::{TODAY, by_root};
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::stage::theatre;
use parasol_fuzz::structured;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Charter;
use parasol_protocol::client::Federation;
use parasol_protocol::cose::Cosigned;
use parasol_protocol::ids::{NodeKey, OrganisationKey};
use parasol_protocol::limits::{MAX_COSIGNED, MAX_KEYHOLDERS, MAX_ORGANISATIONS};
use parasol_protocol::record::Body;
use parasol_protocol::record::delegation::SlotRange;
use parasol_protocol::record::revocation::Revocation;
use parasol_protocol::record::vouch::{Scope, Vouch};
use parasol_protocol::wire::client::{DirectoryReply, MAX_MESSAGE};
use std::collections::BTreeMap;

/// One record of a directory.
#[derive(Arbitrary, Debug)]
enum Piece {
    Trust(u8),
    Altered(u8, u16, u8),
    Delegation {
        by: u8,
        of: u8,
        issued: i8,
        days: u8,
        slots: (u16, u16),
        slot: u8,
    },
    Revocation {
        by: u8,
        of: u8,
        issued: i8,
        life: u16,
        slot: u8,
    },
    Vouch {
        by: u8,
        of: u8,
        budget: u8,
        number: u8,
        slot: u8,
    },
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Given {
    pieces: Vec<Piece>,
    home: u8,
    own: u8,
    today: i16,
    certificate: Vec<(u16, u8)>,
    charter: Vec<(u16, u8)>,
}

#[derive(Arbitrary, Debug)]
enum Input {
    /// The honest one with some bytes changed, signed by these keyholders' nodes.
    CertificateTwisted(Vec<(u16, u8)>, u8),
    CharterTwisted(Vec<(u16, u8)>, Vec<(u16, u8)>, u8),
    Given(Given),
}

fn alter(bytes: &mut Vec<u8>, changes: &[(u16, u8)]) {
    for (place, to) in changes {
        let len = bytes.len();
        if let Some(byte) = bytes.get_mut(usize::from(*place) % len.max(1)) {
            *byte = *to;
        }
    }
}

fn certificate(bytes: &[u8], signers: Option<u8>) {
    let world = &fixture().world;
    let Ok(certificate) = Certificate::from_bytes(bytes, &world.charter, &world.directory) else {
        return;
    };
    reached();
    assert!(bytes.len() <= MAX_COSIGNED);
    trimmed(&certificate, bytes);
    // It counts only by the signatures of as many keyholders as the threshold.
    assert!(signers.is_none_or(|s| (s & 7).count_ones() >= 2));
    for key in certificate.keys() {
        assert_eq!(key.threshold(), world.charter.terms().threshold);
        // Who is away when keys are renewed has no share.
        assert!((2..=3).contains(&key.shares().len()));
        assert!(certificate.key(key.name()).is_some());
    }
}

/// What is kept of a certificate is what was signed, with the signatures that count; it counts as well.
fn trimmed(certificate: &Certificate, bytes: &[u8]) {
    let world = &fixture().world;
    let (kept, came) = (
        certificate.bytes(),
        Cosigned::parse(bytes, MAX_COSIGNED).unwrap(),
    );
    let signed = Cosigned::parse(kept, MAX_COSIGNED).unwrap();
    assert_eq!(signed.payload(), came.payload());
    let all: Vec<&[u8; 32]> = came.claimed().collect();
    assert!(signed.claimed().all(|signer| all.contains(&signer)));
    let again = Certificate::from_bytes(kept, &world.charter, &world.directory).unwrap();
    assert_eq!(again.bytes(), kept);
    assert_eq!(again.signed(), certificate.signed());
}

fn signed_by_nodes(payload: Vec<u8>, signers: u8) {
    let fixture = fixture();
    let mut cosigned = Cosigned::new(payload);
    for n in (0..3).filter(|n| signers >> n & 1 == 1) {
        let node = &fixture.member(n).node;
        Certificate::sign_with(&mut cosigned, &fixture.world.federation, node);
    }
    certificate(&cosigned.write(), Some(signers));
}

fn charter(payload: Vec<u8>, signers: u8) {
    let mut cosigned = Cosigned::new(payload.clone());
    for n in (0..3).filter(|n| signers >> n & 1 == 1) {
        Charter::sign_with(&mut cosigned, &fixture().member(n).root);
    }
    let bytes = cosigned.write();
    let Ok(charter) = Charter::from_bytes(&bytes) else {
        return;
    };
    reached();
    let terms = charter.terms();
    assert_eq!(charter.bytes(), bytes);
    assert_eq!(terms.encode(), payload);
    assert!(terms.check().is_ok());
    // Everyone in it has signed it.
    assert_eq!(
        terms.organisations.len(),
        (signers & 7).count_ones() as usize
    );
    assert!(terms.organisations.len() <= MAX_ORGANISATIONS);
    let holders = charter.keyholders();
    let t = usize::from(terms.threshold);
    assert!(holders <= MAX_KEYHOLDERS && t <= holders && 2 * t > holders);
    // No jurisdiction has as many keyholders as it takes.
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for organisation in terms.organisations.iter().filter(|o| o.keyholder.is_some()) {
        *places.entry(&organisation.jurisdiction).or_default() += 1;
    }
    assert!(places.values().all(|n| *n < t));
}

fn directory(bytes: &[u8], own: OrganisationKey, records: Option<usize>) {
    let Ok(view) = Federation::from_reply(bytes, &own, None, TODAY) else {
        return;
    };
    reached();
    assert!(bytes.len() <= MAX_MESSAGE);
    assert_eq!(DirectoryReply::decode(bytes).unwrap().encode(), bytes);
    assert!(view.charter().organisation(&own).is_some());
    assert_eq!(*view.organisation(), own);
    // The home node is one to which this organisation's own root delegated.
    let home = view.directory().signer_on(view.home(), TODAY);
    assert_eq!(home, Some(own));
    assert!(records.is_none_or(|n| view.refused().len() <= n));
    // And nothing speaks for a node but its own organisation.
    for member in view.members() {
        for (node, _) in &member.nodes {
            assert_eq!(view.directory().signer_on(node, TODAY), Some(member.key));
            assert!(!view.directory().is_revoked(&member.key, node));
        }
    }
}

fn piece(piece: &Piece) -> Vec<u8> {
    let fixture = fixture();
    let (world, federation) = (&fixture.world, &fixture.world.federation);
    let on = |offset: i8| {
        let day = TODAY.number().saturating_add_signed(i32::from(offset));
        parasol_protocol::time::Day::from_number(day)
    };
    let trust = |n: u8| &world.trust[usize::from(n) % world.trust.len()];
    let (by, draft) = match piece {
        Piece::Trust(n) => return trust(*n).bytes().to_vec(),
        Piece::Altered(n, at, to) => {
            let mut bytes = trust(*n).bytes().to_vec();
            alter(&mut bytes, &[(*at, *to)]);
            return bytes;
        }
        Piece::Raw(bytes) => return bytes.iter().take(8 * 1024).copied().collect(),
        Piece::Delegation {
            by,
            of,
            issued,
            days,
            slots,
            slot,
        } => {
            let (by, of) = (fixture.member(*by), fixture.member(*of));
            let range = SlotRange {
                first: slots.0.into(),
                count: slots.1.into(),
            };
            let until = on(*issued).plus(u32::from(*days));
            // The keys of one, claimed by the root of another.
            let body = of.delegation_body(federation, range, until);
            let life = u32::from(*days) + 916;
            (by, by_root(by, body, on(*issued), life, u32::from(*slot)))
        }
        Piece::Revocation {
            by,
            of,
            issued,
            life,
            slot,
        } => {
            let by = fixture.member(*by);
            let key = fixture.member(*of).node.node();
            let body = Body::Revocation(Revocation::Key(key));
            let life = u32::from(*life % 1100);
            (by, by_root(by, body, on(*issued), life, u32::from(*slot)))
        }
        Piece::Vouch {
            by,
            of,
            budget,
            number,
            slot,
        } => {
            let by = fixture.member(*by);
            let vouch = Vouch {
                subject: fixture.member(*of).key(),
                budget: (*budget).into(),
                number: (*number).into(),
                scope: Scope::everything(),
            };
            let body = Body::Vouch(vouch);
            (by, by_root(by, body, TODAY, 300, u32::from(*slot)))
        }
    };
    let signed = draft.sign(federation, &by.root);
    signed.map(|r| r.bytes().to_vec()).unwrap_or_default()
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => {
            if let Some(input) = structured(rest) {
                made(&input);
            }
        }
        Some((1, rest)) => certificate(rest, None),
        Some((2, rest)) => signed_by_nodes(rest.to_vec(), 7),
        Some((3, rest)) => charter(rest.to_vec(), 7),
        // To a member of each organisation: an honest one is to one of them alone.
        Some((which @ 4..8, rest)) => directory(rest, fixture().member(which % 4).key(), None),
        Some((which, rest)) => {
            let terms = theatre().others.charter().terms();
            let place = usize::from(which % 8) % terms.organisations.len();
            directory(rest, terms.organisations[place].root, None);
        }
        None => {}
    });
});

fn made(input: &Input) {
    let fixture = fixture();
    match input {
        Input::CertificateTwisted(changes, signers) => {
            let honest = Cosigned::parse(&fixture.reply.certificate, MAX_COSIGNED).unwrap();
            let mut payload = honest.payload().to_vec();
            alter(&mut payload, changes);
            signed_by_nodes(payload, *signers);
        }
        Input::CharterTwisted(changes, inserts, signers) => {
            let mut payload = fixture.world.charter.terms().encode();
            alter(&mut payload, changes);
            for (place, byte) in inserts.iter().take(64) {
                let place = usize::from(*place) % (payload.len() + 1);
                payload.insert(place, *byte);
            }
            charter(payload, *signers);
        }
        Input::Given(given) => {
            let mut reply = fixture.reply.clone();
            alter(&mut reply.certificate, &given.certificate);
            for charter in &mut reply.charters {
                alter(charter, &given.charter);
            }
            reply.records = given.pieces.iter().take(24).map(piece).collect();
            reply.home = match given.home {
                n @ 0..6 => fixture.member(n).node.node(),
                n => NodeKey::from_bytes([n; 32]),
            };
            let today = TODAY.number().saturating_add_signed(given.today.into());
            reply.today = parasol_protocol::time::Day::from_number(today);
            let own = fixture.member(given.own).key();
            directory(&reply.encode(), own, Some(reply.records.len()));
        }
    }
}
