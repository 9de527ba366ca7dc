//! `izingate declaration add|list|revoke`.

use super::{CommandError, existing, remote, time, writing};
use crate::api::convert::{declaration_message, purpose, purpose_code};
use crate::api::proto;
use crate::api::proto::{AddDeclarationRequest, ListDeclarationsRequest, RevokeDeclarationRequest};
use crate::cli::Target;
use crate::cli::args::declaration::{AddArgs, DeclarationCommand, Document, ListArgs, RevokeArgs};
use crate::data::open;
use crate::model::brand::BrandCode;
use crate::model::brand::declaration::DocumentHash;
use crate::model::decision::question::Purpose;
use crate::model::time::IysTime;
use crate::ports::Registrar;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Does what is asked; what it returns is for standard output.
pub fn declaration(command: DeclarationCommand) -> Result<String, CommandError> {
    match command {
        DeclarationCommand::Add(args) => add(&args),
        DeclarationCommand::List(args) => list(&args),
        DeclarationCommand::Revoke(args) => revoke(&args),
    }
}

fn add(args: &AddArgs) -> Result<String, CommandError> {
    let unix = |time: Option<IysTime>| time.map_or(0, |time| time.unix().into());
    let message = proto::Declaration {
        brand_code: args.brand.get(),
        purpose: purpose_code(Purpose::claiming(args.purpose)),
        declared_by: args.declared_by.clone(),
        declared_at: unix(args.declared_at),
        document_sha256: hash_of(&args.document)?.to_string(),
        valid_until: unix(args.valid_until),
        ..proto::Declaration::default()
    };
    let Some(data) = &args.target.data else {
        let request = AddDeclarationRequest { declaration: Some(message) };
        let answer = remote(&args.target, async |mut client| client.add_declaration(request).await)?;
        return Ok(line(&answer.declaration.unwrap_or_default()));
    };
    let declared = message.declared(IysTime::now())?;
    let opened = existing(data)?;
    let declaration = writing(opened.store, |sink, _| async move { sink.declare(declared).await })??;
    Ok(line(&declaration_message(&declaration)))
}

fn list(args: &ListArgs) -> Result<String, CommandError> {
    let declarations = match &args.target.data {
        Some(data) => {
            let on_file = open::read_only(data)?.declarations()?.into_iter();
            let wanted = on_file.filter(|on_file| args.brand.is_none_or(|brand| brand == on_file.declared.brand));
            wanted.map(|declaration| declaration_message(&declaration)).collect()
        }
        None => remote_list(&args.target, args.brand.map_or(0, BrandCode::get))?,
    };
    Ok(declarations.iter().map(line).collect())
}

/// All of them, answer by answer.
fn remote_list(target: &Target, brand_code: u32) -> Result<Vec<proto::Declaration>, CommandError> {
    remote(target, async |mut client| {
        let mut all: Vec<proto::Declaration> = Vec::new();
        loop {
            let after_id = all.last().map_or(0, |last| last.id);
            let request = ListDeclarationsRequest { brand_code, after_id, limit: 0 };
            let listed = client.list_declarations(request).await?.into_inner().declarations;
            if listed.is_empty() {
                return Ok(tonic::Response::new(all));
            }
            all.extend(listed);
        }
    })
}

fn revoke(args: &RevokeArgs) -> Result<String, CommandError> {
    let id = args.id;
    let Some(data) = &args.target.data else {
        let request = RevokeDeclarationRequest { id };
        let answer = remote(&args.target, async |mut client| client.revoke_declaration(request).await)?;
        return Ok(line(&answer.declaration.unwrap_or_default()));
    };
    let opened = existing(data)?;
    let declaration = writing(opened.store, |sink, _| async move { sink.revoke(id).await })??;
    Ok(line(&declaration_message(&declaration)))
}

/// The hash that is given, or that of the file.
fn hash_of(document: &Document) -> Result<DocumentHash, CommandError> {
    match (document.document_sha256, &document.document) {
        (Some(hash), _) => Ok(hash),
        (None, Some(path)) => {
            hashed(path).map_err(|error| CommandError::refused("UNREADABLE", format!("{}: {error}", path.display())))
        }
        (None, None) => Err(CommandError::Internal("no document is named".to_owned())),
    }
}

fn hashed(path: &Path) -> io::Result<DocumentHash> {
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(DocumentHash(hash.finalize().into())),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn line(declaration: &proto::Declaration) -> String {
    let proto::Declaration { id, brand_code, declared_by, document_sha256, valid_until, revoked_at, .. } = declaration;
    let purpose = purpose(declaration.purpose).map_or("?", Purpose::name);
    let state = match (revoked_at, valid_until) {
        (0, 0) => String::new(),
        (0, until) => format!("  until {}", time(*until)),
        (at, _) => format!("  revoked {}", time(*at)),
    };
    let declared = time(declaration.declared_at);
    format!("{id:>6}  {brand_code:>10}  {purpose:<8}  {declared}  {document_sha256}  {declared_by}{state}\n")
}
