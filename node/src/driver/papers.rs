//! What lies in the node's directory and may change while it runs: the charter, and the records that
//! roots signed. Whoever takes papers in need not stop the node.

use super::machine::{Failed, Machine};
use crate::files::write_private;
use crate::keys::{MET, SETTLED, encode_trust, read_chain, read_trust};
use parasol_protocol::charter::Chain;
use parasol_protocol::directory::Directory;
use parasol_protocol::engine::{AskId, Source};
use parasol_protocol::ids::TransportKey;
use parasol_protocol::record::Verified;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::peer::Request;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What the answers to questions about the charter are called with. The engine numbers its own from
/// 0 on.
pub(super) const CHARTERS: AskId = AskId(u64::MAX);
/// Between two questions about the charter to all peers, in milliseconds.
const EVERY: u64 = 60_000;
/// Between two questions about the certificate in force, whichever that is.
const WHOLE: u64 = 30 * EVERY;

/// When a file was changed, and how long it is.
type Look = Option<(SystemTime, u64)>;

/// The node's papers on disk.
#[derive(Debug)]
pub(super) struct Papers {
    dir: PathBuf,
    charter: Look,
    trust: Look,
    certificate: Look,
    asked: Option<Timestamp>,
    /// When all were asked last for the certificate that they go by, be it of the same epoch, and by which one here.
    whole: Option<(Timestamp, Option<[u8; 32]>)>,
    /// By which directory the delegations were written down last, and how.
    met: Option<(Arc<Directory>, Vec<u8>)>,
}

fn look(path: &Path) -> Look {
    let meta = fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

impl Papers {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            charter: look(&dir.join("charter.cbor")),
            trust: look(&dir.join("trust.cbor")),
            certificate: look(&dir.join("certificate.cbor")),
            asked: None,
            whole: None,
            met: None,
        }
    }

    /// Whether it is time to ask all for the certificate that they go by, whichever that is, where this node
    /// goes by this one.
    fn asks_whole(&mut self, mine: Option<[u8; 32]>, now: Timestamp) -> bool {
        let asks = self
            .whole
            .is_none_or(|(at, before)| before != mine || at.plus_millis(WHOLE) <= now || now < at);
        if asks {
            self.whole = Some((now, mine));
        }
        asks
    }

    /// The node's directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the delegations were written down as this directory knows them.
    pub(super) fn met_of(&self, directory: &Arc<Directory>) -> bool {
        let met = self.met.as_ref();
        met.is_some_and(|(known, _)| Arc::ptr_eq(known, directory))
    }

    /// Has the delegations looked at anew.
    pub(super) fn forget_met(&mut self) {
        self.met = None;
    }

    /// Writes down delegations, if there are others than before.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn write_met(
        &mut self,
        directory: Arc<Directory>,
        records: &[Verified],
    ) -> std::io::Result<()> {
        let bytes = encode_trust(records);
        let path = self.dir.join(MET);
        let same = match &self.met {
            Some((_, before)) => *before == bytes,
            None => fs::read(&path).is_ok_and(|before| before == bytes),
        };
        if !same {
            write_private(&path, &bytes)?;
        }
        self.met = Some((directory, bytes));
        Ok(())
    }

    /// Writes down all that is known of the charter.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, chain: &Chain) -> std::io::Result<()> {
        let path = self.dir.join("charter.cbor");
        write_private(&path, &chain.to_bytes())?;
        self.charter = look(&path);
        Ok(())
    }

    /// Writes down what is settled.
    ///
    /// # Errors
    /// If it cannot be written.
    fn settle(&self, chain: &Chain) -> std::io::Result<()> {
        let text = format!("{}\n", chain.settled());
        write_private(&self.dir.join(SETTLED), text.as_bytes())
    }
}

impl Machine {
    /// Asks a peer what it knows of the charter.
    pub(super) fn ask_for_charters(&self, peer: TransportKey) {
        self.ask(peer, CHARTERS, &Request::Charters(self.chain.digest()));
    }

    /// Asks all peers, once in a while.
    pub(super) fn ask_all_for_charters(&mut self, now: Timestamp) {
        let Some(papers) = &mut self.papers else {
            return;
        };
        // A clock that was set back makes nobody wait.
        let due = papers
            .asked
            .is_none_or(|at| at.plus_millis(EVERY) <= now || now < at);
        if due {
            papers.asked = Some(now);
            let mine = self.engine.certificate().map(|c| *c.digest());
            let whole = papers.asks_whole(mine, now);
            let peers: Vec<TransportKey> = self.engine.connected().map(|(key, _)| key).collect();
            for peer in peers {
                self.ask_for_charters(peer);
                self.ask_for_certificate(peer, whole);
            }
        }
    }

    /// Takes up what was put into the directory since the last look.
    pub(super) fn look_at_papers(&mut self, now: Timestamp) -> Result<(), Failed> {
        let Some(papers) = &mut self.papers else {
            return Ok(());
        };
        let (charter, trust) = (
            papers.dir.join("charter.cbor"),
            papers.dir.join("trust.cbor"),
        );
        let certificate = look(&papers.dir.join("certificate.cbor"));
        let looks = (look(&charter), look(&trust));
        let new_charter = looks.0 != papers.charter;
        let new_trust = looks.1 != papers.trust;
        let new_certificate = certificate != papers.certificate;
        (papers.charter, papers.trust) = looks;
        papers.certificate = certificate;
        if new_charter {
            match read_chain(&charter) {
                Ok(chain) => {
                    let documents = [chain.documents(), chain.waiting()].concat();
                    self.take_charters(&documents, now)?;
                    self.write_again(&charter);
                }
                Err(error) => {
                    tracing::error!(%error, "the charter in the node's directory cannot be used; the node goes on with the one it knows")
                }
            }
        }
        if new_trust {
            match read_trust(&trust, self.charter.federation()) {
                Ok(records) => {
                    let view = self.ledger.view()?;
                    let arrived = self.engine.arrived(Source::Local, records, &view, now)?;
                    drop(view);
                    self.carry_out(arrived.outputs)?;
                }
                Err(error) => {
                    tracing::error!(%error, "the records in the node's directory cannot be used")
                }
            }
        }
        // Last: it may take the others to judge it.
        if new_certificate {
            self.take_up_certificate(now);
        }
        Ok(())
    }

    /// Whoever put a file into the directory may have put less into it than the node knows, or what
    /// it does not keep. What could not be taken up, as it could not be written down, stays there and
    /// is looked at again.
    fn write_again(&mut self, path: &Path) {
        let Some(papers) = self.papers.as_mut().filter(|p| p.charter.is_some()) else {
            return;
        };
        let same = fs::read(path).is_ok_and(|bytes| bytes == self.chain.to_bytes());
        if !same && let Err(error) = papers.write(&self.chain) {
            tracing::error!(%error, "the charter cannot be written");
        }
    }

    /// Offers documents of the charter, and takes up what counts now. What is known is on disk
    /// before anybody is answered by it.
    pub(super) fn take_charters(
        &mut self,
        documents: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<(), Failed> {
        let known = self.chain.clone();
        for document in documents {
            if let Err(error) = self.chain.offer(document) {
                tracing::warn!(%error, "a paper about the charter is refused");
            }
        }
        if self.chain.digest() == known.digest() {
            return Ok(());
        }
        if let Some(papers) = &mut self.papers
            && let Err(error) = papers.write(&self.chain)
        {
            tracing::error!(%error, "the charter cannot be written; the node goes on with the one before");
            // With what it has settled, and what waits.
            self.chain = known;
            // Where it lies in the directory itself, it is tried again at the next look.
            papers.charter = None;
            return Ok(());
        }
        let status = self.chain.status();
        for twice in status.twice {
            tracing::error!(
                organisation = %twice.organisation,
                version = twice.version,
                signed = ?twice.signed,
                "ALARM: an organisation's root has signed two versions of one number, and counts for neither; it may be stolen: ask them, and see `parasol charter status`"
            );
        }
        if let Some(fork) = status.fork {
            tracing::error!(
                version = fork.version,
                rivals = ?fork.rivals,
                signed_several = ?fork.double,
                "ALARM: the charter has forked; nothing changes until more than half of the organisations have agreed on one side: see `parasol charter status`"
            );
        }
        let charter = self.chain.current();
        if charter.id() == self.charter.id() {
            return Ok(());
        }
        if charter.follows(&self.charter.pin()).is_err() {
            tracing::error!(
                before = self.charter.version(),
                version = charter.version(),
                "ALARM: the charter that this node went by counts no more, and another takes its place: see `parasol charter status`"
            );
        }
        let view = self.ledger.view()?;
        let taken = self.engine.take_up(charter.clone(), &view, now)?;
        drop(view);
        match taken {
            Ok(outputs) => {
                self.charter = charter;
                self.chain.settle();
                if let Some(papers) = &self.papers
                    && let Err(error) = papers.settle(&self.chain)
                {
                    tracing::error!(%error, "what is settled of the charter cannot be written down");
                }
                self.carry_out(outputs)
            }
            Err(error) => {
                tracing::error!(%error, "the charter cannot be taken up");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
#[path = "papers_tests.rs"]
mod tests;
