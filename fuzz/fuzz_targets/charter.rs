//! Bytes as a COSE_Sign, as a charter, as a founding that not all have signed, as a chain of
//! versions and as a certificate: the first byte says as which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, watched};
use parasol_fuzz::stage::theatre;
use parasol_protocol::certificate::Certificate;
use parasol_protocol::charter::{Chain, Charter, Founding};
use parasol_protocol::cose::Cosigned;
use parasol_protocol::limits::MAX_COSIGNED;

fn cosigned(bytes: &[u8]) {
    if let Ok(cosigned) = Cosigned::parse(bytes, MAX_COSIGNED) {
        reached();
        assert_eq!(cosigned.write(), bytes);
    }
}

fn charter(bytes: &[u8]) {
    if let Ok(charter) = Charter::from_bytes(bytes) {
        reached();
        assert_eq!(charter.bytes(), bytes);
        assert!(charter.terms().check().is_ok());
    }
}

fn founding(bytes: &[u8]) {
    if let Ok(mut founding) = Founding::from_bytes(bytes) {
        reached();
        assert_eq!(founding.to_bytes(), bytes);
        let missing = founding.missing().len();
        assert!(missing <= founding.terms().organisations.len());
        // It counts when nobody is missing, and not before.
        assert_eq!(founding.charter().is_ok(), missing == 0);
        let same = founding.clone();
        assert!(founding.merge(&same));
        assert_eq!(founding.to_bytes(), bytes);
    }
}

fn chain(bytes: &[u8]) {
    if let Ok(chain) = Chain::from_bytes(bytes) {
        reached();
        // What is known says the same when it is read again, in the file's own order.
        let again = Chain::from_bytes(&chain.to_bytes()).unwrap();
        let mut status = chain.status();
        // What waits for a version that is not known is not in the file.
        status.waiting.clear();
        assert_eq!(again.status(), status);
        assert_eq!(again.current(), chain.current());
    }
}

/// In the federation of the vectors, and in the one of those that are refused.
fn certificate(bytes: &[u8]) {
    for directory in [&theatre().world.directory, &theatre().others] {
        if let Ok(read) = Certificate::from_bytes(bytes, directory.charter(), directory) {
            reached();
            // Signatures that do not count are not kept.
            let kept = Certificate::from_bytes(read.bytes(), directory.charter(), directory);
            assert_eq!(kept.unwrap().bytes(), read.bytes());
            assert!(read.keys().next().is_some());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    watched(|| match bytes.split_first() {
        Some((0, rest)) => cosigned(rest),
        Some((1, rest)) => charter(rest),
        Some((2, rest)) => founding(rest),
        Some((3, rest)) => chain(rest),
        Some((_, rest)) => certificate(rest),
        None => {}
    });
});
