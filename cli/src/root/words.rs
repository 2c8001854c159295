//! A root key as 24 words (BIP 39, English list), for paper (`spec/10-charter.md`, section 6).

use bip39::{Language, Mnemonic};
use parasol_protocol::ids::OrganisationKey;
use parasol_protocol::keys::SecretKey;
use zeroize::Zeroizing;

/// How many words a root key has.
pub const WORDS: usize = 24;
/// How many words the list has.
const LIST: u16 = 2048;

/// What is wrong with words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WordError {
    /// One is not in the list.
    #[error("word {place} is `{word}`, which is not in the list{}", near(.like))]
    Unknown {
        /// Which, from 1.
        place: usize,
        /// As typed.
        word: String,
        /// Words of the list that look like it.
        like: Vec<&'static str>,
    },
    /// There are too many or too few.
    #[error("there are {found} words, and it takes {wanted}")]
    Count {
        /// How many there are.
        found: usize,
        /// How many it takes.
        wanted: usize,
    },
    /// All are in the list, and they do not fit together.
    #[error(
        "every word is in the list, and yet they do not fit together: one of them is not the one on the paper, or two have changed places"
    )]
    Sum,
}

fn near(like: &[&'static str]) -> String {
    match like {
        [] => String::new(),
        [one] => format!("; perhaps `{one}`"),
        more => format!("; perhaps one of {}", more.join(", ")),
    }
}

/// Words as typed, in small letters.
pub(super) fn typed(text: &str) -> Vec<Zeroizing<String>> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty())
        .map(|w| Zeroizing::new(w.to_lowercase()))
        .collect()
}

/// The number of each word in the list.
pub(super) fn numbers(words: &[Zeroizing<String>]) -> Result<Zeroizing<Vec<u16>>, WordError> {
    let list = Language::English.word_list();
    let mut out = Zeroizing::new(Vec::with_capacity(words.len()));
    for (place, word) in (1..).zip(words) {
        let whole = Language::English.find_word(word);
        // The first four letters of every word in the list are its own.
        let mut begun = list
            .iter()
            .filter(|w| word.len() >= 4 && w.starts_with(word.as_str()));
        let short = match (begun.next(), begun.next()) {
            (Some(one), None) => Language::English.find_word(one),
            _ => None,
        };
        match whole.or(short) {
            Some(number) => out.push(number),
            None => {
                let mut like: Vec<&'static str> =
                    list.iter().copied().filter(|w| is_near(w, word)).collect();
                like.truncate(4);
                return Err(WordError::Unknown {
                    place,
                    word: word.to_string(),
                    like,
                });
            }
        }
    }
    Ok(out)
}

/// Whether one letter was changed, left out, put in, or changed places with the next.
fn is_near(word: &str, typed: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), typed.chars().collect());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(front..).unwrap_or(&[]), b.get(front..).unwrap_or(&[]));
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y);
    let back = back.count();
    let (x, y) = (a.len() - back.min(a.len()), b.len() - back.min(b.len()));
    let swapped =
        matches!((a, b), ([p, q, ..], [r, s, ..]) if p == s && q == r) && x == 2 && y == 2;
    x.max(y) <= 1 || swapped
}

/// The word of this number.
pub(super) fn word(number: u16) -> &'static str {
    let list = Language::English.word_list();
    list.get(usize::from(number)).copied().unwrap_or_default()
}

/// 32 bytes as 24 words.
pub(super) fn of_bytes(bytes: &[u8; 32]) -> Vec<&'static str> {
    // 32 bytes are one of the lengths that there are words for.
    Mnemonic::from_entropy_in(Language::English, bytes)
        .map(|m| m.words().collect())
        .unwrap_or_default()
}

/// 24 words, by their numbers, as 32 bytes; none if their sum is wrong.
pub(super) fn to_bytes(numbers: &[u16]) -> Result<Zeroizing<[u8; 32]>, WordError> {
    if numbers.len() != WORDS {
        return Err(WordError::Count {
            found: numbers.len(),
            wanted: WORDS,
        });
    }
    let words: Vec<&str> = numbers.iter().map(|n| word(*n)).collect();
    let text = Zeroizing::new(words.join(" "));
    let mnemonic =
        Mnemonic::parse_in_normalized(Language::English, &text).map_err(|_| WordError::Sum)?;
    let bytes = Zeroizing::new(mnemonic.to_entropy());
    let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| WordError::Sum)?;
    Ok(Zeroizing::new(bytes))
}

/// A root key's words.
pub fn words(root: &SecretKey) -> Vec<&'static str> {
    of_bytes(&root.seed())
}

/// The root key of these words.
///
/// # Errors
/// Says which word is wrong, where that can be told.
pub fn from_words(text: &str) -> Result<SecretKey, WordError> {
    let words = typed(text);
    if words.len() != WORDS {
        // A word that is not in the list may be two that ran together: say that first.
        numbers(&words)?;
        return Err(WordError::Count {
            found: words.len(),
            wanted: WORDS,
        });
    }
    Ok(SecretKey::from_seed(*to_bytes(&numbers(&words)?)?))
}

/// Where one of the words is wrong, or two neighbours have changed places: with the organisation's
/// root key at hand there is but one way to mend it. Gives the place, from 1, and what belongs
/// there.
pub fn mend(text: &str, root: &OrganisationKey) -> Option<(usize, Zeroizing<String>, SecretKey)> {
    let typed = typed(text);
    if typed.len() != WORDS {
        return None;
    }
    // An unknown word may be any.
    let mut at = Vec::new();
    let mut known = Zeroizing::new(Vec::new());
    for (place, one) in typed.iter().enumerate() {
        match numbers(std::slice::from_ref(one))
            .ok()
            .and_then(|n| n.first().copied())
        {
            Some(number) => known.push(number),
            None => {
                at.push(place);
                known.push(0);
            }
        }
    }
    let right = |numbers: &[u16]| {
        let key = SecretKey::from_seed(*to_bytes(numbers).ok()?);
        (key.organisation() == *root).then_some(key)
    };
    let places: Vec<usize> = match at.as_slice() {
        [] => (0..WORDS).collect(),
        [one] => vec![*one],
        _ => return None,
    };
    for place in places {
        let mut tried = known.clone();
        for number in 0..LIST {
            if let Some(slot) = tried.get_mut(place) {
                *slot = number;
            }
            if let Some(key) = right(&tried) {
                return Some((place + 1, Zeroizing::new(word(number).to_owned()), key));
            }
        }
    }
    for place in 0..WORDS - 1 {
        let mut tried = known.clone();
        tried.swap(place, place + 1);
        if let Some(key) = right(&tried) {
            let there = tried.get(place).copied().unwrap_or_default();
            return Some((place + 1, Zeroizing::new(word(there).to_owned()), key));
        }
    }
    None
}
