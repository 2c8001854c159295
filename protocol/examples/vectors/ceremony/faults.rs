//! Messages that no board takes, and boards that show whose fault it is that keys are not made.

use super::bad::Bad;
use super::pieces::{
    Body, before, changed, field, list, octets, of, one_time, say, signed, taken_apart, write,
};
use super::runs::{Run, member};
use crate::annotate;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use parasol_protocol::ids::{FederationId, NodeKey};
use parasol_protocol::keys::SecretKey;
use serde_cbor::Value as Cbor;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

pub(super) fn messages(bad: &mut Bad<'_>, other: &Run) {
    let world = bad.world;
    let run = bad.run;
    let (lilas, rowan) = (&world.lilas.node, &world.rowan.node);
    let join = of(run, 1, &lilas.node());
    let (_, _, body) = taken_apart(&join);
    bad.message("cut short", "message", &[], &join[..join.len() - 1]);
    bad.message(
        "a byte follows",
        "message",
        &[],
        &[join.as_slice(), &[0]].concat(),
    );
    bad.message(
        "a step that there is not",
        "message",
        &[],
        &say(world, &run.digest, lilas, 7, &body),
    );
    let strayed = of(other, 1, &lilas.node());
    bad.message(
        "a join of another ceremony",
        "other-ceremony",
        &[],
        &strayed,
    );
    let deal = of(other, 3, &lilas.node());
    let (_, _, parts) = taken_apart(&deal);
    bad.message("a deal of another epoch", "other-ceremony", &[], &deal);
    let stranger = SecretKey::from_seed([7; 32]);
    bad.message(
        "from who takes no part",
        "stranger",
        &[],
        &say(world, &run.digest, &stranger, 1, &body),
    );
    let payload = annotate::payload(&join);
    let forged = signed(&world.federation, rowan, payload);
    bad.message("signed by another than its sender", "sender", &[], &forged);
    let elsewhere = signed(&FederationId::from_bytes([1; 32]), lilas, payload);
    bad.message("signed for another federation", "sender", &[], &elsewhere);
    let echo = |n: u8| {
        let body = write(&[(1, Cbor::Bytes(vec![n; 32])), (2, Cbor::Bytes(vec![n; 32]))]);
        say(world, &run.digest, lilas, 2, &body)
    };
    bad.message(
        "a third message of one step",
        "enough",
        &[echo(1), echo(2)],
        &echo(3),
    );
    let node = lilas.node();
    let stolen = say(world, &run.digest, lilas, 3, &parts);
    let mut board = before(run, 3, &node);
    board.push(stolen);
    bad.board(
        "another ceremony's parts, signed anew",
        "form",
        &node,
        &board,
    );
}

pub(super) fn boards(bad: &mut Bad<'_>) {
    let world = bad.world;
    let run = bad.run;
    let key = &world.ryabina.node;
    let who = key.node();
    let say = |step: u8, body: &[u8]| say(world, &run.digest, key, step, body);
    let one = |bad: &mut Bad<'_>, name: &str, word: &str, step: u8, body: Vec<u8>| {
        let mut board = before(run, step, &who);
        board.push(say(step, &body));
        bad.board(name, word, &who, &board);
    };
    let mut board = before(run, 1, &who);
    board.push(of(run, 1, &who));
    let nonce = changed(run, 1, &who, |b| octets(field(b, 3))[0] ^= 1);
    board.push(say(1, &nonce));
    bad.board("two joins", "two-messages", &who, &board);
    one(bad, "no map", "form", 1, vec![0]);
    let body = changed(run, 1, &who, |b| drop(list(field(b, 1)).pop()));
    one(bad, "a one-time key left out", "form", 1, body);
    let body = changed(run, 1, &who, |b| drop(list(field(b, 2)).pop()));
    one(bad, "a key left out", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        let points = list(&mut list(&mut list(field(b, 2))[0])[0]);
        let more = points[0].clone();
        points.push(more);
    });
    one(bad, "a polynomial of a higher degree", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        list(&mut list(&mut list(field(b, 2))[0])[0])[1] = Cbor::Bytes(vec![0; 32]);
    });
    one(bad, "the identity", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        drop(list(&mut list(field(b, 2))[0]).pop())
    });
    one(bad, "a new key without a proof", "form", 1, body);
    let body = changed(run, 1, &who, |b| {
        let points = list(&mut list(&mut list(field(b, 2))[0])[0]);
        points.swap(0, 1);
    });
    one(
        bad,
        "a proof of another secret",
        "proof-of-knowledge",
        1,
        body,
    );
    let body = changed(run, 2, &who, |b| octets(field(b, 2))[31] ^= 1);
    one(bad, "another nonce", "nonce", 2, body);
    let body = changed(run, 3, &who, |b| drop(list(field(b, 1)).pop()));
    one(bad, "a part left out", "form", 3, body);
    let body = changed(run, 5, &who, |b| octets(field(b, 1))[5] ^= 1);
    let mut board = before(run, 4, &who);
    board.push(say(5, &body));
    bad.board(
        "not a signature of the certificate",
        "certificate-signature",
        &who,
        &board,
    );

    // A complaint: lilas about ryabina.
    let complainer = &world.lilas.node;
    let seed = run.seeds[&complainer.node()];
    let complain = |seed: &[u8; 32], about: &[u8]| {
        let body = write(&[
            (1, Cbor::Bytes(who.as_bytes().to_vec())),
            (2, Cbor::Bytes(seed.to_vec())),
            (
                3,
                Cbor::Bytes(Sha256::digest(annotate::payload(about)).to_vec()),
            ),
        ]);
        super::pieces::say(world, &run.digest, complainer, 4, &body)
    };
    let right = one_time(&seed, &run.digest, &who);
    let body = changed(run, 3, &who, |b| {
        for part in list(field(b, 1)) {
            octets(part)[40] ^= 1;
        }
    });
    let mut board = before(run, 3, &who);
    let wrong = say(3, &body);
    board.push(wrong.clone());
    board.push(complain(&right, &wrong));
    bad.board("a part that does not open", "part", &who, &board);
    let mut board = before(run, 4, &who);
    board.push(complain(&right, &of(run, 3, &who)));
    bad.board(
        "a complaint about a right part",
        "false-complaint",
        &complainer.node(),
        &board,
    );
    let mut board = before(run, 4, &who);
    board.push(complain(&[1; 32], &of(run, 3, &who)));
    bad.board(
        "a complaint with another seed",
        "false-complaint",
        &complainer.node(),
        &board,
    );

    let body = changed(run, 1, &who, |b| {
        for key in list(field(b, 1)) {
            *key = Cbor::Bytes(vec![0; 32]);
        }
    });
    let mut board = before(run, 1, &who);
    let alarm = |about: &[u8]| {
        let body = write(&[
            (1, Cbor::Bytes(who.as_bytes().to_vec())),
            (
                3,
                Cbor::Bytes(Sha256::digest(annotate::payload(about)).to_vec()),
            ),
        ]);
        super::pieces::say(world, &run.digest, complainer, 4, &body)
    };
    let useless = say(1, &body);
    board.push(useless.clone());
    board.push(alarm(&useless));
    bad.board(
        "a one-time key that takes nothing",
        "one-time-key",
        &who,
        &board,
    );
    let mut board = before(run, 2, &who);
    board.push(alarm(&of(run, 1, &who)));
    bad.board(
        "a false alarm about a one-time key",
        "false-complaint",
        &complainer.node(),
        &board,
    );

    // Ryabina joins last, so that lilas's share is nothing; all echo that, and deal what they dealt.
    let nothing = nothing(bad, &who, &complainer.node());
    let mut board = nothing.clone();
    board.push(complain(&right, &of(run, 3, &who)));
    bad.board(
        "a share that is nothing, and a part that does not open",
        "part",
        &who,
        &board,
    );
    let mut board = nothing;
    board.push(of(run, 5, &complainer.node()));
    bad.board(
        "a signature where a share is nothing",
        "certificate-signature",
        &complainer.node(),
        &board,
    );
}

/// Joins of which the last makes another one's public share of the first key nothing, with echoes and deals.
fn nothing(bad: &Bad<'_>, who: &NodeKey, of_whom: &NodeKey) -> Vec<Vec<u8>> {
    let (world, run) = (bad.world, bad.run);
    let seat = run.terms.holders.iter().find(|seat| seat.node == *of_whom);
    let at = Scalar::from(seat.unwrap().index.get());
    let value = |node: &NodeKey| {
        let (_, _, body) = taken_apart(&of(run, 1, node));
        let points = shown(&mut serde_cbor::from_slice(&body).unwrap());
        points[0] + points[1] * at
    };
    let nodes: BTreeSet<NodeKey> = run.seeds.keys().copied().collect();
    let others: RistrettoPoint = nodes.iter().filter(|node| *node != who).map(value).sum();
    let body = changed(run, 1, who, |b| {
        let second = (-others - shown(b)[0]) * at.invert();
        let points = list(&mut list(&mut list(field(b, 2))[0])[0]);
        points[1] = Cbor::Bytes(second.compress().to_bytes().to_vec());
    });
    let key = |node: &NodeKey| &member(world, node).node;
    let mut board = before(run, 1, who);
    board.push(say(world, &run.digest, key(who), 1, &body));
    let mut transcript = Sha256::new()
        .chain_update(b"parasol 1 ceremony transcript")
        .chain_update(run.digest.as_bytes());
    for node in &nodes {
        let join = board.iter().find(|join| taken_apart(join).0 == *node);
        transcript.update(Sha256::digest(annotate::payload(join.unwrap())));
    }
    let transcript = transcript.finalize().to_vec();
    for node in &nodes {
        let echo = changed(run, 2, node, |b| {
            *field(b, 1) = Cbor::Bytes(transcript.clone());
        });
        board.push(say(world, &run.digest, key(node), 2, &echo));
        board.push(of(run, 3, node));
    }
    board
}

/// The points of the first key that a join shows.
fn shown(body: &mut Body) -> Vec<RistrettoPoint> {
    let points = list(&mut list(&mut list(field(body, 2))[0])[0]);
    let point = |bytes: &mut Cbor| CompressedRistretto::from_slice(octets(bytes)).unwrap();
    points
        .iter_mut()
        .map(|p| point(p).decompress().unwrap())
        .collect()
}
