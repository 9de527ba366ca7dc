//! Retailers' access, for the wire: noted as an operator tells it, or asked for at İYS.

use super::gateway::Gateway;
use super::{convert, proto};
use crate::api::error::{Kind, Problem};
use crate::model::brand::retailer::{Access, Retailer};
use crate::model::consent::movement::Movement;
use crate::model::consent::source::Source;
use crate::model::time::IysTime;
use crate::ports::{Applied, RetailersSeen};

/// Accesses in one call at most.
pub const MOST_ACCESS: usize = 10_000;
/// Movements in one command of the writer at most: an access is up to four of them, one a consent.
const COMMAND: usize = 10_000;

/// Notes who may use which consents; all of it is read before any of it is taken in.
pub async fn put(
    gateway: &Gateway,
    request: proto::PutRetailerAccessRequest,
) -> Result<proto::PutRetailerAccessResponse, Problem> {
    gateway.require_loaded()?;
    if request.access.len() > MOST_ACCESS {
        let detail = format!("{} accesses; a call takes at most {MOST_ACCESS}", request.access.len());
        return Err(Problem::new(Kind::BatchTooLarge, detail));
    }
    let (now, mut movements) = (gateway.receipt(), Vec::new());
    for (place, access) in request.access.iter().enumerate() {
        read(gateway, access, now, &mut movements).map_err(|problem| of_access(place, &problem))?;
    }
    let revision = gateway.parts().checker.index().revision().get();
    let mut done = Applied { revision, applied: 0, unchanged: 0 };
    for command in movements.chunks(COMMAND) {
        let Applied { revision, applied, unchanged } = gateway.parts().sink.apply(command.to_vec()).await?;
        done = Applied { revision, applied: done.applied + applied, unchanged: done.unchanged + unchanged };
    }
    Ok(proto::PutRetailerAccessResponse { revision: done.revision, applied: done.applied, unchanged: done.unchanged })
}

/// Reads one access as the movements that it is.
fn read(gateway: &Gateway, access: &proto::RetailerAccess, now: IysTime, movements: &mut Vec<Movement>) -> Result<(), Problem> {
    let brand = convert::brand_code(access.brand_code)?;
    let retailer = Retailer::new(access.retailer_code).ok_or_else(|| Problem::missing("retailer_code"))?;
    let (consents, at) = (access.consents()?, convert::moment("at", access.at, now)?);
    let no_address = |error| Problem::new(Kind::InvalidField, format!("recipient: {error}"));
    let address = consents.recipient(&access.recipient).map_err(no_address)?;
    let checker = &gateway.parts().checker;
    if checker.index().brands().get(brand).is_none() {
        return Err(Problem::new(Kind::UnknownBrand, format!("brand {brand} is not on file")));
    }
    let recipient = checker.pseudonymizer().recipient(&address);
    let of = |cell| Access { recipient, brand, retailer, cell, allowed: access.allowed, at, source: Source::LOCAL_ACCESS };
    movements.extend(consents.cells(&address).map(|cell| of(cell).movement()));
    Ok(())
}

fn of_access(place: usize, problem: &Problem) -> Problem {
    Problem::new(problem.kind, format!("access {place}: {}", problem.detail))
}

/// Asks İYS which retailers have access to a consent, and takes the answer in.
pub async fn refresh(
    gateway: &Gateway,
    request: proto::RefreshRetailerAccessRequest,
) -> Result<proto::RefreshRetailerAccessResponse, Problem> {
    let (brand, cell) = request.asked()?;
    gateway.require_loaded()?;
    let RetailersSeen { retailers, revision } = gateway.parts().feed.refresh(brand, cell, request.recipient).await?;
    let retailer_codes = retailers.into_iter().map(Retailer::get).collect();
    Ok(proto::RefreshRetailerAccessResponse { retailer_codes, revision })
}
