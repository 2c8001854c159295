//! How bad it was: 1–5, 1–10, words, exclamation marks → nuisance, risk, danger.
//!
//! A number is read by where it stands between the lowest and the highest that the column uses:
//! the lower 40 % are a nuisance, the next 30 % a risk, the rest a danger. On 1–5 that makes 1 and
//! 2, then 3, then 4 and 5; on 1–10 it makes 1 to 4, 5 to 7, 8 to 10.

use super::fold::{fold, holds};
use parasol_protocol::particulars::Level;
use std::sync::LazyLock;

/// The lowest and the highest number that a column uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// The number at the mild end, or at the bad end of a reversed scale.
    pub low: u32,
    /// The number at the other end.
    pub high: u32,
    /// 1 is the worst.
    pub reversed: bool,
}

impl Scale {
    /// A scale on which more is worse.
    pub const fn up_to(high: u32) -> Self {
        Self {
            low: 1,
            high,
            reversed: false,
        }
    }

    /// The level of a number on it.
    pub fn level(&self, value: f64) -> Option<Level> {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        if high <= low || value > high || value < 0.0 {
            return None;
        }
        let at = ((value - low) / (high - low)).max(0.0);
        let at = if self.reversed { 1.0 - at } else { at };
        Some(if at < 0.4 {
            Level::Nuisance
        } else if at < 0.7 {
            Level::Risk
        } else {
            Level::Danger
        })
    }

    /// What a header says: "(1-10)", "/5", "1 low - 5 danger".
    pub fn in_header(header: &str) -> Option<Self> {
        let numbers = numbers(header);
        let whole = |n: &Found| n.value.fract() == 0.0 && n.value <= 100.0;
        let small: Vec<&Found> = numbers.iter().filter(|n| whole(n)).collect();
        match small.as_slice() {
            [one] if one.value >= 3.0 && (one.after_slash || follows_out_of(header)) => {
                Some(Self::up_to(one.value as u32))
            }
            [first, second] if first.value != second.value => {
                let folded = fold(header);
                let (low, high) = (first.value.min(second.value), first.value.max(second.value));
                if low > 1.0 || !(3.0..=100.0).contains(&high) {
                    return None;
                }
                let words: Vec<&str> = folded.split(' ').collect();
                let worst_first = word_near(&words, first.value) > word_near(&words, second.value);
                let reversed = worst_first == (first.value < second.value)
                    && word_near(&words, first.value) != word_near(&words, second.value);
                Some(Self {
                    low: low as u32,
                    high: high as u32,
                    reversed,
                })
            }
            _ => None,
        }
    }

    /// The scale that the numbers of a column point to.
    pub fn of_values<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (mut least, mut most, mut out_of) = (f64::MAX, f64::MIN, 0.0_f64);
        for cell in cells {
            match graded(cell) {
                Some(Grade::Number(value)) => {
                    least = least.min(value);
                    most = most.max(value);
                }
                Some(Grade::OutOf(_, whole)) => out_of = out_of.max(whole),
                _ => {}
            }
        }
        if most == f64::MIN && out_of == 0.0 {
            return None;
        }
        let most = most.max(out_of);
        let high = [3, 5, 10, 100]
            .into_iter()
            .find(|high| most <= f64::from(*high))?;
        Some(Self {
            low: u32::from(least >= 1.0),
            high,
            reversed: false,
        })
    }

    /// Says how numbers become levels.
    pub fn explained(&self) -> String {
        let mut parts = Vec::new();
        for level in Level::ALL {
            let values: Vec<u32> = (self.low..=self.high)
                .filter(|v| self.level(f64::from(*v)) == Some(level))
                .collect();
            match values.as_slice() {
                [] => {}
                [one] => parts.push(format!("{one} is {level}")),
                [first, .., last] => parts.push(format!("{first} to {last} are {level}")),
            }
        }
        parts.join(", ")
    }
}

/// What a cell says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Nothing.
    Empty,
    /// A level.
    Level(Level),
    /// Something that is no level.
    Unclear,
}

/// Reads a cell of a column with this scale.
pub fn read(cell: &str, scale: Option<Scale>) -> Reading {
    if super::cells::is_placeholder(cell) {
        return Reading::Empty;
    }
    let level = match graded(cell) {
        Some(Grade::Number(value)) => scale.unwrap_or(Scale::up_to(5)).level(value),
        Some(Grade::OutOf(value, whole)) if (2.0..=100.0).contains(&whole) => {
            let reversed = scale.is_some_and(|s| s.reversed);
            Scale {
                reversed,
                ..Scale::up_to(whole as u32)
            }
            .level(value)
        }
        Some(Grade::Level(level)) => Some(level),
        _ => None,
    };
    level.map_or(Reading::Unclear, Reading::Level)
}

enum Grade {
    Number(f64),
    OutOf(f64, f64),
    Level(Level),
}

fn graded(cell: &str) -> Option<Grade> {
    let cell = cell.trim();
    if cell.len() > 80 {
        return None;
    }
    if let Some(level) = in_marks(cell) {
        return Some(Grade::Level(level));
    }
    let numbers = numbers(cell);
    match numbers.as_slice() {
        [] => in_words(&fold(cell)).map(Grade::Level),
        [one] if !one.after_slash => Some(Grade::Number(one.value)),
        [value, whole] if whole.after_slash || follows_out_of(cell) => {
            Some(Grade::OutOf(value.value, whole.value))
        }
        // "3-4" is as bad as its worse end.
        [first, second] if second.value > first.value => Some(Grade::Number(second.value)),
        _ => None,
    }
}

/// "!!!", "+++", "★★★☆☆", coloured circles.
fn in_marks(cell: &str) -> Option<Level> {
    let marks: Vec<char> = cell
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{fe0f}')
        .collect();
    let all = |of: &[char]| !marks.is_empty() && marks.iter().all(|c| of.contains(c));
    let count = |of: char| marks.iter().filter(|c| **c == of).count();
    if all(&['!', '！', '❗', '‼']) || all(&['+']) || all(&['⚠']) || all(&['☠']) {
        return Level::from_number(u8::try_from(marks.len() + count('‼')).unwrap_or(3).min(3));
    }
    if all(&['*', '★', '⭐', '☆']) {
        let stars = marks.len() - count('☆');
        let of = if marks.len() > 3 { 5 } else { 3 };
        #[allow(clippy::cast_precision_loss)]
        return Scale::up_to(of).level(stars as f64);
    }
    match marks.as_slice() {
        ['🔴' | '🟥' | '⛔' | '🚫'] => Some(Level::Danger),
        ['🟠' | '🟧'] => Some(Level::Risk),
        ['🟡' | '🟨' | '🟢' | '🟩'] => Some(Level::Nuisance),
        _ => None,
    }
}

struct Found {
    value: f64,
    after_slash: bool,
}

fn numbers(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut digits = String::new();
    let mut slash = false;
    let mut digits_after_slash = false;
    for c in text.chars().chain(std::iter::once(' ')) {
        let wide = char::from_digit(u32::from(c).wrapping_sub(0xff10), 10);
        let c = wide.unwrap_or(if c == '／' { '/' } else { c });
        if c.is_ascii_digit() || (matches!(c, '.' | ',') && !digits.is_empty()) {
            if digits.is_empty() {
                digits_after_slash = slash;
            }
            digits.push(if c == ',' { '.' } else { c });
            continue;
        }
        if !digits.is_empty() {
            if let Ok(value) = digits.trim_end_matches('.').parse() {
                found.push(Found {
                    value,
                    after_slash: digits_after_slash,
                });
            }
            digits.clear();
            slash = false;
        }
        if !c.is_whitespace() {
            slash = c == '/';
        }
    }
    found
}

fn follows_out_of(text: &str) -> bool {
    let folded = fold(text);
    ["out of", "sur", "из", "of", "von", "sobre", "de", "з"]
        .iter()
        .any(|w| holds(&folded, w))
}

/// How bad the word next to a number in a header is; 0 if there is none.
fn word_near(words: &[&str], value: f64) -> u8 {
    let number = format!("{value}");
    let Some(at) = words.iter().position(|w| *w == number) else {
        return 0;
    };
    let after = words.get(at + 1..).unwrap_or_default();
    let next: Vec<&str> = after
        .iter()
        .take_while(|w| !w.bytes().all(|b| b.is_ascii_digit()))
        .take(3)
        .copied()
        .collect();
    in_words(&next.join(" ")).map_or(0, Level::number)
}

fn in_words(folded: &str) -> Option<Level> {
    if folded.is_empty() {
        return None;
    }
    if let Some((level, _)) = FOLDED
        .iter()
        .find(|(_, words)| words.iter().any(|w| w == folded))
    {
        return Some(*level);
    }
    if NOT.iter().any(|not| holds(folded, not)) || folded.split(' ').count() > 6 {
        return None;
    }
    // "little dangerous" is decided by its first word; else the worst word counts.
    if MILD.iter().any(|w| holds(folded, w)) {
        return Some(Level::Nuisance);
    }
    let held = |words: &[String]| {
        words
            .iter()
            .any(|w| w.chars().count() > 1 && holds(folded, w))
    };
    FOLDED
        .iter()
        .rev()
        .find(|(_, words)| held(words))
        .map(|(level, _)| *level)
}

static FOLDED: LazyLock<Vec<(Level, Vec<String>)>> = LazyLock::new(|| {
    WORDS
        .iter()
        .map(|(level, words)| (*level, words.split(',').map(fold).collect()))
        .collect()
});

const NOT: [&str; 10] = [
    "not", "no", "pas", "non", "не", "sin", "nicht", "nao", "不", "无",
];
const MILD: [&str; 9] = [
    "slightly",
    "a little",
    "peu",
    "слегка",
    "мало",
    "poco",
    "wenig",
    "very low",
    "tres faible",
];

const WORDS: [(Level, &str); 3] = [
    (
        Level::Nuisance,
        "low,minor,mild,nuisance,green,yellow,annoying,small,minimal,timewaster,time waster,l,none,\
         faible,bas,basse,penible,leger,legere,vert,jaune,mineur,mineure,petit,\
         низкая,низкии,низко,низкое,слабая,слабыи,неприятныи,неприятно,желтыи,зеленыи,легкая,мелкая,малая,\
         bajo,baja,leve,molesto,verde,amarillo,menor,baixo,baixa,amarelo,\
         低,轻,轻微,轻度,较低,小,輕微,niedrig,gering,leicht,grun,gelb,низька,низькии,легка",
    ),
    (
        Level::Risk,
        "medium,moderate,middle,risk,risky,orange,amber,caution,average,mid,m,med,elevated,\
         moyen,moyenne,modere,moderee,risque,risquee,intermediaire,\
         средняя,среднии,средне,среднее,рискованныи,рискованно,риск,оранжевыи,умеренная,\
         medio,media,moderado,riesgo,riesgoso,naranja,mediano,arriscado,laranja,\
         中,中等,一般,中度,有风险,mittel,maßig,riskant,середня,середніи,помаранчевии",
    ),
    (
        Level::Danger,
        "high,severe,extreme,danger,dangerous,red,critical,serious,very high,violent,urgent,h,major,black,avoid,\
         eleve,elevee,haut,haute,grave,dangereux,dangereuse,rouge,critique,fort,forte,extremement,tres dangereux,tres eleve,majeur,noir,\
         высокая,высокии,высоко,высокое,опасныи,опасно,опасен,красныи,критическая,критично,очень опасно,экстремальная,сильная,крупная,\
         alto,alta,peligroso,peligrosa,rojo,critico,extremo,muy alto,severo,perigoso,vermelho,\
         高,严重,危险,极高,很高,重度,非常危险,高危,嚴重,危險,hoch,gefahrlich,schwer,rot,extrem,sehr hoch,\
         висока,високии,небезпечно,небезпечнии,червонии,критична",
    ),
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

    fn level(cell: &str, scale: Scale) -> u8 {
        match read(cell, Some(scale)) {
            Reading::Empty => 0,
            Reading::Level(level) => level.number(),
            Reading::Unclear => 9,
        }
    }

    #[test]
    fn numbers_are_read_on_their_scale() {
        let five: Vec<u8> = (0..=6)
            .map(|n| level(&n.to_string(), Scale::up_to(5)))
            .collect();
        assert_eq!(five, [1, 1, 1, 2, 3, 3, 9]);
        let ten: Vec<u8> = (1..=11)
            .map(|n| level(&n.to_string(), Scale::up_to(10)))
            .collect();
        assert_eq!(ten, [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 9]);
        let three: Vec<u8> = (1..=3)
            .map(|n| level(&n.to_string(), Scale::up_to(3)))
            .collect();
        assert_eq!(three, [1, 2, 3]);
        for (cell, expected) in [
            ("5/5", 3),
            ("2 / 10", 1),
            ("4 sur 5", 3),
            ("3 из 5", 2),
            ("3-4", 3),
            ("2.0", 1),
            ("2,5", 1),
            ("５／５", 3),
            ("4 - danger", 3),
            ("12/10", 9),
        ] {
            assert_eq!(level(cell, Scale::up_to(5)), expected, "{cell}");
        }
    }

    #[test]
    fn words_and_marks_in_many_languages() {
        let of = |n: u8, words: &[&str]| {
            for word in words {
                assert_eq!(level(word, Scale::up_to(5)), n, "{word}");
            }
        };
        of(
            1,
            &[
                "low",
                "Faible",
                "низкая",
                "bajo",
                "低",
                "!",
                "*",
                "pénible",
                "peu dangereux",
                "niedrig",
                "🟡",
            ],
        );
        of(
            2,
            &[
                "medium",
                "MOYEN",
                "средняя",
                "Medio",
                "中",
                "!!",
                "**",
                "risqué",
                "amber",
                "★★★☆☆",
            ],
        );
        of(
            3,
            &[
                "HIGH",
                "extreme",
                "élevé",
                "высокая",
                "alto",
                "高",
                "!!!",
                "!!!!!",
                "très dangereux",
                "🔴",
                "+++",
                "medium-high",
                "очень высокая",
            ],
        );
        of(0, &["", "-", "?", "n/a"]);
        of(9, &["blue-ish", "not dangerous", "see notes"]);
    }

    #[test]
    fn headers_and_values_show_the_scale() {
        for (header, scale) in [
            ("Опасность (1-10)", Some(Scale::up_to(10))),
            ("Rating (1 low - 5 danger)", Some(Scale::up_to(5))),
            ("Danger /5", Some(Scale::up_to(5))),
            ("Note sur 10", Some(Scale::up_to(10))),
            (
                "Level (1 = danger, 5 = low)",
                Some(Scale {
                    reversed: true,
                    ..Scale::up_to(5)
                }),
            ),
            (
                "Level (0-10)",
                Some(Scale {
                    low: 0,
                    ..Scale::up_to(10)
                }),
            ),
            ("Dangerosité", None),
            ("Level 2026", None),
        ] {
            assert_eq!(Scale::in_header(header), scale, "{header}");
        }
        let of = |cells: &[&str]| Scale::of_values(cells.iter().copied());
        assert_eq!(
            of(&["1", "4", "5/5", "!!!", "élevé"]),
            Some(Scale::up_to(5))
        );
        assert_eq!(of(&["1", "2", "9"]), Some(Scale::up_to(10)));
        assert_eq!(of(&["1", "2", "3"]), Some(Scale::up_to(3)));
        assert_eq!(
            of(&["0", "80"]),
            Some(Scale {
                low: 0,
                ..Scale::up_to(100)
            })
        );
        assert_eq!(of(&["low", "high"]), None);
        assert_eq!(
            Scale::up_to(5).explained(),
            "1 to 2 are nuisance, 3 is risk, 4 to 5 are danger"
        );
    }

    #[test]
    fn a_reversed_scale_reads_backwards() {
        let reversed = Scale {
            reversed: true,
            ..Scale::up_to(5)
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(|n| level(&n.to_string(), reversed)),
            [3, 3, 2, 1, 1]
        );
    }
}
