use super::*;
use crate::cli::args::agi::{AgiArgs, AgiUrl};
use crate::cli::args::backup::{BackupArgs, RestoreArgs};
use crate::cli::args::brand::{
    AddArgs, AgeArg, BrandCommand, DeactivateArgs, HealArgs, ListArgs, ModeArgs, OutOfScopeArg, StandingArgs,
};
use crate::cli::args::check::CheckArgs;
use crate::cli::args::declaration::{DeclarationCommand, Document};
use crate::cli::args::import::ImportArgs;
use crate::cli::args::inspect::InspectArgs;
use crate::cli::args::iys::{IysCommand, PushArgs, PushCommand};
use crate::cli::args::policy::{PolicyCommand, TableArgs};
use crate::cli::args::question::QuestionArgs;
use crate::cli::args::recipient::{CloseArgs, ClosuresArgs, RecipientCommand, ReportedArgs};
use crate::cli::args::retailer::{AccessArgs, Change, RefreshArgs, RetailerCommand};
use crate::cli::args::serve::ServeArgs;
use crate::cli::args::verify::VerifyArgs;
use crate::cli::args::watch::{From, WatchArgs};
use crate::config::Flags;
use crate::filter::layout::Named;
use crate::model::address::recipient::Phone;
use crate::model::brand::declaration::{DocumentHash, Exemption};
use crate::model::brand::mode::Mode;
use crate::model::brand::retailer::Retailer;
use crate::model::brand::sender_profile::OutOfScope;
use crate::model::brand::{IysCode, MaxAge};
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use crate::model::time::IysTime;
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::time::Duration;

/// Parses a line as a shell would split it; `'…'` keeps a word together.
fn parse(line: &str) -> Result<Command, ErrorKind> {
    let words = line.split('\'').enumerate().flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    Cli::try_parse_from(std::iter::once("izingate").chain(words)).map(|cli| cli.command).map_err(|error| error.kind())
}

fn directory() -> Target {
    Target { data: Some(PathBuf::from("d")), endpoint: None }
}

fn url(text: &str) -> GatewayUrl {
    text.parse().unwrap()
}

fn gateway() -> Target {
    Target { data: None, endpoint: Some(url("http://localhost:1")) }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn agi_needs_a_gateway_and_no_more() {
    let expected = AgiArgs {
        endpoint: Some(AgiUrl("http://localhost:1".to_owned())),
        listen: "127.0.0.1:4573".parse().unwrap(),
        deadline: Duration::from_secs(2),
        connections: 256,
        caller: "agi".to_owned(),
        insecure: false,
    };
    assert_eq!(parse("agi --endpoint http://localhost:1"), Ok(Command::Agi(expected.clone())));
    let line = "agi --endpoint http://localhost:1 --deadline 250ms --connections 1 --caller pbx/1";
    let given = AgiArgs { deadline: Duration::from_millis(250), connections: 1, caller: "pbx/1".to_owned(), ..expected };
    assert_eq!(parse(line), Ok(Command::Agi(given)));
    for wrong in
        ["--deadline 0", "--deadline 1m", "--deadline 31s", "--deadline 9ms", "--deadline=-1s", "--deadline s", "--connections 0"]
    {
        assert_eq!(parse(&format!("agi --endpoint http://localhost:1 {wrong}")), Err(ErrorKind::ValueValidation), "{wrong}");
    }
    let Ok(Command::Agi(args)) = parse("agi") else { panic!("the gateway of this machine") };
    assert_eq!(args.endpoint, None);
    assert_eq!(parse("agi --endpoint gate:7070").map(|_| ()), Ok(()));
    assert_eq!(parse("agi --endpoint gate"), Err(ErrorKind::ValueValidation));
}

#[test]
fn serve_hands_every_flag_to_the_configuration() {
    let line =
        "serve --config c --data d --listen l --admin a --insecure --hosts h --secret-file s --demo --log-format f --log-level v";
    let Ok(Command::Serve(args)) = parse(line) else { panic!("{line}") };
    assert_eq!(args.config, Some(PathBuf::from("c")));
    let text = |text: &str| Some(text.to_owned());
    let expected = Flags {
        data: text("d"),
        listen: text("l"),
        admin: text("a"),
        insecure: true,
        hosts: text("h"),
        secret_file: text("s"),
        demo: true,
        log_format: text("f"),
        log_level: text("v"),
    };
    assert_eq!(Flags::from(args), expected);
    assert_eq!(parse("serve"), Ok(Command::Serve(ServeArgs::default())), "what is missing is for the configuration to say");
}

#[test]
fn import() {
    let plain = ImportArgs {
        target: directory(),
        brand: BrandCode::new(601_234),
        iys_export: false,
        as_of: None,
        sheet: None,
        encoding: None,
        secret_file: None,
        memory: 512 << 20,
        disk: None,
        files: vec![PathBuf::from("a.csv"), PathBuf::from("b.xlsx")],
    };
    assert_eq!(parse("import --data d --brand 601234 a.csv b.xlsx"), Ok(Command::Import(plain.clone())));
    let export =
        ImportArgs { target: gateway(), iys_export: true, as_of: IysTime::parse("2026-11-02 09:00:00").ok(), ..plain.clone() };
    let line = "import --endpoint http://localhost:1 --brand 601234 --iys-export --as-of '2026-11-02 09:00:00' a.csv b.xlsx";
    assert_eq!(parse(line), Ok(Command::Import(export)));
    let own_brand = ImportArgs { brand: None, secret_file: Some("s".to_owned()), ..plain };
    assert_eq!(parse("import --data d --secret-file s a.csv b.xlsx"), Ok(Command::Import(own_brand.clone())));
    let named = ImportArgs { sheet: Some("Sayfa 1".to_owned()), ..own_brand.clone() };
    assert_eq!(parse("import --data d --secret-file s --sheet 'Sayfa 1' a.csv b.xlsx"), Ok(Command::Import(named)));
    let bounded = ImportArgs { memory: 2 << 30, disk: Some(5000 << 10), ..own_brand };
    assert_eq!(parse("import --data d --secret-file s --memory 2G --disk 5000k a.csv b.xlsx"), Ok(Command::Import(bounded)));
}

#[test]
fn brand() {
    let add = AddArgs {
        target: directory(),
        brand: BrandCode::new(601_234).unwrap(),
        iys_code: IysCode::new(100),
        title: "Örnek Giyim".to_owned(),
        max_age: vec![],
        standing: StandingArgs::default(),
    };
    let line = "brand add --data d --brand 601234 --iys-code 000100 --title 'Örnek Giyim'";
    assert_eq!(parse(line), Ok(Command::Brand(BrandCommand::Add(add.clone()))));
    let age = |channel, minutes| AgeArg { channel, age: MaxAge::from_minutes(minutes) };
    let max_age = vec![age(None, 180), age(Some(Channel::Mesaj), 90), age(Some(Channel::Eposta), 0), age(None, 64_800)];
    let aged = format!("{line} --max-age 3h --max-age MESAJ=90m --max-age EPOSTA=default --max-age 45d");
    assert_eq!(parse(&aged), Ok(Command::Brand(BrandCommand::Add(AddArgs { max_age: max_age.clone(), ..add.clone() }))));
    assert_eq!(AgeArg::all(&max_age[..3]), [180, 90, 0].map(MaxAge::from_minutes), "in their order");
    assert_eq!(AgeArg::all(&max_age), [64_800; 3].map(MaxAge::from_minutes), "the last one is for all");
    let school = StandingArgs {
        out_of_scope: Some(OutOfScopeArg(Some(OutOfScope::Pupils))),
        declaration: Some("Müdür 7".to_owned()),
        ..StandingArgs::default()
    };
    let line = "brand add --data d --brand 601234 --title 'Örnek Giyim'";
    let outside = format!("{line} --out-of-scope 2/2-b --declaration 'Müdür 7'");
    let added = |standing| Ok(Command::Brand(BrandCommand::Add(AddArgs { iys_code: None, standing, ..add.clone() })));
    assert_eq!(parse(&outside), added(school));
    let partner = StandingArgs {
        out_of_scope: Some(OutOfScopeArg(None)),
        exempt_only: Some(true),
        require_declaration: Some(false),
        keeper_partner: Some("Ortak A.Ş.".to_owned()),
        keeper_declaration: Some("Sözleşme 7".to_owned()),
        ..StandingArgs::default()
    };
    let kept = "--keeper-partner 'Ortak A.Ş.' --keeper-declaration 'Sözleşme 7'";
    assert_eq!(parse(&format!("{line} --out-of-scope none --exempt-only --require-declaration=false {kept}")), added(partner));
    let own = StandingArgs {
        exempt_only: Some(false),
        keeper_self: true,
        keeper_declaration: Some("x".to_owned()),
        ..StandingArgs::default()
    };
    assert_eq!(parse(&format!("{line} --exempt-only=false --keeper-self --keeper-declaration x")), added(own));
    let mode = |channels, mode, from| {
        let brand = BrandCode::new(1).unwrap();
        Ok(Command::Brand(BrandCommand::Mode(ModeArgs { target: directory(), brand, channels, mode, from })))
    };
    assert_eq!(parse("brand mode --data d --brand 1 --mode advise"), mode(vec![], Mode::Advise, None));
    let line = "brand mode --data d --brand 1 --type MESAJ --type ARAMA --mode shadow --from '2026-12-01 00:00:00'";
    let from = IysTime::parse("2026-12-01 00:00:00").ok();
    assert_eq!(parse(line), mode(vec![Channel::Mesaj, Channel::Arama], Mode::Shadow, from));
    let heal = |vouch, drop_doubtful| {
        let brand = BrandCode::new(1).unwrap();
        Ok(Command::Brand(BrandCommand::Heal(HealArgs { target: directory(), brand, vouch, drop_doubtful })))
    };
    assert_eq!(parse("brand heal --data d --brand 1"), heal(false, false));
    assert_eq!(parse("brand heal --data d --brand 1 --vouch"), heal(true, false));
    assert_eq!(parse("brand heal --data d --brand 1 --drop-doubtful"), heal(false, true));
    let list = BrandCommand::List(ListArgs { target: gateway() });
    assert_eq!(parse("brand list --endpoint http://localhost:1"), Ok(Command::Brand(list)));
    let deactivate = BrandCommand::Deactivate(DeactivateArgs { target: directory(), brand: BrandCode::new(1).unwrap() });
    assert_eq!(parse("brand deactivate --data d --brand 1"), Ok(Command::Brand(deactivate)));
}

#[test]
fn declaration() {
    let hash = "ab".repeat(32);
    let add = args::declaration::AddArgs {
        target: directory(),
        brand: BrandCode::new(1).unwrap(),
        purpose: Exemption::Article62,
        declared_by: "Ayşe Yılmaz".to_owned(),
        declared_at: None,
        valid_until: None,
        document: Document { document: Some(PathBuf::from("f.pdf")), document_sha256: None },
    };
    let line = "declaration add --data d --brand 1 --purpose MUAF_6_2 --declared-by 'Ayşe Yılmaz'";
    let added = |args| Ok(Command::Declaration(DeclarationCommand::Add(args)));
    assert_eq!(parse(&format!("{line} --document f.pdf")), added(add.clone()));
    let times = "--declared-at '2026-11-01 09:00:00' --valid-until '2027-11-01 09:00:00'";
    let of_hash = args::declaration::AddArgs {
        declared_at: IysTime::parse("2026-11-01 09:00:00").ok(),
        valid_until: IysTime::parse("2027-11-01 09:00:00").ok(),
        document: Document { document: None, document_sha256: DocumentHash::parse(&hash) },
        ..add
    };
    assert_eq!(parse(&format!("{line} --document-sha256 {hash} {times}")), added(of_hash));
    let list =
        |brand| Ok(Command::Declaration(DeclarationCommand::List(args::declaration::ListArgs { target: gateway(), brand })));
    assert_eq!(parse("declaration list --endpoint http://localhost:1"), list(None));
    assert_eq!(parse("declaration list --endpoint http://localhost:1 --brand 7"), list(BrandCode::new(7)));
    let revoke = DeclarationCommand::Revoke(args::declaration::RevokeArgs { target: directory(), id: 7 });
    assert_eq!(parse("declaration revoke --data d 7"), Ok(Command::Declaration(revoke)));
}

#[test]
fn policy_table() {
    let table = |lang| Ok(Command::Policy(PolicyCommand::Table(TableArgs { lang })));
    assert_eq!(parse("policy table"), table(Language::English));
    assert_eq!(parse("policy table --lang tr"), table(Language::Turkish));
}

#[test]
fn recipient() {
    let recipient = Phone::parse("+905321234567").unwrap();
    let close = |target, at, secret_file| {
        Ok(Command::Recipient(RecipientCommand::Close(CloseArgs { target, recipient, at, secret_file })))
    };
    assert_eq!(parse("recipient close --endpoint http://localhost:1 --recipient 05321234567"), close(gateway(), None, None));
    let line = "recipient close --data d --recipient '+90 532 123 45 67' --at '2026-11-02 09:00:00' --secret-file s";
    assert_eq!(parse(line), close(directory(), IysTime::parse("2026-11-02 09:00:00").ok(), Some("s".to_owned())));
    let closures = |csv: Option<&str>| {
        let args = ClosuresArgs { target: directory(), csv: csv.map(PathBuf::from), secret_file: None };
        Ok(Command::Recipient(RecipientCommand::Closures(args)))
    };
    assert_eq!(parse("recipient closures --data d"), closures(None));
    assert_eq!(parse("recipient closures --data d --csv -"), closures(Some("-")));
    let reported = RecipientCommand::Reported(ReportedArgs { target: gateway(), ids: vec![1, 22] });
    assert_eq!(parse("recipient reported --endpoint http://localhost:1 1 22"), Ok(Command::Recipient(reported)));
}

#[test]
fn inspect() {
    let args = |json| InspectArgs { data: PathBuf::from("d"), json };
    assert_eq!(parse("inspect --data d"), Ok(Command::Inspect(args(false))));
    assert_eq!(parse("inspect --data d --json"), Ok(Command::Inspect(args(true))));
}

#[test]
fn iys_push() {
    let args =
        |endpoint: Option<GatewayUrl>| PushArgs { brand: BrandCode::new(601_234).unwrap(), channel: Channel::Mesaj, endpoint };
    let push = |command| Ok(Command::Iys(IysCommand::Push(command)));
    assert_eq!(parse("iys push register --brand 601234 --type MESAJ"), push(PushCommand::Register(args(None))));
    assert_eq!(parse("iys push state --brand 601234 --type MESAJ"), push(PushCommand::State(args(None))));
    let line = "iys push remove --brand 601234 --type MESAJ --endpoint http://localhost:1";
    assert_eq!(parse(line), push(PushCommand::Remove(args(Some(url("http://localhost:1"))))));
}

#[test]
fn verify() {
    let args = |secret_file| VerifyArgs { data: PathBuf::from("d"), secret_file };
    assert_eq!(parse("verify --data d"), Ok(Command::Verify(args(None))));
    assert_eq!(parse("verify --data d --secret-file s"), Ok(Command::Verify(args(Some("s".to_owned())))));
}

#[test]
fn watch() {
    let args = |from, heartbeats| WatchArgs { endpoint: Some(url("http://h")), from, heartbeats };
    for (line, expected) in [
        ("watch --endpoint http://h", args(From::Now, false)),
        ("watch --endpoint http://h --from now --heartbeats", args(From::Now, true)),
        ("watch --endpoint http://h --from earliest", args(From::Earliest, false)),
        ("watch --endpoint http://h --from 18446744073709551615", args(From::Revision(u64::MAX), false)),
    ] {
        assert_eq!(parse(line), Ok(Command::Watch(expected)), "{line}");
    }
}

#[test]
fn backup_and_restore() {
    let args = |target| BackupArgs { target, dir: PathBuf::from("b") };
    assert_eq!(parse("backup b --data d"), Ok(Command::Backup(args(directory()))));
    assert_eq!(parse("backup --endpoint http://localhost:1 b"), Ok(Command::Backup(args(gateway()))));
    let args = |nothing_since, secret_file| {
        Ok(Command::Restore(RestoreArgs { from: PathBuf::from("b"), data: PathBuf::from("d"), nothing_since, secret_file }))
    };
    assert_eq!(parse("restore --from b --data d"), args(false, None));
    assert_eq!(parse("restore --from b --data d --nothing-since --secret-file s"), args(true, Some("s".to_owned())));
}

#[test]
fn what_does_not_fit_is_refused() {
    let long_title = format!("brand add --data d --brand 1 --iys-code 1 --title '{}'", "ü".repeat(101));
    for (line, kind) in [
        ("import --brand 1 --secret-file s a.csv", ErrorKind::MissingRequiredArgument),
        ("import --data d --brand 1", ErrorKind::MissingRequiredArgument),
        ("import --data d --endpoint http://h --brand 1 a.csv", ErrorKind::ArgumentConflict),
        ("import --data d --brand 1 --iys-export a.csv", ErrorKind::MissingRequiredArgument),
        ("import --data d --brand 1 --as-of '2026-11-02 09:00:00' a.csv", ErrorKind::MissingRequiredArgument),
        ("import --data d --brand 1 --iys-export --as-of 2026-11-02 a.csv", ErrorKind::ValueValidation),
        ("import --endpoint http://h --brand 1 --secret-file s a.csv", ErrorKind::ArgumentConflict),
        ("import --data d --brand 0 a.csv", ErrorKind::ValueValidation),
        ("import --data d --memory 1T a.csv", ErrorKind::ValueValidation),
        ("import --data d --disk 99999999999G a.csv", ErrorKind::ValueValidation),
        ("import --endpoint http://h --disk 1G a.csv", ErrorKind::ArgumentConflict),
        ("brand list --data d --endpoint http://h", ErrorKind::ArgumentConflict),
        ("brand deactivate --data d", ErrorKind::MissingRequiredArgument),
        ("brand add --data d --brand 1 --iys-code x --title t", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title ' '", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age 3", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age 0m", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age 30s", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age 46d", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age +1h", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age SMS=1h", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --max-age h", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --title t", ErrorKind::MissingRequiredArgument),
        ("brand add --data d --brand 1 --title t --out-of-scope 2/2", ErrorKind::ValueValidation),
        ("brand add --data d --brand 1 --iys-code 1 --title t --keeper-self", ErrorKind::MissingRequiredArgument),
        ("brand add --data d --brand 1 --iys-code 1 --title t --keeper-declaration x", ErrorKind::MissingRequiredArgument),
        (
            "brand add --data d --brand 1 --iys-code 1 --title t --keeper-self --keeper-partner x --keeper-declaration y",
            ErrorKind::ArgumentConflict,
        ),
        ("brand mode --data d --brand 1", ErrorKind::MissingRequiredArgument),
        ("brand mode --data d --brand 1 --mode off", ErrorKind::ValueValidation),
        ("brand mode --data d --brand 1 --mode advise --type SMS", ErrorKind::ValueValidation),
        ("declaration add --data d --brand 1 --purpose MUAF_6_1 --declared-by a", ErrorKind::MissingRequiredArgument),
        ("declaration add --data d --brand 1 --purpose KAPSAM_DISI --declared-by a --document f", ErrorKind::ValueValidation),
        (
            "declaration add --data d --brand 1 --purpose MUAF_6_1 --declared-by a --document-sha256 ab",
            ErrorKind::ValueValidation,
        ),
        ("declaration revoke --data d", ErrorKind::MissingRequiredArgument),
        ("policy table --lang de", ErrorKind::ValueValidation),
        ("brand heal --data d", ErrorKind::MissingRequiredArgument),
        ("brand heal --data d --brand 1 --vouch --drop-doubtful", ErrorKind::ArgumentConflict),
        ("recipient close --data d", ErrorKind::MissingRequiredArgument),
        ("recipient close --data d --recipient a@ornek.com", ErrorKind::ValueValidation),
        ("recipient close --data d --recipient +90532", ErrorKind::ValueValidation),
        ("recipient close --data d --recipient +905321234567 --at 2026-11-02", ErrorKind::ValueValidation),
        ("recipient reported --data d", ErrorKind::MissingRequiredArgument),
        ("recipient reported --data d x", ErrorKind::ValueValidation),
        (&long_title, ErrorKind::ValueValidation),
        ("iys push register --brand 1", ErrorKind::MissingRequiredArgument),
        ("iys push state --brand 1 --type mesaj", ErrorKind::ValueValidation),
        ("inspect", ErrorKind::MissingRequiredArgument),
        ("verify", ErrorKind::MissingRequiredArgument),
        ("verify --endpoint http://h", ErrorKind::UnknownArgument),
        ("watch --endpoint http://h --from 0", ErrorKind::ValueValidation),
        ("watch --endpoint http://h --from yesterday", ErrorKind::ValueValidation),
        ("backup --data d", ErrorKind::MissingRequiredArgument),
        ("backup b --data d --endpoint http://h", ErrorKind::ArgumentConflict),
        ("restore --from b", ErrorKind::MissingRequiredArgument),
        ("serve --dmeo", ErrorKind::UnknownArgument),
        ("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
    ] {
        assert_eq!(parse(line), Err(kind), "{line}");
    }
}

#[test]
fn retailer() {
    let (brand, code) = (BrandCode::new(601_234).unwrap(), Retailer::new(54_856_321).unwrap());
    let of_file = AccessArgs {
        target: directory(),
        brand,
        retailer: code,
        change: Change { allow: true, revoke: false },
        channel: None,
        recipient_type: None,
        at: None,
        secret_file: None,
        recipient: Vec::new(),
        file: Some(PathBuf::from("f.csv")),
    };
    let access = |line: &str| parse(&format!("retailer access --brand 601234 --retailer 54856321 {line}"));
    let expected = |args| Ok(Command::Retailer(RetailerCommand::Access(args)));
    assert_eq!(access("--data d --allow f.csv"), expected(of_file.clone()));
    let given = AccessArgs {
        target: gateway(),
        change: Change { allow: false, revoke: true },
        channel: Some(Channel::Mesaj),
        recipient_type: Some(RecipientType::Tacir),
        at: Some(IysTime::parse("2026-11-20 09:00:00").unwrap()),
        recipient: vec!["a".to_owned(), "b c".to_owned()],
        file: None,
        ..of_file
    };
    let line = "--endpoint http://localhost:1 --revoke --type MESAJ --recipient-type TACIR --at '2026-11-20 09:00:00'";
    assert_eq!(access(&format!("{line} --recipient a --recipient 'b c'")), expected(given));
    for (line, kind) in [
        ("--data d f.csv", ErrorKind::MissingRequiredArgument),
        ("--data d --allow", ErrorKind::MissingRequiredArgument),
        ("--data d --allow --revoke f.csv", ErrorKind::ArgumentConflict),
        ("--data d --allow --recipient a f.csv", ErrorKind::ArgumentConflict),
        ("--endpoint http://localhost:1 --secret-file s --allow f.csv", ErrorKind::ArgumentConflict),
        ("--data d --allow --type SMS f.csv", ErrorKind::ValueValidation),
    ] {
        assert_eq!(access(line), Err(kind), "{line}");
    }
    assert_eq!(
        parse("retailer access --brand 1 --retailer 0 --data d --allow f"),
        Err(ErrorKind::ValueValidation),
        "the brand itself is no retailer"
    );
    let refresh = RefreshArgs {
        brand,
        channel: Channel::Eposta,
        recipient_type: RecipientType::Bireysel,
        recipient: "a@b.com".to_owned(),
        endpoint: None,
    };
    let line = "retailer refresh --brand 601234 --type EPOSTA --recipient a@b.com";
    assert_eq!(parse(line), Ok(Command::Retailer(RetailerCommand::Refresh(refresh))));
}

#[test]
fn filter_takes_lists_and_says_what_does_not_go_together() {
    let line = "filter --data d --brand 7,8 --type MESAJ --type ARAMA --column telefon --email-column 3 --out o.csv l.csv";
    let Ok(Command::Filter(args)) = parse(line) else { panic!("{line}") };
    let brands: Vec<u32> = args.brand.iter().map(|brand| brand.get()).collect();
    assert_eq!((brands, &args.channel[..]), (vec![7, 8], &[Channel::Mesaj, Channel::Arama][..]));
    assert_eq!((args.column, args.email_column), (Some(Named::Name("telefon".to_owned())), Some(Named::Position(3))));
    let kind = |line: &str| parse(&format!("filter --brand 7 --type MESAJ {line}")).map(drop);
    assert_eq!(kind("--endpoint http://u"), Ok(()));
    assert_eq!(kind("--endpoint https://u"), Err(ErrorKind::ValueValidation));
    assert_eq!(kind(""), Ok(()), "the gateway of this machine");
    assert_eq!(kind("--evidence e"), Err(ErrorKind::MissingRequiredArgument));
    for line in [
        "--endpoint http://u --data d",
        "--endpoint http://u --evidence e",
        "--endpoint http://u --out o --skip-lines 3",
        "--data d --out o --resume --force",
        "--data d --out o --split --duplicates",
    ] {
        assert_eq!(kind(line), Err(ErrorKind::ArgumentConflict), "{line}");
    }
    assert_eq!(kind("--data d --resume"), Err(ErrorKind::MissingRequiredArgument));
    assert_eq!(kind("--data d --delimiter x"), Err(ErrorKind::ValueValidation));
}

#[test]
fn check_takes_a_question() {
    let expected = CheckArgs {
        target: Target { data: None, endpoint: None },
        brand: BrandCode::new(601_234).unwrap(),
        channel: Channel::Mesaj,
        question: QuestionArgs {
            recipient_type: RecipientType::Bireysel,
            retailer: None,
            purpose: Purpose::Commercial,
            min_revision: 0,
            reference: String::new(),
        },
        caller: "izingate-check".to_owned(),
        lang: None,
        evidence: None,
        secret_file: None,
        exempt_only: false,
        recipient: "+905321234567".to_owned(),
    };
    let asked = |args: CheckArgs| Ok(Command::Check(Box::new(args)));
    assert_eq!(parse("check --brand 601234 --type MESAJ +905321234567"), asked(expected.clone()));
    let negative = CheckArgs { recipient: "-5321234567".to_owned(), ..expected.clone() };
    assert_eq!(
        parse("check --brand 601234 --type MESAJ -5321234567"),
        asked(negative),
        "what is no number is for the answer to say"
    );
    let offline = CheckArgs {
        target: directory(),
        channel: Channel::Eposta,
        question: QuestionArgs { recipient_type: RecipientType::Tacir, purpose: Purpose::Exempt62, ..expected.question.clone() },
        lang: Some(Language::Turkish),
        evidence: Some(PathBuf::from("e")),
        recipient: "a@b.com".to_owned(),
        ..expected
    };
    let line =
        "check --data d --brand 601234 --type EPOSTA --recipient-type TACIR --purpose MUAF_6_2 --lang tr --evidence e a@b.com";
    assert_eq!(parse(line), asked(offline));
    for line in ["check --brand 1 --type MESAJ", "check --type MESAJ 0532", "check --brand 1 --type MESAJ --evidence e 0532"] {
        assert_eq!(parse(line), Err(ErrorKind::MissingRequiredArgument), "{line}");
    }
    assert_eq!(parse("check --brand 1 --type MESAJ --brnad 2 0532"), Err(ErrorKind::UnknownArgument));
}

/// A command that is missing here has to be in tests/it/endpoints.rs, too.
#[test]
fn the_commands_that_work_through_a_gateway() {
    fn of(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        if command.get_arguments().any(|arg| arg.get_id() == "endpoint") {
            found.push(path.to_owned());
        }
        for inner in command.get_subcommands() {
            of(inner, format!("{path} {}", inner.get_name()).trim(), found);
        }
    }
    let mut found = Vec::new();
    of(&Cli::command(), "", &mut found);
    found.sort();
    let expected = [
        "agi",
        "backup",
        "brand add",
        "brand deactivate",
        "brand heal",
        "brand list",
        "brand mode",
        "check",
        "declaration add",
        "declaration list",
        "declaration revoke",
        "filter",
        "import",
        "iys push register",
        "iys push remove",
        "iys push state",
        "iys sweep",
        "recipient close",
        "recipient closures",
        "recipient erase",
        "recipient reported",
        "reconcile",
        "retailer access",
        "retailer refresh",
        "watch",
    ];
    assert_eq!(found, expected);
}
