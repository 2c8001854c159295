//! What a spreadsheet cell says about where, if anything.

use super::city::plain;
use super::{Area, City, Country, regions};

/// Longer cells tell a story, not a place.
const MAX_CELL: usize = 200;

/// Words around a city's name.
const AROUND: [&str; 34] = [
    "г",
    "гор",
    "город",
    "м",
    "city",
    "of",
    "ville",
    "de",
    "centre",
    "center",
    "central",
    "downtown",
    "north",
    "south",
    "east",
    "west",
    "arr",
    "arrondissement",
    "area",
    "region",
    "metro",
    "greater",
    "near",
    "nord",
    "sud",
    "est",
    "ouest",
    "e",
    "eme",
    "ciudad",
    "stadt",
    "banlieue",
    "район",
    "обл",
];

/// Countries in the languages that their people's neighbours use; the English ones come from the ISO list.
const COUNTRIES: [(&str, &str); 60] = [
    ("FR", "france|франция|франція|法国|frankreich|francia"),
    (
        "GB",
        "uk|england|scotland|wales|great britain|britain|royaume uni|angleterre|ecosse|grande bretagne|великобритания|англия|英国",
    ),
    ("RU", "russia|russie|россия|рф|росія|russland|rusia|俄罗斯"),
    ("UA", "ukraine|украина|україна|乌克兰"),
    ("BY", "belarus|bielorussie|беларусь|белоруссия"),
    (
        "DE",
        "germany|allemagne|германия|німеччина|deutschland|alemania|德国",
    ),
    ("ES", "spain|espagne|испания|іспанія|espana|西班牙"),
    ("IT", "italy|italie|италия|італія|italia|意大利"),
    ("PT", "portugal|португалия|葡萄牙"),
    (
        "NL",
        "netherlands|holland|pays bas|hollande|нидерланды|голландия|nederland|荷兰",
    ),
    ("BE", "belgium|belgique|бельгия|belgie|比利时"),
    ("LU", "luxembourg|люксембург|卢森堡"),
    ("CH", "switzerland|suisse|швейцария|schweiz|svizzera|瑞士"),
    ("AT", "austria|autriche|австрия|osterreich|奥地利"),
    ("PL", "poland|pologne|польша|польща|polska|波兰"),
    (
        "CZ",
        "czech republic|czechia|republique tcheque|tchequie|чехия|cesko|捷克",
    ),
    ("HU", "hungary|hongrie|венгрия|magyarorszag|匈牙利"),
    ("RO", "romania|roumanie|румыния|罗马尼亚"),
    ("BG", "bulgaria|bulgarie|болгария|保加利亚"),
    ("RS", "serbia|serbie|сербия|塞尔维亚"),
    ("GR", "greece|grece|греция|希腊"),
    ("TR", "turkey|turkiye|turquie|турция|土耳其"),
    ("SE", "sweden|suede|швеция|sverige|瑞典"),
    ("NO", "norway|norvege|норвегия|norge|挪威"),
    ("DK", "denmark|danemark|дания|danmark|丹麦"),
    ("FI", "finland|finlande|финляндия|suomi|芬兰"),
    ("IE", "ireland|irlande|ирландия|爱尔兰"),
    ("EE", "estonia|estonie|эстония"),
    ("LV", "latvia|lettonie|латвия"),
    ("LT", "lithuania|lituanie|литва"),
    ("MD", "moldova|moldavie|молдова|молдавия"),
    ("GE", "georgie|грузия"),
    ("AM", "armenia|armenie|армения"),
    ("KZ", "kazakhstan|казахстан"),
    ("KG", "kyrgyzstan|kirghizistan|киргизия|кыргызстан"),
    ("IL", "israel|израиль|以色列"),
    ("AE", "uae|emirates|emirats|оаэ|эмираты|阿联酋"),
    ("CA", "canada|канада|加拿大"),
    (
        "US",
        "usa|united states|etats unis|сша|соединенные штаты|estados unidos|美国",
    ),
    ("MX", "mexique|мексика|墨西哥"),
    ("BR", "brazil|bresil|бразилия|brasil|巴西"),
    ("AR", "argentina|argentine|аргентина|阿根廷"),
    ("CO", "colombia|colombie|колумбия|哥伦比亚"),
    ("CL", "chile|chili|чили|智利"),
    ("PE", "peru|perou|перу|秘鲁"),
    ("CN", "china|chine|китай|中国"),
    ("HK", "hong kong|гонконг|香港"),
    ("JP", "japan|japon|япония|日本"),
    ("KR", "south korea|korea|coree du sud|корея|韩国"),
    ("TH", "thailand|thailande|таиланд|ประเทศไทย|泰国"),
    ("VN", "vietnam|viet nam|вьетнам|越南"),
    ("IN", "india|inde|индия|印度"),
    ("AU", "australia|australie|австралия|澳大利亚"),
    ("NZ", "new zealand|nouvelle zelande|новая зеландия|新西兰"),
    ("KE", "kenya|кения|肯尼亚"),
    ("ZA", "south africa|afrique du sud|юар|南非"),
    ("NG", "nigeria|нигерия|尼日利亚"),
    ("MA", "morocco|maroc|марокко|摩洛哥"),
    ("TN", "tunisia|tunisie|тунис страна|突尼斯"),
    ("EG", "egypt|egypte|египет|埃及"),
];

/// The names of all cities in plain form, which is worth making once for a cell that is read several ways.
struct Names<'a>(Vec<(String, &'a City)>);

impl<'a> Names<'a> {
    fn of(cities: &'a [City]) -> Self {
        Self(
            cities
                .iter()
                .flat_map(|city| city.plain_names().map(move |name| (name, city)))
                .collect(),
        )
    }

    fn called(&self, name: &str) -> Vec<&'a City> {
        let mut found: Vec<&City> = self
            .0
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, city)| *city)
            .collect();
        found.dedup_by_key(|city| city.area());
        found
    }
}

pub(super) fn recognise(cell: &str, country: Option<Country>, cities: &[City]) -> Option<Area> {
    if cell.len() > MAX_CELL {
        return None;
    }
    let cell = cell.trim();
    if let Ok(area) = Area::from_canonical(cell)
        && area.is_listed(cities)
        && cell.len() > 2
    {
        return Some(area);
    }
    let names = Names::of(cities);
    let whole = plain(cell);
    let (before, bracket) = bracketed(cell);
    let outside = plain(before);
    city(&whole, country, &names)
        .or_else(|| city(&outside, country, &names))
        .or_else(|| city(&without_districts(&outside), country, &names))
        .or_else(|| bracket.and_then(|inside| french_region(inside, country)))
        .or_else(|| inside_text(&outside, country, &names))
        .or_else(|| post_code(&outside, country))
        .or_else(|| bracket.and_then(|inside| city(&plain(inside), country, &names)))
        .or_else(|| named_country(&whole))
        .or_else(|| country.and_then(|country| named_region(&outside, country)))
}

/// "Saint-Denis (93)" to its name and what stands in the brackets.
fn bracketed(cell: &str) -> (&str, Option<&str>) {
    match cell.split_once(['(', '[']) {
        Some((before, inside)) => (before, inside.split([')', ']']).next()),
        None => (cell, None),
    }
}

/// A city of exactly this name, in the country whose list it is if there are several.
fn city(name: &str, country: Option<Country>, names: &Names<'_>) -> Option<Area> {
    if name.is_empty() {
        return None;
    }
    match names.called(name).as_slice() {
        // Two letters are a city's name only at home: "LA" in French is an article.
        [one] if name.chars().count() > 2 || country == Some(one.country) => Some(one.area()),
        several => several
            .iter()
            .find(|city| Some(city.country) == country)
            .map(|city| city.area()),
    }
}

/// "paris 18e" and "m14 manchester" to the words that can be a name.
fn without_districts(name: &str) -> String {
    let words = name
        .split(' ')
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()) && !AROUND.contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// A city's name among other words, at home only: "Nice" is a word elsewhere. The longest, then the first.
fn inside_text(text: &str, country: Option<Country>, names: &Names<'_>) -> Option<Area> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if country.is_none() || words.len() > 8 {
        return None;
    }
    (1..=4.min(words.len())).rev().find_map(|length| {
        words.windows(length).find_map(|group| {
            let name = group.join(" ");
            let found = names
                .called(&name)
                .into_iter()
                .find(|city| Some(city.country) == country)?;
            (name.chars().count() > 3).then(|| found.area())
        })
    })
}

/// A French department from the number in brackets.
fn french_region(inside: &str, country: Option<Country>) -> Option<Area> {
    let code = inside.trim().to_uppercase();
    if country.is_some_and(|country| country.as_str() != "FR") {
        return None;
    }
    department(&code)
}

/// A French post code among the words.
fn post_code(text: &str, country: Option<Country>) -> Option<Area> {
    if country?.as_str() != "FR" {
        return None;
    }
    let word = text
        .split(' ')
        .find(|word| word.len() == 5 && word.bytes().all(|b| b.is_ascii_digit()))?;
    let digits = if word.starts_with("97") { 3 } else { 2 };
    department(word.get(..digits)?)
}

fn department(code: &str) -> Option<Area> {
    let code = match code {
        "75" => "75C",
        code if (2..=3).contains(&code.len()) && code.starts_with(|c: char| c.is_ascii_digit()) => {
            code
        }
        _ => return None,
    };
    Area::from_canonical(&format!("FR-{code}")).ok()
}

fn named_country(name: &str) -> Option<Area> {
    let listed = COUNTRIES
        .iter()
        .find(|(_, names)| names.split('|').any(|own| own == name))
        .map(|(code, _)| *code);
    let iso = || {
        rust_iso3166::ALL
            .iter()
            .find(|country| plain(country.name) == name)
            .map(|country| country.alpha2)
    };
    Area::from_canonical(listed.or_else(iso)?).ok()
}

fn named_region(name: &str, country: Country) -> Option<Area> {
    if name.chars().count() < 4 {
        return None;
    }
    let found = regions(country).find(|region| plain(region.name) == name)?;
    Some(Area(found.code.to_owned()))
}
