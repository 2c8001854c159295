//! Keys come out right, whoever makes or renews them.

use super::*;
use crate::oprf::{Output, ThresholdKey, blind};
use proptest::prelude::*;

/// What these shares make of an input.
fn evaluate(made: &Made, chosen: &[usize], name: KeyName, seed: u64) -> Output {
    let mut entropy = Drbg::new(seed, "evaluate");
    let key: &ThresholdKey = made.certificate.key(name).unwrap();
    let blinded = blind(&[b"phone:+33639981234"], &mut entropy).unwrap();
    let mut verified = Vec::new();
    for at in chosen {
        let share = made.share(*at, name);
        let answer = share.evaluate(blinded.elements(), &mut entropy).unwrap();
        verified.push(blinded.verify(key, &answer).unwrap());
    }
    blinded.finish(key, &verified).unwrap().remove(0)
}

fn first(t: u16) -> Vec<usize> {
    (0..usize::from(t)).collect()
}

fn last(made: &Made) -> Vec<usize> {
    let n = made.holders.len();
    (n - usize::from(made.threshold)..n).collect()
}

#[test]
fn a_generated_key_evaluates_the_same_whichever_holders_answer() {
    for (n, t) in [(2, 2), (3, 2), (5, 3), (7, 5)] {
        let made = Made::new(n, n, t, 1, &two_keys());
        assert!(!made.certificate.dealt());
        assert_eq!(made.certificate.epoch(), 1);
        assert_eq!(made.certificate.keys().count(), 2);
        let mut outputs = Vec::new();
        for name in two_keys() {
            let one = evaluate(&made, &first(t), name, 1);
            assert_eq!(one, evaluate(&made, &last(&made), name, 2), "{t} of {n}");
            outputs.push(one);
        }
        assert_ne!(outputs[0], outputs[1]);
    }
}

#[test]
fn a_reshare_keeps_the_key_and_changes_every_share() {
    let mut made = Made::new(5, 5, 3, 2, &two_keys());
    let before: Vec<Output> = two_keys()
        .iter()
        .map(|k| evaluate(&made, &first(3), *k, 1))
        .collect();
    let old = made.certificate.clone();
    made.renew(&[0, 2, 4], &[0, 1, 2, 3, 4], 3, &two_keys());
    assert_eq!(made.certificate.epoch(), 2);
    for (name, before) in two_keys().into_iter().zip(&before) {
        let (old, new) = (old.key(name).unwrap(), made.certificate.key(name).unwrap());
        assert_eq!(old.public(), new.public());
        for (index, share) in new.shares() {
            assert_ne!(old.shares()[index], *share);
        }
        assert_eq!(*before, evaluate(&made, &last(&made), name, 3));
    }
}

/// Joining, leaving, recovery, another threshold, and those who are away throughout: it is one
/// operation, from any threshold of the old holders to any new set.
#[test]
fn holders_join_leave_and_come_back_while_others_are_away() {
    let mut made = Made::new(7, 3, 2, 3, &two_keys());
    let expected = evaluate(&made, &[0, 1], KeyName::Bucket, 1);
    // A fourth joins; the old holder 1 is away, and gets its new share as a recipient all the same.
    made.renew(&[0, 2], &[0, 1, 2, 3], 3, &two_keys());
    assert_eq!(expected, evaluate(&made, &[1, 2, 3], KeyName::Bucket, 2));
    // The first leaves and takes no part.
    made.renew(&[1, 2, 3], &[1, 2, 3], 2, &two_keys());
    assert_eq!(expected, evaluate(&made, &[0, 2], KeyName::Bucket, 3));
    // All others: nobody who holds now held before. Dealers that get nothing.
    made.renew(&[0, 1], &[4, 5, 6], 2, &two_keys());
    assert_eq!(expected, evaluate(&made, &[0, 1], KeyName::Bucket, 4));
    // One has lost its share: the other two renew, and it has one again.
    let lost = made.town.nodes[5].node();
    made.shares.remove(&lost);
    made.renew(&[0, 2], &[4, 5, 6], 2, &two_keys());
    assert_eq!(expected, evaluate(&made, &[1, 2], KeyName::Bucket, 5));
}

/// A keyholder that is away is no holder, whichever it is, and nothing waits for it; when it is back, it
/// is brought in.
#[test]
fn a_keyholder_that_is_away_is_left_out_and_brought_in_again() {
    let all = [0, 1, 2, 3];
    for away in all {
        let mut made = Made::new(4, 4, 3, 6, &two_keys());
        let expected = evaluate(&made, &[0, 1, 2], KeyName::Bucket, 1);
        let there: Vec<usize> = all.into_iter().filter(|n| *n != away).collect();
        let mut terms = made.renewal(&there, &all, 3, &[]);
        terms.holders.remove(away);
        terms.starter = made.town.nodes[there[0]].node();
        let plan = made.check(&terms, &all, 3).unwrap();
        let mut run = Run::new(&made.town, &plan, made.shares.clone(), 78);
        run.play();
        // By the same charter as before: it names four.
        made.certificate = made.town.certified(&all, 3, &run.certificate());
        made.shares = run.shares();
        let held: Vec<u16> = made.certificate.holders().map(|(index, _)| index).collect();
        let indices: Vec<u16> = there.iter().map(|n| *n as u16 + 1).collect();
        assert_eq!(held, indices);
        assert!(made.certificate.waiting().is_empty());
        made.renew(&there, &all, 3, &[]);
        assert_eq!(made.certificate.holders().count(), 4);
        let with_it = [away, there[0], there[1]];
        assert_eq!(expected, evaluate(&made, &with_it, KeyName::Bucket, 2));
    }
}

/// Each week one ceremony renews what there is and makes what a coming season needs.
#[test]
fn one_ceremony_renews_old_keys_and_makes_those_of_a_coming_season() {
    let mut made = Made::new(3, 3, 2, 4, &two_keys());
    let before = *made.certificate.key(KeyName::Bucket).unwrap().public();
    let ahead = [KeyName::Handle(season(1)), KeyName::Area(season(1))];
    made.renew(&[1, 2], &[0, 1, 2], 2, &ahead);
    assert_eq!(made.certificate.keys().count(), 4);
    assert_eq!(
        *made.certificate.key(KeyName::Bucket).unwrap().public(),
        before
    );
    for name in ahead {
        let one = evaluate(&made, &[0, 1], name, 1);
        assert_eq!(one, evaluate(&made, &[0, 2], name, 2));
    }
}

#[test]
fn everyone_hears_the_same_digits_and_says_nothing_secret_before_they_are_compared() {
    let mut town = Town::new(3, 3, 2, 5);
    let plan = generate(&mut town, &[0, 1, 2], 2, &two_keys());
    let mut run = Run::new(&town, &plan, BTreeMap::new(), 5);
    for player in run.players.values_mut() {
        let again = Participant {
            compare: true,
            ..participant(&player.key, player.seed, Shares::default())
        };
        player.ceremony = Ceremony::open(Board::new(plan.clone()), again, TODAY).unwrap();
        assert_eq!(player.ceremony.compare("1"), Err(CeremonyError::TooEarly));
    }
    run.play();
    let mut heard = BTreeSet::new();
    for player in run.players.values_mut() {
        let Some(Next::Compare(voice)) = &player.end else {
            panic!("{:?}", player.end)
        };
        let text = voice.to_string();
        assert_eq!(text.len(), 24);
        assert!(text.split(' ').all(|group| group.len() == 4));
        heard.insert(text);
        assert!(!player.ceremony.board().has(&player.key.node(), Step::Deal));
    }
    assert_eq!(heard.len(), 1);
    let digits = heard.pop_first().unwrap();
    for player in run.players.values_mut() {
        let mut wrong = digits.clone();
        let last = if wrong.pop() == Some('0') { '1' } else { '0' };
        wrong.push(last);
        assert_eq!(player.ceremony.compare(&wrong), Err(CeremonyError::Voice));
        assert!(matches!(player.ceremony.poll().unwrap(), Next::Compare(_)));
        player.ceremony.compare(&digits.replace(' ', "")).unwrap();
    }
    run.play();
    run.certificate();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any set of holders with any threshold above half passes its keys to any other, from any
    /// dealers that are enough: and the output never changes.
    #[test]
    fn any_set_passes_its_keys_to_any_other(
        n in 2usize..6,
        more in 0u16..3,
        to in proptest::sample::subsequence((0..7usize).collect::<Vec<_>>(), 2..6),
        to_more in 0u16..3,
        skip in 0usize..5,
        seed in any::<u64>(),
    ) {
        let threshold = |n: usize, more: u16| {
            let n = u16::try_from(n).unwrap();
            (n / 2 + 1 + more).clamp(2, n)
        };
        let t = threshold(n, more);
        let mut made = Made::new(7, n, t, seed, &[KeyName::Bucket]);
        let before = evaluate(&made, &first(t), KeyName::Bucket, seed);
        let mut dealers: Vec<usize> = (0..n).collect();
        dealers.rotate_left(skip % n);
        dealers.truncate(t.into());
        dealers.sort_unstable();
        let new = threshold(to.len(), to_more);
        made.renew(&dealers, &to, new, &[KeyName::Bucket]);
        prop_assert_eq!(&before, &evaluate(&made, &first(new), KeyName::Bucket, 1));
        prop_assert_eq!(&before, &evaluate(&made, &last(&made), KeyName::Bucket, 2));
    }
}
