//! Messages between clients and nodes, and between nodes: what is written reads back the same, and
//! is the only way to write it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::Seeded;
use parasol_protocol::cbor::gate;
use parasol_protocol::ids::{FederationId, Lock, NodeKey, RecordId};
use parasol_protocol::oprf::{Element, Evaluation, KeyName, Proof, ShareIndex, blind};
use parasol_protocol::record::Body;
use parasol_protocol::record::retraction::Retraction;
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::{Day, Season};
use parasol_protocol::wire::Again;
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, Missing, Outcome, OwnAsk, OwnReply, PassOn, Publish,
    Published, Tag, TagsAsk, TagsReply, Wanted,
};
use parasol_protocol::wire::peer::{Hello, Refusal, Reply as PeerReply, Request};
use parasol_protocol::wire::sealed::{
    MAX_LOCKS, MAX_PARTS, MAX_WANTED, Question, Reply, SEALED_REPLY, SEALED_REQUEST, SealSecret,
    open_question, seal_question,
};
use parasol_protocol::wire::{EvaluateAsk, KeyEvaluation, Lacking, Shown};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..80)
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..80)
}

fn day() -> impl Strategy<Value = Day> {
    any::<u32>().prop_map(Day::from_number)
}

fn ids() -> impl Strategy<Value = Vec<RecordId>> {
    vec(any::<[u8; 32]>().prop_map(RecordId::from_bytes), 0..6)
}

fn digests() -> impl Strategy<Value = BTreeSet<[u8; 32]>> {
    btree_set(any::<[u8; 32]>(), 0..5)
}

fn question() -> impl Strategy<Value = Question> {
    prop_oneof![
        (0u8..=20, any::<u32>(), 0..MAX_PARTS).prop_map(|(bits, value, part)| {
            let value = value & ((1 << bits) - 1);
            let bucket = Bucket { bits, value };
            Question::Bucket { bucket, part }
        }),
        vec(any::<[u8; 8]>(), 0..=MAX_WANTED).prop_map(Question::Records),
        vec(any::<[u8; 32]>().prop_map(Lock::from_bytes), 0..=MAX_LOCKS).prop_map(Question::Locks),
    ]
}

fn key_name() -> impl Strategy<Value = KeyName> {
    let season = || any::<u32>().prop_map(Season::from_index);
    prop_oneof![
        Just(KeyName::Bucket),
        season().prop_map(KeyName::Handle),
        season().prop_map(KeyName::Area),
    ]
}

/// So many points: only what is one is read.
fn elements() -> impl Strategy<Value = Vec<Element>> {
    (any::<[u8; 8]>(), 1usize..4).prop_map(|(seed, count)| {
        let names = vec![b"a name".as_slice(); count];
        let blinded = blind(&names, &mut Seeded::new(seed)).unwrap();
        blinded.elements().to_vec()
    })
}

/// Two scalars, canonical and not zero, as they are below the order by their last byte.
fn proof() -> impl Strategy<Value = Proof> {
    let scalar = || (any::<[u8; 31]>(), 1u8..16);
    (scalar(), scalar()).prop_map(|((a, high_a), (b, high_b))| {
        let bytes = [a.as_slice(), &[high_a], &b, &[high_b]].concat();
        Proof::from_bytes(&bytes).unwrap()
    })
}

fn ask() -> impl Strategy<Value = EvaluateAsk> {
    let keys = btree_set(key_name(), 1..6);
    (any::<u32>(), keys, elements()).prop_map(|(epoch, keys, elements)| EvaluateAsk {
        epoch,
        keys: keys.into_iter().collect(),
        elements,
    })
}

fn evaluations() -> impl Strategy<Value = Vec<KeyEvaluation>> {
    let one = (key_name(), 1u16..=255, elements(), proof());
    let one = one.prop_map(|(key, index, elements, proof)| KeyEvaluation {
        key,
        evaluation: Evaluation {
            index: ShareIndex::new(index).unwrap(),
            elements,
            proof,
        },
    });
    vec(one, 0..4)
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop::sample::select(vec![
        Refusal::Quota(Again::in_minutes(1).unwrap()),
        Refusal::Quota(Again::in_minutes(Again::MOST).unwrap()),
        Refusal::NoShare,
        Refusal::Malformed,
        Refusal::Busy,
        Refusal::OtherEpoch,
    ])
}

fn missing() -> impl Strategy<Value = Missing> {
    prop_oneof![
        Just(Missing::Unreachable),
        refusal().prop_map(Missing::Refused),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|id| Outcome::Published(RecordId::from_bytes(id))),
        ("[a-z-]{1,64}", "[a-zé ]{0,80}")
            .prop_map(|(code, message)| Outcome::Refused { code, message }),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (day(), any::<[u8; 32]>(), any::<Option<[u8; 32]>>()).prop_map(|(expires, lock, proof)| {
        let lock = Lock::from_bytes(lock);
        let proof = proof.map(|half| [half, half].concat().try_into().unwrap());
        let body = Body::Retraction(Retraction { lock, proof });
        Wanted { expires, body }
    })
}

fn request() -> impl Strategy<Value = Request> {
    let lists = || vec(some_bytes(), 0..4);
    prop_oneof![
        (day(), some_bytes()).prop_map(|(after, message)| Request::Reconcile { after, message }),
        ids().prop_map(Request::Fetch),
        vec(record(), 0..4).prop_map(Request::Push),
        (day(), some_bytes()).prop_map(|(after, message)| Request::ReconcileOwn { after, message }),
        ids().prop_map(Request::FetchOwn),
        vec(record(), 0..4).prop_map(Request::PushOwn),
        ask().prop_map(Request::Evaluate),
        some_bytes().prop_map(Request::Sealed),
        any::<[u8; 32]>().prop_map(Request::Charters),
        (some_bytes(), digests(), lists()).prop_map(|(plan, known, messages)| {
            Request::Board(Shown {
                plan,
                known,
                messages,
            })
        }),
        any::<(u32, u16)>().prop_map(|(epoch, signed)| Request::Certificate { epoch, signed }),
    ]
}

fn reply() -> impl Strategy<Value = PeerReply> {
    let lists = || vec(some_bytes(), 0..4);
    prop_oneof![
        (day(), some_bytes()).prop_map(|(after, message)| PeerReply::Reconcile { after, message }),
        vec(record(), 0..4).prop_map(PeerReply::Records),
        Just(PeerReply::Pushed),
        vec(record(), 0..4).prop_map(PeerReply::OwnRecords),
        evaluations().prop_map(PeerReply::Evaluated),
        any::<u8>().prop_map(|byte| PeerReply::Sealed(vec![byte; SEALED_REPLY])),
        lists().prop_map(PeerReply::Charters),
        (digests(), lists())
            .prop_map(|(known, messages)| PeerReply::Board(Lacking { known, messages })),
        some_bytes().prop_map(PeerReply::Certificate),
        refusal().prop_map(PeerReply::Refused),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A question has one size, is read by the node it is for, and by no other; the reply likewise.
    #[test]
    fn sealed_questions_and_replies_come_through(
        question in question(),
        carried in any::<u64>(),
        left in any::<u64>(),
        records in vec(vec(any::<u8>(), 1..400), 0..20),
        seed in any::<[u8; 8]>(),
        flip in (any::<prop::sample::Index>(), 1u8..),
    ) {
        let federation = FederationId::from_bytes([1; 32]);
        let mut entropy = Seeded::new(seed);
        let [key, other] = [0, 1].map(|_| SealSecret::generate(&mut entropy));
        let (sealed, opens) = seal_question(&question, &key.public(), &federation, &mut entropy).unwrap();
        prop_assert_eq!(sealed.len(), SEALED_REQUEST);
        let (read, seals) = open_question(&sealed, &key, &federation).unwrap();
        prop_assert_eq!(read, question);
        prop_assert!(open_question(&sealed, &other, &federation).is_err());
        let elsewhere = FederationId::from_bytes([2; 32]);
        prop_assert!(open_question(&sealed, &key, &elsewhere).is_err());
        let mut changed = sealed.clone();
        changed[flip.0.index(sealed.len())] ^= flip.1;
        prop_assert!(open_question(&changed, &key, &federation).is_err());

        let reply = Reply { carried, records, left };
        let mut answered = seals.seal(&reply, &mut entropy).unwrap();
        prop_assert_eq!(answered.len(), SEALED_REPLY);
        prop_assert_eq!(opens.open(&answered).unwrap(), reply);
        answered[flip.0.index(SEALED_REPLY)] ^= flip.1;
        prop_assert!(opens.open(&answered).is_err());
    }

    #[test]
    fn requests_between_nodes_read_back(request in request(), end in any::<prop::sample::Index>()) {
        let bytes = request.encode();
        gate(&bytes).unwrap();
        prop_assert_eq!(Request::decode(&bytes).unwrap(), request);
        prop_assert!(Request::decode(&bytes[..end.index(bytes.len())]).is_err());
        prop_assert!(Request::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn replies_between_nodes_read_back(reply in reply(), end in any::<prop::sample::Index>()) {
        let bytes = reply.encode();
        gate(&bytes).unwrap();
        prop_assert_eq!(PeerReply::decode(&bytes).unwrap(), reply);
        prop_assert!(PeerReply::decode(&bytes[..end.index(bytes.len())]).is_err());
        prop_assert!(PeerReply::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn what_is_evaluated_and_published_reads_back(
        ask in ask(),
        except in vec(any::<u16>(), 0..5),
        answers in vec((any::<u16>(), evaluations()), 0..4),
        missing in vec((any::<u16>(), missing()), 0..4),
        wanted in vec(wanted(), 0..4),
        outcomes in vec(outcome(), 0..4),
    ) {
        let evaluate = Evaluate { ask, except };
        prop_assert_eq!(&Evaluate::decode(&evaluate.encode()).unwrap(), &evaluate);
        let evaluated = Evaluated { answers, missing };
        prop_assert_eq!(&Evaluated::decode(&evaluated.encode()).unwrap(), &evaluated);
        let publish = Publish(wanted);
        prop_assert_eq!(&Publish::decode(&publish.encode()).unwrap(), &publish);
        let published = Published(outcomes);
        prop_assert_eq!(&Published::decode(&published.encode()).unwrap(), &published);
    }

    #[test]
    fn greetings_and_directories_read_back(
        federation in any::<[u8; 32]>(),
        delegation in record(),
        charters in vec(some_bytes(), 1..4),
        certificate in some_bytes(),
        records in vec(record(), 0..5),
        (home, today, carried) in (any::<[u8; 32]>(), day(), any::<u64>()),
    ) {
        let hello = Hello { federation: FederationId::from_bytes(federation), delegation };
        prop_assert_eq!(&Hello::decode(&hello.encode()).unwrap(), &hello);
        let home = NodeKey::from_bytes(home);
        let directory = DirectoryReply { charters, certificate, records, home, today, carried };
        prop_assert_eq!(&DirectoryReply::decode(&directory.encode()).unwrap(), &directory);
    }

    #[test]
    fn messages_of_clients_read_back(
        cursor in any::<u64>(),
        days in (any::<u32>(), any::<u32>()),
        only_own in any::<bool>(),
        key in any::<[u8; 32]>(),
        records in vec(record(), 0..5),
        tags in vec((any::<[u8; 8]>(), 0u32..10_000, any::<[u8; 16]>(), any::<[u8; 8]>()), 0..5),
    ) {
        let ask = TagsAsk {
            from: Day::from_number(days.0),
            to: Day::from_number(days.1),
            cursor,
        };
        if days.0 <= days.1 {
            prop_assert_eq!(&TagsAsk::decode(&ask.encode()).unwrap(), &ask);
        }
        let tags = tags.into_iter().map(|(id, season, salt, tag)| Tag {
            id,
            season: Season::from_index(season),
            salt,
            tag,
        });
        let reply = TagsReply { tags: tags.collect(), next: cursor };
        prop_assert_eq!(&TagsReply::decode(&reply.encode()).unwrap(), &reply);
        let ask = OwnAsk { only_own, cursor };
        prop_assert_eq!(&OwnAsk::decode(&ask.encode()).unwrap(), &ask);
        let reply = OwnReply { records, next: cursor };
        prop_assert_eq!(&OwnReply::decode(&reply.encode()).unwrap(), &reply);
        let pass_on = PassOn { to: NodeKey::from_bytes(key), sealed: vec![7; SEALED_REQUEST] };
        prop_assert_eq!(&PassOn::decode(&pass_on.encode()).unwrap(), &pass_on);
    }
}
