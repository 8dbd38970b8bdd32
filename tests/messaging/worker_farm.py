"""Real procrastinate workers, started fast: the program is loaded once, and each worker is a fork of it.

    python -m tests.messaging.worker_farm

A line on standard input starts a worker; its process id is printed. The workers end with their parent.
"""

import os
import signal
import sys
import traceback

import django


def work() -> None:
    """Be a worker of the queue `mail` until killed."""
    from django.core.management import call_command

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    call_command("procrastinate", "worker", "--queues", "mail", "--fetch-job-polling-interval", "0.2")


def main() -> None:
    django.setup()
    from django.urls import get_resolver

    assert get_resolver().url_patterns  # loads every view before the fork, as a running worker has
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.close(0)
            try:
                work()
            except BaseException:
                traceback.print_exc()  # to whoever runs the test: a worker must not end
            finally:
                os._exit(1)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
