# Reprise. `make demo` and `make test` do all the set-up they need.
.PHONY: demo demo-once test check format setup test-setup

PYTHON ?= python3
RUN := .venv/bin/python

demo: setup
	@exec $(RUN) manage.py demo $(ARGS)

demo-once: setup
	@exec $(RUN) manage.py demo --once $(ARGS)

test: test-setup
	$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy config catalog builder reproduce manage.py
	.venv/bin/lint-imports
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --check --target-version 5.2
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m pytest -q tests/contracts

format: setup
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2

setup:
	@sh deploy/setup.sh $(PYTHON)

test-setup: setup
	@sh deploy/test-setup.sh
