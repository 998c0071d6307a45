# Each target is one line on start.py, which sets up .venv and runs a command in it.
#   make lab                       make test ARGS="-k ledger"                make lab PYTHON=python3.12
PYTHON ?= python3
ARGS ?=

.PHONY: lab test build bench pictures lock
lab test build bench pictures lock:
	@"$(PYTHON)" start.py $@ $(ARGS)
