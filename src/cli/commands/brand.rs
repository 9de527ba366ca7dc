//! `izingate brand add|list|mode|deactivate|heal`.

use super::{CommandError, connect, existing, gateway, heal, remote, runtime, writing};
use crate::api::convert::channel_code;
use crate::api::proto;
use crate::api::proto::consent_service_client::ConsentServiceClient;
use crate::api::proto::{
    DataKeeper, DeactivateBrandRequest, GetStateRequest, ListBrandsRequest, PutBrandRequest, SetModeRequest,
};
use crate::cli::Target;
use crate::cli::args::brand::{AddArgs, AgeArg, BrandCommand, DeactivateArgs, ListArgs, ModeArgs};
use crate::config::SecretSource;
use crate::data::open;
use crate::model::brand::mode::ModeFrom;
use crate::model::brand::sender_profile::{Keeper, Standing};
use crate::model::brand::{Brand, BrandCode, Feed, IysCode, MaxAge};
use crate::model::consent::channel::{Channel, Channels};
use crate::model::time::IysTime;
use crate::ports::{Registrar, RegistryRefused};
use crate::store::Store;
use std::collections::HashSet;

/// Does what is asked; what it returns is for standard output.
pub fn brand(command: BrandCommand) -> Result<String, CommandError> {
    match command {
        BrandCommand::Add(args) => add(args),
        BrandCommand::List(args) => list(&args),
        BrandCommand::Mode(args) => mode(&args),
        BrandCommand::Deactivate(args) => deactivate(&args),
        BrandCommand::Heal(args) => heal::heal(&args),
    }
}

fn add(args: AddArgs) -> Result<String, CommandError> {
    let max_age = AgeArg::all(&args.max_age).map(|age| age.map_or(0, |age| age.minutes().into()));
    let standing = args.standing;
    let keeper = standing.keeper_declaration.map(|declaration| DataKeeper {
        partner: standing.keeper_partner.unwrap_or_default(),
        declaration,
        declared_at: 0,
    });
    let message = proto::Brand {
        brand_code: args.brand.get(),
        iys_code: args.iys_code.map_or(0, IysCode::get),
        title: args.title,
        active: true,
        max_age_minutes: if args.max_age.is_empty() { Vec::new() } else { max_age.to_vec() },
        modes: Vec::new(),
        out_of_scope: standing.out_of_scope.map(|given| given.0.map_or_else(String::new, |reason| reason.to_string())),
        declaration: standing.declaration,
        exempt_only: standing.exempt_only,
        keeper,
        require_declaration: standing.require_declaration,
    };
    if let Some(data) = &args.target.data {
        let opened = open::offline(data, &SecretSource::load(None)?)?;
        let put = message.put(IysTime::now())?;
        let on_file = opened.store.brand(args.brand)?;
        let brand = put.over(on_file.as_ref()).map_err(RegistryRefused::from)?;
        put_offline(&opened.store, &brand)?;
        return Ok(changed(&args.target, on_file.as_ref(), &brand)? + &no_age(&brand));
    }
    let on_file = on_file_at(&args.target, args.brand)?;
    let answer = remote(&args.target, async |mut client| client.put_brand(PutBrandRequest { brand: Some(message) }).await)?;
    told(&args.target, on_file, answer.brand).map(|(text, brand)| text + &no_age(&brand))
}

/// The brand that a running gateway has on file under a code.
fn on_file_at(target: &Target, code: BrandCode) -> Result<Option<Brand>, CommandError> {
    let request = ListBrandsRequest { after_brand_code: code.get() - 1, limit: 1 };
    let page = remote(target, async |mut client| client.list_brands(request).await)?;
    let first = page.brands.into_iter().next().filter(|brand| brand.brand_code == code.get());
    first.map(|brand| brand_of(Some(brand))).transpose()
}

/// What a running gateway made of a brand, beside what it had on file.
fn told(target: &Target, before: Option<Brand>, answer: Option<proto::Brand>) -> Result<(String, Brand), CommandError> {
    let had = before.is_some();
    let both = before.into_iter().chain([brand_of(answer)?]).collect();
    let mut both = with_feeds(target, both)?;
    let now = both.pop().ok_or_else(|| CommandError::Internal("no brand is left of an answer that held one".to_owned()))?;
    Ok((changed(target, both.first().filter(|_| had), &now)?, now))
}

/// A brand as it is on file now, whether it was added or changed and where, and what it was.
fn changed(target: &Target, before: Option<&Brand>, now: &Brand) -> Result<String, CommandError> {
    let place = match &target.data {
        Some(data) => format!("in {}", data.display()),
        None => format!("at {}", gateway(target)?),
    };
    let now = shown(now);
    Ok(match before.map(shown) {
        None => format!("{now}added {place}\n"),
        Some(before) if before == now => format!("{now}on file {place} as it was: nothing changed\n"),
        Some(before) => format!("{now}changed {place}; before:\n{before}"),
    })
}

/// A warning where data of any age is answered from.
fn no_age(brand: &Brand) -> String {
    if !has_no_age(brand) {
        return String::new();
    }
    let code = brand.code;
    format!(
        "no age: checks of {code} are answered from its imports however old they are; --max-age 3d, say, makes old data DEFER STALE\n"
    )
}

/// Whether a brand whose recipients' consents are asked for is fed by imports that no age bounds on some channel.
pub(super) fn has_no_age(brand: &Brand) -> bool {
    brand.is_registered() && !brand.is_fed() && Channel::ALL.into_iter().any(|channel| brand.allowed_age(channel).is_none())
}

fn mode(args: &ModeArgs) -> Result<String, CommandError> {
    let request = SetModeRequest {
        brand_code: args.brand.get(),
        channels: args.channels.iter().copied().map(channel_code).collect(),
        mode: i32::from(args.mode as u8),
        effective_from: args.from.map_or(0, |from| from.unix().into()),
    };
    let Some(data) = &args.target.data else {
        let on_file = on_file_at(&args.target, args.brand)?;
        let answer = remote(&args.target, async |mut client| client.set_mode(request).await)?;
        return Ok(told(&args.target, on_file, answer.brand)?.0);
    };
    let change = request.change()?;
    let opened = existing(data)?;
    let on_file = opened.store.brand(args.brand)?;
    let brand = writing(opened.store, |sink, _| async move { sink.set_mode(change).await })??;
    changed(&args.target, on_file.as_ref(), &brand)
}

fn list(args: &ListArgs) -> Result<String, CommandError> {
    let brands = match &args.target.data {
        Some(data) => open::read_only(data)?.brands()?,
        None => with_feeds(&args.target, remote_brands(&args.target)?)?,
    };
    Ok(brands.iter().map(shown).collect())
}

/// Brands of a running gateway, with what its state alone tells: whether they follow İYS. Of which channels is
/// not part of it, nor shown.
pub(super) fn with_feeds(target: &Target, mut brands: Vec<Brand>) -> Result<Vec<Brand>, CommandError> {
    let url = gateway(target)?;
    let codes = || brands.iter().map(|brand| brand.code.get());
    let (Some(first), Some(last)) = (codes().min(), codes().max()) else { return Ok(brands) };
    let fed = runtime()?.block_on(async { fed(ConsentServiceClient::new(connect(&url).await?), first, last).await })?;
    for brand in &mut brands {
        if fed.contains(&brand.code.get()) {
            brand.feed = Feed::Iys(Channels::ALL);
        }
    }
    Ok(brands)
}

/// Brands from one code to another that follow İYS, page by page.
async fn fed(
    mut client: ConsentServiceClient<tonic::transport::Channel>,
    first: u32,
    last: u32,
) -> Result<HashSet<u32>, CommandError> {
    let (mut fed, mut after_brand_code) = (HashSet::new(), first - 1);
    loop {
        let limit = u32::from(first == last);
        let state = client.get_state(GetStateRequest { after_brand_code, limit }).await?.into_inner();
        fed.extend(state.brands.iter().filter(|brand| brand.fed).map(|brand| brand.brand_code));
        match state.brands.last() {
            Some(brand) if state.more_brands && brand.brand_code < last => after_brand_code = brand.brand_code,
            _ => return Ok(fed),
        }
    }
}

fn deactivate(args: &DeactivateArgs) -> Result<String, CommandError> {
    let Some(data) = &args.target.data else {
        let request = DeactivateBrandRequest { brand_code: args.brand.get() };
        let on_file = on_file_at(&args.target, args.brand)?;
        let answer = remote(&args.target, async |mut client| client.deactivate_brand(request).await)?;
        return Ok(told(&args.target, on_file, answer.brand)?.0);
    };
    let opened = open::existing(data, &SecretSource::load(None)?)?;
    let on_file = opened.store.brands()?.into_iter().find(|brand| brand.code == args.brand);
    let on_file = on_file.ok_or(CommandError::UnknownBrand(args.brand))?;
    let brand = Brand { active: false, ..on_file.clone() };
    put_offline(&opened.store, &brand)?;
    changed(&args.target, Some(&on_file), &brand)
}

/// Every brand that a running gateway has on file, page by page.
pub(super) fn remote_brands(target: &Target) -> Result<Vec<Brand>, CommandError> {
    let brands = remote(target, async |mut client| {
        let mut brands: Vec<proto::Brand> = Vec::new();
        loop {
            let after_brand_code = brands.last().map_or(0, |last| last.brand_code);
            let page = client.list_brands(ListBrandsRequest { after_brand_code, limit: 0 }).await?.into_inner();
            let is_last = !page.more || page.brands.is_empty();
            brands.extend(page.brands);
            if is_last {
                return Ok(tonic::Response::new(brands));
            }
        }
    })?;
    brands.into_iter().map(|brand| brand_of(Some(brand))).collect()
}

fn put_offline(store: &Store, brand: &Brand) -> Result<(), CommandError> {
    let mut commit = store.begin();
    commit.brand(brand)?;
    Ok(commit.commit()?)
}

fn brand_of(brand: Option<proto::Brand>) -> Result<Brand, CommandError> {
    let brand = brand.and_then(|brand| brand.on_file().ok());
    brand.ok_or_else(|| CommandError::Gateway("the gateway's answer holds no brand".to_owned()))
}

/// A brand for people: a line, and below it what not every brand has.
fn shown(brand: &Brand) -> String {
    let state = if brand.active { "active" } else { "not active" };
    let feed = if brand.is_fed() { "İYS" } else { "import" };
    let ages = Channel::ALL.map(|channel| brand.allowed_age(channel).map_or_else(|| "-".to_owned(), age));
    let ages = if ages.iter().all(|age| *age == ages[0]) { ages[0].clone() } else { ages.join("/") };
    let iys_code = brand.iys_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let line = format!("{:>10}  iys {iys_code:>10}  {state:<10}  {feed:<6}  {ages:<11}  {}\n", brand.code, brand.title);
    let more = modes(brand).into_iter().chain(standing(&brand.standing));
    more.fold(line, |text, more| text + &" ".repeat(12) + &more + "\n")
}

fn modes(brand: &Brand) -> Vec<String> {
    let step = |step: ModeFrom| format!("{} from {}", step.mode, step.from);
    let of_channel = |channel: Channel| {
        let steps: Vec<String> = brand.modes[channel as usize].steps().map(step).collect();
        (!steps.is_empty()).then(|| format!("{channel}: {}", steps.join(", then ")))
    };
    Channel::ALL.into_iter().filter_map(of_channel).collect()
}

fn standing(standing: &Standing) -> Vec<String> {
    let declaration = &standing.declaration;
    let outside = standing.out_of_scope.map(|reason| format!("out of scope {reason}: {declaration}"));
    let exempt_only = standing.exempt_only.then(|| format!("exempt-only: {declaration}"));
    let required = standing.require_declaration.then(|| "exempt e-mails need a declaration".to_owned());
    let keeper = standing.keeper.as_ref().map(|kept| {
        let who = match &kept.keeper {
            Keeper::Provider => "the provider itself",
            Keeper::Partner(name) => name,
        };
        format!("data kept by {who}, declared {}: {}", kept.declared, kept.declaration)
    });
    [outside, exempt_only, required, keeper].into_iter().flatten().collect()
}

/// An age as it may be given.
fn age(age: MaxAge) -> String {
    match age.minutes() {
        days if days % (24 * 60) == 0 => format!("{}d", days / (24 * 60)),
        hours if hours % 60 == 0 => format!("{}h", hours / 60),
        minutes => format!("{minutes}m"),
    }
}
