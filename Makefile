# make demo and make test do all set-up themselves (see .ci/setup); the other targets are for maintainers.
.POSIX:
.PHONY: help demo test lint unit slow wheel bench-merge docs cases setup clean

PYTHON =
BIN = .venv/bin

help:
	@echo "make demo         the whole story on a built-in fork"
	@echo "make test         lint and all fast tests"
	@echo "make lint         ruff, mypy and the import contracts"
	@echo "make unit         the fast tests alone"
	@echo "make slow         the slow tiers as well (docs/how-to/run-the-slow-tiers.md)"
	@echo "make wheel        dist/forkmerge-*.whl, checked in an empty environment"
	@echo "make bench-merge  forkmerge merge-file beside git merge-file, in time"
	@echo "make docs         the generated pages of docs/reference"
	@echo "make cases        what merge cases that fall short give today (fixtures/merge/README.md)"
	@echo "make clean        everything that these targets made, the environment too"

setup:
	@PYTHON="$(PYTHON)" ./.ci/setup

demo: setup
	@$(BIN)/forkmerge demo

test: lint unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

slow: setup
	$(BIN)/python -m pytest -q -n 2

wheel: setup
	@rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation
	./.ci/check-wheel dist/forkmerge-*.whl

bench-merge: setup
	$(BIN)/python tests/benchmarks/merge_file.py

docs: setup
	$(BIN)/python docs/generate_cli.py

cases: setup
	@cd tests && ../$(BIN)/python -m support.cases

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
