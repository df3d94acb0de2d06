# The short name of every intention. Each sets up what it needs; what is fetched is kept in ~/.cache/firesteel.
#   SPARK="4.0.1"  SUITE=firesteel.ml.CnnClassifierSuite  TEST="-k name"   narrow test-jvm and test-python
#   BENCH_ROUNDS=1  BENCH_NETWORKS="mobilenet_v2 resnet18"   narrow bench
SETUP = @python3 .make/setup.py
IN    = @python3 .make/environment.py
TEST_PY = @python3 .make/test.py
BENCH = @python3 .make/environment.py --venv bench python

.PHONY: help demo jar test test-rust test-jvm test-python lint format test-all test-again bench clean
.NOTPARALLEL:

help: ## lists these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: ## trains a network on digits in Spark, from nothing
	$(SETUP) demo
	@python3 .make/demo.py

jar: ## builds the jar with both native libraries, and the examples' jar, into jvm/build/libs
	$(SETUP) jar
	$(IN) gradle --no-daemon --console=plain jar examplesJar

test: ## all linters and tests, on the newest and the oldest Spark
	$(SETUP) test
	$(TEST_PY) lint rust jvm python

test-rust: ## the Rust tests
	$(SETUP) test
	$(TEST_PY) rust

test-jvm: ## the Scala tests
	$(SETUP) test
	$(TEST_PY) jvm

test-python: ## the Python tests
	$(SETUP) test
	$(TEST_PY) python

lint: ## the linters alone
	$(SETUP) test
	$(TEST_PY) lint

format: ## formats all sources
	$(SETUP) test
	$(IN) cargo fmt --all
	$(IN) gradle --no-daemon -q scalafmtWrite
	$(IN) ruff check -q --fix .
	$(IN) ruff format -q .

test-all: ## test on every supported Spark, with slow tests and licences; writes tests/RESULTS.md
	$(SETUP) test-all
	$(TEST_PY) all

test-again: ## those stages again that failed in the last test-all
	$(SETUP) test-all
	$(TEST_PY) all again

bench: ## the benchmarks, beside PyTorch, OpenVINO, ONNX Runtime and Rust's crates
	$(SETUP) bench
	$(IN) gradle --no-daemon --console=plain -q jar
	$(BENCH) tests/bench/engine.py
	$(BENCH) tests/bench/images.py
	$(BENCH) tests/bench/photos.py
	$(BENCH) tests/bench/first_photos.py
	$(BENCH) tests/bench/run.py

clean: ## removes what was built (the cache stays)
	rm -rf target jvm/build .gradle
