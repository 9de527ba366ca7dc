//! `CheckStream`: what has arrived together is answered together, in the order of arrival.
//!
//! Questions in a row that have all but the recipient in common are one batch: the memory then works on
//! many of them at a time. Nobody is waited for: a question that comes alone is answered alone.

use super::caller::Caller;
use super::convert;
use super::grpc::Permission;
use super::proto::{CheckRequest, CheckResponse};
use crate::api::check::Asked;
use crate::api::error::of_tonic;
use crate::model::decision::question::Scope;
use crate::telemetry::metrics::Edge;
use futures_util::StreamExt;
use tokio_stream::Stream;
use tonic::{Status, Streaming};

/// Questions taken at a time: enough to keep the memory busy, few enough that the first does not wait long
/// for the last.
const TOGETHER: usize = 128;

/// What is answered together.
enum Part {
    /// Questions that have all but the recipient in common.
    Alike(Scope, Vec<CheckRequest>),
    /// A question that demands a revision, one that cannot be understood, or what is none.
    Alone(Result<CheckRequest, Status>),
}

impl Part {
    const fn len(&self) -> u64 {
        match self {
            Self::Alike(_, alike) => alike.len() as u64,
            Self::Alone(_) => 1,
        }
    }
}

/// The answers to a stream of questions. It ends with the first that cannot be understood, whose error names it.
pub(super) fn answers(
    permission: Permission,
    caller: Caller,
    questions: Streaming<CheckRequest>,
) -> impl Stream<Item = Result<CheckResponse, Status>> + Send {
    let parts = questions.ready_chunks(TOGETHER).flat_map(|arrived| tokio_stream::iter(parts(arrived)));
    let mut asked = 0;
    let answered = parts.then(move |part| {
        let (permission, caller) = (permission.clone(), caller.clone());
        let first = asked + 1;
        asked += part.len();
        async move { tokio_stream::iter(answer(&permission, caller, part, first).await) }
    });
    answered.flatten()
}

fn parts(arrived: Vec<Result<CheckRequest, Status>>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for question in arrived {
        match question.as_ref().ok().and_then(scope_of) {
            None => parts.push(Part::Alone(question)),
            Some(scope) => match parts.last_mut() {
                Some(Part::Alike(common, alike)) if *common == scope => alike.extend(question),
                _ => parts.push(Part::Alike(scope, question.into_iter().collect())),
            },
        }
    }
    parts
}

/// What a question that need not be alone has in common with others.
fn scope_of(question: &CheckRequest) -> Option<Scope> {
    let (scope, _) = question.question().ok()?;
    (question.min_revision == 0).then_some(scope)
}

async fn answer(permission: &Permission, caller: Caller, part: Part, first: u64) -> Vec<Result<CheckResponse, Status>> {
    let (scope, alike) = match part {
        Part::Alone(Err(status)) => return vec![Err(of_tonic(status))],
        Part::Alone(Ok(question)) => {
            if let Err(problem) = question.question() {
                let problem = problem.of_question(&question.reference, first);
                return vec![Err(permission.refused(Edge::GrpcStream, problem))];
            }
            return vec![permission.answer(Edge::GrpcStream, caller, question, None).await];
        }
        Part::Alike(scope, alike) => (scope, alike),
    };
    let asked = alike.iter().filter_map(|question| Some((question.recipient.as_deref()?, question.reference.as_str())));
    let questions: Vec<(&str, &str)> = asked.collect();
    let under = Asked { caller, edge: Edge::GrpcStream, reference: "", revision_reached: true };
    let answers = permission.0.check_each(&under, &scope, &questions).await;
    answers.into_iter().zip(alike).map(|(answer, question)| Ok(convert::check_response(&answer, question))).collect()
}
