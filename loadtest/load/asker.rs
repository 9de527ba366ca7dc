//! One line of load against one contender: asks, reads, compares.

use crate::drive::{Done, Failure};
use crate::moves::Moves;
use crate::people::{BRAND, byte as byte_of};
use crate::questions::{Answer, Calls, names};
use crate::socket::Pool;
use crate::streams::Streams;
use crate::unary::Unary;
use bytes::Bytes;
use izingate::api::gateway::parts_of;
use izingate::api::proto::{ApplyRequest, ApplyResponse};
use izingate::model::consent::state::Status;
use izingate::model::decision::Reason;
use prost::Message;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// The methods that are called.
pub const CHECK: &str = "/izingate.v1.PermissionService/Check";
pub const BATCH: &str = "/izingate.v1.PermissionService/CheckBatch";
pub const STREAM: &str = "/izingate.v1.PermissionService/CheckStream";
pub const APPLY: &str = "/izingate.v1.ConsentService/Apply";

/// How a question gets there.
pub enum Way {
    Calls(Unary),
    Streams(Streams),
    Plain(Pool),
}

/// What an answer is held against.
pub enum Truth {
    /// The oracle.
    Oracle(Rc<Moves>),
    /// The oracle, and `NOT_READY` to what was asked before the first decision; when that was here.
    Starting(Rc<Moves>, Rc<Cell<Option<Instant>>>),
    /// Nothing: it decides nothing.
    Nothing,
}

/// Asks the questions of a line.
pub struct Asker {
    pub calls: Rc<Calls>,
    pub way: Way,
    pub truth: Truth,
}

impl Asker {
    /// Question `number`.
    pub async fn ask(&self, number: u64) -> Result<Done, Failure> {
        let call = self.calls.get(number);
        let starting = matches!(&self.truth, Truth::Starting(_, ready) if ready.get().is_none());
        let mark = match &self.truth {
            Truth::Oracle(moves) | Truth::Starting(moves, _) => Some((moves, moves.mark())),
            Truth::Nothing => None,
        };
        let request = call.request.clone();
        let answer = match &self.way {
            Way::Calls(calls) => calls.call(&request).await,
            Way::Streams(streams) => streams.call(request).await,
            Way::Plain(pool) => pool.call(&request).await,
        }?;
        let at = Some(Instant::now());
        let answer = self.calls.read(&answer)?;
        let mut done = Done { recipients: call.asked.len() as u64, answers: answer.bytes.clone(), at, ..Done::default() };
        let Some((moves, mark)) = mark else { return Ok(done) };
        if let Truth::Starting(_, ready) = &self.truth
            && ready.get().is_none()
            && !answer.bytes.iter().any(|byte| parts_of(*byte).1 == Reason::NotReady)
        {
            ready.set(at);
        }
        let right = |asked: u32, byte: u8| match parts_of(byte).1 {
            Reason::NotReady => starting,
            // An ALLOW that could not be recorded.
            Reason::EvidenceUnavailable => moves.allows(asked.into(), byte_of(Status::Onay), mark, answer.revision),
            _ => moves.allows(asked.into(), byte, mark, answer.revision),
        };
        compare(&mut done, &call.asked, &answer, right);
        Ok(done)
    }
}

fn compare(done: &mut Done, asked: &[u32], answer: &Answer, right: impl Fn(u32, u8) -> bool) {
    done.compared = asked.len() as u64;
    done.wrong = asked.len().abs_diff(answer.bytes.len()) as u64;
    for (i, byte) in asked.iter().zip(&answer.bytes).filter(|(i, byte)| !right(**i, **byte)) {
        done.wrong += 1;
        if done.example.is_none() {
            done.example = Some(format!("recipient {i}: {} at revision {}", names(*byte), answer.revision));
        }
    }
}

/// Sends movements.
pub struct Mover {
    pub calls: Unary,
    pub moves: Rc<Moves>,
}

impl Mover {
    /// The next batch.
    pub async fn send(&self) -> Result<Done, Failure> {
        let (batch, movements) = self.moves.next();
        let recipients = movements.len() as u64;
        let request = ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() };
        let answer: Bytes = self.calls.call(&request.encode_to_vec()).await?;
        let at = Some(Instant::now());
        let answer = ApplyResponse::decode(answer).map_err(|_| Failure::Code("UNREADABLE_ANSWER".to_owned()))?;
        if let Some(refused) = answer.refused.first() {
            return Err(Failure::Code(refused.code.clone()));
        }
        self.moves.acknowledged(batch, answer.revision);
        Ok(Done { recipients, at, ..Done::default() })
    }
}
