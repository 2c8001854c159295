//! What a look-up shows.

use super::grip::Grip;
use crate::handle::Handle;
use crate::ids::{OrganisationKey, RecordId};
use crate::particulars::{Summary, Words};
use crate::record::Refusal;
use crate::seal::{AttachmentError, Refused};
use crate::time::Day;
use crate::trust::Vouching;
use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

/// A report that opened and holds.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id.
    pub id: RecordId,
    /// The organisation that published it.
    pub publisher: OrganisationKey,
    /// That organisation's short name.
    pub organisation: String,
    /// How well that organisation is vouched for in what the report is about.
    pub vouching: Vouching,
    /// Its last day.
    pub expires: Day,
    /// Whether its organisation keeps it to itself.
    pub own: bool,
    /// Level, codes, month, area, basis.
    pub summary: Summary,
    /// The text, if there is one and it opened.
    pub words: Option<Words>,
    /// All its handles; empty where an area opened it.
    pub handles: BTreeSet<Handle>,
    /// Translations of the text.
    pub translations: Vec<Translated>,
    /// Other organisations that confirm it, by short name, with what they say.
    pub seconds: BTreeMap<String, Option<Words>>,
    /// What organisations doubt about it.
    pub disputes: Vec<Remark>,
    /// The organisations whose nodes served it, by short name.
    pub served_by: BTreeSet<String>,
    /// What it takes to add to it; none where an area opened it.
    pub grip: Option<Grip>,
    /// The record's own bytes, so that nobody need be asked for it by its id.
    pub bytes: Vec<u8>,
}

impl Found {
    /// How many organisations stand by it: its publisher and those that confirm it.
    pub fn organisations(&self) -> usize {
        1 + self.seconds.len()
    }
}

/// A translation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Translated {
    /// Who made it, by short name.
    pub organisation: String,
    /// The text and its language.
    pub words: Words,
}

/// What an organisation says about a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Who says it, by short name.
    pub organisation: String,
    /// What, if anything.
    pub words: Option<Words>,
}

/// A record that was served and is not shown as a report, nor silently left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedRecord {
    /// Who served it, by short name.
    pub served_by: String,
    /// Its id.
    pub id: RecordId,
    /// What is wrong with it.
    pub why: WhyRefused,
}

/// What is wrong with a served record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyRefused {
    /// It must not be carried.
    Record(Refusal),
    /// It does not open as a report must.
    Report(Refused),
    /// It does not open as an attachment must.
    Attachment(AttachmentError),
}

impl WhyRefused {
    /// A name for it that never changes, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            WhyRefused::Record(refusal) => refusal.rule.id(),
            WhyRefused::Report(Refused::Wrap) => "wrap",
            WhyRefused::Report(Refused::Commitment) => "commitment",
            WhyRefused::Report(Refused::Part) => "part",
            WhyRefused::Report(Refused::Schema) => "schema",
            WhyRefused::Report(Refused::Name) => "name",
            WhyRefused::Attachment(_) => "attachment",
        }
    }
}

impl fmt::Display for WhyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyRefused::Record(why) => why.fmt(f),
            WhyRefused::Report(why) => why.fmt(f),
            WhyRefused::Attachment(why) => why.fmt(f),
        }
    }
}
