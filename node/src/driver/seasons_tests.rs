//! What a season's end does to a node's files.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing
)]

use crate::entropy::OsEntropy;
use crate::files::write_private;
use crate::keys::{NodeIdentity, decode_shares, encode_shares};
use crate::testing::Home;
use parasol_protocol::engine::Settings;
use parasol_protocol::limits::ENDING_LIFE;
use parasol_protocol::oprf::{KeyName, deal};
use parasol_protocol::record::ending::Ending;
use parasol_protocol::record::{Body, Draft, Header, Signer};
use parasol_protocol::time::Season;
use std::collections::BTreeMap;
use std::fs;

/// Two of three organisations say that a season is over that was before the federation: then the shares
/// that a ceremony might have left are gone, by the time when the second is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_files_lose_a_season_with_the_last_organisation_that_it_takes() {
    let home = Home::start(Settings::default(), |store| store).await;
    let today = home.driver.status().await.unwrap().today;
    let over = Season::from_index(today.season().index() - 1);
    let names = [KeyName::Bucket, KeyName::Handle(over), KeyName::Area(over)];
    let shares: BTreeMap<_, _> = names
        .into_iter()
        .map(|name| {
            let dealt = deal(name, 2, 3, &mut OsEntropy).unwrap();
            (name, dealt.shares.into_iter().next().unwrap())
        })
        .collect();
    let path = home.dir.join("keys/shares-9.cbor");
    write_private(&path, &encode_shares(&shares)).unwrap();
    let kept = || decode_shares(&fs::read(&path).unwrap()).unwrap().len();
    for (name, left) in [("ryabina", 3), ("rowan", 1)] {
        let dir = home.dir.parent().unwrap().join(name);
        let signer = NodeIdentity::read(&dir).unwrap();
        let draft = Draft {
            header: Header {
                organisation: signer.organisation,
                signer: Signer::Node(signer.keys.record.node()),
                issued: today,
                expires: today.plus(ENDING_LIFE),
                slot: 0,
            },
            body: Body::Ending(Ending { season: over }),
        };
        let federation = signer.charter.federation();
        let record = draft.sign(federation, &signer.keys.record).unwrap();
        let carried = home.driver.carry_in(record).await.unwrap();
        assert_eq!(carried, Ok(true));
        assert_eq!(kept(), left, "{name}");
    }
    home.driver.stop().await;
}
