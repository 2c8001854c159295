//! For tests of whoever asks the driver: ones that do not do what they are asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::calls::{DriverHandle, Unavailable};
use super::input::Input;
use tokio::sync::mpsc;

/// What is wrong with it.
pub(crate) enum Stub {
    /// It has gone.
    Gone,
    /// It never answers.
    Deaf,
    /// It cannot use its store.
    Unusable,
    /// There is no room to publish.
    Full,
    /// Nothing, and it finds these records whatever id it is given.
    Finds(Vec<Vec<u8>>),
}

/// A way to it.
pub(crate) fn stub(how: Stub) -> DriverHandle {
    let (queue, mut inputs) = mpsc::channel(8);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while !matches!(how, Stub::Gone)
            && let Some(input) = inputs.recv().await
        {
            match (&how, input) {
                (Stub::Finds(found), Input::Record(_, answer)) => {
                    let _ = answer.send(Ok(found.clone()));
                }
                (Stub::Full, Input::Publish(_, answer)) => {
                    let _ = answer.send(Err(Unavailable::Full));
                }
                (Stub::Deaf, input) => kept.push(input),
                (_, input) => input.refuse(),
            }
        }
    });
    DriverHandle::new(queue)
}
