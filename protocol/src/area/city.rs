//! The cities that a charter can list: large ones, with the names people give them.

use unicode_normalization::UnicodeNormalization;

use super::{Area, Country};

/// A large city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Its country.
    pub country: Country,
    /// Its name in the canonical form `FR:slug`: `a` to `z`, digits, single hyphens.
    pub slug: String,
    /// Its ISO 3166-2 region, if known.
    pub region: Option<String>,
    /// What people call it, the English name first.
    pub names: Vec<String>,
}

impl City {
    /// The area that it is.
    pub fn area(&self) -> Area {
        Area(format!("{}:{}", self.country, self.slug))
    }

    /// Whether it is called so, whatever the accents, hyphens and capitals.
    pub fn has_name(&self, name: &str) -> bool {
        let name = plain(name);
        !name.is_empty() && self.plain_names().any(|own| own == name)
    }

    pub(super) fn plain_names(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.slug)
            .chain(&self.names)
            .map(|name| plain(name))
    }
}

/// About 270 cities with their names in English, the local language, French, Russian and Chinese
/// where they are well known: what a new charter starts with.
pub fn default_cities() -> Vec<City> {
    include_str!("cities.tsv")
        .lines()
        .filter_map(city)
        .collect()
}

/// The cities of a charter, which lists them as canonical areas, with the names that are known for them.
/// What is no canonical city is left out.
pub fn cities_of<S: AsRef<str>>(listed: &[S]) -> Vec<City> {
    let known = default_cities();
    listed
        .iter()
        .filter_map(|area| {
            let area = Area::from_canonical(area.as_ref()).ok()?;
            let (country, slug) = area.as_str().split_once(':')?;
            known
                .iter()
                .find(|city| city.area() == area)
                .cloned()
                .or_else(|| {
                    let names = vec![slug.replace('-', " ")];
                    Some(City {
                        country: Country::parse(country).ok()?,
                        slug: slug.to_owned(),
                        region: None,
                        names,
                    })
                })
        })
        .collect()
}

fn city(line: &str) -> Option<City> {
    let mut fields = line.split('\t');
    let (country, region, slug, names) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    Some(City {
        country: Country::parse(country).ok()?,
        slug: slug.to_owned(),
        region: Some(region)
            .filter(|region| *region != "\\N")
            .map(str::to_owned),
        names: names.split('|').map(str::to_owned).collect(),
    })
}

/// `a` to `z` and digits in parts joined by single hyphens.
pub(super) fn is_slug(slug: &str) -> bool {
    slug.len() <= 40
        && slug.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// A name without accents, capitals and punctuation, its words parted by one space.
pub(super) fn plain(name: &str) -> String {
    let bare: String = name
        .nfkd()
        .filter(|c| !is_accent(*c))
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ł' => 'l',
            'ø' => 'o',
            'ß' => 's',
            'ё' => 'е',
            c => c,
        })
        .collect();
    let words = bare.split(|c: char| {
        !(c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c))
    });
    words
        .filter(|word| !word.is_empty())
        .map(|word| if word == "st" { "saint" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Marks that writers leave off. The vowel signs of Indic scripts and Thai are not among them.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{5B0}'..='\u{5C7}' | '\u{64B}'..='\u{65F}' | '\'' | '’' | 'ʼ' | '`')
}
