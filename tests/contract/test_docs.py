"""The pages say what there is: every path, target, command, option, value, reason and metric that they name exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
import yaml

from demo.target import IMAGES
from sdep.admission.judge import judge
from sdep.api.defaults import with_defaults
from sdep.api.seldon_deployment import parse
from sdep.cli.grammar import commands
from sdep.operator import metrics
from sdep.settings import PREFIX, OperatorSettings
from sdep.status import conditions

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sdep"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
    + [page for folder in ("examples", "demo", "node", "charts") for page in (ROOT / folder).glob("**/README.md")]
)
ABOUT_THE_CODE = [ARCHITECTURE, *sorted((ROOT / "docs" / "decisions").glob("*.md"))]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"[A-Za-z0-9_.][\w.*-]*(/[\w.*-]+)*/?")
FILE = re.compile(r"\.(py|md|ya?ml|toml|json|lua|tpl|proto|csv|txt)$")
COMMAND = re.compile(
    r"(?:^|&&|\||;|\buntil |<\()\s*(?:\$ )?(?:kubectl )?sdep (?P<name>[a-z]+)(?P<rest>[^#|&;>)\n]*)", re.MULTILINE
)
REASON = re.compile(r"[A-Z][a-z]+([A-Z][a-z]+)*")
MADE_OF_PARTS = {f"SDEP_{name.upper()}_IMAGE" for name in IMAGES}
"""Variables whose name no source has in one piece."""
IN_NO_STATUS = (
    "cli/",
    "runtime/",
    "diagnosis/",
    "pipelines/",
    "operator/discovery.py",
    "operator/election.py",
    "operator/page/",
    "cluster/credentials.py",
    "cluster/exec_credential.py",
    "cluster/rollout_command.py",
    "cluster/viewer.py",
)
"""Errors of these end in a log of a program or of a pipeline's step, on a terminal or in a browser."""
TRIED_AGAIN = {"Conflict"}
"""Ends one look, which is repeated soon: no condition has it."""

ids = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@ids
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(_prose(page)) if not link.startswith("http") and not _leads(page, link)]
    assert broken == []


@ids
def test_every_path_of_the_project_exists(page: Path) -> None:
    assert [path for path in _paths(page) if not _exists(page, path)] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/guides/*.md")), ids=lambda page: page.stem)
def test_every_manifest_of_a_guide_is_accepted(page: Path) -> None:
    """Whole SeldonDeployments, that is, and without a warning."""
    written = [yaml.safe_load(text) for language, text in FENCE.findall(page.read_text()) if language == "yaml"]
    whole = [body for body in written if isinstance(body, dict) and body.get("kind") == "SeldonDeployment"]
    assert [judge(with_defaults(parse(body)), OperatorSettings(runtime_image="runtime")) for body in whole] == [
        ()
    ] * len(whole)


@ids
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for code in _code(page)
        for words in re.findall(r"^\s*make((?: [a-z-]+)+)", code, re.MULTILINE)
        for target in words.split()
    }
    assert named - targets == set()


@ids
def test_every_command_and_its_options_exist(page: Path) -> None:
    known = {command.name: {name for option in command.options for name in option.names} for command in commands()}
    wrong = [
        f"sdep {found['name']} {option}".strip()
        for code in _code(page)
        for found in COMMAND.finditer(code)
        for option in ["", *re.findall(r"(?<=\s)--?[a-z][a-z-]*", re.sub(r"'[^']*'", "", found["rest"]))]
        if found["name"] not in known or (option and option not in known[found["name"]])
    ]
    assert wrong == []


@ids
def test_every_value_and_setting_that_is_set_exists(page: Path) -> None:
    """What stands after --set is a value of the chart, or a setting for the command line; variables are of the source."""
    text = page.read_text()
    known = _values(yaml.safe_load((ROOT / "charts" / "sdep-operator" / "values.yaml").read_text()))
    known |= set(OperatorSettings.model_fields) | {"NAME"}
    assert set(re.findall(r"--set(?:-json)? '?([\w.]+)=", text)) - known == set()
    variables = set(re.findall(r"\bSDEP_[A-Z_]*[A-Z]\b", text))
    settings = {f"{PREFIX}{name.upper()}" for name in OperatorSettings.model_fields}
    source = "".join(
        file.read_text() for folder in ("src", "demo", "tests") for file in (ROOT / folder).glob("**/*.py")
    )
    assert [variable for variable in variables - settings - MADE_OF_PARTS if variable not in source] == []


def test_the_table_of_conditions_has_every_reason_of_the_code_and_no_other() -> None:
    told = {word for _, _, reasons, _ in _conditions() for word in SPAN.findall(reasons)}
    used = _reasons()
    assert used - told - TRIED_AGAIN == set(), "reasons that the table lacks"
    source = "".join(file.read_text() for file in SOURCE.glob("**/*.py"))
    assert [reason for reason in sorted(told) if f'"{reason}"' not in source] == [], "reasons that no code gives"


def test_the_table_of_conditions_has_every_condition() -> None:
    given = set(re.findall(r'_condition\(\s*"(\w+)"', (SOURCE / "status" / "conditions.py").read_text()))
    assert {word for kind, *_ in _conditions() for word in SPAN.findall(kind)} == given | set(conditions._KINDS)


def test_the_list_of_where_reasons_come_from_is_whole() -> None:
    sentence = re.search(r"^Reasons come from (.*?)\.$", ARCHITECTURE.read_text(), re.MULTILINE | re.DOTALL)
    assert sentence
    sources = [span for span in SPAN.findall(sentence[1]) if "/" in span or span.endswith(".py")]
    reasons = {file: found for file in _status_files() if (found := set(_reasons_of(file)))}
    assert [str(file) for file in reasons if not str(file.relative_to(SOURCE)).startswith(tuple(sources))] == []


def test_architecture_names_every_metric_of_the_operator_and_of_the_runtime() -> None:
    ours = {
        f"{metric._name}_total" if isinstance(metric, prometheus_client.Counter) else metric._name
        for metric in vars(metrics).values()
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase)
    }
    for file in (SOURCE / "runtime").rglob("*.py"):
        ours |= set(re.findall(r"\bsdep_runtime_[a-z_]+", file.read_text()))
    text = ARCHITECTURE.read_text()
    runtime = "".join((SOURCE / file).read_text() for file in ("runtime/metrics.py", "evidence/exposed.py"))
    assert [name for name in re.findall(r"`(seldon_[a-z_]+)`", text) if name not in runtime] == []
    assert set(re.findall(r"`(sdep_[a-z_]+)`", text)) == ours | set(re.findall(r'"(sdep_[a-z_]+)"', runtime))


def test_architecture_names_every_event() -> None:
    (paragraph,) = re.findall(
        r"^Each change is said once as an event.*?\n\n", ARCHITECTURE.read_text(), re.MULTILINE | re.DOTALL
    )
    source = "".join((SOURCE / "operator" / name).read_text() for name in ("announce.py", "children.py"))
    given = re.findall(r'emit\(\s*sdep, "Normal", "(\w+)"', source)
    given += re.findall(r'_record\("(\w+)"', source) + re.findall(r'_record\("(?:\w+)" if [^"]* else "(\w+)"', source)
    assert set(given) >= {"Created", "ModelMoved"}
    assert set(given) - set(SPAN.findall(paragraph)) == set()


def test_the_layers_of_architecture_are_those_that_are_checked() -> None:
    (written,) = re.findall(r"^## Layers$.*?^```text\n(.*?)^```$", ARCHITECTURE.read_text(), re.MULTILINE | re.DOTALL)
    checked = re.search(r"^layers = \[\n(.*?)^\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    assert checked
    assert [re.split(r"\s{2,}", line)[0] for line in written.splitlines()] == re.findall(r'"(.*?)"', checked[1])


def _prose(page: Path) -> str:
    return SPAN.sub("", FENCE.sub("", page.read_text()))


def _code(page: Path) -> Iterator[str]:
    """Fenced blocks without their comments, indented blocks and code spans."""
    text = page.read_text()
    yield from (re.sub(r"\s#.*", "", block) for _, block in FENCE.findall(text))
    rest = FENCE.sub("", text)
    yield "\n".join(line.strip() for line in rest.splitlines() if line.startswith("    "))
    yield from SPAN.findall(rest)


def _paths(page: Path) -> Iterator[str]:
    """Code spans that name a file: of the project's own folders everywhere, of the package where a page is about the code."""
    top = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    for span in SPAN.findall(FENCE.sub("", page.read_text())):
        if not PATH.fullmatch(span):
            continue
        head, slash, _ = span.partition("/")
        names_a_file = FILE.search(span) or span.endswith("/")
        if (slash and head in top) or (page in ABOUT_THE_CODE and names_a_file):
            yield span


def _exists(page: Path, path: str) -> bool:
    """From the top, from the page, from the package; a bare name of a file may be anywhere in the project."""
    if any(any(base.glob(path.rstrip("/"))) for base in (ROOT, page.parent, SOURCE, SOURCE / "runtime")):
        return True
    folders = ("src", "charts", "docs", "tests", "requirements")
    return "/" not in path and any(any((ROOT / folder).rglob(path)) for folder in folders)


def _leads(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file) if file else page
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in target.read_text().splitlines() if line.startswith("#")}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


def _values(values: dict[str, object], prefix: str = "") -> set[str]:
    found = set()
    for name, value in values.items():
        found.add(prefix + name)
        if isinstance(value, dict):
            found |= _values(value, f"{prefix}{name}.")
    return found


def _conditions() -> list[list[str]]:
    """The rows of the table: condition, status, reason, meaning."""
    (table,) = re.findall(r"^\| condition \|.*?\n\n", ARCHITECTURE.read_text(), re.MULTILINE | re.DOTALL)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.strip().splitlines()[2:]]


def _status_files() -> list[Path]:
    files = sorted(SOURCE.glob("**/*.py"))
    return [file for file in files if not str(file.relative_to(SOURCE)).startswith(IN_NO_STATUS)]


def _reasons() -> set[str]:
    return {reason for file in _status_files() for reason in _reasons_of(file)}


def _reasons_of(file: Path) -> Iterator[str]:
    """Reasons that a file gives: first words of errors, second of problems, whatever is assigned or passed as `reason`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            place = {"InvalidError": 0, "TransientError": 0, "Trouble": 0, "stalled": 0, "Problem": 1}.get(
                _called(node)
            )
            given = [*(node.args[place : place + 1] if place is not None else ())]
            given += [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
        elif isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id == "reason" for name in node.targets
        ):
            given = [node.value]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "reason":
            given = list(ast.walk(node.annotation))  # a Literal
        else:
            continue
        yield from (word for value in given for word in _words(value))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _words(value: ast.AST) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from (word for side in (value.body, value.orelse) for word in _words(side))
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and REASON.fullmatch(value.value):
        yield value.value
