# Each target calls the `loadstar` command: `npx @loadstar-hq/loadstar <command> --help` lists all options. Variables given to make
# (make load-test SCENARIO=search PROFILE=load) reach the command through the environment.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
LOADSTAR := node cli/loadstar.js
INSTALLED := node_modules/.package-lock.json

.PHONY: help setup load-test stop up down status doctor runs report compare baseline dashboards generate unit test test-kubernetes fuzz bench check format

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# npm writes this file last, so make repeats an interrupted install.
$(INSTALLED): package-lock.json package.json
	@command -v npm >/dev/null || { echo 'error: expected Node.js >= 20.18.1 with npm on PATH (https://nodejs.org)' >&2; exit 2; }
	@echo 'installing npm packages ...' >&2
	@npm ci --no-progress --loglevel=error >&2
	@touch $@

setup: $(INSTALLED) ## build or pull k6 and InfluxDB, without running anything
	@$(LOADSTAR) setup

load-test: $(INSTALLED) ## run load tests: SCENARIO=a,b|all PROFILE=smoke|load TARGET=name BASE_URL=... OUTPUT=...
	@$(LOADSTAR) run

up: $(INSTALLED) ## start InfluxDB and Grafana
	@$(LOADSTAR) up

stop: $(INSTALLED) ## stop the load of every run at once, or of one: RUN=run-id
	@$(LOADSTAR) stop $(RUN)

down: $(INSTALLED) ## stop InfluxDB and Grafana; keep their data
	@$(LOADSTAR) down

status: $(INSTALLED) ## show which servers run, their addresses, and disk usage
	@$(LOADSTAR) status

doctor: $(INSTALLED) ## list what this machine lacks, and how to get it
	@$(LOADSTAR) doctor

runs: $(INSTALLED) ## list earlier runs, newest first
	@$(LOADSTAR) runs

report: $(INSTALLED) ## write the HTML pages of a run again: RUN=run-id (default: the newest)
	@$(LOADSTAR) report $(RUN)

compare: $(INSTALLED) ## compare two runs: A=run-id|previous|baseline B=run-id|newest
	@$(LOADSTAR) compare $(or $(A),baseline) $(or $(B),newest)

baseline: $(INSTALLED) ## show the baselines; set one: SET=run-id WHY="..."
	@$(LOADSTAR) baseline $(if $(SET),set $(SET) $(if $(WHY),--why "$$WHY"),show)

dashboards generate: $(INSTALLED) ## write the generated files: grafana/provisioning/, docs, schemas
	@node --import tsx tools/generate.ts

unit: $(INSTALLED) ## run the checks and the unit tests: a minute, no servers
	@node --import tsx tools/test.ts --only checks,unit

test: $(INSTALLED) ## run all checks and tests, on real k6 and InfluxDB
	@node --import tsx tools/test.ts

test-kubernetes: $(INSTALLED) ## run the tests in the cluster of KUBECONFIG (CONTRIBUTING.md); KUBECTL=kubectl
	@KUBECTL=$(or $(KUBECTL),kubectl) node_modules/.bin/vitest run --project e2e tests/kubernetes.test.ts

fuzz: $(INSTALLED) ## fuzz everything that reads foreign files: MINUTES=5
	@node --import tsx tests/fuzz/campaign.ts --minutes $(or $(MINUTES),5)

bench: $(INSTALLED) ## measure what measuring costs; results in bench/results/
	@node --import tsx bench/run.ts $(BENCH)

check: $(INSTALLED) ## check types, lint, format and generated files
	@node --import tsx tools/test.ts --only checks

format: $(INSTALLED) ## format the code
	@npx --no-install biome check --write .
