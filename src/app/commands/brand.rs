//! `izingate brand add|list|deactivate`.

use super::{CommandError, connect};
use crate::app::open;
use crate::cli::Target;
use crate::cli::brand::{AddArgs, BrandCommand, DeactivateArgs, ListArgs};
use crate::config::SecretSource;
use crate::model::brand::Brand;
use crate::store::Store;
use crate::wire::proto::admin_service_client::AdminServiceClient;
use crate::wire::proto::{self, DeactivateBrandRequest, ListBrandsRequest, PutBrandRequest};
use tokio::runtime::Runtime;

/// Does what is asked; what it returns is for standard output.
pub fn brand(command: BrandCommand) -> Result<String, CommandError> {
    match command {
        BrandCommand::Add(args) => add(args),
        BrandCommand::List(args) => list(&args),
        BrandCommand::Deactivate(args) => deactivate(&args),
    }
}

fn add(args: AddArgs) -> Result<String, CommandError> {
    let brand = Brand::imported(args.brand, args.iys_code, args.title);
    if let Some(data) = &args.target.data {
        put_offline(&open::offline(data, &SecretSource::load(None)?)?.store, &brand)?;
    } else {
        let brand = crate::wire::convert::brand_message(&brand);
        remote(&args.target, async |mut client| client.put_brand(PutBrandRequest { brand: Some(brand) }).await)?;
    }
    Ok(line(&brand))
}

fn list(args: &ListArgs) -> Result<String, CommandError> {
    let brands = match &args.target.data {
        Some(data) => open::read_only(data)?.brands()?,
        None => remote_brands(&args.target)?,
    };
    Ok(brands.iter().map(line).collect())
}

fn deactivate(args: &DeactivateArgs) -> Result<String, CommandError> {
    let Some(data) = &args.target.data else {
        let request = DeactivateBrandRequest { brand_code: args.brand.get() };
        let answer = remote(&args.target, async |mut client| client.deactivate_brand(request).await)?;
        return Ok(line(&brand_of(answer.brand)?));
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

/// One call to a running gateway.
fn remote<T>(
    target: &Target,
    call: impl AsyncFnOnce(AdminServiceClient<tonic::transport::Channel>) -> Result<tonic::Response<T>, tonic::Status>,
) -> Result<T, CommandError> {
    let url = target.endpoint.as_deref().unwrap_or_default();
    let runtime = Runtime::new().map_err(|error| CommandError::Internal(error.to_string()))?;
    runtime.block_on(async {
        let client = AdminServiceClient::new(connect(url).await?);
        Ok(call(client).await?.into_inner())
    })
}

fn line(brand: &Brand) -> String {
    let state = if brand.active { "active" } else { "not active" };
    format!("{:>10}  iys {:>10}  {state:<10}  {}\n", brand.code, brand.iys_code, brand.title)
}
