"""What an installation brings, and what an import costs."""

import configparser
import json
import re
import subprocess
import sys
from importlib.metadata import distribution, requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUNTIME = {"aiohttp", "orjson", "tenacity", "msgspec"}


@pytest.fixture(scope="module")
def metadata() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def name(requirement: str) -> str:
    """Return the name of a requirement, without version and marker."""
    return re.match(r"[\w.-]+", requirement)[0]


def test_four_packages_are_needed_at_run_time():
    """Without an extra, the package requires aiohttp, orjson, tenacity and msgspec, and nothing else."""
    assert {name(entry) for entry in requires("bt_api_py") if "extra ==" not in entry} == RUNTIME


def test_runtime_packages_bring_little():
    """What the four packages require by themselves are small parts of aiohttp."""
    brought = {
        name(entry)
        for package in RUNTIME
        for entry in requires(package) or []
        if not re.search(r"extra\s*==|python_version\s*<", entry)
    }
    assert brought <= {
        "aiohappyeyeballs",
        "aiosignal",
        "attrs",
        "frozenlist",
        "multidict",
        "propcache",
        "yarl",
    } | {"typing_extensions"}


def test_import_is_lean():
    """`import bt_api_py` loads neither the command line's packages nor the simulator nor aiohttp's server."""
    code = "import json, sys, bt_api_py; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    loaded = json.loads(done.stdout)
    unwanted = ("rich", "typer", "click", "pytest", "bt_api_py.simulator", "bt_api_py.cli")
    assert [module for module in loaded if module.startswith(unwanted)] == []


def test_version_has_one_source(metadata):
    """Metadata and command give the version of setup.cfg, and no source repeats it."""
    stated = metadata["metadata"]["version"]
    assert version("bt_api_py") == stated
    command = [sys.executable, "-m", "bt_api_py", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == ["bt-api", stated]
    repeated = [path for path in (ROOT / "bt_api_py").rglob("*.py") if f'"{stated}"' in path.read_text()]
    assert repeated == []
    assert f"## {stated}" in (ROOT / "CHANGELOG.md").read_text()


def test_types_are_shipped():
    """The package declares itself typed."""
    assert (ROOT / "bt_api_py" / "py.typed").is_file()
    assert "py.typed" in (ROOT / "setup.cfg").read_text()


def test_entry_points():
    """The command and the pytest plugin can be loaded."""
    for entry in distribution("bt_api_py").entry_points:
        assert entry.load() is not None


def test_build_backend_is_all_that_pyproject_says():
    """pyproject.toml names the build backend and nothing else."""
    lines = (ROOT / "pyproject.toml").read_text().split("\n")
    lines = [line for line in lines if line]
    assert lines[0] == "[build-system]"
    assert len(lines) == 3


def test_every_extra_of_the_command_is_explained_when_missing():
    """Without the extra `cli`, the command says what to install and ends with 1."""
    code = "import sys; sys.modules['typer'] = None; from bt_api_py.cli import main; sys.exit(main(['--help']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "pip install 'bt_api_py[cli]'" in done.stderr
    assert "Traceback" not in done.stderr
