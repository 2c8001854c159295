//! The `parasol` command.
//!
//! - [`args`]: the command line as typed, and which command it means
//! - [`cmd`]: one file a command; each takes its arguments and the [`globals`]
//! - [`home`]: profiles and what else a person's own device keeps
//! - [`import`]: what an old list says
//! - [`demo`]: a federation on this machine, and the story that shows it
//! - [`founding`]: makes a federation on this machine
//! - [`status`]: asks a node how it is
//! - [`exit`]: how a command ends

pub mod args;
pub mod cmd;
pub mod demo;
pub mod exit;
pub mod founding;
pub mod globals;
pub mod home;
pub mod import;
pub mod status;
