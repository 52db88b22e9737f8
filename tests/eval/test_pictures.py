"""Pictures, folders and videos are run through one after the other; what cannot be read is told and skipped."""

import av
import cv2
import numpy as np
import pytest

from kitt.errors import KittError
from kitt.eval.pictures import Pictures


def picture(path, grey=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((48, 64, 3), grey, np.uint8))
    return path


def video(path, frames=5):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            image = np.full((48, 64, 3), 40 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    for name in ("b.png", "a.jpg"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [(s.image_id, s.name) for s in Pictures([tmp_path])] == [(1, "a.jpg"), (2, "b.png")]


def test_pictures_named_by_number_keep_it_as_their_id_as_in_cocos_sets(tmp_path):
    for name in ("000000000139.jpg", "000000000285.jpg"):
        picture(tmp_path / name)
    assert [s.image_id for s in Pictures([tmp_path])] == [139, 285]


def test_an_empty_and_a_corrupt_picture_among_good_ones_are_told_and_the_rest_is_read(tmp_path):
    picture(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(b"\xff\xd8 not really")
    picture(tmp_path / "d.jpg")
    shots = list(Pictures([tmp_path]))
    assert [s.image is not None for s in shots] == [True, False, False, True]
    assert shots[1].problem


def test_a_video_gives_its_frames_with_their_index(tmp_path):
    pictures = Pictures([video(tmp_path / "drive.mp4")])
    shots = list(pictures)
    assert [(s.image_id, s.index, s.name) for s in shots] == [(i + 1, i, f"drive.mp4#{i:06d}") for i in range(5)]
    assert [round(float(s.image.mean()) / 40) for s in shots] == [0, 1, 2, 3, 4]


def test_pictures_and_a_video_together_have_ids_of_their_own(tmp_path):
    shots = list(Pictures([picture(tmp_path / "7.jpg"), video(tmp_path / "drive.mp4")]))
    assert [s.image_id for s in shots] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", ["gone.jpg", "gone.mp4", "gone"])
def test_a_path_that_is_not_there_is_told(tmp_path, name):
    with pytest.raises(KittError, match="no such file or folder"):
        Pictures([tmp_path / name])


def test_a_folder_without_pictures_is_told(tmp_path):
    with pytest.raises(KittError, match="holds no pictures"):
        Pictures([tmp_path])
