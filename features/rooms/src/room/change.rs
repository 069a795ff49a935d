//! Changes of rooms, on the writer's thread (see the module above).

use std::sync::Arc;

use skein_base::Fault;
use skein_db::{DbError, Job, Tx};
use skein_kernel::{Ctx, Refusal};
use tokio::sync::oneshot;

struct Change<W, A, T> {
    write: W,
    apply: Option<A>,
    /// What the last run of `write` gave.
    tell: Option<oneshot::Sender<Result<T, Fault>>>,
}

struct Running<R, W, A, T> {
    change: Change<W, A, T>,
    read: Option<R>,
}

impl<R, T, W, A> Job for Running<R, W, A, T>
where
    R: Send,
    T: Send,
    W: FnMut(&mut Tx<'_>) -> Result<R, DbError> + Send,
    A: FnOnce(R) -> T + Send,
{
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.read = None;
        self.read = Some((self.change.write)(tx)?);
        Ok(())
    }

    fn done(mut self: Box<Self>, outcome: Result<(), Fault>) {
        let applied = match (outcome, self.read.take(), self.change.apply.take()) {
            (Ok(()), Some(read), Some(apply)) => Ok(apply(read)),
            (Err(fault), ..) => Err(fault),
            _ => Err(Fault::new("a change of a room was not written")),
        };
        if let Some(tell) = self.change.tell.take() {
            // Nobody waits if the session's task ended meanwhile; the change stands.
            let _ = tell.send(applied);
        }
    }
}

/// Writes or reads by `write`, and when that is durable changes the room by `apply`.
pub(crate) async fn change<R, T>(
    ctx: &Arc<Ctx>,
    write: impl FnMut(&mut Tx<'_>) -> Result<R, DbError> + Send + 'static,
    apply: impl FnOnce(R) -> T + Send + 'static,
) -> Result<T, Refusal>
where
    R: Send + 'static,
    T: Send + 'static,
{
    let (tell, told) = oneshot::channel();
    let change = Change { write, apply: Some(apply), tell: Some(tell) };
    ctx.db.submit(Box::new(Running { change, read: None })).await;
    let applied = told.await.map_err(|_| Fault::new("the writer is gone"))?;
    Ok(applied?)
}
