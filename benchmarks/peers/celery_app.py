"""What Celery's workers import."""

from __future__ import annotations

import os

from celery import Celery

from benchmarks.peers import tasks

app = Celery("bench", broker=os.environ["BENCH_REDIS"])
app.conf.task_ignore_result = True
do = app.task(tasks.do, name="do")
