//! Changes of the registry: each is durable before any check sees it. No relation changes, so there is no
//! revision of it.

use crate::index::Index;
use crate::model::brand::declaration::{Declaration, Declared};
use crate::model::brand::{Brand, BrandPut};
use crate::model::consent::channel::Channel;
use crate::model::time::IysTime;
use crate::ports::{ModeChange, RegistryRefused};
use crate::store::{Store, StoreError};

/// What the writer changes the registry with.
pub(super) struct Desk<'a> {
    pub(super) store: &'a Store,
    pub(super) index: &'a Index,
    pub(super) now: IysTime,
}

/// Why it was not changed.
pub(super) enum Failed {
    /// Nothing was written.
    Refused(RegistryRefused),
    /// The store failed.
    Store(StoreError),
}

impl Desk<'_> {
    pub(super) fn put(&self, put: BrandPut) -> Result<Brand, Failed> {
        let on_file = self.store.brand(put.brand.code)?;
        self.keep(put.over(on_file.as_ref()).map_err(RegistryRefused::from)?)
    }

    pub(super) fn set_mode(&self, change: ModeChange) -> Result<Brand, Failed> {
        let ModeChange { brand, channels, mode, from } = change;
        let mut brand = self.store.brand(brand)?.ok_or(RegistryRefused::UnknownBrand(brand))?;
        for channel in Channel::ALL.into_iter().filter(|channel| channels.has(*channel)) {
            let plan = &mut brand.modes[channel as usize];
            *plan = plan.with(mode, from.unwrap_or(self.now), self.now);
        }
        self.keep(brand)
    }

    pub(super) fn declare(&self, declared: Declared) -> Result<Declaration, Failed> {
        let brand = declared.brand;
        self.store.brand(brand)?.ok_or(RegistryRefused::UnknownBrand(brand))?;
        let on_file = self.store.declarations()?;
        if on_file.iter().filter(|other| other.declared.brand == brand).count() >= Declared::MOST_OF_A_BRAND {
            return Err(RegistryRefused::TooManyDeclarations(brand).into());
        }
        let id = on_file.last().map_or(0, |last| last.id) + 1;
        self.file(Declaration { id, declared, revoked: None })
    }

    pub(super) fn revoke(&self, id: u64) -> Result<Declaration, Failed> {
        let declaration = self.store.declaration(id)?.ok_or(RegistryRefused::UnknownDeclaration(id))?;
        if declaration.revoked.is_some() {
            return Ok(declaration);
        }
        self.file(Declaration { revoked: Some(self.now), ..declaration })
    }

    fn keep(&self, brand: Brand) -> Result<Brand, Failed> {
        let mut commit = self.store.begin();
        commit.brand(&brand)?;
        commit.commit()?;
        self.index.brands().put(brand.clone());
        Ok(brand)
    }

    fn file(&self, declaration: Declaration) -> Result<Declaration, Failed> {
        let mut commit = self.store.begin();
        commit.declaration(&declaration)?;
        commit.commit()?;
        self.index.declarations().put(declaration.clone());
        Ok(declaration)
    }
}

impl From<RegistryRefused> for Failed {
    fn from(refused: RegistryRefused) -> Self {
        Self::Refused(refused)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
