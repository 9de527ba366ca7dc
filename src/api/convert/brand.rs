//! Brands, with their modes and standing.

use super::{brand_code, channel, channel_code, invalid, seconds, unix};
use crate::api::error::{Kind, Problem};
use crate::api::proto;
use crate::model::brand::declaration::Declared;
use crate::model::brand::mode::{Mode, ModeFrom, ModePlan};
use crate::model::brand::sender_profile::{DataKeeper, Keeper, OutOfScope, Standing, StandingChange};
use crate::model::brand::{Ages, Brand, BrandPut, IysCode, MaxAge};
use crate::model::consent::channel::{Channel, Channels};
use crate::model::time::IysTime;
use crate::ports::ModeChange;

/// A brand as a message.
#[must_use]
pub fn brand_message(brand: &Brand) -> proto::Brand {
    let standing = &brand.standing;
    proto::Brand {
        brand_code: brand.code.get(),
        iys_code: brand.iys_code.map_or(0, IysCode::get),
        title: brand.title.clone(),
        active: brand.active,
        max_age_minutes: max_age_minutes(brand),
        modes: modes(brand),
        out_of_scope: standing.out_of_scope.map(|reason| reason.name().to_owned()),
        declaration: Some(standing.declaration.clone()).filter(|text| !text.is_empty()),
        exempt_only: standing.exempt_only.then_some(true),
        keeper: standing.keeper.as_ref().map(keeper_message),
        require_declaration: standing.require_declaration.then_some(true),
    }
}

/// Nothing if none is set, else one a channel.
fn max_age_minutes(brand: &Brand) -> Vec<u32> {
    let minutes = brand.max_age.map(|age| age.map_or(0, |age| age.minutes().into()));
    if brand.max_age.iter().all(Option::is_none) { Vec::new() } else { minutes.into() }
}

fn modes(brand: &Brand) -> Vec<proto::ChannelMode> {
    let of_channel = |channel: Channel| {
        let message = move |step: ModeFrom| proto::ChannelMode {
            channel: channel_code(channel),
            mode: i32::from(step.mode as u8),
            effective_from: step.from.unix().into(),
        };
        brand.modes[channel as usize].steps().map(message)
    };
    Channel::ALL.into_iter().flat_map(of_channel).collect()
}

fn keeper_message(kept: &DataKeeper) -> proto::DataKeeper {
    let partner = match &kept.keeper {
        Keeper::Provider => String::new(),
        Keeper::Partner(name) => name.clone(),
    };
    proto::DataKeeper { partner, declaration: kept.declaration.clone(), declared_at: unix(Some(kept.declared)) }
}

fn max_age(minutes: &[u32]) -> Result<[Option<MaxAge>; Channel::ALL.len()], Problem> {
    let invalid =
        || Problem::new(Kind::InvalidField, "max_age_minutes are three numbers of minutes up to 64,800 (45 days), or none");
    if minutes.is_empty() {
        return Ok([None; Channel::ALL.len()]);
    }
    let minutes: &[u32; Channel::ALL.len()] = minutes.try_into().map_err(|_| invalid())?;
    let mut ages = [None; Channel::ALL.len()];
    for (age, minutes) in ages.iter_mut().zip(minutes) {
        *age = MaxAge::from_minutes(u16::try_from(*minutes).map_err(|_| invalid())?);
        if age.is_some_and(|age| age > MaxAge::LONGEST) {
            return Err(invalid());
        }
    }
    Ok(ages)
}

impl proto::Brand {
    /// What an operator puts on file, as of now. Modes are set by a call of their own.
    pub fn put(self, now: IysTime) -> Result<BrandPut, Problem> {
        // Three zeros are the ages of its feed.
        let ages = if self.max_age_minutes.is_empty() { Ages::OnFile } else { Ages::Given };
        let code = brand_code(self.brand_code)?;
        let one_line =
            || Problem::new(Kind::InvalidField, format!("title must be one line of 1 to {} bytes", Brand::LONGEST_TITLE));
        let title = Brand::title(&self.title).ok_or_else(one_line)?;
        let max_age = max_age(&self.max_age_minutes)?;
        let standing = StandingChange {
            out_of_scope: self.out_of_scope.as_deref().map(out_of_scope).transpose()?,
            exempt_only: self.exempt_only,
            require_declaration: self.require_declaration,
            declaration: self.declaration.as_deref().map(|text| declaration("declaration", text)).transpose()?,
            keeper: self.keeper.as_ref().map(|kept| keeper(kept, now)).transpose()?,
        };
        let may_lack = matches!(standing.out_of_scope, Some(Some(_))) || standing.exempt_only == Some(true);
        let iys_code = IysCode::new(self.iys_code);
        if iys_code.is_none() && !may_lack {
            return Err(Problem::missing("iys_code"));
        }
        let brand = Brand { active: self.active, max_age, ..Brand::put_on_file(code, iys_code, title) };
        Ok(BrandPut { brand, ages, standing })
    }

    /// The brand that a gateway has on file.
    pub fn on_file(self) -> Result<Brand, Problem> {
        let modes = plans(&self.modes)?;
        // A keeper on file tells when it was declared.
        let brand =
            self.put(IysTime::from_unix(0))?.over(None).map_err(|error| Problem::new(Kind::InvalidField, error.to_string()))?;
        Ok(Brand { modes, ..brand })
    }
}

fn out_of_scope(text: &str) -> Result<Option<OutOfScope>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || Problem::new(Kind::InvalidField, "out_of_scope is \"2/2-b\", \"2/2-c\" or empty");
    OutOfScope::from_name(text).map(Some).ok_or_else(unknown)
}

/// The text of a declaration; empty for none.
fn declaration(field: &str, text: &str) -> Result<String, Problem> {
    let too_long = || {
        let detail = format!("{field} must be one line of at most {} bytes", Standing::LONGEST_DECLARATION);
        Problem::new(Kind::InvalidField, detail)
    };
    if text.is_empty() { Ok(String::new()) } else { Standing::declaration(text).ok_or_else(too_long) }
}

fn keeper(kept: &proto::DataKeeper, now: IysTime) -> Result<Option<DataKeeper>, Problem> {
    let declaration = declaration("keeper.declaration", &kept.declaration)?;
    if declaration.is_empty() {
        // Of a partner that is named the declaration was forgotten.
        return if kept.partner.is_empty() { Ok(None) } else { Err(Problem::missing("keeper.declaration")) };
    }
    let one_line = || Problem::new(Kind::InvalidField, "keeper.partner must be one line of at most 200 bytes");
    let keeper = match kept.partner.as_str() {
        "" => Keeper::Provider,
        name => Keeper::Partner(Declared::name(name).ok_or_else(one_line)?),
    };
    let declared = seconds("keeper.declared_at", kept.declared_at)?.unwrap_or(now);
    Ok(Some(DataKeeper { keeper, declaration, declared }))
}

fn mode(code: i32) -> Result<Mode, Problem> {
    match proto::Mode::try_from(code) {
        Ok(proto::Mode::Unspecified) => Err(Problem::missing("mode")),
        Ok(proto::Mode::Enforce) => Ok(Mode::Enforce),
        Ok(proto::Mode::Advise) => Ok(Mode::Advise),
        Ok(proto::Mode::Shadow) => Ok(Mode::Shadow),
        Err(_) => Err(invalid("mode", code, "1 (ENFORCE), 2 (ADVISE) or 3 (SHADOW)")),
    }
}

/// The plans of what [`brand_message`] lists: of a channel first what is in force, then what is planned.
fn plans(modes: &[proto::ChannelMode]) -> Result<[ModePlan; Channel::ALL.len()], Problem> {
    let mut plans = [ModePlan::ENFORCED; Channel::ALL.len()];
    for listed in modes {
        let plan = &mut plans[channel(listed.channel)? as usize];
        let from = seconds("effective_from", listed.effective_from)?.unwrap_or(IysTime::from_unix(0));
        let step = ModeFrom { mode: mode(listed.mode)?, from };
        *plan = if *plan == ModePlan::ENFORCED {
            ModePlan { current: step, next: None }
        } else {
            ModePlan { next: Some(step), ..*plan }
        };
    }
    Ok(plans)
}

impl proto::SetModeRequest {
    /// What is to change.
    pub fn change(&self) -> Result<ModeChange, Problem> {
        let mut channels = Channels::NONE;
        for code in &self.channels {
            channels = channels.with(channel(*code)?);
        }
        let channels = if channels.is_empty() { Channels::ALL } else { channels };
        let from = seconds("effective_from", self.effective_from)?;
        Ok(ModeChange { brand: brand_code(self.brand_code)?, channels, mode: mode(self.mode)?, from })
    }
}
