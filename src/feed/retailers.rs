//! A refresh of retailers' access: İYS offers neither a list of all of it nor a stream of its changes, so it is
//! asked about one consent, and its answer is taken in as of a moment that is not after its look.

use super::Follower;
use crate::model::brand::BrandCode;
use crate::model::brand::retailer::{Access, Consents, Retailer};
use crate::model::consent::channel::Cell;
use crate::model::consent::source::Source;
use crate::ports::{FeedRefused, RetailersSeen};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Follower {
    /// Asks which retailers have access to a consent. Those listed have it; those that were on file as having it
    /// and are not listed have it no more.
    ///
    /// # Errors
    /// Nothing was taken in.
    pub async fn refresh(&self, brand: BrandCode, cell: Cell, spelled: &str) -> Result<RetailersSeen, FeedRefused> {
        let sender = self.sender(brand).ok_or(FeedRefused::NotFed(brand))?;
        let consents = Consents { channel: Some(cell.channel), recipient_type: Some(cell.recipient_type) };
        let address = consents.recipient(spelled).map_err(|error| FeedRefused::Invalid(format!("recipient: {error}")))?;
        let seen = self.parts().iys.retailers(sender, cell, &address.to_iys()).await?;
        let recipient = self.parts().pseudonymizer.recipient(&address);
        let book = Arc::clone(&self.parts().book);
        // Read after İYS's look: whoever was given access meanwhile has it as of a later moment.
        let read = tokio::task::spawn_blocking(move || book.retailers(recipient, brand, cell)).await;
        let on_file = read.map_err(|error| unread(&error))?.map_err(|error| unread(&error))?;
        let all: BTreeSet<Retailer> = seen.listed.iter().copied().chain(on_file).collect();
        let access = |retailer: Retailer| {
            let allowed = seen.listed.contains(&retailer);
            Access { recipient, brand, retailer, cell, allowed, at: seen.at, source: Source::IYS_ACCESS }
        };
        let applied = self.parts().sink.apply(all.into_iter().map(|retailer| access(retailer).movement()).collect()).await?;
        Ok(RetailersSeen { retailers: seen.listed.into_iter().collect(), revision: applied.revision })
    }
}

fn unread(error: &dyn std::error::Error) -> FeedRefused {
    tracing::error!(%error, "retailers on file could not be read");
    FeedRefused::Unread
}
