//! A node's API over a socket, as whoever has a token calls it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::{App, router};
use crate::config::NodeConfig;
use crate::driver::DriverHandle;
use crate::keys::NodeIdentity;
use crate::testing::Home;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{}: {e}", String::from_utf8_lossy(&self.body)))
    }
}

/// Calls a port by a method and a path.
pub(super) async fn say(port: u16, call: &str, token: Option<&str>, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let token = token.map_or_else(String::new, |t| format!("Authorization: Bearer {t}\r\n"));
    let length = body.len();
    let head = format!("{call} HTTP/1.0\r\n{token}Content-Length: {length}\r\n\r\n");
    stream
        .write_all(&[head.as_bytes(), body].concat())
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: answer[split + 4..].to_vec(),
    }
}

/// A node's API: its port, and the token that it knows.
pub(super) struct Door<'a> {
    pub(super) port: u16,
    pub(super) token: &'a str,
}

impl Door<'_> {
    pub(super) async fn say(&self, call: &str, token: Option<&str>, body: &[u8]) -> Answer {
        say(self.port, call, token, body).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.say(&format!("GET {path}"), Some(self.token), b"")
            .await
    }

    pub(super) async fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.say(&format!("POST {path}"), Some(self.token), body)
            .await
    }
}

/// Opens the API of a home's node, before this driver.
pub(super) async fn open<'a>(
    home: &'a Home,
    driver: DriverHandle,
    change: impl FnOnce(&mut NodeConfig),
) -> Door<'a> {
    let mut config = NodeConfig::load_with(&home.dir, &|_| None).unwrap();
    change(&mut config);
    let identity = NodeIdentity::read(&home.dir).unwrap();
    let whose = (*identity.charter.federation(), identity.organisation, 2);
    let app = App::new(&config, whose, identity.tokens, driver, home.net.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router(app)).await });
    let token = &home.token;
    Door { port, token }
}
