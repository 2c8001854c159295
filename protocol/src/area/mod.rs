//! Areas: where something happened, never finer than a large city.
//!
//! An area is a country (`FR`), a region of ISO 3166-2 (`FR-93`) or a city that the charter lists
//! (`FR:lyon`). [`Area::parse`] wants one of these or a city's name; [`Area::recognise`] is for the cells
//! of a spreadsheet, forgiving and silent. The rules are normative: `spec/03-handles.md`.

mod city;
mod recognise;

use std::fmt;

use thiserror::Error;

pub use crate::handle::Country;
pub use city::{City, cities_of, default_cities};

/// No area is written longer.
const MAX_TEXT: usize = 64;

/// A country, a region or a listed city, in its canonical form. `Debug` hides it: beside a time it
/// says where somebody was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(String);

/// How fine an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKind {
    /// `FR`
    Country,
    /// `FR-93`
    Region,
    /// `FR:lyon`
    City,
}

/// Why a text is not an area, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AreaError {
    /// Nothing was given.
    #[error(
        "no area was given: write a country such as FR, a region such as FR-93 or a city such as FR:lyon"
    )]
    Empty,
    /// More than 64 bytes.
    #[error(
        "this is too long for an area: write a country such as FR, a region such as FR-93 or a city such as FR:lyon"
    )]
    TooLong,
    /// No such country.
    #[error("no such country: write its two letters, such as FR, GB or UA")]
    UnknownCountry,
    /// No such region.
    #[error(
        "no such region: write its ISO 3166-2 code, such as FR-75C or RU-MOW, or the country alone"
    )]
    UnknownRegion,
    /// Not in the list that was passed in.
    #[error(
        "the charter lists no such city: name its region or its country; only large cities are listed, so that nobody is found by one"
    )]
    UnknownCity,
    /// Several listed cities have this name.
    #[error("several listed cities have this name: put the country in front, as in GB:london")]
    Ambiguous,
    /// Where only canonical text is allowed.
    #[error(
        "this area is not in its canonical form: the program that wrote it does not follow the rules"
    )]
    NotCanonical,
}

impl AreaError {
    /// A name for this error that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::UnknownCountry => "unknown-country",
            Self::UnknownRegion => "unknown-region",
            Self::UnknownCity => "unknown-city",
            Self::Ambiguous => "ambiguous",
            Self::NotCanonical => "not-canonical",
        }
    }
}

impl Area {
    /// Reads what a person typed: `fr`, `fr-75c`, `FR:lyon`, or the name of a listed city in any language
    /// that its entry has.
    ///
    /// # Errors
    /// An [`AreaError`] that says what to write instead.
    pub fn parse(text: &str, cities: &[City]) -> Result<Self, AreaError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AreaError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(AreaError::TooLong);
        }
        if let Some((country, name)) = text.split_once(':') {
            let country = Country::parse(country).map_err(|_| AreaError::UnknownCountry)?;
            let own: Vec<&City> = cities
                .iter()
                .filter(|city| city.country == country)
                .collect();
            let found = own
                .iter()
                .find(|city| city.slug == name.trim().to_lowercase());
            return found
                .or_else(|| own.iter().find(|city| city.has_name(name)))
                .map(|city| city.area())
                .ok_or(AreaError::UnknownCity);
        }
        if let Ok(country) = Country::parse(text) {
            return Ok(Self::of_country(country));
        }
        let upper = text.to_uppercase();
        if is_region(&upper) {
            return Ok(Self(upper));
        }
        let mut named = cities.iter().filter(|city| city.has_name(text));
        match (named.next(), named.next()) {
            (Some(city), None) => Ok(city.area()),
            (Some(_), Some(_)) => Err(AreaError::Ambiguous),
            (None, _) if text.len() == 2 => Err(AreaError::UnknownCountry),
            (None, _) if text.get(2..3) == Some("-") && text.is_ascii() && text.len() <= 6 => {
                Err(AreaError::UnknownRegion)
            }
            (None, _) => Err(AreaError::UnknownCity),
        }
    }

    /// The same; of several listed cities of one name, that of `country` is meant.
    ///
    /// # Errors
    /// As [`Area::parse`]; [`AreaError::Ambiguous`] also if that country has none of them, or several.
    pub fn parse_in(
        text: &str,
        country: Option<Country>,
        cities: &[City],
    ) -> Result<Self, AreaError> {
        match (Self::parse(text, cities), country) {
            (Err(AreaError::Ambiguous), Some(country)) => {
                let mut own = cities
                    .iter()
                    .filter(|city| city.country == country && city.has_name(text.trim()));
                match (own.next(), own.next()) {
                    (Some(city), None) => Ok(city.area()),
                    _ => Err(AreaError::Ambiguous),
                }
            }
            (parsed, _) => parsed,
        }
    }

    /// Accepts only a text that is already canonical: what a sealed body may hold. Whether the charter
    /// lists a city is asked with [`Area::is_listed`].
    ///
    /// # Errors
    /// [`AreaError::NotCanonical`] for anything that [`Area`]'s `Display` would not write.
    pub fn from_canonical(text: &str) -> Result<Self, AreaError> {
        let country =
            |code: &str| Country::parse(code).is_ok_and(|country| country.as_str() == code);
        let valid = text.len() <= MAX_TEXT
            && match text.split_once(':') {
                Some((code, slug)) => country(code) && city::is_slug(slug),
                None => country(text) || is_region(text),
            };
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(AreaError::NotCanonical)
        }
    }

    /// What a spreadsheet cell most likely means, if anything: "Paris 18e", "г. Екатеринбург",
    /// "Saint-Denis (93)". Streets and venues give nothing.
    pub fn recognise(cell: &str, country: Option<Country>, cities: &[City]) -> Option<Self> {
        recognise::recognise(cell, country, cities)
    }

    /// A whole country.
    pub fn of_country(country: Country) -> Self {
        Self(country.as_str().to_owned())
    }

    /// How fine it is.
    pub fn kind(&self) -> AreaKind {
        match (self.0.contains(':'), self.0.contains('-')) {
            (true, _) => AreaKind::City,
            (false, true) => AreaKind::Region,
            (false, false) => AreaKind::Country,
        }
    }

    /// The country that it is, or is in.
    pub fn country(&self) -> Option<Country> {
        Country::parse(self.0.get(..2)?).ok()
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes that the keyholders evaluate, blinded.
    pub fn oprf_input(&self) -> Vec<u8> {
        format!("parasol area {}|{}", crate::handle::RULES_VERSION, self.0).into_bytes()
    }

    /// Whether the list that was passed in allows it: countries and regions always, cities by name.
    pub fn is_listed(&self, cities: &[City]) -> bool {
        self.kind() != AreaKind::City || cities.iter().any(|city| city.area() == *self)
    }

    /// All areas that a look around this one asks for: itself, the ISO regions if it is a country, and
    /// the listed cities in it.
    pub fn within(&self, cities: &[City]) -> Vec<Self> {
        let mut out = vec![self.clone()];
        let Some(country) = self.country() else {
            return out;
        };
        if self.kind() == AreaKind::Country {
            out.extend(regions(country).map(|region| Self(region.code.to_owned())));
        }
        out.extend(
            cities
                .iter()
                .filter(|city| city.country == country)
                .filter_map(|city| match self.kind() {
                    AreaKind::Country => Some(city.area()),
                    AreaKind::Region => {
                        (city.region.as_deref() == Some(self.as_str())).then(|| city.area())
                    }
                    AreaKind::City => None,
                }),
        );
        out.sort_unstable();
        out.dedup();
        out
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Area(…)")
    }
}

fn is_region(code: &str) -> bool {
    rust_iso3166::iso3166_2::from_code(code).is_some()
}

fn regions(country: Country) -> impl Iterator<Item = rust_iso3166::iso3166_2::Subdivision> {
    let all = rust_iso3166::iso3166_2::SUBDIVISION_COUNTRY_MAP
        .get(country.as_str())
        .copied()
        .unwrap_or_default();
    all.iter().copied()
}

#[cfg(test)]
mod tests;
