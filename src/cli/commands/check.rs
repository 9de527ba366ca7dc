//! `izingate check`.

use super::{CommandError, connect, gateway, runtime};
use crate::api::caller::CALLER_HEADER;
use crate::api::convert::{channel_code, check_response, purpose_code, recipient_type_code};
use crate::api::proto;
use crate::api::proto::permission_service_client::PermissionServiceClient;
use crate::api::proto::{CheckRequest, CheckResponse};
use crate::cli::args::check::CheckArgs;
use crate::cli::locale;
use crate::config::SecretSource;
use crate::lists::offline::{Offline, Places, Question};
use crate::model::brand::RetailerCode;
use crate::model::brand::retailer::Retailer;
use crate::model::language::Language;
use crate::model::time::IysTime;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tonic::Request;

/// No answer takes this long: the gateway is gone.
const CALL: Duration = Duration::from_mins(1);
/// Exit code of a refusal. It is none of those that say that a command did not do all its work.
const DENIED: u8 = 6;
/// Exit code of a deferral, as of a list with rows to be asked again.
const DEFERRED: u8 = 5;

/// Asks; what it returns is for standard output, with the exit code.
pub fn check(args: &CheckArgs) -> Result<(String, u8), CommandError> {
    let language = args.lang.unwrap_or_else(locale::language);
    let request = request(args, language);
    let response = match &args.target.data {
        Some(data) => offline(args, data, request)?,
        None => online(args, request)?,
    };
    let code = match response.decision() {
        proto::Decision::Allow if response.allowed => 0,
        proto::Decision::Deny => DENIED,
        _ => DEFERRED,
    };
    Ok((text(args, &response, language)?, code))
}

fn request(args: &CheckArgs, language: Language) -> CheckRequest {
    CheckRequest {
        brand_code: args.brand.get(),
        channel: channel_code(args.channel),
        recipient: Some(args.recipient.clone()),
        recipient_type: recipient_type_code(args.question.recipient_type),
        retailer_code: args.question.retailer.map_or(RetailerCode::BRAND, Retailer::code).get(),
        purpose: purpose_code(args.question.purpose),
        reference: args.question.reference.clone(),
        min_revision: args.question.min_revision,
        language: match language {
            Language::English => proto::Language::English,
            Language::Turkish => proto::Language::Turkish,
        }
        .into(),
    }
}

fn online(args: &CheckArgs, request: CheckRequest) -> Result<CheckResponse, CommandError> {
    let url = gateway(&args.target)?;
    let mut request = Request::new(request);
    request.set_timeout(CALL);
    if !args.caller.is_empty() {
        let invalid = |_| CommandError::refused("INVALID_FIELD", "the caller's name is letters, digits and a little more");
        request.metadata_mut().insert(CALLER_HEADER, args.caller.parse().map_err(invalid)?);
    }
    runtime()?.block_on(async {
        let mut client = PermissionServiceClient::new(connect(&url).await?);
        Ok(client.check(request).await?.into_inner())
    })
}

fn offline(args: &CheckArgs, data: &Path, request: CheckRequest) -> Result<CheckResponse, CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let evidence = args
        .evidence
        .clone()
        .or_else(|| beside(data))
        .ok_or_else(|| CommandError::refused("EVIDENCE_WHERE", "say with --evidence where the decision is recorded"))?;
    let places = Places { data, evidence: &evidence, secret: &secret, accepts_exempt_only: args.exempt_only };
    let question = Question {
        scopes: Vec::new(),
        caller: args.caller.clone(),
        reference: args.question.reference.clone(),
        min_revision: args.question.min_revision,
    };
    let (scope, recipient) = request.question()?;
    let answer = {
        let offline = Offline::open(&places, question)?;
        let answered = runtime()?.block_on(offline.ask(&scope, recipient));
        answered.map_err(|stop| CommandError::refused(stop.code(), stop.text(Language::English)))?
    };
    Ok(check_response(&answer, request))
}

/// The folder of the record beside a data directory; none for a path that ends in no name.
fn beside(data: &Path) -> Option<PathBuf> {
    let mut name = data.file_name()?.to_owned();
    name.push(".evidence");
    Some(data.with_file_name(name))
}

/// The answer for people: decision and reason as programs read them, why in a sentence, and what it stands on.
fn text(args: &CheckArgs, response: &CheckResponse, language: Language) -> Result<String, CommandError> {
    let unknown = |_| CommandError::Gateway("the gateway's answer is one of a later version".to_owned());
    let decision = proto::Decision::try_from(response.decision).map_err(unknown)?;
    let reason = proto::Reason::try_from(response.reason).map_err(unknown)?;
    let name = |word: &'static str| word.split_once('_').map_or(word, |(_, name)| name);
    let mut text = format!("{} {}\n", name(decision.as_str_name()), name(reason.as_str_name()));
    let as_of = u32::try_from(response.as_of).ok().filter(|seconds| *seconds > 0).map(IysTime::from_unix);
    let scope = format!("{}, {}, {}", args.brand, args.channel, args.question.recipient_type);
    let rows = [
        ("asked for", "sorulan", scope),
        ("article", "madde", response.article.clone()),
        ("revision", "sürüm", response.revision.to_string()),
        ("data as of", "veri tarihi", as_of.map_or_else(String::new, |time| time.to_string())),
        ("decision id", "karar no", response.decision_id.clone()),
    ];
    if !response.explanation.is_empty() {
        let _ = writeln!(text, "{}", response.explanation);
    }
    for (english, turkish, value) in rows.iter().filter(|(_, _, value)| !value.is_empty()) {
        let _ = writeln!(text, "{:<12}  {value}", language.pick(english, turkish));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::Decision;

    #[test]
    fn the_record_lies_beside_the_data() {
        for (data, expected) in [("data", Some("data.evidence")), ("/srv/d/", Some("/srv/d.evidence")), ("..", None), ("/", None)]
        {
            assert_eq!(beside(Path::new(data)), expected.map(PathBuf::from), "{data}");
        }
    }

    #[test]
    fn every_decision_has_a_name_for_programs() {
        for decision in Decision::ALL {
            let code = i32::from(decision as u8);
            let word = proto::Decision::try_from(code).unwrap().as_str_name();
            assert_eq!(word.split_once('_').map(|(_, name)| name), Some(decision.name()));
        }
    }
}
