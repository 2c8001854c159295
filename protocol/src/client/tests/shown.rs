//! What of the carried is shown: what the author opened to an area, by those whose word counts here.

use super::super::testing::{Seeded, World};
use super::super::{Browse, BrowseChoice, CheckOptions};
use super::steps::{PHONE, check_with, draft, file, file_one, says, words};
use crate::area::Area;
use crate::time::Month;
use crate::trust::Local;

#[test]
fn browsing_opens_what_the_author_chose_and_never_the_handles() {
    let mut world = World::new(3, 2);
    let mut drafts = Vec::new();
    for (browse, text) in [
        (BrowseChoice::Nothing, "closed"),
        (BrowseChoice::Codes, "codes"),
        (BrowseChoice::Text, "text"),
    ] {
        let mut draft = draft(&mut world, 0, says(&[PHONE], text));
        draft.browse = browse;
        drafts.push(draft);
    }
    file(&mut world, 0, drafts);
    let federation = world.federation(1);
    let lyon = Area::from_canonical("FR:lyon").unwrap();
    let elsewhere = Area::from_canonical("FR").unwrap();
    let mut look = |areas: Vec<Area>, month| {
        let browse = Browse::new(&federation, areas, month, &mut Seeded::new(3)).unwrap();
        world.carry(1, browse).unwrap()
    };
    let seen = look(vec![elsewhere.clone(), lyon.clone()], Month::new(2026, 10));
    assert_eq!(seen.reports.len(), 2);
    assert!(
        seen.reports
            .iter()
            .all(|f| f.handles.is_empty() && f.grip.is_none())
    );
    let texts: Vec<_> = seen
        .reports
        .iter()
        .filter_map(|f| f.words.clone())
        .collect();
    assert_eq!(texts, [words("fr", "text")]);
    assert!(look(vec![elsewhere], None).reports.is_empty());
    assert!(
        look(vec![lyon.clone()], Month::new(2026, 9))
            .reports
            .is_empty()
    );
    assert_eq!(look(vec![lyon], None).reports.len(), 2);
}

#[test]
fn an_organisation_whose_word_does_not_count_is_counted_and_not_shown() {
    let mut world = World::new(3, 2);
    file_one(&mut world, 2, says(&[PHONE], "a"));
    let roots = [world.nodes[0].organisation, world.nodes[1].organisation];
    let options = CheckOptions {
        local: Some(Local::trusting(roots)),
        ..CheckOptions::default()
    };
    let checked = check_with(&mut world, 0, &[PHONE], options).unwrap();
    assert!(checked.results[0].reports.is_empty());
    assert_eq!(checked.uncounted, 1);
}

#[test]
fn browsing_leaves_out_whose_word_does_not_count_and_says_how_many() {
    let mut world = World::new(3, 2);
    for home in [0, 2] {
        let mut draft = draft(&mut world, home, says(&[PHONE], "a"));
        draft.browse = BrowseChoice::Text;
        file(&mut world, home, vec![draft]);
    }
    let carried = world.nodes[1].records.len();
    let federation = world.federation(1);
    let lyon = Area::from_canonical("FR:lyon").unwrap();
    let mut look = |roots: &[usize]| {
        let roots = roots.iter().map(|n| world.nodes[*n].organisation);
        let browse = Browse::new(&federation, vec![lyon.clone()], None, &mut Seeded::new(3))
            .unwrap()
            .counting(Local::trusting(roots));
        world.carry(1, browse).unwrap()
    };
    let all = look(&[0, 1, 2]);
    assert_eq!((all.reports.len(), all.uncounted), (2, 0));
    let some = look(&[0, 1]);
    assert_eq!((some.reports.len(), some.uncounted), (1, 1));
    assert_eq!(
        some.reports[0].organisation,
        federation.name(&world.nodes[0].organisation)
    );
    assert_eq!(world.nodes[1].records.len(), carried);
}
