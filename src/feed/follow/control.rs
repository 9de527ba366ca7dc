//! The feed, as an operator asks it.

use super::Follower;
use crate::feed::iys::Day;
use crate::model::brand::BrandCode;
use crate::model::channel::{Cell, Channel};
use crate::ports::{BoxFuture, FeedControl, FeedRefused, FeedTask, Observed, PushAction, PushConnection};

impl FeedControl for Follower {
    fn tasks(&self) -> Vec<FeedTask> {
        self.board().all()
    }

    fn observe(&self, brand: BrandCode, cell: Cell, recipients: Vec<String>) -> BoxFuture<'_, Result<Observed, FeedRefused>> {
        Box::pin(async move { Self::observe(self, brand, cell, &recipients).await })
    }

    fn reconcile(&self, brand: BrandCode, date: String) -> BoxFuture<'_, Result<String, FeedRefused>> {
        Box::pin(async move {
            let sender = self.sender(brand).ok_or(FeedRefused::NotFed(brand))?;
            let day = Day::parse(&date).map_err(|error| FeedRefused::Invalid(error.to_string()))?;
            let report = Self::reconcile(self, sender, day, self.parts().confirm).await?;
            serde_json::to_string(&report).map_err(|error| FeedRefused::Invalid(error.to_string()))
        })
    }

    fn push(&self, _: BrandCode, _: Channel, _: PushAction) -> BoxFuture<'_, Result<Vec<PushConnection>, FeedRefused>> {
        Box::pin(async { Err(FeedRefused::NoReceiver) })
    }
}
