//! Bytes as a charter, as a chain of its versions, as a COSE_Sign and as a certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::{Chain, Charter};
use parasol_protocol::cose::Cosigned;
use parasol_protocol::directory::Directory;
use parasol_protocol::limits::MAX_COSIGNED;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(cosigned) = Cosigned::parse(bytes, MAX_COSIGNED) {
        assert_eq!(cosigned.write(), bytes);
    }
    if let Ok(charter) = Charter::from_bytes(bytes) {
        assert_eq!(charter.bytes(), bytes);
        let directory = Directory::new(charter.clone());
        let _ = Certificate::from_bytes(bytes, &charter, &directory);
    }
    if let Ok(chain) = Chain::from_bytes(bytes) {
        // What is known says the same when it is read again, in the file's own order.
        let again = Chain::from_bytes(&chain.to_bytes()).unwrap();
        assert_eq!(again.status(), chain.status());
        assert_eq!(again.current(), chain.current());
    }
});
