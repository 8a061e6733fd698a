"""`sdep lint`: the operator's rules with the lines of the file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sdep.cli import main

GOOD = """\
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: prices}
spec:
  predictors:
  - name: main
    graph: {modelUri: "models:/price@champion"}
"""


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["lint", *arguments])
    return code, capsys.readouterr().out.splitlines()


def written(folder: Path, text: str, name: str = "a.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_manifest_that_keeps_the_rules_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(capsys, written(tmp_path, GOOD)) == (0, [])


def test_an_error_is_reported_with_the_line_of_its_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, GOOD.replace("name: main", "name: Main"))
    code, lines = lint(capsys, file)
    assert code == 1
    assert lines[0].startswith(f"{file}:6: error spec.predictors[0].name: 'Main' is no DNS label")


def test_the_line_is_that_of_the_document_in_a_file_of_several(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "kind: ConfigMap\nmetadata: {name: x}\n---\n"
    file = written(tmp_path, other + GOOD + "---\n" + GOOD.replace("name: main", "name: Main"))
    _, lines = lint(capsys, file)
    assert [line.split(":")[1] for line in lines] == ["17"]


def test_a_unit_whose_name_is_a_default_is_found_by_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = """
      implementation: AVERAGE_COMBINER
      children:
      - modelUri: models:/price@champion
      - implementation: NO_SUCH_SERVER
        modelUri: s3://models/other
"""
    file = written(tmp_path, GOOD.replace(' {modelUri: "models:/price@champion"}\n', graph))
    _, lines = lint(capsys, file)
    assert len(lines) == 1
    assert lines[0].startswith(f"{file}:11: error spec.predictors[0].graph[s3].implementation")


def test_every_fault_of_a_manifest_that_cannot_be_read_has_its_own_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD.replace("- name: main\n", '- name: 7\n    replicas: "2"\n')
    code, lines = lint(capsys, written(tmp_path, text))
    assert code == 1
    assert [line.split(" ")[0].split(":")[-2] for line in lines] == ["6", "7"]


def test_a_file_that_is_no_yaml_is_an_error_at_its_line_and_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = written(tmp_path, "kind: SeldonDeployment\nspec: [\n", "broken.yaml")
    bad = written(tmp_path, GOOD.replace("name: main", "name: Main"), "z.yaml")
    code, lines = lint(capsys, broken, bad)
    assert code == 1
    assert lines[0].startswith(f"{broken}:3: error no YAML")
    assert lines[1].startswith(f"{bad}:6: error")


def test_an_unknown_field_is_a_warning_with_the_field_that_was_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, GOOD.replace("- name: main\n", "- name: main\n    replcas: 2\n"))
    code, lines = lint(capsys, file)
    assert code == 0
    assert lines == [
        f"{file}:7: warning spec.predictors[0].replcas: unknown field, which the API server drops; did you mean replicas?"
    ]


def test_warnings_fail_where_strict_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, GOOD.replace("- name: main\n", "- name: main\n    replcas: 2\n"))
    assert lint(capsys, "--strict", file)[0] == 1


def test_a_key_that_is_written_twice_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, GOOD.replace("- name: main\n", "- name: main\n    name: other\n"))
    assert lint(capsys, file)[1] == [f"{file}:7: warning name: 'name' is written twice here: the last one wins"]


def test_a_broken_hold_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = GOOD.replace("{name: prices}", '{name: prices, annotations: {sdep.io/hold: "["}}')
    code, lines = lint(capsys, written(tmp_path, held))
    assert code == 0
    assert "metadata.annotations[sdep.io/hold]: is no JSON object" in lines[0]


def test_a_directory_is_read_as_a_whole_and_other_kinds_are_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep", GOOD.replace("name: main", "name: Main"))
    written(tmp_path, "kind: Service\n", "b.yml")
    written(tmp_path, "not: [yaml", "c.txt")
    main(["lint", "-o", "json", str(tmp_path)])
    report = json.loads(capsys.readouterr().out)
    assert (report["checked"], report["errors"]) == (1, 1)
    assert report["findings"][0] | {"message": ""} == {
        "file": str(tmp_path / "deep" / "a.yaml"),
        "line": 6,
        "severity": "error",
        "reason": "InvalidManifest",
        "object": "prices",
        "field": "spec.predictors[0].name",
        "message": "",
    }


def test_the_items_of_a_list_on_standard_input_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    item = GOOD.replace("name: main", "name: Main").replace("\n", "\n  ").rstrip()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"kind: List\nitems:\n- {item}\n"))
    code, lines = lint(capsys, "-")
    assert code == 1
    assert lines[0].startswith("<stdin>:8: error spec.predictors[0].name")


def test_a_file_that_is_not_there_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "no-such-file.yaml"]) == 3
    assert capsys.readouterr().err == "sdep lint: FileUnreadable: no-such-file.yaml: No such file or directory\n"
