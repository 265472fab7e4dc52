# `make help` lists the targets. Everything is built with the release profile (see Cargo.toml).

CARGO ?= cargo
DATA_DIR ?= data
LISTEN ?= 127.0.0.1:8080
EVENTS ?= 100000
BENCH_EVENTS ?= 2000000
EXPORT_EVENTS ?= 1000000
KILLS ?= 2000
POWER_CUTS ?= 1000
RUNS ?= 100
MINUTES ?= 30
RATE ?= 50000
PEERS ?= 1
AUDITLOG = $(or $(CARGO_TARGET_DIR),target)/release/auditlog
HAMMER = $(or $(CARGO_TARGET_DIR),target)/release/hammer

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the binaries: auditlog and hammer
	$(CARGO) build --release --locked --bins

.PHONY: run
run: ## Build and start the server on ./data (DATA_DIR, LISTEN)
	$(CARGO) build --release --locked --bin auditlog
	@exec $(AUDITLOG) serve --data-dir $(DATA_DIR) --listen $(LISTEN)

.PHONY: demo
demo: ## Start a server on ./demo-data with EVENTS generated events
	$(CARGO) build --release --locked --bin auditlog
	@AUDITLOG=$(AUDITLOG) LISTEN=$(LISTEN) EVENTS=$(EVENTS) scripts/demo.sh

.PHONY: test
test: build ## Run every test: unit, property, model, end to end, kills, power cuts, flipped bytes
	$(CARGO) test --release --locked --workspace

.PHONY: check
check: ## Check formatting, lints, documentation and house rules
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --release --locked --workspace --no-deps --document-private-items
	scripts/tidy.sh

.PHONY: deny
deny: ## Check licences, sources and banned crates of the dependencies (needs cargo-deny; .ci/run installs it)
	$(CARGO) deny --workspace check licenses bans sources

.PHONY: gen
gen: ## Regenerate the generated files: the OpenAPI document
	$(CARGO) build --release --locked --bin auditlog
	$(AUDITLOG) openapi > docs/api/openapi.yaml

.PHONY: bench
bench: build ## Measure auditlog and peers over BENCH_EVENTS generated events; QUICK=1 takes a tenth of 2M, PEERS=0 no peers
	PEERS=$(PEERS) EVENTS=$(BENCH_EVENTS) scripts/bench.sh $(if $(QUICK),--quick)

.PHONY: bench-growth
bench-growth: build ## Measure auditlog over 1M, 10M and 100M events, side by side (SIZES; 100M take half an hour and 15 GB)
	scripts/bench-growth.sh $(SIZES)

.PHONY: bench-peers
bench-peers: build ## Measure only PostgreSQL and DuckDB with the same events and queries; QUICK=1 takes a tenth
	scripts/bench-peers.sh $(if $(QUICK),--quick)

.PHONY: kills
kills: build ## Kill the server KILLS times under load and prove that nothing is lost (about ten minutes)
	$(HAMMER) crash --server-binary $(AUDITLOG) --kills $(KILLS)

.PHONY: power-cuts
power-cuts: build ## Cut the power of its file system POWER_CUTS times under load (needs root and loop devices)
	$(HAMMER) power-cut --server-binary $(AUDITLOG) --cycles $(POWER_CUTS)

.PHONY: damage
damage: ## Flip each byte of a small store and cut its files at each offset (about a quarter of an hour)
	DAMAGE_EVERY=1 $(CARGO) test --release --locked --workspace --test damage

.PHONY: model
model: ## Compare the store with the oracle in RUNS random runs (four minutes for each ten)
	MODEL_RUNS=$(RUNS) $(CARGO) test --release --locked --workspace --test model

.PHONY: faults
faults: build ## Make each file operation of a small workload fail, one per run (about three minutes)
	$(HAMMER) faults --server-binary $(AUDITLOG)

.PHONY: soak
soak: build ## Write and read for MINUTES at RATE events a second, show resource trends, prove all events (KILL_EVERY=minutes)
	$(HAMMER) soak --server-binary $(AUDITLOG) --minutes $(MINUTES) --rate $(RATE) \
		$(if $(KILL_EVERY),--kill-every-minutes $(KILL_EVERY)) > target/soak.json

.PHONY: hostile
hostile: build ## Measure the effect of slow and hostile clients on others, as a table (a quarter of an hour; needs cc)
	$(HAMMER) hostile --server-binary $(AUDITLOG) $(if $(ONLY),--only $(ONLY))

.PHONY: attack
attack: build ## Attack a server with phrases, unread answers, a full disk, shares and keys; check the effect on others (two minutes)
	$(HAMMER) attack --server-binary $(AUDITLOG) $(if $(ONLY),--only $(ONLY)) > target/attack.json

.PHONY: tail-proof
tail-proof: build ## Send 10,000 events/s to 50 live tails and one that does not read; print latencies
	$(HAMMER) tail --server-binary $(AUDITLOG)

.PHONY: export-proof
export-proof: build ## Export EXPORT_EVENTS events in every format, streamed and as jobs with a kill; compare with the list; print rates
	$(HAMMER) export --server-binary $(AUDITLOG) --events $(EXPORT_EVENTS)

.PHONY: power-cut-without-sync
power-cut-without-sync: build ## Show that the power-cut test catches a build with the syncs removed
	scripts/power-cut-without-sync.sh
