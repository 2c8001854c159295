//! What hangs on a report, sealed under the report's text key.

use super::chain::{TextKey, open_once, seal_once};
use super::padding::{pad, unpad};
use crate::cbor;
use crate::ids::{FederationId, OrganisationKey, sha256};
use crate::particulars::Words;
use crate::record::Kind;
use crate::record::attachment::Target;
use crate::time::Day;

const SIZES: [usize; 5] = [64, 256, 512, 1024, 2048];

/// An attachment could not be sealed or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The text is too long.
    #[error("the text is too long: at most 1800 bytes")]
    TooLong,
    /// It does not open: its author could not read the report, or it was copied or damaged.
    #[error(
        "it does not open: whoever wrote it could not read the report, or it was copied or damaged"
    )]
    Closed,
    /// What is inside breaks the schema.
    #[error("what is inside does not have the form that it must have")]
    Schema,
}

fn binding(
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    kind: Kind,
    target: &Target,
    salt: &[u8; 16],
) -> [u8; 32] {
    sha256(&cbor::encode(|e| {
        cbor::put_array(e, 8);
        cbor::put_text(e, "parasol 1 attachment");
        cbor::put_bytes(e, federation.as_bytes());
        cbor::put_bytes(e, organisation.as_bytes());
        cbor::put_uint(e, u64::from(expires.number()));
        cbor::put_uint(e, u64::from(kind.number()));
        cbor::put_bytes(e, target.lock.as_bytes());
        cbor::put_bytes(e, target.report.as_bytes());
        cbor::put_bytes(e, salt);
    }))
}

/// Seals the words of an attachment: a translation's text, or what a second or dispute says.
///
/// # Errors
/// If the text is too long.
#[allow(
    clippy::too_many_arguments,
    reason = "each is one of the things that the seal binds"
)]
pub fn seal_words(
    key: &TextKey,
    words: Option<&Words>,
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    kind: Kind,
    target: &Target,
    salt: &[u8; 16],
) -> Result<Vec<u8>, AttachmentError> {
    if words.is_some_and(|w| w.text.len() > crate::limits::MAX_TEXT) {
        return Err(AttachmentError::TooLong);
    }
    let plain = pad(&words.map(Words::encode).unwrap_or_default(), &SIZES)
        .ok_or(AttachmentError::TooLong)?;
    let bound = binding(federation, organisation, expires, kind, target, salt);
    Ok(seal_once(&key.attachment_box(salt), &plain, &bound))
}

/// Opens the words of an attachment.
///
/// # Errors
/// If it does not open, or holds something else.
#[allow(
    clippy::too_many_arguments,
    reason = "each is one of the things that the seal binds"
)]
pub fn open_words(
    key: &TextKey,
    sealed: &[u8],
    federation: &FederationId,
    organisation: &OrganisationKey,
    expires: Day,
    kind: Kind,
    target: &Target,
    salt: &[u8; 16],
) -> Result<Option<Words>, AttachmentError> {
    let bound = binding(federation, organisation, expires, kind, target, salt);
    let plain =
        open_once(&key.attachment_box(salt), sealed, &bound).ok_or(AttachmentError::Closed)?;
    match unpad(&plain, &SIZES).ok_or(AttachmentError::Schema)? {
        [] => Ok(None),
        bytes => Words::decode(bytes)
            .map(Some)
            .map_err(|_| AttachmentError::Schema),
    }
}
