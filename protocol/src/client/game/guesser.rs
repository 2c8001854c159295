//! The guesser: it knows nothing of look-ups, and learns from examples.
//!
//! Of everything that can be said of a round it counts how often it went with each face of each coin:
//! traits that are there or not, every bit of short messages, every byte of long ones. What stands out
//! beyond what chance brings about among so many it keeps, and weighs by its likelihood under either
//! face. Where nothing stands out it goes by what comes closest.

use super::seat::{Event, SMALL};
use super::table::Coin;
use super::traits::{Slot, Sort, slots, traits};
use std::collections::BTreeMap;

const COINS: usize = Coin::ALL.len();
/// Ways in which all coins can fall.
const FALLS: usize = 1 << COINS;
/// The most that are kept of what stands out.
const KEPT: usize = 48;
/// Something that happened less often tells nothing.
const LEAST: usize = 6;

/// One guesser, for all coins.
#[derive(Default)]
pub(super) struct Guesser {
    lessons: Vec<usize>,
    /// Which trait was there in which lesson.
    there: BTreeMap<Sort, Vec<(u64, u32)>>,
    dense: BTreeMap<Slot, Dense>,
    models: Option<[Model; COINS]>,
    right: [usize; COINS],
}

/// What was counted of the bytes of one message's place.
#[derive(Default)]
struct Dense {
    /// By bit and fall: how often it was set.
    bits: Vec<[u32; FALLS]>,
    /// By byte and fall: the sum and the sum of squares.
    bytes: Vec<[(u32, u32); FALLS]>,
}

/// By what one coin is guessed.
#[derive(Default)]
struct Model {
    /// What a trait weighs that is there, and that is not.
    traits: BTreeMap<u64, (f64, f64)>,
    absent: f64,
    /// Place, bit, and what it weighs set and unset.
    bits: Vec<(Slot, usize, f64, f64)>,
    /// Place, byte, its mean with either face, its variance.
    bytes: Vec<(Slot, usize, [f64; 2], f64)>,
}

/// Something that may tell.
struct Candidate {
    z: f64,
    /// How far beyond the bar of its sort.
    beyond: f64,
    what: What,
}

enum What {
    Trait(u64, [f64; 2]),
    Bit(Slot, usize, [f64; 2]),
    Byte(Slot, usize, [f64; 2], f64),
}

/// Whether this coin shows its face in this fall.
const fn shows(fall: usize, coin: usize) -> usize {
    fall >> coin & 1
}

/// What the largest of so many deviations of chance comes to.
fn bar(many: usize) -> f64 {
    (2.0 * (many.max(2) as f64).ln()).sqrt()
}

/// How many standard deviations two frequencies are apart.
fn apart(counts: [f64; 2], of: [f64; 2]) -> f64 {
    let p = (counts[0] + counts[1]) / (of[0] + of[1]);
    let spread = (p * (1.0 - p) * (1.0 / of[0] + 1.0 / of[1])).sqrt();
    if spread > 0.0 {
        (counts[1] / of[1] - counts[0] / of[0]) / spread
    } else {
        0.0
    }
}

/// What it weighs that something is there, and that it is not.
fn weights(counts: [f64; 2], of: [f64; 2]) -> (f64, f64) {
    let part = |n: usize| (counts[n] + 0.5) / (of[n] + 1.0);
    let (zero, one) = (part(0), part(1));
    ((one / zero).ln(), ((1.0 - one) / (1.0 - zero)).ln())
}

impl Guesser {
    /// Is shown a round, and told how the coins fell.
    pub(super) fn learn(&mut self, sight: &[&Event], coins: [bool; COINS]) {
        let lesson = u32::try_from(self.lessons.len()).unwrap();
        let mut fall = 0;
        for (n, coin) in coins.iter().enumerate() {
            fall |= usize::from(*coin) << n;
        }
        self.lessons.push(fall);
        for (sort, there) in traits(sight) {
            let all = self.there.entry(sort).or_default();
            all.extend(there.into_iter().map(|t| (t, lesson)));
        }
        for (slot, event) in slots(sight) {
            self.dense
                .entry(slot)
                .or_default()
                .count(&event.bytes, fall);
        }
    }

    /// Is shown a round, and says how each coin fell; then it is written down how often that was right.
    pub(super) fn guess(&mut self, sight: &[&Event], coins: [bool; COINS]) {
        let models = self.models.take().unwrap_or_else(|| self.settle());
        let there = traits(sight);
        let placed: BTreeMap<Slot, &Event> = slots(sight).into_iter().collect();
        for (n, model) in models.iter().enumerate() {
            let mut score = model.absent;
            for trait_ in there.values().flatten() {
                if let Some((present, absent)) = model.traits.get(trait_) {
                    score += present - absent;
                }
            }
            let byte = |slot: &Slot, at: usize| {
                let event = placed.get(slot);
                event.and_then(|e| e.bytes.get(at)).copied().unwrap_or(0)
            };
            for (slot, bit, set, unset) in &model.bits {
                let is = byte(slot, bit / 8) >> (bit % 8) & 1 == 1;
                score += if is { set } else { unset };
            }
            for (slot, at, mean, variance) in &model.bytes {
                let is = f64::from(byte(slot, *at));
                let off = mean.map(|mean| (is - mean) * (is - mean));
                score += (off[0] - off[1]) / (2.0 * variance);
            }
            self.right[n] += usize::from((score > 0.0) == coins[n]);
        }
        self.models = Some(models);
    }

    /// How often it was right, by coin.
    pub(super) const fn right(&self) -> [usize; COINS] {
        self.right
    }

    fn settle(&mut self) -> [Model; COINS] {
        let mut candidates: [Vec<Candidate>; COINS] = Default::default();
        let mut falls = [0_u32; FALLS];
        for fall in &self.lessons {
            falls[*fall] += 1;
        }
        let sides = |by_fall: &dyn Fn(usize) -> f64, coin: usize| {
            let mut sum = [0.0; 2];
            for fall in 0..FALLS {
                sum[shows(fall, coin)] += by_fall(fall);
            }
            sum
        };
        let of: Vec<[f64; 2]> = (0..COINS)
            .map(|coin| sides(&|fall| f64::from(falls[fall]), coin))
            .collect();
        for (_, mut all) in std::mem::take(&mut self.there) {
            all.sort_unstable();
            let groups: Vec<&[(u64, u32)]> = all
                .chunk_by(|a, b| a.0 == b.0)
                .filter(|group| group.len() >= LEAST)
                .collect();
            let bar = bar(groups.len());
            for group in &groups {
                let mut counts = [[0.0; 2]; COINS];
                for (_, lesson) in *group {
                    let fall = self.lessons[*lesson as usize];
                    for (coin, counts) in counts.iter_mut().enumerate() {
                        counts[shows(fall, coin)] += 1.0;
                    }
                }
                for (coin, counts) in counts.into_iter().enumerate() {
                    let z = apart(counts, of[coin]).abs();
                    let what = What::Trait(group[0].0, counts);
                    note(&mut candidates[coin], z, bar, what);
                }
            }
        }
        let many: usize = self.dense.values().map(|d| d.bits.len()).sum();
        let long: usize = self.dense.values().map(|d| d.bytes.len()).sum();
        for (slot, dense) in std::mem::take(&mut self.dense) {
            for (n, by_fall) in dense.bits.iter().enumerate() {
                for (coin, of) in of.iter().enumerate() {
                    let counts = sides(&|fall| f64::from(by_fall[fall]), coin);
                    let z = apart(counts, *of).abs();
                    note(
                        &mut candidates[coin],
                        z,
                        bar(many),
                        What::Bit(slot, n, counts),
                    );
                }
            }
            for (n, by_fall) in dense.bytes.iter().enumerate() {
                for (coin, of) in of.iter().enumerate() {
                    let sums = sides(&|fall| f64::from(by_fall[fall].0), coin);
                    let squares = sides(&|fall| f64::from(by_fall[fall].1), coin);
                    let mean = [sums[0] / of[0], sums[1] / of[1]];
                    let all = of[0] + of[1];
                    let middle = (sums[0] + sums[1]) / all;
                    let variance = (squares[0] + squares[1]) / all - middle * middle;
                    let variance = variance.max(0.01);
                    let spread = (variance * (1.0 / of[0] + 1.0 / of[1])).sqrt();
                    let z = ((mean[1] - mean[0]) / spread).abs();
                    let what = What::Byte(slot, n, mean, variance);
                    note(&mut candidates[coin], z, bar(long), what);
                }
            }
        }
        let mut coins = 0..COINS;
        candidates.map(|all| Model::of(all, of[coins.next().unwrap()]))
    }
}

/// Keeps what stands out, and what comes closest to it.
fn note(candidates: &mut Vec<Candidate>, z: f64, bar: f64, what: What) {
    let beyond = z / bar;
    match candidates.last_mut() {
        Some(last) if beyond < 1.0 && last.beyond >= beyond => {}
        Some(last) if last.beyond < 1.0 => *last = Candidate { z, beyond, what },
        _ => candidates.push(Candidate { z, beyond, what }),
    }
}

impl Dense {
    fn count(&mut self, bytes: &[u8], fall: usize) {
        if bytes.len() <= SMALL {
            if self.bits.len() < bytes.len() * 8 {
                self.bits.resize(bytes.len() * 8, [0; FALLS]);
            }
            for (byte, counts) in bytes.iter().zip(self.bits.chunks_exact_mut(8)) {
                for (n, count) in counts.iter_mut().enumerate() {
                    count[fall] += u32::from(byte >> n & 1);
                }
            }
            return;
        }
        if self.bytes.len() < bytes.len() {
            self.bytes.resize(bytes.len(), [(0, 0); FALLS]);
        }
        for (byte, sums) in bytes.iter().zip(&mut self.bytes) {
            let (sum, squares) = &mut sums[fall];
            *sum += u32::from(*byte);
            *squares += u32::from(*byte) * u32::from(*byte);
        }
    }
}

impl Model {
    fn of(mut all: Vec<Candidate>, of: [f64; 2]) -> Self {
        if all.iter().any(|c| c.beyond >= 1.0) {
            all.retain(|c| c.beyond >= 1.0);
        }
        all.sort_by(|a, b| b.z.total_cmp(&a.z));
        all.truncate(KEPT);
        let mut model = Self::default();
        for candidate in all {
            match candidate.what {
                What::Trait(trait_, counts) => {
                    let (present, absent) = weights(counts, of);
                    model.absent += absent;
                    model.traits.insert(trait_, (present, absent));
                }
                What::Bit(slot, n, counts) => {
                    let (set, unset) = weights(counts, of);
                    model.bits.push((slot, n, set, unset));
                }
                What::Byte(slot, n, mean, variance) => {
                    model.bytes.push((slot, n, mean, variance));
                }
            }
        }
        model
    }
}
