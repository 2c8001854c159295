//! What a person does in these tests, in one call each: file reports, and look handles up.

use super::super::testing::{Seeded, World};
use super::super::{Check, CheckOptions, Checked, Draft, Error, Publish, Receipt, Seal};
use crate::area::Area;
use crate::handle::Handle;
use crate::particulars::{Basis, Code, Level, Particulars, Summary, Words};
use crate::time::Month;
use std::collections::BTreeSet;

pub(super) const PHONE: &str = "phone:+33639981234";

pub(super) const EMAIL: &str = "email:someone@example.org";

pub(super) fn handle(text: &str) -> Handle {
    Handle::from_canonical(text).unwrap()
}

pub(super) fn words(lang: &str, text: &str) -> Words {
    Words {
        lang: lang.to_owned(),
        text: text.to_owned(),
    }
}

pub(in crate::client) fn says(handles: &[&str], text: &str) -> Particulars {
    Particulars {
        summary: Summary {
            level: Level::Danger,
            codes: BTreeSet::from([Code::Weapon]),
            month: Month::new(2026, 10),
            area: Some(Area::from_canonical("FR:lyon").unwrap()),
            basis: Basis::FirstHand,
        },
        words: Some(words("fr", text)),
        handles: handles.iter().map(|h| handle(h)).collect(),
    }
}

pub(in crate::client) fn seal(
    world: &mut World,
    home: usize,
    drafts: Vec<Draft>,
) -> Result<Vec<Draft>, Error> {
    let federation = world.federation(home);
    let seal = Seal::new(&federation, drafts, &mut Seeded::new(1))?;
    Ok(world.carry(home, seal)?.0)
}

pub(in crate::client) fn file(world: &mut World, home: usize, drafts: Vec<Draft>) -> Vec<Receipt> {
    let sealed = seal(world, home, drafts).unwrap();
    let federation = world.federation(home);
    let publish = Publish::new(&federation, sealed).unwrap();
    let filed = world.carry(home, publish).unwrap();
    filed.into_iter().map(Result::unwrap).collect()
}

pub(in crate::client) fn draft(world: &mut World, home: usize, says: Particulars) -> Draft {
    let federation = world.federation(home);
    Draft::new(&federation, says, &mut world.entropy)
}

pub(in crate::client) fn file_one(world: &mut World, home: usize, says: Particulars) -> Receipt {
    let draft = draft(world, home, says);
    file(world, home, vec![draft]).remove(0)
}

pub(in crate::client) fn check_with(
    world: &mut World,
    home: usize,
    handles: &[&str],
    options: CheckOptions,
) -> Result<Checked, Error> {
    let federation = world.federation(home);
    let handles = handles.iter().map(|h| handle(h)).collect();
    let check = Check::new(&federation, handles, options, &mut world.entropy)?;
    world.carry(home, check)
}

pub(in crate::client) fn check(world: &mut World, home: usize, handles: &[&str]) -> Checked {
    check_with(world, home, handles, CheckOptions::default()).unwrap()
}
