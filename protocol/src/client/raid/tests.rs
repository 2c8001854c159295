//! Fewer than *t* nodes give nothing that the spec does not state; *t* nodes, or one mistake, all.

use super::*;

fn raid(scene: &Scene, seizure: &Seizure) -> Judgement {
    scene.judge(seizure, &examine(seizure, scene.suspects()))
}

fn broken(judgement: &Judgement) -> Vec<&'static str> {
    let rows = judgement.rows.iter().filter(|row| !row.holds());
    rows.map(|row| row.name).collect()
}

#[track_caller]
fn gives_nothing(judgement: &Judgement) {
    assert!(judgement.few);
    assert_eq!(broken(judgement), Vec::<&str>::new(), "{judgement:#?}");
    assert_eq!(judgement.opened.0, 0);
    assert_eq!(judgement.exposed, 0);
    assert!(judgement.listed > 70 && judgement.opened.1 > 90);
}

#[track_caller]
fn gives_all(judgement: &Judgement) {
    assert_eq!(judgement.exposed, judgement.listed, "{judgement:#?}");
    assert_eq!(judgement.opened.0, judgement.opened.1);
    let row = |name| judgement.row(name).unwrap();
    assert_eq!(row("guessed-listed").got, judgement.listed as u64);
    // A bucket holds some sixteen of the suspects.
    assert!(row("named-asked").got > row("named-asked").limit.unwrap());
    assert!(row("narrowed-asked").got > row("named-asked").times / 2);
}

#[test]
fn any_one_of_three_nodes_gives_nothing_and_any_two_give_all() {
    let scene = Scene::new(3, 2, Flaw::None);
    for place in 0..3 {
        let seizure = scene.seize(&[place]);
        assert_eq!(seizure.nodes(), 1);
        gives_nothing(&raid(&scene, &seizure));
    }
    gives_all(&raid(&scene, &scene.seize(&[0, 2])));
}

#[test]
fn two_of_five_nodes_give_nothing_and_three_give_all() {
    let scene = Scene::new(5, 3, Flaw::None);
    gives_nothing(&raid(&scene, &scene.seize(&[1, 4])));
    gives_all(&raid(&scene, &scene.seize(&[0, 2, 4])));
}

/// As many nodes as the threshold, some raided before the shares were refreshed and some after.
#[test]
fn shares_of_different_epochs_give_nothing_together() {
    let mut scene = Scene::new(5, 3, Flaw::None);
    let before = scene.seize(&[0, 1]);
    scene.refresh();
    let after = scene.seize(&[2, 3]);
    let both = before.clone().and(after);
    assert_eq!(both.nodes(), 4);
    let judgement = raid(&scene, &both);
    assert!(judgement.row("mixed-epochs").unwrap().times > 0);
    gives_nothing(&judgement);
    gives_all(&raid(&scene, &before.and(scene.seize(&[2, 3, 4]))));
}

/// So the examiner can see: each of these is one mistake.
#[test]
fn a_client_that_reuses_its_blind_gives_its_look_ups_away() {
    let scene = Scene::new(3, 2, Flaw::ReusedBlinds);
    let judgement = raid(&scene, &scene.seize(&[1]));
    let row = |name| judgement.row(name).unwrap();
    assert!(row("repeated-elements").got > 0, "{judgement:#?}");
    assert!(row("linked-look-ups").got > 0);
    // All that passed this home node or this keyholder.
    assert_eq!(row("unblinding").got, row("named-asked").times);
    assert_eq!(row("named-asked").got, row("named-asked").times);
    assert_eq!(judgement.opened.0, 0);
}

#[test]
fn reports_that_a_weak_generator_sealed_open_and_the_others_do_not() {
    let scene = Scene::new(3, 2, Flaw::WeakKeys);
    let found = examine(&scene.seize(&[0]), scene.suspects());
    assert!(scene.weak.len() > 20);
    assert!(found.opened.keys().eq(&scene.weak));
    assert!(found.opened.values().all(|handles| !handles.is_empty()));
}

#[test]
fn a_keyholder_that_reuses_a_nonce_counts_as_seized() {
    let scene = Scene::new(3, 2, Flaw::ReusedNonces);
    let judgement = raid(&scene, &scene.seize(&[1]));
    assert!(judgement.few);
    assert!(judgement.row("nonces").unwrap().got > 0);
    gives_all(&judgement);
}

/// Whoever hoards every byte there is, and with every raid of every time fewer shares of one epoch
/// than it takes, opens nothing of a season whose shares were destroyed. (Of handles that nobody had
/// asked about: an output that a client had, and kept, opens what it opened.)
#[test]
fn a_hoarder_opens_nothing_of_a_season_that_is_over() {
    let mut scene = Scene::new(5, 3, Flaw::None);
    let reports = scene.by_season();
    let (over, of_it) = reports.iter().max_by_key(|(_, ids)| ids.len()).unwrap();
    let (over, of_it) = (*over, of_it.clone());
    let others = scene.reports() - of_it.len();
    assert!(of_it.len() > 50 && others > 5);
    // Kept back: of the first epoch two keyholders' shares, of the second two others'.
    let before = scene.seize(&[0, 1]);
    scene.refresh();
    let after = scene.seize(&[2, 3]);
    let enough = scene.seize(&[2, 3, 4]);
    scene.end(over);
    // With the fifth node, from then on, all that there is: every record, every answer that any keyholder
    // gave, every question; and enough shares of all other keys.
    let rest = scene.seize(&[4]);
    let hoard = before.and(after).and(rest);
    let found = examine(&hoard, scene.suspects());
    let opened = |id: &crate::ids::RecordId| found.opened.contains_key(id);
    assert_eq!(found.opened.len(), others, "what was not destroyed opens");
    assert!(!of_it.iter().any(opened));
    let tried = |name| found.lines.iter().find(|l| l.name == name).unwrap().times;
    assert!(tried("mixed-epochs") > 0 && tried("too-few-shares") > 0);
    // With one more share of one epoch kept back it is not so: the examiner can.
    let found = examine(&enough, scene.suspects());
    assert!(of_it.iter().all(|id| found.opened.contains_key(id)));
    assert_eq!(found.opened.len(), scene.reports());
}
