//! Adding to a report that one could open: a translation, a confirmation, a doubt.

use super::ask::{Ask, AskId, Exchange, Unanswered};
use super::error::Error;
use super::grip::Grip;
use super::retract::One;
use super::view::Federation;
use crate::entropy::{Entropy, draw};
use crate::ids::RecordId;
use crate::particulars::Words;
use crate::record::attachment::{Dispute, Second, Translation};
use crate::record::{Body, Kind};
use crate::seal::seal_words;

/// What is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attachment {
    /// The text in another language.
    Translation(Words),
    /// Another organisation knows of it too.
    Second(Option<Words>),
    /// There is reason to doubt it.
    Dispute(Option<Words>),
}

impl Attachment {
    const fn kind(&self) -> Kind {
        match self {
            Attachment::Translation(_) => Kind::Translation,
            Attachment::Second(_) => Kind::Second,
            Attachment::Dispute(_) => Kind::Dispute,
        }
    }

    const fn words(&self) -> Option<&Words> {
        match self {
            Attachment::Translation(words) => Some(words),
            Attachment::Second(words) | Attachment::Dispute(words) => words.as_ref(),
        }
    }
}

/// Adding to a report, in the course of being done. Ends with the id of what was added.
#[derive(Debug)]
pub struct Attach(One);

impl Attach {
    /// Begins to add to the report that the grip holds. What is added dies with the report.
    ///
    /// # Errors
    /// If the text is too long, or an organisation would confirm its own report.
    pub fn new(
        federation: &Federation,
        attachment: &Attachment,
        to: &Grip,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Error> {
        let kind = attachment.kind();
        if kind == Kind::Second && to.organisation == *federation.organisation() {
            return Err(Error::OwnSecond);
        }
        let (target, salt) = (to.target(), draw(entropy));
        let sealed = seal_words(
            &to.text_key(),
            attachment.words(),
            federation.id(),
            federation.organisation(),
            to.expires,
            kind,
            &target,
            &salt,
        )?;
        let body = match attachment {
            Attachment::Translation(_) => Body::Translation(Translation {
                target,
                salt,
                sealed,
            }),
            Attachment::Second(_) => Body::Second(Second {
                target,
                salt,
                sealed,
            }),
            Attachment::Dispute(_) => Body::Dispute(Dispute {
                target,
                salt,
                sealed,
            }),
        };
        Ok(Self(One::new(to.expires, body)))
    }
}

impl Exchange for Attach {
    type Done = RecordId;

    fn asks(&mut self) -> Vec<Ask> {
        self.0.asks()
    }
    fn answer(
        &mut self,
        id: AskId,
        answer: Result<Vec<u8>, Unanswered>,
        _entropy: &mut dyn Entropy,
    ) {
        self.0.answer(id, answer);
    }
    fn done(&mut self) -> Option<Result<RecordId, Error>> {
        self.0.done()
    }
}
