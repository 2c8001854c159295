//! The settings of gossipsub: one topic, anonymous messages named by their hash, and a score that
//! falls for invalid messages alone.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, IdentityTransform, Message, MessageAuthenticity,
    MessageId, PeerScoreParams, PeerScoreThresholds, TopicScoreParams, ValidationMode,
    WhitelistSubscriptionFilter,
};
use parasol_protocol::ids::{FederationId, RecordId};

use super::error::NetError;

/// Subscriptions to any other topic are ignored, so that a peer cannot fill memory with them.
pub(super) type Gossip = Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;

/// The largest frame between two neighbours.
const MAX_FRAME: usize = 16 * 1024;
/// The largest message: a frame less room for its envelope.
pub(super) const MAX_MESSAGE: usize = MAX_FRAME - 256;
/// Ids in one frame. 256 of them, 34 bytes each, fit.
const MAX_IDS: usize = 256;

/// The topic of a federation.
pub(super) fn topic(federation: &FederationId) -> IdentTopic {
    IdentTopic::new(format!("parasol/1/{}", hex::encode(federation.hint())))
}

/// Gossipsub, subscribed to the federation's topic.
pub(super) fn gossip(topic: &IdentTopic) -> Result<Gossip, NetError> {
    let config = ConfigBuilder::default()
        .validate_messages()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(message_id)
        .max_transmit_size(MAX_FRAME)
        .max_control_messages_sent(MAX_IDS)
        .duplicate_cache_time(Duration::from_secs(120))
        .mesh_outbound_min(1)
        // With a mesh of two, as gossipsub would leave it, a thousand nodes are nine hops apart, and
        // two neighbours that pass nothing on cut a node off until it catches up
        // (`benches/gossip.md`). Who has fewer peers than this has all of them in its mesh.
        .mesh_n_low(4)
        .mesh_n(6)
        .mesh_n_high(12)
        .gossip_lazy(3)
        .flood_publish(true)
        // A verdict may come late: the driver verifies signatures and writes to disk first.
        .history_length(20)
        .history_gossip(5)
        .build()
        .map_err(start)?;
    let filter = WhitelistSubscriptionFilter(HashSet::from([topic.hash()]));
    let mut gossip =
        Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
            .map_err(start)?;
    gossip
        .with_peer_score(score(topic), thresholds())
        .map_err(start)?;
    gossip.subscribe(topic).map_err(start)?;
    Ok(gossip)
}

/// A message is named by the SHA-256 of its bytes, as a record is.
fn message_id(message: &Message) -> MessageId {
    MessageId::new(RecordId::of(&message.data).as_bytes())
}

/// Only what is objectively wrong counts. Being slow, quiet, far away or behind the same address
/// as others does not: those are how a small organisation's node looks.
fn score(topic: &IdentTopic) -> PeerScoreParams {
    let invalid_only = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // The penalty is the square of the count, which halves in about twelve minutes.
        invalid_message_deliveries_weight: -5.0,
        invalid_message_deliveries_decay: 0.999,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic.hash(), invalid_only)]),
        app_specific_weight: 0.0,
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_threshold: 6.0,
        behaviour_penalty_decay: 0.9,
        slow_peer_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

/// Two invalid messages end the exchange of lists, four that of messages, and the fifth makes the
/// peer unheard until it has been quiet for a while.
fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -10.0,
        publish_threshold: -75.0,
        graylist_threshold: -100.0,
        opportunistic_graft_threshold: 0.0,
        ..PeerScoreThresholds::default()
    }
}

fn start(reason: impl ToString) -> NetError {
    NetError::Start {
        reason: reason.to_string(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_valid() {
        score(&IdentTopic::new("t")).validate().unwrap();
        thresholds().validate().unwrap();
        assert!(gossip(&topic(&FederationId::from_bytes([3; 32]))).is_ok());
    }

    #[test]
    fn the_topic_names_the_federation() {
        let topic = topic(&FederationId::from_bytes([0xab; 32]));
        assert_eq!(topic.to_string(), "parasol/1/abababababababab");
    }

    #[test]
    fn a_message_is_named_by_its_hash() {
        let topic = IdentTopic::new("t").hash();
        let message = Message {
            source: None,
            data: b"abc".to_vec(),
            sequence_number: None,
            topic,
        };
        // FIPS 180-4's example.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(message_id(&message).0), hash);
    }
}
