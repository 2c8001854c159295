//! Bytes as each message between clients and nodes, the first byte saying which: whatever decodes
//! encodes to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, reached_if, watched};
use parasol_fuzz::stage::theatre;
use parasol_protocol::wire::client::{
    DirectoryReply, Evaluate, Evaluated, OwnAsk, OwnReply, PassOn, Publish, Published, TagsAsk,
    TagsReply,
};
use parasol_protocol::wire::peer::{Hello, Reply, Request};
use parasol_protocol::wire::sealed::{Question, Reply as SealedReply, open_question};

macro_rules! again {
    ($type:ident, $bytes:expr) => {
        if let Ok(message) = $type::decode($bytes) {
            assert_eq!(message.encode(), $bytes);
            reached();
        }
    };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    watched(|| match which {
        0 => again!(Hello, bytes),
        1 => again!(Request, bytes),
        2 => again!(Reply, bytes),
        3 => again!(DirectoryReply, bytes),
        4 => again!(Evaluate, bytes),
        5 => again!(Evaluated, bytes),
        6 => again!(PassOn, bytes),
        7 => again!(Publish, bytes),
        8 => again!(Published, bytes),
        9 => again!(TagsAsk, bytes),
        10 => again!(TagsReply, bytes),
        11 => again!(OwnAsk, bytes),
        12 => again!(OwnReply, bytes),
        13 => {
            reached_if(Question::decode(bytes).is_ok());
        }
        14 => {
            reached_if(SealedReply::decode(bytes).is_ok());
        }
        _ => {
            // Sealed, to the node that opens them in the vectors.
            let world = &theatre().world;
            let opened = open_question(bytes, &world.ryabina.seal, &world.federation);
            reached_if(opened.is_ok());
        }
    });
});
