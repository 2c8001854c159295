//! Dates in every shape → a month, or a reason to withhold it.
//!
//! A month is the finest that a report says. A month without its year is as good as none, for a
//! reader would take it for the last one; "last week" depends on when it was written. Both are
//! withheld. Whether 03/06 is in March or in June is decided for a whole column at a time.

use super::fold::fold;
use parasol_protocol::handle::Country;
use parasol_protocol::time::Month;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Which of two small numbers is the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// 03/06 is in June.
    #[default]
    DayMonth,
    /// 03/06 is in March.
    MonthDay,
    /// The year stands first even with two digits.
    YearMonth,
}

impl Order {
    /// All of them, with their words in a mapping file.
    pub const ALL: [(Order, &'static str); 3] = [
        (Order::DayMonth, "day-month-year"),
        (Order::MonthDay, "month-day-year"),
        (Order::YearMonth, "year-month-day"),
    ];

    /// Its word in a mapping file.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(order, _)| *order == self)
            .map_or("", |(_, name)| name)
    }

    /// How people of a country write.
    pub fn of(country: Option<Country>) -> Self {
        match country.as_ref().map(Country::as_str) {
            Some("US" | "PH" | "FM" | "GU" | "PR" | "AS" | "MP" | "VI" | "PW" | "MH") => {
                Order::MonthDay
            }
            Some("CN" | "TW" | "HK" | "MO" | "JP" | "KR" | "HU" | "MN" | "LT") => Order::YearMonth,
            _ => Order::DayMonth,
        }
    }

    /// What a header says, as in "Date (dd/mm)".
    pub fn in_header(header: &str) -> Option<Self> {
        let compact: String = header
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphabetic())
            .collect();
        let has = |parts: &[&str]| parts.iter().any(|p| compact.contains(p));
        if has(&["ddmm", "jjmm", "ддмм", "daymonth", "ttmm"]) {
            Some(Order::DayMonth)
        } else if has(&["mmdd", "mmjj", "monthday", "ммдд"])
            && !has(&["yymmdd", "aammjj", "ггммдд"])
        {
            Some(Order::MonthDay)
        } else {
            None
        }
    }
}

/// What a cell says about when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Nothing.
    Nothing,
    /// A month.
    Month(Month),
    /// Something that is not shared.
    Withheld(Why),
}

/// Why a date is withheld.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// No month with its year: "last week", "approx. September", "2025".
    Vague,
    /// Later than today.
    Future,
    /// No date that can be read.
    Unreadable,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Vague => "it names no month with its year",
            Why::Future => "it lies in the future",
            Why::Unreadable => "it cannot be read as a date",
        })
    }
}

/// Reads a cell.
pub fn read(cell: &str, order: Order, today: time::Date) -> When {
    let cell = plain(cell);
    if super::cells::is_placeholder(&cell) {
        return When::Nothing;
    }
    match parse(&cell, order) {
        Ok(date) => date.month(today),
        Err(why) => When::Withheld(why),
    }
}

/// What a cell shows about the order of its column: a number over twelve is no month.
pub fn evidence(cell: &str) -> Option<Order> {
    let cell = plain(cell);
    let (separator, parts) = numeric(&cell)?;
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    if separator == '.' || a.digits > 2 || c.digits == 1 || c.digits == 3 {
        return None;
    }
    match (a.value, b.value) {
        (13..=31, 1..=12) => Some(Order::DayMonth),
        (1..=12, 13..=31) => Some(Order::MonthDay),
        _ => None,
    }
}

/// Whether a cell is a date and nothing else, to tell columns apart by content.
pub fn looks_dated(cell: &str) -> bool {
    let cell = plain(cell);
    cell.len() <= 40
        && !cell.bytes().all(|b| b.is_ascii_digit())
        && cell.chars().any(|c| c.is_ascii_digit())
        && parse(&cell, Order::DayMonth).is_ok()
}

struct Date {
    year: u32,
    month: u8,
    day: Option<u8>,
}

impl Date {
    fn new(year: u32, month: u32, day: Option<u32>) -> Result<Self, Why> {
        let month = u8::try_from(month).map_err(|_| Why::Unreadable)?;
        let calendar = time::Month::try_from(month).map_err(|_| Why::Unreadable)?;
        if !(1990..=2200).contains(&year) {
            return Err(Why::Unreadable);
        }
        let day = match day {
            None => None,
            Some(day) => {
                let day = u8::try_from(day).map_err(|_| Why::Unreadable)?;
                time::Date::from_calendar_date(i32::try_from(year).unwrap_or(0), calendar, day)
                    .map_err(|_| Why::Unreadable)?;
                Some(day)
            }
        };
        Ok(Self { year, month, day })
    }

    fn month(&self, today: time::Date) -> When {
        let year = i32::try_from(self.year).unwrap_or(i32::MAX);
        let now = (today.year(), u8::from(today.month()));
        let late = self.day.is_some_and(|day| day > today.day());
        if (year, self.month) > now || ((year, self.month) == now && late) {
            return When::Withheld(Why::Future);
        }
        Month::new(self.year, self.month).map_or(When::Withheld(Why::Unreadable), When::Month)
    }
}

/// Without width variants, Chinese unit signs, a time of day and a trailing "year".
fn plain(cell: &str) -> String {
    let mut text: String = cell.trim().nfkc().collect::<String>().to_lowercase();
    if text.chars().any(super::fold::is_han) {
        text = text
            .replace(['年', '月'], "-")
            .replace(['日', '号', '號'], " ");
    }
    let text = text.trim().trim_end_matches(['.', '-', ',', ' ']);
    let text = ["года", "год", "г", "р"]
        .iter()
        .find_map(|end| {
            text.strip_suffix(end)
                .filter(|t| t.ends_with([' ', '.']) || t.ends_with(|c: char| c.is_ascii_digit()))
        })
        .unwrap_or(text);
    without_time(text.trim().trim_end_matches(['.', ','])).to_owned()
}

fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else {
        return text;
    };
    let before = text.get(..colon).unwrap_or_default();
    let hours = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let date = hours.trim_end_matches(['t', ' ', ',', 'à']);
    // A time in front ("22:30 03/06/2026") leaves nothing before it; then the date follows.
    if date.is_empty() {
        return text.split_once(' ').map_or(text, |(_, rest)| rest.trim());
    }
    date
}

#[derive(Clone, Copy)]
struct Number {
    value: u32,
    digits: usize,
}

/// Numbers with one kind of separator between them, and nothing else.
fn numeric(text: &str) -> Option<(char, Vec<Number>)> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    let separator = if matches!(separator, '.' | '/' | '-' | ' ' | '–' | '\\') {
        separator
    } else {
        return None;
    };
    let parts: Option<Vec<Number>> = text
        .split(separator)
        .map(str::trim)
        .map(|part| {
            let plain = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            plain
                .then(|| part.parse().ok())
                .flatten()
                .map(|value| Number {
                    value,
                    digits: part.len(),
                })
        })
        .collect();
    Some((separator, parts?)).filter(|(_, parts)| (2..=3).contains(&parts.len()))
}

fn parse(text: &str, order: Order) -> Result<Date, Why> {
    if text.len() > 120 {
        return Err(Why::Unreadable);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return compact(text);
    }
    if let Some((separator, parts)) = numeric(text) {
        return match parts.as_slice() {
            [a, b] => month_and_year(*a, *b),
            [a, b, c] => three(separator, *a, *b, *c, order),
            _ => Err(Why::Unreadable),
        };
    }
    if let Some(date) = range(text, order) {
        return date;
    }
    in_words(text)
}

/// From one date to another: fine if both lie in one month.
fn range(text: &str, order: Order) -> Option<Result<Date, Why>> {
    let (from, to) = [
        " - ", " – ", " — ", " to ", " au ", " по ", " al ", " bis ", "~", "至",
    ]
    .iter()
    .find_map(|by| text.split_once(by))?;
    let (from, to) = (
        parse(&plain(from), order).ok()?,
        parse(&plain(to), order).ok()?,
    );
    let same = (from.year, from.month) == (to.year, to.month);
    Some(if same { Ok(to) } else { Err(Why::Vague) })
}

fn compact(digits: &str) -> Result<Date, Why> {
    let number: u32 = digits.parse().map_err(|_| Why::Unreadable)?;
    match digits.len() {
        // The day count of spreadsheet programs, between 1990 and 2064.
        5 if (32_874..60_000).contains(&number) => {
            let date = time::Date::from_julian_day(2_415_019 + i32::try_from(number).unwrap_or(0))
                .map_err(|_| Why::Unreadable)?;
            let year = u32::try_from(date.year()).map_err(|_| Why::Unreadable)?;
            Date::new(
                year,
                u32::from(u8::from(date.month())),
                Some(u32::from(date.day())),
            )
        }
        8 => Date::new(number / 10_000, number / 100 % 100, Some(number % 100)).or_else(|_| {
            Date::new(
                number % 10_000,
                number / 10_000 % 100,
                Some(number / 1_000_000),
            )
        }),
        6 if (1990..=2100).contains(&(number / 100)) => Date::new(number / 100, number % 100, None),
        4 if (1990..=2100).contains(&number) => Err(Why::Vague),
        _ => Err(Why::Unreadable),
    }
}

fn month_and_year(a: Number, b: Number) -> Result<Date, Why> {
    match (a.digits, b.digits) {
        (4, 1 | 2) => Date::new(a.value, b.value, None),
        (1 | 2, 4) => Date::new(b.value, a.value, None),
        // 08/26 may be a day without its year.
        _ => Err(Why::Vague),
    }
}

fn three(separator: char, a: Number, b: Number, c: Number, order: Order) -> Result<Date, Why> {
    let short_year = order == Order::YearMonth && a.digits == 2 && c.digits <= 2;
    if a.digits == 4 || short_year {
        let year = full_year(a);
        return Date::new(year, b.value, Some(c.value))
            .or_else(|_| Date::new(year, c.value, Some(b.value)));
    }
    if a.digits > 2 || b.digits > 2 || !matches!(c.digits, 2 | 4) {
        return Err(Why::Unreadable);
    }
    let year = full_year(c);
    let day_first = Date::new(year, b.value, Some(a.value));
    let month_first = Date::new(year, a.value, Some(b.value));
    // With points between, the day stands first everywhere.
    if order == Order::MonthDay && separator != '.' {
        month_first.or(day_first)
    } else {
        day_first.or(month_first)
    }
}

fn full_year(number: Number) -> u32 {
    if number.digits == 4 {
        number.value
    } else {
        2000 + number.value
    }
}

/// A date with the month's name in it.
fn in_words(text: &str) -> Result<Date, Why> {
    let apostrophe_year = text.split(['\'', '’']).nth(1).and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 2)
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    });
    let folded = split_digits(&fold(text));
    let words: Vec<&str> = folded.split(' ').filter(|w| !w.is_empty()).collect();
    let mut months: Vec<(usize, u32)> = Vec::new();
    let mut numbers: Vec<(usize, &str, u32)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if let Some(month) = month_named(word) {
            months.push((at, month));
        } else if word.bytes().all(|b| b.is_ascii_digit())
            && let Ok(value) = word.parse()
        {
            numbers.push((at, word, value));
        }
    }
    let distinct = months
        .iter()
        .any(|(_, m)| months.first().is_some_and(|(_, first)| first != m));
    let Some((at, month)) = months.first().copied().filter(|_| !distinct) else {
        return Err(if numbers.len() > 2 {
            Why::Unreadable
        } else {
            Why::Vague
        });
    };
    let years: Vec<u32> = numbers
        .iter()
        .filter(|(_, w, v)| w.len() == 4 && (1990..=2100).contains(v))
        .map(|(.., v)| *v)
        .collect();
    let small: Vec<(usize, u32)> = numbers
        .iter()
        .filter(|(_, w, _)| w.len() <= 2)
        .map(|(at, _, v)| (*at, *v))
        .collect();
    let day = |value: u32| (1..=31).contains(&value).then_some(value);
    if let [year] = years.as_slice() {
        return match small.as_slice() {
            [(_, one)] => Date::new(*year, month, day(*one)),
            _ => Date::new(*year, month, None),
        };
    }
    if !years.is_empty() {
        return Err(Why::Vague);
    }
    match (small.as_slice(), apostrophe_year) {
        ([(_, d), (_, y)], Some(year)) if *y == year => Date::new(2000 + year, month, day(*d)),
        ([(_, y)], Some(year)) if *y == year => Date::new(2000 + year, month, None),
        ([(before, d), (after, y)], None) if *before < at && at < *after => {
            Date::new(2000 + y, month, day(*d))
        }
        // "Aug 26" is a day without a year, or a year without a day.
        _ => Err(Why::Vague),
    }
}

/// "3rd" and "10apr" are a number and a word.
fn split_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut last: Option<char> = None;
    for c in text.chars() {
        if last.is_some_and(|l| l != ' ' && c != ' ' && l.is_ascii_digit() != c.is_ascii_digit()) {
            out.push(' ');
        }
        out.push(c);
        last = Some(c);
    }
    out
}

fn month_named(word: &str) -> Option<u32> {
    let at = MONTHS
        .iter()
        .position(|names| names.split(' ').any(|name| name == word))?;
    u32::try_from(at + 1).ok()
}

/// English, French, Russian, Spanish, German, Ukrainian, Portuguese, Italian; without accents.
const MONTHS: [&str; 12] = [
    "january jan janvier janv январь января янв enero ene januar janner januari сичень сiчень січень січня janeiro gennaio gen",
    "february feb fevrier fevr fev февраль февраля фев февр febrero februar лютии лютого fevereiro febbraio",
    "march mar mars март марта мар marzo marz maerz березень березня marco",
    "april apr avril avr апрель апреля апр abril abr квітень квітня aprile",
    "may mai маи мая mayo травень травня maio maggio mag",
    "june jun juin июнь июня июн junio juni червень червня junho giugno giu",
    "july jul juillet juil июль июля июл julio juli липень липня julho luglio lug",
    "august aug aout август августа авг agosto ago серпень серпня",
    "september sep sept septembre сентябрь сентября сен сент septiembre setiembre вересень вересня setembro set settembre",
    "october oct octobre октябрь октября окт octubre oktober okt жовтень жовтня outubro out ottobre ott",
    "november nov novembre ноябрь ноября ноя нояб noviembre листопад листопада novembro",
    "december dec decembre декабрь декабря дек diciembre dic dezember dez грудень грудня dezembro dicembre",
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn said(cell: &str, order: Order) -> String {
        let today = time::Date::from_calendar_date(2026, time::Month::November, 22).unwrap();
        match read(cell, order, today) {
            When::Nothing => "nothing".into(),
            When::Month(month) => month.to_string(),
            When::Withheld(why) => format!("{why:?}").to_lowercase(),
        }
    }

    #[test]
    fn dates_in_every_shape_become_a_month() {
        for (cell, month) in [
            ("03/06/26", "2026-06"),
            ("03/06/2026", "2026-06"),
            ("2026-01-05", "2026-01"),
            ("2026-01-05 22:30", "2026-01"),
            ("2026-01-05T22:30:00Z", "2026-01"),
            ("07.02.2026", "2026-02"),
            ("26.08.25", "2025-08"),
            ("07.02.2026 г.", "2026-02"),
            ("10 Apr 2026", "2026-04"),
            ("Apr 10, 2026", "2026-04"),
            ("10-Apr-26", "2026-04"),
            ("Sunday 3rd March 2026", "2026-03"),
            ("November 2025", "2025-11"),
            ("approx. March 2026", "2026-03"),
            ("Aug '26", "2026-08"),
            ("08.2026", "2026-08"),
            ("8/2026", "2026-08"),
            ("2026/3", "2026-03"),
            ("20260305", "2026-03"),
            ("46185", "2026-06"),
            ("1er mars 2026", "2026-03"),
            ("3 août 2025", "2025-08"),
            ("le 14 juillet 2026 vers 22h", "2026-07"),
            ("3 марта 2026 г.", "2026-03"),
            ("май 2026", "2026-05"),
            ("Декабрь 2025", "2025-12"),
            ("3 de marzo de 2026", "2026-03"),
            ("ene 2026", "2026-01"),
            ("2026年3月5日", "2026-03"),
            ("2026年3月", "2026-03"),
            ("２０２６年３月", "2026-03"),
            ("2026/3/5", "2026-03"),
            ("5. März 2026", "2026-03"),
            ("01/02/2026 - 05/02/2026", "2026-02"),
            ("13/25/2026", "unreadable"),
            ("31/02/2026", "unreadable"),
        ] {
            assert_eq!(said(cell, Order::DayMonth), month, "{cell}");
        }
    }

    #[test]
    fn what_names_no_month_with_its_year_is_withheld() {
        for cell in [
            "last week",
            "approx. September",
            "вчера",
            "la semaine dernière",
            "2025",
            "12/05",
            "Aug 26",
            "3月5日",
            "March-April 2026",
            "01/02/2026 - 05/03/2026",
            "summer",
            "上周",
        ] {
            assert_eq!(said(cell, Order::DayMonth), "vague", "{cell}");
        }
        for cell in ["", "-", "?", "unknown", "n/a", "неизвестно"] {
            assert_eq!(said(cell, Order::DayMonth), "nothing", "{cell}");
        }
    }

    #[test]
    fn the_future_is_withheld() {
        for cell in ["23/11/2026", "December 2026", "2027-01-01", "01/12/26"] {
            assert_eq!(said(cell, Order::DayMonth), "future", "{cell}");
        }
        assert_eq!(said("22/11/2026", Order::DayMonth), "2026-11");
        assert_eq!(said("November 2026", Order::DayMonth), "2026-11");
    }

    #[test]
    fn the_order_is_that_of_the_column_where_nothing_else_decides() {
        assert_eq!(said("03/06/26", Order::MonthDay), "2026-03");
        assert_eq!(said("25/06/26", Order::MonthDay), "2026-06");
        assert_eq!(said("03.06.26", Order::MonthDay), "2026-06");
        assert_eq!(said("26/03/05", Order::YearMonth), "2026-03");
        assert_eq!(evidence("25/06/26"), Some(Order::DayMonth));
        assert_eq!(evidence("06/25/2026"), Some(Order::MonthDay));
        assert_eq!(evidence("06/05/2026"), None);
        assert_eq!(evidence("2026-05-25"), None);
        assert_eq!(Order::in_header("Date (JJ/MM/AAAA)"), Some(Order::DayMonth));
        assert_eq!(Order::in_header("Date (mm/dd/yyyy)"), Some(Order::MonthDay));
        assert_eq!(Order::in_header("Date (yyyy-mm-dd)"), None);
        assert_eq!(Order::in_header("Date"), None);
    }
}
