# Every target sets up what it needs and the machine lacks.

CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR
# Where tests keep what they download.
SKEIN_TEST_CACHE ?= $(CARGO_TARGET_DIR)/cache
export SKEIN_TEST_CACHE

# make run ARGS="--config skein.toml"
ARGS ?=
# make fuzz SECONDS_EACH=600
SECONDS_EACH ?= 60

.PHONY: run dev release test lint bench fuzz

## Builds the web client and the server and starts it with its embedded defaults; data in ./data.
run:
	@tests/setup build
	@tests/web build
	SKEIN_WEB_DIST=$(CURDIR)/web/dist cargo build --release --locked -p skein
	$(CARGO_TARGET_DIR)/release/skein serve $(ARGS)

## The same with a quick build, data in target/dev, and registration open.
dev:
	@tests/setup build
	@tests/web build
	SKEIN_WEB_DIST=$(CURDIR)/web/dist cargo build --locked -p skein
	SKEIN_DATA_DIR=$(CARGO_TARGET_DIR)/dev SKEIN_ACCESS_REGISTRATION=open $(CARGO_TARGET_DIR)/debug/skein serve $(ARGS)

## The server for others to run, built by how it is used: target/profiled/skein. Takes a quarter of an hour.
release:
	@tests/setup release
	@tests/web build
	SKEIN_WEB_DIST=$(CURDIR)/web/dist packaging/release

## Every test: the crates, the web client alone and in browsers, then the started server on SQLite and on PostgreSQL.
test:
	@tests/setup test
	cargo test --workspace --locked --quiet
	@tests/web test
	@tests/run

lint:
	@tests/setup build
	@tests/web lint
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings

## Speed and memory: counts of instructions against their budgets, then ratios within one run on one machine.
bench: export SKEIN ?= $(CARGO_TARGET_DIR)/profiled/skein
bench: release
	@tests/setup test
	cargo build --release --locked -p skein-stream --example budget
	benches/budgets
	benches/run $(ARGS)
	@tests/web bench

## Each fuzz target for SECONDS_EACH seconds.
fuzz:
	@tests/setup build
	@fuzz/run $(SECONDS_EACH)
