//! A list on its way in, and what comes of each block.

use crate::check::Language;
use crate::check::question::{Recipients, Scope};
use crate::filter::block::Bounds;
use crate::filter::output::Before;
use crate::filter::seen::Seen;
use crate::filter::{Block, Columns, Intake, ListError, Pair, Tally};
use crate::telemetry::metrics::Edge;
use crate::wire::caller::Caller;
use crate::wire::gateway::Gateway;
use crate::wire::json::FilterAsked;
use crate::wire::record::Asked;
use crate::wire::status::{Kind, Problem};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::json;
use std::time::Duration;

/// A block is decided in about a millisecond: other questions of the same thread wait no longer.
const BLOCK: Bounds = Bounds { bytes: 256 << 10, rows: 8_192 };

/// Why a list ends early.
pub(super) enum Stop {
    /// Its client hung up: nobody hears anything.
    Gone,
    /// Its client is told.
    Told(Problem),
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        Self::new(Kind::List(error.code()), error.to_string())
    }
}

/// A list on its way.
pub(super) struct List {
    pub(super) gateway: Gateway,
    scopes: Vec<Scope>,
    pairs: Vec<Pair>,
    pub(super) summary: bool,
    reference: String,
    pub(super) caller: Caller,
    language: Option<Language>,
    revision_reached: bool,
    pub(super) body: Body,
    /// The longest wait for more of it: a client that has gone silent keeps others' place.
    silence: Duration,
    intake: Intake,
    columns: Option<Columns>,
    seen: Option<Seen>,
    pub(super) tally: Tally,
    ended: bool,
}

impl List {
    pub(super) fn new(
        gateway: Gateway,
        asked: FilterAsked,
        caller: Caller,
        language: Option<Language>,
        revision_reached: bool,
        (body, silence): (Body, Duration),
    ) -> Self {
        let pairs = asked.pairs();
        let FilterAsked { scopes, wanted, duplicates, summary, reference, .. } = asked;
        let (intake, seen) = (Intake::new(wanted, BLOCK), duplicates.then(Seen::default));
        let (columns, tally) = (None, Tally::default());
        Self {
            gateway,
            scopes,
            pairs,
            summary,
            reference,
            caller,
            language,
            revision_reached,
            body,
            silence,
            intake,
            columns,
            seen,
            tally,
            ended: false,
        }
    }

    /// The first block. That there is none means that the list has no rows.
    pub(super) async fn first(&mut self) -> Result<Option<Block>, Problem> {
        match self.next().await {
            Ok(block) => Ok(block),
            Err(Stop::Told(problem)) => Err(problem),
            Err(Stop::Gone) => Err(Problem::new(Kind::List("BODY_CUT_SHORT"), "the body ended early")),
        }
    }

    /// The next block; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Block>, Stop> {
        let told = |error: ListError| Stop::Told(error.into());
        loop {
            if let Some(block) = self.intake.block().map_err(told)? {
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            if let Some(bytes) = self.chunk().await? {
                self.intake.push(&bytes);
            } else {
                self.intake.end().map_err(told)?;
                self.ended = true;
            }
        }
    }

    /// What comes next of the body; none at its end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Stop> {
        let draining = self.gateway.parts().draining.clone();
        loop {
            let frame = tokio::select! {
                frame = self.body.frame() => frame,
                () = tokio::time::sleep(self.silence) => return Err(Stop::Told(self.silent())),
                () = draining.cancelled() => {
                    return Err(Stop::Told(Problem::new(Kind::ShuttingDown, "the gateway is shutting down")));
                }
            };
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(Stop::Gone),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    fn silent(&self) -> Problem {
        let (seconds, lines) = (self.silence.as_secs_f64(), self.tally.lines);
        let text = format!("nothing came for {seconds} s. What came of the first {lines} lines was sent");
        Problem::new(Kind::FilterClientSilent, text)
    }

    /// The bytes that come of a block.
    pub(super) async fn decided(&mut self, block: &Block) -> Bytes {
        let asked = Asked {
            caller: self.caller.clone(),
            edge: Edge::Filter,
            reference: &self.reference,
            revision_reached: self.revision_reached,
        };
        let mut results = Vec::with_capacity(self.scopes.len());
        for scope in &self.scopes {
            // What nobody asks is not on record.
            if block.rows() == 0 {
                results.push(Vec::new());
                continue;
            }
            let emails = if scope.cell.channel.takes_phones() { Vec::new() } else { block.emails() };
            let emails: Vec<&str> = emails.iter().map(AsRef::as_ref).collect();
            let recipients =
                if scope.cell.channel.takes_phones() { Recipients::Phones(block.phones()) } else { Recipients::Each(&emails) };
            results.push(self.gateway.check_batch(&asked, scope, recipients).await.0.results);
        }
        let before: Vec<Before> = self.seen.as_mut().map_or_else(Vec::new, |seen| seen.note(block));
        self.tally.add(block, &results, &before);
        let mut out = Vec::new();
        if let Some(columns) = self.columns() {
            columns.write(block, &results, &before, &mut out);
        }
        out.into()
    }

    /// What is appended: known with the first block.
    fn columns(&mut self) -> Option<&Columns> {
        if self.columns.is_none() {
            let layout = self.intake.layout()?;
            let duplicates = self.seen.is_some();
            self.columns = Some(Columns::new(layout, self.intake.encoding(), &self.pairs, self.language, duplicates));
        }
        self.columns.as_ref()
    }

    /// What became of the list.
    pub(super) fn figures(&self) -> serde_json::Value {
        let Tally { lines, titles, headers, blank, rows, refused, answers, duplicates, unknown } = &self.tally;
        let of_pair = |(pair, answers): (&Pair, _)| json!({ "brandCode": pair.brand.get(), "type": pair.channel.name(), "answers": answers });
        let answers: Vec<_> = self.pairs.iter().zip(answers).map(of_pair).collect();
        json!({
            "lines": lines, "rowsIn": self.tally.rows_in(), "rows": rows, "refused": refused, "titles": titles, "header": headers, "blank": blank,
            "duplicates": duplicates, "unknown": unknown, "answers": answers,
        })
    }

    /// A last line, in the encoding of the list.
    pub(super) fn last_line(&self, text: &str) -> Bytes {
        let encoding = self.intake.encoding();
        encoding.encode(encoding.of_text(&format!("#izingate {text}\n"))).into()
    }
}
