//! One step of a sweep: İYS is asked which addresses are approved now, and its answer is taken in as of a
//! moment that is not after its look. Both of its answers are observations of its list, no movements: see
//! [`Record::status`](crate::model::consent::record::Record::status).

use super::Follower;
use crate::iys::IysError;
use crate::model::address::recipient::Recipient;
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::{CLOCK_TOLERANCE, Movement, Reading};
use crate::model::consent::source::Source;
use crate::model::consent::state::Status;
use crate::ports::{FeedRefused, Observed};
use std::collections::{BTreeMap, HashSet};

/// İYS takes so many addresses at once (F§1.4).
const MOST: usize = 1_000;

impl Follower {
    /// Asks for up to [`MOST`] addresses, as spelled. Those that are no address of the channel are named by
    /// their place and not asked for.
    ///
    /// # Errors
    /// Nothing was taken in.
    pub async fn observe(&self, brand: BrandCode, cell: Cell, recipients: &[String]) -> Result<Observed, FeedRefused> {
        if recipients.is_empty() || recipients.len() > MOST {
            return Err(FeedRefused::Invalid(format!("a step asks for 1 to {MOST} addresses")));
        }
        let sender = self.fed(brand)?;
        // In İYS's spelling, each once: it refuses a list that repeats one (H193).
        let mut asked: BTreeMap<String, Recipient> = BTreeMap::new();
        let mut invalid: Vec<u32> = Vec::new();
        for (place, spelled) in (0..).zip(recipients) {
            match Recipient::parse(spelled, cell.channel) {
                Ok(recipient) => drop(asked.insert(recipient.to_iys(), recipient)),
                Err(_) => invalid.push(place),
            }
        }
        let (approved, at) = if asked.is_empty() {
            (Vec::new(), self.now())
        } else {
            let texts: Vec<&str> = asked.keys().map(String::as_str).collect();
            let seen = self.parts().iys.approved(sender, cell.recipient_type, cell.channel, &texts).await?;
            (seen.approved, seen.at)
        };
        // As for any other approval: İYS's clock, or ours, is not to be relied on.
        if at > self.receipt().plus(CLOCK_TOLERANCE) {
            return Err(FeedRefused::Unavailable(format!(
                "İYS answered as of {at}, which is more than 10 minutes ahead of our clock"
            )));
        }
        let approved: HashSet<String> = approved.into_iter().collect();
        let movement = |(text, recipient): (&String, &Recipient)| Movement {
            relation: RelationKey::of_brand(self.parts().pseudonymizer.recipient(recipient), brand),
            cell,
            status: if approved.contains(text) { Status::Onay } else { Status::Yok },
            created: at,
            consented: None,
            source: Source::SWEEP,
            transaction: None,
            misformed: false,
            received: false,
            reading: Reading::Only,
        };
        let movements: Vec<Movement> = asked.iter().map(movement).collect();
        let count = |status| movements.iter().filter(|movement| movement.status == status).count() as u32;
        let (approved, not_listed) = (count(Status::Onay), count(Status::Yok));
        let applied = self.parts().sink.apply(movements).await?;
        Ok(Observed { approved, not_listed, invalid, at, revision: applied.revision })
    }
}

impl From<IysError> for FeedRefused {
    fn from(error: IysError) -> Self {
        use crate::iys::Class;
        match error.class() {
            Class::Retry => Self::Unavailable(error.to_string()),
            Class::Resync | Class::Stop => Self::Refused(error.to_string()),
        }
    }
}
