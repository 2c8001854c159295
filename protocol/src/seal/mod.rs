//! Sealing: a report opens for whoever can name one of its handles (`spec/04-lookup.md`).
//!
//! ```text
//!            full key ──HKDF──► text key ──HKDF──► summary key ──HKDF──► commitment (in the record)
//!               │                  │                    │
//!            handles             text          level, codes, month, area, basis
//! ```
//!
//! Every handle's wrap holds the full key. The wrap of an area holds the summary key or the text
//! key, as the author chose, so an area never opens the handles. One commitment fixes the whole
//! chain: no report reads one way to one reader and another way to the next.

mod attachment;
mod chain;
mod names;
mod padding;
mod report;

pub use attachment::{AttachmentError, open_words, seal_words};
pub use chain::{AreaKey, FullKey, SummaryKey, TextKey};
pub use names::{AreaName, Bucket, HandleName};
pub use report::{
    Browse, Opened, Refused, SealError, Sealing, open_by_area, open_by_handle, open_with_key, seal,
};
