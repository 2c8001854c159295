//! What a node carries, as the protocol asks it: the [`View`] that a store gives, an [`Overlay`]
//! of what is about to be stored, and a store in [`Memory`].

mod memory;
mod overlay;
mod view;

pub use memory::Memory;
pub use overlay::Overlay;
pub(crate) use view::publisher;
pub use view::{Aside, Change, InBucket, Listed, Mark, Publisher, Reached, TagRow, View};
