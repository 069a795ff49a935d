//! The content of an answer: at hand, or flowing from a source.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use skein_base::Fault;
use skein_kernel::Future;
use skein_kernel::exchange::{Broken, Source};

use crate::connection::UnderWay;

/// See the module.
pub(crate) enum Content {
    /// Given out in one piece.
    Whole(Bytes),
    /// Given out as it comes.
    Flow(Flow),
}

/// So many bytes of a source.
pub(crate) struct Flow {
    left: u64,
    state: State,
    _under_way: Option<UnderWay>,
}

/// A source that was asked, and what it gave.
type Given = (Box<dyn Source>, Result<Option<Bytes>, Broken>);

enum State {
    Resting(Box<dyn Source>),
    Asked(Future<'static, Given>),
    Over,
}

impl Content {
    /// All of it.
    pub(crate) fn whole(content: impl Into<Bytes>) -> Self {
        Self::Whole(content.into())
    }

    /// `length` bytes of `source`.
    pub(crate) fn flow(length: u64, source: Box<dyn Source>) -> Self {
        Self::Flow(Flow { left: length, state: State::Resting(source), _under_way: None })
    }

    /// Keeps the request counted until the content has gone.
    pub(crate) fn with(mut self, under_way: UnderWay) -> Self {
        if let Self::Flow(flow) = &mut self {
            flow._under_way = Some(under_way);
        }
        self
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::whole(Bytes::new())
    }
}

impl Flow {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Poll::Ready(None),
                State::Resting(_) if self.left == 0 => return Poll::Ready(None),
                State::Resting(mut source) => {
                    self.state = State::Asked(Box::pin(async move {
                        let piece = source.next().await;
                        (source, piece)
                    }));
                }
                State::Asked(mut asked) => match asked.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.state = State::Asked(asked);
                        return Poll::Pending;
                    }
                    Poll::Ready((source, piece)) => return Poll::Ready(self.take(source, piece)),
                },
            }
        }
    }

    fn take(
        &mut self,
        source: Box<dyn Source>,
        piece: Result<Option<Bytes>, Broken>,
    ) -> Option<Result<Bytes, Broken>> {
        let mut piece = match piece {
            Ok(Some(piece)) => piece,
            // The peer was told how much comes; it must see that it did not.
            Ok(None) => return Some(Err(Fault::new("content is shorter than was said").into())),
            Err(broken) => return Some(Err(broken)),
        };
        piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= piece.len() as u64;
        self.state = State::Resting(source);
        Some(Ok(piece))
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Self::Whole(content) if content.is_empty() => Poll::Ready(None),
            Self::Whole(content) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(content))))),
            Self::Flow(flow) => {
                flow.poll(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(content) => content.is_empty(),
            Self::Flow(flow) => flow.left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(content) => content.len() as u64,
            Self::Flow(flow) => flow.left,
        })
    }
}
