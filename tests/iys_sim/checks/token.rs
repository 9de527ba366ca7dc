//! Tokens: passwords, rotation, age.

use super::{Bench, P, PROVIDER};
use crate::sim::Endpoint;
use http::Request;
use serde_json::{Value, json};

fn refresh(token: &Value) -> Value {
    json!({"grant_type": "refresh_token", "refresh_token": token})
}

fn oauth_error(bench: &mut Bench, body: &Value) -> (u16, String) {
    let reply = bench.post("/oauth2/token", body);
    (reply.status, reply.json()["error"].as_str().unwrap().to_owned())
}

#[test]
fn a_password_buys_two_hours_and_a_refresh_token_four() {
    let mut bench = Bench::new();
    let tokens = bench.log_in("api", "gizli");
    let told = (&tokens["expires_in"], &tokens["refresh_expires_in"], &tokens["token_type"]);
    assert_eq!(told, (&json!(7200), &json!(14_400), &json!("bearer")));
    let changes = format!("{P}/consents/changes");
    bench.wait(7199);
    assert_eq!(bench.get(&changes).status, 204);
    bench.wait(1);
    assert_eq!(bench.get(&changes).refusal(), (401, "H351".to_owned()));
    bench.wait(7199);
    assert_eq!(bench.post("/oauth2/token", &refresh(&tokens["refresh_token"])).status, 200);
}

#[test]
fn a_refresh_token_is_good_once_and_for_four_hours() {
    let mut bench = Bench::new();
    let first = bench.log_in("api", "gizli");
    let second = bench.post("/oauth2/token", &refresh(&first["refresh_token"])).json();
    assert_eq!(oauth_error(&mut bench, &refresh(&first["refresh_token"])), (400, "invalid_grant".to_owned()));
    bench.wait(14_400);
    assert_eq!(oauth_error(&mut bench, &refresh(&second["refresh_token"])), (400, "invalid_grant".to_owned()));
}

#[test]
fn a_token_comes_for_a_form_too() {
    let mut bench = Bench::new();
    let request = Request::post("/oauth2/token").header("content-type", "application/x-www-form-urlencoded");
    let request = request.body("grant_type=password&username=ortak&password=sakl%C4%B1".into()).unwrap();
    let outcome = bench.world.handle(&request, bench.now);
    assert_eq!(outcome.response.status(), 200);
}

#[test]
fn a_bad_request_for_a_token_is_answered_in_oauths_style() {
    let mut bench = Bench::new();
    let wrong = json!({"grant_type": "password", "username": "api", "password": "yanlış"});
    assert_eq!(oauth_error(&mut bench, &wrong), (400, "invalid_request".to_owned()));
    assert_eq!(oauth_error(&mut bench, &json!({"username": "api"})), (400, "invalid_request".to_owned()));
    assert_eq!(oauth_error(&mut bench, &json!({"grant_type": "magic"})), (400, "invalid_grant".to_owned()));
}

#[test]
fn the_document_has_other_words_for_a_wrong_password_and_for_the_type() {
    let mut bench = Bench::with(|settings| settings.login_refusal_is_h251 = true);
    bench.world.settings.token_type_camel = true;
    let wrong = r#"{"grant_type": "password", "username": "api", "password": "yanlış"}"#;
    let refused = super::read(&bench.outcome("POST", "/oauth2/token", wrong).response);
    assert_eq!(refused.refusal(), (401, "H251".to_owned()));
    let right = wrong.replace("yanlış", "gizli");
    let given = super::read(&bench.outcome("POST", "/oauth2/token", right).response).json();
    assert_eq!((&given["tokenType"], &given["token_type"]), (&json!("bearer"), &Value::Null));
}

#[test]
fn tokens_can_be_withdrawn() {
    let mut bench = Bench::new();
    let tokens = bench.log_in("api", "gizli");
    bench.world.expire_access_tokens();
    assert_eq!(bench.get(&format!("/sps/{PROVIDER}/brands")).refusal(), (401, "H351".to_owned()));
    assert_eq!(bench.post("/oauth2/token", &refresh(&tokens["refresh_token"])).status, 200);
    bench.world.expire_all_tokens();
    assert_eq!(oauth_error(&mut bench, &refresh(&tokens["refresh_token"])), (400, "invalid_grant".to_owned()));
    assert_eq!(bench.world.count(Endpoint::Token, 200), 3);
}
