//! `--demo`: a synthetic brand to try things on, through the same writer as any movement.

use super::Addresses;
use crate::index::Index;
use crate::model::address::recipient::{Email, Phone, Recipient};
use crate::model::brand::{Ages, Brand, BrandCode, IysCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::{Movement, Reading};
use crate::model::consent::source::Source;
use crate::model::consent::state::Status;
use crate::model::consent::transaction::TransactionId;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::ports::{MovementSink, SinkError};

/// The synthetic brand.
pub const DEMO_BRAND: u32 = 601_234;
const PROVIDER: u32 = 600_000;
const RELATIONS: u32 = 100_000;
const BATCH: u32 = 10_000;
/// 2026-11-01 10:00:00, Türkiye time.
const FIRST: IysTime = IysTime::from_unix(1_793_516_400);

/// Fills an index that holds nothing; one that holds anything is left as it is.
pub(super) async fn fill(index: &Index, pseudonymizer: &Pseudonymizer, sink: &impl MovementSink) -> Result<(), SinkError> {
    if index.relations() > 0 || !index.brands().all().is_empty() {
        tracing::info!("the data directory is not empty: nothing is made up");
        return Ok(());
    }
    let (Some(code), Some(iys_code)) = (BrandCode::new(DEMO_BRAND), IysCode::new(PROVIDER)) else { return Ok(()) };
    sink.put_brand(Brand::imported(code, iys_code, "Örnek Mağaza (demo)".to_owned()), Ages::Given).await?;
    for first in (0..RELATIONS).step_by(BATCH as usize) {
        let numbers = first..first + BATCH;
        let movements = numbers.filter_map(|number| movements_of(number, code, pseudonymizer)).flatten().collect();
        sink.apply(movements).await?;
    }
    tracing::info!(brand = DEMO_BRAND, relations = index.relations(), "made a synthetic brand");
    Ok(())
}

/// Recipient `number`: three of four are phones, the others e-mails; everyone approved, phones messages and calls, and
/// every fifth took it all back a day later.
fn movements_of(number: u32, brand: BrandCode, pseudonymizer: &Pseudonymizer) -> Option<Vec<Movement>> {
    let (recipient, channels) = if number % 4 == 3 {
        (Recipient::Email(Email::parse(&format!("kisi{number}@ornek.com.tr"))?), &[Channel::Eposta][..])
    } else {
        (Recipient::Phone(Phone::from_packed(905_320_000_000 + u64::from(number))?), &[Channel::Mesaj, Channel::Arama][..])
    };
    let relation = RelationKey::of_brand(pseudonymizer.recipient(&recipient), brand);
    let movement = |channel: Channel, status: Status, created: IysTime, source: &str| {
        let identity = u64::from(created.unix()) << 32 | (channel as u64) << 28 | u64::from(number);
        Some(Movement {
            relation,
            cell: Cell::new(channel, RecipientType::Bireysel),
            status,
            created,
            consented: Some(created),
            source: Source::parse(source).ok()?,
            transaction: TransactionId::parse(&format!("{identity:064x}")).ok(),
            misformed: false,
            received: false,
            reading: Reading::Only,
        })
    };
    let mut movements = Vec::with_capacity(4);
    for channel in channels {
        movements.push(movement(*channel, Status::Onay, FIRST.plus(number / 10), "HS_WEB")?);
        if number.is_multiple_of(5) {
            movements.push(movement(*channel, Status::Ret, FIRST.plus(86_400 + number / 10), "IYS_KISAMESAJ")?);
        }
    }
    Some(movements)
}

/// Commands to try on the synthetic brand.
#[must_use]
pub fn try_these(addresses: Addresses) -> String {
    let Addresses { listen, admin } = addresses;
    format!(
        r#"
izingate answers on {listen} (gRPC and HTTP) and {admin} (health, metrics). Try:

1  an approval        curl 'http://{listen}/v1/check?brandCode={DEMO_BRAND}&type=MESAJ&recipient=0532+000+00+01'
2  a refusal          curl -H 'Accept: text/plain' 'http://{listen}/v1/check?brandCode={DEMO_BRAND}&type=MESAJ&recipient=05320000005'
3  a batch            curl -H 'Content-Type: application/json' http://{listen}/v1/check/batch -d '{{"brandCode":{DEMO_BRAND},"type":"EPOSTA","recipients":["kisi3@ornek.com.tr","KISI15@ornek.com.tr","yok@ornek.com.tr"]}}'
4  why, and since when  curl 'http://{listen}/v1/explain?brandCode={DEMO_BRAND}&type=MESAJ&recipient=05320000005'
5  before a call      curl -H 'Accept: text/plain' 'http://{listen}/v1/check?brandCode={DEMO_BRAND}&type=ARAMA&recipient=05320000001'
6  where it stands    curl http://{admin}/v1/state

Ctrl-C ends it.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::pseudonym::Secret;
    use std::collections::{BTreeSet, HashSet};

    #[test]
    fn every_number_is_a_relation_of_its_own() {
        let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let brand = BrandCode::new(DEMO_BRAND).unwrap();
        let of = |number| movements_of(number, brand, &pseudonymizer).unwrap();
        let relations: HashSet<RelationKey> = (0..RELATIONS).map(|number| of(number)[0].relation).collect();
        assert_eq!(relations.len(), RELATIONS as usize);
        let told = |number| of(number).iter().map(|movement| (movement.cell.channel, movement.status)).collect::<Vec<_>>();
        let both = |channel| [(channel, Status::Onay), (channel, Status::Ret)];
        assert_eq!(told(1), [(Channel::Mesaj, Status::Onay), (Channel::Arama, Status::Onay)]);
        assert_eq!(told(5), [both(Channel::Mesaj), both(Channel::Arama)].concat());
        assert_eq!((told(3), told(15)), (vec![(Channel::Eposta, Status::Onay)], both(Channel::Eposta).to_vec()));
        let ids: BTreeSet<_> = (0..1_000).flat_map(of).map(|movement| movement.transaction).collect();
        assert_eq!(ids.len(), (0..1_000).flat_map(of).count(), "every movement has an identity of its own");
    }
}
