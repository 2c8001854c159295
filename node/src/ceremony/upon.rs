//! What a ceremony goes on with, and whether that still counts.

use super::desk::Known;
use super::step::Progress;
use parasol_protocol::ceremony::{PlanTerms, Step};
use parasol_protocol::certificate::Certificate;

/// Whether a ceremony can still come to its end: the certificate that it goes on with is the one in force,
/// or is kept from [before](super::Desk::before); and as long as it waits for some to join, its version of
/// the charter is the one that counts, since they go by that.
///
/// One that cannot holds nothing up, and nobody is at fault for that.
pub fn goes_on(
    terms: &PlanTerms,
    progress: &Progress,
    known: &Known,
    before: Option<&Certificate>,
) -> bool {
    let in_force = known.certificate.as_ref().filter(|c| !c.dealt());
    let upon = match &terms.old {
        None => in_force.is_none(),
        Some(old) => {
            let is = |c: &&Certificate| *c.digest() == old.certificate;
            let later = |c: &Certificate| terms.epoch > c.epoch();
            in_force.filter(is).is_some()
                || (before.filter(is).is_some() && in_force.is_some_and(later))
        }
    };
    let gathers = matches!(
        progress,
        Progress::Waits {
            step: Step::Join,
            ..
        }
    );
    upon && (!gathers || terms.charter == *known.charter().id().as_bytes())
}
