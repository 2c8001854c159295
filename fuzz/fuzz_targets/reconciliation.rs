//! Two sets, and the messages between them: honest ones end and find exactly the difference,
//! whatever the ids are; altered ones end too, claim nothing of ours that is not, and stay in their
//! bounds.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::structured;
use parasol_protocol::ids::RecordId;
use parasol_protocol::reconcile::{MAX_FRAME, Set};
use parasol_protocol::time::Day;
use parasol_protocol::wire::peer::{Reply, Request};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A run of ids, so that a few bytes make sets of thousands.
#[derive(Arbitrary, Debug)]
struct Run {
    day: u8,
    first: u32,
    count: u16,
    /// What the ids of the run begin with, so that they differ in their last bytes alone.
    prefix: u8,
    end: bool,
    ours: bool,
    theirs: bool,
}

#[derive(Arbitrary, Debug)]
enum Twist {
    Set { at: u16, to: u8 },
    Insert { at: u16, byte: u8 },
    Cut { at: u16 },
    Replace(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Input {
    runs: Vec<Run>,
    /// What is done to the message of this number.
    twists: Vec<(u8, Twist)>,
}

/// Items in all. A frame holds some two thousand ids, and more than that in one answer is what takes
/// long: seldom, so that most inputs take a millisecond.
const MOST: usize = 600;
const SELDOM: usize = 5_000;
/// Messages of an honest dialogue. Each goes sixteen times deeper, or a frame further.
const LONGEST: usize = 64;

type Items = BTreeSet<(Day, RecordId)>;

fn items(runs: &[Run], pick: impl Fn(&Run) -> bool) -> Items {
    let is_long = |run: &Run| run.prefix == 0xff && run.end;
    let mut left = if runs.first().is_some_and(is_long) {
        SELDOM
    } else {
        MOST
    };
    let mut all = BTreeSet::new();
    for run in runs {
        let many = is_long(run);
        let count = usize::from(run.count >> if many { 2 } else { 8 }).min(left);
        left -= count;
        if !pick(run) {
            continue;
        }
        for n in 0..count {
            let number = run.first.wrapping_add(n as u32).to_be_bytes();
            let mut id = [run.prefix; 32];
            let at = if run.end { 28 } else { 0 };
            id[at..at + 4].copy_from_slice(&number);
            // The day follows from the id, as it does for records.
            let day = Day::from_number(20_000 + u32::from(run.day % 4) + u32::from(run.prefix));
            all.insert((day, RecordId::from_bytes(id)));
        }
    }
    // One id has one day.
    let mut seen = BTreeSet::new();
    all.retain(|(_, id)| seen.insert(*id));
    all
}

fn twist(message: &mut Vec<u8>, twist: &Twist) {
    let place = |at: &u16| usize::from(*at) % (message.len() + 1);
    match twist {
        Twist::Set { at, to } => {
            let at = place(at);
            if let Some(byte) = message.get_mut(at) {
                *byte = *to;
            }
        }
        Twist::Insert { at, byte } => {
            let at = place(at);
            message.insert(at, *byte);
        }
        Twist::Cut { at } => {
            let at = place(at);
            message.truncate(at);
        }
        Twist::Replace(with) => message.clone_from(with),
    }
}

/// As it goes over the wire.
fn asked(message: Vec<u8>) -> Vec<u8> {
    let after = Day::from_number(20_000);
    let request = Request::Reconcile { after, message };
    match Request::decode(&request.encode()) {
        Ok(Request::Reconcile { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

fn answered(message: Vec<u8>) -> Vec<u8> {
    let after = Day::from_number(20_000);
    let reply = Reply::Reconcile { after, message };
    match Reply::decode(&reply.encode()) {
        Ok(Reply::Reconcile { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

/// A message out of nowhere, to a node with some hundred records.
fn stray(begun: bool, message: &[u8]) {
    static OURS: LazyLock<Set> = LazyLock::new(|| {
        let ids = (0..600_u32).map(|n| {
            let mut id = [7; 32];
            id[..4].copy_from_slice(&n.wrapping_mul(0x9e37_79b9).to_be_bytes());
            (Day::from_number(20_770 + n % 16), RecordId::from_bytes(id))
        });
        Set::new(ids)
    });
    if begun {
        if let Ok(step) = OURS.proceed(message) {
            reached();
            assert!(step.need.len() <= message.len() / 32);
            assert!(step.next.is_none_or(|m| m.len() as u64 <= MAX_FRAME));
        }
    } else if let Ok(answer) = OURS.answer(message) {
        reached();
        assert!(answer.len() as u64 <= MAX_FRAME);
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => {
            if let Some(input) = structured(rest) {
                dialogue(&input);
            }
        }
        Some((which, rest)) => stray(which % 2 == 0, rest),
        None => {}
    });
});

fn dialogue(input: &Input) {
    let ours = items(&input.runs, |r| r.ours);
    let mut theirs = items(&input.runs, |r| r.theirs);
    // An id that both have has one day at both.
    let days: std::collections::BTreeMap<_, _> = ours.iter().map(|(d, id)| (*id, *d)).collect();
    theirs = theirs
        .into_iter()
        .map(|(day, id)| (days.get(&id).copied().unwrap_or(day), id))
        .collect();
    let (a, b) = (Set::new(ours.clone()), Set::new(theirs.clone()));
    let honest = input.twists.is_empty();
    let known: BTreeSet<_> = ours.iter().map(|(_, id)| *id).collect();
    let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
    let mut message = a.begin().unwrap();
    let mut number = 0_u8;
    let mut ended = false;
    let alter = |message: &mut Vec<u8>, number: u8| {
        for (at, how) in &input.twists {
            if at % 8 == number {
                twist(message, how);
            }
        }
        message.truncate(MAX_FRAME as usize);
    };
    for _ in 0..LONGEST {
        alter(&mut message, number);
        number = number.wrapping_add(1);
        let Ok(mut answer) = b.answer(&asked(message)) else {
            assert!(!honest);
            return;
        };
        assert!(answer.len() as u64 <= MAX_FRAME);
        alter(&mut answer, number);
        number = number.wrapping_add(1);
        let size = answer.len();
        let Ok(step) = a.proceed(&answered(answer)) else {
            assert!(!honest);
            return;
        };
        assert!(step.have.is_sorted() && step.need.is_sorted());
        // Whatever it sends, a peer makes us fetch no more than it has named, and believe of
        // nothing that we have it.
        assert!(step.need.len() <= size / 32);
        assert!(step.have.iter().all(|id| known.contains(id)));
        have.extend(step.have);
        need.extend(step.need);
        match step.next {
            Some(next) => {
                assert!(next.len() as u64 <= MAX_FRAME);
                message = next;
            }
            None => {
                ended = true;
                break;
            }
        }
    }
    if honest {
        assert!(ended, "an honest dialogue does not end");
        let ids = |set: &Items| set.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>();
        let (ours, theirs) = (ids(&ours), ids(&theirs));
        assert!(have.iter().eq(ours.difference(&theirs)));
        assert!(need.iter().eq(theirs.difference(&ours)));
        reached();
    }
}
