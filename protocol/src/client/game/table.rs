//! What came of it: one line an adversary and coin, and one an adversary that named suspects.

use super::seat::Adversary;

/// What was decided by lot in a round, and is guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Coin {
    /// Which of two members of one organisation asks.
    Who,
    /// Which of two buckets whoever is asked for lies in.
    Bucket,
    /// Which of two in one bucket he is.
    Whom,
    /// Whether he is on the list.
    Found,
}

impl Coin {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Who, Self::Bucket, Self::Whom, Self::Found];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Who => "who asked",
            Self::Bucket => "in which bucket",
            Self::Whom => "for whom of it",
            Self::Found => "whether found",
        }
    }
}

/// By how many standard deviations chance may be exceeded. One in 16,000 is.
pub(super) const SIGMAS: f64 = 4.0;

/// An adversary's success with one coin.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who guessed.
    pub adversary: Adversary,
    /// What.
    pub coin: Coin,
    /// Guesses.
    pub guesses: usize,
    /// The part of them that was right, less one half.
    pub advantage: f64,
    /// What it is by what the spec states to be seen: half of the rounds in which it is.
    pub stated: f64,
}

impl Row {
    /// The standard deviation of the advantage of whoever throws a coin instead.
    pub fn sigma(&self) -> f64 {
        0.5 / (self.guesses as f64).sqrt()
    }

    /// Whether it is neither more nor less than stated, within four standard deviations.
    pub fn holds(&self) -> bool {
        (self.advantage - self.stated).abs() < SIGMAS * self.sigma()
    }
}

/// An adversary's success with naming one of a thousand.
#[derive(Clone, Debug)]
pub struct Named {
    /// Who guessed.
    pub adversary: Adversary,
    /// Guesses.
    pub guesses: usize,
    /// The part of them that was right.
    pub right: f64,
    /// The part that the spec states: of those in the bucket one, where the bucket is seen.
    pub stated: f64,
}

impl Named {
    /// The standard deviation of that part, if what is stated is all that there is.
    pub fn sigma(&self) -> f64 {
        (self.stated * (1.0 - self.stated) / self.guesses as f64).sqrt()
    }

    /// Whether it is neither more nor less than stated, within four standard deviations, and one
    /// guess for small numbers.
    pub fn holds(&self) -> bool {
        let slack = SIGMAS * self.sigma() + 1.0 / self.guesses as f64;
        (self.right - self.stated).abs() < slack
    }
}

/// What came of a month.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By adversary and coin.
    pub rows: Vec<Row>,
    /// By adversary.
    pub named: Vec<Named>,
}

impl Table {
    /// Whether nobody saw more than is stated, or less.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(Row::holds) && self.named.iter().all(Named::holds)
    }

    /// An adversary's advantage with a coin.
    pub fn advantage(&self, adversary: Adversary, coin: Coin) -> Option<f64> {
        let mut rows = self.rows.iter();
        let row = rows.find(|r| r.adversary == adversary && r.coin == coin)?;
        Some(row.advantage)
    }
}
