//! Whole ceremonies in one process, with parties that are honest or not.

mod crash;
mod due;
mod faults;
mod hoarder;
mod making;
mod nothing;
mod refused;
mod secrecy;
mod slow;

use super::message::{Envelope, sign};
use super::*;
use crate::certificate::{Certificate, Keyholders};
use crate::charter::{Charter, Lives, Organisation, Quotas, Terms};
use crate::directory::Directory;
use crate::entropy::draw;
use crate::ids::{NodeKey, PlanDigest};
use crate::keys::SecretKey;
use crate::oprf::{KeyName, KeyShare, ShareIndex};
use crate::record::delegation::{self, SlotRange};
use crate::record::{Body, Draft, Header, Signer, Verified};
use crate::sim::Drbg;
use crate::time::{Day, Season};
use crate::wire::sealed::SealSecret;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// 2026-11-22.
pub(super) const TODAY: Day = Day::from_number(20_779);

pub(super) fn index(i: usize) -> ShareIndex {
    ShareIndex::new(u16::try_from(i).unwrap()).unwrap()
}

/// The bucket key and a season's handle key.
pub(super) fn two_keys() -> Vec<KeyName> {
    vec![KeyName::Bucket, KeyName::Handle(TODAY.season())]
}

/// Organisations with a node each. Any of them may be a keyholder.
pub(super) struct Town {
    pub(super) entropy: Drbg,
    pub(super) roots: Vec<SecretKey>,
    pub(super) nodes: Vec<SecretKey>,
    pub(super) directory: Directory,
    pub(super) charter: Charter,
}

impl Town {
    /// So many organisations, of which the first `n` hold keys, `t` of them enough.
    pub(super) fn new(organisations: usize, n: usize, t: u16, seed: u64) -> Self {
        let mut entropy = Drbg::new(seed, "town");
        let mut keys = |count: usize| -> Vec<SecretKey> {
            (0..count)
                .map(|_| SecretKey::generate(&mut entropy))
                .collect()
        };
        let (roots, nodes) = (keys(organisations), keys(organisations));
        let mut members: Vec<Organisation> = roots
            .iter()
            .enumerate()
            .map(|(i, root)| Organisation {
                root: root.organisation(),
                name: format!("o{i}"),
                jurisdiction: String::from_utf8(vec![
                    b'A' + u8::try_from(i / 26).unwrap(),
                    b'A' + u8::try_from(i % 26).unwrap(),
                ])
                .unwrap(),
                keyholder: (i < n).then(|| u16::try_from(i + 1).unwrap()),
                budget: 0,
            })
            .collect();
        members.sort_by_key(|o| o.root);
        let terms = Terms {
            version: 1,
            origin: None,
            name: "Town".to_owned(),
            made: TODAY.minus(5),
            organisations: members,
            threshold: t,
            lives: Lives::LONGEST,
            quotas: Quotas {
                records: 1000,
                evaluations: 1000,
            },
            bucket_bits: 12,
            cities: Vec::new(),
            former: Vec::new(),
        };
        let mut unsigned = terms.unsigned();
        for root in &roots {
            Charter::sign_with(&mut unsigned, root);
        }
        let charter = Charter::from_bytes(&unsigned.write()).unwrap();
        let mut directory = Directory::new(charter.clone());
        for (root, node) in roots.iter().zip(&nodes) {
            let delegation = delegation(&charter, root, node, 0, &mut entropy);
            directory.learn(&delegation);
        }
        Self {
            entropy,
            roots,
            nodes,
            directory,
            charter,
        }
    }

    /// What is in force when these organisations hold the keys, by a charter of a later number.
    pub(super) fn basis<'a>(
        &'a self,
        holders: &[usize],
        threshold: u16,
        certificate: Option<&'a Certificate>,
    ) -> Basis<'a> {
        Basis {
            keyholders: self.keyholders(holders, threshold),
            charter: [u8::try_from(holders.len()).unwrap(); 32],
            directory: &self.directory,
            certificate,
            ended: None,
        }
    }

    pub(super) fn keyholders(&self, holders: &[usize], threshold: u16) -> Keyholders {
        let roots = holders.iter().map(|i| self.roots[*i].organisation());
        Keyholders {
            federation: *self.charter.federation(),
            threshold,
            holders: (1..).zip(roots).collect(),
        }
    }

    /// A charter of the same organisations by which these are the keyholders.
    pub(super) fn charter_of(&self, holders: &[usize]) -> Charter {
        let mut terms = self.charter.terms().clone();
        let roots: Vec<_> = holders
            .iter()
            .map(|i| self.roots[*i].organisation())
            .collect();
        for organisation in &mut terms.organisations {
            let at = roots.iter().position(|root| *root == organisation.root);
            organisation.keyholder = at.map(|at| u16::try_from(at + 1).unwrap());
        }
        terms.threshold = u16::try_from(holders.len() / 2 + 1).unwrap();
        let mut unsigned = terms.unsigned();
        for root in &self.roots {
            Charter::sign_with(&mut unsigned, root);
        }
        Charter::from_bytes(&unsigned.write()).unwrap()
    }

    /// A plan among these nodes; the first holder starts.
    pub(super) fn terms(
        &mut self,
        holders: &[usize],
        threshold: u16,
        old: Option<(&Certificate, &[(usize, usize)])>,
        keys: &[KeyName],
    ) -> PlanTerms {
        let id = draw(&mut self.entropy);
        let nodes = |all: &mut dyn Iterator<Item = (usize, usize)>| {
            all.map(|(i, node)| (index(i), self.nodes[node].node()))
                .collect()
        };
        let holding = nodes(&mut (1..).zip(holders.iter().copied()));
        let dealing = nodes(&mut old.iter().flat_map(|(_, d)| d.iter().copied()));
        let basis = self.basis(holders, threshold, old.map(|(c, _)| c));
        let starter = self.nodes[holders[0]].node();
        PlanTerms::draft(&basis, id, TODAY, &holding, &dealing, keys, starter).unwrap()
    }

    pub(super) fn key_of(&self, node: &NodeKey) -> &SecretKey {
        self.nodes.iter().find(|key| key.node() == *node).unwrap()
    }

    /// An organisation's next node works for it from now on; the one before is still delegated.
    pub(super) fn another_node(&mut self, at: usize) {
        let node = SecretKey::generate(&mut self.entropy);
        let root = &self.roots[at];
        let delegation = delegation(&self.charter, root, &node, 1, &mut self.entropy);
        self.directory.learn(&delegation);
        self.nodes[at] = node;
    }

    /// The certificate, held against who is to hold the keys.
    pub(super) fn certified(&self, holders: &[usize], t: u16, bytes: &[u8]) -> Certificate {
        Certificate::held_against(bytes, &self.keyholders(holders, t), &self.directory).unwrap()
    }
}

/// A root's word for a node, with slots of its own.
fn delegation(
    charter: &Charter,
    root: &SecretKey,
    node: &SecretKey,
    number: u32,
    entropy: &mut Drbg,
) -> Verified {
    let transport = SecretKey::generate(entropy);
    let terms = delegation::Terms {
        record_key: node.node(),
        transport_key: transport.transport(),
        seal_key: SealSecret::generate(entropy).public(),
        slots: SlotRange {
            first: 100 * number,
            count: 100,
        },
        until: TODAY.plus(60),
    };
    let federation = charter.federation();
    let body = terms.agree(federation, &root.organisation(), node, &transport);
    let draft = Draft {
        header: Header {
            organisation: root.organisation(),
            signer: Signer::Root,
            issued: TODAY.minus(5),
            expires: TODAY.plus(60),
            slot: number,
        },
        body: Body::Delegation(body),
    };
    draft.sign(federation, root).unwrap()
}

/// How a party behaves.
pub(super) enum Conduct {
    Honest,
    /// It never sends its message of a step.
    Silent(Step),
    /// It says something else in a step.
    Says(Step, Twist),
    /// It tells half of the others something else in a step.
    TwoFaced(Step, Twist),
}

/// By whom, what to most, and what to some.
type Said = (NodeKey, Vec<u8>, Option<Vec<u8>>);

/// Changes a body.
pub(super) type Twist = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A participant in a run.
pub(super) struct Player {
    pub(super) ceremony: Ceremony,
    pub(super) key: SecretKey,
    pub(super) seed: [u8; 32],
    pub(super) conduct: Conduct,
    pub(super) stored: Option<NewShares>,
    /// What went out to each of the others.
    inbox: Vec<Vec<u8>>,
    pub(super) end: Option<Next>,
}

/// All of a ceremony's parties.
pub(super) struct Run {
    pub(super) players: BTreeMap<NodeKey, Player>,
    pub(super) entropy: Drbg,
    /// Every party is started anew from its seed and board before each step.
    pub(super) crashing: bool,
    shares: BTreeMap<NodeKey, Shares>,
}

pub(super) fn participant(key: &SecretKey, seed: [u8; 32], shares: Shares) -> Participant {
    Participant {
        node: key.clone(),
        seed: CeremonySeed::from_bytes(seed),
        shares,
        signed: None,
        compare: false,
    }
}

impl Run {
    pub(super) fn new(
        town: &Town,
        plan: &Plan,
        shares: BTreeMap<NodeKey, Shares>,
        seed: u64,
    ) -> Self {
        let mut entropy = Drbg::new(seed, "run");
        let mut players = BTreeMap::new();
        for node in plan.participants() {
            let key = town.key_of(node).clone();
            let seed: [u8; 32] = draw(&mut entropy);
            let held = shares.get(node).cloned().unwrap_or_default();
            let board = Board::new(plan.clone());
            let ceremony = Ceremony::open(board, participant(&key, seed, held), TODAY).unwrap();
            let player = Player {
                ceremony,
                key,
                seed,
                conduct: Conduct::Honest,
                stored: None,
                inbox: Vec::new(),
                end: None,
            };
            players.insert(*node, player);
        }
        Self {
            players,
            entropy,
            crashing: false,
            shares,
        }
    }

    pub(super) fn conduct(mut self, node: &NodeKey, conduct: Conduct) -> Self {
        self.players.get_mut(node).unwrap().conduct = conduct;
        self
    }

    /// Sends a message to everyone, as if from nowhere.
    pub(super) fn inject(&mut self, message: &[u8]) {
        for player in self.players.values_mut() {
            player.inbox.push(message.to_vec());
        }
    }

    /// Until nobody has anything to do.
    pub(super) fn play(&mut self) {
        loop {
            let mut out: Vec<Said> = Vec::new();
            let nodes: Vec<NodeKey> = self.players.keys().copied().collect();
            for node in &nodes {
                self.step(node, &mut out);
            }
            for (sender, message, other) in out {
                for (turn, (node, player)) in self.players.iter_mut().enumerate() {
                    if *node != sender {
                        let told = other.as_ref().filter(|_| turn % 2 == 0);
                        player.inbox.push(told.unwrap_or(&message).clone());
                    }
                }
            }
            let mut news = false;
            for node in &nodes {
                // Some messages arrive, in any order; the rest waits for another turn.
                let waiting = self.players[node].inbox.len();
                let some = waiting.div_ceil(2);
                for _ in 0..some {
                    let player = self.players.get_mut(node).unwrap();
                    let pick = self.entropy.below(player.inbox.len() as u64);
                    let message = player.inbox.swap_remove(usize::try_from(pick).unwrap());
                    let new = player.ceremony.receive(&message);
                    // What comes twice changes nothing.
                    if new.is_ok() && self.entropy.below(4) == 0 {
                        let again = player.ceremony.receive(&message);
                        assert_eq!(again, Ok(Posted::Known));
                    }
                    news = true;
                }
            }
            if !news {
                return;
            }
        }
    }

    fn step(&mut self, node: &NodeKey, out: &mut Vec<Said>) {
        if self.crashing {
            self.restart(node);
        }
        let player = self.players.get_mut(node).unwrap();
        loop {
            let next = match player.ceremony.poll() {
                Ok(next) => next,
                // Who lies may be left with something that does not fit.
                Err(_) if !matches!(player.conduct, Conduct::Honest) => return,
                Err(why) => panic!("{why}"),
            };
            match next {
                Next::Post(message) => {
                    let envelope = Envelope::parse(&message).unwrap();
                    let (step, plan) = (envelope.step, envelope.plan);
                    let federation = player.ceremony.board().plan().terms().federation;
                    let twisted = |twist: &Twist| {
                        let body = twist(envelope.body);
                        sign(&federation, &plan, &player.key, step, &body)
                    };
                    let (said, other) = match &player.conduct {
                        Conduct::Silent(at) if *at == step => return,
                        Conduct::Says(at, twist) if *at == step => (twisted(twist), None),
                        Conduct::TwoFaced(at, twist) if *at == step => {
                            let other = twisted(twist);
                            (message.clone(), Some(other))
                        }
                        _ => (message.clone(), None),
                    };
                    assert_eq!(player.ceremony.receive(&said), Ok(Posted::New));
                    out.push((*node, said, other));
                }
                Next::Store(new) => {
                    player.stored = Some(new);
                    player.ceremony.stored(None).unwrap();
                }
                end => {
                    player.end = Some(end);
                    return;
                }
            }
        }
    }

    /// As after a crash: seed, board and what was stored are all that is left.
    pub(super) fn restart(&mut self, node: &NodeKey) {
        let player = self.players.get_mut(node).unwrap();
        let plan = player.ceremony.board().plan().clone();
        let mut board = Board::new(plan);
        for message in player.ceremony.board().messages() {
            board.post(message).unwrap();
        }
        let shares = self.shares.get(node).cloned().unwrap_or_default();
        let participant = Participant {
            signed: player.stored.as_ref().map(|new| new.signing),
            ..participant(&player.key, player.seed, shares)
        };
        player.ceremony = Ceremony::open(board, participant, TODAY).unwrap();
    }

    /// All parties' last word.
    pub(super) fn ends(&self) -> BTreeMap<NodeKey, Standing> {
        let players = self.players.iter();
        players
            .map(|(node, player)| (*node, player.ceremony.board().standing()))
            .collect()
    }

    /// The certificate, when all have stored their shares.
    pub(super) fn certificate(&self) -> Vec<u8> {
        let mut found = BTreeSet::new();
        for (node, standing) in self.ends() {
            match standing {
                Standing::Made {
                    certificate,
                    waiting,
                    ..
                } => {
                    assert!(waiting.is_empty(), "{node:?}");
                    found.insert(certificate);
                }
                other => panic!("{node:?}: {other:?}"),
            }
        }
        assert_eq!(found.len(), 1);
        found.pop_first().unwrap()
    }

    /// What the parties have stored.
    pub(super) fn shares(&mut self) -> BTreeMap<NodeKey, Shares> {
        let players = self.players.iter_mut();
        players
            .filter_map(|(node, player)| Some((*node, Arc::new(player.stored.take()?.shares))))
            .collect()
    }
}

/// A federation with keys that it made itself.
pub(super) struct Made {
    pub(super) town: Town,
    pub(super) holders: Vec<usize>,
    pub(super) threshold: u16,
    pub(super) certificate: Certificate,
    pub(super) shares: BTreeMap<NodeKey, Shares>,
}

impl Made {
    /// Generates keys, `t` of `n`, in a town of so many organisations.
    pub(super) fn new(organisations: usize, n: usize, t: u16, seed: u64, keys: &[KeyName]) -> Self {
        let mut town = Town::new(organisations, n, t, seed);
        let holders: Vec<usize> = (0..n).collect();
        let plan = generate(&mut town, &holders, t, keys);
        let mut run = Run::new(&town, &plan, BTreeMap::new(), seed);
        run.play();
        let certificate = town.certified(&holders, t, &run.certificate());
        Self {
            shares: run.shares(),
            town,
            holders,
            threshold: t,
            certificate,
        }
    }

    /// A plan by which these dealers (places in the old set) renew all keys for new holders.
    pub(super) fn renewal(
        &mut self,
        dealers: &[usize],
        holders: &[usize],
        t: u16,
        keys: &[KeyName],
    ) -> PlanTerms {
        let dealers: Vec<(usize, usize)> = dealers
            .iter()
            .map(|at| (at + 1, self.holders[*at]))
            .collect();
        let old = Some((&self.certificate, dealers.as_slice()));
        self.town.terms(holders, t, old, keys)
    }

    pub(super) fn check(
        &self,
        terms: &PlanTerms,
        holders: &[usize],
        t: u16,
    ) -> Result<Plan, PlanError> {
        let starter = self.town.key_of(&terms.starter);
        let basis = self.town.basis(holders, t, Some(&self.certificate));
        Plan::from_bytes(&terms.sign(starter), &basis)
    }

    /// Renews, with everyone honest.
    pub(super) fn renew(&mut self, dealers: &[usize], holders: &[usize], t: u16, keys: &[KeyName]) {
        let terms = self.renewal(dealers, holders, t, keys);
        let plan = self.check(&terms, holders, t).unwrap();
        let mut run = Run::new(&self.town, &plan, self.shares.clone(), 77);
        run.play();
        self.certificate = self.town.certified(holders, t, &run.certificate());
        self.shares = run.shares();
        self.holders = holders.to_vec();
        self.threshold = t;
    }

    /// The shares of one key, by place among the holders.
    pub(super) fn share(&self, at: usize, name: KeyName) -> &KeyShare {
        let node = self.town.nodes[self.holders[at]].node();
        &self.shares[&node][&name]
    }
}

pub(super) fn generate(town: &mut Town, holders: &[usize], t: u16, keys: &[KeyName]) -> Plan {
    let terms = town.terms(holders, t, None, keys);
    let starter = town.key_of(&terms.starter);
    Plan::from_bytes(&terms.sign(starter), &town.basis(holders, t, None)).unwrap()
}

pub(super) fn digest_of(plan: &Plan) -> PlanDigest {
    *plan.digest()
}

pub(super) fn season(n: u32) -> Season {
    TODAY.season().plus(n)
}
