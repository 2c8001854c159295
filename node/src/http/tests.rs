//! What strangers are told, and what those with a token.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::api::again_after;
use super::testing::{open, say};
use crate::clock::Clock;
use crate::config::NodeConfig;
use crate::entropy::OsEntropy;
use crate::keys::NodeIdentity;
use crate::testing::Home;
use parasol_protocol::engine::Settings;
use parasol_protocol::limits::MAX_DELEGATION_DAYS;
use parasol_protocol::oprf::{KeyName, blind};
use parasol_protocol::time::Season;
use parasol_protocol::wire::client::{Evaluate, Evaluated, Missing};
use parasol_protocol::wire::peer::Refusal;
use parasol_protocol::wire::{Again, EvaluateAsk};
use serde_json::Value;

async fn get(port: u16, path: &str, token: Option<&str>) -> (u16, Value) {
    let answer = say(port, &format!("GET {path}"), token, b"").await;
    (answer.status, answer.json())
}

/// Status, headers and body of the answer to a POST.
async fn post(port: u16, path: &str, token: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let answer = say(port, &format!("POST {path}"), Some(token), body).await;
    (answer.status, answer.head, answer.body)
}

/// Serves a node's API. Gives its port.
async fn serve(home: &Home, change: impl FnOnce(&mut NodeConfig)) -> u16 {
    open(home, home.driver.clone(), change).await.port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_has_used_up_her_share_is_told_when_there_is_more() {
    let home = Home::start(Settings::default(), |store| store).await;
    let port = serve(&home, |config| {
        config.rates.evaluations_per_member = Some(3);
    })
    .await;
    let certificate = NodeIdentity::read(&home.dir).unwrap().certificate;
    let epoch = certificate.map_or(0, |c| c.epoch());
    let ask = |count: usize| {
        let blinded = blind(&vec![b"a name".as_slice(); count], &mut OsEntropy).unwrap();
        let ask = EvaluateAsk {
            epoch,
            keys: vec![KeyName::Bucket],
            elements: blinded.elements().to_vec(),
        };
        let except = Vec::new();
        Evaluate { ask, except }
    };
    let call_with = |change: &dyn Fn(&mut Evaluate), count| {
        let mut wanted = ask(count);
        change(&mut wanted);
        let body = wanted.encode();
        let token = home.token.clone();
        async move { post(port, "/v1/evaluate", &token, &body).await }
    };
    let call = |count| call_with(&|_| (), count);
    // Of three keyholders this node is one; that the others are away is no quota.
    let (status, head, body) = call(2).await;
    let evaluated = Evaluated::decode(&body).unwrap();
    assert_eq!((status, evaluated.answers.len()), (200, 1));
    assert!(!head.contains("retry-after"), "{head}");
    let (status, head, body) = call(2).await;
    assert_eq!(status, 429);
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["error"]["code"], "member-quota");
    let again = error["error"]["retry_after"].as_u64().unwrap();
    assert!((1..=86_400).contains(&again));
    assert!(head.contains(&format!("retry-after: {again}")), "{head}");
    // What every keyholder that was asked refuses is given back.
    let unknown = KeyName::Handle(Season::from_index(1));
    let (status, _, body) = call_with(&|wanted| wanted.ask.keys = vec![unknown], 1).await;
    assert_eq!(status, 200);
    assert!(Evaluated::decode(&body).unwrap().answers.is_empty());
    // What is left is left; and all of it is told.
    assert_eq!(call(1).await.0, 200);
    // Where there is nobody to ask, nothing is counted, nor refused: it would tell of what others ask.
    let heard = |wanted: &mut Evaluate| wanted.except = vec![1, 2, 3];
    let over = |wanted: &mut Evaluate| wanted.ask.epoch = 0;
    for change in [&heard as &dyn Fn(&mut Evaluate), &over] {
        let (status, _, body) = call_with(change, 5).await;
        let evaluated = Evaluated::decode(&body).unwrap();
        assert_eq!((status, evaluated.answers.len()), (200, 0));
    }
    let (_, shown) = get(port, "/v1/quota", Some(&home.token)).await;
    let figures = ["yours", "asked", "left", "granted", "needed"].map(|name| &shown[name]);
    let used = figures[0].as_u64().unwrap();
    assert!(used >= 3 && figures[1].as_u64().unwrap() >= 3, "{shown}");
    assert_eq!(
        (figures[2], figures[3], figures[4]),
        (&0.into(), &0.into(), &2.into())
    );
    let (status, _) = get(port, "/v1/quota", None).await;
    assert_eq!(status, 401);
}

#[test]
fn an_answer_that_lacks_keyholders_for_the_quota_says_when_enough_are_back() {
    let quota = |minutes| Missing::Refused(Refusal::Quota(Again::in_minutes(minutes).unwrap()));
    let busy = Missing::Refused(Refusal::Busy);
    let after = |answers: usize, missing: &[Missing]| {
        let evaluated = Evaluated {
            answers: (0..answers).map(|n| (n as u16, Vec::new())).collect(),
            missing: (10..).zip(missing.iter().copied()).collect(),
        };
        again_after(&evaluated, 3).map(Again::minutes)
    };
    assert_eq!(after(3, &[quota(5)]), None);
    assert_eq!(after(2, &[quota(90), quota(5), busy]), Some(5));
    assert_eq!(after(1, &[quota(90), quota(5), quota(7)]), Some(7));
    assert_eq!(after(1, &[quota(90), busy, Missing::Unreachable]), None);
    assert_eq!(after(0, &[]), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_learns_that_a_node_is_there_and_no_more() {
    let home = Home::start(Settings::default(), |store| store).await;
    let port = serve(&home, |_| ()).await;

    let (status, open) = get(port, "/v1/status", None).await;
    assert_eq!(status, 200);
    let mut told: Vec<_> = open.as_object().unwrap().keys().cloned().collect();
    told.sort();
    assert_eq!(told, ["federation", "ok", "organisation", "version"]);
    let (status, error) = get(port, "/v1/status", Some("guessed")).await;
    assert_eq!((status, &error["error"]["code"]), (401, &"token".into()));
    let (status, all) = get(port, "/v1/status", Some(&home.token)).await;
    assert_eq!(status, 200);
    assert_eq!(all["federation"], open["federation"]);
    assert_eq!(all["ready"], true);
    assert_eq!(all["known"], 2);
    assert_eq!(all["records"]["delegation"], 3);
}

/// Who runs a node sees in its status that its delegation ends, in good time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_says_when_the_delegation_ends_soon() {
    let today = Clock::default().now().day();
    for (made_before, warned) in [(0, false), (80, true)] {
        let home = Home::start_founded(made_before, Settings::default(), |store| store).await;
        let port = serve(&home, |_| ()).await;
        let (_, all) = get(port, "/v1/status", Some(&home.token)).await;
        let until = today
            .plus(MAX_DELEGATION_DAYS)
            .minus(made_before)
            .to_string();
        assert_eq!(all["delegated_until"], until.as_str());
        let warnings = all["warnings"].as_array().unwrap();
        let soon = warnings.iter().find(|w| w["code"] == "delegation-ends");
        assert_eq!(soon.is_some(), warned, "{warnings:?}");
        if let Some(soon) = soon {
            let said = soon["message"].as_str().unwrap();
            assert!(
                said.contains(&until) && said.contains("node request"),
                "{said}"
            );
        }
    }
}
