//! The rounds: what the coins choose, how the client looks up, and what everybody sees of it.

use super::super::ask::{Ask, Exchange, Outbox};
use super::super::evaluate::Evaluating;
use super::super::source::{Sources, ask};
use super::super::testing::{Seeded, Stuck};
use super::super::{Check, CheckOptions, Checked, Federation};
use super::guesser::Guesser;
use super::namer::Namer;
use super::seat::{Adversary, Event};
use super::stage::{BYSTANDER, SUSPECTS, Stage};
use super::table::{Coin, Named, Row, Table};
use crate::entropy::{Entropy, draw};
use crate::handle::Handle;
use crate::ids::OrganisationKey;
use crate::oprf::KeyName;
use crate::wire::sealed::{Question, ShortId};
use std::collections::BTreeSet;

/// What is wrong with the clients on purpose. None of it is in a client that ships; each is on the
/// wire here, not painted on what was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// It blinds with one number.
    AlikeBlinds,
    /// It asks for buckets of as many bits as the charter has.
    FullBits,
    /// It fetches once more what it found.
    FetchesFound,
    /// It sends the other organisations' nodes the beginning of a label.
    SendsLabel,
    /// It asks in the order of the handles.
    OrdersByHandle,
    /// It sends a batch of two elements after something was found, and of one otherwise.
    SizesByFound,
    /// It keeps a connection for each handle.
    ConnectionPerHandle,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::AlikeBlinds,
        Self::FullBits,
        Self::FetchesFound,
        Self::SendsLabel,
        Self::OrdersByHandle,
        Self::SizesByFound,
        Self::ConnectionPerHandle,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AlikeBlinds => "alike-blinds",
            Self::FullBits => "full-bits",
            Self::FetchesFound => "fetches-found",
            Self::SendsLabel => "sends-label",
            Self::OrdersByHandle => "orders-by-handle",
            Self::SizesByFound => "sizes-by-found",
            Self::ConnectionPerHandle => "connection-per-handle",
        }
    }
}

/// How it is played.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Rounds of the month with coins: half of them teach, half of them count.
    pub rounds: usize,
    /// Rounds in which one of all suspects is asked for, and named; half of them teach.
    pub named: usize,
    /// What is wrong with the clients.
    pub flaw: Flaw,
    /// Whether the third organisation's node leaves out every report, so that clients ask back.
    pub withholds: bool,
    /// Of 256 look-ups so many are of two handles in a sorted list, the bystander one of them.
    pub pairs: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: 2048,
            named: 400,
            flaw: Flaw::None,
            withholds: false,
            pairs: 64,
        }
    }
}

/// What was decided in a round.
struct Round {
    home: usize,
    day: u32,
    member: usize,
    /// The suspects who are asked for, ascending.
    asked: Vec<usize>,
}

struct Player<'a> {
    stage: &'a mut Stage,
    flaw: Flaw,
    entropy: Seeded,
    connections: usize,
    /// What one of the two members of each home node remembers of the list's length.
    remembered: [Option<u64>; 2],
}

impl Stage {
    /// Plays a month.
    pub fn play(&mut self, options: &Options) -> Table {
        for node in &mut self.world.nodes {
            node.hides.clear();
        }
        if options.withholds {
            self.world.nodes[2].hides = self.named_in.keys().copied().collect();
        }
        let first = self.world.today;
        let mut table = Table::default();
        if options.rounds > 0 {
            table.rows = self.coins(options);
        }
        if options.named > 0 {
            table.named = self.naming(options);
        }
        self.world.today = first;
        table
    }

    fn player(&mut self, flaw: Flaw) -> Player<'_> {
        Player {
            stage: self,
            flaw,
            entropy: Seeded::new(11),
            connections: SUSPECTS,
            remembered: [None; 2],
        }
    }

    fn coins(&mut self, options: &Options) -> Vec<Row> {
        let mut lots = Seeded::new(5);
        let cast = self.cast;
        let first = self.world.today;
        let mut player = self.player(options.flaw);
        let mut guessers: Vec<(Adversary, Guesser)> = Adversary::ALL
            .iter()
            .map(|adversary| (*adversary, Guesser::default()))
            .collect();
        let lessons = options.rounds / 2;
        let mut homes = [0, 0];
        for n in 0..options.rounds {
            let [faces, home, pairs] = draw(&mut lots);
            let coins = Coin::ALL.map(|coin| faces >> coin as u8 & 1 == 1);
            let [who, bucket, whom, found] = coins.map(usize::from);
            let mut asked = vec![cast[bucket][found][whom]];
            if pairs < options.pairs {
                asked.push(BYSTANDER);
                asked.sort_unstable();
            }
            let round = Round {
                home: usize::from(home & 1),
                day: u32::try_from(n * 30 / options.rounds).unwrap(),
                member: who,
                asked,
            };
            player.stage.world.today = first.plus(round.day);
            let seen = player.look_up(&round);
            for (adversary, guesser) in &mut guessers {
                let sight = seen.iter().filter(|e| adversary.sees(e, round.home));
                let sight: Vec<&Event> = sight.collect();
                if n < lessons {
                    guesser.learn(&sight, coins);
                } else {
                    guesser.guess(&sight, coins);
                }
            }
            if n >= lessons {
                homes[round.home] += 1;
            }
        }
        let row = |adversary: Adversary, coin: Coin, guesser: &Guesser| {
            let seen = (0..2).filter(|home| adversary.stated(coin, *home));
            let seen: usize = seen.map(|home| homes[home]).sum();
            let guesses = homes[0] + homes[1];
            Row {
                adversary,
                coin,
                guesses,
                advantage: guesser.right()[coin as usize] as f64 / guesses as f64 - 0.5,
                stated: 0.5 * seen as f64 / guesses as f64,
            }
        };
        let rows = guessers
            .iter()
            .flat_map(|(a, g)| Coin::ALL.map(|coin| row(*a, coin, g)));
        rows.collect()
    }

    fn naming(&mut self, options: &Options) -> Vec<Named> {
        let mut lots = Seeded::new(6);
        let first = self.world.today;
        let buckets = self.buckets() as f64;
        let mut player = self.player(options.flaw);
        let mut namers: Vec<(Adversary, Namer)> = Adversary::ALL
            .iter()
            .map(|adversary| (*adversary, Namer::new()))
            .collect();
        let lessons = options.named / 2;
        for n in 0..options.named {
            let [lot, high, low] = draw(&mut lots);
            let asked = usize::from(u16::from_be_bytes([high, low])) % SUSPECTS;
            let round = Round {
                home: usize::from(lot & 1),
                day: u32::try_from(n * 30 / options.named).unwrap(),
                member: usize::from(lot >> 1 & 1),
                asked: vec![asked],
            };
            player.stage.world.today = first.plus(round.day);
            let seen = player.look_up(&round);
            for (adversary, namer) in &mut namers {
                let sight = seen.iter().filter(|e| adversary.sees(e, round.home));
                let sight: Vec<&Event> = sight.collect();
                let tells = namer.tells(&sight, &player.stage.suspects);
                if n < lessons {
                    namer.learn(&tells, asked);
                } else {
                    namer.name(&tells, asked);
                }
            }
        }
        let named = namers.iter().map(|(adversary, namer)| {
            let guesses = options.named - lessons;
            let blind = 1.0 / SUSPECTS as f64;
            let sees = [0, 1].map(|home| adversary.stated(Coin::Bucket, home));
            let one = |sees: bool| if sees { buckets * blind } else { blind };
            Named {
                adversary: *adversary,
                guesses,
                right: namer.right() as f64 / guesses as f64,
                stated: sees.map(one).iter().sum::<f64>() / 2.0,
            }
        });
        named.collect()
    }
}

impl Player<'_> {
    fn look_up(&mut self, round: &Round) -> Vec<Event> {
        let full = self.flaw == Flaw::FullBits;
        let federation = self.stage.federation(round.home, round.day, full);
        // One by one, as a client would that walks through its list.
        let at_once: Vec<Vec<usize>> = match self.flaw {
            Flaw::OrdersByHandle => round.asked.iter().map(|n| vec![*n]).collect(),
            _ => vec![round.asked.clone()],
        };
        self.connections += 1;
        let mut seen = Vec::new();
        for asked in at_once {
            self.check(&federation, round, &asked, &mut seen);
        }
        seen
    }

    fn check(
        &mut self,
        federation: &Federation,
        round: &Round,
        asked: &[usize],
        seen: &mut Vec<Event>,
    ) {
        let suspects = &self.stage.suspects;
        let handles: Vec<Handle> = asked.iter().map(|n| suspects[*n].handle.clone()).collect();
        let connection = match self.flaw {
            Flaw::ConnectionPerHandle => asked[0],
            _ => self.connections,
        };
        let beside = vec![
            format!("member {} of {}", round.member, round.home),
            format!("connection {connection}"),
        ];
        let options = self.device(federation, round);
        let blinds: &mut dyn Entropy = match self.flaw {
            Flaw::AlikeBlinds => &mut Stuck,
            _ => &mut self.entropy,
        };
        let mut check = Check::new(federation, handles, options, blinds).unwrap();
        let checked = loop {
            for ask in check.asks() {
                let answer = self.pass(round.home, &ask, &beside, seen);
                check.answer(ask.id, Ok(answer), &mut self.entropy);
            }
            if let Some(done) = check.done() {
                break done.unwrap();
            }
        };
        if round.member == 1 {
            self.remembered[round.home] = Some(checked.carried);
        }
        for ask in self.more(federation, asked, &checked) {
            self.pass(round.home, &ask, &beside, seen);
        }
    }

    /// What a member's device brings along. The two differ in all that a device can differ in: what
    /// it remembers, whom it trusts, and whether it has its organisation's reports at hand.
    fn device(&self, federation: &Federation, round: &Round) -> CheckOptions {
        if round.member == 0 {
            return CheckOptions::default();
        }
        let organisations: Vec<OrganisationKey> = federation.members().map(|m| m.key).collect();
        let own = federation.organisation();
        let mut local = federation.all();
        let other = organisations.into_iter().find(|key| key != own);
        local.dropped.extend(other);
        let records = self.stage.world.nodes[round.home].records.iter();
        let mine = records.filter(|r| r.header().organisation == *own);
        CheckOptions {
            carried: self.remembered[round.home].filter(|_| self.flaw != Flaw::FullBits),
            local: Some(local),
            own: mine.take(3).map(|r| r.bytes().to_vec()).collect(),
            ..CheckOptions::default()
        }
    }

    /// What a flawed client sends besides.
    fn more(&mut self, federation: &Federation, asked: &[usize], checked: &Checked) -> Vec<Ask> {
        let reports = || checked.results.iter().flat_map(|r| &r.reports);
        let mut outbox = Outbox::new();
        match self.flaw {
            Flaw::FetchesFound => {
                let ids: Vec<ShortId> = reports()
                    .map(|found| *found.id.as_bytes().first_chunk().unwrap())
                    .collect();
                if !ids.is_empty() {
                    self.send(federation, &Question::Records(ids), 1, &mut outbox);
                }
            }
            Flaw::SendsLabel => {
                let label = self.stage.suspects[asked[0]].label;
                let label = *label.0.first_chunk().unwrap();
                self.send(federation, &Question::Records(vec![label]), 2, &mut outbox);
            }
            Flaw::SizesByFound => {
                let inputs = vec![b"nobody".to_vec(); 1 + reports().count().min(1)];
                let keys = [KeyName::Bucket];
                let batch = Evaluating::new(federation, &inputs, keys, &mut self.entropy);
                batch.unwrap().ask(&mut outbox, ());
            }
            _ => {}
        }
        outbox.drain()
    }

    /// Asks one organisation after the other, so many of them.
    fn send(
        &mut self,
        federation: &Federation,
        question: &Question,
        times: usize,
        outbox: &mut Outbox<()>,
    ) {
        let sources = Sources::default();
        let mut had = BTreeSet::new();
        for _ in 0..times {
            let to = sources.choose(federation, &had, &mut self.entropy);
            let to = to.unwrap();
            had.insert(to.organisation);
            ask(federation, to, question, outbox, |_| (), &mut self.entropy).unwrap();
        }
    }

    /// Brings an ask to the home node, and writes down what everybody saw.
    fn pass(
        &mut self,
        home: usize,
        ask: &Ask,
        beside: &[String],
        seen: &mut Vec<Event>,
    ) -> Vec<u8> {
        let answer = self.stage.world.answer(home, ask).unwrap();
        let mut facts = beside.to_vec();
        let world = &mut self.stage.world;
        let relayed = std::mem::take(&mut world.relayed);
        let questions = std::mem::take(&mut world.questions);
        let heard = std::mem::take(&mut world.heard);
        world.blinded.clear();
        facts.extend(questions.iter().map(|(to, _)| format!("to {to}")));
        facts.extend(
            relayed
                .iter()
                .map(|r| format!("{} elements", r.elements.len())),
        );
        let stage = &*self.stage;
        seen.extend(Event::at_home(
            stage, home, ask.path, facts, &ask.body, &answer,
        ));
        for batch in &relayed {
            for (place, answers) in &batch.answers {
                let elements = &batch.elements;
                seen.extend(Event::at_keyholder(stage, *place, home, elements, answers));
            }
        }
        for ((to, sealed), (place, question)) in questions.iter().zip(&heard) {
            assert_eq!(to, place);
            seen.push(Event::at_answering(stage, *place, home, sealed, question));
        }
        answer
    }
}
