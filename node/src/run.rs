//! A node from start to stop.

use crate::ceremony;
use crate::clock::Clock;
use crate::config::{Level, NodeConfig, StoreKind};
use crate::driver::{self, Setup};
use crate::http::{self, App, Doors, router};
use crate::keys::{IdentityError, NodeIdentity};
use crate::ledger::Ledger;
use crate::net::{self, Multiaddr, NetConfig, NetError, TransportSecret};
use crate::store::{self, Engine as StoreEngine, StoreError};
use parasol_protocol::engine::{EngineError, Identity, Settings};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// How a node is run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Stop when standard input ends.
    pub die_with_stdin: bool,
    /// A file to write when the node answers.
    pub ready_file: Option<PathBuf>,
}

/// Milliseconds between two catch-ups with the same peer.
const SYNC_EVERY: u64 = 20_000;

/// Why a node did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The directory cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be used.
    #[error(transparent)]
    Engine(#[from] EngineError<StoreError>),
    /// The network cannot be used.
    #[error(transparent)]
    Net(#[from] NetError),
    /// An address in the configuration is none.
    #[error(
        "`{0}` in the configuration is not an address that other nodes could use; write one such as /ip4/0.0.0.0/tcp/7440"
    )]
    Address(String),
    /// Clients cannot be served.
    #[error(
        "cannot listen for clients on {address}: {source}; if another program uses that port, stop it or choose another with http.listen or PARASOL_NODE_HTTP"
    )]
    Http {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The log cannot be written.
    #[error("cannot open the log {path}: {source}")]
    Log {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A system call failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Runs a node until it is told to stop.
///
/// # Errors
/// If it cannot start. What goes wrong later goes to the log, and the node goes on.
pub fn run(config: NodeConfig, options: RunOptions) -> Result<(), RunError> {
    start_log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(config, options))
}

fn start_log(config: &NodeConfig) -> Result<(), RunError> {
    // Libraries speak only of what went wrong: what they say of their own work could name more
    // than a log of this program may.
    let filter = match config.log.level {
        Level::Error => "error".to_owned(),
        level => format!("error,parasol_node={level}"),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(false);
    let set = match &config.log.file {
        Some(file) => {
            let path = config.dir.join(file);
            let open = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path);
            let file = open.map_err(|source| RunError::Log { path, source })?;
            log.with_writer(Arc::new(file)).try_init()
        }
        None => log.with_writer(std::io::stderr).try_init(),
    };
    // A second node in one process keeps the first one's log.
    drop(set);
    Ok(())
}

async fn serve(config: NodeConfig, options: RunOptions) -> Result<(), RunError> {
    let identity = NodeIdentity::read(&config.dir)?;
    let addresses = |list: &[String]| {
        let parse = |text: &String| {
            text.parse::<Multiaddr>()
                .map_err(|_| RunError::Address(text.clone()))
        };
        list.iter().map(parse).collect::<Result<Vec<_>, _>>()
    };
    let (listen, peers) = (
        addresses(&config.net.listen)?,
        addresses(&config.net.peers)?,
    );
    let engine = match config.store {
        StoreKind::Redb => StoreEngine::Redb,
        StoreKind::Sled => StoreEngine::Sled,
    };
    let ledger = Ledger::open(
        store::open(&config.data_dir(), engine)?,
        identity.organisation,
    )?;
    let address = config.http.listen;
    let taken = |source| RunError::Http { address, source };
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(taken)?;

    let federation = *identity.charter.federation();
    let threshold = identity.charter.terms().threshold;
    let secret = TransportSecret::new(*identity.keys.transport.seed());
    let mut net_config = NetConfig::new(secret, federation);
    net_config.listen = listen;
    net_config.peers = peers;
    let (net, events, net_task) = net::start(net_config).await?;
    let (ceremonies, heard) = ceremony::channel();
    let voice = ceremonies.downgrade();
    let task = ceremony::Setup {
        dir: config.dir.clone(),
        node: identity.keys.record.clone(),
        settings: ceremony::Settings {
            silence: Duration::from_secs(60).saturating_mul(
                u32::try_from(config.ceremonies.silence_minutes).unwrap_or(u32::MAX),
            ),
            joins: config.ceremonies.by_itself,
            starts: config.ceremonies.by_itself,
        },
    };
    let setup = Setup {
        identity: Identity {
            organisation: identity.organisation,
            record_key: identity.keys.record.clone(),
            seal_key: identity.keys.seal.clone(),
            shares: Arc::new(identity.shares),
        },
        chain: identity.chain,
        dir: Some(config.dir.clone()),
        certificate: identity.certificate,
        trust: identity.trust,
        settings: Settings {
            sync_every: SYNC_EVERY,
            catch_up_first: !config.net.peers.is_empty(),
            ..Settings::default()
        },
        ledger,
        accept_time: config.accept_time,
        ceremonies: Some(ceremonies),
        clock: Clock::default(),
    };
    let (handle, thread) = driver::start(setup, net.clone(), events)?;
    // It ends with the driver.
    drop(ceremony::start(
        task,
        handle.clone(),
        net.clone(),
        (voice, heard),
    ));
    let app = App::new(
        &config,
        (federation, identity.organisation, threshold),
        identity.tokens,
        handle.clone(),
        net.clone(),
    );
    tracing::info!(node = %config.name, %address, "serving clients");
    if let Some(file) = &options.ready_file {
        std::fs::write(file, format!("{address}\n"))?;
    }
    let stop = async move {
        match crate::stop::requested(options.die_with_stdin).await {
            Ok(why) => tracing::info!(why, "stopping"),
            Err(error) => tracing::error!(%error, "cannot wait for signals; stopping"),
        }
    };
    http::serve(listener, router(app), Doors::default(), stop).await;
    handle.stop().await;
    // The network may have ended already; the thread ends with the driver.
    let _ = net.shutdown().await;
    let _ = net_task.await;
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    Ok(())
}
