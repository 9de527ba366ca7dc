//! `izingate brand add|list|deactivate|heal`.

use super::{CommandError, connect, heal, remote, runtime};
use crate::app::open;
use crate::cli::Target;
use crate::cli::brand::{AddArgs, AgeArg, BrandCommand, DeactivateArgs, ListArgs};
use crate::config::SecretSource;
use crate::model::brand::{Ages, Brand, Feed, MaxAge};
use crate::model::channel::{Channel, Channels};
use crate::store::Store;
use crate::wire::convert::brand_message;
use crate::wire::proto::consent_service_client::ConsentServiceClient;
use crate::wire::proto::{self, DeactivateBrandRequest, GetStateRequest, ListBrandsRequest, PutBrandRequest};

/// Does what is asked; what it returns is for standard output.
pub fn brand(command: BrandCommand) -> Result<String, CommandError> {
    match command {
        BrandCommand::Add(args) => add(args),
        BrandCommand::List(args) => list(&args),
        BrandCommand::Deactivate(args) => deactivate(&args),
        BrandCommand::Heal(args) => heal::heal(&args),
    }
}

fn add(args: AddArgs) -> Result<String, CommandError> {
    let ages = if args.max_age.is_empty() { Ages::OnFile } else { Ages::Given };
    let brand = Brand::imported(args.brand, args.iys_code, args.title);
    let brand = Brand { max_age: AgeArg::all(&args.max_age), ..brand };
    if let Some(data) = &args.target.data {
        let opened = open::offline(data, &SecretSource::load(None)?)?;
        let on_file = opened.store.brands()?.into_iter().find(|on_file| on_file.code == brand.code);
        let brand = brand.put_over(on_file.as_ref(), ages)?;
        put_offline(&opened.store, &brand)?;
        return Ok(line(&brand));
    }
    let mut message = brand_message(&brand);
    if ages == Ages::Given && message.max_age_minutes.is_empty() {
        message.max_age_minutes = vec![0; brand.max_age.len()];
    }
    let answer = remote(&args.target, async |mut client| client.put_brand(PutBrandRequest { brand: Some(message) }).await)?;
    Ok(line(&with_feeds(&args.target, vec![brand_of(answer.brand)?])?[0]))
}

fn list(args: &ListArgs) -> Result<String, CommandError> {
    let brands = match &args.target.data {
        Some(data) => open::read_only(data)?.brands()?,
        None => with_feeds(&args.target, remote_brands(&args.target)?)?,
    };
    Ok(brands.iter().map(line).collect())
}

/// Brands of a running gateway, with what its state alone tells: whether they follow İYS. Of which channels is
/// not part of it, nor shown.
fn with_feeds(target: &Target, mut brands: Vec<Brand>) -> Result<Vec<Brand>, CommandError> {
    let url = target.endpoint.as_deref().unwrap_or_default();
    let state = runtime()?.block_on(async {
        let mut client = ConsentServiceClient::new(connect(url).await?);
        Ok::<_, CommandError>(client.get_state(GetStateRequest {}).await?.into_inner())
    })?;
    for brand in &mut brands {
        if state.brands.iter().any(|state| state.fed && state.brand_code == brand.code.get()) {
            brand.feed = Feed::Iys(Channels::ALL);
        }
    }
    Ok(brands)
}

fn deactivate(args: &DeactivateArgs) -> Result<String, CommandError> {
    let Some(data) = &args.target.data else {
        let request = DeactivateBrandRequest { brand_code: args.brand.get() };
        let answer = remote(&args.target, async |mut client| client.deactivate_brand(request).await)?;
        return Ok(line(&with_feeds(&args.target, vec![brand_of(answer.brand)?])?[0]));
    };
    let opened = open::existing(data, &SecretSource::load(None)?)?;
    let on_file = opened.store.brands()?.into_iter().find(|brand| brand.code == args.brand);
    let brand = Brand { active: false, ..on_file.ok_or(CommandError::UnknownBrand(args.brand))? };
    put_offline(&opened.store, &brand)?;
    Ok(line(&brand))
}

/// Every brand that a running gateway has on file.
pub(super) fn remote_brands(target: &Target) -> Result<Vec<Brand>, CommandError> {
    let answer = remote(target, async |mut client| client.list_brands(ListBrandsRequest {}).await)?;
    answer.brands.into_iter().map(|brand| brand_of(Some(brand))).collect()
}

fn put_offline(store: &Store, brand: &Brand) -> Result<(), CommandError> {
    let mut commit = store.begin();
    commit.brand(brand)?;
    Ok(commit.commit()?)
}

fn brand_of(brand: Option<proto::Brand>) -> Result<Brand, CommandError> {
    let brand = brand.and_then(|brand| brand.brand().ok());
    brand.ok_or_else(|| CommandError::Gateway("the gateway's answer holds no brand".to_owned()))
}

fn line(brand: &Brand) -> String {
    let state = if brand.active { "active" } else { "not active" };
    let feed = if brand.is_fed() { "İYS" } else { "import" };
    let ages = Channel::ALL.map(|channel| brand.allowed_age(channel).map_or_else(|| "-".to_owned(), shown));
    let ages = if ages.iter().all(|age| *age == ages[0]) { ages[0].clone() } else { ages.join("/") };
    format!("{:>10}  iys {:>10}  {state:<10}  {feed:<6}  {ages:<11}  {}\n", brand.code, brand.iys_code, brand.title)
}

/// An age as it may be given.
fn shown(age: MaxAge) -> String {
    match age.minutes() {
        days if days % (24 * 60) == 0 => format!("{}d", days / (24 * 60)),
        hours if hours % 60 == 0 => format!("{}h", hours / 60),
        minutes => format!("{minutes}m"),
    }
}
