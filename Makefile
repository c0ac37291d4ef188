# Every target is a thin call of the `loadstar` command: `npx loadstar <verb> --help` has all options.
# Variables given to make (make load-test SCENARIO=search PROFILE=load) reach it through the environment.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
LOADSTAR := npx --no-install loadstar
INSTALLED := node_modules/.package-lock.json

.PHONY: help setup load-test stop up down status doctor runs report compare baseline dashboards generate test fuzz bench check format

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm writes this file last: an interrupted install is simply repeated.
$(INSTALLED): package-lock.json package.json
	@command -v npm >/dev/null || { echo 'error: expected Node.js >= 20.18.1 with npm on PATH (https://nodejs.org)' >&2; exit 2; }
	@echo 'installing npm packages ...' >&2
	@npm ci --no-progress --loglevel=error >&2
	@touch $@

setup: $(INSTALLED) ## build k6 and InfluxDB, without running anything
	@$(LOADSTAR) setup

load-test: $(INSTALLED) ## run load tests: SCENARIO=a,b|all PROFILE=smoke|load TARGET=name BASE_URL=... OUTPUT=...
	@$(LOADSTAR) run

up: $(INSTALLED) ## bring InfluxDB and Grafana up
	@$(LOADSTAR) up

stop: $(INSTALLED) ## stop the load of every run, at once: RUN=... for one
	@node cli/loadstar.js stop $(RUN)

down: $(INSTALLED) ## stop them; data stays
	@$(LOADSTAR) down

status: $(INSTALLED) ## what runs, and where
	@$(LOADSTAR) status

doctor: $(INSTALLED) ## what is missing on this machine, and how to get it
	@$(LOADSTAR) doctor

runs: $(INSTALLED) ## the history of runs
	@$(LOADSTAR) runs

report: $(INSTALLED) ## write the HTML pages of a run anew: RUN=... (default: the newest)
	@$(LOADSTAR) report $(RUN)

compare: $(INSTALLED) ## compare two runs: A=run-id|previous|baseline B=run-id|newest
	@$(LOADSTAR) compare $(or $(A),baseline) $(or $(B),newest)

baseline: $(INSTALLED) ## what runs are held against; SET=run-id WHY="..." accepts a level
	@$(LOADSTAR) baseline $(if $(SET),set $(SET) $(if $(WHY),--why "$$WHY"),show)

dashboards generate: $(INSTALLED) ## write generated files anew: grafana/provisioning/, docs, schemas
	@node --import tsx tools/generate.ts

test: $(INSTALLED) ## all checks and tests, on real k6 and InfluxDB
	@node --import tsx tools/test.ts

fuzz: $(INSTALLED) ## hostile inputs for everything that reads foreign files: MINUTES=5
	@node --import tsx tests/fuzz/campaign.ts --minutes $(or $(MINUTES),5)

bench: $(INSTALLED) ## what measuring costs, as ratios; results in bench/results/
	@node --import tsx bench/run.ts $(BENCH)

check: $(INSTALLED) ## types, lint, format, drift of generated files
	@node --import tsx tools/test.ts --only checks

format: $(INSTALLED) ## format the code
	@npx --no-install biome check --write .
