//! Reading and answering beside the loop.
//!
//! What only reads needs neither the engine's state nor its thread: it runs on a
//! [reader](parasol_protocol::engine::Reader) and a view of the store of its own. As many run at a
//! time as there are cores; the others wait in the order in which they came, so that gossip,
//! evaluations and whatever is written go on beside them.

use std::future::Future;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Where reading is done.
pub(super) struct Aside {
    runtime: Handle,
    places: Arc<Semaphore>,
}

impl Aside {
    pub fn new(runtime: Handle) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            runtime,
            places: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Does the work on a thread where it may block, and then what follows from it.
    pub fn run<T, W, F, N>(&self, work: W, then: F)
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
        F: FnOnce(T) -> N + Send + 'static,
        N: Future<Output = ()> + Send,
    {
        let places = Arc::clone(&self.places);
        self.runtime.spawn(async move {
            // Never closed; and work that fails leaves its asker without an answer, which is told.
            let Ok(place) = places.acquire_owned().await else {
                return;
            };
            let done = tokio::task::spawn_blocking(work).await;
            drop(place);
            if let Ok(value) = done {
                then(value).await;
            }
        });
    }
}
