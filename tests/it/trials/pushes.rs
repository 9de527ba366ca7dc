//! Pushes, each of a brand of its own.

use super::{differences, of_ways, on_record, tell, ways};
use crate::push::desk::credentials;
use crate::push::gateway::{Bench, SECRET};
use crate::support::web::{JSON, send};
use izingate::api::proto::ApplyRequest;
use izingate::model::consent::channel::Channel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_leave_what_is_right() {
    let cases = of_ways(&["push"]);
    let brands: Vec<u32> = cases.iter().map(|case| case.brand).collect();
    let bench = Bench::of(&brands).await;
    let gateway = bench.start().await;
    let mut differing = Vec::new();
    for case in &cases {
        let request = ApplyRequest { brand_code: case.brand, movements: on_record(), ..ApplyRequest::default() };
        let answer = gateway.consent().await.apply(request).await.unwrap().into_inner();
        assert!(answer.refused.is_empty(), "{answer:?}");
        let own = credentials(SECRET, case.brand, Channel::Mesaj);
        let call = bench.client.post(bench.url(case.brand)).header("content-type", JSON).body(case.bytes());
        let reply = send(call.basic_auth(&own.username, Some(own.password.reveal()))).await;
        differing.extend(differences(&gateway, case, &[ways::movements(&reply)]).await);
    }
    tell(&differing, cases.len());
}
