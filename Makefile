# One entry for people and machines. CARGO_TARGET_DIR is honoured everywhere.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps deps-test run test test-without-store api-test dialers loom sanitize oracle lint deny fmt bench package \\
	package-test loadtest loadtest-import dashboards-check pictures proto fuzz fuzz-seeds iys-sim

FUZZ_SECONDS ?= 60
SCENARIO ?= quick
FUZZ_TARGET_DIR ?= $(HOME)/.cache/izingate-fuzz
SANITIZE_TARGET_DIR ?= $(HOME)/.cache/izingate-sanitize
LOOM_TARGET_DIR ?= $(HOME)/.cache/izingate-loom
LOOM_MAX_PREEMPTIONS ?= 3
DENY ?= licenses bans sources

help:
	@echo "make run    build, and serve ./data with a synthetic brand to try"
	@echo "make test   every test"
	@echo "make test-without-store  the library's tests without RocksDB, as fuzz targets and the simulated İYS use it"
	@echo "make package  a Debian package and a Python wheel, into target/package"
	@echo "make package-test  both installed and asked; the package upgraded, removed and purged in a fresh Debian, as root"
	@echo "make api-test  the HTTP API against its OpenAPI document, by Schemathesis"
	@echo "make loom   the index under the model checker: every order in which reader and writer can meet"
	@echo "make sanitize  the index under AddressSanitizer (nightly)"
	@echo "make oracle the large files against their true outcome, crashes too: half an hour"
	@echo "make dialers  the examples for Asterisk and FreeSWITCH against a gateway, by a real AGI client and Lua"
	@echo "make lint   formatting, clippy and documentation, warnings are errors"
	@echo "make deny   licences, sources and banned crates among the dependencies; DENY=advisories asks the network"
	@echo "make fmt    format"
	@echo "make bench  every benchmark that fits in ten minutes, into target/bench-report/report.md"
	@echo "make proto  regenerate the checked-in protobuf code"
	@echo "make iys-sim  a simulated İYS to try the feed against; ARGS=\"--brands 5 --behind 24 --speed 60\""
	@echo "make dashboards-check  every panel and alert against a real Prometheus and a real gateway"
	@echo "make pictures  the dashboards' pictures in docs/img, from four minutes of a gateway's life"
	@echo "make loadtest  a minute of checks beside a no-op server and Redis, into target/loadtest/quick; SCENARIO=$(SCENARIO)"
	@echo "make loadtest-import  a million rows imported, with rate and memory"
	@echo "make fuzz   each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "make fuzz-seeds  what fuzzing found, as few inputs as reach the same code, into tests/fuzz/seeds"
	@echo "make deps   install what a build needs beside Rust, and compile RocksDB"

# What a build and the tests need beside Rust; installs only what is missing. RocksDB is compiled once, as large
# units: 5 minutes on 2 cores. Cargo then links it, from here and from a shell.
deps:
	@.ci/deps
	@.ci/rocksdb

deps-test:
	@.ci/deps tests
	@.ci/rocksdb

run: deps
	cargo build --release --locked
	cargo run --release --locked --quiet -- serve --data "$(CURDIR)/data" --demo

test: deps-test
	cargo test --release --locked

# In the target folder of `make test`, of which it undoes nothing: nearly all dependencies are built alike.
test-without-store:
	cargo test --release --locked --no-default-features --lib

package: deps
	@.ci/deps package
	.ci/package

package-test:
	@.ci/deps package-test
	.ci/wheel-test
	deploy/debian/test.sh

oracle: deps
	cargo test --release --locked --test it -- --ignored --nocapture --test-threads 1 oracle crash interleavings

# A gateway against its OpenAPI document: Schemathesis makes requests up from it, the same ones each time.
api-test: deps-test
	python3 -m venv target/api-test && target/api-test/bin/pip install --quiet -r tests/it/openapi/requirements.txt
	SCHEMATHESIS="$(CURDIR)/target/api-test/bin/schemathesis" \
		cargo test --release --locked --test it -- --ignored --nocapture schemathesis_finds

# The examples for dialers against a gateway: an AGI client plays Asterisk, and FreeSWITCH's script runs under Lua.
dialers: deps
	@command -v lua5.4 xmllint >/dev/null && python3 -c 'import ensurepip' 2>/dev/null || \
		{ echo "make dialers needs Debian's lua5.4, libxml2-utils and python3-venv" >&2; exit 1; }
	xmllint --noout deploy/dialers/freeswitch/izingate.xml
	python3 -m venv target/dialers && target/dialers/bin/pip install --quiet aioagi-ik==1.3.1
	DIALERS_PYTHON="$(CURDIR)/target/dialers/bin/python" \
		cargo test --release --locked --test it -- --ignored --nocapture the_examples_with_an_agi_client_and_lua

lint: deps
	cargo fmt --check
	cargo clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --locked --document-private-items

# Advisories are fetched from a repository, and so are not among what is checked without a network.
deny:
	tools="$$(.ci/tool cargo-deny 0.20.2)" && PATH="$$tools:$$PATH" cargo deny --locked check $(DENY)

fmt:
	cargo fmt

# BENCH_SIZES=1M,20M,200M,1B, BENCH_RELATIONS=100M and BENCH_RESTORE=100M are the full run; the benches' first lines say the rest.
bench: deps
	.ci/bench

proto: deps
	UPDATE_PROTO=1 cargo test --release --locked --test it proto::

dashboards-check: deps-test
	cargo test --release --locked --test it monitoring::

pictures: deps-test
	UPDATE_PICTURES=1 cargo test --release --locked --test it -- --ignored --exact monitoring::panels::pictures

# Scenarios are in loadtest/scenarios. ENDPOINT=host:port for a gateway that runs elsewhere, ARGS for what
# `load --help` says. Redis takes part if it is installed.
loadtest: deps
	cargo build --release --locked --bins
	cargo run --release --locked --quiet --example load -- $(SCENARIO) $(if $(ENDPOINT),--endpoint $(ENDPOINT)) $(ARGS)

loadtest-import: deps
	loadtest/import.sh

# Without RocksDB, which it has no use for.
iys-sim:
	cargo run --release --no-default-features --locked --quiet --example iys_sim -- $(ARGS)

# On the stable toolchain, in a target directory of its own: every crate is compiled with counters of its branches.
fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGET_DIR="$(FUZZ_TARGET_DIR)" .ci/fuzz

fuzz-seeds:
	FUZZ_SECONDS=1 FUZZ_TARGET_DIR="$(FUZZ_TARGET_DIR)" .ci/fuzz seeds

# The index's table under the model checker, in a build of its own without RocksDB. Not a release build: the models run
# for a second, and compiling is what takes the time.
loom:
	RUSTFLAGS="--cfg izingate_loom" CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$(LOOM_TARGET_DIR)" \
		LOOM_MAX_PREEMPTIONS=$(LOOM_MAX_PREEMPTIONS) \
		cargo test --locked --no-default-features --lib index::table::loom_tests

# Memory errors while the index's tests run. ThreadSanitizer would need an instrumented standard library: it
# takes its joins and channels for races. What readers and writer share is atomic, and `make loom` goes
# through their orders.
sanitize:
	RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR="$(SANITIZE_TARGET_DIR)" \
		cargo +nightly test --release --locked --no-default-features --lib --target x86_64-unknown-linux-gnu index::
