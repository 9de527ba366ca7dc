//! Where the commands that work through a running gateway connect to, and what they never do: speak in the clear to a name
//! that said https, follow a redirect, or go through a proxy of the environment.

use super::support::{Gateway, add_brand, izingate};
use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Every command with `--endpoint`, on files that are there.
fn commands(dir: &std::path::Path) -> Vec<Vec<String>> {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (list, movements) = (file("list.csv", "+905321234561\n"), file("movements.csv", "recipient,status\n"));
    let lines = [
        format!("import --brand 601234 {movements}"),
        format!("filter --brand 601234 --type MESAJ --retry-for 0 {list}"),
        "brand add --brand 7 --iys-code 8 --title x".to_owned(),
        "brand list".to_owned(),
        "brand deactivate --brand 601234".to_owned(),
        "brand mode --brand 601234 --mode advise".to_owned(),
        "brand heal --brand 601234".to_owned(),
        "declaration list".to_owned(),
        "declaration add --brand 601234 --purpose MUAF_6_1 --declared-by x --document-sha256".to_owned()
            + &format!(" {:064x}", 1),
        "declaration revoke 1".to_owned(),
        "recipient close --recipient +905321234561".to_owned(),
        "recipient closures".to_owned(),
        "recipient reported 1".to_owned(),
        "recipient erase --recipient +905321234561".to_owned(),
        "retailer access --brand 601234 --retailer 7 --type MESAJ --allow --recipient +905321234561".to_owned(),
        "retailer refresh --brand 601234 --recipient +905321234561".to_owned(),
        "iys push register --brand 601234 --type MESAJ".to_owned(),
        "iys push state --brand 601234 --type MESAJ".to_owned(),
        "iys push remove --brand 601234 --type MESAJ".to_owned(),
        format!("iys sweep --brand 601234 --type MESAJ {list}"),
        "reconcile --brand 601234 --date 2026-11-02".to_owned(),
        "backup name".to_owned(),
        "watch".to_owned(),
    ];
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// A listener that never answers; the first bytes that each of its peers says.
fn eavesdropper() -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, said) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut bytes = vec![0; 24];
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let length = stream.read(&mut bytes).unwrap_or(0);
            bytes.truncate(length);
            let _ = heard.send(bytes);
        }
    });
    (address, said)
}

fn run(args: &[String], endpoint: &str) -> Output {
    let mut command = izingate();
    command.args(args).args(["--endpoint", endpoint]);
    command.output().unwrap()
}

fn failure(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("izingate: ")).unwrap_or_else(|| panic!("{text}"));
    (output.status.code().unwrap(), line.split_once(": ").unwrap().0.to_owned())
}

#[test]
fn no_command_speaks_in_the_clear_to_an_address_of_https() {
    let dir = tempfile::tempdir().unwrap();
    let (address, said) = eavesdropper();
    for args in commands(dir.path()) {
        for scheme in ["https", "HTTPS"] {
            let output = run(&args, &format!("{scheme}://{address}"));
            assert_eq!(failure(&output), (64, "ENDPOINT_TLS_UNSUPPORTED".to_owned()), "{args:?}");
            assert!(output.stdout.is_empty(), "{args:?}");
        }
    }
    assert!(said.try_recv().is_err(), "nobody connected");
}

#[test]
fn what_is_no_address_of_a_gateway_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (address, said) = eavesdropper();
    for args in commands(dir.path()) {
        for endpoint in [
            format!("http://user:hunter2@{address}"),
            format!("http://{address}/v1"),
            format!("http://{address}?x=1"),
            format!("{address}/v1"),
            "localhost".to_owned(),
            "unix:/run/izingate.sock".to_owned(),
            String::new(),
        ] {
            let output = run(&args, &endpoint);
            assert_eq!(failure(&output), (64, "ENDPOINT_INVALID".to_owned()), "{args:?} {endpoint}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"), "{args:?}");
        }
    }
    assert!(said.try_recv().is_err(), "nobody connected");
}

#[test]
fn no_proxy_of_the_environment_is_spoken_to() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    let (address, said) = eavesdropper();
    let with_proxy = |command: &mut Command| {
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, format!("http://{address}"));
        }
        command.output().unwrap()
    };
    let output = with_proxy(izingate().args(["brand", "list", "--endpoint", &gateway.http]));
    assert!(output.status.success(), "{output:?}");
    assert!(said.try_recv().is_err(), "the proxy was passed by");
}
