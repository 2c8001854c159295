//! Sealing a report, and opening one with all the checks that only a reader can make.

use super::chain::{AreaKey, FullKey, SummaryKey, TextKey, open_once, seal_once};
use super::names::{AreaName, Bucket, HandleName};
use super::padding::{pad, unpad};
use crate::area::Area;
use crate::cbor;
use crate::entropy::{Entropy, draw};
use crate::handle::Handle;
use crate::ids::{FederationId, Lock, OrganisationKey, sha256};
use crate::limits::ENTRY_COUNTS;
use crate::particulars::{Particulars, Summary, Words, decode_handles, encode_handles};
use crate::record::report::{Audience, Entry, Label, Report};
use crate::time::Day;

const SUMMARY_SIZE: [usize; 1] = [96];
const TEXT_SIZES: [usize; 5] = [64, 256, 512, 1024, 2048];
const HANDLES_SIZES: [usize; 4] = [128, 256, 512, 1024];

/// What a sealed thing is; the last byte of its associated data.
#[derive(Clone, Copy)]
enum Part {
    Summary = 1,
    Text = 2,
    Handles = 3,
    HandleWrap = 4,
    AreaOpensSummary = 5,
    AreaOpensText = 6,
}

/// What an area may open, and under which name.
#[derive(Clone, Copy, Debug)]
pub enum Browse<'a> {
    /// Nothing.
    Nothing,
    /// Level and codes, when and where.
    Codes(&'a AreaName),
    /// The text too.
    Text(&'a AreaName),
}

/// All that sealing needs beside what the report says.
#[derive(Debug)]
pub struct Sealing<'a> {
    /// The federation.
    pub federation: &'a FederationId,
    /// The organisation that will publish it.
    pub organisation: &'a OrganisationKey,
    /// Its last day. The names must be of this day's season.
    pub expires: Day,
    /// Who it is for.
    pub audience: Audience,
    /// The lock.
    pub lock: Lock,
    /// Name and bucket of every handle, in the order of the handles.
    pub names: &'a [(HandleName, Bucket)],
    /// What an area may open.
    pub browse: Browse<'a>,
    /// Bits of a bucket, as the charter says.
    pub bucket_bits: u8,
}

/// A report could not be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// None or too many handles, or not as many names as handles.
    #[error("a report needs between 1 and 16 handles")]
    Handles,
    /// A name is of another season than the report's expiry.
    #[error(
        "a handle or area was evaluated for another season than the one in which the report expires"
    )]
    Season,
    /// Too much text.
    #[error("the report is too long: shorten the text, or file two reports")]
    TooLong,
}

/// What the sealed parts are bound to: a copy under another publisher, with other labels, or with
/// another life does not open.
fn binding(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    r: &Report,
) -> [u8; 32] {
    sha256(&cbor::encode(|e| {
        cbor::put_array(e, 11);
        cbor::put_text(e, "parasol 1 report");
        cbor::put_bytes(e, federation.as_bytes());
        cbor::put_bytes(e, organisation.as_bytes());
        cbor::put_uint(e, u64::from(expires.number()));
        cbor::put_bool(e, r.audience == Audience::Own);
        cbor::put_bytes(e, r.lock.as_bytes());
        cbor::put_uint(e, u64::from(r.edition));
        cbor::put_bytes(e, &r.salt);
        cbor::put_array(e, r.entries.len() as u64);
        for entry in &r.entries {
            cbor::put_array(e, 2);
            cbor::put_uint(e, u64::from(entry.bucket));
            cbor::put_bytes(e, &entry.label.0);
        }
        cbor::put_bytes(e, &r.area_tag);
        cbor::put_bytes(e, &r.commitment);
    }))
}

fn associated(binding: &[u8; 32], part: Part) -> [u8; 33] {
    let mut out = [part as u8; 33];
    if let Some(head) = out.first_chunk_mut::<32>() {
        *head = *binding;
    }
    out
}

/// Seals a report. Gives what goes into the record, and the full key for the author to keep.
///
/// # Errors
/// If there are no or too many handles, the names do not fit them, or the text is too long.
pub fn seal(
    says: &Particulars,
    with: &Sealing<'_>,
    entropy: &mut dyn Entropy,
) -> Result<(Report, FullKey), SealError> {
    let most = ENTRY_COUNTS.last().copied().unwrap_or(0);
    if says.handles.is_empty()
        || says.handles.len() > most
        || with.names.len() != says.handles.len()
    {
        return Err(SealError::Handles);
    }
    let season = with.expires.season();
    let area = match with.browse {
        Browse::Nothing => None,
        Browse::Codes(name) | Browse::Text(name) => Some(name),
    };
    if with.names.iter().any(|(n, _)| n.season() != season)
        || area.is_some_and(|a| a.season() != season)
    {
        return Err(SealError::Season);
    }
    let too_long = SealError::TooLong;
    let summary = pad(&says.summary.encode(), &SUMMARY_SIZE).ok_or(too_long)?;
    let words = says.words.as_ref().map(Words::encode).unwrap_or_default();
    if says
        .words
        .as_ref()
        .is_some_and(|w| w.text.len() > crate::limits::MAX_TEXT)
    {
        return Err(too_long);
    }
    let text = pad(&words, &TEXT_SIZES).ok_or(too_long)?;
    let handles = pad(&encode_handles(&says.handles), &HANDLES_SIZES).ok_or(too_long)?;

    let full = FullKey::generate(entropy);
    let salt: [u8; 16] = draw(entropy);
    let text_key = full.text_key(&salt);
    let summary_key = text_key.summary_key(&salt);
    let mut entries: Vec<(Entry, Option<&HandleName>)> = with
        .names
        .iter()
        .map(|(name, bucket)| {
            let entry = Entry {
                bucket: bucket.shorten(with.bucket_bits).value,
                label: name.label(),
                wrap: [0; 48],
            };
            (entry, Some(name))
        })
        .collect();
    let size = ENTRY_COUNTS
        .into_iter()
        .find(|n| *n >= entries.len())
        .unwrap_or(most);
    while entries.len() < size {
        let bucket = u32::from_be_bytes(draw(entropy))
            .checked_shr(32 - u32::from(with.bucket_bits))
            .unwrap_or(0);
        entries.push((
            Entry {
                bucket,
                label: Label(draw(entropy)),
                wrap: draw(entropy),
            },
            None,
        ));
    }
    entries.sort_by_key(|(entry, _)| entry.label);

    let mut report = Report {
        audience: with.audience,
        lock: with.lock,
        edition: 0,
        succession: None,
        salt,
        entries: entries.iter().map(|(entry, _)| entry.clone()).collect(),
        area_tag: area.map_or_else(|| draw(entropy), |name| name.tag(&salt)),
        area_wrap: draw(entropy),
        commitment: summary_key.commitment(&salt),
        summary: Vec::new(),
        text: Vec::new(),
        handles: Vec::new(),
    };
    let bound = binding(with.federation, with.organisation, with.expires, &report);
    for (entry, (_, name)) in report.entries.iter_mut().zip(&entries) {
        if let Some(name) = name {
            entry.wrap = wrap(
                &name.wrap_key(&salt),
                &full.0,
                &associated(&bound, Part::HandleWrap),
            );
        }
    }
    match with.browse {
        Browse::Nothing => {}
        Browse::Codes(name) => {
            let ad = associated(&bound, Part::AreaOpensSummary);
            report.area_wrap = wrap(&name.wrap_key(&salt), &summary_key.0, &ad);
        }
        Browse::Text(name) => {
            let ad = associated(&bound, Part::AreaOpensText);
            report.area_wrap = wrap(&name.wrap_key(&salt), &text_key.0, &ad);
        }
    }
    report.summary = seal_once(
        &summary_key.summary_box(&salt),
        &summary,
        &associated(&bound, Part::Summary),
    );
    report.text = seal_once(
        &text_key.text_box(&salt),
        &text,
        &associated(&bound, Part::Text),
    );
    report.handles = seal_once(
        &full.handles_box(&salt),
        &handles,
        &associated(&bound, Part::Handles),
    );
    Ok((report, full))
}

fn wrap(key: &[u8; 32], content: &[u8; 32], associated: &[u8]) -> [u8; 48] {
    seal_once(key, content, associated)
        .try_into()
        .unwrap_or([0; 48])
}

/// A report as its reader sees it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Level, codes, month, area, basis.
    pub summary: Summary,
    /// The text, if there is one and the key opens it.
    pub words: Option<Words>,
    /// The handles, if the key opens them.
    pub handles: Option<std::collections::BTreeSet<Handle>>,
    /// The key that opens the text and what is attached, if it was reached.
    pub text_key: Option<TextKey>,
    /// The key that opens all, if it was reached.
    pub full_key: Option<FullKey>,
}

/// Why a reader refuses a report that a node served. It is never shown as a report, and never
/// silently left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// The label is there but the wrap does not open: damaged, or copied from another publisher.
    #[error(
        "it carries the label asked for but does not open: it is damaged, or was copied from another organisation"
    )]
    Wrap,
    /// The key is not the one that the author committed to.
    #[error("its key is not the one that its author committed to")]
    Commitment,
    /// A sealed part does not open.
    #[error("one of its sealed parts does not open")]
    Part,
    /// What is inside breaks the schema.
    #[error("what is inside does not have the form of a report")]
    Schema,
    /// It opens by a name that is not among what it says.
    #[error("it opens by a name that is not among those it lists")]
    Name,
}

impl Refused {
    /// A stable word for it, which `spec/validation.md` explains.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wrap => "wrap",
            Self::Commitment => "commitment",
            Self::Part => "part",
            Self::Schema => "schema",
            Self::Name => "name",
        }
    }
}

/// Opens a report by one of its handles. `None`: the handle is not among its names.
///
/// # Errors
/// If the handle's label is there and the report is not sound.
pub fn open_by_handle(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    report: &Report,
    handle: &Handle,
    name: &HandleName,
) -> Option<Result<Opened, Refused>> {
    let label = name.label();
    let entry = report.entries.iter().find(|e| e.label == label)?;
    if name.season() != expires.season() {
        return None;
    }
    let bound = binding(federation, organisation, expires, report);
    let key = name.wrap_key(&report.salt);
    Some((|| {
        let full = unwrap_key(&key, &entry.wrap, &bound, Part::HandleWrap).ok_or(Refused::Wrap)?;
        let opened = open_full(&bound, report, FullKey(full))?;
        let listed = opened.handles.as_ref().is_some_and(|h| h.contains(handle));
        if listed {
            Ok(opened)
        } else {
            Err(Refused::Name)
        }
    })())
}

/// Opens a report by its full key: the author's own copy of it, or one kept from a look-up.
///
/// # Errors
/// If the report is not sound, or the key is another report's.
pub fn open_with_key(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    report: &Report,
    key: &FullKey,
) -> Result<Opened, Refused> {
    open_full(
        &binding(federation, organisation, expires, report),
        report,
        key.clone(),
    )
}

/// Opens what an area may open of a report. `None`: the area's tag is not on it.
///
/// # Errors
/// If the tag is there, the wrap opens, and the report is not sound. A tag can match by chance
/// (once in 2^64); then the wrap does not open and this is `None`.
pub fn open_by_area(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    report: &Report,
    area: &Area,
    name: &AreaName,
) -> Option<Result<Opened, Refused>> {
    if name.season() != expires.season() || name.tag(&report.salt) != report.area_tag {
        return None;
    }
    let bound = binding(federation, organisation, expires, report);
    let key = name.wrap_key(&report.salt);
    let reached = unwrap_key(&key, &report.area_wrap, &bound, Part::AreaOpensSummary)
        .map(|k| AreaKey::Summary(SummaryKey(k)))
        .or_else(|| {
            unwrap_key(&key, &report.area_wrap, &bound, Part::AreaOpensText)
                .map(|k| AreaKey::Text(TextKey(k)))
        })?;
    Some((|| {
        let opened = match reached {
            AreaKey::Summary(key) => open_summary(&bound, report, &key)?,
            AreaKey::Text(key) => open_text(&bound, report, key)?,
        };
        if opened.summary.area.as_ref() == Some(area) {
            Ok(opened)
        } else {
            Err(Refused::Name)
        }
    })())
}

fn unwrap_key(key: &[u8; 32], wrap: &[u8; 48], bound: &[u8; 32], part: Part) -> Option<[u8; 32]> {
    open_once(key, wrap, &associated(bound, part))?
        .as_slice()
        .try_into()
        .ok()
}

fn open_summary(bound: &[u8; 32], report: &Report, key: &SummaryKey) -> Result<Opened, Refused> {
    if !key.keeps(&report.salt, &report.commitment) {
        return Err(Refused::Commitment);
    }
    let plain = open_once(
        &key.summary_box(&report.salt),
        &report.summary,
        &associated(bound, Part::Summary),
    )
    .ok_or(Refused::Part)?;
    let summary = unpad(&plain, &SUMMARY_SIZE)
        .and_then(|b| Summary::decode(b).ok())
        .ok_or(Refused::Schema)?;
    Ok(Opened {
        summary,
        words: None,
        handles: None,
        text_key: None,
        full_key: None,
    })
}

fn open_text(bound: &[u8; 32], report: &Report, key: TextKey) -> Result<Opened, Refused> {
    let opened = open_summary(bound, report, &key.summary_key(&report.salt))?;
    let plain = open_once(
        &key.text_box(&report.salt),
        &report.text,
        &associated(bound, Part::Text),
    )
    .ok_or(Refused::Part)?;
    let bytes = unpad(&plain, &TEXT_SIZES).ok_or(Refused::Schema)?;
    let words = match bytes {
        [] => None,
        _ => Some(Words::decode(bytes).map_err(|_| Refused::Schema)?),
    };
    Ok(Opened {
        words,
        text_key: Some(key),
        ..opened
    })
}

fn open_full(bound: &[u8; 32], report: &Report, key: FullKey) -> Result<Opened, Refused> {
    let opened = open_text(bound, report, key.text_key(&report.salt))?;
    let plain = open_once(
        &key.handles_box(&report.salt),
        &report.handles,
        &associated(bound, Part::Handles),
    )
    .ok_or(Refused::Part)?;
    let handles = unpad(&plain, &HANDLES_SIZES)
        .and_then(|b| decode_handles(b).ok())
        .ok_or(Refused::Schema)?;
    if handles.len() > report.entries.len() {
        return Err(Refused::Schema);
    }
    Ok(Opened {
        handles: Some(handles),
        full_key: Some(key),
        ..opened
    })
}
