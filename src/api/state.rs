//! Where this node stands, for both wires and the admin port.

use super::convert::channel_code;
use super::gateway::Gateway;
use super::proto;
use crate::api::error::{Kind, Problem};
use crate::api::registry_service::page_size;
use crate::index::{BrandEntry, StreamFreshness};
use crate::model::brand::Feed;
use crate::model::consent::channel::Channel;
use crate::model::feed::Stream;
use crate::model::time::{IysTime, Moment};
use crate::ports::FeedTask;
use std::sync::Arc;

/// Brands in one answer at most: so many stay below what any client takes.
pub const MOST_BRANDS: usize = 10_000;

/// Reads the state: memory, and the first key of the change log.
pub async fn read(gateway: &Gateway, request: proto::GetStateRequest) -> Result<proto::GetStateResponse, Problem> {
    let history = Arc::clone(&gateway.parts().history);
    let earliest = tokio::task::spawn_blocking(move || history.earliest_revision()).await;
    let failed = |error: String| {
        tracing::error!(%error, "the change log could not be read");
        Problem::new(Kind::StoreFailed, "the change log could not be read; see the log")
    };
    let earliest = earliest.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let index = gateway.parts().checker.index();
    let at = gateway.moment();
    let (page, more_brands) = index.brands().page(request.after_brand_code, page_size(request.limit, MOST_BRANDS));
    Ok(proto::GetStateResponse {
        ready: gateway.ready().is_ok(),
        revision: index.revision().get(),
        earliest_revision: earliest.unwrap_or(0),
        relations: index.relations(),
        brands: page.iter().map(|entry| brand_state(entry, at)).collect(),
        feeds: gateway.parts().feed.tasks().into_iter().map(feed_task).collect(),
        more_brands,
    })
}

fn brand_state(entry: &BrandEntry, at: Moment) -> proto::BrandState {
    let fed = matches!(entry.brand.feed, Feed::Iys(_));
    let as_of = unix(entry.as_of());
    let stale = Channel::ALL.into_iter().filter(|channel| entry.is_stale(*channel, at));
    let gap = entry.freshness.gap();
    proto::BrandState {
        brand_code: entry.brand.code.get(),
        active: entry.brand.active,
        as_of,
        age_seconds: if as_of == 0 { 0 } else { (i64::from(at.latest.unix()) - as_of).max(0) },
        fed,
        streams: if fed { Stream::ALL.map(|stream| stream_state(entry, stream)).into() } else { Vec::new() },
        last_push: unix(entry.freshness.last_push()),
        gap: gap.map(|(from, to)| proto::GapState { from: from.unix().into(), to: to.unix().into() }),
        stale: stale.map(channel_code).collect(),
    }
}

fn stream_state(entry: &BrandEntry, stream: Stream) -> proto::StreamState {
    let StreamFreshness { complete_to, newest, asked } = entry.freshness.stream(stream);
    proto::StreamState {
        stream: stream.name().to_owned(),
        complete_to: unix(complete_to),
        newest: unix(newest),
        asked: unix(asked),
    }
}

fn feed_task(task: FeedTask) -> proto::FeedTask {
    let FeedTask { name, state, detail, restarts } = task;
    proto::FeedTask { name, state: state.name().to_owned(), detail, restarts }
}

/// Unix seconds; 0 for none.
fn unix(time: Option<IysTime>) -> i64 {
    time.map_or(0, |time| time.unix().into())
}
