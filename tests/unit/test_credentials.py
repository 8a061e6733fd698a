"""Who asks which cluster: kubeconfigs as kubectl reads them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sdep.cluster.credentials import load
from sdep.errors import InvalidError


def config(name: str, user: dict[str, Any] | None = None, **cluster: object) -> dict[str, Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}/", **cluster}}],
        "users": [{"name": name, "user": user or {"token": f"token-{name}"}}],
    }


def written(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_the_current_context_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    both = config("one")
    for kind, entries in config("two").items():
        if kind != "current-context":
            both[kind] += entries
    path = written(tmp_path / "config", both)
    assert load(path).server == "https://one"
    assert (load(path, "two").server, load(path, "two").namespace) == ("https://two", "ns-two")


def test_the_files_of_kubeconfig_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = written(tmp_path / "one", config("one")), written(tmp_path / "two", config("two"))
    monkeypatch.setenv("KUBECONFIG", f"{one}:{tmp_path / 'none'}:{two}")
    assert load().current_token() == "token-one"
    assert load(context="two").current_token() == "token-two"


def test_a_context_that_there_is_none_of_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"has no context 'x'; it has: one"):
        load(written(tmp_path / "config", config("one")), "x")


def test_files_that_a_kubeconfig_names_are_beside_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fresh\n")
    path = written(tmp_path / "config", config("one", {"tokenFile": "token"}))
    assert load(path).current_token() == "fresh"


def test_a_program_gives_the_token_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    answer = json.dumps({"kind": "ExecCredential", "status": {"token": "from-program"}})
    spec = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", f"import os; assert 'KUBERNETES_EXEC_INFO' in os.environ; print({answer!r})"],
    }
    assert load(written(tmp_path / "config", config("one", {"exec": spec}))).current_token() == "from-program"


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    spec = {"apiVersion": "v1", "command": sys.executable, "args": ["-c", "raise SystemExit('log in first')"]}
    with pytest.raises(InvalidError, match=r"gives no credentials: log in first"):
        load(written(tmp_path / "config", config("one", {"exec": spec})))


def test_a_cluster_whose_certificate_is_not_to_be_checked_is_not_checked(tmp_path: Path) -> None:
    path = written(tmp_path / "config", config("one", **{"insecure-skip-tls-verify": True}))
    assert not load(path).ssl_context().check_hostname
