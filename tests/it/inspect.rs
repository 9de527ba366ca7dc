//! What `inspect` shows, and that it leaves a running gateway alone.

use crate::support::known::{APPROVED, Known, apply, movement};
use crate::support::{BRAND, run};
use izingate::api::proto::Movement;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

fn inspected(data: &Path) -> Value {
    let output = run(&["inspect", "--json", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn every_figure() {
    let known = Known::start().await;
    let tacir = Movement { recipient_type: "TACIR".to_owned(), ..movement(APPROVED, "RET", "2026-11-04 10:00:00") };
    apply(&known.gateway, vec![tacir]).await;
    let mut shown = inspected(&known.data());
    let as_of = shown["brands"][0]["asOf"].take();
    assert!(as_of.as_str().is_some_and(|time| time.ends_with("+03:00")), "{as_of}");
    let (families, log_bytes) = (shown["families"].take(), shown["logBytes"].take());
    assert!(log_bytes.as_u64().is_some_and(|bytes| bytes > 0), "everything is in the log still: {log_bytes}");
    let node = shown["node"].take();
    assert_eq!(node.as_str().map(str::len), Some(8), "{node}");
    let names: Vec<_> = families.as_array().unwrap().iter().map(|family| family["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["consent", "history", "changes", "recipients", "cursors", "registry", "meta"]);
    assert_eq!((&families[1]["entries"], &families[1]["files"]), (&json!(5), &json!(0)), "the history, still in memory");
    let expected = json!({
        "format": 4, "keyId": 1, "node": null, "revision": 2, "earliestRevision": 1,
        "relations": 3, "ofRetailers": 0, "onay": 2, "ret": 2, "misformed": 0, "logBytes": null, "openIntent": false,
        "unreportedClosures": 0, "families": null,
        "brands": [{
            "brandCode": BRAND, "iysCode": 600_000, "title": "Örnek", "active": true, "asOf": null, "relations": 3,
            "exportOf": null, "fed": false, "maxAgeMinutes": [null, null, null], "streams": [], "gap": null,
            "channels": [
                { "type": "ARAMA", "onay": 0, "ret": 0 },
                { "type": "MESAJ", "onay": 1, "ret": 2 },
                { "type": "EPOSTA", "onay": 1, "ret": 0 },
            ],
        }],
    });
    assert_eq!(shown, expected);

    let data = known.data();
    assert!(known.gateway.stop().success());
    let families = inspected(&data)["families"].take();
    let history = &families[1];
    assert_eq!((&history["entries"], &history["files"]), (&json!(5), &json!(1)), "a clean end leaves files");
    assert!(history["bytes"].as_u64().is_some_and(|bytes| bytes > 100), "{history}");
}

/// Its own log, above all: a reader that rotates it away takes from support what it is there for.
#[tokio::test]
async fn nothing_of_a_running_gateway_is_touched() {
    let known = Known::start().await;
    let store = known.data().join("store");
    let before = logs(&store);
    assert!(!before.is_empty());
    for _ in 0..3 {
        inspected(&known.data());
    }
    assert_eq!(logs(&store), before);
    assert_eq!(fs::read_dir(known.data()).unwrap().count(), 6, "LOCK, evidence, secret.key, snapshot, starts, store");
}

/// The store's logs of its own, with the moment that each was made.
fn logs(store: &Path) -> Vec<(String, SystemTime)> {
    let entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap());
    let mut logs: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("LOG"))
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().created().unwrap()))
        .collect();
    logs.sort();
    logs
}
