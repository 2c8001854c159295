//! Which certificate is in force, and the shares that go with it.
//!
//! `certificate.cbor` decides: it is written, whole, when a certificate is taken into use, and the
//! shares of its epoch were on disk before it was signed. So there is no moment at which a crash
//! leaves a certificate without its shares, or destroys shares that are still needed.

use super::desk::{Desk, Known, Part, io_error};
use super::error::DeskError;
use super::step::Progress;
use crate::files::{alone_in, destroy, destroy_left_over, write_private};
use crate::keys::{epoch_in, read_certificate, shares_of};
use parasol_protocol::cbor;
use parasol_protocol::ceremony::{LATE, REFRESH};
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::limits::MAX_COSIGNED;
use parasol_protocol::time::Day;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Days for which the shares of a certificate that had more holders are kept, from when it gave way to one
/// that names fewer than there are keyholders: at the least, and at most, while too few of the new are there.
const KEPT_DAYS: (u32, u32) = (14, 90);

impl Desk {
    /// Takes the certificates of all ceremonies here into use that all their holders have signed: the
    /// certificate in force now, if that is another one than before. `certificate.cbor` is on disk then.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn settle(&self, known: &Known) -> Result<Option<Certificate>, DeskError> {
        let mut taken = None;
        for name in self.names()? {
            // One that does not hold any more must not keep the others back.
            let Ok(board) = self.board(&name, known) else {
                continue;
            };
            let progress = Progress::of(&board);
            taken = self.settle_one(&progress, known)?.or(taken);
        }
        Ok(taken)
    }

    /// The same for one ceremony whose standing is known.
    ///
    /// One that only a threshold has signed is not taken: of its signers any may be silent from then on,
    /// and what it takes to go back to the shares before would be gone.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn settle_one(
        &self,
        progress: &Progress,
        known: &Known,
    ) -> Result<Option<Certificate>, DeskError> {
        match progress {
            Progress::Made {
                certificate,
                waiting,
                ..
            } => match self.take_certificate(certificate, known) {
                Err(two @ DeskError::TwoCertificates { .. }) => Err(two),
                // What not all have signed need not hold yet.
                Err(_) if !waiting.is_empty() => Ok(None),
                taken => taken,
            },
            _ => Ok(None),
        }
    }

    /// Takes a certificate into use, from wherever it comes: if it holds, nobody dealt it, and it is of
    /// a later epoch than the one in force and signed by all its holders, or the same with more
    /// signatures. It is on disk when this returns.
    ///
    /// # Errors
    /// If it does not hold, another one of its epoch is in force, or the file cannot be written.
    pub fn take_certificate(
        &self,
        bytes: &[u8],
        known: &Known,
    ) -> Result<Option<Certificate>, DeskError> {
        self.take_if(bytes, known, false)
    }

    /// The same, though some of its holders are not seen to have signed: a threshold of organisations go
    /// by it, so one of them at least is honest and has judged it.
    ///
    /// # Errors
    /// As [`Desk::take_certificate`].
    pub(super) fn take_vouched(
        &self,
        bytes: &[u8],
        known: &Known,
    ) -> Result<Option<Certificate>, DeskError> {
        self.take_if(bytes, known, true)
    }

    fn take_if(
        &self,
        bytes: &[u8],
        known: &Known,
        vouched: bool,
    ) -> Result<Option<Certificate>, DeskError> {
        let (charter, directory) = (known.charter(), &known.directory);
        let certificate = Certificate::of_latest(bytes, charter, directory, Judging::Anew)?;
        if certificate.dealt() {
            return Ok(None);
        }
        // The command line may have written a later one than the node knows of.
        let on_disk = read_certificate(&self.node_dir, &known.directory)?;
        for before in known.certificate.iter().chain(&on_disk) {
            if before.epoch() == certificate.epoch() && before.digest() != certificate.digest() {
                return Err(DeskError::TwoCertificates {
                    epoch: certificate.epoch(),
                    both: before.signed_twice(&certificate),
                });
            }
            if (certificate.epoch(), certificate.signed()) <= (before.epoch(), before.signed()) {
                return Ok(None);
            }
        }
        let before = on_disk.as_ref().or(known.certificate.as_ref());
        let fuller = before.is_some_and(|before| before.digest() == certificate.digest());
        if !fuller && !vouched && certificate.lacks_somebody(known.charter()) {
            return Ok(None);
        }
        if let Some(before) = before.filter(|before| !fuller && !before.dealt()) {
            self.keep_before(before, &certificate, known)?;
        }
        let path = self.node_dir.join("certificate.cbor");
        write_private(&path, certificate.bytes()).map_err(io_error(&path))?;
        Ok(Some(certificate))
    }

    /// Whether people told this node to take part in a ceremony that led from one certificate to another. Whom they
    /// leave out they mean to: somebody else may have that one's shares now, and those of before must
    /// not lie about for him.
    fn is_by_hand(
        &self,
        before: &Certificate,
        certificate: &Certificate,
        known: &Known,
    ) -> Result<bool, DeskError> {
        // Who holds new shares has signed them; the board may be gone.
        let signed = self.signed().ok().flatten();
        let signed = signed.filter(|signed| self.part(&signed.plan) == Some(Part::Hand));
        let stored = shares_of(&self.node_dir, certificate).exists();
        if signed.is_some_and(|signed| stored && signed.epoch == certificate.epoch()) {
            return Ok(true);
        }
        // It may have missed that what it signed came into force before this one.
        let between = before.epoch().saturating_add(1)..=certificate.epoch();
        let signed = signed.filter(|signed| between.contains(&signed.epoch));
        let charter = known.charter();
        let current = |root: &OrganisationKey| charter.answers_for(root).map(|o| o.root);
        let names = self.names()?;
        let mut told = names
            .iter()
            .filter(|name| self.part(name) == Some(Part::Hand));
        Ok(told.any(|name| {
            let Ok(board) = self.board(name, known) else {
                return false;
            };
            let seats = board.plan().terms().holders.iter();
            let holders: BTreeSet<_> = seats.filter_map(|s| current(&s.organisation)).collect();
            let leaves_out = || !roots_of(before, known).is_subset(&holders);
            board.makes(certificate)
                || (signed.is_some_and(|signed| signed.plan == *name) && leaves_out())
        }))
    }

    fn before_path(&self) -> PathBuf {
        self.node_dir.join("ceremonies").join("before.cbor")
    }

    /// Writes a certificate down that gives way to one with fewer holders, or without one of its own. If
    /// one is kept already, that stays on from the day on which a further holder is left out; and if people
    /// made the next one by hand, nothing is kept any more.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn keep_before(
        &self,
        before: &Certificate,
        next: &Certificate,
        known: &Known,
    ) -> Result<(), DeskError> {
        let path = self.before_path();
        let then = Known {
            directory: Arc::clone(&known.directory),
            certificate: Some(before.clone()),
        };
        let leaves_out = !roots_of(before, known).is_subset(&roots_of(next, known));
        let fewer = next.holders().count() < before.holders().count();
        let day = next.issued();
        if self.is_by_hand(before, next, known)? {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(io_error(&path)(error))
                }
                _ => Ok(()),
            };
        }
        let mut lost = false;
        let kept = match self.before_for(&then, Some(day), KEPT_DAYS.1) {
            Ok(Some(_)) => self.read_before(known)?,
            Ok(None) => None,
            // What is damaged protects nothing, and must neither keep the next one out of force nor everything
            // from being destroyed: what is known now takes its place.
            Err(error @ DeskError::Kept(_)) => {
                tracing::error!(%error, "what is kept of before is lost");
                lost = true;
                None
            }
            // Another day it may be judged: until then it stays as it is, and nothing is destroyed.
            Err(error @ DeskError::Certificate(_)) => {
                tracing::error!(%error, "what is kept of before cannot be judged now");
                return Ok(());
            }
            // Nor what lies on a bad place of the disk: what is written takes another one.
            Err(DeskError::Io { path, source }) if is_lost(&source) => {
                tracing::error!(error = %source, path = %path.display(), "what is kept of before is lost");
                lost = true;
                None
            }
            // Nor a file that cannot be read for now, where there is nothing to be written down.
            Err(error) if !fewer && !leaves_out => {
                tracing::error!(%error, "what is kept of before cannot be read");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        // By what all nodes see alike, so that they keep the same: how long what is kept was of use here
        // is none of that.
        let kept = kept.filter(|kept| {
            let overdue = day.since(before.issued()) >= REFRESH + LATE;
            day.since(kept.last) <= KEPT_DAYS.0 || overdue
        });
        let kept = match kept {
            Some(kept) if leaves_out => Kept { last: day, ..kept },
            None if fewer || leaves_out || lost => Kept {
                certificate: before.clone(),
                first: day,
                last: day,
            },
            _ => return Ok(()),
        };
        write_private(&path, &kept.to_bytes()).map_err(io_error(&path))
    }

    /// The last certificate that had more holders, while the one in force names fewer than there are
    /// keyholders, for some days. Its shares are kept: if holders of the new ones fall silent, there may
    /// be enough of the old with those that were left out.
    ///
    /// Without a day that is sure it is kept.
    ///
    /// # Errors
    /// If it cannot be read: that is not as if there were none.
    pub fn before(
        &self,
        known: &Known,
        today: Option<Day>,
    ) -> Result<Option<Certificate>, DeskError> {
        self.before_for(known, today, KEPT_DAYS.1)
    }

    fn before_for(
        &self,
        known: &Known,
        today: Option<Day>,
        days: u32,
    ) -> Result<Option<Certificate>, DeskError> {
        let in_force = known.certificate.as_ref();
        let Some(in_force) = in_force.filter(|c| !names_all(c, known)) else {
            return Ok(None);
        };
        let Some(kept) = self.read_before(known)? else {
            return Ok(None);
        };
        let late =
            |today: Day| today.since(kept.last) > days || today.since(kept.first) > KEPT_DAYS.1;
        let stays = kept.certificate.epoch() < in_force.epoch() && !today.is_some_and(late);
        Ok(stays.then_some(kept.certificate))
    }

    fn read_before(&self, known: &Known) -> Result<Option<Kept>, DeskError> {
        let path = self.before_path();
        match fs::read(&path) {
            Ok(file) => {
                let (certificate, first, last) = Kept::parts(&file).ok_or(DeskError::Kept(path))?;
                let (charter, directory) = (known.charter(), &known.directory);
                let certificate =
                    Certificate::of_latest(&certificate, charter, directory, Judging::Again)?;
                Ok(Some(Kept {
                    certificate,
                    first,
                    last,
                }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(&path)(error)),
        }
    }

    /// Destroys the shares of earlier epochs, and what other ceremonies gave of the same one, if all
    /// holders of the certificate in force have stored theirs; but for those [before](Desk::before) for
    /// some days, if it does not name every keyholder, and for longer while they are of use, that is, too few
    /// are there that hold those in force: a day that is in doubt ends them not. Says how many files went.
    ///
    /// # Errors
    /// If one cannot be destroyed, or it cannot be read what is kept: then nothing goes.
    pub fn destroy_old(
        &self,
        known: &Known,
        today: Option<Day>,
        of_use: bool,
    ) -> Result<usize, DeskError> {
        let Some(certificate) = &known.certificate else {
            return Ok(0);
        };
        if certificate.dealt() || certificate.lacks_somebody(known.charter()) {
            return Ok(0);
        }
        let days = if of_use { KEPT_DAYS.1 } else { KEPT_DAYS.0 };
        let kept = self.before_for(known, today, days)?;
        let kept = kept.map(|before| shares_of(&self.node_dir, &before));
        let over = match self.read_before(known) {
            // It may have been written for a certificate that came into use after this one.
            Ok(before) => before.is_some_and(|b| b.certificate.epoch() < certificate.epoch()),
            // All hold what is in force: it is of no interest.
            Err(DeskError::Kept(_) | DeskError::Certificate(_)) => true,
            Err(error) => return Err(error),
        };
        if kept.is_none() && over {
            let path = self.before_path();
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
        let dir = self.node_dir.join("keys");
        let _alone = alone_in(&dir).map_err(io_error(&dir))?;
        destroy_left_over(&dir, "shares").map_err(io_error(&dir))?;
        let mut gone = 0;
        let in_force = shares_of(&self.node_dir, certificate);
        for (epoch, path) in self.stored_files()? {
            let stays = path == in_force || Some(&path) == kept.as_ref();
            if epoch <= certificate.epoch() && !stays {
                destroy(&path).map_err(io_error(&path))?;
                gone += 1;
            }
        }
        let dealt = dir.join("shares.cbor");
        if dealt.exists() {
            destroy(&dealt).map_err(io_error(&dealt))?;
            gone += 1;
        }
        Ok(gone)
    }

    /// The epochs of which ceremonies have left shares here, ascending; one of which two have left
    /// some stands there twice.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn stored(&self) -> Result<Vec<u32>, DeskError> {
        let files = self.stored_files()?;
        Ok(files.into_iter().map(|(epoch, _)| epoch).collect())
    }

    /// The files of shares that ceremonies have left here, by their epochs.
    pub(super) fn stored_files(&self) -> Result<Vec<(u32, PathBuf)>, DeskError> {
        let dir = self.node_dir.join("keys");
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir).map_err(io_error(&dir))? {
            let entry = entry.map_err(io_error(&dir))?;
            let epoch = entry.file_name().to_str().and_then(epoch_in);
            files.extend(epoch.map(|epoch| (epoch, entry.path())));
        }
        files.sort_unstable();
        Ok(files)
    }
}

/// A certificate that had more holders than those after it.
struct Kept {
    certificate: Certificate,
    /// When the next one was issued, and the last one that left a further holder out.
    first: Day,
    last: Day,
}

impl Kept {
    fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(|e| {
            cbor::put_array(e, 3);
            cbor::put_bytes(e, self.certificate.bytes());
            cbor::put_uint(e, u64::from(self.first.number()));
            cbor::put_uint(e, u64::from(self.last.number()));
        })
    }

    /// The certificate's bytes and the two days; nothing if they are damaged.
    fn parts(bytes: &[u8]) -> Option<(Vec<u8>, Day, Day)> {
        let read = cbor::decode(bytes, MAX_COSIGNED + 64, |d| {
            cbor::tuple(d, 3)?;
            let certificate = d.bytes()?.to_vec();
            let [first, last] = [d.u32()?, d.u32()?].map(Day::from_number);
            Ok((certificate, first, last))
        });
        read.ok()
    }
}

/// Whether the disk says that it cannot give back what was written (EIO, on every system of this kind).
fn is_lost(error: &io::Error) -> bool {
    error.raw_os_error() == Some(5)
}

/// The organisations that hold shares by a certificate, as the charter has them now.
fn roots_of(certificate: &Certificate, known: &Known) -> BTreeSet<OrganisationKey> {
    let holders = certificate.holders();
    let current = holders.filter_map(|(_, root)| known.charter().answers_for(root));
    current.map(|o| o.root).collect()
}

/// Whether every keyholder of the charter is among the holders of a certificate.
fn names_all(certificate: &Certificate, known: &Known) -> bool {
    let roots = roots_of(certificate, known);
    let organisations = known.charter().terms().organisations.iter();
    let mut keyholders = organisations.filter(|o| o.keyholder.is_some());
    keyholders.all(|o| roots.contains(&o.root))
}

#[cfg(test)]
mod tests {
    use super::is_lost;
    use std::io;

    /// What the disk cannot give back is lost; what may not be read, or not now, is not.
    #[test]
    fn which_errors_say_that_a_file_is_lost() {
        let of = |code| is_lost(&io::Error::from_raw_os_error(code));
        assert!(of(5));
        // Interrupted, not permitted, too many files, too many links.
        assert!(![4, 13, 24, 40].into_iter().any(of));
        assert!(!is_lost(&io::ErrorKind::NotFound.into()));
    }
}
