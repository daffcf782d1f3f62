# Everything a developer or a continuous integration runs, from a fresh Debian machine on. `make` alone lists it.
# Each target does its own set-up, and is quick the second time. CARGO_TARGET_DIR and TIDEGAUGE_CACHE are honoured.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# A step builds with all cores by itself; steps go one after the other.
.NOTPARALLEL:

CARGO ?= cargo
# dev is optimised (opt-level 1) and shared with the tests, so that librdkafka is built once; release is for use.
PROFILE ?= dev
# How long `make demo` stays live; its other options go into ARGS.
DURATION ?= 60s
ARGS ?=

STEP := scripts/step.sh

.PHONY: help
help: ## This list.
	@echo 'make TARGET [VARIABLE=value]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  PROFILE=$(PROFILE)  cargo profile of build and demo (dev or release)'
	@echo '  DURATION=$(DURATION)  how long the demo stays live; ARGS="--rate 5000 --seed 7": its other options'

.PHONY: build
build: setup-build ## The binary (PROFILE=release for use).
	@$(STEP) 'build ($(PROFILE))' $(CARGO) build --locked --profile $(PROFILE)

.PHONY: demo
demo: setup-demo libchdb ## Everything embedded in one go: traffic, pipeline, ClickHouse, figures.
	@$(STEP) 'build ($(PROFILE); about 3 minutes the first time)' $(CARGO) build --locked --profile $(PROFILE)
	@$(CARGO) run --quiet --locked --profile $(PROFILE) -- demo --duration $(DURATION) $(ARGS)

.PHONY: test
test: setup-test libchdb kafka fmt-check lint ## All there is: format, lints, unit, property and end-to-end tests, deploy files.
	@$(STEP) 'tests' scripts/cargo-test.sh

.PHONY: libchdb
libchdb: ## Fetches the embedded ClickHouse (178 MB, once).
	@$(STEP) 'embedded ClickHouse' scripts/fetch-libchdb.sh

# Away from Maven Central the Kafka tests are skipped in plain sight; in CI that is a failure.
.PHONY: kafka
kafka: ## Fetches a real Apache Kafka for the tests (45 MB, once).
	@$(STEP) 'Apache Kafka' bash -c 'scripts/fetch-kafka.sh || { [ $$? = 69 ] && [ "$${CI:-}" != true ]; }'

.PHONY: fmt
fmt: ## Formats the code.
	$(CARGO) fmt --all

.PHONY: fmt-check
fmt-check:
	@$(STEP) 'format' $(CARGO) fmt --all --check

.PHONY: lint
lint: setup-build ## Clippy; a warning is an error.
	@$(STEP) 'clippy' $(CARGO) clippy --workspace --all-targets --locked -- -D warnings

.PHONY: deny
deny: ## Licences, sources and bans of the dependencies (needs cargo-deny: cargo install cargo-deny --locked).
	@command -v cargo-deny >/dev/null || { echo 'cargo-deny is not installed: cargo install cargo-deny --locked' >&2; exit 1; }
	$(CARGO) deny --all-features --locked check bans licenses sources

.PHONY: clean
clean: ## Removes what was built; the cache of fetched things stays.
	$(CARGO) clean

.PHONY: setup-build setup-demo setup-test
setup-build setup-demo setup-test: setup-%:
	@$(STEP) 'set-up' scripts/setup.sh $*
