//! Published and golden vectors, both through the threshold path.

use std::fs;
use std::path::Path;

use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};

use super::deal::deal_secret;
use super::testing::{Scripted, Seeded};
use super::*;
use crate::entropy::{Entropy, draw};
use crate::time::Season;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors");

fn scalar(hexadecimal: &str) -> [u8; 32] {
    hex::decode(hexadecimal).unwrap().try_into().unwrap()
}

/// The strings of a batch.
fn list<'a>(vector: &'a Value, field: &str) -> Vec<&'a str> {
    let strings = vector[field].as_array().unwrap().iter();
    strings.map(|string| string.as_str().unwrap()).collect()
}

fn hexes<'a>(elements: impl IntoIterator<Item = &'a Element>) -> Vec<String> {
    let elements = elements.into_iter();
    elements
        .map(|element| hex::encode(element.as_bytes()))
        .collect()
}

/// RFC 9497, appendix A.1.2: the key dealt out, the blinds as published, and whichever keyholders
/// answer, the published output. With a threshold of one, the published evaluation and proof too.
#[test]
fn rfc_9497_mode_1_through_the_threshold_path() {
    let text = fs::read_to_string(Path::new(VECTORS).join("ok/rfc9497.json")).unwrap();
    let published: Value = serde_json::from_str(&text).unwrap();
    let vectors = published["cases"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let secret = scalar(vector["secret"].as_str().unwrap());
        let secret = Scalar::from_canonical_bytes(secret).unwrap();
        let inputs = list(vector, "inputs")
            .into_iter()
            .map(|input| hex::decode(input).unwrap());
        let inputs: Vec<Vec<u8>> = inputs.collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let blinds: Vec<[u8; 32]> = list(vector, "blinds").into_iter().map(scalar).collect();
        let blinded = blind(&inputs, &mut Scripted::scalars(&blinds)).unwrap();
        assert_eq!(hexes(blinded.elements()), list(vector, "blinded"));

        for (t, n) in [(1, 1), (2, 3), (3, 5), (10, 15)] {
            let mut entropy = Seeded::new(b"rfc 9497");
            let dealt = deal_secret(KeyName::Bucket, &secret, t, n, &mut entropy).unwrap();
            let public = hex::encode(dealt.key.public().as_bytes());
            assert_eq!(public, vector["public"].as_str().unwrap());
            for first in 0..=usize::from(n - t) {
                let chosen = &dealt.shares[first..first + usize::from(t)];
                let verified: Vec<Verified> = chosen
                    .iter()
                    .map(|share| {
                        let nonce = scalar(vector["nonce"].as_str().unwrap());
                        let mut nonce = Scripted::scalars(&[nonce]);
                        let evaluation = share.evaluate(blinded.elements(), &mut nonce).unwrap();
                        if t == 1 {
                            let proof = hex::encode(evaluation.proof.as_bytes());
                            assert_eq!(proof, vector["proof"].as_str().unwrap());
                            assert_eq!(hexes(&evaluation.elements), list(vector, "evaluated"));
                        }
                        blinded.verify(&dealt.key, &evaluation).unwrap()
                    })
                    .collect();
                let outputs = blinded.finish(&dealt.key, &verified).unwrap();
                let outputs: Vec<String> = outputs
                    .iter()
                    .map(|output| hex::encode(output.as_bytes()))
                    .collect();
                assert_eq!(outputs, list(vector, "outputs"));
            }
        }
    }
}

/// A scalar below 2²⁵², so that it is canonical as it stands.
fn some_scalar(entropy: &mut dyn Entropy) -> [u8; 32] {
    let mut scalar: [u8; 32] = draw(entropy);
    scalar[31] &= 0x0f;
    scalar
}

fn generate() -> Value {
    let season = Season::from_index(2026 * 2 + 1);
    let cases = [
        (
            KeyName::Bucket,
            2,
            3,
            vec!["parasol handle 1|phone:+33639981234"],
        ),
        (
            KeyName::Handle(season),
            3,
            5,
            vec![
                "parasol handle 1|phone:+33639981234",
                "parasol handle 1|plate:FR/AB123CD",
            ],
        ),
        (KeyName::Area(season), 1, 1, vec!["parasol area 1|FR-75C"]),
    ];
    let cases = cases
        .iter()
        .map(|(name, t, n, inputs)| generate_case(*name, *t, *n, inputs));
    json!({
        "spec": "spec/04-lookup.md, part 1",
        "suite": "RFC 9497 ristretto255-SHA512, mode 1",
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn generate_case(name: KeyName, t: u16, n: u16, inputs: &[&str]) -> Value {
    let mut entropy = Seeded::new(format!("parasol vectors {name}").as_bytes());
    let dealt = deal(name, t, n, &mut entropy).unwrap();
    let blinds: Vec<_> = inputs.iter().map(|_| some_scalar(&mut entropy)).collect();
    let bytes: Vec<&[u8]> = inputs.iter().map(|input| input.as_bytes()).collect();
    let blinded = blind(&bytes, &mut Scripted::scalars(&blinds)).unwrap();
    let mut verified = Vec::new();
    let mut evaluations = Vec::new();
    for share in &dealt.shares {
        let nonce = some_scalar(&mut entropy);
        let answer = share
            .evaluate(blinded.elements(), &mut Scripted::scalars(&[nonce]))
            .unwrap();
        verified.push(blinded.verify(&dealt.key, &answer).unwrap());
        evaluations.push(json!({
            "index": answer.index.get(),
            "share": hex::encode(&share.to_bytes()[2..]),
            "public_share": hex::encode(dealt.key.shares()[&answer.index].as_bytes()),
            "nonce": hex::encode(nonce),
            "elements": hexes(&answer.elements),
            "proof": hex::encode(answer.proof.as_bytes()),
        }));
    }
    let threshold = usize::from(t);
    let outputs = blinded.finish(&dealt.key, &verified[..threshold]).unwrap();
    let others = blinded
        .finish(&dealt.key, &verified[verified.len() - threshold..])
        .unwrap();
    assert_eq!(outputs, others);
    json!({
        "key": name.to_string(),
        "threshold": t,
        "public": hex::encode(dealt.key.public().as_bytes()),
        "inputs": inputs,
        "blinds": blinds.iter().map(hex::encode).collect::<Vec<_>>(),
        "blinded": hexes(blinded.elements()),
        "evaluations": evaluations,
        "outputs": outputs.iter().map(|output| hex::encode(output.as_bytes())).collect::<Vec<_>>(),
    })
}

/// Answers and encodings that must be refused, each with the step that refuses it.
fn generate_bad() -> Value {
    let name = KeyName::Handle(Season::from_index(2026 * 2 + 1));
    let mut entropy = Seeded::new(b"parasol vectors, refused");
    let dealt = deal(name, 2, 3, &mut entropy).unwrap();
    let other_epoch = deal(name, 2, 3, &mut entropy).unwrap();
    let inputs: [&[u8]; 2] = [b"one", b"two"];
    let blinds = [some_scalar(&mut entropy), some_scalar(&mut entropy)];
    let blinded = blind(&inputs, &mut Scripted::scalars(&blinds)).unwrap();
    let other_batch = blind(&inputs, &mut entropy).unwrap();
    let mut answer = |share: &KeyShare, batch: &Blinded| {
        let nonce = some_scalar(&mut entropy);
        let answer = share.evaluate(batch.elements(), &mut Scripted::scalars(&[nonce]));
        answer.unwrap()
    };
    let good = answer(&dealt.shares[0], &blinded);
    let with = |change: &dyn Fn(&mut Evaluation)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    let second = ShareIndex::new(2).unwrap();
    let nobody = ShareIndex::new(4).unwrap();
    let elsewhere = answer(&dealt.shares[0], &other_batch);
    let evaluations = [
        ("another keyholder's index", with(&|e| e.index = second)),
        (
            "an index that the certificate does not name",
            with(&|e| e.index = nobody),
        ),
        (
            "a share of another epoch",
            answer(&other_epoch.shares[0], &blinded),
        ),
        ("an answer to another batch", elsewhere.clone()),
        (
            "the proof of another batch",
            with(&|e| e.proof = elsewhere.proof),
        ),
        (
            "elements in another order",
            with(&|e| e.elements.swap(0, 1)),
        ),
        (
            "an element sent back as it came",
            with(&|e| e.elements[1] = blinded.elements()[1]),
        ),
        ("one element short", with(&|e| e.elements.truncate(1))),
        (
            "one element over",
            with(&|e| e.elements.push(e.elements[0])),
        ),
    ];
    let evaluations = evaluations.iter().map(|(what, evaluation)| {
        let refused = blinded.verify(&dealt.key, evaluation).unwrap_err().code();
        json!({
            "what": what,
            "refused": refused,
            "index": evaluation.index.get(),
            "elements": hexes(&evaluation.elements),
            "proof": hex::encode(evaluation.proof.as_bytes()),
        })
    });
    let elements = [
        ("the identity", "00".repeat(32)),
        ("not reduced", "ed".to_owned() + &"ff".repeat(30) + "7f"),
        ("negative", "01".to_owned() + &"00".repeat(31)),
        (
            "not on the curve",
            "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371".into(),
        ),
        ("a byte short", hexes(&good.elements)[0][2..].to_owned()),
        ("a byte over", hexes(&good.elements)[0].clone() + "00"),
    ];
    let elements = elements.map(|(what, bytes)| {
        assert!(
            Element::from_bytes(&hex::decode(&bytes).unwrap()).is_err(),
            "{what}"
        );
        json!({ "what": what, "bytes": bytes })
    });
    let proof = hex::encode(good.proof.as_bytes());
    let proofs = [
        ("a challenge of zero", "00".repeat(32) + &proof[64..]),
        (
            "a response of zero",
            proof[..64].to_owned() + &"00".repeat(32),
        ),
        (
            "a response not reduced",
            proof[..64].to_owned() + &"ff".repeat(32),
        ),
        ("a byte over", proof.clone() + "00"),
    ];
    let proofs = proofs.map(|(what, bytes)| {
        assert!(
            Proof::from_bytes(&hex::decode(&bytes).unwrap()).is_err(),
            "{what}"
        );
        json!({ "what": what, "bytes": bytes })
    });
    let public_shares = dealt.key.shares().iter();
    let public_shares = public_shares.map(|(index, share)| {
        json!({ "index": index.get(), "public_share": hex::encode(share.as_bytes()) })
    });
    json!({
        "spec": "spec/04-lookup.md, part 1",
        "suite": "RFC 9497 ristretto255-SHA512, mode 1",
        "key": name.to_string(),
        "threshold": dealt.key.threshold(),
        "public": hex::encode(dealt.key.public().as_bytes()),
        "shares": public_shares.collect::<Vec<_>>(),
        "inputs": ["one", "two"],
        "blinds": blinds.map(hex::encode),
        "blinded": hexes(blinded.elements()),
        "evaluations": evaluations.collect::<Vec<_>>(),
        "elements": elements,
        "proofs": proofs,
    })
}

/// To write the files anew, on purpose: set `PARASOL_WRITE_VECTORS` and run this test.
#[test]
fn golden_vectors_have_not_moved() {
    for (file, vectors) in [
        ("ok/voprf.json", generate()),
        ("bad/voprf.json", generate_bad()),
    ] {
        let now = serde_json::to_string_pretty(&vectors).unwrap() + "\n";
        let path = Path::new(VECTORS).join(file);
        if std::env::var_os("PARASOL_WRITE_VECTORS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &now).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap();
        assert_eq!(
            golden, now,
            "spec/vectors/{file} is not what this code makes"
        );
    }
}
