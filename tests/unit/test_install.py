from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts import install
from tests.fakes.sockets import listening

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
FROM_PIPS_OWN = ["install", "--no-deps", "torch==2.13.0"]
CPU_PLAN = [{"metadata": {"name": "torch", "requires_dist": ["filelock", "sympy>=1.13.3"]}}]
CUDA_PLAN = [{"metadata": {"name": "torch", "requires_dist": ["filelock", "nvidia-cudnn-cu13==9; platform_system"]}}]


@pytest.fixture(autouse=True)
def _fresh_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_installed", lambda _name: None)
    monkeypatch.delenv("TORCH_INDEX", raising=False)


def _install_torch(
    *, platform: str = "linux", reachable: bool = True, plan: list[dict[str, Any]] = CPU_PLAN
) -> tuple[list[str], list[list[str]]]:
    """Return the indexes that were probed and what pip was asked."""
    probed: list[str] = []
    ran: list[list[str]] = []

    def probe(index: str) -> bool:
        probed.append(index)
        return reachable

    def run(arguments: Sequence[str]) -> None:
        ran.append(list(arguments))

    install.install_torch(wanted="2.13.0", platform=platform, reachable=probe, report=lambda _: plan, run=run)
    return probed, ran


def test_takes_the_cpu_build_from_pytorch_where_it_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert _install_torch() == ([CPU_INDEX], [[*FROM_PIPS_OWN, "--index-url", CPU_INDEX]])
    assert capsys.readouterr().out == f"torch 2.13.0: the CPU build, from {CPU_INDEX}\n"


def test_takes_pips_own_index_where_pytorch_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert _install_torch(reachable=False) == ([CPU_INDEX], [FROM_PIPS_OWN])
    assert capsys.readouterr().out == "torch 2.13.0: the CPU build, from your package index\n"


def test_says_so_before_gigabytes_of_gpu_libraries_are_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    _install_torch(reachable=False, plan=CUDA_PLAN)
    assert capsys.readouterr().out == (
        "torch 2.13.0: PyTorch's CPU builds cannot be reached, so it comes from your package index with GPU libraries "
        "of several gigabytes; to avoid that, stop, and name an index of CPU builds with TORCH_INDEX=…\n"
    )


def test_torch_index_names_another_index_of_cpu_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_INDEX", "https://mirror.example.org/cpu")
    probed, ran = _install_torch()
    assert probed == ["https://mirror.example.org/cpu"]
    assert ran == [[*FROM_PIPS_OWN, "--index-url", "https://mirror.example.org/cpu"]]


def test_an_empty_torch_index_asks_pips_own_index_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_INDEX", "")
    assert _install_torch() == ([], [FROM_PIPS_OWN])


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_systems_whose_ordinary_torch_is_the_cpu_build_ask_no_other_index(platform: str) -> None:
    assert _install_torch(platform=platform) == ([], [FROM_PIPS_OWN])


@pytest.mark.parametrize("have", ["2.13.0", "2.13.0+cpu"])
def test_leaves_the_right_torch_alone(have: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_installed", lambda _name: have)
    assert _install_torch() == ([], [])


def test_replaces_another_version_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_installed", lambda _name: "2.12.0+cpu")
    assert _install_torch()[1] == [[*FROM_PIPS_OWN, "--index-url", CPU_INDEX]]


def test_an_index_that_accepts_and_stays_silent_counts_as_unreachable() -> None:
    with listening() as port:
        assert install.answers(f"http://127.0.0.1:{port}", timeout_s=0.2) is False


def test_an_index_that_refuses_counts_as_unreachable() -> None:
    with listening() as port:
        pass
    assert install.answers(f"http://127.0.0.1:{port}", timeout_s=2) is False


def test_an_index_that_answers_is_reachable() -> None:
    program = "import http.server as h, sys\n" + (
        "class Index(h.BaseHTTPRequestHandler):\n"
        "    def do_HEAD(self):\n"
        "        self.send_response(200 if self.path == '/cpu/torch/' else 404); self.end_headers()\n"
        "server = h.HTTPServer(('127.0.0.1', 0), Index)\n"
        "print(server.server_port, flush=True)\n"
        "server.handle_request()\n"
    )
    with subprocess.Popen(
        (sys.executable, "-c", program), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        assert install.answers(f"http://127.0.0.1:{port}/cpu", timeout_s=10) is True


def test_reads_the_pinned_version_of_torch() -> None:
    assert install.pinned("torch", install.ROOT / "constraints.txt") == "2.13.0"


def test_names_the_constraints_file_when_a_pin_is_missing(tmp_path: Path) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("torchvision==1.0\n")
    with pytest.raises(install.InstallError, match=r"^constraints\.txt has no line 'torch==…'; restore the file\.$"):
        install.pinned("torch", constraints)


def test_refuses_a_disk_that_is_too_small_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(install.InstallError) as refused:
        install.check_space(tmp_path, min_free_gb=1e9)
    assert str(refused.value).endswith(f" needed in {tmp_path}; make room and run it again.")
    assert "\n" not in str(refused.value)


def test_passes_a_disk_with_room(tmp_path: Path) -> None:
    assert install.check_space(tmp_path, min_free_gb=0) is None


def test_installs_the_project_in_the_pinned_versions() -> None:
    ran: list[list[str]] = []
    install.install_project(extras="test,lint", run=lambda arguments: ran.append(list(arguments)))
    root = install.ROOT
    assert ran == [["install", "--constraint", str(root / "constraints.txt"), "--editable", f"{root}[test,lint]"]]


def _pip_that_says(lines: str, *, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"import sys; print({lines!r}); sys.exit({status})"
    monkeypatch.setattr(install, "_PIP", (sys.executable, "-c", program))


def test_shows_pips_last_lines_and_one_sentence_when_it_fails(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pip_that_says("Collecting bot\nERROR: no such package", status=1, monkeypatch=monkeypatch)
    with pytest.raises(install.InstallError, match=r"^pip failed, its last lines are above"):
        install.run_pip(["install", "bot"])
    assert capfd.readouterr().err == "Collecting bot\nERROR: no such package\n\n"


def test_tells_of_large_downloads_alone_where_no_terminal_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "Collecting numpy\n"
        "Downloading numpy-2.4.6-cp311.whl (16.2 MB)\n"
        "Downloading torch-2.13.0-cp311.whl (190.1 MB)\n"
        "Installing collected packages: numpy, torch"
    )
    _pip_that_says(said, status=0, monkeypatch=monkeypatch)
    install.run_pip(["install", "torch"])
    assert capfd.readouterr().out == (
        "  downloading torch-2.13.0-cp311.whl (190.1 MB)\n  installing, which takes a minute or two\n"
    )
