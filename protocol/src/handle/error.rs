//! What can be wrong with a handle, in words for the person who typed it.
//!
//! No message repeats the handle: messages end up in logs and on other people's screens.

use std::fmt;

use thiserror::Error;

/// Why a text is not a handle, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandleError {
    /// Nothing was given.
    #[error(
        "nothing was given: write a phone number, an e-mail address, an account, a number plate or a page address"
    )]
    Empty,
    /// More than [`super::MAX_INPUT`] bytes.
    #[error(
        "this is too long to be one handle: give one number, address, account or plate at a time"
    )]
    TooLong,
    /// No kind fits, or the prefix names none.
    #[error(
        "cannot tell what kind of handle this is: write phone:, email:, account:, plate: or url: in front of it"
    )]
    UnknownKind,
    /// Several handles where one was asked for.
    #[error("there is more than one handle here: give them one by one")]
    Several,
    /// A national form, and nobody said of which country.
    #[error(
        "this is written as people write it inside one country, and no country was given: start the number with + and the country code, or give the country with --country"
    )]
    NoCountry,
    /// Not an ISO 3166-1 code, or one without a telephone network.
    #[error("no such country: give its two letters, such as FR, GB or UA")]
    UnknownCountry,
    /// No digits that could be dialled.
    #[error("this is not a phone number: write its digits, with + and the country code in front")]
    NotAPhone,
    /// No number of this length or country code exists.
    #[error(
        "no such phone number can exist: {0}; check the digits, and start with + and the country code if it is from abroad"
    )]
    ImpossibleNumber(&'static str),
    /// Lacks the area code.
    #[error("the area code is missing: write the whole number, as one dials it from another town")]
    LocalNumber,
    /// Some digits are hidden.
    #[error("some digits of this number are hidden: a partly hidden number cannot be looked up")]
    MaskedNumber,
    /// A spreadsheet rounded it.
    #[error(
        "a spreadsheet has rounded this number and its last digits are lost: format the column as text and enter it again"
    )]
    RoundedNumber,
    /// Not an e-mail address.
    #[error("this is not an e-mail address: {0}")]
    NotAnEmail(&'static str),
    /// A name, and nobody said on which platform.
    #[error(
        "a name alone says too little: write where it is used, such as telegram:name or instagram:name"
    )]
    NoPlatform,
    /// A platform that is not in the list.
    #[error(
        "unknown platform: use a name such as telegram, instagram, snapchat, facebook, vk or wechat, or the domain of the site, as in account:example.com/name"
    )]
    UnknownPlatform,
    /// Not a name that the platform can have.
    #[error("this is not an account name: {0}")]
    NotAnAccount(&'static str),
    /// Not a plate.
    #[error("this is not a number plate: {0}")]
    NotAPlate(&'static str),
    /// Not an address of a public page.
    #[error("this is not the address of a page: {0}")]
    NotAUrl(&'static str),
    /// Where only canonical text is allowed.
    #[error(
        "this handle is not in its canonical form: the program that wrote it does not follow the rules"
    )]
    NotCanonical,
}

impl HandleError {
    /// A name for this error that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::UnknownKind => "unknown-kind",
            Self::Several => "several",
            Self::NoCountry => "no-country",
            Self::UnknownCountry => "unknown-country",
            Self::NotAPhone => "not-a-phone",
            Self::ImpossibleNumber(_) => "impossible-number",
            Self::LocalNumber => "local-number",
            Self::MaskedNumber => "masked-number",
            Self::RoundedNumber => "rounded-number",
            Self::NotAnEmail(_) => "not-an-email",
            Self::NoPlatform => "no-platform",
            Self::UnknownPlatform => "unknown-platform",
            Self::NotAnAccount(_) => "not-an-account",
            Self::NotAPlate(_) => "not-a-plate",
            Self::NotAUrl(_) => "not-a-url",
            Self::NotCanonical => "not-canonical",
        }
    }
}

/// Something that the person should know about a handle that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HandleWarning {
    /// The number has a length that exists there, but lies in no range known to be in use.
    PossibleNotValid,
    /// Words beside the handle were left out.
    RemarkIgnored,
    /// The extension of a number was left out.
    ExtensionDropped,
    /// Letters of another script that look Latin were read as Latin.
    LookAlikesFolded,
    /// A bare `@name` was taken for Telegram.
    TelegramAssumed,
}

impl HandleWarning {
    /// A name for this warning that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PossibleNotValid => "possible-not-valid",
            Self::RemarkIgnored => "remark-ignored",
            Self::ExtensionDropped => "extension-dropped",
            Self::LookAlikesFolded => "look-alikes-folded",
            Self::TelegramAssumed => "telegram-assumed",
        }
    }
}

impl fmt::Display for HandleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PossibleNotValid => {
                "this number is in no range known to be in use; check the digits"
            }
            Self::RemarkIgnored => "the words beside the handle were left out",
            Self::ExtensionDropped => "the extension was left out; the number stands without it",
            Self::LookAlikesFolded => "letters that look Latin were read as Latin",
            Self::TelegramAssumed => {
                "taken for a Telegram name; write instagram:name and so on for another platform"
            }
        })
    }
}
