//! How an organisation's day is divided among its members, as the engine that nodes run divides it.

use super::lab::Lab;
use super::quota::{Game, TODAY};
use super::*;
use crate::carried::View as _;
use crate::engine::{Division, Member};
use crate::wire::Again;

/// The home node of the first organisation, and its members.
struct Members {
    game: Game,
    division: Division,
}

impl Members {
    fn new(members: usize, each: Option<u32>) -> Self {
        Self::of_day(100, members, each)
    }

    fn of_day(quota: u32, members: usize, each: Option<u32>) -> Self {
        Self {
            game: Game::new((3, 2), quota),
            division: Division { members, each },
        }
    }

    /// The most that a member could ask now, found without asking: she is refused beyond it.
    fn refused_from(&mut self, member: u8) -> u32 {
        let now = self.game.now(0);
        let (engine, store) = &mut self.game.lab.sides[0];
        let whose = Member([member; 32]);
        let share = engine.share(&whose, self.division, store, now).unwrap();
        assert!(self.ask(member, share.left + 1).is_err());
        share.left
    }

    fn ask(&mut self, member: u8, count: u32) -> Result<Day, Again> {
        let now = self.game.now(0);
        let (engine, store) = &mut self.game.lab.sides[0];
        let charged = engine.charge(&Member([member; 32]), count, self.division, store, now);
        let (outputs, answer) = charged.unwrap();
        self.game.lab.perform(0, outputs);
        answer
    }

    /// All that a member gets, one at a time.
    fn all(&mut self, member: u8) -> u32 {
        (0..).take_while(|_| self.ask(member, 1).is_ok()).count() as u32
    }
}

#[test]
fn an_insider_leaves_the_others_as_much_as_she_uses() {
    let mut home = Members::new(5, None);
    assert_eq!(home.all(1), 50);
    // The next, and the next: there is always something left.
    assert_eq!((home.all(2), home.all(3), home.all(4)), (25, 12, 6));
    assert_eq!(home.all(5), 3);
    assert_eq!(home.all(1), 0);
    let told = home.ask(1, 1).unwrap_err();
    assert_eq!(told, Again::in_minutes(1440).unwrap());
    home.game.wait(DAY);
    // Two that take turns get no more than one after the other would.
    let mut taken = 0;
    while home.ask(1, 1).is_ok() && home.ask(2, 1).is_ok() {
        taken += 2;
    }
    assert!((60..=75).contains(&taken), "{taken}");
    assert!(home.ask(3, 10).is_ok());
    // At once or one by one is the same.
    home.game.wait(DAY);
    assert!(home.ask(1, 51).is_err() && home.ask(1, 50).is_ok() && home.ask(1, 1).is_err());
}

/// Who tries how much is left finds out in steps what the others ask, as she is told it anyway.
#[test]
fn what_a_colleague_asks_just_now_does_not_show() {
    let mut home = Members::of_day(6400, 5, None);
    home.ask(2, 1).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for n in 1..100u32 {
        home.ask(2, 1).unwrap();
        seen.insert(home.refused_from(1));
        // Nor is there more again when something is given back.
        if n % 10 == 0 {
            let (engine, _) = &mut home.game.lab.sides[0];
            engine.refund(&Member([2; 32]), 10, TODAY);
            seen.insert(home.refused_from(1));
            home.ask(2, 10).unwrap();
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// What an organisation may ask is one, however many nodes it has.
#[test]
fn two_nodes_have_half_the_day_each() {
    let shape = Shape {
        organisations: 3,
        nodes: 2,
        quotas: crate::charter::Quotas {
            evaluations: 100,
            ..Shape::default().quotas
        },
        ..Shape::default()
    };
    let mut lab = Lab::new(Federation::new(shape, 5), 6, TODAY);
    let most = |lab: &mut Lab, side: usize, members: usize| {
        let division = Division {
            members,
            each: None,
        };
        let (engine, store) = &mut lab.sides[side];
        let share = engine.share(&Member([1; 32]), division, store, lab.now);
        share.unwrap().left
    };
    for side in [0, 1] {
        assert_eq!(most(&mut lab, side, 1), 50);
        assert_eq!(most(&mut lab, side, 4), 25);
    }
}

#[test]
fn the_division_lives_through_a_start_and_names_nobody() {
    let mut home = Members::new(3, None);
    assert!(home.ask(1, 30).is_ok());
    home.game.lab.restart(0);
    let (_, store) = &home.game.lab.sides[0];
    assert_eq!(store.member(&[0; 16], TODAY), Ok(30));
    assert_eq!(
        store.member(&[1; 16], TODAY),
        Ok(0),
        "not by what she is known by"
    );
    assert_eq!(home.all(1), 20);
    home.game.wait(DAY);
    assert_eq!(home.all(1), 50);
}

#[test]
fn one_alone_has_all_of_it_and_a_figure_is_a_figure() {
    let mut alone = Members::new(1, None);
    assert!(alone.ask(1, 1024).is_ok());
    let mut figure = Members::new(4, Some(20));
    assert_eq!((figure.all(1), figure.all(2)), (20, 20));
    // What nobody answered is given back.
    let (engine, _) = &mut figure.game.lab.sides[0];
    engine.refund(&Member([1; 32]), 5, TODAY);
    assert_eq!(figure.all(1), 5);
}

/// Who asks just before midnight and is refused just after gives the new day nothing back.
#[test]
fn what_is_given_back_is_of_the_day_on_which_it_was_taken() {
    let mut home = Members::new(5, None);
    let day = home.ask(1, 50).unwrap();
    assert_eq!(day, TODAY);
    let (engine, _) = &mut home.game.lab.sides[0];
    engine.refund(&Member([1; 32]), 50, day.minus(1));
    engine.refund(&Member([1; 32]), 50, day.plus(1));
    assert_eq!((home.all(2), home.all(3)), (25, 12));
}

#[test]
fn what_is_granted_is_divided_too() {
    let mut home = Members::new(5, None);
    for by in [1, 2] {
        let grant = home.game.lab.federation.grant(by, 0, 400, TODAY, 5, 0);
        home.game.offer(&grant);
    }
    assert_eq!(home.all(1), 250);
    assert_eq!(home.all(2), 125);
    home.game.wait(DAY);
    // Of the 400 those are gone that were asked yesterday beyond the quota: 275.
    assert_eq!(home.all(1), 112);
}
