//! The federation under hardship: every scenario file is played, and what it asserts holds.

use super::super::{self as sim, Outcome, Scenario};
use std::path::PathBuf;

/// The example's own reader.
#[path = "../../../examples/federation/file.rs"]
mod file;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/federation/scenarios")
}

fn scenario(name: &str) -> Scenario {
    let path = directory().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("the file is there");
    file::read(name, &text).unwrap_or_else(|why| panic!("{why}"))
}

fn holds(outcome: &Outcome) {
    assert!(outcome.broken().is_empty(), "{outcome:#?}");
}

/// A test for each file, and one that none was forgotten.
macro_rules! played {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let scenario = scenario(stringify!($name));
            assert!(scenario.nodes() >= 50);
            let scenario = scenario.with_nodes(50).unwrap();
            holds(&scenario.run(1));
        })*

        #[test]
        fn no_file_is_left_out() {
            let mut named = vec![$(concat!(stringify!($name), ".json").to_owned(),)* "thousand.json".to_owned()];
            let files = std::fs::read_dir(directory()).unwrap();
            let mut files: Vec<String> = files
                .map(|f| f.unwrap().file_name().into_string().unwrap())
                .collect();
            named.sort();
            files.sort();
            assert_eq!(named, files);
        }
    };
}

played! {
    live growth loss delay disorder partition churn slow restart clocks laggard tastes flood liar
}

#[test]
fn thousand_at_small_size() {
    let mut small = scenario("thousand").with_nodes(50).unwrap();
    small.load.records = 100;
    holds(&small.run(1));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
    for name in ["loss", "churn", "liar"] {
        let mut small = scenario(name).with_nodes(24).unwrap();
        small.load.records = 30;
        let (first, again, other) = (small.run(7), small.run(7), small.run(8));
        assert_eq!(first, again);
        assert_ne!(first.digest, other.digest);
    }
}

#[test]
fn the_cost_for_a_node_is_flat() {
    let cost = |nodes| {
        let mut scenario = scenario("live").with_nodes(nodes).unwrap();
        scenario.load.records = 20;
        scenario.pace.tick = 5_000;
        let outcome = scenario.run(3);
        holds(&outcome);
        let figure = |name| outcome.figure(name).unwrap();
        (
            figure("messages_per_node"),
            figure("copies_mean_hundredths"),
        )
    };
    let (few, many) = (cost(50), cost(200));
    assert!(many.0 * 10 < few.0 * 12, "{few:?} {many:?}");
    assert!(many.1 * 10 < few.1 * 12, "{few:?} {many:?}");
}

#[test]
fn what_must_hold_is_seen_when_it_does_not() {
    // Nobody speaks with anybody.
    let mut broken = scenario("loss").with_nodes(12).unwrap();
    broken.load.records = 20;
    broken.conditions.loss = 1000;
    let outcome = broken.run(1);
    for name in ["sets_equal", "nothing_lost", "retracted_gone"] {
        assert!(outcome.broken().contains(&name), "{name}: {outcome:#?}");
    }
    // A hardship that does not happen.
    let mut idle = scenario("laggard").with_nodes(14).unwrap();
    idle.load.short = 0;
    idle.load.records = 20;
    idle.events.retain(|e| e.what.name() != "retract");
    assert_eq!(idle.run(1).broken(), ["hardship_happened"]);
}

#[test]
fn a_bad_file_says_what_where_and_what_to_do() {
    let live = std::fs::read_to_string(directory().join("live.json")).unwrap();
    let partition = std::fs::read_to_string(directory().join("partition.json")).unwrap();
    let cases = [
        (
            &live,
            "\"1s\"",
            "\"1 s\"",
            "pace.tick: \"1 s\": this must be a time such as",
        ),
        (
            &live,
            "\"1s\"",
            "1",
            "pace.tick: 1: this must be a time such as",
        ),
        (&live, "\"1s\"", "\"0s\"", "pace.tick: nodes must tick"),
        (&live, "\"pace\"", "\"pase\"", "the file lacks pace; add it"),
        (
            &live,
            "\"links\"",
            "\"link\"",
            "pace: there is no field link here; the fields are",
        ),
        (
            &live,
            "sets_equal",
            "set_equal",
            "assert[0]: \"set_equal\": there is no such invariant; they are sets_equal",
        ),
        (
            &live,
            "\"organisations\": 25",
            "\"organisations\": 1",
            "federation: it takes 2 to 1000",
        ),
        (&live, "{", "", "live: not JSON: "),
        (
            &partition,
            "\"34%\"",
            "\"a third\"",
            "events[0].nodes: \"a third\": this must be a share",
        ),
        (
            &partition,
            "\"34%\"",
            "[1, 50]",
            "events[0] (partition): there is no node 50: they are 0 to 49",
        ),
        (
            &partition,
            "\"until\": \"8d\"",
            "\"until\": \"1d\"",
            "events[0] (partition): it ends before it begins",
        ),
        (
            &partition,
            "\"until\": \"8d\", ",
            "",
            "events[0] (partition): it needs an until",
        ),
        (
            &partition,
            "\"what\": \"retract\"",
            "\"what\": \"storm\"",
            "events[1].what: \"storm\": there is no such event; they are partition, crash",
        ),
    ];
    for (text, from, to, expected) in cases {
        let bad = text.replacen(from, to, 1);
        assert_ne!(&bad, text, "{from} is in the file");
        let why = file::read("live", &bad).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
}
