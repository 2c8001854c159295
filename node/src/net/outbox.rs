//! Events on their way to a driver that may be slow.
//!
//! Two kinds: those that may be lost (gossip, requests, hellos), which go straight into the
//! channel or not at all, and those that may not (who is connected), which wait here. What waits
//! is bounded by the number of peers: a connection that came and went unseen is never told.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::event::NetEvent;

/// The sending end of the driver's channel.
#[derive(Debug)]
pub(super) struct Outbox {
    events: mpsc::Sender<NetEvent>,
    waiting: VecDeque<NetEvent>,
}

impl Outbox {
    pub(super) fn new(events: mpsc::Sender<NetEvent>) -> Self {
        Self {
            events,
            waiting: VecDeque::new(),
        }
    }

    /// Sends an event that may be lost; false if it was.
    pub(super) fn offer(&mut self, event: NetEvent) -> bool {
        // No overtaking: a request must not arrive before its sender's `Connected`.
        self.waiting.is_empty() && self.events.try_send(event).is_ok()
    }

    /// Sends an event that may not be lost, now or when there is room.
    pub(super) fn keep(&mut self, event: NetEvent) {
        if let NetEvent::Disconnected(gone) = &event {
            let last = self.waiting.iter().rposition(
                |e| matches!(e, NetEvent::Connected(p) | NetEvent::Disconnected(p) if p == gone),
            );
            if let Some(at) = last
                && matches!(self.waiting.get(at), Some(NetEvent::Connected(_)))
            {
                self.waiting.remove(at);
                return;
            }
        }
        self.waiting.push_back(event);
        while let Some(event) = self.waiting.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                self.waiting.push_front(event);
                break;
            }
        }
    }

    /// Does an event wait for room?
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Waits for room and sends what waited longest; nothing is lost if this is cancelled.
    pub(super) async fn send_next(&mut self) {
        match self.events.reserve().await {
            Ok(room) => {
                if let Some(event) = self.waiting.pop_front() {
                    room.send(event);
                }
            }
            // Nobody will ever read them.
            Err(_) => self.waiting.clear(),
        }
    }

    /// Completes when the driver has dropped its end.
    pub(super) fn closed(&self) -> impl Future<Output = ()> + use<> {
        let events = self.events.clone();
        async move { events.closed().await }
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
    use parasol_protocol::ids::TransportKey;

    use super::*;

    fn key(n: u8) -> TransportKey {
        TransportKey::from_bytes([n; 32])
    }

    fn outbox() -> (Outbox, mpsc::Receiver<NetEvent>) {
        let (sender, receiver) = mpsc::channel(1);
        (Outbox::new(sender), receiver)
    }

    #[tokio::test]
    async fn what_waits_comes_in_order() {
        let (mut outbox, mut events) = outbox();
        for n in 0..3 {
            outbox.keep(NetEvent::Connected(key(n)));
        }
        assert!(!outbox.offer(NetEvent::UnauthorisedConnected(key(9))));
        for n in 0..3 {
            assert!(matches!(events.recv().await, Some(NetEvent::Connected(k)) if k == key(n)));
            if outbox.is_waiting() {
                outbox.send_next().await;
            }
        }
        assert!(outbox.offer(NetEvent::UnauthorisedConnected(key(9))));
    }

    #[tokio::test]
    async fn coming_and_going_unseen_takes_no_room() {
        let (mut outbox, mut events) = outbox();
        outbox.keep(NetEvent::Connected(key(1)));
        for _ in 0..100 {
            outbox.keep(NetEvent::Disconnected(key(1)));
            outbox.keep(NetEvent::Connected(key(1)));
        }
        assert_eq!(outbox.waiting.len(), 2);
        assert!(matches!(events.recv().await, Some(NetEvent::Connected(_))));
        outbox.send_next().await;
        assert!(matches!(
            events.recv().await,
            Some(NetEvent::Disconnected(_))
        ));
        outbox.send_next().await;
        assert!(matches!(events.recv().await, Some(NetEvent::Connected(_))));
        assert!(!outbox.is_waiting());
    }

    #[tokio::test]
    async fn a_driver_that_is_gone_holds_nothing_up() {
        let (mut outbox, events) = outbox();
        outbox.keep(NetEvent::Connected(key(1)));
        outbox.keep(NetEvent::Connected(key(2)));
        drop(events);
        outbox.closed().await;
        outbox.send_next().await;
        assert!(!outbox.is_waiting());
    }
}
