//! The `parasol` command.
//!
//! - [`args`]: the command line as typed, and which command it means
//! - [`cmd`]: one file a command; each takes its arguments and the [`globals`]
//! - [`home`]: profiles and what else a person's own device keeps
//! - [`keep`]: drafts, receipts and opened reports in the home
//! - [`session`], [`carry`]: the way to the home node, and what is carried over it
//! - [`journal`]: what an import has done, so that it goes on where it stopped
//! - [`output`]: results as text for people or JSON for programs
//! - [`import`]: what an old list says
//! - [`demo`]: a federation on this machine, and the story that shows it
//! - [`root`]: an organisation's root key: its file, its words for paper, the parts of them
//! - [`fresh`]: files that are made and never written over
//! - [`rooted`]: what root keys sign, and its way to a node
//! - [`founding`]: makes a federation on this machine
//! - [`status`]: asks a node how it is
//! - [`answers`]: what a node says in JSON, and how it is shown
//! - [`exit`]: how a command ends

pub mod answers;
pub mod args;
pub mod carry;
pub mod cmd;
pub mod demo;
pub mod exit;
pub mod founding;
pub mod fresh;
pub mod globals;
pub mod home;
pub mod import;
pub mod journal;
pub mod keep;
pub mod output;
pub mod root;
pub mod rooted;
pub mod session;
pub mod status;
