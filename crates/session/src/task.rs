//! The task of a connection, as those see it who have something for its client.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::line::Line;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// It sleeps until something happens.
    waiting: Option<Waker>,
    /// Something happened that it has not looked at yet.
    is_called: bool,
    /// By which others write while it sleeps.
    line: Option<Arc<dyn Line>>,
}

impl Task {
    /// Something happened; gives whom to wake once the lock is released.
    pub(crate) fn call(&mut self) -> Option<Waker> {
        self.is_called = true;
        self.waiting.take()
    }

    /// Ready if something happened since the last time, else sleeps.
    pub(crate) fn poll_called(&mut self, cx: &Context<'_>) -> Poll<()> {
        if std::mem::take(&mut self.is_called) {
            return Poll::Ready(());
        }
        match &mut self.waiting {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// It is at work, whatever woke it.
    pub(crate) fn attend(&mut self) {
        self.waiting = None;
    }

    /// Others may write by `line`.
    pub(crate) fn set_line(&mut self, line: Arc<dyn Line>) {
        self.line = Some(line);
    }

    /// By which something may be written now: it sleeps and nobody has called it.
    pub(crate) fn free_line(&self) -> Option<Arc<dyn Line>> {
        self.line.clone().filter(|_| self.waiting.is_some() && !self.is_called)
    }

    /// Nobody may write past it any more.
    pub(crate) fn end_line(&mut self) {
        self.line = None;
    }

    /// It ends; what it had would keep memory.
    pub(crate) fn end(&mut self) {
        self.waiting = None;
        self.line = None;
    }
}
