//! What VOPRF outputs become: labels, buckets, tags and wrap keys.

use super::chain::derive;
use crate::oprf::Output;
use crate::record::report::Label;
use crate::time::Season;
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::Zeroizing;

/// What a handle is called in one season: its label, and the means to open what is sealed to it.
pub struct HandleName {
    season: Season,
    output: Output,
}

impl HandleName {
    /// From the output of the season's handle key.
    pub const fn new(season: Season, output: Output) -> Self {
        Self { season, output }
    }
    /// The season.
    pub const fn season(&self) -> Season {
        self.season
    }
    /// The label that stands in records.
    pub fn label(&self) -> Label {
        let derived = derive(self.output.as_bytes(), &[], &[b"parasol 1 label"]);
        let mut label = [0; 16];
        label.copy_from_slice(derived.first_chunk::<16>().unwrap_or(&[0; 16]));
        Label(label)
    }
    pub(super) fn wrap_key(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(self.output.as_bytes(), salt, &[b"parasol 1 wrap"])
    }
}

impl fmt::Debug for HandleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandleName({}, …)", self.season)
    }
}

/// The first bits of a handle's bucket output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Bucket {
    /// How many bits, from 0 to 20.
    pub bits: u8,
    /// Their value.
    pub value: u32,
}

impl Bucket {
    /// From the output of the bucket key.
    pub fn of(output: &Output, bits: u8) -> Self {
        let bits = bits.min(crate::limits::MAX_BUCKET_BITS);
        let head = u32::from_be_bytes(*output.as_bytes().first_chunk::<4>().unwrap_or(&[0; 4]));
        Self {
            bits,
            value: head.checked_shr(32 - u32::from(bits)).unwrap_or(0),
        }
    }
    /// The same bucket, told with fewer bits.
    #[must_use]
    pub fn shorten(self, bits: u8) -> Self {
        let bits = bits.min(self.bits);
        Self {
            bits,
            value: self.value >> (self.bits - bits),
        }
    }
    /// The values of `bits` bits that lie in this bucket: first and last. Where it is told with more
    /// bits than that, the one in which it lies: more than was asked for, and never another bucket.
    pub fn span(self, bits: u8) -> (u32, u32) {
        let held = self.shorten(bits);
        let spread = u32::from(bits - held.bits);
        let first = held.value << spread;
        (first, first | ((1 << spread) - 1))
    }
}

/// What an area is called in one season.
pub struct AreaName {
    season: Season,
    output: Output,
}

impl AreaName {
    /// From the output of the season's area key.
    pub const fn new(season: Season, output: Output) -> Self {
        Self { season, output }
    }
    /// The season.
    pub const fn season(&self) -> Season {
        self.season
    }
    /// The tag of a report with this salt, if the area opens it.
    pub fn tag(&self, salt: &[u8; 16]) -> [u8; 8] {
        let mut tag = [0; 8];
        if let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(self.output.as_bytes()) {
            mac.update(b"parasol 1 area tag");
            mac.update(salt);
            tag.copy_from_slice(
                mac.finalize()
                    .into_bytes()
                    .first_chunk::<8>()
                    .unwrap_or(&[0; 8]),
            );
        }
        tag
    }
    pub(super) fn wrap_key(&self, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
        derive(self.output.as_bytes(), salt, &[b"parasol 1 area wrap"])
    }
}

impl fmt::Debug for AreaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaName({}, …)", self.season)
    }
}
