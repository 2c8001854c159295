//! Nobody sees more than the spec states, whoever leaves out what; and whatever a client does wrong
//! is seen.

use super::*;

fn play(options: &Options) -> Table {
    Stage::new().play(options)
}

#[track_caller]
fn holds(table: &Table) {
    let rows = table.rows.iter().filter(|row| !row.holds());
    let beyond: Vec<String> = rows.map(|row| format!("{row:?}")).collect();
    assert!(beyond.is_empty(), "{beyond:#?}");
    let named = table.named.iter().filter(|row| !row.holds());
    let beyond: Vec<String> = named.map(|row| format!("{row:?}")).collect();
    assert!(beyond.is_empty(), "{beyond:#?}");
}

/// Every adversary, all coins, and naming one of a thousand.
#[test]
fn nobody_sees_more_of_a_look_up_than_the_spec_states() {
    let mut stage = Stage::new();
    assert_eq!((stage.reports(), stage.bits()), (780, 8));
    let table = stage.play(&Options::default());
    assert_eq!(table.rows.len(), 28);
    assert!(table.rows.iter().all(|row| row.guesses == 1024));
    holds(&table);
}

/// One that leaves out all that it carries is asked back, and learns no more by it.
#[test]
fn a_node_that_withholds_reports_is_not_told_which_of_them_was_looked_for() {
    holds(&play(&Options {
        rounds: 600,
        named: 0,
        withholds: true,
        ..Options::default()
    }));
}

/// A client does this wrong: it gives a coin away to some, and others do not sit where it shows.
fn is_seen(stage: &mut Stage, flaw: Flaw, coin: Coin, by: &[Adversary], not_by: &[Adversary]) {
    let table = stage.play(&Options {
        rounds: 240,
        named: 0,
        flaw,
        pairs: if flaw == Flaw::OrdersByHandle {
            255
        } else {
            64
        },
        withholds: false,
    });
    for adversary in by {
        let rows = table.rows.iter();
        let mut rows = rows.filter(|row| row.adversary == *adversary && row.coin == coin);
        let row = rows.next().unwrap();
        let seen = row.advantage > 0.2 && !row.holds();
        assert!(seen, "{}: {row:?}", flaw.name());
    }
    for row in &table.rows {
        let blind = not_by.contains(&row.adversary);
        assert!(!blind || row.holds(), "{}: {row:?}", flaw.name());
    }
}

use Adversary::{Answering, Home, HomeAndAnswering, HomeAndKeyholder, Keyholder};
use Adversary::{KeyholderAndAnswering, OneNode};

#[test]
fn what_a_client_gives_away_in_its_questions_is_seen() {
    let mut stage = Stage::new();
    let mut seen = |flaw, by: &[_], not_by: &[_]| {
        is_seen(&mut stage, flaw, Coin::Whom, by, not_by);
    };
    let all_but_answering = [Home, Keyholder, HomeAndKeyholder, OneNode];
    seen(Flaw::AlikeBlinds, &all_but_answering, &[Answering]);
    let answering = [Answering, KeyholderAndAnswering, HomeAndAnswering];
    seen(Flaw::FullBits, &answering, &[Home, Keyholder]);
    seen(Flaw::SendsLabel, &answering, &[Home, Keyholder]);
    seen(Flaw::OrdersByHandle, &answering, &[Home, Keyholder]);
}

#[test]
fn what_a_client_gives_away_beside_its_questions_is_seen() {
    let mut stage = Stage::new();
    let mut seen = |flaw, coin, by: &[_], not_by: &[_]| {
        is_seen(&mut stage, flaw, coin, by, not_by);
    };
    let homes = [Home, HomeAndKeyholder, HomeAndAnswering];
    seen(Flaw::FetchesFound, Coin::Found, &homes, &[Keyholder]);
    let evaluating = [Home, Keyholder, OneNode];
    seen(Flaw::SizesByFound, Coin::Found, &evaluating, &[Answering]);
    let elsewhere = [Keyholder, Answering];
    seen(Flaw::ConnectionPerHandle, Coin::Whom, &homes, &elsewhere);
}

/// With all bits the bucket names one of a thousand, and whoever sees it names him.
#[test]
fn whoever_sees_a_full_bucket_names_who_is_in_it() {
    let table = play(&Options {
        rounds: 0,
        named: 160,
        flaw: Flaw::FullBits,
        ..Options::default()
    });
    let named = |a| table.named.iter().find(|n| n.adversary == a).unwrap();
    let answering = named(Answering);
    assert!(!answering.holds() && answering.right > 0.9, "{answering:?}");
    assert!(named(Home).holds() && named(Keyholder).holds());
}
