//! Handles: what one can ask by, each in one canonical form.
//!
//! A report is sealed to handles and a check asks by them, so two people who write the same number
//! differently must arrive at the same bytes. [`parse`] turns what a person typed into a [`Handle`];
//! [`phones_in`] and [`plates_in`] do it for the cells of a spreadsheet; [`mask_numbers`] hides
//! handles that a free text still names. The rules are normative: `spec/03-handles.md`.
//!
//! | module | what it knows |
//! |---|---|
//! | `canonical` | the type, its kinds, its text and what of it is evaluated |
//! | `guess` | what kind a text is; the way in |
//! | `phone`, `cell` | one number; a spreadsheet cell of them |
//! | `email`, `url` | addresses of people and of pages |
//! | `account`, `platform` | names on the platforms that people use |
//! | `plate`, `shape`, `vehicle` | a number plate; how countries write theirs; plates in a description |
//! | `mask` | hiding all of these in free text |
//! | `clean`, `country`, `error` | what the others share |

mod account;
mod canonical;
mod cell;
mod clean;
mod country;
mod email;
mod error;
mod guess;
mod mask;
mod phone;
mod plate;
mod platform;
mod shape;
mod url;
mod vehicle;

#[cfg(test)]
mod edges;
#[cfg(test)]
mod tests;

pub use canonical::{Handle, HandleKind, RULES_VERSION};
pub use cell::phones_in;
pub use clean::MAX_INPUT;
pub use country::Country;
pub use error::{HandleError, HandleWarning};
pub use guess::{Parsed, parse};
pub use mask::mask_numbers;
pub use vehicle::plates_in;
