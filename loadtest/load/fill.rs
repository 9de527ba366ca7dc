//! Puts everybody on record, before anything is measured.

use crate::asker::APPLY;
use crate::child;
use crate::people::{BRAND, People};
use crate::questions::digit;
use crate::support::Outcome;
use crate::unary::Unary;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use izingate::api::proto::admin_service_client::AdminServiceClient;
use izingate::api::proto::{ApplyRequest, ApplyResponse, Brand, PutBrandRequest};
use prost::Message;
use std::io::{Read, Write};
use tonic::transport::Endpoint;

/// Movements of a call: as many as one takes.
const TOGETHER: u64 = 10_000;
/// Calls under way: one is committed while the next arrives.
const UNDER_WAY: usize = 2;
/// Keys of a request to Redis.
const KEYS: u64 = 1_000;

/// The brand, and everybody's consent as it is in the beginning.
pub async fn gateway(address: &str, people: &People) -> Outcome<()> {
    let brand = Brand { brand_code: BRAND, iys_code: 600_000, title: "Ölçüm".to_owned(), active: true, ..Brand::default() };
    let mut admin = AdminServiceClient::new(Endpoint::from_shared(format!("http://{address}"))?.connect().await?);
    admin.put_brand(PutBrandRequest { brand: Some(brand) }).await?;
    let calls = Unary::new(address, 1, APPLY);
    let all = people.on_record();
    let batches = (0..all).step_by(TOGETHER as usize).map(|from| {
        let movements = (from..all.min(from + TOGETHER)).map(|i| people.movement(i, 0)).collect();
        ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() }
    });
    let calls = &calls;
    let apply = |request: ApplyRequest| async move {
        let answer = calls.call(&request.encode_to_vec()).await.map_err(|failure| format!("{failure:?}"))?;
        match ApplyResponse::decode(answer)?.refused.first() {
            Some(refused) => Err(format!("{}: {}", refused.code, refused.detail).into()),
            None => Ok(()),
        }
    };
    stream::iter(batches).map(apply).buffer_unordered(UNDER_WAY).try_collect::<()>().await
}

/// The same in Redis, a digit a recipient, and what moves as it was before it does.
pub fn redis(port: u16, people: &People) -> Outcome<()> {
    let mut stream = child::connected(port)?;
    stream.set_nodelay(true)?;
    let mut reply = [0; 5];
    for from in (0..people.on_record()).step_by(KEYS as usize) {
        let until = people.on_record().min(from + KEYS);
        let mut request = format!("*{}\r\n$4\r\nMSET\r\n", (until - from) * 2 + 1).into_bytes();
        for i in from..until {
            let (phone, digit) = (People::phone(i), digit(people.status(i, 0)));
            write!(request, "$12\r\n{phone}\r\n$1\r\n{digit}\r\n")?;
        }
        stream.write_all(&request)?;
        stream.read_exact(&mut reply)?;
        if reply != *b"+OK\r\n" {
            return Err("Redis refused the recipients".into());
        }
    }
    Ok(())
}
