//! What lies in `deploy` names what there is: files, versions, commands.

use clap::Parser;
use izingate::cli::Cli;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands in the image's build from this folder.
fn copied(dockerfile: &str) -> Vec<&str> {
    let copies = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|copy| !copy.starts_with("--from"));
    let sources = copies.flat_map(|copy| copy.split(' ').rev().skip(1));
    sources.collect()
}

#[test]
fn the_image_is_built_of_what_is_here() {
    let dockerfile = text("deploy/docker/Dockerfile");
    let channel = text("rust-toolchain.toml");
    let channel = channel.lines().find_map(|line| line.strip_prefix("channel = \"")).unwrap().trim_end_matches('"');
    assert!(dockerfile.contains(&format!("FROM docker.io/library/rust:{channel}-bookworm AS build")), "{channel}");
    let copied = copied(&dockerfile);
    assert_eq!(copied.len(), 6, "{copied:?}");
    let seen = text("deploy/docker/Dockerfile.dockerignore");
    for source in copied {
        assert!(Path::new(ROOT).join(source).exists(), "{source}");
        assert!(seen.lines().any(|line| line == format!("!{source}")), "{source} is kept from the build");
    }
    assert_eq!(seen.lines().find(|line| !line.starts_with('#')), Some("*"), "nothing else goes in");
}

/// The layer with the dependencies has a file for every target that Cargo.toml names.
#[test]
fn every_target_has_its_empty_file() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        fs::copy(Path::new(ROOT).join(name), dir.path().join(name)).unwrap();
    }
    let script = Path::new(ROOT).join("deploy/docker/empty-targets.sh");
    assert!(Command::new("sh").arg(script).current_dir(dir.path()).status().unwrap().success());
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{metadata:?}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let targets = metadata["packages"][0]["targets"].as_array().unwrap();
    assert!(targets.len() > 10, "{targets:?}");
    for target in targets {
        assert!(Path::new(target["src_path"].as_str().unwrap()).exists(), "{target}");
    }
}

#[test]
fn units_start_commands_that_there_are() {
    for unit in ["izingate", "izingate-agi"] {
        let unit = text(&format!("deploy/systemd/{unit}.service"));
        let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/")).unwrap();
        assert!(Cli::try_parse_from(command.split(' ')).is_ok(), "{command}");
    }
}

/// The files of the Debian package that lie in the repository, and the program.
#[test]
fn the_package_is_made_of_what_is_here() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let script = text(".ci/package");
    let mut to = Vec::new();
    for asset in deb["assets"].as_array().unwrap() {
        let [source, target, _] = asset.as_array().unwrap().as_slice() else { panic!("{asset}") };
        let (source, target) = (source.as_str().unwrap(), target.as_str().unwrap());
        let fixed = source.split('*').next().unwrap();
        match fixed.strip_prefix("target/package/parts/") {
            // A shell's name is a variable there.
            Some(part) => assert!(script.contains(part.split('.').next().unwrap().trim_end_matches('/')), "{source}"),
            None => assert!(fixed.starts_with("target/release/") || Path::new(ROOT).join(fixed).exists(), "{source}"),
        }
        let name = if target.ends_with('/') { Path::new(source).file_name().unwrap().to_str().unwrap() } else { "" };
        to.push(format!("/{target}{name}"));
    }
    let unit = text("deploy/systemd/izingate.service");
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    for path in command.split(' ').filter(|word| word.starts_with('/')) {
        assert!(to.iter().any(|file| file == path), "{path} is not in the package: {to:?}");
    }
    for script in ["postinst", "prerm", "postrm"] {
        assert!(text(&format!("deploy/debian/{script}")).contains("\n#DEBHELPER#\n"), "{script} starts and stops the unit");
    }
    let wheel: toml::Table = text("pyproject.toml").parse().unwrap();
    let required = wheel["build-system"]["requires"][0].as_str().unwrap();
    assert!(script.contains(&format!("MATURIN={}\n", required.trim_start_matches("maturin=="))), "{required}");
}
