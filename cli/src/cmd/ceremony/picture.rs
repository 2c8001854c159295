//! A ceremony as it is seen from one node: who takes part, where it stands, who is to blame; for
//! programs as JSON.

use super::office::Office;
use super::words;
use crate::output;
use parasol_protocol::ceremony::{
    Blame, Board, Making, PlanTerms, Reason, Seat, Standing, Step, Why,
};
use parasol_protocol::ids::{NodeKey, PlanDigest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What this node has to do with a ceremony.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Nothing: the plan does not name it.
    None,
    /// The plan names it, and it has not joined.
    Invited,
    /// It takes part.
    Joined,
    /// It has joined, and what it drew its messages from is not there any more.
    SeedGone,
}

impl Part {
    const fn word(self) -> &'static str {
        match self {
            Part::None => "none",
            Part::Invited => "invited",
            Part::Joined => "joined",
            Part::SeedGone => "seed-gone",
        }
    }
}

/// Where a ceremony stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Others, or this node, have to say something.
    Waiting {
        /// Of which step.
        step: Step,
        /// Who.
        missing: BTreeSet<NodeKey>,
        /// Whether it is their shares that come out as nothing.
        void: bool,
    },
    /// People have to compare digits before this node goes on.
    Compare,
    /// The certificate is made, and some have not stored their shares yet, or somebody is to blame.
    Made {
        /// Who has not stored.
        waiting: BTreeSet<NodeKey>,
        /// Who is at fault.
        blame: BTreeSet<Blame>,
    },
    /// All holders have stored their shares, and its certificate, or a later one, is in force.
    Over,
    /// A later one has come to its end before it.
    Overtaken,
    /// Another version of the charter, or another certificate, counts by now than that which it goes by.
    Outdated,
    /// It has stopped.
    Stopped {
        /// Why.
        why: Why,
    },
    /// What is kept of it cannot be used.
    Unreadable {
        /// Why not.
        why: String,
    },
}

impl State {
    const fn word(&self) -> &'static str {
        match self {
            State::Waiting { .. } => "waiting",
            State::Compare => "compare",
            State::Made { .. } => "made",
            State::Over => "over",
            State::Overtaken => "overtaken",
            State::Outdated => "outdated",
            State::Stopped { .. } => "stopped",
            State::Unreadable { .. } => "unreadable",
        }
    }
}

/// One who takes part.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Party {
    organisation: String,
    index: Option<u16>,
}

/// A ceremony.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Picture {
    /// Its whole name.
    pub(super) name: String,
    /// The beginning of it.
    pub(super) short: String,
    /// The number of the shares that it makes.
    pub(super) epoch: u32,
    /// What this node has to do with it.
    pub(super) part: Part,
    /// Where it stands.
    pub(super) state: State,
    pub(super) day: String,
    pub(super) threshold: u16,
    pub(super) starter: String,
    parties: BTreeMap<NodeKey, Party>,
    pub(super) holders: Vec<(u16, String)>,
    pub(super) dealers: Vec<String>,
    pub(super) away: Vec<String>,
    pub(super) keys: Vec<(String, Making)>,
    pub(super) digits: Option<String>,
    me: NodeKey,
}

impl Picture {
    /// What can be seen of a ceremony from here.
    pub(super) fn of(office: &Office, name: &PlanDigest) -> Self {
        let mut picture = Self {
            name: name.to_string(),
            short: output::short(name),
            epoch: 0,
            part: Part::None,
            state: State::Over,
            day: String::new(),
            threshold: 0,
            starter: String::new(),
            parties: BTreeMap::new(),
            holders: Vec::new(),
            dealers: Vec::new(),
            away: Vec::new(),
            keys: Vec::new(),
            digits: None,
            me: office.me(),
        };
        match office.board(name) {
            Ok(board) => picture.look(office, name, &board),
            Err(why) => {
                picture.state = State::Unreadable {
                    why: words::desk(why).message().to_owned(),
                };
            }
        }
        picture
    }

    fn look(&mut self, office: &Office, name: &PlanDigest, board: &Board) {
        let terms = board.plan().terms();
        self.epoch = terms.epoch;
        self.day = terms.day.to_string();
        self.threshold = terms.threshold;
        self.seat(office, terms);
        self.keys = terms
            .keys
            .iter()
            .map(|(name, making)| (name.to_string(), *making))
            .collect();
        self.digits = board.voice().map(|voice| voice.to_string());
        self.state = self.stands(office, name, board);
        self.part = self.takes_part(office, name, board);
    }

    fn seat(&mut self, office: &Office, terms: &PlanTerms) {
        let named = |seat: &Seat| office.organisation(&seat.organisation);
        for seat in &terms.holders {
            self.holders.push((seat.index.get(), named(seat)));
            let party = Party {
                organisation: named(seat),
                index: Some(seat.index.get()),
            };
            self.parties.insert(seat.node, party);
        }
        for seat in terms.old.iter().flat_map(|old| &old.dealers) {
            self.dealers.push(named(seat));
            let party = Party {
                organisation: named(seat),
                index: None,
            };
            self.parties.entry(seat.node).or_insert(party);
        }
        let keyholders = office
            .charter()
            .terms()
            .organisations
            .iter()
            .filter(|o| o.keyholder.is_some());
        let holds = |name: &String| self.holders.iter().any(|(_, holder)| holder == name);
        let names = keyholders.map(|o| output::clean(&o.name));
        self.away = names.filter(|name| !holds(name)).collect();
        self.starter = self.who(&terms.starter);
    }

    fn stands(&self, office: &Office, name: &PlanDigest, board: &Board) -> State {
        let in_force = office
            .certificate()
            .is_some_and(|c| c.epoch() >= self.epoch);
        match board.standing() {
            Standing::Stopped(why) => State::Stopped { why },
            Standing::Made { waiting, blame, .. } => {
                if in_force && waiting.is_empty() && blame.is_empty() {
                    State::Over
                } else {
                    State::Made { waiting, blame }
                }
            }
            // Who has signed one of this epoch signs no other.
            Standing::Waiting { .. } if in_force => State::Overtaken,
            Standing::Waiting { .. } if !office.goes_on(board) => State::Outdated,
            Standing::Waiting { step, missing } => {
                let mine = missing.contains(&self.me) && office.desk.takes_part(name);
                let compares = matches!(step, Step::Deal | Step::Done) && self.digits.is_some();
                if mine
                    && compares
                    && office.desk.compares(name)
                    && office.desk.digits(name).is_none()
                {
                    State::Compare
                } else {
                    let void = board.is_void();
                    State::Waiting {
                        step,
                        missing,
                        void,
                    }
                }
            }
        }
    }

    fn takes_part(&self, office: &Office, name: &PlanDigest, board: &Board) -> Part {
        if !self.parties.contains_key(&self.me) {
            return Part::None;
        }
        let joined = board.has_sent(&self.me, Step::Join);
        let waits = matches!(self.state, State::Waiting { .. } | State::Compare);
        if !office.desk.takes_part(name) && !joined {
            Part::Invited
        } else if waits && !office.desk.speaks(name) && !board.has_sent(&self.me, Step::Done) {
            // Whoever has signed needs its seed no more.
            Part::SeedGone
        } else {
            Part::Joined
        }
    }

    /// The organisation whose node it is.
    fn who(&self, node: &NodeKey) -> String {
        let party = self.parties.get(node);
        party.map_or_else(|| output::short(node), |party| party.organisation.clone())
    }

    pub(super) fn all(&self, nodes: &BTreeSet<NodeKey>) -> String {
        let names: Vec<String> = nodes.iter().map(|node| self.who_or_you(node)).collect();
        names.join(", ")
    }

    pub(super) fn who_or_you(&self, node: &NodeKey) -> String {
        if *node == self.me {
            format!("{} (this node)", self.who(node))
        } else {
            self.who(node)
        }
    }

    /// All of it, for programs.
    pub(super) fn json(&self) -> Value {
        let party =
            |node: &NodeKey| json!({"organisation": self.who(node), "node": node.to_string()});
        let parties = |nodes: &BTreeSet<NodeKey>| nodes.iter().map(party).collect::<Vec<_>>();
        let blamed = |blame: &BTreeSet<Blame>| -> Vec<Value> {
            let one = |b: &Blame| {
                json!({
                    "organisation": self.who(&b.culprit),
                    "node": b.culprit.to_string(),
                    "fault": b.fault.word(),
                    "text": b.fault.to_string(),
                })
            };
            blame.iter().map(one).collect()
        };
        let (mut step, mut missing, mut blame, mut why) =
            (None, Vec::new(), Vec::new(), Vec::new());
        match &self.state {
            State::Waiting {
                step: now,
                missing: who,
                ..
            } => {
                step = Some(now.to_string());
                missing = parties(who);
            }
            State::Made {
                waiting,
                blame: who,
            } => {
                missing = parties(waiting);
                blame = blamed(who);
            }
            State::Stopped {
                why: Why::Blame(who),
            } => blame = blamed(who),
            State::Stopped {
                why: Why::Halted(halts),
            } => {
                for (node, (reason, who)) in halts {
                    let mut one = party(node);
                    if let Some(object) = one.as_object_mut() {
                        object.insert("reason".into(), reason_word(*reason).into());
                        object.insert("missed".into(), parties(who).into());
                    }
                    why.push(one);
                }
            }
            State::Stopped {
                why: Why::Echoes(who),
            } => {
                for node in who {
                    let mut one = party(node);
                    if let Some(object) = one.as_object_mut() {
                        object.insert("reason".into(), "echoes".into());
                    }
                    why.push(one);
                }
            }
            _ => {}
        }
        let key = |(name, making): &(String, Making)| json!({"key": name, "new": *making == Making::Generate});
        json!({
            "name": self.name,
            "epoch": self.epoch,
            "day": self.day,
            "threshold": self.threshold,
            "started_by": self.starter,
            "holders": self.holders.iter().map(|(i, o)| json!({"index": i, "organisation": o})).collect::<Vec<_>>(),
            "renewed_by": self.dealers,
            "without": self.away,
            "keys": self.keys.iter().map(key).collect::<Vec<_>>(),
            "part": self.part.word(),
            "state": self.state.word(),
            "step": step,
            "missing": missing,
            "digits": self.digits,
            "blame": blame,
            "stopped": why,
            "unreadable": match &self.state { State::Unreadable { why } => Some(why), _ => None },
        })
    }
}

const fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Silence => "silence",
        Reason::Voice => "voice",
        Reason::Echoes => "echoes",
        Reason::Withdrawn => "withdrawn",
    }
}
