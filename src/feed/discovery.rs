//! Which brands may be read: new ones start by themselves, and one that may be read no more turns stale at
//! once instead of growing old in silence.

use super::supervise::Fault;
use super::{Account, FollowError, Follower, feed_of, pull};
use crate::iys::ListedBrand;
use crate::model::brand::{Brand, BrandCode, Feed as BrandFeed};
use crate::model::consent::channel::Channels;
use crate::model::feed::{Position, Stream};
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;
use tokio::time::sleep;

/// Looks at the list of brands again and again.
pub(super) async fn run(feed: Follower) -> Fault {
    loop {
        if let Err(error) = discover(&feed).await {
            return error.fault();
        }
        sleep(feed.parts().pace.discover).await;
    }
}

async fn discover(feed: &Follower) -> Result<(), FollowError> {
    let iys = &feed.parts().iys;
    let listed = match feed.parts().account {
        Account::Own(code) => iys.own_brands(code).await?,
        Account::Partner(code) => iys.partner_brands(code).await?,
    };
    let listed: BTreeMap<BrandCode, ListedBrand> = listed.into_iter().map(|brand| (brand.sender.brand, brand)).collect();
    let on_file = feed.parts().book.brands()?;
    for brand in &on_file {
        if matches!(brand.feed, BrandFeed::Iys(readable) if !readable.is_empty()) && !listed.contains_key(&brand.code) {
            tracing::warn!(brand = brand.code.get(), "feed: İYS lists the brand for us no more; its checks are STALE");
            lose(feed, brand).await?;
        }
    }
    let on_file: HashMap<BrandCode, Brand> = on_file.into_iter().map(|brand| (brand.code, brand)).collect();
    let mut positions: HashMap<(BrandCode, Stream), Position> = HashMap::new();
    if listed.keys().any(|brand| feed.sender(*brand).is_none()) {
        let kept = feed.parts().book.positions()?;
        positions.extend(kept.into_iter().map(|(brand, stream, position)| ((brand, stream), position)));
    }
    for (code, brand) in listed {
        attach(feed, &brand, on_file.get(&code)).await?;
        pull::follow(feed, brand.sender, |stream| positions.get(&(code, stream)).cloned());
    }
    Ok(())
}

/// Puts a brand on file with what may be read of it, if that is news.
async fn attach(feed: &Follower, listed: &ListedBrand, on_file: Option<&Brand>) -> Result<(), FollowError> {
    let mut brand =
        on_file.cloned().unwrap_or_else(|| Brand::imported(listed.sender.brand, listed.sender.iys_code, listed.title.clone()));
    brand.iys_code = Some(listed.sender.iys_code);
    brand.feed = feed_of(listed.rights);
    if on_file != Some(&brand) {
        let channels = match brand.feed {
            BrandFeed::Iys(channels) => channels,
            BrandFeed::Import => Channels::NONE,
        };
        tracing::info!(brand = brand.code.get(), iys = listed.sender.iys_code.get(), %channels, "feed: following");
        feed.parts().sink.attach(brand).await?;
    }
    feed.0.senders.write().unwrap_or_else(PoisonError::into_inner).insert(listed.sender.brand, listed.sender);
    Ok(())
}

/// What may be read no more is vouched for no more.
async fn lose(feed: &Follower, brand: &Brand) -> Result<(), FollowError> {
    feed.streams(|streams| streams.remove(brand.code));
    feed.0.senders.write().unwrap_or_else(PoisonError::into_inner).remove(&brand.code);
    feed.parts().sink.attach(Brand { feed: BrandFeed::Iys(Channels::NONE), ..brand.clone() }).await?;
    Ok(())
}
