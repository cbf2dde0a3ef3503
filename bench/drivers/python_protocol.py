"""The functions that all Python contestants use: rounds over standard input and output, and the payloads."""

import json
import math
import sys
import time


def serve(run):
    """Answers each line of the input with the result of run(budget, scale)."""
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(run(request["budget"], request["scale"])), flush=True)


def repeat(budget, block):
    """Repeats a block for `budget` milliseconds; gives microseconds a unit."""
    begin = time.perf_counter()
    count = 0
    while True:
        count += block()
        ms = (time.perf_counter() - begin) * 1e3
        if ms >= budget:
            return {"value": ms * 1e3 / count, "count": count}


def scaled(full, scale, minimum):
    return max(minimum, round(full * scale))


def small(i):
    return {"id": i, "name": "Ada", "tags": ["a", "b"], "place": {"x": 1.5, "y": -2, "seen": True}}


def nested(i):
    return {"id": i, "owner": small(i), "records": records(1_600)}


def records(size):
    return [
        {
            "id": i,
            "name": f"item number {i}",
            "tags": ["one", "two", "three"],
            "price": {"amount": i * 1.25, "currency": "EUR"},
            "sizes": [i, i + 1, i + 2, i + 3],
        }
        for i in range(math.ceil(size / 200))
    ]
