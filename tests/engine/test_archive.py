import io
import tarfile
import zipfile

import pytest

from kitt.engine.archive import take
from kitt.errors import KittError


@pytest.fixture(params=["package.tgz", "package.whl"])
def archive(tmp_path, request):
    """An archive of either kind with a file of 5 bytes, a folder and a name that climbs."""
    path = tmp_path / request.param
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("a/weights", b"12345")
            out.writestr("../escaped", b"x")
    else:
        with tarfile.open(path, "w:gz") as out:
            for name, data in (("a/weights", b"12345"), ("../escaped", b"x")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
    return path


def test_takes_one_file_and_writes_none(archive):
    assert take(archive, "a/weights", 5) == b"12345"
    assert list(archive.parent.iterdir()) == [archive]


def test_what_is_not_there_is_told(archive):
    with pytest.raises(KittError, match="cannot take a/other out of it"):
        take(archive, "a/other", 5)


def test_more_than_expected_is_not_unpacked(archive):
    with pytest.raises(KittError, match="it holds 5 bytes, expected 4"):
        take(archive, "a/weights", 4)


@pytest.mark.parametrize("keep", [0, 20])
def test_a_cut_off_archive_is_one_line(archive, keep):
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(KittError, match="cannot take a/weights out of it") as caught:
        take(archive, "a/weights", 5)
    assert "\n" not in str(caught.value)
