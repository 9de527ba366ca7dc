//! The checked-in protobuf code is what `proto/` makes. `make proto` writes it anew.

use std::fs;
use std::path::Path;

const GENERATED: [&str; 2] = ["izingate.v1.rs", "izingate.v1.bin"];

#[test]
fn checked_in_code_is_what_the_protocol_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = tempfile::tempdir().unwrap();
    generate(root, made.path());
    let update = std::env::var_os("UPDATE_PROTO").is_some();
    for name in GENERATED {
        let (made, kept) = (made.path().join(name), root.join("src/api/proto").join(name));
        if update {
            fs::copy(&made, &kept).unwrap();
        }
        let same = fs::read(&made).unwrap() == fs::read(&kept).unwrap();
        assert!(same, "{} is not what proto/ makes; make proto writes it anew", kept.display());
    }
}

/// As a build script would, with the system's protoc.
fn generate(root: &Path, out: &Path) {
    let proto = root.join("proto");
    tonic_prost_build::configure()
        .codec_path("crate::api::codec::ProtobufCodec")
        .bytes(".izingate.v1.CheckBatchResponse.results")
        .emit_rerun_if_changed(false)
        .out_dir(out)
        .compile_protos(&[proto.join("izingate/v1/izingate.proto")], std::slice::from_ref(&proto))
        .unwrap();
    describe(&proto, &out.join("izingate.v1.bin"));
}

/// The descriptors for reflection, without the comments, which prost's own run would put in.
fn describe(proto: &Path, file: &Path) {
    let protoc = std::env::var_os("PROTOC").unwrap_or_else(|| "protoc".into());
    let mut command = std::process::Command::new(protoc);
    command.arg("--include_imports").arg("--descriptor_set_out").arg(file).arg("--proto_path").arg(proto);
    assert!(command.arg("izingate/v1/izingate.proto").status().unwrap().success());
}
