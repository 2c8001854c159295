//! What a node keeps of ceremonies, in files: whoever opens them next goes on where the last one
//! stopped, be it the node, the command line, or either of them after a crash.
//!
//! ```text
//! ceremonies/lock                 held while somebody works on any of them
//! ceremonies/signed.cbor          the last certificate that this node has signed: epoch, plan
//! ceremonies/ended.cbor           the seasons that are over, as the node knew last: of their keys
//!                                 nothing is stored
//! ceremonies/excused.cbor         the certificate whose signers were forgiven last; who held ceremonies up: organisation, how often,
//!                                since when, left out until when, and whether it was in the way of going back
//! ceremonies/past.cbor            ceremonies that are forgotten in which this node took part, the latest last: who
//!                                joined again would say something else
//! ceremonies/before.cbor          the last certificate that had more holders, while the one in force names
//!                                 fewer than there are keyholders; its shares are kept for some days
//! ceremonies/NAME/board.cbor      the plan and the messages that are known
//! ceremonies/NAME/old.cbor        the certificate in force when the plan came, by which it is judged;
//!                                 empty if there was none
//! ceremonies/NAME/in-force        the digest of the certificate in force then: the way back to shares of
//!                                 before ends where another has come into force since
//! ceremonies/NAME/part            there if this node takes part: "hand", or "auto" if by itself
//! ceremonies/NAME/seed            0600; what the node draws from, until it has signed or stopped
//! ceremonies/NAME/compare         there if nothing secret may be sent before digits were compared
//! ceremonies/NAME/digits          what was read out by somebody else, to be compared
//! keys/shares-EPOCH-DIGEST.cbor   shares that a ceremony made, by the certificate's digest; 0600
//! ```
//!
//! NAME is the plan digest in hexadecimal. `certificate.cbor` alone decides which shares are in force
//! (see [`crate::ceremony::force`]), so that a crash between any two writes leaves what is understood.

use super::error::DeskError;
use crate::files::{
    alone_in, create_private_dir, destroy, destroy_left_over, lock_within, write_private,
};
use crate::forget::forget_keys;
use crate::keys::{encode_shares, read_shares, shares_of, shares_path};
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{
    Basis, Board, Ceremony, CeremonySeed, LastSigned, NewShares, Participant, Plan, Proposal,
};
use parasol_protocol::certificate::{Certificate, CertificateError, Judging};
use parasol_protocol::charter::Charter;
use parasol_protocol::directory::Directory;
use parasol_protocol::entropy::Entropy;
use parasol_protocol::ids::PlanDigest;
use parasol_protocol::keys::SecretKey;
use parasol_protocol::limits::MAX_BOARD;
use parasol_protocol::oprf::KeyName;
use parasol_protocol::time::{Day, Season};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Ceremonies that are kept at one time: what peers propose must not fill the disk.
pub const MAX_KEPT: usize = 32;
/// How long people wait for whoever else works on a node's ceremonies.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seasons that are noted as over: there are two a year.
const MAX_ENDED: usize = 64;

/// The ceremonies of one node's directory, while nobody else works on them.
pub struct Desk {
    pub(super) node_dir: PathBuf,
    dir: PathBuf,
    /// Seasons that are over: of their keys nothing is stored.
    ended: BTreeSet<Season>,
    _lock: File,
}

/// What is in force: ceremonies are judged by it. The charter is the directory's.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who may speak for whom.
    pub directory: Arc<Directory>,
    /// The certificate of the shared keys; none before there is one, and for whoever gives one up.
    pub certificate: Option<Certificate>,
}

impl Known {
    /// The charter in force.
    pub fn charter(&self) -> &Charter {
        self.directory.charter()
    }

    /// By what new plans are judged.
    pub fn basis(&self) -> Basis<'_> {
        Basis::new(self.charter(), &self.directory, self.certificate.as_ref())
    }
}

/// What a participant works with besides its files.
#[derive(Debug)]
pub struct Hand<'a> {
    /// Its record key.
    pub node: &'a SecretKey,
    /// Its day.
    pub today: Day,
}

/// How a node came to take part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Somebody said so.
    Hand,
    /// By itself, as the plan only goes on with what is in force.
    Auto,
}

/// What a board was judged by when its plan came.
struct Kept<'a> {
    charter: Charter,
    certificate: Option<Certificate>,
    directory: &'a Directory,
}

impl Kept<'_> {
    fn basis(&self) -> Basis<'_> {
        Basis::new(&self.charter, self.directory, self.certificate.as_ref())
    }
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> DeskError + '_ {
    move |source| DeskError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Whether a file is there, or may be: it cannot be said.
fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

/// The seasons that the node has noted as over. It notes them anew if the file cannot be understood.
fn read_ended(dir: &Path) -> Result<BTreeSet<Season>, DeskError> {
    let path = dir.join("ended.cbor");
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        read => read.map_err(io_error(&path))?,
    };
    let read = cbor::decode(&bytes, 8 * MAX_ENDED, |d| {
        cbor::list(d, MAX_ENDED, |d| Ok(Season::from_index(d.u32()?)))
    });
    Ok(read.map(BTreeSet::from_iter).unwrap_or_else(|error| {
        tracing::error!(%error, path = %path.display(), "the file is left out; the node writes it anew when it runs");
        BTreeSet::new()
    }))
}

impl Desk {
    /// Waits until nobody else works on the ceremonies of this node directory.
    ///
    /// # Errors
    /// If its files cannot be made or locked, or somebody else works on them for half a minute.
    pub fn open(node_dir: &Path) -> Result<Self, DeskError> {
        Self::open_within(node_dir, PATIENCE)
    }

    /// The same, for so long at most.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn open_within(node_dir: &Path, patience: Duration) -> Result<Self, DeskError> {
        let dir = node_dir.join("ceremonies");
        create_private_dir(&dir).map_err(io_error(&dir))?;
        let path = dir.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(io_error(&path))?;
        lock_within(&lock, patience).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => DeskError::Busy(path),
            _ => DeskError::Io { path, source },
        })?;
        Ok(Self {
            ended: read_ended(&dir)?,
            dir,
            node_dir: node_dir.to_owned(),
            _lock: lock,
        })
    }

    /// Of these seasons' keys no share is stored from now on, whatever a ceremony makes and whoever works
    /// on it: they are over. What was stored of them before is destroyed when this returns.
    ///
    /// # Errors
    /// If a file cannot be used. Then it is to be said again.
    pub fn leave_out(&mut self, ended: &BTreeSet<Season>) -> Result<(), DeskError> {
        let new: Vec<Season> = ended.difference(&self.ended).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        self.ended.extend(&new);
        let of = |season| [KeyName::Handle(season), KeyName::Area(season)];
        let names = new.into_iter().flat_map(of).collect();
        // The command line may have stored some since the node destroyed them.
        let keys = self.node_dir.join("keys");
        forget_keys(&self.node_dir, &names).map_err(io_error(&keys))?;
        let path = self.dir.join("ended.cbor");
        let latest: Vec<&Season> = self.ended.iter().rev().take(MAX_ENDED).collect();
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, latest.len() as u64);
            for season in latest {
                cbor::put_uint(e, u64::from(season.index()));
            }
        });
        write_private(&path, &bytes).map_err(io_error(&path))
    }

    /// The seasons that are over, as far as the node has noted it.
    pub const fn ended(&self) -> &BTreeSet<Season> {
        &self.ended
    }

    pub(super) fn is_over(&self, name: &KeyName) -> bool {
        name.season()
            .is_some_and(|season| self.ended.contains(&season))
    }

    /// The names of all ceremonies that are known here.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn names(&self) -> Result<Vec<PlanDigest>, DeskError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(io_error(&self.dir))? {
            let entry = entry.map_err(io_error(&self.dir))?;
            // What a crash left without a board was never known.
            if !entry.path().join("board.cbor").exists() {
                continue;
            }
            let name = entry.file_name();
            names.extend(name.to_str().and_then(|n| n.parse::<PlanDigest>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }

    pub(super) fn place(&self, name: &PlanDigest) -> PathBuf {
        self.dir.join(name.to_string())
    }

    fn write(&self, name: &PlanDigest, file: &str, bytes: &[u8]) -> Result<(), DeskError> {
        let path = self.place(name).join(file);
        write_private(&path, bytes).map_err(io_error(&path))
    }

    /// Whether a ceremony is known here.
    pub fn knows(&self, name: &PlanDigest) -> bool {
        is_there(&self.place(name).join("board.cbor"))
    }

    /// The board of a ceremony, as bytes; see [`Board::to_bytes`].
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn board_bytes(&self, name: &PlanDigest) -> Result<Vec<u8>, DeskError> {
        let path = self.place(name).join("board.cbor");
        fs::read(&path).map_err(io_error(&path))
    }

    /// The board of a ceremony, judged by what was in force when its plan came: its certificate may
    /// be in force by now.
    ///
    /// # Errors
    /// If it cannot be read, or its plan does not hold any more.
    pub fn board(&self, name: &PlanDigest, known: &Known) -> Result<Board, DeskError> {
        let bytes = self.board_bytes(name)?;
        let (plan, _) = Board::split(&bytes).map_err(DeskError::Form)?;
        let kept = self.kept(name, &Proposal::from_bytes(&plan)?, known)?;
        Ok(Board::from_bytes(
            &bytes,
            &kept.basis().with_ended(&self.ended),
        )?)
    }

    /// The certificate that was in force when a plan came.
    ///
    /// # Errors
    /// If it cannot be read or does not hold any more.
    fn kept<'a>(
        &self,
        name: &PlanDigest,
        plan: &Proposal,
        known: &'a Known,
    ) -> Result<Kept<'a>, DeskError> {
        let path = self.place(name).join("old.cbor");
        let bytes = fs::read(&path).map_err(io_error(&path))?;
        let certificate = if bytes.is_empty() {
            None
        } else {
            let (charter, directory) = (known.charter(), &known.directory);
            let read = Certificate::of_latest(&bytes, charter, directory, Judging::Again);
            Some(read.map_err(|error| match error {
                // It may be judged when more is known.
                CertificateError::Signatures { .. } | CertificateError::Keyholders => {
                    DeskError::Certificate(error)
                }
                _ => DeskError::Damaged { path },
            })?)
        };
        let mut versions = known.charter().and_before();
        let meant = versions.find(|version| *version.id().as_bytes() == plan.terms().charter);
        Ok(Kept {
            charter: meant.unwrap_or_else(|| known.charter().clone()),
            certificate,
            directory: &known.directory,
        })
    }

    /// Writes a board down, whole.
    ///
    /// # Errors
    /// If it cannot be written, or is larger than one may be; then what was there still is.
    pub fn keep(&self, board: &Board) -> Result<(), DeskError> {
        let bytes = board.to_bytes();
        if bytes.len() > MAX_BOARD {
            return Err(DeskError::Large);
        }
        self.write(board.plan().digest(), "board.cbor", &bytes)
    }

    /// Begins with a plan that holds by what is in force now. The board is empty.
    ///
    /// # Errors
    /// If it does not hold, or too many ceremonies are kept.
    pub fn start(&self, plan: &[u8], known: &Known) -> Result<PlanDigest, DeskError> {
        let name = *Proposal::from_bytes(plan)?.digest();
        self.check_past(&name)?;
        self.start_anew(plan, known)
    }

    /// The same with a plan that this node has just drawn, so that it can have forgotten nothing of it.
    ///
    /// # Errors
    /// As [`Desk::start`].
    pub fn start_anew(&self, plan: &[u8], known: &Known) -> Result<PlanDigest, DeskError> {
        let proposal = Proposal::from_bytes(plan)?;
        let name = *proposal.digest();
        if !self.knows(&name) {
            let by = self.judged_by(&proposal, known)?;
            let basis = by.basis().with_ended(&self.ended);
            self.begin(proposal.check(&basis)?, &by, known)?;
        }
        Ok(name)
    }

    /// What a new plan is judged by: what is in force; or the certificate that is kept from
    /// [before](Desk::before), if it rests on that, and what it makes comes after what is in force.
    fn judged_by(&self, plan: &Proposal, known: &Known) -> Result<Known, DeskError> {
        let terms = plan.terms();
        let in_force = known.certificate.as_ref().map_or(0, Certificate::epoch);
        let rests_on = |before: &Certificate| {
            let old = terms.old.as_ref();
            old.is_some_and(|old| old.certificate == *before.digest()) && terms.epoch > in_force
        };
        let in_force = known.certificate.as_ref().map(|c| *c.digest());
        let upon = terms.old.as_ref().map(|old| old.certificate);
        // What goes on with what is in force has nothing to do with what is kept.
        let before = match upon == in_force {
            true => None,
            false => self.before(known, Some(terms.day))?.filter(rests_on),
        };
        Ok(Known {
            directory: Arc::clone(&known.directory),
            certificate: before.or_else(|| known.certificate.clone()),
        })
    }

    fn begin(&self, plan: Plan, by: &Known, known: &Known) -> Result<Board, DeskError> {
        let name = *plan.digest();
        self.make_room(&plan, by)?;
        let place = self.place(&name);
        create_private_dir(&place).map_err(io_error(&place))?;
        let in_force = known.certificate.as_ref().map(Certificate::digest);
        self.write(
            &name,
            "in-force",
            in_force.map_or(&[], |digest| digest.as_slice()),
        )?;
        let old = by.certificate.as_ref().map(Certificate::bytes);
        self.write(&name, "old.cbor", old.unwrap_or_default())?;
        let board = Board::new(plan);
        self.keep(&board)?;
        Ok(board)
    }

    /// The certificate in force when this node first heard of a ceremony; none also if that is not known any
    /// more.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn in_force(&self, name: &PlanDigest) -> Result<Option<[u8; 32]>, DeskError> {
        let path = self.place(name).join("in-force");
        match fs::read(&path) {
            Ok(digest) => Ok(digest.try_into().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(&path)(error)),
        }
    }

    /// Takes in a board from a file or a peer: messages that are not known yet join those that are.
    /// Says what the ceremony is called, and whether anything was new.
    ///
    /// # Errors
    /// If its form is not right, its plan does not hold, or too many ceremonies are kept.
    pub fn take(&self, bytes: &[u8], known: &Known) -> Result<(PlanDigest, bool), DeskError> {
        let (plan, messages) = Board::split(bytes).map_err(DeskError::Form)?;
        let proposal = Proposal::from_bytes(&plan)?;
        let name = *proposal.digest();
        let was_known = self.knows(&name);
        let mut board = if was_known {
            self.board(&name, known)?
        } else {
            let by = self.judged_by(&proposal, known)?;
            let plan = proposal.check(&by.basis().with_ended(&self.ended))?;
            self.check_past(&name)?;
            self.begin(plan, &by, known)?
        };
        let before = board.messages().count();
        for message in &messages {
            // What does not belong on the board changes nothing: that is what a refusal means.
            let _ = board.post(message);
        }
        let more = board.messages().count() > before;
        if more {
            self.keep(&board)?;
        }
        Ok((name, more || !was_known))
    }

    /// Takes part, because somebody said so: the seed is on disk when this returns. Taking part twice
    /// is taking part once.
    ///
    /// # Errors
    /// If the seed cannot be written.
    pub fn join(
        &self,
        name: &PlanDigest,
        compare: bool,
        entropy: &mut dyn Entropy,
    ) -> Result<(), DeskError> {
        if compare {
            self.write(name, "compare", b"")?;
        }
        self.take_part(name, Part::Hand, entropy)
    }

    pub(super) fn take_part(
        &self,
        name: &PlanDigest,
        part: Part,
        entropy: &mut dyn Entropy,
    ) -> Result<(), DeskError> {
        let before = self.part(name);
        // Whoever took part and has no seed any more has said all that it has to say.
        if before.is_none() && !is_there(&self.place(name).join("seed")) {
            let seed = CeremonySeed::generate(entropy);
            self.write(name, "seed", seed.to_bytes().as_slice())?;
        }
        let word = match part {
            Part::Hand => "hand",
            Part::Auto => "auto",
        };
        if before != Some(Part::Hand) {
            self.write(name, "part", word.as_bytes())?;
        }
        Ok(())
    }

    /// How this node came to take part, if it does or did.
    pub fn part(&self, name: &PlanDigest) -> Option<Part> {
        match fs::read_to_string(self.place(name).join("part")) {
            Ok(said) if said == "auto" => Some(Part::Auto),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // A file that cannot be read now takes nothing back that people have said.
            _ => Some(Part::Hand),
        }
    }

    /// Whether this node takes part, or did.
    pub fn takes_part(&self, name: &PlanDigest) -> bool {
        self.part(name).is_some()
    }

    /// Whether it still has something to say. A seed of zeros was about to be removed.
    pub fn speaks(&self, name: &PlanDigest) -> bool {
        let seed = fs::read(self.place(name).join("seed")).map(Zeroizing::new);
        self.takes_part(name) && seed.is_ok_and(|seed| seed.iter().any(|byte| *byte != 0))
    }

    /// Whether nothing secret may be sent before digits were compared.
    pub fn compares(&self, name: &PlanDigest) -> bool {
        is_there(&self.place(name).join("compare"))
    }

    /// Notes what somebody else read out; it is compared when there is something to compare it with.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_digits(&self, name: &PlanDigest, heard: &str) -> Result<(), DeskError> {
        self.write(name, "digits", heard.as_bytes())
    }

    /// What was noted.
    pub fn digits(&self, name: &PlanDigest) -> Option<String> {
        fs::read_to_string(self.place(name).join("digits")).ok()
    }

    /// The participant of a ceremony that this node has joined and still speaks in.
    ///
    /// # Errors
    /// If it has not joined, a file cannot be read, or it has no part in it.
    pub fn participant(
        &self,
        name: &PlanDigest,
        known: &Known,
        hand: &Hand<'_>,
    ) -> Result<Ceremony, DeskError> {
        let place = self.place(name);
        let path = place.join("seed");
        let bytes = crate::keys::read_secret(&path)?;
        let mut seed = Zeroizing::new([0; 32]);
        if bytes.len() != seed.len() {
            return Err(DeskError::Damaged { path });
        }
        seed.copy_from_slice(&bytes);
        let file = self.board_bytes(name)?;
        let (plan, _) = Board::split(&file).map_err(DeskError::Form)?;
        let kept = self.kept(name, &Proposal::from_bytes(&plan)?, known)?;
        let board = Board::from_bytes(&file, &kept.basis().with_ended(&self.ended))?;
        let mut shares = BTreeMap::new();
        if let Some(old) = kept
            .certificate
            .as_ref()
            .filter(|_| board.plan().terms().old.is_some())
        {
            let path = shares_of(&self.node_dir, old);
            if is_there(&path) {
                shares = read_shares(&path)?;
            }
        }
        let participant = Participant {
            node: hand.node.clone(),
            seed: CeremonySeed::from_bytes(*seed),
            shares: Arc::new(shares),
            signed: self.signed()?,
            compare: self.compares(name),
        };
        Ok(Ceremony::open(board, participant, hand.today)?)
    }

    /// The last certificate that this node has signed.
    ///
    /// # Errors
    /// If the file is there and cannot be read or understood: then nothing may be signed.
    pub fn signed(&self) -> Result<Option<LastSigned>, DeskError> {
        let path = self.dir.join("signed.cbor");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(io_error(&path))?,
        };
        let read = cbor::decode(&bytes, 64, |d| {
            cbor::tuple(d, 2)?;
            Ok(LastSigned {
                epoch: d.u32()?,
                plan: PlanDigest::from_bytes(cbor::array(d)?),
            })
        });
        read.map(Some).map_err(|_| DeskError::Signed(path))
    }

    /// Stores the shares that a ceremony made, and that this node is about to sign so: both are on
    /// disk when this returns.
    ///
    /// # Errors
    /// If they cannot be written; then nothing may be signed.
    pub(super) fn store(&self, new: &NewShares) -> Result<(), DeskError> {
        let signing = &new.signing;
        let path = shares_path(&self.node_dir, signing.epoch, &new.certificate);
        let keys = self.node_dir.join("keys");
        let _alone = alone_in(&keys).map_err(io_error(&keys))?;
        write_private(&path, &encode_shares(&new.shares)).map_err(io_error(&path))?;
        let path = self.dir.join("signed.cbor");
        let bytes = cbor::encode(|e| {
            cbor::put_array(e, 2);
            cbor::put_uint(e, u64::from(signing.epoch));
            cbor::put_bytes(e, signing.plan.as_bytes());
        });
        write_private(&path, &bytes).map_err(io_error(&path))
    }

    /// Destroys what a ceremony that is over for this node leaves of secrets: its seed.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(super) fn close(&self, name: &PlanDigest) -> Result<(), DeskError> {
        let place = self.place(name);
        destroy_left_over(&place, "seed").map_err(io_error(&place))?;
        let path = place.join("seed");
        destroy(&path).map_err(io_error(&path))
    }

    /// Goes on with destroying a seed, if that was begun.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(super) fn clean(&self, name: &PlanDigest) -> Result<(), DeskError> {
        let seed = fs::read(self.place(name).join("seed"));
        match seed {
            Ok(seed) if seed.iter().all(|byte| *byte == 0) => self.close(name),
            _ => Ok(()),
        }
    }

    /// Forgets a ceremony, its seed first. Whoever took part in it does so no more: what it said before lies
    /// with the others, and is gone here.
    ///
    /// # Errors
    /// If its files cannot be removed.
    pub fn forget(&self, name: &PlanDigest) -> Result<(), DeskError> {
        if self.takes_part(name) {
            self.put_past(name)?;
        }
        self.undo(name)
    }

    /// Forgets a ceremony in which nothing was said here yet: this node may still join it.
    ///
    /// # Errors
    /// If its files cannot be removed.
    pub fn undo(&self, name: &PlanDigest) -> Result<(), DeskError> {
        self.close(name)?;
        let place = self.place(name);
        fs::remove_dir_all(&place).map_err(io_error(&place))
    }
}
