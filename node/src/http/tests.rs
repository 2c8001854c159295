//! What strangers are told, and what those with a token.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::{App, router};
use crate::config::NodeConfig;
use crate::keys::NodeIdentity;
use crate::testing::Home;
use parasol_protocol::engine::Settings;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn get(port: u16, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let token = token.map_or_else(String::new, |t| format!("Authorization: Bearer {t}\r\n"));
    let request = format!("GET {path} HTTP/1.0\r\n{token}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_learns_that_a_node_is_there_and_no_more() {
    let home = Home::start(Settings::default(), |store| store).await;
    let config = NodeConfig::load_with(&home.dir, &|_| None).unwrap();
    let identity = NodeIdentity::read(&home.dir).unwrap();
    let app = App::new(
        &config,
        (*identity.charter.federation(), identity.organisation, 2),
        identity.tokens,
        home.driver.clone(),
        home.net.clone(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router(app)).await });

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
