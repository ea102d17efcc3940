# One verb per thing a person does here. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=

.PHONY: help demo up down test check fmt lock docs compose-test cluster-test chaos simulate mutants \
	bench bench-compare embedded development machine peers

help: ## List what can be done here
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: embedded ## See it: a safeguarding hub with a past, and a morning sent through the real forms, checked
	@$(BIN)/mash demo $(ARGS)

up: embedded ## Start it here and keep it running; prints the address and a sign-in for each role
	@$(BIN)/mash up $(ARGS)

down: embedded ## Stop what `make up` started
	@$(BIN)/mash down $(ARGS)

test: development machine ## Run every test, on a real MongoDB and a real RabbitMQ
	@$(BIN)/pytest $(ARGS)

check: development ## Format, lint, types, import contracts, unit and architecture tests (a minute)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/unit tests/architecture $(ARGS)

chaos: development machine ## Cause 300 faults while people work, and judge it (CHAOS_SEED, CHAOS_FAULTS=5000)
	@$(BIN)/python -m tests.chaos $(ARGS)

simulate: development ## Run the core of all services in memory, through thousands of crashes (SIM_SEED, SIM_HISTORIES)
	@$(BIN)/python -m tests.simulation --pairs $(ARGS)

mutants: development machine ## Take every guard away once, and see that a test notices (a quarter of an hour)
	@$(BIN)/python -m tests.mutants $(ARGS)

bench: development machine peers ## Measure the product beside bare drivers and peers (ARGS="--only relay --quick")
	@$(BIN)/python -m benchmarks $(ARGS)

bench-compare: development ## Compare the last two runs of `make bench`, or ARGS="OLD.json NEW.json"
	@$(BIN)/python -m benchmarks.compare $(ARGS)

fmt: development ## Put the code into its format and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: embedded ## Write the event and HTTP descriptions into docs/
	@$(BIN)/mash docs $(ARGS)

lock: ## Make the locks anew, the product's and those of its benchmarks (UPGRADE=--upgrade takes newer versions)
	@deploy/lock.sh $(UPGRADE)

compose-test: embedded ## Run one referral through the containers: RabbitMQ, MongoDB, a proxy
	@deploy/compose-test.sh $(ARGS)

cluster-test: development ## Three and two of everything in containers, killed, frozen and cut off under load
	@deploy/cluster-test.sh $(ARGS)

embedded:
	@deploy/bootstrap.sh requirements-embedded.txt

development:
	@deploy/bootstrap.sh requirements-dev.txt

machine:
	@deploy/bootstrap.sh --system rabbitmq-server chromium

peers: development
	@benchmarks/peers/install.sh
