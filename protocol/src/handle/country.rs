//! Countries by their two letters.

use std::fmt;
use std::str::FromStr;

use super::error::HandleError;

/// A country: an assigned ISO 3166-1 alpha-2 code in capitals, or `XK` for Kosovo.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads two letters of any case. `UK` is taken for `GB` and `EL` for `GR`, as people write them.
    ///
    /// # Errors
    /// [`HandleError::UnknownCountry`] when no country has this code.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        let code = text.trim().to_ascii_uppercase();
        let code = match code.as_str() {
            "UK" => "GB",
            "EL" => "GR",
            code => code,
        };
        match (
            code.as_bytes(),
            code == "XK" || rust_iso3166::from_alpha2(code).is_some(),
        ) {
            (&[a, b], true) => Ok(Self([a, b])),
            _ => Err(HandleError::UnknownCountry),
        }
    }

    /// The two capital letters.
    pub fn as_str(&self) -> &str {
        // Only ASCII capitals get in.
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// Reads the sign that a car shows abroad, as in "AB-123-CD (F)", or a two-letter code.
    pub(super) fn from_sign(text: &str) -> Option<Self> {
        let sign = text.trim().to_uppercase();
        let code = match sign.as_str() {
            "A" => "AT",
            "B" => "BE",
            "D" => "DE",
            "E" => "ES",
            "F" => "FR",
            "H" => "HU",
            "I" => "IT",
            "L" => "LU",
            "N" => "NO",
            "P" => "PT",
            "S" => "SE",
            "T" => "TH",
            "RUS" => "RU",
            "USA" => "US",
            "CDN" => "CA",
            "CHN" => "CN",
            "IND" => "IN",
            "EAK" => "KE",
            "WAN" => "NG",
            "AUS" => "AU",
            "IRL" => "IE",
            "GBR" => "GB",
            "FRA" => "FR",
            code => code,
        };
        Self::parse(code).ok()
    }
}

impl FromStr for Country {
    type Err = HandleError;
    fn from_str(text: &str) -> Result<Self, HandleError> {
        Self::parse(text)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.as_str())
    }
}
