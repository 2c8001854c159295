//! A key that nobody ever holds: the distributed generation of `frost-ristretto255`, its packages as
//! this protocol writes them.
//!
//! Part 1 is a polynomial, its commitment, and a proof that one knows the constant term, without
//! which the last to speak could choose the key. Part 2 gives everyone a value of it. Part 3 checks
//! the values and adds them up.

use super::secret::Stream;
use crate::entropy::AsRng;
use crate::oprf::ShareIndex;
use curve25519_dalek::scalar::Scalar;
use frost_ristretto255::keys::dkg::{part1, part2, part3, round1, round2};
use frost_ristretto255::keys::{SigningShare, VerifiableSecretSharingCommitment};
use frost_ristretto255::{Error, Identifier, Signature};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What one participant shows to all, of one key.
pub(super) type Shown = round1::Package;
/// What it keeps, between showing it and sharing it out.
pub(super) type Kept = round1::SecretPackage;
/// What it keeps after that: its own value of its own polynomial.
pub(super) type Own = round2::SecretPackage;

/// The secret values for the others.
pub(super) type Values = BTreeMap<ShareIndex, Zeroizing<[u8; 32]>>;

fn identifier(index: ShareIndex) -> Result<Identifier, Error> {
    index.get().try_into()
}

/// Makes one's polynomial. The same stream makes the same one.
pub(super) fn begin(
    index: ShareIndex,
    holders: u16,
    threshold: u16,
    mut stream: Stream,
) -> Result<(Kept, Shown), Error> {
    let rng = AsRng(&mut stream);
    part1(identifier(index)?, holders, threshold, rng)
}

/// What is shown, as it travels: the commitment's points, and the proof.
pub(super) fn write(shown: &Shown) -> Result<(Vec<[u8; 32]>, [u8; 64]), Error> {
    let points = shown
        .commitment()
        .serialize()?
        .into_iter()
        .map(|point| point.try_into().map_err(|_| Error::SerializationError));
    let proof = shown.proof_of_knowledge().serialize()?;
    let proof = proof.try_into().map_err(|_| Error::SerializationError)?;
    Ok((points.collect::<Result<_, _>>()?, proof))
}

/// Reads what another one shows. Whether its proof holds is [`proven`]'s question.
pub(super) fn read(points: &[[u8; 32]], proof: &[u8; 64]) -> Result<Shown, Error> {
    let commitment = VerifiableSecretSharingCommitment::deserialize(points)?;
    Ok(Shown::new(commitment, Signature::deserialize(proof)?))
}

/// Whether the participant knows the constant term of what it shows.
///
/// The crate checks that within part 2 alone, on the way to a participant's own values. Here
/// somebody who takes no part asks: one other participant of a key of two, with nothing to share.
pub(super) fn proven(index: ShareIndex, shown: &Shown, threshold: u16) -> bool {
    let asks = if index.get() == 1 { 2 } else { 1 };
    let check = || {
        let nothing = Kept::new(
            asks.try_into()?,
            vec![Scalar::ZERO; threshold.into()],
            shown.commitment().clone(),
            threshold,
            2,
        );
        part2(
            nothing,
            &BTreeMap::from([(identifier(index)?, shown.clone())]),
        )
        .map(|_| ())
    };
    let checked: Result<(), Error> = check();
    checked.is_ok()
}

fn identified(all: &BTreeMap<ShareIndex, Shown>) -> Result<BTreeMap<Identifier, Shown>, Error> {
    all.iter()
        .map(|(index, shown)| Ok((identifier(*index)?, shown.clone())))
        .collect()
}

/// One's values for the others, of whom all have shown theirs.
pub(super) fn share_out(
    kept: Kept,
    others: &BTreeMap<ShareIndex, Shown>,
) -> Result<(Own, Values), Error> {
    let (own, packages) = part2(kept, &identified(others)?)?;
    let mut values = Values::new();
    for index in others.keys() {
        let package = packages
            .get(&identifier(*index)?)
            .ok_or(Error::PackageNotFound)?;
        let bytes = Zeroizing::new(package.signing_share().serialize());
        let mut value = Zeroizing::new([0; 32]);
        for (to, from) in value.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
        values.insert(*index, value);
    }
    Ok((own, values))
}

/// One's share of the key, from the values that the others gave. Fails if one of them is wrong.
pub(super) fn finish(
    own: &Own,
    others: &BTreeMap<ShareIndex, Shown>,
    given: &Values,
) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut packages = BTreeMap::new();
    for (index, value) in given {
        let share = SigningShare::deserialize(value.as_slice())?;
        packages.insert(identifier(*index)?, round2::Package::new(share));
    }
    let (key, _) = part3(own, &identified(others)?, &packages)?;
    let bytes = Zeroizing::new(key.signing_share().serialize());
    let mut share = Zeroizing::new([0; 32]);
    for (to, from) in share.iter_mut().zip(bytes.iter()) {
        *to = *from;
    }
    Ok(share)
}
