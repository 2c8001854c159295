//! Inputs of targets whose bytes say what happens, written as `arbitrary` reads them: numbers with the
//! lowest byte first, a choice among *n* as the upper part of a product with *n*, before each item of
//! a list an odd byte, and an even one at its end.

/// An input under construction.
#[derive(Default)]
pub struct Input(Vec<u8>);

impl Input {
    /// For a target whose first byte says which of its modes is meant.
    pub fn mode(which: u8) -> Self {
        Self(vec![which])
    }

    /// The choice of this number among so many.
    pub fn choice(mut self, number: u32, among: u32) -> Self {
        let least = (u64::from(number) << 32).div_ceil(among.into());
        let least = u32::try_from(least).unwrap();
        self.0.extend(least.to_le_bytes());
        self
    }

    /// These bytes as they are: small numbers, truth values.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Another item of a list follows.
    pub fn item(self) -> Self {
        self.bytes(&[1])
    }

    /// A list ends.
    pub fn end(self) -> Self {
        self.bytes(&[0])
    }

    /// A list of bytes.
    pub fn list(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self = self.item().bytes(&[*byte]);
        }
        self.end()
    }

    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Noise to begin with, the same in every run: most of it odd, so that lists go on.
pub fn noise(count: u64, first: Option<u8>) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [byte, more, ..] = state.to_be_bytes();
        byte | u8::from(more < 0xe0)
    };
    let sizes = [40, 120, 300, 600];
    let one = |n: u64| {
        let size = sizes[usize::try_from(n).unwrap() % sizes.len()];
        first.into_iter().chain((0..size).map(|_| next())).collect()
    };
    (0..count).map(one).collect()
}

/// Ceremonies in which everybody does what it has to, one in which nobody lies, and plans as they are.
pub fn ceremonies() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for renewed in [0, 1] {
        for liar in 0..3 {
            let mut play = Input::mode(0).choice(0, 2).bytes(&[renewed, liar]);
            for _ in 0..6 {
                play = play.item().choice(0, 6);
            }
            all.push(play.end().done());
        }
        let plan = Input::mode(0).choice(1, 2).bytes(&[renewed]);
        all.push(plan.end().done());
    }
    all
}

/// A ceremony at a node, in one go and with a restart after each round.
pub fn desks() -> Vec<Vec<u8>> {
    let of = |restarts: bool| {
        let mut events = Input::mode(0);
        for _ in 0..8 {
            events = events.item().choice(0, EVENTS);
            if restarts {
                events = events.item().choice(10, EVENTS);
            }
        }
        events.end().done()
    };
    vec![of(false), of(true)]
}

/// What can happen to a node in a ceremony.
const EVENTS: u32 = 12;

/// A client with honest answers, and honest answers put together.
pub fn evaluations() -> Vec<Vec<u8>> {
    let honest = Input::mode(0).choice(0, 2).item().choice(1, 4).end().end();
    let combine = Input::mode(0).choice(1, 2).bytes(&[1]);
    let combine = combine.item().bytes(&[0, 0]).item().bytes(&[1, 0]).end();
    vec![honest.done(), combine.done()]
}

/// A report that somebody sealed by hand, and a look-up with honest answers.
pub fn buckets() -> Vec<Vec<u8>> {
    let summary = [0xa3, 1, 3, 2, 0x82, 3, 0x16, 5, 1];
    let opened = Input::mode(0).choice(0, 2).bytes(&[0]).list(&summary);
    let opened = opened.list(&[]).list(&[]).bytes(&[0, 1, 0, 0, 7]);
    let check = Input::mode(0).choice(1, 2).bytes(&[0]).end().end();
    vec![opened.done(), check.done()]
}

/// An honest certificate, charter and directory.
pub fn directories() -> Vec<Vec<u8>> {
    let certificate = Input::mode(0).choice(0, 3).end().bytes(&[7]);
    let charter = Input::mode(0).choice(1, 3).end().end().bytes(&[7]);
    let mut given = Input::mode(0).choice(2, 3);
    for record in 0..9 {
        given = given.item().choice(0, 6).bytes(&[record]);
    }
    // Of rowan's node, to rowan, today.
    let given = given.end().bytes(&[2, 2, 0, 0]).end().end();
    vec![certificate.done(), charter.done(), given.done()]
}

/// Each exchange with a home node that answers as it should.
pub fn exchanges(kinds: u32) -> Vec<Vec<u8>> {
    let of = |kind| Input::mode(0).choice(kind, kinds);
    let of = |kind| of(kind).bytes(&[0, 0]).end().done();
    (0..kinds).map(of).collect()
}

/// Records that each has and the other lacks.
pub fn sets() -> Vec<Vec<u8>> {
    let run = |input: Input, first: u8, ours: u8, theirs: u8| {
        let number = [0, first, 0, 0, 0, 0, 0x20, 9, 0, ours, theirs];
        input.item().bytes(&number)
    };
    let both = run(Input::mode(0), 0, 1, 1);
    let both = run(run(both, 100, 1, 0), 200, 0, 1);
    vec![both.end().end().done()]
}

/// A report at two nodes.
pub fn admissions() -> Vec<Vec<u8>> {
    let report = Input::default().item().choice(0, 11).bytes(&[0, 0, 1]);
    let made = report.bytes(&[0, 0, 200, 0, 0]).end();
    vec![made.bytes(&[0; 16]).bytes(&[0, 1, 1, 0]).done()]
}

/// A report that is published.
pub fn schedules() -> Vec<Vec<u8>> {
    let report = Input::default().item().choice(0, 21);
    vec![report.bytes(&[0, 0, 0x2c, 1]).end().done()]
}
