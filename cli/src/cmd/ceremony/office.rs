//! What a ceremony is worked on with: a node's directory, while nobody else works on its ceremonies.

use super::words;
use crate::exit::CliError;
use crate::output;
use parasol_node::ceremony::{Desk, DeskError, Hand, Known, Progress, goes_on};
use parasol_node::clock::Clock;
use parasol_node::keys::NodeIdentity;
use parasol_protocol::ceremony::{Basis, Board, Reason, Step};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::Charter;
use parasol_protocol::ids::{NodeKey, OrganisationKey, PlanDigest};
use parasol_protocol::time::Day;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A node's directory, and its ceremonies.
pub(super) struct Office {
    /// Where.
    pub(super) dir: PathBuf,
    /// Its ceremonies.
    pub(super) desk: Desk,
    /// The node.
    pub(super) node: NodeIdentity,
    /// What ceremonies are judged by.
    pub(super) known: Known,
    /// This machine's day.
    pub(super) today: Day,
}

impl Office {
    /// Opens it. A node that runs waits meanwhile.
    pub(super) fn open(dir: &Path) -> Result<Self, CliError> {
        if !dir.join("format").is_file() {
            return Err(CliError::home(
                "node-directory",
                format_args!("{} is no node's directory", dir.display()),
            )
            .next("name the directory that `parasol node init` or `federation init` made"));
        }
        let desk = Desk::open(dir).map_err(words::desk)?;
        let node = NodeIdentity::read(dir).map_err(|e| CliError::home("node-directory", e))?;
        let today = Clock::default().now().day();
        let known = Known {
            directory: Arc::new(node.directory()),
            certificate: node.certificate.clone(),
        };
        Ok(Self {
            dir: dir.to_owned(),
            desk,
            node,
            known,
            today,
        })
    }

    /// The node's record key.
    pub(super) fn me(&self) -> NodeKey {
        self.node.keys.record.node()
    }

    /// The charter that counts.
    pub(super) const fn charter(&self) -> &Charter {
        &self.node.charter
    }

    /// The certificate in force.
    pub(super) const fn certificate(&self) -> Option<&Certificate> {
        self.known.certificate.as_ref()
    }

    /// What a new plan is judged by.
    pub(super) fn basis(&self) -> Basis<'_> {
        let basis = Basis::new(self.charter(), &self.known.directory, self.certificate());
        basis.with_ended(self.desk.ended())
    }

    fn hand(&self) -> Hand<'_> {
        Hand {
            node: &self.node.keys.record,
            today: self.today,
        }
    }

    /// The short name of an organisation.
    pub(super) fn organisation(&self, root: &OrganisationKey) -> String {
        let member = self.charter().answers_for(root);
        member.map_or_else(|| output::short(root), |o| output::clean(&o.name))
    }

    /// The names of all ceremonies here.
    pub(super) fn names(&self) -> Result<Vec<PlanDigest>, CliError> {
        self.desk.names().map_err(words::desk)
    }

    /// The ceremony whose name begins so.
    pub(super) fn find(&self, prefix: &str) -> Result<PlanDigest, CliError> {
        let prefix = prefix.trim().to_ascii_lowercase();
        let hex = |c: char| c.is_ascii_hexdigit();
        if prefix.is_empty() || !prefix.chars().all(hex) {
            return Err(CliError::input(
                "bad-name",
                "a ceremony's name is made of the digits 0 to 9 and the letters a to f",
            )
            .next(words::status_line(&self.dir)));
        }
        let names = self.names()?;
        let mut like = names.iter().filter(|n| n.to_string().starts_with(&prefix));
        match (like.next(), like.next()) {
            (Some(one), None) => Ok(*one),
            (None, _) => Err(CliError::input(
                "unknown-ceremony",
                format_args!("no ceremony is known here whose name begins with {prefix}"),
            )
            .next(format_args!(
                "see {}; a file of one is taken in with `parasol ceremony take`",
                words::status_line(&self.dir)
            ))),
            _ => Err(CliError::input(
                "ambiguous",
                format_args!("several ceremonies begin with {prefix}; write more of the name"),
            )
            .next(words::status_line(&self.dir))),
        }
    }

    /// The board of a ceremony.
    pub(super) fn board(&self, name: &PlanDigest) -> Result<Board, DeskError> {
        self.desk.board(name, &self.known)
    }

    /// Whether it can still come to its end, by what counts now.
    pub(super) fn goes_on(&self, board: &Board) -> bool {
        // What cannot be read says nothing of what it was.
        let before = self
            .desk
            .before(&self.known, Some(self.today))
            .ok()
            .flatten();
        let progress = Progress::of(board);
        goes_on(
            board.plan().terms(),
            &progress,
            &self.known,
            before.as_ref(),
        )
    }

    /// Takes in a board.
    pub(super) fn take(&self, bytes: &[u8]) -> Result<(PlanDigest, bool), DeskError> {
        self.desk.take(bytes, &self.known)
    }

    /// Does all that this node has to do in a ceremony and can do now, and what follows from it.
    pub(super) fn go_on(&mut self, name: &PlanDigest) -> Result<(), CliError> {
        self.desk
            .step(name, &self.known, &self.hand())
            .map_err(words::desk)?;
        self.settle()
    }

    /// The same for the first time. Who cannot even say its first word takes no part: what is here of
    /// the ceremony goes again, so that it does not stand in the way of another one.
    pub(super) fn first_word(&mut self, name: &PlanDigest) -> Result<(), CliError> {
        let Err(error) = self.go_on(name) else {
            return Ok(());
        };
        let board = self.board(name);
        if board.is_ok_and(|board| !board.has_sent(&self.me(), Step::Join)) {
            self.desk.undo(name).map_err(words::desk)?;
        }
        Err(error)
    }

    /// Takes a certificate into use that is made, and lets shares go that are not needed any more. What
    /// is kept for some days the node itself lets go: the clock here is nobody's word.
    pub(super) fn settle(&mut self) -> Result<(), CliError> {
        let settled = self.desk.settle(&self.known).map_err(words::desk)?;
        if let Some(certificate) = settled {
            self.known.certificate = Some(certificate);
        }
        let gone = self.desk.destroy_old(&self.known, None, true);
        gone.map(drop).map_err(words::desk)
    }

    /// Calls a ceremony off.
    pub(super) fn stop(&self, name: &PlanDigest, reason: Reason) -> Result<(), DeskError> {
        self.desk.stop(name, reason, &self.known, &self.hand())
    }
}
