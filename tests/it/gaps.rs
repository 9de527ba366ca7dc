//! What a brand that follows İYS's streams misses: its checks are DEFER STALE until an operator ends the gap.

use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::data::{fresh, import_with};
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER, apply, movement};
use crate::support::web::get;
use crate::support::{BRAND, Gateway, add_brand, izingate, run};
use izingate::api::proto;
use izingate::api::proto::{
    ApplyRequest, GapState, GetStateRequest, HealGapRequest, HealGapResponse, ListBrandsRequest, PutBrandRequest,
};
use izingate::config::SecretSource;
use izingate::data::open::{existing, read_only};
use izingate::model::brand::{Brand, BrandCode, Feed};
use izingate::model::consent::channel::Channels;
use izingate::model::feed::{Gap, Position, Stream};
use izingate::model::time::IysTime;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tonic_types::StatusExt;

fn at(text: &str) -> IysTime {
    IysTime::parse(text).unwrap()
}

fn brand_code() -> BrandCode {
    BrandCode::new(BRAND).unwrap()
}

fn gap() -> Gap {
    Gap { brand: brand_code(), from: at("2026-11-03 00:00:00"), to: at("2026-11-04 00:00:00"), found: at("2026-11-05 00:00:00") }
}

const MISSED: GapState = GapState { from: 1_793_653_200, to: 1_793_739_600 };

/// The brand follows both streams, of which everything was seen until now, but for a gap.
fn follow(data: &Path, gap: Option<Gap>) {
    let opened = existing(data, &SecretSource::DataDirectory).unwrap();
    let brand = opened.store.brands().unwrap().into_iter().find(|brand| brand.code == brand_code()).unwrap();
    let mut commit = opened.store.begin();
    commit.brand(&Brand { feed: Feed::Iys(Channels::ALL), ..brand }).unwrap();
    let now = IysTime::now();
    for stream in Stream::ALL {
        let position = Position { complete_to: now, newest: None, asked: now, cursor: "".into() };
        commit.position(brand_code(), stream, &position).unwrap();
    }
    if let Some(gap) = &gap {
        commit.gap(gap).unwrap();
    }
    commit.commit().unwrap();
}

/// A gateway that knows three recipients from before the end of the gap, two of them approved, and one of after.
async fn with_gap() -> (Gateway, TempDir) {
    let Known { gateway, dir } = Known::start().await;
    apply(&gateway, vec![movement(STRANGER, "ONAY", "2026-11-04 00:00:01")]).await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    follow(&data, Some(gap()));
    (Gateway::start(&data), dir)
}

async fn heal(gateway: &Gateway, vouch: bool, drop_doubtful: bool) -> Result<HealGapResponse, String> {
    let request = HealGapRequest { brand_code: BRAND, vouch, drop_doubtful };
    let answer = gateway.admin().await.heal_gap(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| code(&status))
}

fn code(status: &tonic::Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

const fn answer(doubtful: u64, healed: bool) -> HealGapResponse {
    HealGapResponse { gap: Some(MISSED), doubtful, healed }
}

/// Reasons for the three of before and the one of after.
async fn reasons(gateway: &Gateway) -> [String; 4] {
    let mut client = gateway.permission().await;
    let mut reasons = [const { String::new() }; 4];
    let asked = [(APPROVED, "MESAJ"), (EMAIL, "EPOSTA"), (REFUSED, "MESAJ"), (STRANGER, "MESAJ")];
    for (reason, (recipient, channel)) in reasons.iter_mut().zip(asked) {
        *reason = verdict(&check_one(&mut client, recipient, channel, 0).await).1;
    }
    reasons
}

const STALE: [&str; 4] = ["STALE"; 4];

#[tokio::test]
async fn a_gap_is_stale_and_counted_until_someone_vouches() {
    let (gateway, dir) = with_gap().await;
    assert_eq!(reasons(&gateway).await, STALE);
    let state = get(&gateway.admin, "/v1/state").await.json();
    let brand = &state["brands"][0];
    let missed = json!({ "from": "2026-11-03T00:00:00+03:00", "to": "2026-11-04T00:00:00+03:00" });
    assert_eq!((&brand["fed"], &brand["gap"], &brand["stale"]), (&json!(true), &missed, &json!(["ARAMA", "MESAJ", "EPOSTA"])));
    assert_eq!(brand["streams"][1]["stream"], "IYS");
    assert_eq!(heal(&gateway, false, false).await, Ok(answer(2, false)));
    assert_eq!(heal(&gateway, true, true).await, Err("INVALID_FIELD".to_owned()));
    assert_eq!(reasons(&gateway).await, STALE, "counting ends nothing");
    gateway.kill();

    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(reasons(&gateway).await, STALE, "nor does a restart");
    assert_eq!(heal(&gateway, true, false).await, Ok(answer(0, true)));
    assert_eq!(reasons(&gateway).await, ["APPROVED", "APPROVED", "REFUSED", "APPROVED"]);
    let state = get(&gateway.admin, "/v1/state").await.json();
    assert_eq!((&state["brands"][0]["gap"], &state["brands"][0]["stale"]), (&json!(null), &json!([])));
    assert_eq!(heal(&gateway, true, false).await, Err("NO_GAP".to_owned()));
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(log.lines().any(|line| line.contains("an operator ended a gap") && line.contains("\"vouched\":true")), "{log}");
    gateway.kill();

    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(reasons(&gateway).await, ["APPROVED", "APPROVED", "REFUSED", "APPROVED"], "it stays ended");
}

#[tokio::test]
async fn what_nobody_vouches_for_is_dropped() {
    let (gateway, dir) = with_gap().await;
    assert_eq!(heal(&gateway, false, true).await, Ok(answer(2, true)));
    let dropped = ["NO_RECORD", "NO_RECORD", "REFUSED", "APPROVED"];
    assert_eq!(reasons(&gateway).await, dropped);
    assert_eq!(heal(&gateway, false, true).await, Err("NO_GAP".to_owned()));
    gateway.kill();

    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(reasons(&gateway).await, dropped);
    let again = [movement(APPROVED, "ONAY", "2026-11-04 00:00:00"), movement(REFUSED, "ONAY", "2026-11-04 00:00:01")];
    apply(&gateway, again.to_vec()).await;
    assert_eq!(reasons(&gateway).await, ["NO_RECORD", "NO_RECORD", "APPROVED", "APPROVED"], "only what is later counts");
    assert!(gateway.stop().success());
    let verified = run(&["verify", "--data", dir.path().join("data").to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

#[tokio::test]
async fn without_a_doubt_the_gap_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    follow(&data, Some(gap()));
    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-02 10:00:00"), movement(STRANGER, "ONAY", "2026-11-04 00:00:01")])
        .await;
    assert_eq!(reasons(&gateway).await, STALE);
    assert_eq!(heal(&gateway, false, false).await, Ok(answer(0, true)));
    assert_eq!(reasons(&gateway).await, ["REFUSED", "NO_RECORD", "NO_RECORD", "APPROVED"]);
    let unknown = HealGapRequest { brand_code: 7, ..HealGapRequest::default() };
    assert_eq!(code(&gateway.admin().await.heal_gap(unknown).await.unwrap_err()), "UNKNOWN_BRAND");
}

fn heal_command(data: &Path, args: &[&str]) -> Command {
    let mut command = izingate();
    command.args(["brand", "heal", "--brand", "601234"]).args(args).arg("--data").arg(data);
    command
}

#[tokio::test]
async fn the_command_does_the_same_online_and_offline() {
    let (gateway, dir) = with_gap().await;
    let data = dir.path().join("data");
    let shown = |output: std::process::Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let not_healed = |output: std::process::Output| {
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(3) && said.contains("NOT_HEALED: not healed: give --vouch "), "{said}");
        String::from_utf8(output.stdout).unwrap()
    };
    let counted = not_healed(run(&["brand", "heal", "--brand", "601234", "--endpoint", &gateway.http]));
    assert_eq!(counted, "missed    2026-11-03 00:00:00 to 2026-11-04 00:00:00\ndoubtful  2\n");
    assert!(gateway.stop().success());
    let inspected = shown(run(&["inspect", "--data", data.to_str().unwrap()]));
    assert!(inspected.contains("missed from 2026-11-03 00:00:00 to 2026-11-04 00:00:00"), "{inspected}");
    assert!(inspected.contains("stream HS     complete to "), "{inspected}");
    assert_eq!(not_healed(heal_command(&data, &[]).output().unwrap()), counted);
    let healed = shown(heal_command(&data, &["--drop-doubtful"]).output().unwrap());
    assert!(healed.ends_with("doubtful  2\nhealed\n"), "{healed}");
    assert_eq!(failure(&mut heal_command(&data, &["--vouch"])), (1, "NO_GAP".to_owned()));
    // What the offline command wrote is what the next start shows, from its snapshot too.
    let gateway = Gateway::start(&data);
    assert_eq!(reasons(&gateway).await, ["NO_RECORD", "NO_RECORD", "REFUSED", "APPROVED"]);
}

fn add(target: [&str; 2], more: &[&str]) -> Command {
    let mut command = izingate();
    command.args(["brand", "add", "--brand", "601234", "--iys-code", "600000", "--title", "Örnek"]).args(target).args(more);
    command
}

/// The row of a brand that a command shows, in front of what it did.
fn line(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().split_inclusive('\n').next().unwrap().to_owned()
}

#[tokio::test]
async fn ages_are_those_that_were_given_last() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let offline = ["--data", data.to_str().unwrap()];
    let shown = |feed: &str, ages: &str| format!("    601234  iys     600000  active      {feed:<6}  {ages:<11}  Örnek\n");
    assert_eq!(line(&mut add(offline, &["--max-age", "MESAJ=90m"])), shown("import", "-/90m/-"));
    assert_eq!(line(&mut add(offline, &[])), shown("import", "-/90m/-"), "none is given, so they stay");

    let gateway = Gateway::start(&data);
    assert_eq!(reasons(&gateway).await, ["STALE", "NO_RECORD", "STALE", "STALE"], "nothing was ever taken in");
    let online = ["--endpoint", &gateway.http];
    assert_eq!(line(&mut add(online, &[])), shown("import", "-/90m/-"));
    assert_eq!(line(&mut add(online, &["--max-age", "2d", "--max-age", "EPOSTA=1h"])), shown("import", "2d/2d/1h"));
    let mut admin = gateway.admin().await;
    let listed = admin.list_brands(ListBrandsRequest::default()).await.unwrap().into_inner().brands;
    assert_eq!(listed[0].max_age_minutes, [2880, 2880, 60]);
    let put = |max_age_minutes| PutBrandRequest { brand: Some(proto::Brand { max_age_minutes, ..listed[0].clone() }) };
    let kept = admin.put_brand(put(vec![])).await.unwrap().into_inner().brand.unwrap();
    assert_eq!(kept, listed[0]);
    let reset = admin.put_brand(put(vec![0, 0, 0])).await.unwrap().into_inner().brand.unwrap();
    assert_eq!(reset.max_age_minutes, [0_u32; 0]);
    for wrong in [vec![1, 2], vec![64_801, 0, 0], vec![1 << 20, 0, 0]] {
        assert_eq!(code(&admin.put_brand(put(wrong)).await.unwrap_err()), "INVALID_FIELD");
    }
    assert_eq!(line(&mut add(online, &["--max-age", "3h"])), shown("import", "3h"));
    assert_eq!(line(&mut add(online, &["--max-age", "default"])), shown("import", "-"));
    assert!(gateway.stop().success());

    follow(&data, None);
    assert_eq!(failure(&mut add(offline, &["--max-age", "74m"])), (1, "MAX_AGE_TOO_SHORT".to_owned()));
    assert_eq!(line(&mut add(offline, &["--max-age", "75m"])), shown("İYS", "75m"), "its feed stays");
    let gateway = Gateway::start(&data);
    let online = ["--endpoint", &gateway.http];
    let mut admin = gateway.admin().await;
    assert_eq!(code(&admin.put_brand(put(vec![0, 74, 0])).await.unwrap_err()), "MAX_AGE_TOO_SHORT");
    assert_eq!(line(&mut add(online, &["--max-age", "ARAMA=4h"])), shown("İYS", "4h/3h/3h"));
    assert_eq!(line(izingate().args(["brand", "list"]).args(online)), shown("İYS", "4h/3h/3h"));
    assert_eq!(reasons(&gateway).await, ["NO_RECORD"; 4], "it was just seen whole");
}

#[tokio::test]
async fn an_export_imported_into_a_running_gateway_ends_the_gap_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    follow(&data, Some(gap()));
    let gateway = Gateway::start(&data);
    let import = |name: &str, rows: &str, as_of: &str| {
        let file = dir.path().join(name);
        fs::write(&file, format!("recipient,recipientType,type,status\n{rows}")).unwrap();
        import_with(&["--endpoint", &gateway.http, "--iys-export", "--as-of", as_of], &[file])
    };
    let row = "+905321234567,BIREYSEL,MESAJ,ONAY\n";
    let missed = async || gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner().brands[0].gap;
    let whole = missed().await;
    assert!(whole.is_some());
    let after = gap().to.plus(60).to_string();
    assert_eq!(import("broken.csv", &format!("{row}12,BIREYSEL,MESAJ,RET\n"), &after).code, 2);
    assert_eq!(missed().await, whole, "a row is missing");
    assert_eq!(import("before.csv", row, &gap().from.minus(60).to_string()).code, 0);
    assert_eq!(missed().await, whole, "of before the gap");
    assert_eq!(import("whole.csv", row, &after).code, 0);
    assert_eq!(missed().await, None);
    assert!(gateway.stop().success());
    assert_eq!(read_only(&data).unwrap().export_cursor(brand_code()).unwrap(), IysTime::parse(&after).ok());
    assert_eq!(read_only(&data).unwrap().gap(brand_code()).unwrap(), None);
}

#[tokio::test]
async fn what_is_said_of_an_export_has_to_make_sense() {
    let dir = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(&fresh(dir.path().join("data")));
    let now = i64::from(IysTime::now().unix());
    for (export_as_of, export_complete_brands, expected) in [
        (0, vec![BRAND], "INVALID_FIELD"),
        (now + 3_600, vec![BRAND], "INVALID_FIELD"),
        (now, vec![0], "MISSING_FIELD"),
        (now, vec![7], "UNKNOWN_BRAND"),
    ] {
        let request = ApplyRequest { export_as_of, export_complete_brands, ..ApplyRequest::default() };
        assert_eq!(code(&gateway.consent().await.apply(request).await.unwrap_err()), expected);
    }
}

#[test]
fn an_export_that_is_in_whole_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let noted = || read_only(&data).unwrap().export_cursor(brand_code()).unwrap();
    let import = |name: &str, rows: &str, as_of: &str| {
        let file = dir.path().join(name);
        fs::write(&file, format!("recipient,recipientType,type,status\n{rows}")).unwrap();
        import_with(&["--data", data.to_str().unwrap(), "--iys-export", "--as-of", as_of], &[file])
    };
    let row = "+905321234567,BIREYSEL,MESAJ,ONAY\n";
    let refused = import("broken.csv", &format!("{row}12,BIREYSEL,MESAJ,RET\n"), "2026-11-02 09:00:00");
    assert_eq!((refused.code, noted()), (2, None), "a row is missing");
    assert!(refused.text.contains("not noted as complete"), "{}", refused.text);
    assert_eq!((import("whole.csv", row, "2026-11-02 10:00:00").code, noted()), (0, Some(at("2026-11-02 10:00:00"))));
    assert_eq!((import("older.csv", row, "2026-11-01 10:00:00").code, noted()), (0, Some(at("2026-11-02 10:00:00"))));
    assert_eq!(
        (import("empty.csv", "", "2026-11-03 10:00:00").code, noted()),
        (0, Some(at("2026-11-02 10:00:00"))),
        "no row says anything of the brand"
    );
}
