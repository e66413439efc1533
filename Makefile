# The two commands a newcomer needs: `make demo` and `make test`. Each sets up what it needs in a virtual environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Further extras for the development environment, e.g. `make test EXTRAS=,train`.
EXTRAS ?=

.PHONY: demo test lint format bench clean

demo: $(VENV)/.core
	$(BIN)/posewright demo

test: lint
	-$(BIN)/posewright models fetch blazepose-detector blazepose-full
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev$(EXTRAS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev$(EXTRAS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Whole-command speed against MediaPipe's own Python API, on CLIP.
CLIP ?= src/posewright/data/sample/walk_wave.mp4
bench: $(VENV)/.dev$(EXTRAS)
	$(BIN)/python benchmarks/end_to_end.py $(CLIP)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.dev$(EXTRAS): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -e '.[dev$(EXTRAS)]'
	touch $(VENV)/.core '$@'

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
