# Two commands do everything: `make demo` shows the main job on a real cluster, `make test` runs every test.
.DEFAULT_GOAL := help
.PHONY: help demo demo-down test check unit golden node-tests cluster cluster-down images generate compatibility lock bench-operator bench-rollback bench-serving bench-drift bench-explain bench-judge
PYTHON := .venv/bin/python
export UV_SYSTEM_CERTS := 1

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-16s %s\n", $$1, $$2}'

.venv/ready: requirements/install requirements/dev.txt pyproject.toml
	@requirements/install

demo: .venv/ready ## train models in MLflow, serve them in five patterns, send traffic, print what happened
	@$(PYTHON) -m demo up

demo-down: .venv/ready ## remove all that the demo made
	@$(PYTHON) -m demo down

test: .venv/ready ## lint, types, import rules, unit and golden tests, and the tests on a real node
	@$(PYTHON) -m tests

check: .venv/ready ## the part of the tests that needs no cluster
	@$(PYTHON) -m tests --no-node

cluster: .venv/ready ## start the local Kubernetes node (KUBECONFIG=.cluster/kubeconfig)
	@$(PYTHON) -m node up

images: .venv/ready ## build the images into the local node
	@$(PYTHON) -m node images

cluster-down: .venv/ready ## remove the local node and every trace of it
	@$(PYTHON) -m node down

golden: .venv/ready ## write the golden files anew; look at the diff
	@SDEP_GOLDEN=write $(PYTHON) -m pytest -q tests/golden

generate: .venv/ready ## write the CRD anew from src/sdep/api, the chart's tables and dashboards, the chart as one file, and the components of Kubeflow
	@$(PYTHON) -m grpc_tools.protoc -Isrc --python_out=src --pyi_out=src src/sdep/runtime/rpc/*.proto
	@.venv/bin/sdep crd > crds/seldondeployments.yaml && cp crds/seldondeployments.yaml charts/sdep-operator/files/crd.yaml
	@PYTHONPATH=src $$($(PYTHON) -c 'from bench.environment import python_of; print(python_of("pipelines"))') -m sdep.pipelines pipelines
	@$(PYTHON) -m charts.document
	@$(PYTHON) -m charts.boards
	@(cat charts/namespace.yaml; PATH=$(CURDIR)/.cluster/bin:$$PATH helm template sdep-operator charts/sdep-operator -n seldon-system --skip-tests) \
	    > charts/sdep-operator.yaml

compatibility: .venv/ready ## count others' manifests and write the tables of docs/compatibility.md anew
	@$(PYTHON) -m tests.contract.compatibility

lock: .venv/ready ## lock the newest allowed versions of all dependencies
	@requirements/lock .tools/bin/uv

OBJECTS ?= 1 100
bench-operator: .venv/ready ## how fast the operator is, with 1 and 100 objects; the whole table: OBJECTS="1 100 500 1000"
	@$(PYTHON) -m bench.operator --objects $(shell echo $(OBJECTS) | tr ' ' ,)

bench-rollback: .venv/ready ## how soon a bad canary is turned back on a real node, and how many requests saw it
	@$(PYTHON) -m bench.rollback

bench-serving: .venv/ready ## how fast a model answers, beside other servers, on loopback (ten minutes)
	@$(PYTHON) -m bench.serving

bench-drift: .venv/ready ## how soon generated drift is found, and how often none is called drift, beside published detectors (minutes)
	@$(PYTHON) -m bench.drift

bench-judge: .venv/ready ## how often a good canary is turned back, how soon a bad one, in simulated rollouts (minutes)
	@$(PYTHON) -m bench.judge

bench-explain: .venv/ready ## how right and how fast explanations are, beside the shap library, on loopback (minutes)
	@$(PYTHON) -m bench.explain
