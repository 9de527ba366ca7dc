//! Where this node stands, for both wires and the admin port.

use super::gateway::Gateway;
use super::proto;
use super::status::{Kind, Problem};
use std::sync::Arc;

/// Reads the state: memory, and the first key of the change log.
pub async fn read(gateway: &Gateway) -> Result<proto::GetStateResponse, Problem> {
    let history = Arc::clone(&gateway.parts().history);
    let earliest = tokio::task::spawn_blocking(move || history.earliest_revision()).await;
    let failed = |error: String| {
        tracing::error!(%error, "the change log could not be read");
        Problem::new(Kind::StoreFailed, "the change log could not be read; see the log")
    };
    let earliest = earliest.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let index = gateway.parts().checker.index();
    let now = i64::from(gateway.now().unix());
    let brands = index.brands().all().into_iter().map(|entry| {
        let as_of = entry.as_of().map_or(0, |time| i64::from(time.unix()));
        let age_seconds = if as_of == 0 { 0 } else { (now - as_of).max(0) };
        proto::BrandState { brand_code: entry.brand.code.get(), active: entry.brand.active, as_of, age_seconds }
    });
    Ok(proto::GetStateResponse {
        ready: gateway.ready().is_ok(),
        revision: index.revision().get(),
        earliest_revision: earliest.unwrap_or(0),
        relations: index.relations(),
        brands: brands.collect(),
    })
}
