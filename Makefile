# Everything starts here: `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
SERVICES := core web consent mailer demo
LOCKS := web consent mailer demo flower build
IMAGES := web consent mailer demo flower
PYTEST_ARGS ?=
SIDE_BY_SIDE := tests/architecture tests/unit tests/servers tests/integration tests/deploy
# Wait for leases more than they work; with the others they would be too slow for their time limits.
FAULTS := tests/faults
# Browsers want the machine for themselves.
ONE_BY_ONE := tests/browser
BENCH_ARGS ?=
RUN_ARGS ?=

# Servers and Debian packages are looked for, and installed where we may, by this script.
INSTALL := tests/servers/install

# Images and the system made of them: `make up SITE_PORT=8888`.
IMAGE_TAG ?= dev
SITE_PORT ?= 8080
MAIL_PORT ?= 8025
BUILD_ARGS ?=
COMPOSE := docker compose --project-name $(or $(COMPOSE_PROJECT_NAME),crate) --file docker/compose.yaml
export IMAGE_TAG SITE_PORT MAIL_PORT

export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV_STAMP := .venv/.stamp
ASSETS_STAMP := services/web/crate_web/static/dist/.stamp
ASSET_SOURCES := $(shell find services/web/assets -type f 2>/dev/null)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z.-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: venv
venv: $(VENV_STAMP) ## Make the virtual environment .venv, from hashed locks

$(VENV_STAMP): requirements/dev.txt $(SERVICES:%=services/%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(INSTALL) build
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation $(SERVICES:%=-e services/%)
	touch $@

.PHONY: assets
assets: $(ASSETS_STAMP) ## Build style sheets and scripts from the npm packages

node_modules/.package-lock.json: package-lock.json
	npm ci --no-progress
	touch $@

$(ASSETS_STAMP): node_modules/.package-lock.json $(ASSET_SOURCES)
	npm run --silent build
	mkdir -p $(@D)
	touch $@

.PHONY: run
run: $(VENV_STAMP) $(ASSETS_STAMP) ## Start every service with demonstration data; Ctrl-C stops all
	@# Bytecode is kept here: it halves the time of the next start.
	@exec $(BIN)/crate-run $(RUN_ARGS)

.PHONY: servers
servers: ## Look for what the tests need; as root on Debian, install what is missing
	$(INSTALL) tests

.PHONY: test
test: $(VENV_STAMP) $(ASSETS_STAMP) servers ## Run the tests (PYTEST_ARGS="-k name" runs some)
ifdef PYTEST_ARGS
	$(BIN)/python -m pytest $(PYTEST_ARGS)
else
	$(BIN)/python -m pytest -n 2 $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -n 2 $(FAULTS)
	$(BIN)/python -m pytest $(ONE_BY_ONE)
endif

.PHONY: lint
lint: $(VENV_STAMP) ## Check style, types, imports, templates and YAML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --quiet --lint --allow-empty-input services
	$(BIN)/yamllint --strict .

.PHONY: format
format: $(VENV_STAMP) ## Format the code and repair what ruff can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV_STAMP) $(ASSETS_STAMP) servers ## Run the benchmarks and print their table (BENCH_ARGS)
	$(BIN)/python -m tests.load $(BENCH_ARGS)

.PHONY: docs
docs: $(VENV_STAMP) ## Write docs/configuration.md anew from the settings
	$(BIN)/crate config document > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md

.PHONY: migration
migration: $(VENV_STAMP) ## Write the migration that the models ask for (NAME="Add a column")
	$(BIN)/python -m crate_core.migrations.writing "$(NAME)"
	$(BIN)/ruff check --fix --quiet services/core/crate_core/migrations/versions
	$(BIN)/ruff format --quiet services/core/crate_core/migrations/versions

# Hashes, but no address of the registry that was asked: whoever installs chooses their own.
COMPILE := env -u PIP_FIND_LINKS $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	$(SERVICES:%=--no-emit-package crate-%)

.PHONY: images
images: ## Build the container images (IMAGE_TAG, BUILD_ARGS="--secret id=ca,src=bundle.pem")
	for image in $(IMAGES); do \
		DOCKER_BUILDKIT=1 docker build --quiet --file docker/Dockerfile --target $$image --tag crate-$$image:$(IMAGE_TAG) \
			--label org.opencontainers.image.version=$(IMAGE_TAG) \
			--label org.opencontainers.image.revision=$$(git rev-parse HEAD 2>/dev/null || echo unknown) \
			$(BUILD_ARGS) .; \
	done

.PHONY: up
up: images ## Start the whole system in containers, with demonstration data (SITE_PORT, MAIL_PORT)
	$(PYTHON) docker/make_secrets.py
	$(COMPOSE) up --detach --remove-orphans
	timeout 60 bash -c 'until (exec 3<>/dev/tcp/127.0.0.1/$(SITE_PORT)) 2>/dev/null; do sleep 0.2; done'
	@$(COMPOSE) logs --no-log-prefix --no-color demo 2>/dev/null
	@echo
	@echo "Site:   http://127.0.0.1:$(SITE_PORT)/crate/"
	@echo "Mails:  http://127.0.0.1:$(MAIL_PORT)/"
	@echo "Flower: http://127.0.0.1:$(SITE_PORT)/crate/flower/  (account: docker/secrets/flower_accounts)"

.PHONY: down
down: ## Stop the containers; their data stay
	$(COMPOSE) down --remove-orphans
	@echo
	@echo "The data stay for the next 'make up'. To delete them, with the passwords that belong to them:"
	@echo "  $(COMPOSE) down --volumes && rm -r docker/secrets"

.PHONY: test-images
test-images: $(VENV_STAMP) images ## Test the images and the system made of them; needs a container engine
	CRATE_TEST_IMAGES=1 $(BIN)/python -m pytest tests/deploy/images -p no:randomly -rP $(PYTEST_ARGS)

# What runs in a test cluster: the images, those of a next version, and the servers of the demonstration.
CLUSTER_IMAGES := $(foreach image,$(IMAGES),crate-$(image):$(IMAGE_TAG) crate-$(image):$(IMAGE_TAG)-next) \
	mariadb:10.11 rabbitmq:3.13-management

.PHONY: next-images
next-images: ## Make images of a next version from those that `make images` built, for test-cluster
	for image in web consent mailer demo; do \
		docker build --quiet --build-arg IMAGE=crate-$$image:$(IMAGE_TAG) --tag crate-$$image:$(IMAGE_TAG)-next tests/deploy/cluster/next; \
	done
	docker tag crate-flower:$(IMAGE_TAG) crate-flower:$(IMAGE_TAG)-next

.PHONY: save-images
save-images: ## Write all images that test-cluster needs to stdout, for the cluster's own loader
	@docker save $(CLUSTER_IMAGES)

.PHONY: test-cluster
test-cluster: $(VENV_STAMP) ## Test the chart on the cluster of KUBECONFIG, which has the images (IMAGE_TAG)
	CRATE_TEST_CLUSTER=1 CRATE_TEST_IMAGE_TAG=$(IMAGE_TAG) $(BIN)/python -m pytest tests/deploy/cluster -p no:randomly -rPs $(PYTEST_ARGS)

.PHONY: chart
chart: $(VENV_STAMP) servers ## Lint and render the chart, check its objects, alerts and plain manifests
	$(BIN)/python -m pytest tests/deploy/chart $(PYTEST_ARGS)

.PHONY: chart-files
chart-files: $(VENV_STAMP) ## Write what of the chart and k8s/ follows from something else
	$(BIN)/python -m charts.generate

.PHONY: lock
lock: $(VENV_STAMP) ## Resolve requirements/*.in and the distributions' needs anew (LOCK_ARGS=--upgrade)
	$(COMPILE) $(LOCK_ARGS) requirements/dev.in -o requirements/dev.txt >/dev/null
	for image in $(LOCKS); do \
		$(COMPILE) -c requirements/dev.txt requirements/$$image.in -o requirements/$$image.txt >/dev/null; \
	done

.PHONY: clean
clean: ## Remove what was built; the demonstration's data in run/ stays
	rm -rf .venv node_modules services/web/crate_web/static/dist build .pytest_cache .mypy_cache .ruff_cache
