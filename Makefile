# One name for each job; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS := -c constraints.txt
PROTOS := $(wildcard proto/triwire/v1/*.proto)
BUF := node_modules/.bin/buf

.DEFAULT_GOAL := help
.PHONY: help setup proto monitoring format lint audit test test-models test-faults test-monitoring test-k8s test-image test-browser
.PHONY: test-slow test-clients test-pythons test-backfill soak fuzz mutation docs release-check
.PHONY: bench demo serve image clean

help:  ## List the jobs.
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) torch==2.13.0 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[cli,server,dev]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/python -c 'import torch, grpc, transformers' && touch $@

setup: $(VENV)/.installed  ## Make the virtual environment with everything in it.

$(BUF): package.json
	@npm install --silent --no-audit --no-fund

# buf finds google/rpc/status.proto where googleapis-common-protos installed it, without a copy in the repository.
build/proto-dependencies/google/rpc/status.proto: | setup
	@mkdir -p $(@D)
	@$(BIN)/python -c 'import sys, shutil, google.rpc.status_pb2 as m; shutil.copy(m.__file__.replace("_pb2.py", ".proto"), sys.argv[1])' $@

proto: setup  ## Generate the Python modules, type stubs and docs/contract.md from proto/.
	@$(BIN)/python proto/generate.py
	@$(BIN)/python proto/reference.py
	@test ! -x clients/typescript/node_modules/.bin/protoc-gen-es || $(BIN)/python clients/typescript/generate.py

monitoring: setup  ## Make the PrometheusRule and the Grafana dashboard from monitoring/.
	@$(BIN)/python -m monitoring.prometheus_rule
	@$(BIN)/python -m monitoring.dashboard

format: setup  ## Format the code and mend what can be mended.
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format .

lint: setup $(BUF) build/proto-dependencies/google/rpc/status.proto  ## Style, types, security, Dockerfile, contract; advisories where they can be had.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy service clients/python tests benchmarks monitoring release
	@$(BIN)/mypy --python-version 3.10 clients/python
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive service clients/python
	@$(BIN)/hadolint Dockerfile && $(BIN)/shellcheck container/*.sh
	@$(BIN)/python .ci/audit.py --where-possible
	@$(BUF) lint && $(BUF) format proto --diff --exit-code
	@$(BUF) build --output build/contract.binpb && $(BUF) breaking build/contract.binpb --against proto/released.binpb

audit: setup  ## Known vulnerabilities of the pinned packages; fails where the package index has no advisories.
	@$(BIN)/python .ci/audit.py

test: setup  ## The tests that need no weights, no GPU and no network, a file on each processor.
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

test-slow: setup  ## The tests that take long: those of the benchmarks, and the commands of the documents.
	@$(BIN)/python -m pytest -q -m slow -n auto --maxprocesses 4 --dist loadfile --timeout 300

test-models: setup  ## The tests that need the demo model in the cache.
	@$(BIN)/python -m pytest -q -m models --timeout 900

test-faults: setup  ## The long tests: killed, drained, frozen, starved and fuzzed servers.
	@$(BIN)/python -m pytest -q -m faults tests/faults --timeout 600

soak: setup  ## Half an hour of mixed load on one server, which has to stay as it is (SOAK_MINUTES).
	@$(BIN)/python tests/faults/soak.py

fuzz: setup  ## Many more fuzzed requests than in test-faults (FUZZ_EXAMPLES, FUZZ_SEED).
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-100000} $(BIN)/python -m pytest -q -s -m faults tests/faults/test_fuzz.py --timeout 7200

MUTATE ?= service/triwire_server/text
MUTATION_TESTS ?= tests/service/text

mutation: setup  ## Change functions of MUTATE a little and see whether MUTATION_TESTS notice; MUTATION_FLAGS="--every 6".
	@$(BIN)/python -m tests.mutation $(MUTATE) --tests $(MUTATION_TESTS) $(MUTATION_FLAGS)

test-monitoring: setup  ## Let a real Prometheus watch a real server: every query of rules and dashboard, and an alert.
	@{ command -v prometheus && command -v promtool; } >/dev/null || { echo "needs prometheus and promtool: apt-get install prometheus, or https://prometheus.io/download"; exit 1; }
	@$(BIN)/python -m pytest -q tests/monitoring -m "monitoring or not monitoring"

test-k8s: setup $(BUF)  ## The tests of the manifests, those against the definitions of custom resources too.
	@$(BIN)/python -m pytest -q tests/k8s

test-browser: setup $(BUF)  ## The review page in headless Chromium: keyboard, accessibility, hostile articles, print (needs chromium).
	@$(BIN)/python -m pytest -q -m browser tests/clients/python/review tests/docs

test-clients: setup  ## The TypeScript client against real servers, some of which are killed and drained; needs Node.js.
	@if command -v npm >/dev/null; then cd clients/typescript && \
		{ test node_modules/.package-lock.json -nt package-lock.json || npm ci --silent --no-audit --no-fund; }; fi
	@$(BIN)/python -m pytest -q -rs -m "not backfill" tests/clients/typescript tests/examples --timeout 300

test-pythons: setup  ## The Python client on Python 3.10, 3.12, 3.13 and 3.14, compiled to WebAssembly; needs Node.js.
	@cd tests/clients/python/pythons && npm ci --silent --no-audit --no-fund
	@$(BIN)/python -m pytest -q -m pythons tests/clients/python/pythons --timeout 300

test-backfill: setup  ## examples/backfill_ray.py on a local Ray with three replicas, killed and run again; installs Ray.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[backfill]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/python -m pytest -q -m backfill tests/examples

test-image: setup  ## Build the image for the CPU on a base made here and test it, as root; says which Debian packages it needs.
	@missing=$$(PYTHONPATH=. $(BIN)/python -c 'from tests.image.engine import missing; print(missing())'); \
		if [ -n "$$missing" ]; then echo "make test-image cannot run: $$missing" >&2; exit 1; fi
	@$(BIN)/python -m pytest -q -m image tests/image

bench: setup  ## Install the peers, run the short form of the benchmarks (about 15 minutes) and draw the plots of docs/measurements.md, into build/figures.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[bench]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/python benchmarks/engine.py --quick --json build/figures/engine.json
	@$(BIN)/python benchmarks/engine.py --profile-step --json build/figures/step.json
	@$(BIN)/python benchmarks/chat.py --quick --json build/figures/chat.json
	@$(BIN)/python benchmarks/arrivals.py --quick --json build/figures/arrivals.json
	@$(BIN)/python benchmarks/load.py --quick --json build/figures/load.json
	@$(BIN)/python benchmarks/article_length.py --quick --json build/figures/article-length.json
	@$(BIN)/python benchmarks/plots.py build/figures/*.json --into build/figures

docs: setup  ## Build the documentation as a site into build/site; any warning, such as a dead link, is an error.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[docs]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict  # --quiet would hide the warnings from --strict too
	@echo "build/site is built; to read it: $(BIN)/python -m http.server --directory build/site"

release-check: setup  ## Is the committed tree a release? Archives, versions, clean installs, generated files; needs Node.js.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e '.[release]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/python -m release

demo: setup  ## Fetch the demo model, start the server, process the example articles, stop the server.
	@$(BIN)/python examples/demo.py

serve: setup  ## Serve the demo profile on this machine until interrupted.
	@$(BIN)/triwire-server serve

image:  ## Build the image with docker, podman or buildah (container/build.sh has the variables; TARGET=cpu without CUDA).
	@container/build.sh

clean:  ## Remove the virtual environment and the caches of the tools.
	rm -rf $(VENV) node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis clients/typescript/{node_modules,dist,build}
