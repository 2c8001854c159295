//! What a node keeps of ceremonies, in files: whoever opens them next goes on where the last one
//! stopped, be it the node, the command line, or either of them after a crash.
//!
//! ```text
//! ceremonies/lock                 held while somebody works on any of them
//! ceremonies/signed.cbor          the last certificate that this node has signed: epoch, plan
//! ceremonies/NAME/board.cbor      the plan and the messages that are known
//! ceremonies/NAME/seed            0600; there if this node takes part, until it has signed or stopped
//! ceremonies/NAME/digits          what was read out by somebody else, to be compared
//! ceremonies/NAME/compare         there if nothing secret may be sent before that
//! keys/shares.cbor                the shares in force
//! keys/shares-EPOCH.cbor          shares that a ceremony made, not in force yet; 0600
//! ```
//!
//! NAME is the plan digest in hexadecimal.

use super::error::DeskError;
use crate::files::{create_private_dir, write_private};
use crate::keys::{decode_shares, encode_shares, read_secret};
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, LastSigned, Participant, Proposal, Shares,
};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::PlanDigest;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::oprf::{KeyName, KeyShare};
use parasol_protocol::time::Day;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Ceremonies that are kept at one time: what peers propose must not fill the disk.
pub const MAX_KEPT: usize = 16;

/// The ceremonies of one node's directory, while nobody else works on them.
pub struct Desk {
    dir: PathBuf,
    keys: PathBuf,
    _lock: File,
}

/// What a participant works with besides its files.
pub struct Hands<'a> {
    /// Its record key.
    pub node: &'a SecretKey,
    /// Its shares in force.
    pub shares: &'a Shares,
    /// Its day.
    pub today: Day,
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DeskError + '_ {
    move |source| DeskError::Io {
        path: path.to_owned(),
        source,
    }
}

impl Desk {
    /// Waits until nobody else works on the ceremonies of this node directory.
    ///
    /// # Errors
    /// If its files cannot be made or locked.
    pub fn open(node_dir: &Path) -> Result<Self, DeskError> {
        let dir = node_dir.join("ceremonies");
        create_private_dir(&dir).map_err(io_error(&dir))?;
        let path = dir.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(io_error(&path))?;
        lock.lock().map_err(io_error(&path))?;
        Ok(Self {
            dir,
            keys: node_dir.join("keys"),
            _lock: lock,
        })
    }

    /// The names of all ceremonies that are known here.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn names(&self) -> Result<Vec<PlanDigest>, DeskError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(io_error(&self.dir))? {
            let entry = entry.map_err(io_error(&self.dir))?;
            let name = entry.file_name();
            names.extend(name.to_str().and_then(|n| n.parse::<PlanDigest>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn place(&self, name: &PlanDigest) -> PathBuf {
        self.dir.join(name.to_string())
    }

    /// The board of a ceremony, as bytes; see [`Board::to_bytes`].
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn board_bytes(&self, name: &PlanDigest) -> Result<Vec<u8>, DeskError> {
        let path = self.place(name).join("board.cbor");
        fs::read(&path).map_err(io_error(&path))
    }

    /// The board of a ceremony, judged by what is in force now.
    ///
    /// # Errors
    /// If it cannot be read, or its plan does not hold any more.
    pub fn board(&self, name: &PlanDigest, basis: &Basis<'_>) -> Result<Board, DeskError> {
        Ok(Board::from_bytes(&self.board_bytes(name)?, basis)?)
    }

    /// Writes a board down, whole.
    ///
    /// # Errors
    /// If it cannot be written; then what was there still is.
    pub fn keep(&self, board: &Board) -> Result<(), DeskError> {
        let place = self.place(board.plan().digest());
        create_private_dir(&place).map_err(io_error(&place))?;
        let path = place.join("board.cbor");
        write_private(&path, &board.to_bytes()).map_err(io_error(&path))
    }

    /// Takes in a board from a file or a peer: messages that are not known yet join those that are.
    /// Says what the ceremony is called, and whether anything was new.
    ///
    /// # Errors
    /// If its form is not right, its plan does not hold, or too many ceremonies are kept.
    pub fn take(&self, bytes: &[u8], basis: &Basis<'_>) -> Result<(PlanDigest, bool), DeskError> {
        let (plan, messages) = Board::split(bytes).map_err(DeskError::Form)?;
        let proposal = Proposal::from_bytes(&plan)?;
        let name = *proposal.digest();
        let known = self.place(&name).join("board.cbor").exists();
        let mut board = if known {
            self.board(&name, basis)?
        } else {
            if self.names()?.len() >= MAX_KEPT {
                return Err(DeskError::Full);
            }
            Board::new(proposal.check(basis)?)
        };
        let before = board.digests().len();
        for message in &messages {
            // What does not belong on the board changes nothing: that is what a refusal means.
            let _ = board.post(message);
        }
        let new = !known || board.digests().len() > before;
        if new {
            self.keep(&board)?;
        }
        Ok((name, new))
    }

    /// Takes part: the seed is on disk when this returns. Taking part twice is taking part once.
    ///
    /// # Errors
    /// If the seed cannot be written.
    pub fn join(
        &self,
        name: &PlanDigest,
        compare: bool,
        entropy: &mut dyn Entropy,
    ) -> Result<(), DeskError> {
        let place = self.place(name);
        let path = place.join("seed");
        if compare {
            let path = place.join("compare");
            write_private(&path, b"").map_err(io_error(&path))?;
        }
        if path.exists() {
            return Ok(());
        }
        let seed = CeremonySeed::generate(entropy);
        write_private(&path, seed.to_bytes().as_slice()).map_err(io_error(&path))
    }

    /// Whether this node takes part, or did.
    pub fn takes_part(&self, name: &PlanDigest) -> bool {
        self.place(name).join("seed").exists()
    }

    /// Notes what somebody else read out; it is compared when there is something to compare it with.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_digits(&self, name: &PlanDigest, heard: &str) -> Result<(), DeskError> {
        let path = self.place(name).join("digits");
        write_private(&path, heard.as_bytes()).map_err(io_error(&path))
    }

    /// What was noted.
    pub fn digits(&self, name: &PlanDigest) -> Option<String> {
        fs::read_to_string(self.place(name).join("digits")).ok()
    }

    /// The participant of a ceremony that this node has joined.
    ///
    /// # Errors
    /// If it has not joined, a file cannot be read, or it has no part in it.
    pub fn participant(
        &self,
        name: &PlanDigest,
        basis: &Basis<'_>,
        hands: &Hands<'_>,
    ) -> Result<Ceremony, DeskError> {
        let place = self.place(name);
        let path = place.join("seed");
        let bytes = read_secret(&path)?;
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
            bytes
                .as_slice()
                .try_into()
                .map_err(|_| DeskError::Damaged { path })?,
        );
        let participant = Participant {
            node: hands.node.clone(),
            seed: CeremonySeed::from_bytes(seed),
            shares: Arc::clone(hands.shares),
            signed: self.signed()?,
            compare: place.join("compare").exists(),
        };
        Ok(Ceremony::open(self.board(name, basis)?, participant, hands.today)?)
    }

    /// The last certificate that this node has signed.
    ///
    /// # Errors
    /// If the file is there and cannot be read: then nothing may be signed.
    pub fn signed(&self) -> Result<Option<LastSigned>, DeskError> {
        let path = self.dir.join("signed.cbor");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = fs::read(&path).map_err(io_error(&path))?;
        let read = cbor::decode(&bytes, 64, |d| {
            cbor::tuple(d, 2)?;
            Ok(LastSigned {
                epoch: d.u32()?,
                plan: PlanDigest::from_bytes(cbor::array(d)?),
            })
        });
        read.map(Some).map_err(|_| DeskError::Damaged { path })
    }

    /// Stores the shares that a ceremony made, and that this node is about to sign so: both are on
    /// disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written; then nothing may be signed.
    pub fn store(
        &self,
        shares: &BTreeMap<KeyName, KeyShare>,
        signing: &LastSigned,
    ) -> Result<(), DeskError> {
        let path = self.next_shares(signing.epoch);
        write_private(&path, &encode_shares(shares)).map_err(io_error(&path))?;
        let path = self.dir.join("signed.cbor");
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_uint(e, u64::from(signing.epoch));
            cbor::put_bytes(e, signing.plan.as_bytes());
        });
        write_private(&path, &bytes).map_err(io_error(&path))
    }

    fn next_shares(&self, epoch: u32) -> PathBuf {
        self.keys.join(format!("shares-{epoch}.cbor"))
    }

    /// Shares that were made for an epoch that is not in force yet.
    ///
    /// # Errors
    /// If they are there and cannot be read.
    pub fn prepared(&self, epoch: u32) -> Result<Option<BTreeMap<KeyName, KeyShare>>, DeskError> {
        let path = self.next_shares(epoch);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_secret(&path)?;
        let shares = decode_shares(&bytes).map_err(|_| DeskError::Damaged { path })?;
        Ok(Some(shares))
    }

    /// Puts the shares of an epoch in force in the place of those before, which are gone then.
    /// Whoever has none of that epoch has none any more.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn put_in_force(&self, epoch: u32) -> Result<(), DeskError> {
        let (next, now) = (self.next_shares(epoch), self.keys.join("shares.cbor"));
        if next.exists() {
            // The old file is written over before its name is: what was in it should not be found in
            // free space. No file system promises more.
            overwrite(&now).map_err(io_error(&now))?;
            fs::rename(&next, &now).map_err(io_error(&now))?;
            return File::open(&self.keys)
                .and_then(|dir| dir.sync_all())
                .map_err(io_error(&self.keys));
        }
        destroy(&now).map_err(io_error(&now))
    }

    /// Destroys what a ceremony that is over leaves of secrets: its seed.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn close(&self, name: &PlanDigest) -> Result<(), DeskError> {
        let path = self.place(name).join("seed");
        destroy(&path).map_err(io_error(&path))
    }

    /// Forgets a ceremony, its seed first.
    ///
    /// # Errors
    /// If its files cannot be removed.
    pub fn forget(&self, name: &PlanDigest) -> Result<(), DeskError> {
        self.close(name)?;
        let place = self.place(name);
        fs::remove_dir_all(&place).map_err(io_error(&place))
    }
}

fn overwrite(path: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let Ok(length) = fs::metadata(path).map(|m| m.len()) else {
        return Ok(());
    };
    let mut file = File::options().write(true).open(path)?;
    let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
    file.write_all(&zeros)?;
    file.sync_all()
}

fn destroy(path: &Path) -> io::Result<()> {
    overwrite(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
