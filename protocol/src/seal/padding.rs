//! Padding: a sealed part has one of a few sizes. ISO/IEC 7816-4: 0x80, then zeros.

/// Pads to the smallest class that holds the bytes and one more.
pub(super) fn pad(bytes: &[u8], classes: &[usize]) -> Option<Vec<u8>> {
    let size = *classes.iter().find(|c| **c > bytes.len())?;
    let mut out = bytes.to_vec();
    out.push(0x80);
    out.resize(size, 0);
    Some(out)
}

/// Takes the padding off. The size must be one of the classes, and the smallest that was enough.
pub(super) fn unpad<'a>(padded: &'a [u8], classes: &[usize]) -> Option<&'a [u8]> {
    let end = padded.iter().rposition(|b| *b != 0)?;
    let (bytes, mark) = padded.get(..=end)?.split_at_checked(end)?;
    let least = classes.iter().find(|c| **c > bytes.len())?;
    (mark == [0x80] && *least == padded.len()).then_some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn padding_comes_off_again_and_only_one_way() {
        let classes = [8, 16];
        for n in 0..16 {
            let bytes = vec![0x80; n];
            let padded = pad(&bytes, &classes).unwrap();
            assert_eq!(padded.len(), if n < 8 { 8 } else { 16 });
            assert_eq!(unpad(&padded, &classes).unwrap(), bytes);
        }
        assert!(pad(&[0; 16], &classes).is_none());
        for bad in [&[0u8; 8][..], &[1; 8], &[0x80, 0, 0], &[0x80; 0], &{
            let mut b = [0u8; 16];
            b[0] = 0x80;
            b
        }] {
            assert!(unpad(bad, &classes).is_none(), "{bad:?}");
        }
    }
}
