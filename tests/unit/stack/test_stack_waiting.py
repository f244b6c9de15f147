import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smmap.stack.waiting import Waiting


def test_what_waits_is_given_out_once():
    waiting = Waiting(100, 60.0)
    values = np.ones(3, np.float32)
    waiting.put("a", values)
    assert waiting.take("b") is None
    assert waiting.take("a") is values
    assert waiting.take("a") is None


def test_what_waits_too_long_is_not_given_out():
    waiting = Waiting(100, 0.05)
    waiting.put("a", np.ones(3, np.float32))
    time.sleep(0.1)
    assert waiting.take("a") is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), min_size=1, max_size=40))
def test_never_more_than_allowed_and_the_last_stays(puts):
    waiting = Waiting(200, 60.0)
    for key, size in puts:
        waiting.put(key, np.full(size, key, np.float32))
    found = {key: one for key in dict(puts) if (one := waiting.take(key)) is not None}
    assert sum(one.nbytes for one in found.values()) <= 200
    assert puts[-1][0] in found
    for key, values in found.items():
        assert values.size == dict(puts)[key]
        assert (values == key).all()
