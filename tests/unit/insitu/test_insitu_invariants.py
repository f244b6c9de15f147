"""Whatever is read: every reading is counted once, and the order of files does not matter."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.insitu.account import Account
from smmap.insitu.frame import build_frame
from smmap.insitu.readings import collect_readings
from smmap.insitu.rules import ReadingRules
from smmap.insitu.sensor import Sensor

RULES = ReadingRules(latest=datetime(2024, 1, 1, tzinfo=UTC))
MOMENTS = pd.to_datetime(
    ["2023-05-01", "2023-05-02", "2023-05-03", "2030-01-01", None], utc=True
).to_list()
rows = st.lists(
    st.tuples(
        st.sampled_from(MOMENTS),
        st.sampled_from([0.1, 0.2, -0.1, 0.7, -9999.0, np.nan]),
        st.sampled_from(["G", "C01", "G,D05", ""]),
    ),
    max_size=12,
)
files = st.lists(
    st.tuples(
        rows,
        st.sampled_from(["A", "B"]),
        st.sampled_from([0.05, 0.5]),
        st.sampled_from([0.0, 10.0]),
    ),
    max_size=5,
)


def build(number, file):
    lines, station, depth, latitude = file
    time, value, flag = (
        (list(column) for column in zip(*lines, strict=True)) if lines else ([],) * 3
    )
    sensor = Sensor("net", station, latitude, 0.0, depth, depth)
    moments = pd.Series(time, dtype="datetime64[ms, UTC]")
    return build_frame(sensor, moments, np.array(value, dtype=float), flag, source=f"{number}.stm")


@settings(max_examples=25, deadline=None)
@given(files, st.randoms(use_true_random=False))
def test_nothing_is_lost_and_order_does_not_matter(some, random):
    frames = [build(number, file) for number, file in enumerate(some)]
    one = collect_readings(((frame, Account()) for frame in frames), RULES)
    account = one.account
    assert account.rows == account.kept + sum(account.dropped.values())
    assert account.kept == len(one.table)
    assert one.table["soil_moisture"].between(0, 0.6).all()
    assert set(one.table["flag"].astype(str)) <= {"G", ""}
    random.shuffle(frames)
    other = collect_readings(((frame, Account()) for frame in frames), RULES)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.account.dropped == other.account.dropped
