//! Components that are connected (XEP-0114), and what waits to be written to each.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::limits;
use skein_xmpp::Stanza;
use tokio::sync::Notify;

/// The stream of one component. Anyone may push; its connection's task takes.
#[derive(Debug, Default)]
pub struct Component {
    queue: Mutex<Queue>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    is_over: bool,
}

impl Component {
    /// Whether a stanza more may wait.
    pub fn has_room(&self) -> bool {
        let queue = self.queue.lock();
        !queue.is_over && queue.bytes.len() < limits::COMPONENT_BYTES
    }

    /// Puts a stanza behind what waits; `false` if the stream is over. One that found room
    /// a moment ago is taken even if others were quicker.
    pub fn push(&self, stanza: &Stanza) -> bool {
        let mut queue = self.queue.lock();
        if queue.is_over {
            return false;
        }
        stanza.encode(&mut queue.bytes, false);
        drop(queue);
        self.wake.notify_one();
        true
    }

    /// Puts news behind what waits, unless that is too much: then there are none of it.
    pub fn tell(&self, news: &Stanza) {
        if self.has_room() {
            self.push(news);
        }
    }

    /// What waits to be written; `None` once the stream is over.
    pub fn take(&self) -> Option<Vec<u8>> {
        let mut queue = self.queue.lock();
        (!queue.is_over).then(|| std::mem::take(&mut queue.bytes))
    }

    /// Ends the stream.
    pub fn end(&self) {
        self.queue.lock().is_over = true;
        self.wake.notify_one();
    }

    /// Wakes the task that writes.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for a call of [`Component::wake`].
    pub async fn woken(&self) {
        self.wake.notified().await;
    }
}

/// Components by domain, one stream each.
#[derive(Debug, Default)]
pub struct Components(Mutex<HashMap<Box<str>, Arc<Component>>>);

impl Components {
    /// The stream of the component that answers for `domain`.
    pub fn of(&self, domain: &str) -> Option<Arc<Component>> {
        self.0.lock().get(domain).cloned()
    }

    /// A component came. Who had the domain before is gone without having said so, or is
    /// an older process: its stream ends.
    pub fn attach(&self, domain: &str) -> Arc<Component> {
        let component = Arc::new(Component::default());
        if let Some(old) = self.0.lock().insert(domain.into(), component.clone()) {
            old.end();
        }
        component
    }

    /// A stream is over.
    pub fn detach(&self, domain: &str, component: &Arc<Component>) {
        component.end();
        let mut all = self.0.lock();
        if all.get(domain).is_some_and(|known| Arc::ptr_eq(known, component)) {
            all.remove(domain);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<Component>> {
        self.0.lock().values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, MessageType};

    #[test]
    fn a_domain_has_one_stream_and_a_late_end_does_not_take_its_successor() {
        let components = Components::default();
        let first = components.attach("irc.example");
        let second = components.attach("irc.example");
        let message = Stanza::new(Kind::Message(MessageType::Chat));
        assert!(!first.push(&message) && first.take().is_none());
        components.detach("irc.example", &first);
        assert!(components.of("irc.example").expect("the second").push(&message));
        assert_eq!(second.take().as_deref(), Some(&b"<message type='chat'/>"[..]));
        components.detach("irc.example", &second);
        assert!(components.of("irc.example").is_none());
    }

    #[test]
    fn what_waits_is_bounded() {
        let component = Component::default();
        let message = Stanza::new(Kind::Message(MessageType::Chat))
            .with_content(|writer| writer.leaf("body", "jabber:client", &"x".repeat(1 << 20)));
        let mut taken = 0;
        while component.has_room() {
            component.push(&message);
            taken += 1;
        }
        assert_eq!(taken, 8);
        component.take();
        assert!(component.has_room());
    }
}
