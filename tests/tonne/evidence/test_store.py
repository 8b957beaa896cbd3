"""A store of evidence by content: whole or refused, mirrored from folders and the web, checked."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tonne.errors import TonneError
from tonne.evidence import store
from tonne.evidence.manifest import manifest_of_folder, manifest_root
from tonne.evidence.store import EvidenceStore, WebSource


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "evidence"
    (place / "meters").mkdir(parents=True)
    (place / "report.pdf").write_bytes(b"a report")
    (place / "meters" / "1.csv").write_bytes(b"1,2,3")
    return place


@pytest.fixture
def kept(tmp_path):
    return EvidenceStore(tmp_path / "one")


@pytest.fixture
def web(tmp_path):
    """Serves a folder until the test ends."""
    servers = []

    def serve(place):
        handler = functools.partial(SimpleHTTPRequestHandler, directory=str(place))
        handler.func.log_message = lambda *_: None
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def _spoil(kept, root, path):
    file = next(f for f in kept.manifest(root) if f.path == path)
    (kept.folder / store.name_of(file.sha256)).write_bytes(b"other")


def test_what_is_put_is_got_back(kept, folder, tmp_path):
    root = kept.put(folder)
    assert root == manifest_root(manifest_of_folder(folder))
    kept.get(root, tmp_path / "out")
    assert manifest_of_folder(tmp_path / "out") == manifest_of_folder(folder)
    assert kept.put(folder) == root and kept.roots() == [root], "a second time changes nothing"


def test_a_missing_or_changed_file_is_named(kept, folder, tmp_path):
    root = kept.put(folder)
    assert list(kept.check(root)) == []
    _spoil(kept, root, "meters/1.csv")
    file = next(f for f in kept.manifest(root) if f.path == "report.pdf")
    (kept.folder / store.name_of(file.sha256)).unlink()
    assert {(one.path, one.problem) for one in kept.check(root)} == {
        ("meters/1.csv", "changed"),
        ("report.pdf", "missing"),
    }
    with pytest.raises(TonneError) as refusal:
        kept.get(root, tmp_path / "out")
    assert refusal.value.code == "EVIDENCE_INCOMPLETE" and not (tmp_path / "out").exists()


def test_a_manifest_under_another_root_is_refused(kept, folder):
    root = kept.put(folder)
    (kept.folder / store.manifest_name(b"\7" * 32)).write_bytes(
        (kept.folder / store.manifest_name(root)).read_bytes()
    )
    assert [one.problem for one in kept.check(b"\7" * 32)] == ["changed"]
    assert [one.problem for one in kept.check(b"\6" * 32)] == ["missing"]


@pytest.mark.parametrize("over", ["folder", "web"])
def test_a_mirror_restores_what_is_lost(kept, folder, tmp_path, web, over):
    root = kept.put(folder)
    other = EvidenceStore(tmp_path / "two")
    source = kept if over == "folder" else WebSource(web(kept.folder))
    assert other.mirror(source, root) == 2
    _spoil(other, root, "report.pdf")
    assert other.mirror(source, root) == 1 and list(other.check(root)) == []
    assert other.mirror(source, root) == 0


def test_a_lying_source_gives_nothing(kept, folder, tmp_path):
    root = kept.put(folder)
    _spoil(kept, root, "report.pdf")
    other = EvidenceStore(tmp_path / "two")
    with pytest.raises(TonneError) as refusal:
        other.mirror(kept, root)
    assert refusal.value.code == "EVIDENCE_INCOMPLETE" and "report.pdf is changed" in str(
        refusal.value
    )
    assert other.roots() == [], "no manifest stands for files that are not there"


def test_a_path_that_leaves_the_folder_is_refused(kept, tmp_path):
    """A manifest of a stranger names `../../x`: nothing is written."""
    from tonne.evidence.manifest import EvidenceFile, canonical_json, plain

    file = EvidenceFile(path="../x", bytes=1, sha256="0" * 64)
    root = manifest_root([file])
    path = kept.folder / store.manifest_name(root)
    path.parent.mkdir(parents=True)
    path.write_bytes(canonical_json(plain([file])))
    with pytest.raises(TonneError) as refusal:
        kept.get(root, tmp_path / "out")
    assert refusal.value.code == "EVIDENCE_OTHER_MANIFEST"


def test_a_source_that_does_not_answer_is_told():
    with pytest.raises(TonneError) as refusal:
        WebSource("http://127.0.0.1:9").bytes_of("x")
    assert refusal.value.code == "EVIDENCE_SOURCE"
