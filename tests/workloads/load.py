# SPDX-License-Identifier: Apache-2.0
"""What Python programs do: processes, threads, event loops, servers, files."""
import asyncio
import concurrent.futures
import fcntl
import hashlib
import http.server
import mmap
import multiprocessing
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.request
from multiprocessing import shared_memory

SCALE = int(sys.argv[1])


def work(n):
    return hashlib.sha256(str(n).encode()).hexdigest()[:4]


def pool(method):
    with multiprocessing.get_context(method).Pool(4) as workers:
        done = workers.map(work, range(100 * SCALE))
    return hashlib.sha256("".join(done).encode()).hexdigest()[:16]


async def echo(reader, writer):
    while data := await reader.readline():
        writer.write(data.upper())
        await writer.drain()
    writer.close()


async def client(port, n):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for i in range(20):
        writer.write(f"client {n} line {i}\n".encode())
        assert await reader.readline() == f"CLIENT {n} LINE {i}\n".encode()
    writer.close()
    return n


async def loop():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    clients = await asyncio.gather(*(client(port, n) for n in range(40 * SCALE)))
    process = await asyncio.create_subprocess_exec("/bin/cat", stdin=subprocess.PIPE,
                                                   stdout=subprocess.PIPE)
    out, _ = await process.communicate(b"through a child")
    server.close()
    return sum(clients), out


def web():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"

    def fetch(n):
        return urllib.request.urlopen(url, str(n).encode()).read()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        got = list(threads.map(fetch, range(200 * SCALE)))
    server.shutdown()
    return sum(int(x[::-1]) for x in got)


def signals():
    seen = []
    signal.signal(signal.SIGALRM, lambda *_: seen.append("alarm"))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    signal.pause()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    seen.append(signal.sigwait([signal.SIGUSR1]).name)
    return seen


def files():
    with tempfile.TemporaryFile() as f:
        f.write(b"x" * 8192)
        f.flush()
        fcntl.flock(f, fcntl.LOCK_EX)
        with mmap.mmap(f.fileno(), 8192) as m:
            m[0:5] = b"hello"
            m.flush()
        f.seek(0)
        first = f.read(5)
    fd = os.memfd_create("x")
    os.write(fd, b"memfd")
    segment = shared_memory.SharedMemory(create=True, size=4096)
    segment.buf[:3] = b"shm"
    shared = bytes(segment.buf[:3])
    segment.close()
    segment.unlink()
    poll = select.epoll()
    ours, theirs = socket.socketpair()
    poll.register(ours, select.EPOLLIN)
    theirs.send(b"x")
    return first, os.pread(fd, 5, 0), shared, len(poll.poll(1))


def database():
    with sqlite3.connect(":memory:") as db:
        db.execute("create table t (n)")
        db.executemany("insert into t values (?)", ((n,) for n in range(1000)))
        return db.execute("select sum(n) from t").fetchone()[0]


if __name__ == "__main__":
    print("fork", pool("fork"))
    print("spawn", pool("spawn"))
    print("asyncio", asyncio.run(loop()))
    print("web", web())
    print("signals", signals())
    print("files", files())
    print("database", database())
    print("affinity", len(os.sched_getaffinity(0)) > 0, "nice", os.nice(1))
