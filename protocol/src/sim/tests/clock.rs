//! A clock that is wrong destroys nothing and brings nothing back.

use super::lab::Lab;
use super::*;
use crate::engine::{Notice, Output, Warning};
use crate::time::Timestamp;
use crate::wire::client::OwnAsk;

const TODAY: Day = Day::from_number(20_810);

/// Four organisations; the node of the first is looked at. It carries a report that lives ten days.
fn lab() -> (Lab, Drbg, RecordId) {
    let shape = Shape {
        organisations: 4,
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 9), 4, TODAY);
    let mut entropy = Drbg::new(9, "clock");
    let record = signed(&lab, 0, TODAY, 0, &mut entropy);
    lab.offer(0, record.clone()).unwrap();
    tick(&mut lab);
    (lab, entropy, record.id())
}

fn signed(lab: &Lab, node: usize, issued: Day, slot: u32, entropy: &mut Drbg) -> Verified {
    let lock = SecretKey::generate(entropy);
    let body = report_body(lock.lock(), Audience::Federation, entropy);
    lab.federation
        .sign(node, issued, issued.plus(10), slot, body)
}

/// A tick of the first node alone, without catch-up.
fn tick(lab: &mut Lab) {
    let now = lab.now;
    let (engine, store) = &mut lab.sides[0];
    let outputs = engine.tick(store, now).unwrap();
    lab.perform(0, outputs);
}

fn set_clock(lab: &mut Lab, day: Day) {
    lab.now = Timestamp::from_millis(u64::from(day.number()) * 86_400_000 + 5_000);
}

/// Days go by, and the clock is right. Nobody says anything meanwhile.
fn live_until(lab: &mut Lab, day: Day) {
    while lab.now.day() < day {
        lab.wait(86_400_000);
        tick(lab);
    }
}

fn counted(lab: &Lab) -> Day {
    lab.sides[0].0.counted_day(lab.now)
}

fn shown(lab: &Lab) -> usize {
    let (engine, store) = &lab.sides[0];
    let ask = OwnAsk {
        only_own: false,
        cursor: 0,
    };
    engine.own(&ask, store, lab.now).unwrap().records.len()
}

fn warned(lab: &Lab) -> Vec<Warning> {
    let (engine, store) = &lab.sides[0];
    engine.warnings(store, lab.now).unwrap()
}

/// What is done once a day may be done before anybody has looked at the clock.
#[test]
fn a_start_with_a_clock_set_ahead_ends_no_day() {
    let (mut lab, ..) = lab();
    let now = lab.now;
    assert_eq!(lab.sides[0].0.settled(now), Some(TODAY));
    lab.restart(0);
    set_clock(&mut lab, TODAY.plus(2));
    let now = lab.now;
    assert_eq!(lab.sides[0].0.settled(now), None);
    // The next day is as near as that of any node that slept overnight.
    set_clock(&mut lab, TODAY.plus(1));
    let now = lab.now;
    assert_eq!(lab.sides[0].0.settled(now), Some(TODAY.plus(1)));
}

/// As many organisations bear a day out as open the list.
#[test]
fn fewer_than_a_threshold_bear_no_day_out() {
    let shape = Shape {
        organisations: 5,
        holders: 5,
        threshold: Some(3),
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 9), 5, TODAY);
    let mut entropy = Drbg::new(9, "clock");
    tick(&mut lab);
    let ahead = TODAY.plus(20);
    set_clock(&mut lab, ahead);
    tick(&mut lab);
    for (node, settled) in [(1, false), (2, false), (3, true)] {
        let record = signed(&lab, node, ahead, 0, &mut entropy);
        lab.offer(0, record).unwrap();
        tick(&mut lab);
        let now = lab.now;
        assert_eq!(lab.sides[0].0.settled(now).is_some(), settled, "{node}");
    }
}

#[test]
fn a_clock_that_jumps_ahead_deletes_nothing_until_two_others_bear_it_out() {
    let (mut lab, mut entropy, id) = lab();
    assert_eq!(shown(&lab), 1);
    let ahead = TODAY.plus(30);
    set_clock(&mut lab, ahead);
    tick(&mut lab);
    let notice = Notice::ClockAhead {
        known: TODAY,
        today: ahead,
    };
    assert!(lab.told.contains(&(0, notice)));
    assert!(lab.carried(0).contains(&id), "it is not deleted");
    assert_eq!(shown(&lab), 0, "nor shown");
    let doubt = Warning::Clock {
        known: TODAY,
        today: ahead,
    };
    assert_eq!(warned(&lab), [doubt]);
    // What one other says is not enough, however often; nor what is old; nor one's own.
    let says = [
        (1, ahead, 1, true),
        (1, ahead.minus(1), 2, true),
        (2, ahead.minus(3), 3, true),
        (0, ahead, 4, true),
        (3, ahead.minus(2), 5, false),
    ];
    for (node, issued, slot, kept) in says {
        let record = signed(&lab, node, issued, slot, &mut entropy);
        lab.offer(0, record).unwrap();
        tick(&mut lab);
        assert_eq!(lab.carried(0).contains(&id), kept, "slot {slot}");
    }
    assert!(warned(&lab).is_empty());
}

#[test]
fn whoever_runs_the_node_can_say_that_the_day_is_right() {
    let (mut lab, _, id) = lab();
    let ahead = TODAY.plus(30);
    set_clock(&mut lab, ahead);
    tick(&mut lab);
    lab.sides[0].0.accept_time(ahead.minus(1));
    tick(&mut lab);
    assert!(lab.carried(0).contains(&id), "that was another day");
    lab.sides[0].0.accept_time(ahead);
    tick(&mut lab);
    assert!(!lab.carried(0).contains(&id));
}

#[test]
fn a_clock_that_is_put_right_again_has_done_no_harm() {
    let (mut lab, _, id) = lab();
    set_clock(&mut lab, TODAY.plus(300));
    tick(&mut lab);
    set_clock(&mut lab, TODAY.plus(1));
    tick(&mut lab);
    assert!(warned(&lab).is_empty());
    assert_eq!(shown(&lab), 1);
    for day in 2..12 {
        live_until(&mut lab, TODAY.plus(day));
        assert_eq!(lab.carried(0).contains(&id), day < 11, "day {day}");
    }
}

#[test]
fn a_clock_that_is_set_back_brings_nothing_back() {
    let (mut lab, mut entropy, id) = lab();
    live_until(&mut lab, TODAY.plus(11));
    let gone = signed(&lab, 1, TODAY, 1, &mut entropy);
    let late = TODAY.plus(11);
    set_clock(&mut lab, TODAY);
    for restart in [false, true] {
        if restart {
            lab.restart(0);
        }
        tick(&mut lab);
        assert!(!lab.carried(0).contains(&id));
        assert!(lab.offer(0, gone.clone()).is_err(), "it has expired");
        assert_eq!(lab.sides[0].0.today(lab.now), late);
    }
    // Catch-up goes on all the same.
    let record = signed(&lab, 2, late, 2, &mut entropy);
    lab.offer(0, record.clone()).unwrap();
    for side in 1..4 {
        lab.sides[side].0.accept_time(late);
    }
    set_clock(&mut lab, late);
    lab.tick();
    assert!(lab.carried(1).contains(&record.id()));
}

/// However short the time is that it was ahead: between two looks at it, even.
#[test]
fn a_clock_put_right_delays_no_catch_up() {
    let asks = |lab: &mut Lab| {
        let now = lab.now;
        let (engine, store) = &mut lab.sides[0];
        let outputs = engine.tick(store, now).unwrap();
        let ask = |o: &&Output| matches!(o, Output::Ask { .. });
        outputs.iter().filter(ask).count()
    };
    for looks in [false, true] {
        let (mut lab, ..) = lab();
        let right = lab.now;
        lab.now = right.plus_millis(20 * 86_400_000);
        for station in &lab.federation.stations[1..] {
            let key = station.transport.transport();
            lab.sides[0].0.disconnected_from(&key);
        }
        lab.connect();
        if looks {
            // What is asked now nobody answers.
            assert_eq!(asks(&mut lab), 3);
        }
        lab.now = right;
        let first = asks(&mut lab);
        lab.now = right.plus_millis(60_000);
        assert_eq!(first + asks(&mut lab), 3, "{looks}");
    }
}

#[test]
fn a_start_after_a_long_time_is_a_jump_too() {
    let (mut lab, _, id) = lab();
    set_clock(&mut lab, TODAY.plus(30));
    lab.restart(0);
    tick(&mut lab);
    assert!(lab.carried(0).contains(&id));
    assert_eq!(shown(&lab), 0);
    assert_eq!(warned(&lab).len(), 1);
}

#[test]
fn small_steps_that_were_no_time_lead_nowhere() {
    let (mut lab, _, id) = lab();
    for day in 1..12 {
        set_clock(&mut lab, TODAY.plus(day));
        tick(&mut lab);
    }
    assert!(lab.carried(0).contains(&id));
    assert_eq!(counted(&lab), TODAY.plus(1));
}

/// Put back, the clock is believed for days that have come, and for no further one.
#[test]
fn neither_to_and_fro_nor_start_after_start_leads_further_than_a_day() {
    for (starts, back) in [(false, 0), (false, 1), (true, 0), (true, 5)] {
        let (mut lab, _, id) = lab();
        for n in 1..40 {
            for day in [
                TODAY.plus(300),
                TODAY.plus(n),
                TODAY.plus(n.min(back)),
                TODAY.plus(1),
            ] {
                set_clock(&mut lab, day);
                tick(&mut lab);
                let now = lab.now;
                assert!(counted(&lab) <= TODAY.plus(1), "{n}, {day}");
                let settled = lab.sides[0].0.settled(now);
                assert!(settled.is_none_or(|day| day <= TODAY.plus(1)), "{n}, {day}");
            }
            if starts {
                lab.restart(0);
            }
        }
        assert!(lab.carried(0).contains(&id));
        // When that day has come, it is the day, and the next takes its time.
        let (now, noon) = (TODAY.plus(1), 43_200_000);
        set_clock(&mut lab, now);
        for hours in [12, 11] {
            lab.wait(hours * 3_600_000);
            tick(&mut lab);
            assert_eq!(counted(&lab), now);
        }
        lab.wait(noon);
        tick(&mut lab);
        assert_eq!(counted(&lab), TODAY.plus(2));
    }
}

/// What a start costs is lost, and never given twice.
#[test]
fn time_that_passed_is_kept_over_starts_and_counted_once() {
    let (mut lab, ..) = lab();
    set_clock(&mut lab, TODAY.plus(50));
    let mut days = 0;
    for quarter in 1..=(24 * 4 * 10) {
        for (engine, _) in &mut lab.sides {
            engine.time_passed(15 * 60_000);
        }
        tick(&mut lab);
        if quarter % 3 == 0 {
            lab.restart(0);
            tick(&mut lab);
        }
        let counted = counted(&lab).since(TODAY);
        // A clock that is far ahead goes on by the time that passes alone.
        assert_eq!(counted, quarter / (24 * 4), "{quarter}");
        days = counted;
    }
    assert_eq!(days, 10);
    // Less than what is written down at a time is lost with each start.
    for _ in 0..500 {
        for (engine, _) in &mut lab.sides {
            engine.time_passed(15 * 60_000 - 1);
        }
        tick(&mut lab);
        lab.restart(0);
        tick(&mut lab);
    }
    assert_eq!(counted(&lab), TODAY.plus(10));
}

#[test]
fn a_quiet_federation_lives_from_day_to_day() {
    let (mut lab, _, id) = lab();
    // Its clock is put right by half a minute each day.
    for day in 1..60 {
        lab.wait(86_400_000 - 30_000);
        lab.now = lab.now.plus_millis(30_000);
        tick(&mut lab);
        let now = lab.now;
        assert_eq!(counted(&lab), TODAY.plus(day));
        assert_eq!(lab.sides[0].0.settled(now), Some(TODAY.plus(day)));
        assert!(warned(&lab).is_empty());
        assert_eq!(lab.carried(0).contains(&id), day < 11);
    }
}

/// Others' word makes up for the time that a node was off, and goes no further than what they say.
#[test]
fn others_words_lead_two_days_further_than_they_say_at_most() {
    let (mut lab, mut entropy, _) = lab();
    set_clock(&mut lab, TODAY.plus(1));
    tick(&mut lab);
    // The time of the first day is used; two others say that the second has come.
    for (slot, node) in (0..).zip([1, 2]) {
        let record = signed(&lab, node, TODAY.plus(1), slot, &mut entropy);
        lab.offer(0, record).unwrap();
    }
    for ahead in 1..10 {
        for day in [ahead, 1, ahead + 1] {
            set_clock(&mut lab, TODAY.plus(day));
            tick(&mut lab);
            assert!(counted(&lab) <= TODAY.plus(3), "{ahead}, {day}");
        }
    }
    assert_eq!(counted(&lab), TODAY.plus(3));
}
