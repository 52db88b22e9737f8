# Two commands: `make demo` sets up and replays the sample drive, `make test` checks everything.
# Both work offline once they have run.
SHELL := /bin/bash
BIN := .venv/bin

.PHONY: demo test test-fast lint setup weights clean

demo: weights
	$(BIN)/kitt sample
	$(BIN)/kitt replay --force

test: weights lint
	$(BIN)/python -m pytest

test-fast: weights lint
	$(BIN)/python -m pytest -m "not slow"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: .venv/.ready

weights: setup
	$(BIN)/kitt models pull

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	tools/setup.sh
	touch $@

clean:
	rm -rf .venv out drives
