//! The task that works a list off, as fast as its client reads.

use super::Room;
use super::answer::{End, LINGER};
use super::list::{List, Stop};
use crate::api::error::{Kind, Problem};
use crate::filter::Block;
use crate::telemetry::metrics::Edge;
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// For so many times the patience a client that does not read is let say the rest of its list.
const REST: u32 = 10;
/// Bytes of a piece: a client that reads slowly takes one of them within the patience.
const PIECE: usize = 64 << 10;

/// A list being filtered.
pub(super) struct Task {
    pub(super) list: List,
    pub(super) pieces: mpsc::Sender<Bytes>,
    pub(super) tell_end: oneshot::Sender<End>,
    pub(super) patience: Duration,
    /// Ends the list's stream of HTTP/2, or its connection of HTTP/1.1.
    pub(super) hang_up: Option<CancellationToken>,
    /// Cancelled when nobody is there to read any more, or everything was read.
    pub(super) gone: CancellationToken,
    pub(super) _room: Room,
}

impl Task {
    pub(super) async fn run(mut self, first: Option<Block>) {
        match self.work(first).await {
            Ok(()) => {
                let figures = self.list.figures().to_string();
                let last = self.list.summary.then(|| self.list.last_line(&figures));
                let _ = self.tell_end.send(End { last, summary: HeaderValue::try_from(figures).ok() });
            }
            Err(Stop::Gone) => {}
            Err(Stop::Told(problem)) => self.give_up(&problem).await,
        }
    }

    async fn work(&mut self, first: Option<Block>) -> Result<(), Stop> {
        let mut next = first;
        while let Some(block) = next {
            let mut bytes = self.list.decided(&block).await;
            while !bytes.is_empty() {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                hand_on(&self.pieces, piece, self.patience, self.list.tally.lines).await?;
            }
            next = self.list.next().await?;
        }
        Ok(())
    }

    /// Ends the answer before the list does. Its client is let say the rest, which nobody looks at, so that one that
    /// writes without reading comes to read; one that goes on longer is hung up on.
    async fn give_up(self, problem: &Problem) {
        let Self { mut list, pieces, tell_end, patience, hang_up, gone, .. } = self;
        let code = problem.kind.code();
        list.gateway.parts().metrics.answers.refused(Edge::Filter, code);
        let lines = list.tally.lines;
        tracing::warn!(code, lines, caller = &*list.caller.name, "a list was not filtered to its end");
        let last = list.last_line(&format!("{code}: {}", problem.detail));
        let _ = tell_end.send(End { last: Some(last), summary: None });
        drop(pieces);
        if problem.kind != Kind::FilterClientNotReading {
            return;
        }
        let rest = async { while let Some(Ok(_)) = list.body.frame().await {} };
        let written = tokio::time::timeout(REST * patience, rest).await.is_ok();
        let read = written && tokio::time::timeout(patience + LINGER, gone.cancelled()).await.is_ok();
        if let Some(hang_up) = hang_up.filter(|_| !read) {
            hang_up.cancel();
        }
    }
}

/// Waits until there is room for a piece, as long as the patience lasts.
async fn hand_on(pieces: &mpsc::Sender<Bytes>, piece: Bytes, patience: Duration, lines: u64) -> Result<(), Stop> {
    let problem = |_| {
        let text = format!(
            "nothing was read for {} s; read while you write. What came of the first {lines} lines was sent",
            patience.as_secs_f64()
        );
        Stop::Told(Problem::new(Kind::FilterClientNotReading, text))
    };
    let room = tokio::time::timeout(patience, pieces.reserve()).await.map_err(problem)?;
    room.map_err(|_| Stop::Gone)?.send(piece);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece() -> Bytes {
        Bytes::from_static(b"row\n")
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_told_after_the_patience() {
        let (pieces, mut queue) = mpsc::channel(1);
        let patience = Duration::from_secs(30);
        assert!(hand_on(&pieces, piece(), patience, 7).await.is_ok());
        let begun = tokio::time::Instant::now();
        let Err(Stop::Told(problem)) = hand_on(&pieces, piece(), patience, 7).await else { panic!("it was waited for") };
        assert_eq!((problem.kind, begun.elapsed()), (Kind::FilterClientNotReading, patience));
        assert!(problem.detail.contains("first 7 lines"), "{}", problem.detail);
        assert_eq!(queue.recv().await, Some(piece()));
        assert!(hand_on(&pieces, piece(), patience, 7).await.is_ok(), "one that reads goes on");
        drop(queue);
        assert!(matches!(hand_on(&pieces, piece(), patience, 7).await, Err(Stop::Gone)));
    }
}
