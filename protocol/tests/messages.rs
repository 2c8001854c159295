//! Messages between clients and nodes, and between nodes: what is written reads back the same, and
//! is the only way to write it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::Seeded;
use parasol_protocol::cbor::gate;
use parasol_protocol::ids::{FederationId, Lock, NodeKey, RecordId};
use parasol_protocol::seal::Bucket;
use parasol_protocol::time::{Day, Season};
use parasol_protocol::wire::Again;
use parasol_protocol::wire::client::{OwnAsk, OwnReply, PassOn, Tag, TagsAsk, TagsReply};
use parasol_protocol::wire::peer::{Refusal, Reply as PeerReply, Request};
use parasol_protocol::wire::sealed::{
    MAX_LOCKS, MAX_PARTS, MAX_WANTED, Question, Reply, SEALED_REPLY, SEALED_REQUEST, SealSecret,
    open_question, seal_question,
};
use parasol_protocol::wire::{Lacking, Shown};
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

fn request() -> impl Strategy<Value = Request> {
    let lists = || vec(some_bytes(), 0..4);
    prop_oneof![
        (day(), some_bytes()).prop_map(|(after, message)| Request::Reconcile { after, message }),
        ids().prop_map(Request::Fetch),
        vec(record(), 0..4).prop_map(Request::Push),
        (day(), some_bytes()).prop_map(|(after, message)| Request::ReconcileOwn { after, message }),
        ids().prop_map(Request::FetchOwn),
        vec(record(), 0..4).prop_map(Request::PushOwn),
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
    let refusals = [
        Refusal::Quota(Again::in_minutes(1).unwrap()),
        Refusal::Quota(Again::in_minutes(Again::MOST).unwrap()),
        Refusal::NoShare,
        Refusal::Malformed,
        Refusal::Busy,
        Refusal::OtherEpoch,
    ];
    prop_oneof![
        (day(), some_bytes()).prop_map(|(after, message)| PeerReply::Reconcile { after, message }),
        vec(record(), 0..4).prop_map(PeerReply::Records),
        Just(PeerReply::Pushed),
        vec(record(), 0..4).prop_map(PeerReply::OwnRecords),
        lists().prop_map(PeerReply::Charters),
        (digests(), lists())
            .prop_map(|(known, messages)| PeerReply::Board(Lacking { known, messages })),
        some_bytes().prop_map(PeerReply::Certificate),
        prop::sample::select(refusals.to_vec()).prop_map(PeerReply::Refused),
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
