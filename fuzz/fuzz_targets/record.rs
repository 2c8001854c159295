//! Bytes as a record: whatever parses is canonical, so its body encodes to the bytes it came from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, watched};
use parasol_protocol::cose::Sign1;
use parasol_protocol::ids::FederationId;
use parasol_protocol::limits::MAX_RECORD;
use parasol_protocol::record::{Unverified, Verified};
use parasol_protocol::wire::client::{Publish, Wanted};

fuzz_target!(|bytes: &[u8]| {
    watched(|| read(bytes));
});

fn read(bytes: &[u8]) {
    let Ok(record) = Unverified::parse(bytes) else {
        return;
    };
    let (header, body) = record.claimed();
    let publish = Publish(vec![Wanted {
        expires: header.expires,
        body: body.clone(),
    }]);
    // One array of three: kind, day, body. The body comes last, as it does in the record.
    let encoded = publish.encode();
    let day = match header.expires.number() {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    };
    let payload = Sign1::parse(bytes, MAX_RECORD).unwrap().payload;
    assert!(payload.ends_with(&encoded[3 + day..]));
    let stored = Verified::from_own_store(bytes).unwrap();
    assert_eq!(stored.bytes(), bytes);
    reached();
    let _ = record.verify(&FederationId::from_bytes([0; 32]));
}
