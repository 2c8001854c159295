//! Transport keys and libp2p's peer ids: two spellings of one Ed25519 public key.

use libp2p::identity::{PublicKey, ed25519};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use parasol_protocol::ids::TransportKey;

use super::error::NetError;

/// An Ed25519 peer id is the identity multihash (0, 36 bytes) of the key in a protobuf: type 1, 32
/// bytes. See the libp2p specification, `peer-ids`.
const PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// The peer id of a transport key.
pub(crate) fn peer_id(key: &TransportKey) -> Result<PeerId, NetError> {
    ed25519::PublicKey::try_from_bytes(key.as_bytes())
        .map(|key| PublicKey::from(key).to_peer_id())
        .map_err(|_| NetError::BadKey { peer: *key })
}

/// The transport key in a peer id, if it is an Ed25519 one.
pub(super) fn transport_key(peer: &PeerId) -> Option<TransportKey> {
    let bytes = peer.to_bytes();
    let key = bytes.strip_prefix(&PREFIX)?;
    Some(TransportKey::from_bytes(key.try_into().ok()?))
}

/// Who answers at an address that ends in `/p2p/` and a peer id.
pub(super) fn peer_at(addr: &Multiaddr) -> Result<PeerId, NetError> {
    match addr.iter().last() {
        Some(Protocol::P2p(peer)) if transport_key(&peer).is_some() => Ok(peer),
        _ => Err(NetError::NoPeerId { addr: addr.clone() }),
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
    use crate::net::TransportSecret;

    #[test]
    fn a_key_survives_the_round_trip() {
        for n in 0..50 {
            let key = TransportSecret::new([n; 32]).public().unwrap();
            assert_eq!(transport_key(&peer_id(&key).unwrap()), Some(key));
        }
    }

    #[test]
    fn other_peer_ids_have_no_transport_key() {
        assert_eq!(transport_key(&PeerId::random()), None);
    }

    #[test]
    fn an_address_must_name_its_node() {
        let key = TransportSecret::new([1; 32]).public().unwrap();
        let peer = peer_id(&key).unwrap();
        let full: Multiaddr = format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}").parse().unwrap();
        assert_eq!(peer_at(&full), Ok(peer));
        let bare: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        assert_eq!(peer_at(&bare), Err(NetError::NoPeerId { addr: bare }));
    }
}
