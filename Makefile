# Commands for people. `make help` lists them; each gets what it needs by itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CODEGRAPH_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/codegraph
export DUCKDB_LIB_DIR := $(CODEGRAPH_CACHE)/deps/duckdb-1.5.5
export LD_LIBRARY_PATH := $(DUCKDB_LIB_DIR)
export CARGO_TARGET_DIR ?= $(CODEGRAPH_CACHE)/target
export PATH := $(CODEGRAPH_CACHE)/bin:$(PATH)

TARGET := x86_64-unknown-linux-gnu
BIN := $(CARGO_TARGET_DIR)/release
STATIC_BIN := $(CARGO_TARGET_DIR)/$(TARGET)/release
BUILD_INSTALLER := cargo build --release --locked -p codegraph-install --target $(TARGET) \
  --config 'target.$(TARGET).rustflags=["-C","target-feature=+crt-static"]'

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: deps
deps: ## get Debian packages, the DuckDB library, extensions and test models (pinned, cached)
	@scripts/deps.sh

.PHONY: build
build: deps ## build the four programs
	@cargo build --release --locked --workspace --bins
	@$(BUILD_INSTALLER)
	@mkdir -p $(CARGO_TARGET_DIR)/lib && cp -u $(DUCKDB_LIB_DIR)/libduckdb.so $(CARGO_TARGET_DIR)/lib/

.PHONY: release
release: deps ## build the programs for every host with glibc 2.28 or newer, under $CARGO_TARGET_DIR/release-2.28
	@$(BUILD_INSTALLER)
	@scripts/release.sh

.PHONY: test-release
test-release: release ## bundle what `release` built, install and use it in the oldest Debian that can be had (as root)
	@bash tests/release/run.sh

.PHONY: lint
lint: deps ## formatting, clippy, licences and origins of dependencies
	@cargo fmt --all --check
	@cargo clippy --release --locked --workspace --all-targets -- -D warnings
	@cargo deny --offline --log-level error check licenses bans sources

.PHONY: test
test: build lint ## everything that must hold: lints, all tests, ten crashes, the stories on an isolated machine
	@cargo test --release --locked --workspace --no-fail-fast
	@python3 tests/crash/campaign.py --runs 10 --seed 1
	@bash tests/vm/upgrade.sh
	@bash tests/vm/story.sh

.PHONY: test-vm
test-vm: build ## only the stories on an isolated machine
	@bash tests/vm/upgrade.sh
	@bash tests/vm/story.sh

RUNS ?= 200
MIGRATION_RUNS ?= 12
VM_RUNS ?= 20
.PHONY: crash
crash: build ## RUNS kills of the installer, MIGRATION_RUNS in a large migration, VM_RUNS power cuts of a machine; SEED=n repeats
	@python3 tests/crash/campaign.py --runs $(RUNS) $(if $(SEED),--seed $(SEED))
	@python3 tests/crash/migration.py --runs $(MIGRATION_RUNS) $(if $(SEED),--seed $(SEED))
	@python3 tests/crash/power.py --runs $(VM_RUNS) $(if $(SEED),--seed $(SEED))

.PHONY: crash-vm
crash-vm: build ## only the power cuts on an isolated machine
	@python3 tests/crash/power.py --runs $(VM_RUNS) $(if $(SEED),--seed $(SEED))

.PHONY: crash-full
crash-full: build ## a full disk in each phase of the installer, on an isolated machine
	@python3 tests/crash/full.py

.PHONY: test-images
test-images: build ## PostgreSQL from its container image on an isolated machine; SUITE=trixie or bookworm
	@bash tests/vm/images.sh $(or $(SUITE),trixie)

.PHONY: demo
demo: build ## the whole story on this machine; REPO=path, DEMO_EXIT=1, DEMO_JSON=file
	@python3 scripts/demo.py

.PHONY: trace
trace: build ## the story under strace: every address it opens, none beyond this machine; REPO=path
	@python3 scripts/trace.py

.PHONY: bench
bench: build ## measure against the limits; writes docs/performance.md
	@python3 scripts/bench.py

.PHONY: quality
quality: build ## hold calls and definitions against each language's own checker; writes docs/quality.md (wants a JDK)
	@python3 tests/quality/run.py

.PHONY: docs
docs: build ## write the generated references anew (OpenAPI, configuration, graph schema)
	@UPDATE_DOCS=1 cargo test --release --locked --workspace
	@$(BIN)/codegraph openapi >docs/reference/openapi.json

.PHONY: env
env: ## print the variables that a plain `cargo` needs: eval "$$(make -s env)"
	@for v in CODEGRAPH_CACHE DUCKDB_LIB_DIR LD_LIBRARY_PATH CARGO_TARGET_DIR; do printf 'export %s=%q\n' $$v "$${!v}"; done

.PHONY: clean
clean: ## remove what the demo left (the build and download cache stays)
	@rm -rf out
