"""A script that can tell when it runs beside itself: ``script.py LEDGER SLEEPING``.

It writes a line for its begin and its end to the ledger, and holds a lock of its run while
it lives; its daemon (two forks, a session of its own, no environment) inherits the lock. An
attempt whose number is in the list SLEEPING (``2,5``) leaves the daemon and sleeps, unless
there is a file ``LEDGER.awake``.
"""

import fcntl
import os
import sys
import time

ledger, sleeping = sys.argv[1], sys.argv[2].split(",")
run, attempt = os.environ["JOBDESK_RUN_ID"], os.environ["JOBDESK_ATTEMPT"]
book = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def tell(what: str) -> None:
    os.write(book, f"{run} {attempt} {what} {os.getpid()}\n".encode())


lock = os.open(f"{ledger}.{run}", os.O_RDWR | os.O_CREAT, 0o600)
os.set_inheritable(lock, True)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    tell("overlap")
tell("begin")
if attempt in sleeping and not os.path.exists(f"{ledger}.awake"):  # noqa: PTH110
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        tell("daemon")
        os.close(book)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        os.execve("/bin/sleep", ["sleep", "600"], {})
    time.sleep(600)
tell("end")
