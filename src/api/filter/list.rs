//! A list on its way in, and what comes of each block.

use crate::api::caller::Caller;
use crate::api::check::Asked;
use crate::api::error::{Kind, Problem};
use crate::api::gateway::Gateway;
use crate::api::json::FilterAsked;
use crate::filter::block::Bounds;
use crate::filter::duplicates::Seen;
use crate::filter::output::Before;
use crate::filter::{Block, Columns, Intake, Kind as ListKind, ListError, Pair, Tally};
use crate::model::decision::question::{Recipients, Scope};
use crate::model::language::Language;
use crate::telemetry::metrics::Edge;
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
            for column in block.asked(ListKind::of(scope.cell.channel)) {
                // What nobody asks is not on record.
                let answers = if column.is_empty() {
                    Vec::new()
                } else {
                    let emails: Vec<&str> = column.emails.iter().map(AsRef::as_ref).collect();
                    let phones = scope.cell.channel.takes_phones();
                    let recipients = if phones { Recipients::Phones(&column.phones) } else { Recipients::Each(&emails) };
                    self.gateway.check_batch(&asked, scope, recipients).await.0.results
                };
                results.push(column.spread(answers));
            }
        }
        let before: Vec<Before> = self.seen.as_mut().map_or_else(Vec::new, |seen| seen.note(block));
        let mut out = Vec::new();
        self.find_columns();
        if let Some(columns) = &self.columns {
            self.tally.add(block, &results, &before, &self.pairs, columns);
            columns.write(block, &results, &before, &mut out);
        }
        out.into()
    }

    /// What is appended: known with the first block.
    fn find_columns(&mut self) {
        if self.columns.is_some() {
            return;
        }
        let duplicates = self.seen.is_some();
        let columns = |layout| Columns::new(layout, self.intake.encoding(), &self.pairs, self.language, duplicates);
        self.columns = self.intake.layout().map(columns);
    }

    /// What became of the list.
    pub(super) fn figures(&self) -> serde_json::Value {
        let tally = &self.tally;
        let each = (tally.answers.len() / self.pairs.len().max(1)).max(1);
        let of_pair = |(number, answers): (usize, _)| {
            let pair = self.pairs.get(number / each)?;
            let mut of_pair = json!({ "brandCode": pair.brand.get(), "type": pair.channel.name(), "answers": answers });
            if let Some(column) = tally.columns.get(number).filter(|column| !column.is_empty()) {
                of_pair["column"] = json!(column);
            }
            Some(of_pair)
        };
        let answers: Vec<_> = tally.answers.iter().enumerate().filter_map(of_pair).collect();
        json!({
            "lines": tally.lines, "rowsIn": tally.rows_in(), "rows": tally.rows, "unreadable": tally.unreadable, "titles": tally.titles,
            "header": tally.headers, "blank": tally.blank, "totals": tally.totals, "addresses": tally.addresses, "invalid": tally.invalid,
            "duplicates": tally.duplicates, "unknown": tally.unknown, "letThrough": tally.let_through(), "answers": answers,
        })
    }

    /// A last line, in the encoding of the list.
    pub(super) fn last_line(&self, text: &str) -> Bytes {
        let encoding = self.intake.encoding();
        encoding.encode(encoding.of_text(&format!("#izingate {text}\n"))).into()
    }
}
