//! Many connections on one thread.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::Either;

use crate::ports::mail::Giving;
use crate::ports::{Connection, Envelope, Failure, Going, Outcome, Reactor};

struct Tokio;

pub fn reactor() -> Box<dyn Reactor> {
    Box::new(Tokio)
}

impl Reactor for Tokio {
    fn together(&self, work: Vec<Going<'_, ()>>) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| {
            Failure::new(format!("cannot wait for several things at once: {error}"))
        })?;
        runtime.block_on(futures_util::future::join_all(work));
        Ok(())
    }

    fn rest(&self, time: Duration) -> Going<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn until<'f>(
        &self,
        work: Going<'f, Outcome>,
        end: Going<'f, ()>,
    ) -> Going<'f, Option<Outcome>> {
        Box::pin(async move {
            match futures_util::future::select(work, end).await {
                Either::Left((outcome, _)) => Some(outcome),
                Either::Right(_) => None,
            }
        })
    }
}

/// A way for messages to leave that holds its thread up: each message gets another.
pub trait Blocking: Send + Sync + 'static {
    fn send(&self, envelope: &Envelope) -> Outcome;
}

struct Aside<B>(Arc<B>);

pub fn blocking(way: impl Blocking) -> Box<dyn Connection> {
    Box::new(Aside(Arc::new(way)))
}

impl<B: Blocking> Connection for Aside<B> {
    fn send<'s>(
        &'s mut self,
        envelope: &'s Envelope,
        _: Option<&'s Envelope>,
        giving: Giving<'s>,
    ) -> Going<'s, Outcome> {
        if let Err(why) = giving() {
            return Box::pin(async { Outcome::Stop(why) });
        }
        let (way, envelope) = (Arc::clone(&self.0), envelope.clone());
        Box::pin(async move {
            let sent = tokio::task::spawn_blocking(move || way.send(&envelope)).await;
            sent.unwrap_or_else(|error| {
                Outcome::Unknown(format!("the thread that sent it ended by itself: {error}"))
            })
        })
    }

    fn is_good(&self) -> bool {
        true
    }

    fn leave(self: Box<Self>) -> Going<'static, ()> {
        Box::pin(async {})
    }
}
