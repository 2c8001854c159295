//! Connections of clients: how many there may be, and how long one may take to say what it wants.
//!
//! Each connection costs a descriptor, and the network and the store need some too. So whoever
//! connects and says nothing is shown out, and nobody takes all the places.

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// What connections are allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Doors {
    /// How long a client may take until the head of its next request is there.
    pub head_time: Duration,
    /// Connections at once, of all clients together.
    pub all: usize,
    /// Of one address. This machine's own are not counted: a proxy here speaks for everybody.
    pub of_one: usize,
}

impl Default for Doors {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            all: 512,
            of_one: 64,
        }
    }
}

/// Serves clients until `stop` is done, and then until those connected have their answers. A
/// connection beyond what is allowed is closed at once.
pub async fn serve(
    mut listener: TcpListener,
    app: Router,
    doors: Doors,
    stop: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(doors.head_time);
    let open = GracefulShutdown::new();
    let inside = Arc::new(Inside::default());
    tokio::pin!(stop);
    loop {
        let (stream, from) = tokio::select! {
            // Waits a little if the system has no descriptor left.
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        let Some(place) = Inside::enter(&inside, doors, from.ip()) else {
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = open.watch(connection);
        tokio::spawn(async move {
            // What goes wrong with a client's connection is the client's to notice.
            drop(connection.await);
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// The connections that there are.
#[derive(Default)]
struct Inside {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    all: usize,
    /// Of the addresses that have any.
    of_one: BTreeMap<IpAddr, usize>,
}

/// A connection's place, for as long as it is kept.
struct Place {
    inside: Arc<Inside>,
    from: IpAddr,
}

impl Inside {
    fn enter(this: &Arc<Self>, doors: Doors, from: IpAddr) -> Option<Place> {
        let from = client_of(from);
        // Nothing that holds this lock can leave it half-changed.
        let mut counts = this.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.of_one.get(&from).copied().unwrap_or_default();
        let too_many = own >= doors.of_one && !from.is_loopback();
        if counts.all >= doors.all || too_many {
            return None;
        }
        counts.all = counts.all.saturating_add(1);
        counts.of_one.insert(from, own.saturating_add(1));
        let inside = Arc::clone(this);
        Some(Place { inside, from })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let counts = &self.inside.counts;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        match counts.of_one.get_mut(&self.from) {
            Some(own) if *own > 1 => *own = own.saturating_sub(1),
            _ => drop(counts.of_one.remove(&self.from)),
        }
    }
}

/// Whom an address stands for: whoever has one of IPv6 has all that share its first 64 bits.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) if !six.is_loopback() => {
            let network = u128::from(six) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        other => other,
    }
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
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    const NEVER: Duration = Duration::from_secs(3600);

    struct Served {
        port: u16,
        stop: oneshot::Sender<()>,
        task: tokio::task::JoinHandle<()>,
    }

    async fn start(doors: Doors) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/", get(|| async { "here" }));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, app, doors, async {
            stopped.await.ok();
        }));
        Served { port, stop, task }
    }

    impl Served {
        async fn connect(&self) -> TcpStream {
            TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
        }

        async fn half_sent(&self, head: &[u8]) -> TcpStream {
            let mut stream = self.connect().await;
            stream.write_all(head).await.unwrap();
            stream
        }
    }

    /// Asks on a connection that stays open. Whether there was an answer.
    async fn ask(stream: &mut TcpStream) -> bool {
        let request = b"GET / HTTP/1.1\r\nHost: node\r\n\r\n";
        let mut heard = Vec::new();
        if stream.write_all(request).await.is_err() {
            return false;
        }
        while !heard.ends_with(b"here") {
            match stream.read_buf(&mut heard).await {
                Ok(1..) => {}
                _ => return false,
            }
        }
        true
    }

    /// Waits until the other side has closed the connection.
    async fn closed(mut stream: TcpStream) {
        let mut rest = Vec::new();
        // Reset is closed, too.
        stream.read_to_end(&mut rest).await.ok();
        assert!(!rest.ends_with(b"here"));
    }

    #[tokio::test]
    async fn half_sent_requests_are_closed() {
        let served = start(Doors {
            head_time: Duration::from_millis(50),
            ..Doors::default()
        })
        .await;
        let mut halves = Vec::new();
        for head in [b"".as_slice(), b"G", b"GET / HTTP/1.1\r\nHost: no"] {
            halves.push(served.half_sent(head).await);
        }
        for half in halves {
            closed(half).await;
        }
        assert!(ask(&mut served.connect().await).await);
    }

    #[tokio::test]
    async fn who_asks_is_answered_while_others_hang_and_too_many_are_closed() {
        let served = start(Doors {
            head_time: NEVER,
            all: 3,
            of_one: 1,
        })
        .await;
        let hanging = served.half_sent(b"GET / HTTP/1.1\r\n").await;
        let silent = served.connect().await;
        let mut asking = served.connect().await;
        assert!(ask(&mut asking).await);
        closed(served.connect().await).await;
        assert!(ask(&mut asking).await, "who is inside stays");
        drop((hanging, silent));
        // As soon as the node has noticed.
        while !ask(&mut served.connect().await).await {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn it_stops_although_a_connection_is_open() {
        let served = start(Doors {
            head_time: NEVER,
            ..Doors::default()
        })
        .await;
        let mut idle = served.connect().await;
        assert!(ask(&mut idle).await);
        served.stop.send(()).unwrap();
        closed(idle).await;
        served.task.await.unwrap();
    }

    #[test]
    fn one_address_takes_its_own_places_and_no_others() {
        let doors = Doors {
            head_time: NEVER,
            all: 6,
            of_one: 2,
        };
        let inside = Arc::new(Inside::default());
        let enter = |from: &str| Inside::enter(&inside, doors, from.parse().unwrap());
        let mut held = vec![
            enter("192.0.2.1").unwrap(),
            enter("::ffff:192.0.2.1").unwrap(),
        ];
        assert!(enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        held.pop();
        assert!(enter("192.0.2.1").is_some());
        held.push(enter("2001:db8::1").unwrap());
        held.push(enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::3").is_none(), "one network, one client");
        assert!(enter("2001:db8:0:1::3").is_some());
        for _ in held.len()..doors.all {
            held.push(enter("127.0.0.1").unwrap());
        }
        assert!(enter("127.0.0.1").is_none(), "all are taken");
        held.clear();
        assert!(inside.counts.lock().unwrap().of_one.is_empty());
    }
}
