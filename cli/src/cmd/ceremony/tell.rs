//! A ceremony in words: where it stands, whose turn it is, who is to blame, what to do next.

use super::picture::{Part, Picture, State};
use super::words;
use crate::output;
use parasol_protocol::ceremony::{Blame, Making, Reason, Step, Why};
use std::collections::BTreeSet;
use std::path::Path;

impl Picture {
    /// All of it, for people.
    pub(super) fn print(&self, dir: &Path) {
        let say = output::text;
        if let State::Unreadable { why } = &self.state {
            say(&format!("Ceremony {}: {why}", self.short));
            say(&format!(
                "  next: parasol ceremony forget {} {}",
                words::dir(dir),
                self.short
            ));
            return;
        }
        say(&format!(
            "Ceremony {} {}, generation {}",
            self.short,
            self.about(),
            self.epoch
        ));
        let holders: Vec<String> = self
            .holders
            .iter()
            .map(|(i, name)| format!("{name} ({i})"))
            .collect();
        say(&format!(
            "  holders       {}; any {} of them can answer, fewer learn nothing",
            holders.join(", "),
            self.threshold
        ));
        if !self.dealers.is_empty() {
            say(&format!("  renewed by    {}", self.dealers.join(", ")));
        }
        if !self.away.is_empty() {
            say(&format!("  without       {}", self.away.join(", ")));
        }
        say(&format!("  keys          {}", self.keys_in_words()));
        say(&format!("  begun by      {}, {}", self.starter, self.day));
        if let Some(digits) = &self.digits {
            say(&format!("  digits        {digits}"));
        }
        for line in self.stands_in_words() {
            say(&format!("  {line}"));
        }
        for line in self.next(dir) {
            say(&format!("  {line}"));
        }
    }

    fn about(&self) -> &'static str {
        let new = self
            .keys
            .iter()
            .any(|(_, making)| *making == Making::Generate);
        let old = self
            .keys
            .iter()
            .any(|(_, making)| *making == Making::Reshare);
        match (new, old) {
            (true, true) => "renews the shares of the federation's keys, and makes new keys",
            (false, true) => "renews the shares of the federation's keys",
            _ => "makes the federation's keys",
        }
    }

    fn keys_in_words(&self) -> String {
        let count = |wanted: Making| {
            self.keys
                .iter()
                .filter(|(_, making)| *making == wanted)
                .count()
        };
        match (count(Making::Generate), count(Making::Reshare)) {
            (new, 0) => output::count(new, "new key", "new keys"),
            (0, old) => format!(
                "{} that stay as they are",
                output::count(old, "key", "keys")
            ),
            (new, old) => format!(
                "{} that stay as they are, {}",
                output::count(old, "key", "keys"),
                output::count(new, "new one", "new ones")
            ),
        }
    }

    /// Where it stands, a sentence a line.
    fn stands_in_words(&self) -> Vec<String> {
        match &self.state {
            State::Waiting {
                step,
                missing,
                void,
            } => {
                let what = match step {
                    Step::Join => "until all have joined",
                    Step::Echo => "until all have said what they saw",
                    Step::Deal => "for the sealed parts of all who share out",
                    _ if *void => {
                        "for those whose share somebody has made nothing: they have to say whose part of it is wrong"
                    }
                    _ => "until all holders have stored their new shares",
                };
                let mut lines = vec![format!("It waits {what}. Missing: {}.", self.all(missing))];
                if self.digits.is_some() {
                    lines.push(
                        "The digits are the same for everybody if nobody stands between you: compare them by telephone if you want to be sure.".to_owned(),
                    );
                }
                lines
            }
            State::Compare => vec![
                "It waits for you: nothing secret is sent from here before the digits are compared."
                    .to_owned(),
            ],
            State::Made { waiting, blame } => {
                let mut lines = Vec::new();
                if waiting.is_empty() {
                    lines.push(
                        "The new shares are made, and all holders have stored theirs.".to_owned(),
                    );
                } else {
                    lines.push(format!(
                        "The new shares are made. Not stored yet by: {}. Until then nobody destroys the old ones.",
                        self.all(waiting)
                    ));
                }
                lines.extend(self.blamed(blame));
                lines
            }
            State::Over => {
                vec!["It has come to its end: all holders have their new shares.".to_owned()]
            }
            State::Overtaken => {
                vec![
                    "A later ceremony has come to its end, so this one is of no use any more."
                        .to_owned(),
                ]
            }
            State::Outdated => {
                vec![
                    "The charter or the keys in force have changed since it was planned. Who has not joined yet will not: it comes to nothing, and no key is touched."
                        .to_owned(),
                ]
            }
            State::Stopped { why } => self.stopped(why),
            State::Unreadable { why } => vec![why.clone()],
        }
    }

    fn blamed(&self, blame: &BTreeSet<Blame>) -> Vec<String> {
        let one = |b: &Blame| format!("{} is at fault: {}.", self.who_or_you(&b.culprit), b.fault);
        blame.iter().map(one).collect()
    }

    fn stopped(&self, why: &Why) -> Vec<String> {
        let mut lines = vec![
            "It has stopped. Nothing has changed: the shares that there were are in force."
                .to_owned(),
        ];
        match why {
            Why::Blame(blame) => lines.extend(self.blamed(blame)),
            Why::Halted(halts) => {
                for (node, (reason, missed)) in halts {
                    let who = self.who_or_you(node);
                    lines.push(match reason {
                        Reason::Silence if !missed.is_empty() => {
                            format!("{who} has waited in vain for: {}.", self.all(missed))
                        }
                        Reason::Voice => format!(
                            "ALARM: {who} says that the digits which people compared are not the same: somebody may stand between you."
                        ),
                        reason => format!("{who} has stopped it: {reason}."),
                    });
                }
            }
            Why::Echoes(who) => lines.push(format!(
                "{} did not see the same as this node. Somebody has said two different things, or these do not say what is so: take in their files to find out.",
                self.all(who)
            )),
            Why::NoKey(error) => lines.push(format!("What was shown adds up to no key: {error}.")),
        }
        lines
    }

    /// What to do next, a line each.
    fn next(&self, dir: &Path) -> Vec<String> {
        let short = &self.short;
        let dir = words::dir(dir);
        let mut lines = Vec::new();
        match (&self.state, self.part) {
            (State::Waiting { .. } | State::Made { .. }, Part::Invited) => {
                lines.push(
                    "Next: this node has not joined. If you know of this ceremony and want it:"
                        .to_owned(),
                );
                lines.push(format!("    parasol ceremony join {dir} {short}"));
                lines.push("with --compare to compare the digits by telephone before anything secret is sent.".to_owned());
            }
            (_, Part::SeedGone) => {
                lines.push("Next: this node cannot go on, since the seed of this ceremony is gone. Stop it, and begin anew:".to_owned());
                lines.push(format!("    parasol ceremony stop {dir} {short}"));
            }
            (State::Compare, _) => {
                lines.push(
                    "Next: have the digits read out to you by telephone, and type what you hear:"
                        .to_owned(),
                );
                lines.push(format!("    parasol ceremony compare {dir} {short} DIGITS"));
            }
            (State::Waiting { .. } | State::Made { .. }, Part::Joined) => {
                lines.push("Next: nothing, if this node and the others run: they go on by themselves. By files:".to_owned());
                lines.push(format!("    parasol ceremony give {dir} {short} FILE     and carry the file to the others"));
                lines.push(format!(
                    "    parasol ceremony take {dir} FILE             with theirs"
                ));
            }
            (State::Waiting { .. } | State::Made { .. }, Part::None) => {
                lines.push("Next: nothing, this node takes no part.".to_owned());
            }
            (State::Stopped { why }, _) => {
                let leave_out = match why {
                    Why::Blame(_) => ", without whoever is at fault (--without ORG)",
                    Why::Halted(halts) if halts.values().any(|(_, missed)| !missed.is_empty()) => {
                        ", without whoever was silent (--without ORG)"
                    }
                    _ => "",
                };
                lines.push(format!("Next: begin anew{leave_out}:"));
                lines.push(format!("    parasol ceremony start {dir}"));
            }
            (State::Outdated, _) => {
                lines.push("Next: begin anew:".to_owned());
                lines.push(format!("    parasol ceremony start {dir}"));
            }
            (State::Overtaken, _) => {
                lines.push("Next: nothing. To be rid of it:".to_owned());
                lines.push(format!("    parasol ceremony forget {dir} {short}"));
            }
            (State::Over | State::Unreadable { .. }, _) => {}
        }
        lines
    }
}
