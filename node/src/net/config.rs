//! What the network has to be told before it starts.

use core::fmt;
use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use parasol_protocol::ids::{FederationId, OrganisationKey, TransportKey};
use zeroize::Zeroizing;

use super::error::NetError;

/// The secret half of a transport key: an Ed25519 seed.
pub struct TransportSecret(Zeroizing<[u8; 32]>);

impl TransportSecret {
    /// From the seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// The key that others know this node by.
    ///
    /// # Errors
    ///
    /// [`NetError::Start`] if the library refuses the seed; it accepts every seed today.
    pub fn public(&self) -> Result<TransportKey, NetError> {
        let key = self.keypair()?.public().try_into_ed25519();
        let key = key.map_err(|e| NetError::Start {
            reason: e.to_string(),
        })?;
        Ok(TransportKey::from_bytes(key.to_bytes()))
    }

    pub(super) fn keypair(&self) -> Result<Keypair, NetError> {
        // The library wipes the copy that it is given.
        let mut seed = *self.0;
        Keypair::ed25519_from_bytes(&mut seed).map_err(|e| NetError::Start {
            reason: e.to_string(),
        })
    }
}

impl fmt::Debug for TransportSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransportSecret(…)")
    }
}

/// The configuration of [`start`](super::start()).
#[derive(Debug)]
pub struct NetConfig {
    /// This node's transport key.
    pub transport_secret: TransportSecret,
    /// Where to listen, such as `/ip4/0.0.0.0/tcp/7000` or `/ip6/::/udp/7000/quic-v1`.
    pub listen: Vec<Multiaddr>,
    /// Whom to stay connected to. Each ends in `/p2p/` and a peer id; a peer may have several.
    pub peers: Vec<Multiaddr>,
    /// Which federation this is; it names the gossip topic.
    pub federation: FederationId,
    /// Who is let in, and whose they are, until the first [`NetCommand::Authorise`](super::NetCommand::Authorise).
    pub authorised: BTreeMap<TransportKey, OrganisationKey>,
    /// How long a request waits for its answer, dialling included.
    pub request_timeout: Duration,
    /// The first pause before a lost peer is dialled again; it doubles up to `redial_max`.
    pub redial_min: Duration,
    /// The longest pause between two dials of a lost peer.
    pub redial_max: Duration,
    /// How long a stranger may stay connected.
    pub stranger_time: Duration,
    /// How many strangers may be connected at a time.
    pub max_strangers: usize,
    /// How many events may wait for the driver. Gossip beyond it is ignored.
    pub event_capacity: usize,
}

impl NetConfig {
    /// A configuration that listens nowhere, dials nobody and lets nobody in, with the default
    /// limits.
    pub fn new(transport_secret: TransportSecret, federation: FederationId) -> Self {
        Self {
            transport_secret,
            listen: Vec::new(),
            peers: Vec::new(),
            federation,
            authorised: BTreeMap::new(),
            request_timeout: Duration::from_secs(20),
            redial_min: Duration::from_secs(1),
            redial_max: Duration::from_secs(60),
            stranger_time: Duration::from_secs(10),
            max_strangers: 32,
            event_capacity: 1024,
        }
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
    fn a_secret_does_not_print_itself() {
        assert_eq!(
            format!("{:?}", TransportSecret::new([7; 32])),
            "TransportSecret(…)"
        );
    }

    #[test]
    fn the_public_key_is_ed25519s() {
        // RFC 8032, section 7.1, test 1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let mut bytes = [0; 32];
        hex::decode_to_slice(seed, &mut bytes).unwrap();
        assert_eq!(
            TransportSecret::new(bytes).public().unwrap(),
            public.parse().unwrap()
        );
    }
}
