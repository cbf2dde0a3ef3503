"""multiprocessing.Pool and concurrent.futures, as contestants: the protocol of driver.mjs, the work of workloads.mjs."""

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

WORKERS, IN_FLIGHT, OBJECTS_IN_FLIGHT, AT_ONCE, ITEMS_A_CHUNK = 2, 1_000, 500, 100, 5_000


def increment(n):
    return n + 1


def echo(value):
    return value


class Pool:
    """multiprocessing.Pool"""

    def __init__(self):
        self.pool = multiprocessing.Pool(WORKERS)

    def run(self, fn, arg):
        return self.pool.apply_async(fn, (arg,))

    def wait(self, call):
        return call.get()

    def map(self, fn, items):
        return self.pool.map(fn, items, chunksize=ITEMS_A_CHUNK)

    def close(self):
        self.pool.terminate()
        self.pool.join()


class Executor:
    """concurrent.futures"""

    def __init__(self, make=lambda: ProcessPoolExecutor(WORKERS)):
        self.pool = make()

    def run(self, fn, arg):
        return self.pool.submit(fn, arg)

    def wait(self, call):
        return call.result()

    def map(self, fn, items):
        return list(self.pool.map(fn, items, chunksize=ITEMS_A_CHUNK))

    def close(self):
        self.pool.shutdown()


def repeat(budget, block):
    begin = time.perf_counter()
    count = 0
    while True:
        count += block()
        ms = (time.perf_counter() - begin) * 1e3
        if ms >= budget:
            return {"value": ms * 1e3 / count, "count": count}


def in_flight(pool, fn, args):
    results = [pool.wait(call) for call in [pool.run(fn, arg) for arg in args]]
    assert results[-1] == fn(args[-1])
    return len(results)


def round_trip(pool, _):
    for i in range(50):
        assert pool.wait(pool.run(increment, i)) == i + 1
    return 50


def objects(pool, _):
    place = {"x": 1.5, "y": -2, "seen": True}
    args = [{"id": i, "name": "Ada", "tags": ["a", "b"], "place": place} for i in range(OBJECTS_IN_FLIGHT)]
    return in_flight(pool, echo, args)


def map_trivial(pool, items):
    results = pool.map(increment, range(items))
    assert results[-1] == items
    return items


def start_up(make, budget):
    each = []
    begin = time.perf_counter()
    while len(each) < 3 or (time.perf_counter() - begin) * 1e3 < budget * 2:
        start = time.perf_counter()
        pool = make()
        calls = [pool.run(increment, 1), pool.run(increment, 2)]
        pool.wait(calls[0])
        each.append((time.perf_counter() - start) * 1e3)
        pool.wait(calls[1])
        pool.close()
    return {"value": sorted(each)[len(each) // 2], "count": len(each), "each": each}


BLOCKS = {
    "round_trip": round_trip,
    "in_flight": lambda pool, _: in_flight(pool, increment, range(IN_FLIGHT)),
    "objects": objects,
    "map_trivial": map_trivial,
    "pooled": lambda pool, _: in_flight(pool, increment, range(10_000)),
}
VARIANTS = {
    "pool": Pool,
    "executor": Executor,
    "threads": lambda: Executor(lambda: ThreadPoolExecutor(AT_ONCE)),
}


def main():
    workload, variant = sys.argv[1:3]
    make = VARIANTS[variant]
    pool = None if workload == "start_up" else make()
    for line in sys.stdin:
        request = json.loads(line)
        if workload == "start_up":
            answer = start_up(make, request["budget"])
        else:
            answer = repeat(request["budget"], lambda: BLOCKS[workload](pool, request["items"]))
        print(json.dumps(answer), flush=True)
    if pool:
        pool.close()


if __name__ == "__main__":
    main()
