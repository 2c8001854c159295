//! Ctrl-C, SIGTERM and SIGHUP, noticed by a thread of their own.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// A signal that asks to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Its number.
    pub number: u8,
    /// Its name, as `kill` takes it.
    pub name: &'static str,
}

/// Whether we were asked to stop. A second signal ends the process at once.
#[derive(Clone, Debug)]
pub struct Signals {
    asked: Arc<(Mutex<Option<Asked>>, Condvar)>,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// If the operating system takes no handlers or no thread.
    pub fn install() -> io::Result<Self> {
        let signals = Self {
            asked: Arc::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (interrupt, terminate, hangup) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            )
        };
        let heard = signals.clone();
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || runtime.block_on(heard.listen(interrupt, terminate, hangup)))?;
        Ok(signals)
    }

    async fn listen(
        self,
        mut interrupt: tokio::signal::unix::Signal,
        mut terminate: tokio::signal::unix::Signal,
        mut hangup: tokio::signal::unix::Signal,
    ) {
        let mut again = false;
        loop {
            let (number, name) = tokio::select! {
                _ = interrupt.recv() => (2, "INT"),
                _ = terminate.recv() => (15, "TERM"),
                _ = hangup.recv() => (1, "HUP"),
            };
            if again {
                // The nodes notice by their pipes.
                std::process::exit(128 + i32::from(number));
            }
            again = true;
            let (asked, bell) = &*self.asked;
            *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Asked { number, name });
            bell.notify_all();
        }
    }

    /// The signal, if there was one.
    pub fn asked(&self) -> Option<Asked> {
        *self.asked.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for one, but no longer than this.
    pub fn wait(&self, at_most: Duration) -> Option<Asked> {
        let (asked, bell) = &*self.asked;
        let guard = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.wait_timeout_while(guard, at_most, |asked| asked.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
