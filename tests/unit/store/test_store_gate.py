import threading
import time
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from smmap.store.gate import Gate


def run_through(gate, count, stay_s):
    """When each of ``count`` threads entered, and how many were inside at most."""
    lock, starts, inside, most = threading.Lock(), [], [0], [0]

    def enter(_):
        with gate.enter():
            with lock:
                starts.append(time.monotonic())
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(stay_s)
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(enter, range(count)))
    return sorted(starts), most[0]


@settings(max_examples=10, deadline=None)
@given(at_once=st.integers(1, 6), count=st.integers(1, 12))
def test_never_more_inside_than_allowed(at_once, count):
    assert run_through(Gate(at_once), count, 0.005)[1] <= at_once


def test_a_failure_inside_frees_its_place():
    gate = Gate(1)
    for _ in range(3):
        try:
            with gate.enter():
                raise ValueError
        except ValueError:
            continue
    assert run_through(gate, 3, 0.0)[1] == 1


def test_narrowed_it_lets_fewer_in_and_never_more_again():
    gate = Gate(8)
    gate.narrow(2)
    gate.narrow(5)
    assert run_through(gate, 8, 0.02)[1] == 2
