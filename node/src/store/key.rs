//! Building keys, and finding where those with a common beginning end.

/// The first key after all keys that begin with `prefix`; `None` if there is no such key.
///
/// ```
/// use parasol_node::store::prefix_end;
/// assert_eq!(prefix_end(b"ab"), Some(b"ac".to_vec()));
/// assert_eq!(prefix_end(&[7, 0xff]), Some(vec![8]));
/// assert_eq!(prefix_end(&[0xff]), None);
/// ```
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// A key made of parts, one after the other.
///
/// All parts but the last should have a fixed length, or two lists of parts could make one key.
#[must_use]
pub fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The key of a sequence number: eight bytes, big-endian, so that keys sort as the numbers do.
#[must_use]
pub const fn seq(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// Reads a sequence number back; `None` if there are not exactly eight bytes.
#[must_use]
pub fn read_seq(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_ends_right_after_its_keys(prefix: Vec<u8>, key: Vec<u8>) {
            let inside = key >= prefix
                && prefix_end(&prefix).is_none_or(|end| key < end);
            prop_assert_eq!(inside, key.starts_with(&prefix));
        }

        #[test]
        fn sequence_keys_sort_as_numbers_do(a: u64, b: u64) {
            prop_assert_eq!(seq(a).cmp(&seq(b)), a.cmp(&b));
            prop_assert_eq!(read_seq(&seq(a)).unwrap(), a);
        }
    }

    #[test]
    fn only_eight_bytes_are_a_sequence_number() {
        assert_eq!(read_seq(&[0; 7]), None);
        assert_eq!(read_seq(&[0; 9]), None);
        assert_eq!(join(&[b"a", b"", b"bc"]), b"abc");
    }
}
