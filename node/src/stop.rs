//! When a node should stop: a signal, or the end of the one that started it.

use std::io::Read as _;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long a node that was left alone may take to stop by itself.
const GRACE: Duration = Duration::from_secs(10);

/// Completes when the node should stop: at SIGTERM or SIGINT and, if `with_parent`, when standard
/// input ends. A parent that keeps the other end of that pipe open takes the node with it however
/// it dies itself.
///
/// # Errors
/// If the operating system takes no more signal handlers.
pub async fn requested(with_parent: bool) -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Without a parent the sender is kept, so that this branch never completes.
    let (left_alone, alone) = oneshot::channel();
    let kept = if with_parent {
        watch_parent(left_alone)?;
        None
    } else {
        Some(left_alone)
    };
    let why = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = alone => "the process that started this node is gone",
    };
    drop(kept);
    Ok(why)
}

/// A thread of its own: the runtime would wait for a read that never ends when it shuts down.
fn watch_parent(left_alone: oneshot::Sender<()>) -> std::io::Result<()> {
    let watch = move || {
        let mut buffer = [0; 64];
        let mut stdin = std::io::stdin().lock();
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Err(e) if e.kind() != std::io::ErrorKind::Interrupted => break,
                _ => {}
            }
        }
        // Nobody may be listening any more; then the node is stopping already.
        let _ = left_alone.send(());
        std::thread::sleep(GRACE);
        // What was acknowledged is on disk. Nobody is left to notice a node that hangs.
        std::process::exit(1);
    };
    std::thread::Builder::new()
        .name("parent".into())
        .spawn(watch)
        .map(drop)
}
