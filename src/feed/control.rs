//! The feed, as an operator asks it.

use super::Follower;
use crate::feed::push;
use crate::feed::push::Credentials;
use crate::iys::Day;
use crate::model::brand::BrandCode;
use crate::model::consent::channel::{Cell, Channel};
use crate::ports::{BoxFuture, FeedControl, FeedRefused, FeedTask, Observed, PushAction, PushConnection, RetailersSeen};

impl FeedControl for Follower {
    fn tasks(&self) -> Vec<FeedTask> {
        self.board().all()
    }

    fn observe(&self, brand: BrandCode, cell: Cell, recipients: Vec<String>) -> BoxFuture<'_, Result<Observed, FeedRefused>> {
        Box::pin(async move { Self::observe(self, brand, cell, &recipients).await })
    }

    fn reconcile(&self, brand: BrandCode, date: String) -> BoxFuture<'_, Result<String, FeedRefused>> {
        Box::pin(async move {
            let sender = self.fed(brand)?;
            let day = Day::parse(&date).map_err(|error| FeedRefused::Invalid(error.to_string()))?;
            let report = Self::reconcile(self, sender, day, self.parts().confirm).await?;
            serde_json::to_string(&report).map_err(|error| FeedRefused::Invalid(error.to_string()))
        })
    }

    fn refresh(&self, brand: BrandCode, cell: Cell, recipient: String) -> BoxFuture<'_, Result<RetailersSeen, FeedRefused>> {
        Box::pin(async move { Self::refresh(self, brand, cell, &recipient).await })
    }

    fn push(
        &self,
        brand: BrandCode,
        channel: Channel,
        action: PushAction,
    ) -> BoxFuture<'_, Result<Vec<PushConnection>, FeedRefused>> {
        Box::pin(async move {
            let url = self.parts().push_url.as_deref().ok_or(FeedRefused::NoReceiver)?;
            let sender = self.fed(brand)?;
            let credentials = Credentials::of(self.parts().pseudonymizer.push_keys(), brand, channel);
            push::act(&self.parts().iys, sender, channel, action, url, &credentials).await
        })
    }
}
