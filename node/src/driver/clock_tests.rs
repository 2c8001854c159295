//! A clock that somebody sets, at a real driver that is started again on what lies on its disk.
#![allow(clippy::unwrap_used)]

use crate::clock::Clock;
use crate::testing::Home;
use parasol_protocol::engine::{Division, Member, Settings};
use parasol_protocol::time::{Day, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GUARD: Duration = Duration::from_secs(60);
const HOUR: u64 = 3_600_000;
pub(super) const TODAY: Day = Day::from_number(20_810);
/// The others' delegations are of today, and no further than this does their word lead.
const LATEST: Day = Day::from_number(20_812);
const SOMEBODY: Member = Member([7; 32]);
const ALONE: Division = Division {
    members: 1,
    each: None,
};

/// What a clock shows, and how much time has passed: the one is the attacker's, the other nobody's.
#[derive(Clone)]
pub(super) struct Hands(Arc<Mutex<(Timestamp, Duration)>>);

impl Hands {
    pub(super) fn new() -> Self {
        let hands = Self(Arc::new(Mutex::new(Default::default())));
        hands.show(TODAY);
        hands
    }

    pub(super) fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Clock::of(move || *hands.lock().unwrap())
    }

    /// Sets the clock to ten in the morning.
    fn show(&self, day: Day) {
        self.show_at(day, 10);
    }

    pub(super) fn show_at(&self, day: Day, hour: u64) {
        let now = u64::from(day.number()) * 24 * HOUR + hour * HOUR;
        self.0.lock().unwrap().0 = Timestamp::from_millis(now);
    }

    fn pass(&self, hours: u64) {
        self.0.lock().unwrap().1 += Duration::from_millis(hours * HOUR);
    }
}

/// The day that counts, and what is used of it.
async fn stands(home: &Home) -> (Day, u32) {
    home.driver.tick().await;
    let (share, allowance) = home.driver.quota(SOMEBODY, ALONE).await.unwrap();
    (allowance.day, share.used)
}

async fn use_some(home: &Home) {
    let charged = home.driver.charge(SOMEBODY, 10, ALONE).await.unwrap();
    assert!(charged.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_goes_to_and_fro_walks_nowhere_and_starts_do_not_add_up() {
    let hands = Hands::new();
    let settings = Settings::default();
    let mut home = Home::start_by(hands.clock(), settings, |store| store).await;
    let mut begun = 0;
    let mut last = stands(&home).await;
    assert_eq!(last, (TODAY, 0));
    use_some(&home).await;
    for n in 0..12 {
        if n % 3 == 2 {
            home = home.restart(hands.clock(), settings).await;
        }
        // Near, by one day more each time, and far.
        for ahead in [1, 1 + n, 2 + n, 300] {
            hands.show(TODAY.plus(ahead));
            let (day, used) = stands(&home).await;
            assert!(day <= LATEST, "{day} at {ahead} days ahead");
            begun += u32::from(used == 0);
            if used == 0 {
                use_some(&home).await;
            }
            last.0 = last.0.max(day);
        }
        hands.show(TODAY);
        stands(&home).await;
    }
    assert_eq!((last.0, begun), (LATEST, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_away_has_a_day_for_each_that_passes_and_no_more() {
    let hands = Hands::new();
    let settings = Settings::default();
    let home = Home::start_by(hands.clock(), settings, |store| store).await;
    stands(&home).await;
    // It is right, and nobody bears it out.
    hands.show(TODAY.plus(7));
    let mut home = home.restart(hands.clock(), settings).await;
    let mut days = vec![stands(&home).await.0];
    for hour in 1..=96 {
        hands.pass(1);
        let day = stands(&home).await.0;
        if hour % 5 == 0 {
            // What had passed before a start is lost to the quarter of an hour, not more.
            home = home.restart(hands.clock(), settings).await;
            stands(&home).await;
        }
        if days.last() != Some(&day) {
            days.push(day);
        }
    }
    let expected: Vec<Day> = (0..=4).map(|n| TODAY.plus(n)).collect();
    assert_eq!(days, expected);
    let status = home.driver.status().await.unwrap();
    assert_eq!(status.today, TODAY.plus(7));
    assert!(status.warnings.iter().any(|w| w.code() == "clock-ahead"));
}

/// What clients wait for was to come so many seconds later, by a clock that was ahead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_put_right_keeps_nobody_waiting() {
    let hands = Hands::new();
    let home = Home::start_by(hands.clock(), Settings::default(), |store| store).await;
    // It may have published today and not know it.
    let tomorrow = TODAY.plus(1);
    hands.show(tomorrow);
    let settings = Settings {
        catch_up_first: true,
        ..Settings::default()
    };
    let home = home.restart(hands.clock(), settings).await;
    hands.show_at(tomorrow, 20);
    let put_right = async {
        // By then the other one waits.
        home.driver.status().await.unwrap();
        hands.show(tomorrow);
        home.driver.tick().await;
    };
    let both = async { tokio::join!(home.driver.publish(Vec::new()), put_right) };
    let (published, ()) = tokio::time::timeout(GUARD, both).await.unwrap();
    assert_eq!(published, Ok(Vec::new()));
}
