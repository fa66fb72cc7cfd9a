# make demo and make test do all set-up themselves (see .ci/setup); the other targets are for maintainers.
.POSIX:
.PHONY: help demo test lint unit slow wheel bench-merge bench-whole bench-evaluation bench-files bench-merges docs cases setup clean

PYTHON =
BIN = .venv/bin
CASES = cases
MERGES = merges.json
WORK = work
REPO = .
ARGS =

help:
	@echo "make demo         the whole story on a built-in fork"
	@echo "make test         lint and all fast tests"
	@echo "make lint         ruff, mypy and the import contracts"
	@echo "make unit         the fast tests alone"
	@echo "make slow         the slow tiers as well (docs/how-to/run-the-slow-tiers.md)"
	@echo "make wheel        dist/forkmerge-*.whl, checked in an empty environment"
	@echo "make bench-merge  forkmerge merge-file beside git merge-file, in time"
	@echo "make bench-whole  one forkmerge merge beside 50 calls of the driver, in time"
	@echo "make bench-evaluation  what a test run costs beyond the tests, and what a second worker brings"
	@echo "make bench-align  forkmerge align, in time over what changed: REPO=FOLDER"
	@echo "make bench-files  forkmerge merge-file on files of real merges: CASES=FOLDER"
	@echo "make bench-merges forkmerge propose on whole real merges: MERGES=FILE WORK=FOLDER"
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

bench-whole: setup
	$(BIN)/python tests/benchmarks/whole_merge.py

bench-evaluation: setup
	@PYTHONPATH=tests:. $(BIN)/python -m benchmarks.evaluation overhead
	@PYTHONPATH=tests:. $(BIN)/python -m benchmarks.evaluation workers --files 200 --seconds 4 --jobs 8
	@PYTHONPATH=tests:. $(BIN)/python -m benchmarks.evaluation workers --files 200 --seconds 4 --jobs 8 --cluster

bench-align: setup
	$(BIN)/python tests/benchmarks/alignment.py "$(REPO)" $(ARGS)

# both need what docs/how-to/measure-on-real-merges.md tells how to get; ARGS goes to the command
bench-files: setup
	@PYTHONPATH=tests:. $(BIN)/python -m quality.file_merges "$(CASES)" --sample 1000 --kind conflict $(ARGS)
	@PYTHONPATH=tests:. $(BIN)/python -m quality.file_merges "$(CASES)" --sample 1000 --kind clean $(ARGS)

bench-merges: setup
	@PYTHONPATH=tests:. $(BIN)/python -m quality.real_merges "$(MERGES)" --work "$(WORK)" $(ARGS)

docs: setup
	$(BIN)/python docs/generate_cli.py
	$(BIN)/python docs/generate_languages.py

cases: setup
	@cd tests && ../$(BIN)/python -m support.cases

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
