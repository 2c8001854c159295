//! Bytes → text: which encoding a list was saved in.
//!
//! A byte-order mark decides. Else what is valid UTF-8 is UTF-8. Else the file is in an older
//! encoding, and three facts tell them apart: in Western languages an accented letter stands
//! alone among plain ones, in Russian and Chinese they come in runs; Chinese pairs its bytes, so
//! that Russian words of odd length do not decode as it; and the right one turns the header into
//! words that are known. `chardetng` settles which member of a family it is. Nothing is random,
//! so the same bytes always read the same way.

use super::error::ImportError;
use super::headings;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, IBM866, KOI8_R, KOI8_U, SHIFT_JIS, UTF_8, UTF_16BE,
    UTF_16LE, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257,
};

/// Bytes looked at to choose an encoding; enough for any list to show its language.
const SAMPLE: usize = 256 * 1024;

/// A file as text.
#[derive(Debug)]
pub struct Decoded {
    /// Its text, without a byte-order mark.
    pub text: String,
    /// The encoding it was in.
    pub encoding: &'static str,
    /// Whether some bytes did not decode and stand as `�`.
    pub damaged: bool,
}

/// Reads bytes as text, in the encoding named or in the one they seem to be in.
///
/// # Errors
///
/// If they are no text at all, or the name is not that of an encoding.
pub fn decode(bytes: &[u8], named: Option<&str>) -> Result<Decoded, ImportError> {
    if bytes.is_empty() {
        return Err(ImportError::Empty);
    }
    let encoding = match named {
        Some(name) => {
            Encoding::for_label(name.as_bytes()).ok_or_else(|| ImportError::BadMapping {
                detail: format!("\"{name}\" is not the name of an encoding"),
            })?
        }
        None => guess(bytes)?,
    };
    let (text, used, damaged) = encoding.decode(bytes);
    let text = text.into_owned();
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    if looks_binary(&text) {
        return Err(ImportError::Binary);
    }
    Ok(Decoded {
        text,
        encoding: label(used),
        damaged,
    })
}

/// What people call it: browsers read GBK as its superset.
fn label(encoding: &'static Encoding) -> &'static str {
    if encoding == GBK {
        GB18030.name()
    } else {
        encoding.name()
    }
}

fn guess(bytes: &[u8]) -> Result<&'static Encoding, ImportError> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    if let Some(encoding) = utf16_without_mark(sample) {
        return Ok(encoding);
    }
    if sample.contains(&0) {
        return Err(ImportError::Binary);
    }
    if std::str::from_utf8(bytes).is_ok() || mostly_utf8(bytes) {
        return Ok(UTF_8);
    }
    // The first bytes beyond ASCII may lie deep in the file; start from there.
    let first = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0);
    let deep = if first < SAMPLE / 2 {
        sample
    } else {
        let tail = bytes.get(first.saturating_sub(64)..).unwrap_or_default();
        tail.get(..SAMPLE).unwrap_or(tail)
    };
    Ok(legacy(deep))
}

fn legacy(sample: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let detected = detector.guess(None, Utf8Detection::Deny);
    if !in_runs(sample) {
        let western = [WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257];
        // A few accented letters are little to judge by: the most common one unless the header
        // reads better in another, or in this one signs stand where letters should.
        let trusted =
            sample.iter().filter(|b| !b.is_ascii()).count() >= 32 || has_signs_in_words(sample);
        return best_by_header(sample, &[WINDOWS_1252, WINDOWS_1250])
            .or(western.into_iter().find(|e| trusted && *e == detected))
            .unwrap_or(WINDOWS_1252);
    }
    let candidates = [WINDOWS_1251, GB18030, KOI8_U, IBM866, BIG5];
    if let Some(best) = best_by_header(sample, &candidates) {
        return best;
    }
    let others = [KOI8_U, KOI8_R, IBM866, BIG5, SHIFT_JIS, EUC_KR];
    if let Some(other) = others.into_iter().find(|e| *e == detected) {
        return other;
    }
    if detected == GBK || detected == GB18030 {
        return GB18030;
    }
    let chinese = GB18030.decode_without_bom_handling_and_without_replacement(whole(sample));
    if detected != WINDOWS_1251 && chinese.is_some() {
        GB18030
    } else {
        WINDOWS_1251
    }
}

/// Whether Windows-1252 would put a sign such as ³ or ¿ between the letters of a word.
fn has_signs_in_words(sample: &[u8]) -> bool {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(sample);
    let chars: Vec<char> = text.chars().collect();
    chars.windows(3).any(|three| match three {
        [a, b, c] => {
            a.is_alphabetic()
                && c.is_alphabetic()
                && !b.is_ascii()
                && !b.is_alphabetic()
                && !matches!(b, '’' | '‘' | '–' | '—' | '·' | '\u{a0}')
        }
        _ => false,
    })
}

/// The sample up to its last line end, so that no character is cut in two.
fn whole(sample: &[u8]) -> &[u8] {
    let end = sample
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(sample.len(), |at| at + 1);
    sample.get(..end).unwrap_or(sample)
}

/// Whether bytes beyond ASCII mostly stand side by side.
fn in_runs(sample: &[u8]) -> bool {
    let (mut alone, mut together) = (0_usize, 0_usize);
    let high = |b: Option<&u8>| b.is_some_and(|b| !b.is_ascii());
    for (at, byte) in sample.iter().enumerate() {
        if byte.is_ascii() {
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| sample.get(i));
        if high(before) || high(sample.get(at + 1)) {
            together += 1
        } else {
            alone += 1
        }
    }
    together > alone
}

/// The candidate in which the first lines hold the most words known from headers, if one leads.
fn best_by_header(sample: &[u8], candidates: &[&'static Encoding]) -> Option<&'static Encoding> {
    let top = sample.get(..4096).unwrap_or(sample);
    let mut scores: Vec<(usize, &'static Encoding)> = candidates
        .iter()
        .map(|encoding| {
            let (text, _) = encoding.decode_without_bom_handling(top);
            let cells = text
                .lines()
                .take(8)
                .flat_map(|l| l.split([';', ',', '\t', '|']));
            (
                cells
                    .filter(|c| !c.is_ascii() && headings::heading(c).is_some())
                    .count(),
                *encoding,
            )
        })
        .collect();
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match scores.as_slice() {
        [(best, encoding), (second, _), ..] if best > second => Some(encoding),
        _ => None,
    }
}

/// Text in which one letter in a thousand is spoilt is still that text.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad.saturating_mul(20)
}

fn utf16_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let (mut even, mut odd) = (0_usize, 0_usize);
    for (at, byte) in sample.iter().enumerate() {
        if *byte == 0 {
            if at % 2 == 0 { even += 1 } else { odd += 1 }
        }
    }
    let half = sample.len() / 2;
    if half < 8 {
        None
    } else if odd > half / 4 && even == 0 {
        Some(UTF_16LE)
    } else if even > half / 4 && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn looks_binary(text: &str) -> bool {
    let sample = super::fold::cut(text, SAMPLE);
    let (mut odd, mut all) = (0_usize, 0_usize);
    for c in sample.chars() {
        all += 1;
        odd += usize::from(
            c == '\u{fffd}'
                || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}')),
        );
    }
    odd * 20 > all
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    const FRENCH: &str =
        "Date;Lieu;Téléphone;Description\n03/06/26;Rouen;0639980614;Parti par la fenêtre\n";
    const RUSSIAN: &str =
        "Дата;Город;Телефон;Что случилось\n08.2026;Казань;+7 495 000 78 57;Не заплатил\n";
    const CHINESE: &str =
        "日期,城市,电话,事情经过\n2026年3月5日,上海,+86 138 0013 8000,没有付钱就走了\n";

    fn read(bytes: &[u8]) -> Decoded {
        decode(bytes, None).unwrap()
    }

    #[test]
    fn the_six_encodings_of_lists_in_the_wild_are_told_apart() {
        for (text, encoding) in [
            (FRENCH, WINDOWS_1252),
            (RUSSIAN, WINDOWS_1251),
            (CHINESE, GB18030),
            (RUSSIAN, KOI8_U),
            (FRENCH, UTF_8),
            (RUSSIAN, UTF_8),
            (CHINESE, UTF_8),
        ] {
            let (bytes, _, unmappable) = encoding.encode(text);
            assert!(!unmappable);
            let decoded = read(&bytes);
            assert_eq!(decoded.text, text, "{}", encoding.name());
            assert_eq!(decoded.encoding, encoding.name());
            assert!(!decoded.damaged);
        }
    }

    #[test]
    fn without_any_header_the_language_of_the_rows_decides() {
        for (text, encoding) in [
            (
                "06 39 98 06 14;N'a pas payé, parti par la fenêtre;4\n",
                WINDOWS_1252,
            ),
            (
                "+7 495 000 78 57;Преследует, звонит ночью, нашёл соцсети\n",
                WINDOWS_1251,
            ),
            (
                "+86 138 0013 8000;没有付钱就走了，还威胁要公开照片\n",
                GB18030,
            ),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(read(&bytes).text, text);
        }
    }

    #[test]
    fn polish_is_not_taken_for_french() {
        let text = "Data;Miejsce;Opis\n03.06.2026;Łódź;Nie zapłacił i wyszedł, groził nożem\n";
        let (bytes, _, _) = WINDOWS_1250.encode(text);
        assert_eq!(read(&bytes).text, text);
    }

    #[test]
    fn marks_are_removed_and_decide() {
        let mut bytes = vec![0xef, 0xbb, 0xbf];
        bytes.extend_from_slice(FRENCH.as_bytes());
        assert_eq!(read(&bytes).text, FRENCH);
        for (mark, little) in [([0xff, 0xfe], true), ([0xfe, 0xff], false)] {
            let mut bytes = mark.to_vec();
            for unit in RUSSIAN.encode_utf16() {
                bytes.extend(if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                });
            }
            assert_eq!(read(&bytes).text, RUSSIAN);
        }
        let unmarked: Vec<u8> = FRENCH.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&unmarked).text, FRENCH);
    }

    #[test]
    fn a_few_spoilt_bytes_do_not_change_the_encoding() {
        let mut bytes = RUSSIAN.repeat(10).into_bytes();
        bytes.push(0xff);
        let decoded = read(&bytes);
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.damaged);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(decode(b"", None), Err(ImportError::Empty)));
        assert!(matches!(
            decode(b" \r\n\t\n", None),
            Err(ImportError::Empty)
        ));
        assert!(matches!(
            decode(b"\xef\xbb\xbf", None),
            Err(ImportError::Empty)
        ));
        assert!(matches!(
            decode(b"\x7fELF\x02\x01\x01\0\0\0\0", None),
            Err(ImportError::Binary)
        ));
        let noise: Vec<u8> = (0..4000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        assert!(decode(&noise, None).is_err());
    }

    #[test]
    fn the_mapping_may_name_the_encoding() {
        let (bytes, _, _) = WINDOWS_1251.encode("Дата");
        assert_eq!(decode(&bytes, Some("windows-1251")).unwrap().text, "Дата");
        assert!(matches!(
            decode(&bytes, Some("klingon")),
            Err(ImportError::BadMapping { .. })
        ));
    }
}
