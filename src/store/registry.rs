//! What an operator keeps on file: one brand, declarations.

use super::codec::{self, DECLARATION_PREFIX, InvalidBytes};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::declaration::Declaration;
use crate::model::brand::{Brand, BrandCode};

impl Store {
    /// The brand of a code.
    pub fn brand(&self, code: BrandCode) -> Result<Option<Brand>, StoreError> {
        let key = codec::brand_key(code);
        let stored = self.get(Family::Registry, &key)?;
        stored.map(|value| codec::decode_brand(&key, &value)).transpose().map_err(corrupt)
    }

    /// The declaration of a number.
    pub fn declaration(&self, id: u64) -> Result<Option<Declaration>, StoreError> {
        let key = codec::declaration_key(id);
        let stored = self.get(Family::Registry, &key)?;
        stored.map(|value| codec::decode_declaration(&key, &value)).transpose().map_err(corrupt)
    }

    /// Every declaration, oldest first; revoked ones too.
    pub fn declarations(&self) -> Result<Vec<Declaration>, StoreError> {
        let mut declarations = Vec::new();
        self.scan(Family::Registry, DECLARATION_PREFIX, |key, value| {
            declarations.push(codec::decode_declaration(key, value).map_err(corrupt)?);
            Ok(())
        })?;
        Ok(declarations)
    }
}

const fn corrupt(source: InvalidBytes) -> StoreError {
    StoreError::Corrupt { family: "registry", source }
}
