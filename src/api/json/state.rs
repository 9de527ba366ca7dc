//! Where the node stands, as JSON: all that `GetState` tells.

use super::request::{given_twice, invalid, unknown_parameter};
use crate::api::convert::channel_code;
use crate::api::error::Problem;
use crate::api::proto;
use crate::model::consent::channel::Channel;
use crate::model::time::IysTime;
use serde::Serialize;

/// Where the node stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateBody<'a> {
    ready: bool,
    revision: u64,
    earliest_revision: u64,
    relations: u64,
    brands: Vec<BrandBody<'a>>,
    feeds: Vec<TaskBody<'a>>,
    /// Absent where there are none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_brands: bool,
}

/// The parameters of `GET /v1/state`.
pub const STATE_PARAMETERS: [&str; 2] = ["afterBrandCode", "limit"];

/// Reads which brands are wanted.
pub fn state_page(parameters: Vec<(String, String)>) -> Result<proto::GetStateRequest, Problem> {
    let mut given: [Option<u32>; 2] = [None; 2];
    for (name, value) in parameters {
        let place = STATE_PARAMETERS.into_iter().position(|known| known == name);
        let place = place.ok_or_else(|| unknown_parameter(&name, &STATE_PARAMETERS))?;
        let number = value.parse().map_err(|_| invalid(STATE_PARAMETERS[place], "a number"))?;
        if given[place].replace(number).is_some() {
            return Err(given_twice(&name));
        }
    }
    let [after_brand_code, limit] = given.map(Option::unwrap_or_default);
    Ok(proto::GetStateRequest { after_brand_code, limit })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BrandBody<'a> {
    brand_code: u32,
    active: bool,
    as_of: Option<String>,
    age_seconds: i64,
    fed: bool,
    streams: Vec<StreamBody<'a>>,
    last_push: Option<String>,
    gap: Option<GapBody>,
    stale: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StreamBody<'a> {
    stream: &'a str,
    complete_to: Option<String>,
    newest: Option<String>,
    asked: Option<String>,
}

#[derive(Serialize)]
struct GapBody {
    /// None from the beginning.
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
struct TaskBody<'a> {
    name: &'a str,
    state: &'a str,
    detail: &'a str,
    restarts: u64,
}

impl<'a> StateBody<'a> {
    /// The body of a state.
    #[must_use]
    pub fn new(state: &'a proto::GetStateResponse) -> Self {
        Self {
            ready: state.ready,
            revision: state.revision,
            earliest_revision: state.earliest_revision,
            relations: state.relations,
            brands: state.brands.iter().map(brand).collect(),
            feeds: state.feeds.iter().map(task).collect(),
            more_brands: state.more_brands,
        }
    }
}

fn brand(brand: &proto::BrandState) -> BrandBody<'_> {
    let stale = |code: &i32| Channel::ALL.into_iter().find(|channel| channel_code(*channel) == *code).map(Channel::name);
    BrandBody {
        brand_code: brand.brand_code,
        active: brand.active,
        as_of: time(brand.as_of),
        age_seconds: brand.age_seconds,
        fed: brand.fed,
        streams: brand.streams.iter().map(stream).collect(),
        last_push: time(brand.last_push),
        gap: brand.gap.map(|gap| GapBody { from: time(gap.from), to: time(gap.to) }),
        stale: brand.stale.iter().filter_map(stale).collect(),
    }
}

fn stream(stream: &proto::StreamState) -> StreamBody<'_> {
    StreamBody {
        stream: &stream.stream,
        complete_to: time(stream.complete_to),
        newest: time(stream.newest),
        asked: time(stream.asked),
    }
}

fn task(task: &proto::FeedTask) -> TaskBody<'_> {
    let proto::FeedTask { name, state, detail, restarts } = task;
    TaskBody { name, state, detail, restarts: *restarts }
}

fn time(seconds: i64) -> Option<String> {
    u32::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(|at| IysTime::from_unix(at).rfc3339())
}
