//! Documents offered to a chain of charters: what came first changes nothing, and what is kept can
//! be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, watched};
use parasol_protocol::charter::{Chain, Charter, Offered, Origin, Terms};
use parasol_protocol::charter::{Lives, MAX_DOCUMENTS, MAX_PROPOSALS, Organisation, Quotas};
use parasol_protocol::ids::CharterId;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::sync::Mutex;

const ORGANISATIONS: u8 = 4;
/// Versions of one input, each of which is verified half a dozen times.
const FEW: usize = 8;
/// The same of inputs that are to see what may not wait any more.
const MANY: usize = 20;

fn root(n: u8) -> SecretKey {
    SecretKey::from_seed([n + 1; 32])
}

fn first() -> Terms {
    let mut organisations: Vec<_> = (0..ORGANISATIONS)
        .map(|n| Organisation {
            root: root(n).organisation(),
            name: format!("org-{n}"),
            jurisdiction: format!("A{}", char::from(b'A' + n)),
            keyholder: Some(u16::from(n) + 1),
            budget: 1,
        })
        .collect();
    organisations.sort_by_key(|o| o.root);
    Terms {
        version: 1,
        origin: None,
        name: "fuzz".to_owned(),
        made: Day::from_number(20_000),
        organisations,
        threshold: 3,
        lives: Lives::LONGEST,
        quotas: Quotas {
            records: 1,
            evaluations: 1,
        },
        bucket_bits: 12,
        cities: Vec::new(),
        former: Vec::new(),
    }
}

/// A version with these signatures. One input begins like another, so most have been made before.
fn signed(terms: &Terms, signers: u8) -> Vec<u8> {
    type Known = BTreeMap<(CharterId, u8), Vec<u8>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    // The last is of nobody who is in.
    let signers = signers & ((2 << ORGANISATIONS) - 1);
    let mut known = KNOWN.lock().unwrap();
    if known.len() > 4096 {
        known.clear();
    }
    let sign = || {
        let mut unsigned = terms.unsigned();
        for n in (0..=ORGANISATIONS).filter(|n| signers & (1 << n) != 0) {
            Charter::sign_with(&mut unsigned, &root(n));
        }
        unsigned.write()
    };
    let entry = known.entry((terms.id(), signers));
    entry.or_insert_with(sign).clone()
}

/// Three bytes a version: upon which earlier one it stands, who signed it, what else about it.
fn history(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![first()];
    let federation = all[0].id().of_first();
    let mut documents = Vec::new();
    let most = if bytes.first().is_some_and(|b| *b >= 0xf0) {
        MANY
    } else {
        FEW
    };
    for (n, step) in bytes.chunks_exact(3).take(most).enumerate() {
        let [upon, signers, how] = step else { continue };
        let before = all[usize::from(*upon) % all.len()].clone();
        let mut against: Vec<CharterId> = Vec::new();
        if how & 1 != 0 {
            let others = all.iter().filter(|t| t.version == before.version);
            against = others
                .map(Terms::id)
                .filter(|id| *id != before.id())
                .collect();
            against.sort_unstable();
            against.truncate(16);
        }
        let mut terms = before.clone();
        terms.version += 1;
        terms.name = format!("{n}");
        terms.origin = Some(Origin {
            federation,
            previous: before.id(),
            against,
        });
        if how & 2 != 0 {
            terms.bucket_bits ^= 1;
        }
        documents.push(signed(&terms, *signers));
        all.push(terms);
    }
    documents
}

fn bounds(chain: &Chain) {
    let documents = chain.documents();
    assert!(documents.len() <= MAX_DOCUMENTS);
    let current = chain.current();
    let besides = documents.len() - current.documents().count();
    assert!(besides <= MAX_PROPOSALS);
}

/// Reads it again, which verifies every signature anew: for the end of an input.
fn check(chain: &Chain) {
    bounds(chain);
    let documents = chain.documents();
    // What is kept says the same when it is read again. Who reads it has settled nothing.
    let again = Chain::from_bytes(&chain.to_bytes()).unwrap();
    assert_eq!(again.to_bytes(), chain.to_bytes());
    let room = chain.to_bytes().len() / 2;
    let news = chain.news_for(&[0; 32], room);
    assert!(news.iter().map(|one| one.len() + 5).sum::<usize>() <= room);
    assert!(news.iter().all(|one| documents.contains(one)));
    assert!(chain.news_for(&chain.digest(), room).is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| run(bytes));
});

fn run(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    if *which != 0 {
        if let Ok((chain, refused)) = Chain::salvage(rest) {
            reached();
            check(&chain);
            assert_eq!(Chain::from_bytes(rest).is_ok(), refused.is_empty());
        }
        return;
    }
    let founded = Chain::found(&signed(&first(), (1 << ORGANISATIONS) - 1)).unwrap();
    let documents = history(rest);
    let (mut forward, mut back) = (founded.clone(), founded);
    for document in &documents {
        let before = forward.clone();
        match forward.offer(document) {
            Ok(Offered::Taken) => reached(),
            Ok(Offered::Known) | Err(_) => assert_eq!(forward, before),
        }
        // What is settled never goes back.
        let mut settling = forward.clone();
        settling.settle();
        let number = |chain: &Chain| chain.terms(&chain.settled()).map(|t| t.version);
        assert!(number(&settling) >= number(&forward));
        bounds(&settling);
    }
    for document in documents.iter().rev() {
        let _ = back.offer(document);
    }
    let mut settled = forward.clone();
    settled.settle();
    check(&settled);
    if settled != forward {
        check(&forward);
    }
    if documents.len() <= 16 {
        // No more than may wait.
        assert_eq!(forward.to_bytes(), back.to_bytes());
        assert_eq!(forward.status(), back.status());
    }
}
