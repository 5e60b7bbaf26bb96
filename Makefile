# The commands to remember. Each prepares what it needs; nothing but Python 3.11+ and make must be there.
PYTHON ?=
export PYTHON
BIN := .venv/bin
# Many tests wait for leases and sessions to run out: on two processors three keep both at work.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help run demo test check fmt schemas corpora screenshots fuzz bench chaos walk teeth soak overload

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

run: ## start the desk; Ctrl-C stops it
	@deploy/bootstrap.sh run
	@exec ./deskstream up

demo: ## start the desk and play a day of two companies through its doors
	@deploy/bootstrap.sh run
	@exec ./deskstream up --demo

test: ## every test, on a real Kafka, PostgreSQL and browser
	@deploy/bootstrap.sh test
	@$(BIN)/python -m pytest -n $(WORKERS)

check: ## style, types, imports and contracts, as CI checks them
	@deploy/bootstrap.sh test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m shared.contracts.generate --check

fmt: ## format the code
	@deploy/bootstrap.sh test
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

schemas: ## write the JSON Schemas and the AsyncAPI file from the models
	@deploy/bootstrap.sh test
	@$(BIN)/python -m shared.contracts.generate

corpora: ## score reading against a folder of mails: make corpora DIR=../mails
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.bench.reading_corpora "$(DIR)"

screenshots: ## take the pictures of docs/screenshots from a desk that plays the demonstration day
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.browser.screenshots

fuzz: ## read 20,000 mails broken at random, within bounds
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.unit.intake.fuzzing --mails 20000

bench: ## how fast the parts and the whole are: make bench [PARTS="smtp_door whole_path" ROUNDS=3 FULL=1]
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.bench $(PARTS) $(ROUNDS:%=--rounds %) $(if $(FULL),--full)

chaos: ## ten minutes under faults, each crash point twice, the evidence: make chaos [MINUTES=2 SEED=7 SPREAD=1 TIMES=0]
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.chaos $(CHAOS)

walk: ## each crash point of each service, once or more: make walk [TIMES=2]
	@deploy/bootstrap.sh test
	@TIMES=$(TIMES) $(BIN)/python -m pytest -s tests/chaos/test_desks_under_faults.py -k crash_point

teeth: ## desks with a bug each, which the checker must find, and with none: make teeth [BUG=no_inbox, BUG=clean]
	@deploy/bootstrap.sh test
	@$(BIN)/python -m pytest -s tests/chaos/whole_desks_with_bugs.py -k "$(or $(BUG),red or clean)"

soak: ## hours under faults, twenty of each kind in three: make soak [MINUTES=240 SEED=7]
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.chaos --soak $(if $(MINUTES),,--minutes 180) $(CHAOS)

overload: ## bad days: servers away, disks full, floods, poison, a backlog: make overload [MINUTES=2 PARTS="flood disk"]
	@deploy/bootstrap.sh test
	@$(BIN)/python -m tests.overload $(PARTS) $(MINUTES:%=--minutes %)

CHAOS = $(MINUTES:%=--minutes %) $(SEED:%=--seed %) $(FAULTS:%=--faults %) $(RATE:%=--rate %) $(if $(SPREAD),--spread) \
	$(TIMES:%=--times %)
