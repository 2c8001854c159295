//! What people read to each other over the telephone, to know that they take part in one ceremony.

use core::fmt;
use sha2::{Digest as _, Sha256};

/// Twenty digits in groups of four, the same for everyone in a ceremony that nobody stands between.
///
/// They follow from the plan, from everything that was shown, and from a nonce of each participant
/// that was fixed before and opened after: so nobody can search for messages that give two people
/// the same digits in two different ceremonies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoiceString(String);

impl VoiceString {
    pub(super) fn of<'a>(
        transcript: &[u8; 32],
        nonces: impl IntoIterator<Item = &'a [u8; 32]>,
    ) -> Self {
        let mut hash = Sha256::new()
            .chain_update(b"parasol 1 ceremony voice")
            .chain_update(transcript);
        for nonce in nonces {
            hash.update(nonce);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let first = hash.first_chunk().copied().unwrap_or_default();
        // 2¹²⁸ is so much more than 10²⁰ that no digit is likelier than another.
        let digits = format!("{:020}", u128::from_be_bytes(first) % 10_u128.pow(20));
        let mut text = String::with_capacity(24);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && place.is_multiple_of(4) {
                text.push(' ');
            }
            text.push(digit);
        }
        Self(text)
    }

    /// Whether somebody has the same digits. Anything between them is ignored.
    pub fn is(&self, heard: &str) -> bool {
        let digits =
            |text: &str| -> Vec<char> { text.chars().filter(char::is_ascii_digit).collect() };
        digits(&self.0) == digits(heard)
    }
}

impl fmt::Display for VoiceString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
