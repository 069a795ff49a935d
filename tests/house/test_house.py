"""The rules of the house, read off the manifests, the sources and the documents."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ["lib", "crates", "features", "apps"]
# Inside floor 1 a crate sees those listed before it.
PLATFORM = ["config", "db", "objects", "fetch", "bus", "session", "kernel", "accounts", "jobs", "router", "transport", "http", "testkit"]
# Floor 0 has no runtime, no sockets, no clock and no database.
NOT_IN_LIB = {"tokio", "mio", "socket2", "hyper", "hyper-util", "axum", "rusqlite", "tokio-postgres", "tokio-rustls", "tower",
              "futures-util", "tracing-subscriber", "clap", "anyhow"}
NOT_IN_LIB_SOURCE = re.compile(r"\bstd::(fs|process|env)\b|\bstd::net::(Tcp|Udp|ToSocket)|\bSystemTime\b|\bInstant::now\b|\bthread::sleep\b")
VAGUE = {"util", "utils", "common", "manager", "helper", "helpers", "misc"}
RUST_LINES = 400
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

pytestmark = pytest.mark.once


def manifests() -> dict[tuple[str, str], dict]:
    return {(floor, path.parent.name): tomllib.loads(path.read_text())
            for floor in FLOORS for path in sorted((ROOT / floor).glob("*/Cargo.toml"))}


def dependencies(manifest: dict, kinds=("dependencies", "dev-dependencies", "build-dependencies")) -> dict:
    return {name: value for kind in kinds for name, value in manifest.get(kind, {}).items()}


def rust_files() -> list[Path]:
    folders = [ROOT / floor for floor in FLOORS] + [ROOT / "fuzz"]
    return sorted(path for folder in folders for path in folder.rglob("*.rs") if "target" not in path.parts)


def show(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_dependencies_point_down_only():
    names = {manifest["package"]["name"]: place for place, manifest in manifests().items()}
    wrong = []
    for (floor, folder), manifest in manifests().items():
        for name in dependencies(manifest):
            if name not in names:
                continue
            other, _ = names[name]
            if FLOORS.index(other) > FLOORS.index(floor) or floor == other == "features":
                wrong.append(f"{floor}/{folder} sees {other}/{names[name][1]}")
    assert not wrong, wrong


def test_platform_crates_see_only_those_listed_before_them():
    wrong = []
    for (floor, folder), manifest in manifests().items():
        if floor != "crates":
            continue
        assert folder in PLATFORM, f"crates/{folder} has no place in the list"
        for name in dependencies(manifest, ("dependencies", "build-dependencies")):
            other = name.removeprefix("skein-")
            if other != name and other in PLATFORM and PLATFORM.index(other) >= PLATFORM.index(folder):
                wrong.append(f"{folder} sees {other}")
    assert not wrong, wrong


def test_the_folder_is_the_name():
    for (floor, folder), manifest in manifests().items():
        expected = "skein" if (floor, folder) == ("apps", "skein") else f"skein-{folder}"
        assert manifest["package"]["name"] == expected


def test_lib_has_no_runtime_no_sockets_no_clock_and_no_database():
    wrong = []
    for (floor, folder), manifest in manifests().items():
        if floor == "lib":
            wrong += [f"lib/{folder}: {name}" for name in dependencies(manifest, ("dependencies",)) if name in NOT_IN_LIB]
    for path in rust_files():
        if path.relative_to(ROOT).parts[0] != "lib" or {"tests", "examples", "benches"} & set(path.parts) or path.name == "tests.rs":
            continue
        code = path.read_text().partition("#[cfg(test)]")[0]
        for number, line in enumerate(code.splitlines(), 1):
            if NOT_IN_LIB_SOURCE.search(line.partition("//")[0]):
                wrong.append(f"{show(path)}:{number}: {line.strip()}")
    assert not wrong, wrong


def test_dependencies_come_through_the_workspace_alone():
    wrong = [f"{floor}/{folder}: {name}" for (floor, folder), manifest in manifests().items()
             for name, value in dependencies(manifest).items() if not (isinstance(value, dict) and value.get("workspace"))]
    assert not wrong, wrong


def test_every_foreign_crate_is_accounted_for():
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["dependencies"]
    text = (ROOT / "docs/dependencies.md").read_text()
    missing = [name for name in workspace if not name.startswith("skein-") and f"[{name}]" not in text]
    assert not missing, missing


def test_every_crate_takes_the_lints_of_the_workspace():
    wrong = [f"{floor}/{folder}" for (floor, folder), manifest in manifests().items()
             if manifest.get("lints", {}).get("workspace") is not True]
    assert not wrong, wrong


def test_rust_files_stay_readable():
    long = {show(path): lines for path in rust_files() if (lines := len(path.read_text().splitlines())) > RUST_LINES}
    assert not long, long


def test_nothing_has_a_vague_name():
    folders = [ROOT / floor for floor in FLOORS]
    vague = [show(path) for folder in folders for path in folder.rglob("*")
             if path.stem in VAGUE and "target" not in path.parts and "node_modules" not in path.parts]
    assert not vague, vague


def test_what_must_not_be_shipped_is_no_default():
    manifest = manifests()[("apps", "skein")]
    assert "unsafe-control" not in manifest.get("features", {}).get("default", [])


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def heading_anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+\s+(.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_links_in_documents_lead_somewhere():
    dead = []
    for path in documents():
        for target in LINK.findall(path.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            place = (path.parent / file).resolve() if file else path
            if not place.exists() or (anchor and place.suffix == ".md" and anchor not in heading_anchors(place)):
                dead.append(f"{show(path)}: {target}")
    assert not dead, dead


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "Makefile"])
def test_the_first_documents_are_there(name):
    assert (ROOT / name).stat().st_size > 100
