//! The commands, one file each: its arguments as typed, and what it does.

pub mod browse;
pub mod carry;
pub mod ceremony;
pub mod charter;
pub mod check;
pub mod completions;
pub mod dispute;
pub mod drafts;
pub mod export;
pub mod federation;
pub mod import;
pub mod inspect;
pub mod man;
pub mod node;
pub mod org;
pub mod quota;
pub mod report;
pub mod retract;
pub mod revoke;
pub mod second;
pub mod sight;
pub mod translate;
pub mod trust;
pub mod vouch;
