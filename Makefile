# Every target works on a fresh machine that has Python 3.11, 3.12 or 3.13 and nothing else.
.DEFAULT_GOAL := help
.PHONY: help demo learn check check-long test coverage lint lock audit sbom up down crash crash-sabotage hostile attack attack-console walkthrough fuzz hot-change model-change recorded-log real-input feature-parity bench growth pages shots docs clean

# Dozens of processes load the same modules: each compiled once, not once a process.
export PYTHONDONTWRITEBYTECODE :=

PYTHON_IN_VENV := .venv/bin/python
TOLLGATE := $(PYTHON_IN_VENV) -m streams.cli
# Tests wait more than they compute. A file's tests stay together: they share models, cores and topics.
# The order of files is that of tests/support/file_order.py.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder
UV_COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
UV_PART := $(UV_COMPILE) -c requirements.lock --no-annotate --extra build
UPGRADE := --upgrade

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

demo: ## Start everything, send a minute of payments, prove the result (ARGS=--json)
	@sh deploy/venv.sh demo
	@$(TOLLGATE) demo $(ARGS)

learn: ## The learning loop on a simulated world: payments, disputes, labels, a better model, its trial (ARGS=--json)
	@sh deploy/venv.sh test
	@$(TOLLGATE) learn $(ARGS)

check: lint test ## What a change must pass: lint, format, types, import contracts and tests

check-long: ## Nightly: the slow tests, long random runs, and the crash, hostile and change tests in their long form
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m pytest -q --hypothesis-profile=long $(ARGS)
	@$(MAKE) crash crash-sabotage hostile attack fuzz hot-change model-change

test: ## All tests but the slow ones, with a real Kafka and ClickHouse's engine (ARGS="-k rules")
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m pytest -q -m "not slow" $(SIDE_BY_SIDE) $(ARGS)

coverage: ## Lines that the tests run, by package; fails below the floors in pyproject.toml
	@sh deploy/venv.sh test
	@rm -rf .coverage_data
	@$(PYTHON_IN_VENV) -m coverage run -m pytest -q -m "not slow" $(SIDE_BY_SIDE) $(ARGS)
	@$(PYTHON_IN_VENV) -m coverage combine -q
	@$(PYTHON_IN_VENV) -m coverage json -q -o .coverage_data/report.json
	@$(PYTHON_IN_VENV) -m tests.checks.coverage_floors .coverage_data/report.json

lint: ## ruff, mypy and the import contracts
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m mypy
	@.venv/bin/lint-imports

lock: ## Resolve the dependencies again into the locks: every file by hash, and no index named (UPGRADE= keeps versions)
	@sh deploy/venv.sh test
	$(PYTHON_IN_VENV) -m $(UV_COMPILE) $(UPGRADE) --all-extras pyproject.toml -o requirements.lock
	$(PYTHON_IN_VENV) -m $(UV_PART) --extra local --extra warehouse --extra console --extra agents pyproject.toml -o deploy/demo.lock
	$(PYTHON_IN_VENV) -m $(UV_PART) --extra warehouse --extra console --extra agents pyproject.toml -o deploy/image.lock

audit: ## Known vulnerabilities of what the lock installs (asks a service on the network)
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m pip_audit --strict --require-hashes --disable-pip --no-deps -r requirements.lock $(ARGS)

sbom: ## What the container image is made of, as sbom.json (CycloneDX)
	@sh deploy/venv.sh test
	@.venv/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file sbom.json deploy/image.lock

up: ## Start the local platform
	@sh deploy/venv.sh demo
	@$(TOLLGATE) up

down: ## Stop the local platform
	@$(TOLLGATE) down

crash: ## The long crash test: kill -9 over engine, sink and broker, everything still exactly once
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.crash.crash run --json

crash-sabotage: ## Plant a lost decision, a doubled aggregate, a wrong start-up order: each must be found
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.crash.crash sabotage --json

hostile: ## 10,000 hostile messages among good payments: nothing crashes, all accounted for, cards masked
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.crash.crash hostile --json

attack: ## Every attack of docs/threat-model.md on a running platform, good payments all the while (ARGS="--only NAME")
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.attacks run --json $(ARGS)

attack-console: ## Hostile users at the console of the platform that is up (ARGS="--only NAME")
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.console.hostile $(ARGS)

walkthrough: ## People in a real browser at the console of the platform that is up: what they do changes decisions
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.console.walkthrough $(ARGS)

fuzz: ## 100,000 damaged messages on every topic that is read: nothing stops, all accounted for (ARGS="--only payments")
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.attacks fuzz --json $(ARGS)

hot-change: ## Rulesets and list entries change under load: nothing lost, each decision by what the log says
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.checks.hot_change $(ARGS)

model-change: ## Models change under load: nothing lost, each decision by the models the log says
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.checks.model_change $(ARGS)

recorded-log: ## A log recorded by an earlier version, re-applied: every byte the same (a feature changed: record again, as it says)
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.checks.recorded_log $(ARGS)

real-input: ## Replay a published set (SET=sparkov), recount it from the file, verify; needs ../shared
	@sh deploy/venv.sh test
	@sh tests/checks/real_input.sh $(or $(SET),sparkov)

feature-parity: ## Kernel equal to the oracle on 100,000 payments a set, and to published features; needs ../shared
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.checks.published_features
	@$(PYTHON_IN_VENV) -m tests.checks.random_parity
	@for set in handbook sparkov ucsd_fico; do \
		$(PYTHON_IN_VENV) -m tests.checks.feature_parity --set $$set || exit 1; done

bench: ## Measure speed and latency beside the ceiling of the same broker
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m bench $(ARGS)

growth: ## Cost of a payment and memory as entities become more (a million cards need 16 GB)
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m bench.growth $(ARGS)

pages: ## Write the generated pages again: features, public names, settings, contracts, columns of the warehouse
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.docs.pages

shots: ## Pictures of the console's pages, in both themes and widths (needs chromium; ARGS="--only sign-in")
	@sh deploy/venv.sh test
	@$(PYTHON_IN_VENV) -m tests.console.browser.shots $(ARGS)

docs: ## Build the documentation into site/; fails on a link that leads nowhere
	@sh deploy/venv.sh test
	@.venv/bin/zensical build --clean --strict -f mkdocs.yml

clean: ## Remove .venv and caches; the data in TOLLGATE_HOME stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage_data .cache site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
