//! The federation as a client sees it: verified, whoever handed it over.

use crate::admit;
use crate::cbor::Malformed;
use crate::certificate::{Certificate, CertificateError, Judging};
use crate::charter::{Chain, Charter, CharterError, Pin};
use crate::directory::Directory;
use crate::ids::{FederationId, NodeKey, OrganisationKey, SealKey};
use crate::oprf::{KeyName, ThresholdKey};
use crate::record::{Refusal, Verified};
use crate::time::{Day, Season};
use crate::trust::Local;
use crate::wire::client::DirectoryReply;
use std::collections::BTreeMap;

use super::error::Error;

/// Why a directory is not used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ViewError {
    /// Not a directory.
    #[error(
        "the home node's directory cannot be understood ({0}); it may run another version of the protocol"
    )]
    Malformed(#[from] Malformed),
    /// The charter does not hold.
    #[error("the home node's charter is not valid: {0}")]
    Charter(#[from] CharterError),
    /// There is none yet.
    #[error(
        "the federation has no keys yet, so that nothing can be asked or reported: its keyholders have to make them first, with `parasol ceremony start`"
    )]
    NoKeys,
    /// The certificate does not hold.
    #[error("the home node's key certificate is not valid: {0}")]
    Certificate(#[from] CertificateError),
    /// Our organisation has no part in this federation.
    #[error(
        "the charter that the home node gave does not name your organisation: the address or the profile is wrong, or somebody is between you and your node"
    )]
    NotOurs,
    /// Our organisation's root was replaced.
    #[error(
        "version {version} of the charter has replaced your organisation's root key: {name} answers for it now, with the root {root}. Whoever could do that to your organisation against its will would look the same: ask somebody there whom you know. If it is so, write the new root as `organisation` into your profile"
    )]
    RootReplaced {
        /// Who answers for it now.
        name: String,
        /// The new root.
        root: OrganisationKey,
        /// In which version.
        version: u32,
    },
    /// It is another federation than before.
    #[error("the home node gave the charter of another federation than the one you know")]
    OtherFederation,
    /// The node is not one of our organisation's.
    #[error(
        "the node at this address is not one that your organisation's root key has delegated to, or its delegation has ended: renew the delegation or correct the address"
    )]
    NotOurNode,
    /// Its certificate is of an earlier generation than one that was seen.
    #[error(
        "the home node gave the certificate of key generation {got}, and generation {seen} is known here: the node was set back, or somebody hands out old keys"
    )]
    OldCertificate {
        /// The generation that the node gave.
        got: u32,
        /// The newest that was seen.
        seen: u32,
    },
    /// There are two certificates of one generation.
    #[error(
        "ALARM: the home node gave another certificate of key generation {0} than the one known here. There must be one only: whoever made a second may read what is asked and reported under it, or hide what was reported under the first"
    )]
    TwoCertificates(u32),
}

impl ViewError {
    /// A stable word for it, which `spec/validation.md` explains. What the charter or the certificate
    /// breaks, their own errors say.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Charter(CharterError::SetBack { .. }) => "set-back",
            Self::Charter(_) => "charter",
            Self::OtherFederation => "other-federation",
            Self::NotOurs => "not-ours",
            Self::RootReplaced { .. } => "root-replaced",
            Self::NoKeys => "no-keys",
            Self::Certificate(_) => "certificate",
            Self::NotOurNode => "not-our-node",
            Self::OldCertificate { .. } => "old-certificate",
            Self::TwoCertificates(_) => "two-certificates",
        }
    }
}

/// Which generation of the shared keys a client has seen last, to be kept with the federation's id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    /// Its number.
    pub epoch: u32,
    /// SHA-256 of what the keyholders signed.
    pub digest: [u8; 32],
}

/// An organisation and its nodes that may work today.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its root key.
    pub key: OrganisationKey,
    /// Its short name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<(NodeKey, SealKey)>,
}

/// A verified view of the federation on one day.
#[derive(Clone, Debug)]
pub struct Federation {
    certificate: Certificate,
    directory: Directory,
    home: NodeKey,
    organisation: OrganisationKey,
    members: BTreeMap<OrganisationKey, Member>,
    today: Day,
    home_today: Day,
    carried: u64,
    refused: Vec<Refusal>,
}

impl Federation {
    /// Checks what a home node gave as its directory.
    ///
    /// All that a client trusts follows from `own`, the root key of the organisation it belongs to,
    /// and from `known`, the federation that it saw first: the charter must name that root as a
    /// member's, which it became by its own signature, and the node counts only if that root
    /// delegated to it. Whoever has no `known` yet believes a charter because of that one signature;
    /// later versions need not bear it, if enough others have signed them.
    ///
    /// # Errors
    /// If the charter, the certificate or the home node's place in them do not hold. Single bad
    /// records among those served are left out and listed by [`Federation::refused`].
    pub fn from_reply(
        bytes: &[u8],
        own: &OrganisationKey,
        known: Option<&FederationId>,
        today: Day,
    ) -> Result<Self, ViewError> {
        Self::after(bytes, own, known, None, today)
    }

    /// The same for who has seen a generation of the keys before: a certificate of which it has judged
    /// that enough have signed it does not become a bad one by what is revoked later.
    ///
    /// # Errors
    /// As [`Federation::from_reply`]. Whether it may follow what was seen says [`Federation::follows`].
    pub fn after(
        bytes: &[u8],
        own: &OrganisationKey,
        known: Option<&FederationId>,
        seen: Option<&Generation>,
        today: Day,
    ) -> Result<Self, ViewError> {
        let reply = DirectoryReply::decode(bytes)?;
        let chain = Chain::of(reply.charters.iter().map(Vec::as_slice))?;
        let charter = chain.current();
        if known.is_some_and(|id| id != charter.federation()) {
            return Err(ViewError::OtherFederation);
        }
        if charter.organisation(own).is_none() {
            // Anybody can write a charter in which our root is a former one. Only one that it has
            // signed, when it was a member's, says anything of us.
            let before: Vec<Charter> = charter.and_before().collect();
            let was = |charter: &Charter| charter.organisation(own).is_some();
            let replaced = before.windows(2).find(|pair| pair.last().is_some_and(was));
            let version = replaced.and_then(|pair| Some(pair.first()?.version()));
            let successor = charter.answers_for(own);
            return Err(match (version, successor) {
                (Some(version), Some(o)) => ViewError::RootReplaced {
                    name: o.name.clone(),
                    root: o.root,
                    version,
                },
                _ => ViewError::NotOurs,
            });
        }
        let federation = *charter.federation();
        let mut directory = Directory::new(charter);
        let mut refused = Vec::new();
        for bytes in &reply.records {
            let learnt = Verified::from_bytes(bytes, &federation).and_then(|record| {
                admit::check(&record, &directory, own, today)?;
                Ok(record)
            });
            match learnt {
                Ok(record) => directory.learn(&record),
                Err(why) => refused.push(why),
            }
        }
        if reply.certificate.is_empty() {
            return Err(ViewError::NoKeys);
        }
        // Its own node has judged it, by all that is revoked: one that wants to deceive its clients
        // keeps revocations back. So what is revoked since makes no client blind.
        let same = |seen: &Generation| {
            let digest = Certificate::digest_in(&reply.certificate);
            digest.is_ok_and(|digest| digest == seen.digest)
        };
        let judging = match seen.is_some_and(same) {
            true => Judging::Again,
            false => Judging::InUse,
        };
        let certificate = &reply.certificate;
        let certificate =
            Certificate::of_latest(certificate, directory.charter(), &directory, judging)?;
        let nodes = directory.nodes(today);
        if nodes
            .get(&reply.home)
            .is_none_or(|node| node.organisation != *own)
        {
            return Err(ViewError::NotOurNode);
        }
        let organisations = &directory.charter().terms().organisations;
        let members = organisations
            .iter()
            .map(|o| {
                let theirs = nodes.iter().filter(|(_, node)| node.organisation == o.root);
                let member = Member {
                    key: o.root,
                    name: o.name.clone(),
                    nodes: theirs
                        .map(|(key, node)| (*key, node.terms.seal_key))
                        .collect(),
                };
                (o.root, member)
            })
            .collect();
        Ok(Self {
            certificate,
            members,
            home: reply.home,
            organisation: *own,
            today,
            home_today: reply.today,
            carried: reply.carried,
            refused,
            directory,
        })
    }

    /// The generation of the shared keys.
    pub const fn generation(&self) -> Generation {
        Generation {
            epoch: self.certificate.epoch(),
            digest: *self.certificate.digest(),
        }
    }

    /// Whether this view may follow one of the generation that was seen last.
    ///
    /// # Errors
    /// If its certificate is of an earlier one, or another of the same.
    pub fn follows(&self, seen: &Generation) -> Result<(), ViewError> {
        let Generation { epoch, digest } = self.generation();
        if epoch < seen.epoch {
            return Err(ViewError::OldCertificate {
                got: epoch,
                seen: seen.epoch,
            });
        }
        if epoch == seen.epoch && digest != seen.digest {
            return Err(ViewError::TwoCertificates(epoch));
        }
        Ok(())
    }

    /// Whether this view may follow one whose charter was this.
    ///
    /// # Errors
    /// If its charter goes back behind that, or is of another branch of the chain.
    pub fn follows_charter(&self, known: &Pin) -> Result<(), ViewError> {
        Ok(self.charter().follows(known)?)
    }

    /// The organisations of the charter none of whose nodes may work today. One that should have
    /// one may have been left out by whoever gave the directory.
    pub fn without_nodes(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|m| m.nodes.is_empty())
    }

    /// The federation's id.
    pub const fn id(&self) -> &FederationId {
        self.directory.charter().federation()
    }
    /// The charter.
    pub const fn charter(&self) -> &Charter {
        self.directory.charter()
    }
    /// The certificate of the shared keys.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }
    /// Who may speak for whom.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }
    /// The home node.
    pub const fn home(&self) -> &NodeKey {
        &self.home
    }
    /// The organisation that the client belongs to.
    pub const fn organisation(&self) -> &OrganisationKey {
        &self.organisation
    }
    /// The day by the client's own clock.
    pub const fn today(&self) -> Day {
        self.today
    }
    /// The day by the home node's clock.
    pub const fn home_today(&self) -> Day {
        self.home_today
    }
    /// Whether the two clocks are more than a day apart; then one of them is wrong.
    pub const fn clocks_disagree(&self) -> bool {
        self.today.since(self.home_today) > 1 || self.home_today.since(self.today) > 1
    }
    /// Reports that the home node says it carries.
    pub const fn carried(&self) -> u64 {
        self.carried
    }
    /// Records of the directory that were left out, and why.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }
    /// All organisations.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }
    /// Trust in every organisation of the charter alike.
    pub fn all(&self) -> Local {
        Local::trusting(self.members().map(|m| m.key))
    }
    /// An organisation's short name.
    pub fn name(&self, organisation: &OrganisationKey) -> String {
        let answers = self.charter().answers_for(organisation);
        answers.map_or_else(|| organisation.to_string(), |o| o.name.clone())
    }

    /// The short name of the organisation that holds this share.
    pub(super) fn keyholder(&self, index: u16) -> String {
        let root = self.certificate.holder(index);
        let member = root.and_then(|root| self.charter().answers_for(root));
        member.map_or_else(|| format!("keyholder {index}"), |o| o.name.clone())
    }

    /// The live seasons for which the federation has a key of this kind.
    pub(super) fn seasons(&self, kind: impl Fn(Season) -> KeyName) -> Vec<Season> {
        Season::live(self.today)
            .filter(|s| self.certificate.key(kind(*s)).is_some())
            .collect()
    }

    /// The live seasons for which there was a key of this kind and is none any more: they have ended,
    /// though a season after them, or today's, has not. What expires in them cannot be found.
    pub(super) fn lost_seasons(&self, kind: impl Fn(Season) -> KeyName) -> Vec<Season> {
        let has = |season: &Season| self.certificate.key(kind(*season)).is_some();
        let first = self.today.season();
        let last = Season::live(self.today).filter(has).last();
        Season::live(self.today)
            .filter(|season| !has(season) && *season <= last.unwrap_or(first))
            .collect()
    }

    pub(super) fn key(&self, name: KeyName) -> Result<&ThresholdKey, Error> {
        self.certificate.key(name).ok_or(Error::NoKey(name))
    }
}
