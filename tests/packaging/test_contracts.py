"""The import contracts of pyproject.toml, each broken on purpose in a small tree of empty modules."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUBJECTS = (
    "site",
    "packages",
    "storage_network",
    "storage_guard",
    "iscsi",
    "multipath",
    "cluster",
    "lvm",
    "xen",
    "migration",
    "console",
    "reboot",
)
PACKAGES = (
    "cli",
    "engine",
    "formats",
    "hosts",
    "model",
    "probes",
    "remote",
    "simulator",
    "steps",
    *(f"steps/{name}" for name in SUBJECTS),
    "steps/rhcs",
)
MODULES = (
    "tui_installer/__main__.py",
    "tui_installer/composition.py",
    "tui_installer/model/change.py",
    "tui_installer/engine/engine.py",
    "tui_installer/hosts/host.py",
    "tui_installer/model/step.py",
    "tui_installer/formats/blocks.py",
    "tui_installer/probes/iscsi.py",
    "tui_installer/simulator/san.py",
    "tui_installer/steps/iscsi/corosync.py",
    "tui_installer/steps/lvm/corosync.py",
    "tui_installer/steps/lvm/rhcs.py",
    "screens/app.py",
    "screens/plain/session.py",
)
ALLOWED = {
    "tui_installer/__main__.py": "import tui_installer.composition\n",
    "tui_installer/composition.py": "import screens.app\nfrom tui_installer import engine, steps\n",
    "tui_installer/hosts/local.py": "import sh\n",
    "tui_installer/probes/iscsi.py": "import tui_installer.formats.blocks, tui_installer.hosts.host\n",
    "tui_installer/simulator/san.py": "from tui_installer.hosts.host import File\n",
    "tui_installer/steps/iscsi/corosync.py": "import tui_installer.formats.blocks, tui_installer.probes.iscsi\n",
    "tui_installer/steps/__init__.py": "from tui_installer.steps import iscsi, lvm\n",
    "tui_installer/engine/engine.py": "from tui_installer.hosts import host\nfrom tui_installer.model import step\n",
    "screens/app.py": "import textual\nfrom tui_installer import engine\n",
}
BROKEN = [
    ("layers", "tui_installer/formats/blocks.py", "import tui_installer.hosts.host"),
    ("layers", "tui_installer/formats/blocks.py", "import tui_installer.model.change"),
    ("layers", "tui_installer/astray.py", ""),
    ("releases", "tui_installer/steps/rhcs/release.py", "import tui_installer.steps.lvm.corosync"),
    ("layers", "tui_installer/probes/iscsi.py", "import tui_installer.steps.iscsi.corosync"),
    ("layers", "tui_installer/engine/engine.py", "import tui_installer.steps"),
    ("sh", "tui_installer/probes/iscsi.py", "import sh"),
    ("headless", "tui_installer/engine/engine.py", "import textual.app"),
    ("headless", "tui_installer/model/step.py", "import screens.app"),
    ("simulator", "tui_installer/simulator/san.py", "import tui_installer.formats.blocks"),
    ("steps", "tui_installer/steps/lvm/corosync.py", "import tui_installer.steps.iscsi.corosync"),
    ("siblings", "tui_installer/steps/lvm/rhcs.py", "import tui_installer.steps.lvm.corosync"),
    ("siblings-too", "tui_installer/steps/lvm/corosync.py", "import tui_installer.steps.lvm.rhcs"),
    ("screens", "screens/app.py", "import subprocess"),
    ("screens", "screens/app.py", "import tui_installer.probes.iscsi"),
    ("plain", "screens/plain/session.py", "import textual.app"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of modules that import only what they may."""
    packages = ("screens", "screens/plain", "tui_installer", *(f"tui_installer/{name}" for name in PACKAGES))
    for path in (*(f"{name}/__init__.py" for name in packages), *MODULES):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(ALLOWED.get(path, ""))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree."""
    argv = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *options]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(argv, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_what_is_allowed_passes_all_contracts(tree: Path) -> None:
    done = lint(tree)
    assert (done.returncode, "0 broken" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(("contract", "path", "statement"), BROKEN)
def test_a_contract_is_broken_by(tree: Path, contract: str, path: str, statement: str) -> None:
    with (tree / path).open("a") as module:
        module.write(statement + "\n")
    done = lint(tree, "--contract", contract)
    assert (done.returncode, "1 broken" in done.stdout) == (1, True), done.stdout


def imported(module: Path) -> Iterator[str]:
    """What a module imports, by full name; `from . import x` in a package counts as the package's."""
    package = ".".join(module.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = package.rsplit(".", node.level - 1)[0] if node.level else ""
            yield ".".join(filter(None, (parent, node.module)))


def test_formats_import_no_other_module_of_the_project() -> None:
    modules = sorted((ROOT / "tui_installer/formats").glob("*.py"))
    names = {name for module in modules for name in imported(module)}
    assert modules
    assert {name for name in names if re.match(r"(tui_installer|screens)(?!\.formats)\b", name)} == set()
