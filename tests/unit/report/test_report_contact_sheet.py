"""Maps on one sheet: each at its place, in its own colours, by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
from PIL import Image

from smmap.report.contact_sheet import MAX_MAPS, SheetMap, draw_contact_sheet

PAPER = (224, 224, 224)
FRAME = (600_000.0, 5_600_000.0, 604_000.0, 5_602_000.0)
FULL = (255, 0, 0, 255)


def make_map(day, colour=FULL, *, edges=FRAME, frame=FRAME, **words):
    """Of one colour; its left half is transparent."""
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:, 20:] = colour
    picture = BytesIO()
    Image.fromarray(pixels).save(picture, "png")
    moment = datetime(2023, 4, 1, tzinfo=UTC) + timedelta(days=day)
    return SheetMap(f"day {day}", moment, picture, edges, frame, **words)


def draw(*maps):
    return np.asarray(Image.open(BytesIO(draw_contact_sheet(maps))))


def find(sheet, colour):
    """Rows and columns of an area of a colour: (first, behind the last) of each."""
    found = (sheet == colour).all(axis=2)
    places = [np.nonzero(found.sum(axis=axis) > 8)[0] for axis in (1, 0)]  # letters have few
    return [(one.min(), one.max() + 1) for one in places]


def test_maps_follow_one_another_by_time_and_row_by_row():
    colours = [(255, 10 * day, 200, 255) for day in range(7)]
    maps = [make_map(day, colour) for day, colour in enumerate(colours)]
    sheet = draw(*reversed(maps))
    places = [find(sheet, colour[:3]) for colour in colours]
    corners = [(rows[0], cols[0]) for rows, cols in places]
    assert corners == sorted(corners), "five in the first row, two in the second"
    assert len({row for row, _ in corners}) == 2
    assert [col for _, col in corners[5:]] == [col for _, col in corners[:2]]


def test_a_picture_lies_where_its_edges_are_in_the_frame():
    """A quarter of the frame on its lower left, so its coloured half starts at an eighth."""
    edges = (600_000.0, 5_600_000.0, 601_000.0, 5_600_500.0)
    sheet = draw(make_map(0, (0, 255, 0, 255), edges=edges))
    paper = find(sheet, PAPER)
    height, width = (one[1] - one[0] + 2 for one in paper)  # and a line around it
    assert width == 2 * height
    rows, cols = find(sheet, (0, 255, 0))
    top, left = paper[0][0] - 1, paper[1][0] - 1
    assert abs(cols[0] - left - width / 8) <= 1
    assert abs(cols[1] - left - width / 4) <= 1
    assert abs(rows[0] - top - 3 * height / 4) <= 1
    assert abs(rows[1] - top - height) <= 1


def test_what_is_transparent_is_paper():
    sheet = draw(make_map(0))
    (_, paper), (_, red) = find(sheet, PAPER), find(sheet, FULL[:3])
    assert paper[1] == red[0]


def test_titles_and_notes_are_written():
    assert not np.array_equal(draw(make_map(0)), draw(make_map(0, note="median 0.25")))
    assert np.array_equal(draw(make_map(0)), draw(make_map(0)))


def test_tall_and_wide_frames_share_a_sheet_of_the_most_maps():
    tall = (600_000.0, 5_600_000.0, 601_000.0, 5_604_000.0)
    maps = [make_map(day, frame=tall if day % 2 else FRAME) for day in range(MAX_MAPS)]
    height, width, _ = draw(*maps).shape
    assert width < height
