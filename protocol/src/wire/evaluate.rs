//! Asking for evaluations: the same blinded elements under several keys in one message.

use crate::cbor::{self, Malformed};
use crate::certificate::{name, put_name};
use crate::oprf::{Element, Evaluation, KeyName, MAX_BATCH, Proof, ShareIndex};
use minicbor::Decoder;

/// Keys that one message may ask for: the bucket key and those of all live seasons, twice over.
pub const MAX_EVALUATE_KEYS: usize = 12;

/// Blinded elements to be evaluated under each of the keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The epoch of the certificate that the asking client has.
    pub epoch: u32,
    /// The keys, in order, each once.
    pub keys: Vec<KeyName>,
    /// The elements.
    pub elements: Vec<Element>,
}

impl Ask {
    pub(super) fn write(&self, e: &mut cbor::Out) {
        cbor::put_array(e, 3);
        cbor::put_uint(e, u64::from(self.epoch));
        cbor::put_array(e, self.keys.len() as u64);
        for key in &self.keys {
            put_name(e, *key);
        }
        cbor::put_array(e, self.elements.len() as u64);
        for element in &self.elements {
            cbor::put_bytes(e, element.as_bytes());
        }
    }

    pub(super) fn read(d: &mut Decoder<'_>) -> Result<Self, Malformed> {
        cbor::tuple(d, 3)?;
        let epoch = d.u32()?;
        let keys = cbor::list(d, MAX_EVALUATE_KEYS, name)?;
        if keys.is_empty() || !keys.is_sorted_by(|a, b| a < b) {
            return Err(Malformed::Shape);
        }
        let elements = cbor::list(d, MAX_BATCH, element)?;
        if elements.is_empty() {
            return Err(Malformed::Shape);
        }
        Ok(Self {
            epoch,
            keys,
            elements,
        })
    }
}

fn element(d: &mut Decoder<'_>) -> Result<Element, Malformed> {
    Element::from_bytes(d.bytes()?).map_err(|_| Malformed::Shape)
}

/// One keyholder's evaluation under one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEvaluation {
    /// The key.
    pub key: KeyName,
    /// What the keyholder answered.
    pub evaluation: Evaluation,
}

impl KeyEvaluation {
    pub(super) fn write_all(all: &[Self], e: &mut cbor::Out) {
        cbor::put_array(e, all.len() as u64);
        for one in all {
            cbor::put_array(e, 4);
            put_name(e, one.key);
            cbor::put_uint(e, u64::from(one.evaluation.index.get()));
            cbor::put_array(e, one.evaluation.elements.len() as u64);
            for element in &one.evaluation.elements {
                cbor::put_bytes(e, element.as_bytes());
            }
            cbor::put_bytes(e, one.evaluation.proof.as_bytes());
        }
    }

    pub(super) fn read_all(d: &mut Decoder<'_>) -> Result<Vec<Self>, Malformed> {
        cbor::list(d, MAX_EVALUATE_KEYS, |d| {
            cbor::tuple(d, 4)?;
            let key = name(d)?;
            let index = ShareIndex::new(d.u16()?).map_err(|_| Malformed::Shape)?;
            let elements = cbor::list(d, MAX_BATCH, element)?;
            let proof = Proof::from_bytes(d.bytes()?).map_err(|_| Malformed::Shape)?;
            Ok(Self {
                key,
                evaluation: Evaluation {
                    index,
                    elements,
                    proof,
                },
            })
        })
    }
}
