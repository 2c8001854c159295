//! What stands where the files of the node and of the command, which are built here by path, look for
//! the network, for the system's randomness and for a node that answers.

/// In place of the driver: what it tells the ceremonies.
pub mod driver {
    use crate::ceremony::Known;
    use parasol_protocol::ids::{NodeKey, OrganisationKey, TransportKey};
    use parasol_protocol::time::{Day, Season, Timestamp};
    use std::collections::{BTreeMap, BTreeSet};

    /// What is in force, and who is there.
    #[derive(Clone, Debug)]
    pub struct Scene {
        pub known: Known,
        pub today: Day,
        pub settled: bool,
        pub ended: BTreeSet<Season>,
        pub now: Timestamp,
        pub passed: Timestamp,
        pub connected: BTreeMap<NodeKey, (TransportKey, OrganisationKey)>,
    }
}

/// In place of the network.
pub mod net {
    /// Nobody waits for an answer that goes anywhere.
    #[derive(Debug)]
    pub enum ResponseToken {}
}

/// In place of the system's randomness: each input sees the same.
pub mod entropy {
    use parasol_protocol::entropy::Entropy;
    use std::sync::atomic::{AtomicU64, Ordering};

    static DRAWN: AtomicU64 = AtomicU64::new(0);

    /// Begins anew.
    pub fn restart() {
        DRAWN.store(0, Ordering::Relaxed);
    }

    /// Counts.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct OsEntropy;

    impl Entropy for OsEntropy {
        fn fill(&mut self, out: &mut [u8]) {
            let number = DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            crate::common::Seeded::new(number).fill(out);
        }
    }
}

/// In place of the node's settings.
pub mod config {
    use std::path::Path;

    /// What a node is called.
    #[derive(Clone, Debug)]
    pub struct NodeConfig {
        pub name: String,
    }

    impl NodeConfig {
        /// The same for every directory.
        pub fn load_with(_: &Path, _: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
            Ok(Self {
                name: "node".to_owned(),
            })
        }
    }
}

/// In place of the making of federations.
pub mod founding {
    pub use crate::session::today;
}

/// In place of the options that every command takes.
pub mod globals {
    /// Whether to answer in JSON.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Globals {
        pub json: bool,
    }
}

/// In place of the way to a home node: the fixture's federation, and a node that takes everything.
pub mod session {
    use crate::client::fixture;
    use crate::common::world::TODAY;
    use crate::exit::CliError;
    use crate::globals::Globals;
    use crate::home::Profile;
    use parasol_protocol::area::{Area, default_cities};
    use parasol_protocol::client::Federation;
    use parasol_protocol::handle::Country;
    use parasol_protocol::ids::OrganisationKey;
    use parasol_protocol::time::Day;
    use parasol_protocol::trust::Local;
    use std::sync::Mutex;

    static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    /// What the node answers to whatever is fetched from now on.
    pub fn answer(bytes: &[u8]) {
        *ANSWER.lock().unwrap() = bytes.to_vec();
    }

    /// What a command knows.
    #[derive(Debug)]
    pub struct Session {
        pub profile: Profile,
        pub federation: Federation,
        pub local: Local,
    }

    /// The fixture's day.
    pub fn today() -> Day {
        TODAY
    }

    impl Session {
        /// A client of rowan.
        pub fn open(_: &Globals) -> Result<Self, CliError> {
            let federation = fixture().federation.clone();
            Ok(Self {
                profile: Profile {
                    name: "rowan".to_owned(),
                    ..Profile::default()
                },
                local: Local::default().of(*federation.organisation()),
                federation,
            })
        }

        /// What was said before.
        pub fn get(&self, _: &str) -> Result<Vec<u8>, CliError> {
            Ok(ANSWER.lock().unwrap().clone())
        }

        /// The node carries everything.
        pub fn carry_in(&self, _: &[u8]) -> Result<(), CliError> {
            Ok(())
        }

        /// Reads an area as typed.
        pub fn area(&self, typed: &str, _: Option<&Country>) -> Result<Area, CliError> {
            Area::parse(typed, &default_cities()).map_err(|e| CliError::input(e.code(), e))
        }
    }

    /// A member by its name.
    pub fn organisation(federation: &Federation, named: &str) -> Option<OrganisationKey> {
        let mut members = federation.members();
        members.find(|m| m.name == named).map(|m| m.key)
    }
}
