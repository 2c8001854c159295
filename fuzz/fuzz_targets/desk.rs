//! What a node makes of what others show it of ceremonies: plans of any terms and messages of any
//! bytes, well signed by who takes part; from nodes that do as they should, in between; while it dies
//! and starts again. It answers everybody once, keeps no more than it may, is never blamed, and takes
//! no certificate into use but one that counts.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use parasol_fuzz::ceremony::{Heard, Known, MAX_KEPT, Node, Said};
use parasol_fuzz::common::world::TODAY;
use parasol_fuzz::driver::Scene;
use parasol_fuzz::files::write_private;
use parasol_fuzz::keys::{encode_shares, shares_path};
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::stage::{Stage, Theatre, Twist, members, parts, theatre};
use parasol_fuzz::{entropy, place, structured};
use parasol_protocol::ceremony::{Board, Ceremony, Next, Proposal, Standing, Why};
use parasol_protocol::certificate::Certificate;
use parasol_protocol::ids::{NodeKey, PlanDigest};
use parasol_protocol::limits::MAX_BOARD;
use parasol_protocol::time::Timestamp;
use parasol_protocol::wire::peer::{Reply, Request};
use parasol_protocol::wire::{Lacking, Shown};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

/// Events of one input, so that it takes milliseconds.
const MOST: usize = 24;
const DAY: u64 = 24 * 60 * 60 * 1000;

#[derive(Arbitrary, Debug)]
enum Event {
    /// The other two do what they have to in the ceremony, show it, and hear what is answered.
    Round,
    /// A peer shows a plan, with messages that there are.
    Show {
        from: u8,
        plan: u8,
        messages: Vec<u8>,
        known: Vec<u8>,
    },
    /// Somebody makes a plan.
    Plan {
        by: u8,
        id: u8,
        twists: Vec<Twist>,
    },
    /// Somebody says something in a ceremony.
    Say {
        by: u8,
        plan: u8,
        step: u8,
        body: Vec<u8>,
    },
    /// Somebody says what somebody else has said, with some bytes changed.
    Steal {
        by: u8,
        plan: u8,
        message: u8,
        changes: Vec<(u16, u8)>,
    },
    /// An answer to what the node has shown, or to nothing.
    Answer {
        from: u8,
        plan: u8,
        messages: Vec<u8>,
    },
    /// A certificate that there is, changed.
    Certificate(u8, Vec<(u16, u8)>),
    Pass {
        seconds: u16,
    },
    Away(u8),
    Connect(u8),
    Restart,
    /// Bytes as a request.
    Raw(u8, Vec<u8>),
}

struct Run {
    theatre: &'static Theatre,
    node: Node,
    /// The honest others, in a ceremony that is joined without a hand.
    others: Vec<Ceremony>,
    plans: Vec<(Vec<u8>, PlanDigest)>,
    said: Vec<Vec<u8>>,
    /// Who has shown something well formed must be answered, once.
    asked: Vec<NodeKey>,
    /// Whether all that was heard of a ceremony is what honest participants said.
    honest: bool,
}

/// A node of lilas, with what it has after the first ceremony, or without a share in what the
/// vectors' first one has made.
fn node(theatre: &'static Theatre, of_vectors: bool) -> Node {
    let dir = place::empty();
    let stage = &theatre.refresh;
    let mut certificate = stage.certificate.as_ref().unwrap();
    if of_vectors {
        let mut all = theatre.certificates.iter();
        let other = |c: &&Certificate| c.epoch() == 2 && c.digest() != certificate.digest();
        certificate = all.find(other).unwrap();
    }
    let me = &theatre.world.lilas;
    fs::create_dir(dir.join("keys")).unwrap();
    if !of_vectors {
        let shares = encode_shares(&stage.shares[&me.node.node()]);
        write_private(
            &shares_path(dir, certificate.epoch(), certificate.digest()),
            &shares,
        )
        .unwrap();
    }
    write_private(&dir.join("certificate.cbor"), certificate.bytes()).unwrap();
    let others = members(&theatre.world).into_iter().skip(1);
    let connected = others.map(|m| (m.node.node(), (m.transport.transport(), m.key())));
    let scene = Scene {
        known: Known {
            directory: Arc::new(theatre.world.directory.clone()),
            certificate: Some(certificate.clone()),
        },
        today: TODAY,
        settled: true,
        ended: BTreeSet::new(),
        now: Timestamp::from_millis(u64::from(TODAY.number()) * DAY + DAY / 2),
        passed: Timestamp::from_millis(0),
        connected: connected.collect(),
    };
    Node::new(dir.to_owned(), me.node.clone(), scene)
}

fn alter(bytes: &mut [u8], changes: &[(u16, u8)]) {
    let len = bytes.len().max(1);
    for (at, xor) in changes.iter().take(8) {
        if let Some(byte) = bytes.get_mut(usize::from(*at) % len) {
            *byte ^= xor;
        }
    }
}

impl Run {
    fn new(of_vectors: bool) -> Self {
        entropy::restart();
        let theatre = theatre();
        let others = theatre.refresh.parties(&theatre.world).split_off(1);
        Self {
            node: node(theatre, of_vectors),
            others,
            plans: [&theatre.refresh, &theatre.second]
                .map(|stage| (stage.plan.bytes().to_vec(), *stage.plan.digest()))
                .to_vec(),
            said: Vec::new(),
            asked: Vec::new(),
            honest: true,
            theatre,
        }
    }

    fn peer(&self, n: u8) -> NodeKey {
        members(&self.theatre.world)[1 + usize::from(n % 2)]
            .node
            .node()
    }

    fn plan(&self, n: u8) -> &(Vec<u8>, PlanDigest) {
        &self.plans[usize::from(n) % self.plans.len()]
    }

    fn some(&self, which: &[u8]) -> Vec<Vec<u8>> {
        let pick = |n: &u8| self.said.get(usize::from(*n).checked_rem(self.said.len())?);
        which.iter().take(12).filter_map(pick).cloned().collect()
    }

    fn ask(&mut self, from: NodeKey, shown: Shown) -> Heard {
        // As it goes over the wire.
        let request = Request::Board(shown);
        let Ok(Request::Board(shown)) = Request::decode(&request.encode()) else {
            panic!("what is shown cannot be read");
        };
        self.asked.push(from);
        Heard::Asked {
            from,
            shown,
            token: None,
        }
    }

    /// The node looks, and what it says is looked at.
    fn look(&mut self, heard: Vec<Heard>) -> Said {
        let before = self.node.scene.known.certificate.clone().unwrap();
        let said = self.node.look(heard);
        let mut answered: Vec<NodeKey> = said.answers.iter().map(|(to, _)| *to).collect();
        answered.sort_unstable();
        self.asked.sort_unstable();
        assert_eq!(answered, self.asked, "everybody is answered once");
        self.asked.clear();
        for (_, reply) in &said.answers {
            assert_eq!(Reply::decode(&reply.encode()).as_ref(), Ok(reply));
        }
        for (to, _, shown) in &said.asks {
            assert!(self.node.scene.connected.contains_key(to));
            let request = Request::Board(shown.clone());
            assert_eq!(Request::decode(&request.encode()), Ok(request));
        }
        if let Some(certificate) = &said.certificate {
            assert!(
                (certificate.epoch(), certificate.signed()) > (before.epoch(), before.signed())
            );
            assert!(!certificate.dealt());
            for key in before.keys() {
                let renewed = certificate.key(key.name()).unwrap();
                assert_eq!(renewed.public(), key.public());
            }
            reached();
        }
        said
    }

    /// What honest participants say to each other: everything to all.
    fn round(&mut self) {
        let mut messages = Vec::new();
        for other in &mut self.others {
            match other.poll() {
                Ok(Next::Post(message)) => messages.push(message),
                Ok(Next::Store(_)) => other.stored(None).unwrap(),
                Ok(_) => {}
                Err(why) => assert!(!self.honest, "{why}"),
            }
        }
        for message in &messages {
            for other in &mut self.others {
                let _ = other.receive(message);
            }
        }
        self.said.extend(messages);
        let mut heard = Vec::new();
        for at in 0..2 {
            let board = self.others[at].board();
            let shown = Shown {
                plan: board.plan().bytes().to_vec(),
                known: board.digests(),
                messages: board.messages().map(<[u8]>::to_vec).collect(),
            };
            let from = self.peer(at as u8);
            heard.push(self.ask(from, shown));
        }
        let said = self.look(heard);
        for (_, reply) in said.answers {
            if let Reply::Board(lacking) = reply {
                for message in &lacking.messages {
                    for other in &mut self.others {
                        let _ = other.receive(message);
                    }
                }
                self.said.extend(lacking.messages);
            }
        }
    }

    fn happen(&mut self, event: Event) {
        let world = &self.theatre.world;
        let signer = |n: u8| &members(world)[1 + usize::from(n % 2)].node;
        match event {
            Event::Round => self.round(),
            Event::Show {
                from,
                plan,
                messages,
                known,
            } => {
                let known = known.iter().take(4).map(|n| [*n; 32]).collect();
                let shown = Shown {
                    plan: self.plan(plan).0.clone(),
                    known,
                    messages: self.some(&messages),
                };
                let heard = self.ask(self.peer(from), shown);
                self.look(vec![heard]);
            }
            Event::Plan { by, id, twists } => {
                let twists: Vec<Twist> = twists.into_iter().take(4).collect();
                let mut terms = self.theatre.refresh.plan.terms().clone();
                terms.id[0] = id;
                terms.starter = signer(by).node();
                let terms = self.theatre.twisted(&terms, &twists);
                // This node itself signs none.
                let starter = self.theatre.signer(&terms.starter);
                let starter = starter.filter(|key| key.node() != world.lilas.node.node());
                let bytes = terms.sign(starter.unwrap_or(signer(by)));
                // What cannot be read is shown all the same.
                let read = Proposal::from_bytes(&bytes).map(|plan| *plan.digest());
                let name = read.unwrap_or(*self.theatre.refresh.plan.digest());
                self.plans.push((bytes, name));
            }
            Event::Say {
                by,
                plan,
                step,
                body,
            } => {
                self.honest = false;
                let name = self.plan(plan).1;
                self.said
                    .push(Stage::say(world, &name, signer(by), step, &body));
            }
            Event::Steal {
                by,
                plan,
                message,
                changes,
            } => {
                let stolen = self.some(&[message]);
                if let Some((step, mut body)) = stolen.first().and_then(|m| parts(m)) {
                    self.honest = false;
                    alter(&mut body, &changes);
                    let name = self.plan(plan).1;
                    self.said
                        .push(Stage::say(world, &name, signer(by), step, &body));
                }
            }
            Event::Answer {
                from,
                plan,
                messages,
            } => {
                let answer = Reply::Board(Lacking {
                    known: BTreeSet::new(),
                    messages: self.some(&messages),
                });
                let Ok(Reply::Board(answer)) = Reply::decode(&answer.encode()) else {
                    panic!("an answer cannot be read");
                };
                let heard = Heard::Answered {
                    from: self.peer(from),
                    name: self.plan(plan).1,
                    answer: Some(answer),
                };
                self.look(vec![heard]);
            }
            Event::Certificate(which, changes) => {
                // The dealt one, and the one in force.
                let all = &self.theatre.certificates;
                let mut bytes = all[usize::from(which % 2)].bytes().to_vec();
                alter(&mut bytes, &changes);
                let from = members(world)[1].key();
                self.look(vec![Heard::Certificate { from, bytes }]);
            }
            Event::Pass { seconds } => {
                let scene = &mut self.node.scene;
                let millis = u64::from(seconds % 3_600) * 1_000;
                scene.now = scene.now.plus_millis(millis);
                // Or the clock is set: nothing has passed.
                if seconds < 1 << 15 {
                    scene.passed = scene.passed.plus_millis(millis);
                } else {
                    scene.now = scene.now.plus_millis(30 * millis);
                }
                self.look(Vec::new());
            }
            Event::Away(n) => {
                let peer = self.peer(n);
                self.node.scene.connected.remove(&peer);
            }
            Event::Connect(n) => {
                let member = members(world)[1 + usize::from(n % 2)];
                let (node, transport) = (member.node.node(), member.transport.transport());
                let connected = &mut self.node.scene.connected;
                connected.insert(node, (transport, member.key()));
                self.look(vec![Heard::Connected]);
            }
            Event::Restart => self.node.restart(),
            Event::Raw(from, bytes) => self.raw(self.peer(from), &bytes),
        }
    }

    /// A request as it comes over the wire.
    fn raw(&mut self, from: NodeKey, bytes: &[u8]) {
        if let Ok(Request::Board(shown)) = Request::decode(bytes) {
            self.honest = false;
            let heard = self.ask(from, shown);
            self.look(vec![heard]);
        }
    }

    fn check(&self) {
        assert!(self.node.kept() <= MAX_KEPT);
        let me = self.theatre.world.lilas.node.node();
        let mut stood: BTreeMap<PlanDigest, Standing> = BTreeMap::new();
        for board in self.node.boards() {
            assert!(board.to_bytes().len() <= MAX_BOARD);
            let standing = board.standing();
            let blame = match &standing {
                Standing::Stopped(Why::Blame(blame)) | Standing::Made { blame, .. } => {
                    blame.clone()
                }
                _ => BTreeSet::new(),
            };
            assert!(blame.iter().all(|one| one.culprit != me), "{blame:?}");
            stood.insert(*board.plan().digest(), standing);
        }
        // It goes on with a ceremony whatever it has been shown besides.
        if self.honest && stood.contains_key(self.theatre.refresh.plan.digest()) {
            let blamed = stood
                .values()
                .any(|s| matches!(s, Standing::Stopped(Why::Blame(_))));
            assert!(!blamed);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => {
            if let Some(events) = structured::<Vec<Event>>(rest) {
                let mut run = Run::new(false);
                for event in events.into_iter().take(MOST) {
                    run.happen(event);
                }
                run.check();
            }
        }
        // A board as a file, shown by somebody.
        Some((1, rest)) => {
            let Ok((plan, messages)) = Board::split(rest) else {
                return;
            };
            let mut run = Run::new(true);
            run.honest = false;
            let heard = run.ask(
                run.peer(0),
                Shown {
                    plan,
                    known: BTreeSet::new(),
                    messages,
                },
            );
            let said = run.look(vec![heard]);
            if matches!(said.answers.as_slice(), [(_, Reply::Board(_))]) {
                reached();
            }
            run.check();
        }
        Some((_, rest)) => {
            let mut run = Run::new(true);
            run.raw(run.peer(1), rest);
            if run.node.kept() > 0 {
                reached();
            }
            run.check();
        }
        None => {}
    });
});
