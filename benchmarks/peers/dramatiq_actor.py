"""What dramatiq's workers import."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers import tasks

dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_REDIS"]))
do = dramatiq.actor(tasks.do)
