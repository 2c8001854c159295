//! Which certificate is in force, and the shares that go with it.
//!
//! `certificate.cbor` decides: it is written, whole, when a certificate is taken into use, and the
//! shares of its epoch were on disk before it was signed. So there is no moment at which a crash
//! leaves a certificate without its shares, or destroys shares that are still needed.

use super::desk::{Desk, Known, io_error};
use super::error::DeskError;
use super::step::Progress;
use crate::files::{alone_in, destroy, destroy_left_over, write_private};
use crate::keys::{epoch_in, read_certificate, shares_of};
use parasol_protocol::ceremony::Standing;
use parasol_protocol::certificate::{Certificate, Judging};
use parasol_protocol::ids::PlanDigest;
use parasol_protocol::time::Timestamp;
use std::fs;
use std::path::PathBuf;

/// How long a certificate that a threshold has signed waits for the other holders, in milliseconds.
pub const WAIT: u64 = 24 * 60 * 60 * 1000;

impl Desk {
    /// Takes the certificates of all ceremonies here into use whose time has come: the certificate
    /// in force now, if that is another one than before. `certificate.cbor` is on disk then.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn settle(&self, known: &Known, now: Timestamp) -> Result<Option<Certificate>, DeskError> {
        let mut taken = None;
        for name in self.names()? {
            // One that does not hold any more must not keep the others back.
            let Ok(board) = self.board(&name, known) else {
                continue;
            };
            let Standing::Made {
                certificate,
                waiting,
                ..
            } = board.standing()
            else {
                continue;
            };
            if self.is_due(&name, waiting.is_empty(), now)? {
                taken = self.take_certificate(&certificate, known)?.or(taken);
            }
        }
        Ok(taken)
    }

    /// The same for one ceremony whose standing is known.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn settle_one(
        &self,
        name: &PlanDigest,
        progress: &Progress,
        known: &Known,
        now: Timestamp,
    ) -> Result<Option<Certificate>, DeskError> {
        match progress {
            Progress::Made {
                certificate,
                waiting,
                ..
            } if self.is_due(name, waiting.is_empty(), now)? => {
                self.take_certificate(certificate, known)
            }
            _ => Ok(None),
        }
    }

    /// Whether a made certificate is to be taken into use: when all its holders have stored their
    /// shares, or a day after a threshold has. What is missing then may come later.
    fn is_due(&self, name: &PlanDigest, all: bool, now: Timestamp) -> Result<bool, DeskError> {
        if all {
            return Ok(true);
        }
        let path = self.place(name).join("made");
        let since = fs::read_to_string(&path).ok();
        match since.and_then(|text| text.trim().parse().ok()) {
            Some(since) => Ok(Timestamp::from_millis(since).plus_millis(WAIT) <= now),
            None => {
                let text = now.millis().to_string();
                write_private(&path, text.as_bytes()).map_err(io_error(&path))?;
                Ok(false)
            }
        }
    }

    /// Takes a certificate into use, from wherever it comes: if it holds, nobody dealt it, and it is of
    /// a later epoch than the one in force, or the same with more signatures. It is on disk when this
    /// returns.
    ///
    /// # Errors
    /// If it does not hold, another one of its epoch is in force, or the file cannot be written.
    pub fn take_certificate(
        &self,
        bytes: &[u8],
        known: &Known,
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
        let path = self.node_dir.join("certificate.cbor");
        write_private(&path, certificate.bytes()).map_err(io_error(&path))?;
        Ok(Some(certificate))
    }

    /// Destroys the shares of earlier epochs, and what other ceremonies gave of the same one, if all
    /// holders of the certificate in force have stored theirs. Says how many files went.
    ///
    /// # Errors
    /// If one cannot be destroyed.
    pub fn destroy_old(&self, certificate: &Certificate) -> Result<usize, DeskError> {
        if certificate.dealt() || !certificate.waiting().is_empty() {
            return Ok(0);
        }
        let dir = self.node_dir.join("keys");
        let _alone = alone_in(&dir).map_err(io_error(&dir))?;
        destroy_left_over(&dir, "shares").map_err(io_error(&dir))?;
        let mut gone = 0;
        let in_force = shares_of(&self.node_dir, certificate);
        for (epoch, path) in self.stored_files()? {
            if epoch <= certificate.epoch() && path != in_force {
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
