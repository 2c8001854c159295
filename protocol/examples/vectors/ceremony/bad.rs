//! What is wrong with a ceremony, each tried before it is written down.

use super::pieces::{changed, field, list, say};
use super::runs::{Ceremonies, Run, member, members};
use super::{faults, plans};
use crate::common::world::{Member, World};
use parasol_protocol::ceremony::{Basis, Board, Plan, PlanTerms, Standing, Why};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::NodeKey;
use serde_json::{Value, json};

/// The bad ones so far; each is tried before it is written down.
pub(super) struct Bad<'a> {
    pub(super) world: &'a World,
    pub(super) run: &'a Run,
    /// What is in force.
    pub(super) certificate: &'a Certificate,
    cases: Vec<Value>,
}

impl Bad<'_> {
    pub(super) fn basis(&self) -> Basis<'_> {
        Basis::new(
            &self.world.charter,
            &self.world.directory,
            Some(self.certificate),
        )
    }

    /// A plan.
    pub(super) fn plan(&mut self, name: &str, word: &str, bytes: &[u8]) {
        let refused = Plan::from_bytes(bytes, &self.basis()).unwrap_err();
        assert_eq!(refused.word(), word, "{name}: {refused}");
        self.cases.push(json!({
            "name": name,
            "refused": word,
            "old": hex::encode(self.certificate.bytes()),
            "plan": hex::encode(bytes),
        }));
    }

    pub(super) fn terms(&mut self, name: &str, word: &str, change: impl Fn(&mut PlanTerms)) {
        let mut terms = self.run.terms.clone();
        change(&mut terms);
        let bytes = terms.sign(&member(self.world, &terms.starter).node);
        self.plan(name, word, &bytes);
    }

    /// A message that does not go on a board with these.
    pub(super) fn message(&mut self, name: &str, word: &str, board: &[Vec<u8>], message: &[u8]) {
        let plan = Plan::from_bytes(&self.run.plan, &self.basis()).unwrap();
        let mut on = Board::new(plan);
        for one in board {
            on.post(one).unwrap();
        }
        let before = on.to_bytes();
        let refused = on.post(message).unwrap_err();
        assert_eq!(refused.word(), word, "{name}: {refused}");
        assert_eq!(on.to_bytes(), before, "{name}");
        self.push(
            name,
            word,
            board,
            json!({ "message": hex::encode(message) }),
        );
    }

    /// A board that shows somebody's fault.
    pub(super) fn board(&mut self, name: &str, word: &str, culprit: &NodeKey, board: &[Vec<u8>]) {
        let plan = Plan::from_bytes(&self.run.plan, &self.basis()).unwrap();
        let mut on = Board::new(plan);
        for one in board {
            on.post(one).unwrap();
        }
        let Standing::Stopped(Why::Blame(blame)) = on.standing() else {
            panic!("{name}: {:?}", on.standing())
        };
        let said: Vec<_> = blame.iter().map(|b| (b.culprit, b.fault.word())).collect();
        assert_eq!(said, [(*culprit, word)], "{name}");
        self.push(name, word, board, json!({ "culprit": culprit.to_string() }));
    }

    pub(super) fn push(&mut self, name: &str, word: &str, board: &[Vec<u8>], more: Value) {
        let mut case = json!({
            "name": name,
            "refused": word,
            "old": hex::encode(self.certificate.bytes()),
            "plan": hex::encode(&self.run.plan),
            "board": board.iter().map(hex::encode).collect::<Vec<_>>(),
        });
        for (key, value) in more.as_object().unwrap() {
            case[key] = value.clone();
        }
        self.cases.push(case);
    }
}

/// The bad ones.
pub fn bad(world: &World, made: &Ceremonies) -> Vec<Value> {
    let mut bad = Bad {
        world,
        run: &made.runs[0],
        certificate: &made.certificates[0],
        cases: Vec::new(),
    };
    plans::for_new_keys(&mut bad);
    faults::messages(&mut bad, &made.runs[1]);
    faults::boards(&mut bad);
    bad.run = &made.runs[1];
    bad.certificate = &made.certificates[1];
    plans::for_old_keys(&mut bad);
    let dealer = member_of(bad.world, 0).node.node();
    let join = changed(bad.run, 1, &dealer, |body| {
        let shown = list(field(body, 2));
        let other = list(&mut list(&mut shown[1])[0])[0].clone();
        list(&mut list(&mut shown[0])[0])[0] = other;
    });
    let join = say(world, &bad.run.digest, &member_of(world, 0).node, 1, &join);
    bad.board(
        "another key's share is shared out",
        "old-share",
        &dealer,
        &[join],
    );
    bad.cases
}

pub(super) fn member_of(world: &World, at: usize) -> &Member {
    members(world)[at]
}
