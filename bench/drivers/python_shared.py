"""multiprocessing's Lock, Value and queues between two processes, as contestants."""

import multiprocessing
import sys
import time
from datetime import datetime

from python_protocol import scaled, serve

MEGABYTE = bytes([1]) * 2**20
# The messages of workloads/payloads.mjs, in Python's terms.
MESSAGES = {
    "number": (lambda i: i, 20_000),
    "object": (lambda i: {"id": i, "name": "abc", "ok": True}, 20_000),
    "date_in_map": (lambda i: {"at": datetime.fromtimestamp(i)}, 5_000),
    "1MB": (lambda _: MEGABYTE, 100),
}


def lock_loop(lock, value, count):
    for _ in range(count):
        with lock:
            value.value += 1


def counter_loop(_, value, count):
    for _ in range(count):
        with value.get_lock():
            value.value += 1


def value_loop(_, value, count):
    for _ in range(count):
        value.value = value.value + 1


LOOPS = {
    "lock": (lock_loop, multiprocessing.RawValue, 1),
    "lock_contended": (lock_loop, multiprocessing.RawValue, 2),
    "counter": (counter_loop, multiprocessing.Value, 1),
    "counter_contended": (counter_loop, multiprocessing.Value, 2),
    "value": (value_loop, multiprocessing.Value, 1),
}


def work(loop, barrier, lock, value, requests, replies):
    while (count := requests.get()) is not None:
        barrier.wait()
        begin = time.perf_counter()
        loop(lock, value, count)
        replies.put((begin, time.perf_counter()))


def operate(workload):
    loop, make, processes = LOOPS[workload]
    barrier, lock, value = multiprocessing.Barrier(processes), multiprocessing.Lock(), make("i", 0)
    requests, replies = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
    args = (loop, barrier, lock, value, requests, replies)
    for _ in range(processes):
        multiprocessing.Process(target=work, args=args, daemon=True).start()

    def block(scale):
        count = scaled(100_000, scale, 1_000)
        before = value.value
        for _ in range(processes):
            requests.put(count)
        times = [replies.get() for _ in range(processes)]
        assert value.value - before == processes * count
        return span(times), processes * count

    return block


def span(times):
    return (max(end for _, end in times) - min(begin for begin, _ in times)) * 1e3


def put(queue, make, requests, replies):
    while (count := requests.get()) is not None:
        begin = time.perf_counter()
        for i in range(count):
            queue.put(make(i))
        replies.put((begin, time.perf_counter()))


def get(queue, requests, replies):
    while (count := requests.get()) is not None:
        begin = time.perf_counter()
        for _ in range(count):
            queue.get()
        replies.put((begin, time.perf_counter()))


def channel(workload, variant):
    make, full = MESSAGES[workload.removeprefix("queue_")]
    queue = getattr(multiprocessing, variant)()
    requests = [multiprocessing.SimpleQueue() for _ in range(2)]
    replies = multiprocessing.SimpleQueue()
    multiprocessing.Process(target=put, args=(queue, make, requests[0], replies), daemon=True).start()
    multiprocessing.Process(target=get, args=(queue, requests[1], replies), daemon=True).start()

    def block(scale):
        count = scaled(full, scale, 10)
        for each in requests:
            each.put(count)
        return span([replies.get() for _ in range(2)]), count

    return block


def timed(budget, scale, block):
    begin = time.perf_counter()
    total = count = 0
    while True:
        ms, units = block(scale)
        total += ms
        count += units
        if (time.perf_counter() - begin) * 1e3 >= budget:
            return {"value": total * 1e3 / count, "count": count}


def main():
    workload, variant = sys.argv[1:3]
    block = channel(workload, variant) if workload.startswith("queue_") else operate(workload)
    serve(lambda budget, scale: timed(budget, scale, block))


if __name__ == "__main__":
    main()
