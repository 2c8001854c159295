//! Who runs a node is told in good time that its delegation ends, and until it is renewed.

use super::lab::Lab;
use super::*;
use crate::engine::{Notice, Warning};
use crate::limits::MAX_DELEGATION_DAYS;
use crate::record::delegation::SlotRange;

/// What the first node's keeper is told on a day: at the day's beginning, and whenever he asks.
fn told(lab: &mut Lab, day: Day) -> (Vec<Notice>, Vec<Warning>) {
    while lab.now.day() < day {
        lab.wait(DAY);
    }
    lab.told.clear();
    for _ in 0..3 {
        lab.tick();
    }
    let own = lab
        .told
        .iter()
        .filter(|(side, notice)| *side == 0 && matches!(notice, Notice::DelegationEnds(_)));
    let notices = own.map(|(_, notice)| notice.clone()).collect();
    let (engine, store) = &lab.sides[0];
    (notices, engine.warnings(store, lab.now).unwrap())
}

#[test]
fn a_delegation_that_ends_is_told_for_fourteen_days_until_it_is_renewed() {
    let federation = Federation::new(Shape::default(), 31);
    let made = Shape::default().made;
    let mut lab = Lab::new(federation, 3, made);
    let until = made.plus(MAX_DELEGATION_DAYS);
    // Day by day: a clock that jumps is another story.
    for left in (0..=MAX_DELEGATION_DAYS).rev() {
        let (notices, warnings) = told(&mut lab, until.minus(left));
        if left > 14 {
            assert_eq!((notices, warnings), (vec![], vec![]), "{left} days left");
            continue;
        }
        // Once a day, however often the engine ticks; and as long as one asks.
        let last = Some(until);
        assert_eq!(notices, [Notice::DelegationEnds(last)], "{left} days left");
        assert_eq!(
            warnings,
            [Warning::Delegation { until: last }],
            "{left} days left"
        );
        let said = warnings[0].to_string();
        assert!(said.contains(&until.to_string()), "{said}");
        assert!(said.contains("parasol org delegate"), "{said}");
        assert_eq!(warnings[0].code(), "delegation-ends");
    }
    // The day after the last it signs nothing, and says that.
    let after = until.plus(1);
    let (notices, warnings) = told(&mut lab, after);
    assert_eq!(notices, [Notice::DelegationEnds(None)]);
    assert_eq!(warnings, [Warning::Delegation { until: None }]);
    assert!(warnings[0].to_string().contains("signs nothing"));
    // Renewed, it is quiet.
    let slots = SlotRange {
        first: 0,
        count: 10_000,
    };
    let renewal = lab
        .federation
        .delegation(0, after, MAX_DELEGATION_DAYS, slots, 1);
    lab.offer(0, renewal).unwrap();
    assert_eq!(told(&mut lab, after.plus(1)), (vec![], vec![]));
}
