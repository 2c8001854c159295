//! Deterministic CBOR (RFC 8949 §4.2.1), strictly: the gate that hostile bytes meet first.
//!
//! [`gate`] walks the bytes once and refuses whatever a deterministic encoder would not have
//! written. After it, [`Fields`] reads a map whose keys are small unsigned integers in their only
//! possible order, and refuses what it does not know. Decoding and encoding again therefore gives
//! the same bytes, and no two byte strings decode to the same value.

use crate::limits::MAX_DEPTH;
use minicbor::{Decoder, Encoder};

/// Why bytes were refused by the decoder (`spec/01-conventions.md`, section 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// Bytes end inside an item.
    #[error("it ends too early")]
    Truncated,
    /// Bytes are left over after the item.
    #[error("bytes follow its end")]
    Trailing,
    /// A length or number is not in its shortest form, or a length is indefinite.
    #[error("a number or length is not in its shortest form")]
    NotShortest,
    /// Map keys are not in order, or one stands twice.
    #[error("map keys are out of order or stand twice")]
    KeyOrder,
    /// A type that the protocol does not use: a tag, a float, an unknown simple value.
    #[error("it holds a type that this format does not use")]
    ForeignType,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// Nested deeper than allowed.
    #[error("it is nested too deeply")]
    TooDeep,
    /// Larger than allowed.
    #[error("it is larger than allowed")]
    TooLarge,
    /// A field of this number is missing, unknown, or of the wrong type or length.
    #[error("field {0} is missing, unknown, or not what it must be")]
    Field(u64),
    /// An item is not what must stand there.
    #[error("an item is not what must stand there")]
    Shape,
}

impl Malformed {
    /// The word for it in `spec/validation.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Malformed::Truncated
            | Malformed::NotShortest
            | Malformed::KeyOrder
            | Malformed::ForeignType
            | Malformed::Utf8
            | Malformed::TooDeep => "encoding",
            Malformed::TooLarge | Malformed::Field(_) | Malformed::Shape => "shape",
            Malformed::Trailing => "left-over",
        }
    }
}

impl From<minicbor::decode::Error> for Malformed {
    fn from(_: minicbor::decode::Error) -> Self {
        Malformed::Shape
    }
}

/// Checks that `bytes` are exactly one deterministically encoded item without tags.
///
/// # Errors
/// Says which rule of RFC 8949 §4.2.1, or of this protocol's subset, is broken.
pub fn gate(bytes: &[u8]) -> Result<(), Malformed> {
    let mut walk = Walk { rest: bytes };
    walk.item(MAX_DEPTH)?;
    if walk.rest.is_empty() {
        Ok(())
    } else {
        Err(Malformed::Trailing)
    }
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    #[inline]
    fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(Malformed::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    #[inline]
    fn head(&mut self) -> Result<(u8, u64), Malformed> {
        let (&first, tail) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = tail;
        let (major, info) = (first >> 5, first & 31);
        if major == 7 {
            // false, true, null: nothing else of this major type is used.
            return if (20..=22).contains(&info) {
                Ok((major, u64::from(info)))
            } else {
                Err(Malformed::ForeignType)
            };
        }
        let (value, least) = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24 => (u64::from(u8::from_be_bytes(self.array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            _ => return Err(Malformed::NotShortest),
        };
        if value < least {
            return Err(Malformed::NotShortest);
        }
        Ok((major, value))
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }

    fn item(&mut self, depth: usize) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        let (major, value) = self.head()?;
        let len = || usize::try_from(value).map_err(|_| Malformed::Truncated);
        match major {
            0 | 1 | 7 => Ok(()),
            2 => self.take(len()?).map(|_| ()),
            3 => core::str::from_utf8(self.take(len()?)?)
                .map(|_| ())
                .map_err(|_| Malformed::Utf8),
            4 => (0..value).try_for_each(|_| self.item(depth)),
            5 => {
                let mut last: &[u8] = &[];
                for _ in 0..value {
                    let before = self.rest;
                    self.item(depth)?;
                    let used = before.len() - self.rest.len();
                    let key = before.get(..used).ok_or(Malformed::Truncated)?;
                    if key <= last {
                        return Err(Malformed::KeyOrder);
                    }
                    last = key;
                    self.item(depth)?;
                }
                Ok(())
            }
            _ => Err(Malformed::ForeignType),
        }
    }
}

/// Reads a map with unsigned keys in ascending order, field by field.
pub struct Fields<'a, 'b> {
    decoder: &'a mut Decoder<'b>,
    left: u64,
    key: Option<u64>,
}

impl<'a, 'b> Fields<'a, 'b> {
    /// Opens the map at the decoder's position.
    ///
    /// # Errors
    /// If there is no map of definite length.
    pub fn open(decoder: &'a mut Decoder<'b>) -> Result<Self, Malformed> {
        let left = decoder.map()?.ok_or(Malformed::NotShortest)?;
        let mut fields = Self {
            decoder,
            left,
            key: None,
        };
        fields.advance()?;
        Ok(fields)
    }

    fn advance(&mut self) -> Result<(), Malformed> {
        self.key = if self.left == 0 {
            None
        } else {
            self.left -= 1;
            Some(self.decoder.u64()?)
        };
        Ok(())
    }

    /// The field `key`, if it is there.
    ///
    /// # Errors
    /// If its value is not what `read` takes.
    pub fn optional<T>(
        &mut self,
        key: u64,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        if self.key != Some(key) {
            return Ok(None);
        }
        let value = read(self.decoder).map_err(|e| match e {
            Malformed::Shape => Malformed::Field(key),
            other => other,
        })?;
        self.advance()?;
        Ok(Some(value))
    }

    /// The field `key`.
    ///
    /// # Errors
    /// If it is missing or its value is not what `read` takes.
    pub fn required<T>(
        &mut self,
        key: u64,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        self.optional(key, read)?.ok_or(Malformed::Field(key))
    }

    /// Closes the map.
    ///
    /// # Errors
    /// If a field is left that nothing asked for.
    pub fn close(self) -> Result<(), Malformed> {
        match self.key {
            None => Ok(()),
            Some(key) => Err(Malformed::Field(key)),
        }
    }
}

/// Reads a byte string of exactly `N` bytes.
///
/// # Errors
/// If it is something else.
pub fn array<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    d.bytes()?.try_into().map_err(|_| Malformed::Shape)
}

/// Reads a byte string of at most `max` bytes.
///
/// # Errors
/// If it is something else.
pub fn bytes<'b>(d: &mut Decoder<'b>, max: usize) -> Result<&'b [u8], Malformed> {
    let bytes = d.bytes()?;
    if bytes.len() > max {
        Err(Malformed::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// Reads a text of at most `max` bytes.
///
/// # Errors
/// If it is something else.
pub fn text<'b>(d: &mut Decoder<'b>, max: usize) -> Result<&'b str, Malformed> {
    let text = d.str()?;
    if text.len() > max {
        Err(Malformed::TooLarge)
    } else {
        Ok(text)
    }
}

/// Reads an array of at most `max` items, each by `read`.
///
/// # Errors
/// If it is something else.
pub fn list<'b, T>(
    d: &mut Decoder<'b>,
    max: usize,
    mut read: impl FnMut(&mut Decoder<'b>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let len = d.array()?.ok_or(Malformed::NotShortest)?;
    let len = usize::try_from(len).map_err(|_| Malformed::TooLarge)?;
    if len > max {
        return Err(Malformed::TooLarge);
    }
    (0..len).map(|_| read(d)).collect()
}

/// Reads an array of exactly `len` items' head.
///
/// # Errors
/// If the array has another length.
pub fn tuple(d: &mut Decoder<'_>, len: u64) -> Result<(), Malformed> {
    if d.array()? == Some(len) {
        Ok(())
    } else {
        Err(Malformed::Shape)
    }
}

/// Decodes one whole item: gate, read, nothing left over.
///
/// # Errors
/// If the bytes are not canonical, or not what `read` takes.
pub fn decode<'b, T>(
    bytes: &'b [u8],
    max: usize,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    if bytes.len() > max {
        return Err(Malformed::TooLarge);
    }
    gate(bytes)?;
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder)?;
    if decoder.position() == bytes.len() {
        Ok(value)
    } else {
        Err(Malformed::Trailing)
    }
}

/// Writes into memory, which cannot fail.
pub type Out = Encoder<Vec<u8>>;

/// A map under construction: fields are put in ascending order of their keys.
#[derive(Default)]
pub struct MapOut {
    count: u64,
    body: Vec<u8>,
}

impl MapOut {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. Keys must ascend.
    #[must_use]
    pub fn put(mut self, key: u64, write: impl FnOnce(&mut Out)) -> Self {
        let mut e = Encoder::new(core::mem::take(&mut self.body));
        put_uint(&mut e, key);
        write(&mut e);
        self.body = e.into_writer();
        self.count += 1;
        self
    }

    /// Adds a field if there is something to add.
    #[must_use]
    pub fn maybe<T>(self, key: u64, value: Option<T>, write: impl FnOnce(&mut Out, T)) -> Self {
        match value {
            Some(v) => self.put(key, |e| write(e, v)),
            None => self,
        }
    }

    /// The encoded map.
    pub fn finish(self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(self.body.len() + 9));
        put_map(&mut e, self.count);
        let mut out = e.into_writer();
        out.extend_from_slice(&self.body);
        out
    }
}

// Writing to a `Vec` is infallible; this says so once instead of at every call.
pub(crate) fn sure<T, E>(result: Result<T, E>) {
    debug_assert!(result.is_ok(), "writing to memory cannot fail");
}

/// Writes an unsigned integer.
pub fn put_uint(e: &mut Out, value: u64) {
    sure(e.u64(value));
}
/// Writes a byte string.
pub fn put_bytes(e: &mut Out, value: &[u8]) {
    sure(e.bytes(value));
}
/// Writes a text string.
pub fn put_text(e: &mut Out, value: &str) {
    sure(e.str(value));
}
/// Writes the head of an array.
pub fn put_array(e: &mut Out, len: u64) {
    sure(e.array(len));
}
/// Writes the head of a map.
pub fn put_map(e: &mut Out, len: u64) {
    sure(e.map(len));
}
/// Writes a boolean.
pub fn put_bool(e: &mut Out, value: bool) {
    sure(e.bool(value));
}
/// Appends bytes that are CBOR already.
pub fn put_raw(e: &mut Out, cbor: &[u8]) {
    e.writer_mut().extend_from_slice(cbor);
}

/// Encodes one item.
pub fn encode(write: impl FnOnce(&mut Out)) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    write(&mut e);
    e.into_writer()
}
