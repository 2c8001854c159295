#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| Country::parse(code).unwrap())
}

#[test]
fn the_default_list_is_sound() {
    let cities = default_cities();
    let lines = include_str!("cities.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    assert_eq!(cities.len(), lines, "every line is read");
    let mut seen = BTreeSet::new();
    for city in &cities {
        let area = city.area();
        assert!(
            seen.insert(area.clone()),
            "{} is listed twice",
            area.as_str()
        );
        assert_eq!(Area::from_canonical(area.as_str()).unwrap(), area);
        if let Some(region) = &city.region {
            let region =
                Area::from_canonical(region).unwrap_or_else(|_| panic!("{region} is no region"));
            assert_eq!(region.country(), Some(city.country));
        }
        for name in &city.names {
            let clash: Vec<_> = cities
                .iter()
                .filter(|other| other.country == city.country && other.has_name(name))
                .collect();
            assert_eq!(
                clash.len(),
                1,
                "{name} names two cities of {}",
                city.country
            );
        }
    }
}

#[test]
fn reads_what_people_type() {
    let cities = default_cities();
    for (text, want) in [
        ("FR", "FR"),
        ("fr", "FR"),
        ("uk", "GB"),
        ("fr-75c", "FR-75C"),
        ("RU-MOW", "RU-MOW"),
        ("FR:lyon", "FR:lyon"),
        ("fr:Lyon", "FR:lyon"),
        ("Lyon", "FR:lyon"),
        ("лион", "FR:lyon"),
        ("Köln", "DE:cologne"),
        ("KOLN", "DE:cologne"),
        ("GB:london", "GB:london"),
        ("北京", "CN:beijing"),
        ("São Paulo", "BR:sao-paulo"),
        ("sao paulo", "BR:sao-paulo"),
        ("มุมไบ", ""),
        ("मुंबई", "IN:mumbai"),
        ("القاهرة", "EG:cairo"),
    ] {
        match Area::parse(text, &cities) {
            Ok(area) => assert_eq!(area.to_string(), want, "{text}"),
            Err(error) => assert_eq!("", want, "{text}: {error}"),
        }
    }
    for (text, code) in [
        ("", "empty"),
        ("  ", "empty"),
        ("QQ", "unknown-country"),
        ("FR-QQ", "unknown-region"),
        ("London", "ambiguous"),
        ("Trifouillis", "unknown-city"),
        ("FR:trifouillis", "unknown-city"),
        ("QQ:lyon", "unknown-country"),
    ] {
        assert_eq!(
            Area::parse(text, &cities).unwrap_err().code(),
            code,
            "{text}"
        );
    }
    assert_eq!(
        Area::parse(&"x".repeat(65), &cities).unwrap_err().code(),
        "too-long"
    );
}

#[test]
fn recognises_cells() {
    let cities = default_cities();
    for (cell, home, want) in [
        ("Rouen", "FR", "FR:rouen"),
        ("NANTES", "FR", "FR:nantes"),
        ("Toulouse ", "FR", "FR:toulouse"),
        ("Paris 18e", "FR", "FR:paris"),
        ("Paris 18ème", "FR", "FR:paris"),
        ("75018 Paris", "FR", "FR:paris"),
        ("Saint-Denis (93)", "FR", "FR-93"),
        ("St Denis (93)", "FR", "FR-93"),
        ("Lyon (69)", "FR", "FR:lyon"),
        ("Villeneuve (75)", "FR", "FR-75C"),
        ("Ajaccio (2A)", "FR", "FR-2A"),
        ("93200", "FR", "FR-93"),
        ("97400 Saint-Denis", "FR", "FR-974"),
        ("Nice", "FR", "FR:nice"),
        ("Nice", "", "FR:nice"),
        ("a nice place", "GB", ""),
        ("Bretagne", "FR", "FR-BRE"),
        ("M14 Manchester", "GB", "GB:manchester"),
        ("London SE1", "GB", "GB:london"),
        ("Glasgow G1", "GB", "GB:glasgow"),
        ("Leeds", "GB", "GB:leeds"),
        ("Cardiff", "GB", "GB:cardiff"),
        ("South London", "GB", "GB:london"),
        ("London", "GB", "GB:london"),
        ("London", "CA", "CA:london"),
        ("London", "", ""),
        ("г. Екатеринбург", "RU", "RU:yekaterinburg"),
        ("СПб", "RU", "RU:saint-petersburg"),
        ("Санкт-Петербург", "RU", "RU:saint-petersburg"),
        ("Нижний Новгород", "RU", "RU:nizhny-novgorod"),
        ("Москва, центр", "RU", "RU:moscow"),
        ("г.Казань", "RU", "RU:kazan"),
        ("Орёл", "RU", ""),
        ("Москва", "", "RU:moscow"),
        ("Jarvis", "CA", ""),
        ("Downtown E", "CA", ""),
        ("Church st", "CA", ""),
        ("Online", "CA", ""),
        ("Online", "", ""),
        ("Toronto (downtown)", "CA", "CA:toronto"),
        ("Ontario", "CA", "CA-ON"),
        ("Montréal", "CA", "CA:montreal"),
        ("Quebec", "CA", "CA:quebec-city"),
        ("France", "", "FR"),
        ("Франция", "", "FR"),
        ("Royaume-Uni", "FR", "GB"),
        ("Germany", "", "DE"),
        ("Казахстан", "RU", "KZ"),
        ("Kenya", "", "KE"),
        ("深圳市", "CN", "CN:shenzhen"),
        ("Київ", "UA", "UA:kyiv"),
        ("Kyiv (UA)", "", "UA:kyiv"),
        ("FR-93", "", "FR-93"),
        ("FR:lyon", "", "FR:lyon"),
        ("กรุงเทพ", "TH", "TH:bangkok"),
        ("la", "FR", ""),
        ("LA", "US", "US:los-angeles"),
        ("", "FR", ""),
        ("-", "FR", ""),
        ("???", "", ""),
    ] {
        let got = Area::recognise(cell, country(home), &cities)
            .map(|area| area.to_string())
            .unwrap_or_default();
        assert_eq!(got, want, "{cell:?} at home in {home:?}");
    }
}

#[test]
fn looks_around() {
    let cities = default_cities();
    let strings = |area: &str| -> Vec<String> {
        Area::from_canonical(area)
            .unwrap()
            .within(&cities)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(strings("FR:lyon"), ["FR:lyon"]);
    assert_eq!(strings("FR-69M"), ["FR-69M", "FR:lyon"]);
    assert_eq!(strings("FR-93"), ["FR-93"]);
    let france = strings("FR");
    for area in ["FR", "FR-93", "FR-75C", "FR:paris", "FR:lyon"] {
        assert!(france.iter().any(|own| own == area), "{area}");
    }
    assert!(!france.iter().any(|own| own.starts_with("GB")));
}

#[test]
fn a_charter_lists_its_own() {
    let cities = cities_of(&["FR:lyon", "FR:trifouillis-les-oies", "nonsense", "FR"]);
    assert_eq!(
        cities
            .iter()
            .map(|city| city.area().to_string())
            .collect::<Vec<_>>(),
        ["FR:lyon", "FR:trifouillis-les-oies"]
    );
    assert!(cities[0].has_name("Лион") && cities[1].has_name("Trifouillis-les-Oies"));
    assert!(!Area::from_canonical("FR:paris").unwrap().is_listed(&cities));
    assert!(Area::from_canonical("FR-93").unwrap().is_listed(&cities));
}

#[test]
fn canonical_is_exact_and_hidden() {
    for text in [
        "fr", "FR-75c", "FR:Lyon", "FR:", "FR:-lyon", "FR:lyon-", "FR:a--b", "QQ", "FR-QQ", "",
        " FR", "FR ", "UK",
    ] {
        assert_eq!(
            Area::from_canonical(text),
            Err(AreaError::NotCanonical),
            "{text}"
        );
    }
    let area = Area::from_canonical("FR:lyon").unwrap();
    assert_eq!(format!("{area:?}"), "Area(…)");
    assert_eq!(area.oprf_input(), b"parasol area 1|FR:lyon");
}

proptest! {
    #[test]
    fn nothing_panics_and_canonical_is_a_fixed_point(text in "\\PC{0,60}", home in "(FR|GB|RU)?") {
        let cities = default_cities();
        for area in Area::parse(&text, &cities).into_iter().chain(Area::recognise(&text, country(&home), &cities)) {
            prop_assert_eq!(Area::from_canonical(area.as_str()), Ok(area.clone()));
            prop_assert_eq!(Area::parse(area.as_str(), &cities), Ok(area));
        }
    }
}

#[test]
fn of_cities_of_one_name_that_of_the_country_is_meant() {
    let cities = default_cities();
    let read = |text: &str, country: &str| {
        Area::parse_in(text, Country::parse(country).ok(), &cities).map(|area| area.to_string())
    };
    assert_eq!(read("London", "GB").unwrap(), "GB:london");
    assert_eq!(read(" london ", "CA").unwrap(), "CA:london");
    // What is not ambiguous does not depend on the country.
    assert_eq!(read("Lyon", "GB").unwrap(), "FR:lyon");
    assert_eq!(read("CA:london", "GB").unwrap(), "CA:london");
    assert_eq!(read("London", "FR"), Err(AreaError::Ambiguous));
    assert_eq!(read("London", ""), Err(AreaError::Ambiguous));
}
