//! A root key in parts, any *m* of which give it back (`spec/10-charter.md`, section 6).

use super::words::{self, WordError};
use blahaj::{Share, Sharks};
use parasol_protocol::entropy::Entropy;
use parasol_protocol::keys::SecretKey;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The most parts that a root can be split into.
pub const MAX_PARTS: u8 = 16;
/// Words in front of a part's own 24.
const HEAD: usize = 3;
const WORDS: usize = HEAD + words::WORDS;

/// Into how many parts, and how many of them it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Split {
    /// How many give the root back.
    pub needed: u8,
    /// How many there are.
    pub parts: u8,
}

impl std::str::FromStr for Split {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(m, k)| {
            let (needed, parts) = (m.parse().ok()?, k.parse().ok()?);
            Some(Self { needed, parts })
        });
        numbers
            .filter(|s| (2..=s.parts).contains(&s.needed) && s.parts <= MAX_PARTS)
            .ok_or("write how many it takes and how many there are, as 2/3: at least 2, and at most 16 parts")
    }
}

/// One part.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: u8,
    /// How many parts it takes.
    pub needed: u8,
    /// What the parts of one splitting have in common, and those of another have not.
    pub lot: u16,
    share: Zeroizing<[u8; 32]>,
}

/// What is wrong with parts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartError {
    /// Its words are.
    #[error(transparent)]
    Words(#[from] WordError),
    /// The words in front do not fit the others.
    #[error(
        "every word is in the list, and yet they do not fit together: one of the 27 is not the one on the paper, or two have changed places"
    )]
    Sum,
    /// It says that it is enough by itself, and no splitting makes such a part.
    #[error(
        "this is no part: it says that one alone gives the key back, and parts are made so that it takes two or more"
    )]
    Alone,
    /// Parts of several splittings are together.
    #[error(
        "part {0} belongs to another splitting than the first one that was given: both may be right, and they do not go together"
    )]
    Mixed(u8),
    /// There are too few.
    #[error("{found} of the {needed} parts that it takes are there")]
    TooFew {
        /// How many different ones there are.
        found: usize,
        /// How many it takes.
        needed: u8,
    },
    /// The shares are none.
    #[error("the parts do not go together: {0}")]
    Shares(String),
}

impl Part {
    fn head(&self) -> [u8; 3] {
        let bits = u32::from(self.number.saturating_sub(1) & 15) << 18
            | u32::from(self.needed.saturating_sub(1) & 15) << 14
            | u32::from(self.lot & 0x3fff);
        let [_, a, b, c] = bits.to_be_bytes();
        [a, b, c]
    }

    fn sum(&self) -> u16 {
        let mut hash = Sha256::new();
        hash.update(self.head());
        hash.update(self.share.as_slice());
        let hash = hash.finalize();
        let first = [hash.first(), hash.get(1)].map(|b| b.copied().unwrap_or_default());
        u16::from_be_bytes(first) >> 5
    }

    /// Its 27 words.
    pub fn words(&self) -> Vec<&'static str> {
        let [a, b, c] = self.head().map(u32::from);
        let bits = a << 16 | b << 8 | c;
        let part =
            |shift: u32| words::word(u16::try_from(bits >> shift & 0x7ff).unwrap_or_default());
        let mut all = vec![part(11), part(0), words::word(self.sum())];
        all.extend(words::of_bytes(&self.share));
        all
    }

    /// Reads a part.
    ///
    /// # Errors
    /// Says which word is wrong, where that can be told.
    pub fn from_words(text: &str) -> Result<Self, PartError> {
        let numbers = words::numbers(&words::typed(text))?;
        let count = WordError::Count {
            found: numbers.len(),
            wanted: WORDS,
        };
        let ([a, b, sum], rest) = numbers
            .split_first_chunk::<HEAD>()
            .filter(|_| numbers.len() == WORDS)
            .ok_or(count)?;
        let bits = u32::from(*a) << 11 | u32::from(*b);
        let low = |shift: u32, mask: u32| bits >> shift & mask;
        let part = Self {
            number: u8::try_from(low(18, 15) + 1).unwrap_or_default(),
            needed: u8::try_from(low(14, 15) + 1).unwrap_or_default(),
            lot: u16::try_from(low(0, 0x3fff)).unwrap_or_default(),
            share: words::to_bytes(rest)?,
        };
        if part.sum() != *sum {
            return Err(PartError::Sum);
        }
        if part.needed < 2 {
            return Err(PartError::Alone);
        }
        Ok(part)
    }
}

/// Splits a root key.
///
/// # Errors
/// If the shares cannot be made.
pub fn split(
    root: &SecretKey,
    how: Split,
    entropy: &mut dyn Entropy,
) -> Result<Vec<Part>, PartError> {
    let mut lot = [0; 2];
    entropy.fill(&mut lot);
    let lot = u16::from_be_bytes(lot) & 0x3fff;
    let seed = root.seed();
    let dealer = Sharks(how.needed).dealer(seed.as_slice());
    dealer
        .take(usize::from(how.parts))
        .map(|share| {
            let bytes = Zeroizing::new(Vec::from(&share));
            let wrong = || PartError::Shares("a share has another length".to_owned());
            let (number, rest) = bytes.split_first().ok_or_else(wrong)?;
            let share: [u8; 32] = rest.try_into().map_err(|_| wrong())?;
            Ok(Part {
                number: *number,
                needed: how.needed,
                lot,
                share: Zeroizing::new(share),
            })
        })
        .collect()
}

/// The root key of these parts.
///
/// # Errors
/// If they are too few, or do not belong together.
pub fn join(parts: &[Part]) -> Result<SecretKey, PartError> {
    let Some(first) = parts.first() else {
        return Err(PartError::TooFew {
            found: 0,
            needed: 2,
        });
    };
    let same = |p: &&Part| (p.lot, p.needed) == (first.lot, first.needed);
    if let Some(other) = parts.iter().find(|p| !same(p)) {
        return Err(PartError::Mixed(other.number));
    }
    let mut different: BTreeMap<u8, &Part> = BTreeMap::new();
    for part in parts {
        // One number twice, and not the same part: two splittings have drawn the same lot.
        let known = different.entry(part.number).or_insert(part);
        if *known != part {
            return Err(PartError::Mixed(part.number));
        }
    }
    if different.len() < usize::from(first.needed) {
        return Err(PartError::TooFew {
            found: different.len(),
            needed: first.needed,
        });
    }
    let shares: Vec<Share> = different
        .values()
        .map(|part| {
            let mut bytes = Zeroizing::new(vec![part.number]);
            bytes.extend_from_slice(part.share.as_slice());
            Share::try_from(bytes.as_slice()).map_err(|e| PartError::Shares(e.to_owned()))
        })
        .collect::<Result<_, _>>()?;
    let seed = Sharks(first.needed)
        .recover(&shares)
        .map_err(|e| PartError::Shares(e.to_owned()))?;
    let seed = Zeroizing::new(seed);
    let seed: [u8; 32] = seed
        .as_slice()
        .try_into()
        .map_err(|_| PartError::Shares("what comes out is no root key".to_owned()))?;
    let root = SecretKey::from_seed(seed);
    Ok(root)
}
