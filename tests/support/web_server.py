"""A server that gives one file, well or in some bad manner: the first name in a request's path says
which; more may follow.

Usage: web_server.py FOLDER [SIZE]

It picks a free port and writes "PORT SIZE MD5" to FOLDER/about, then a line per request to
FOLDER/log: its path, and the range that was asked for. The file has SIZE pseudo-random bytes, or
300,000. Whoever starts the server ends it; left alone it ends after two minutes.
"""

import hashlib
import os
import random
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
SIZE = int(sys.argv[2]) if len(sys.argv) > 2 else 300_000
BODY = random.Random(1).randbytes(SIZE)
LOG = open(f"{FOLDER}/log", "w", buffering=1)
OPENED = threading.Event()  # by a request for /open
LOCK = threading.Lock()
COUNTS = {}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range")
        with LOCK:
            LOG.write(self.path + (f" {wanted}" if wanted else "") + "\n")
            self.turn = COUNTS[self.path] = COUNTS.get(self.path, 0) + 1
        self.start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        manner = self.path.split("/")[1].replace("-", "_")
        getattr(self, manner, self.missing)()

    def answer(self, status=None, body=None, first=None, length=True, **headers):
        """Sends the headers, and of the body from the wanted start on the `first` bytes."""
        body = BODY if body is None else body
        self.send_response(status or (206 if self.start else 200))
        if length:
            self.send_header("Content-Length", str(len(body) - self.start))
        if self.start:
            self.send_header("Content-Range", f"bytes {self.start}-{len(body) - 1}/{len(body)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        end = len(body) if first is None else self.start + first
        self.wfile.write(body[self.start : end])
        self.wfile.flush()

    def refuse(self, status):
        self.start = 0
        self.answer(status, b"<p>no</p>")

    def redirect(self, to):
        self.start = 0
        self.answer(302, b"elsewhere", Location=to)

    # --- manners ---

    def good(self):
        self.answer()

    def cut(self):
        """The first two answers break off after 100,000 bytes."""
        self.answer(first=100_000 if self.turn <= 2 else None)

    def always_cut(self):
        self.answer(first=1_000)

    def wrong(self):
        """One bit in the middle."""
        middle = SIZE // 2
        self.answer(body=BODY[:middle] + bytes([BODY[middle] ^ 1]) + BODY[middle + 1 :])

    def short(self):
        self.answer(body=BODY[:-1])

    def short_unannounced(self):
        self.answer(body=BODY[:-1], length=False)

    def long_unannounced(self):
        self.answer(body=BODY + b"x", length=False)

    def no_ranges(self):
        self.start = 0
        self.answer()

    def cut_no_ranges(self):
        self.start = 0
        self.answer(first=100_000 if self.turn == 1 else None)

    def status_416(self):
        if self.start:
            self.refuse(416)
        else:
            self.answer()

    def page_instead(self):
        """As the page where a hotel's guests log in, whatever was asked for."""
        self.refuse(200)

    def moved(self):
        self.redirect("/good")

    def moved_to_file(self):
        self.redirect(f"file://{FOLDER}/about")

    def endless(self):
        self.redirect("/endless")

    def busy(self):
        """Fails twice."""
        self.answer() if self.turn > 2 else self.refuse(503 if self.turn > 1 else 500)

    def silent(self):
        """The first answer says nothing more after 100,000 bytes."""
        self.answer(first=100_000 if self.turn == 1 else None)
        if self.turn == 1:
            OPENED.wait()

    def gate(self):
        """The rest comes when it was opened."""
        self.answer(first=100_000)
        OPENED.wait()
        self.wfile.write(BODY[self.start + 100_000 :])

    def open(self):
        OPENED.set()
        self.answer()

    def vast(self):
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 60))
        self.end_headers()
        self.wfile.write(BODY)

    def missing(self):
        self.refuse(404)

    def log_message(self, *_):
        pass


signal.alarm(120)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(f"{FOLDER}/about.part", "w") as about:
    about.write(f"{server.server_port} {SIZE} {hashlib.md5(BODY).hexdigest()}\n")
os.rename(f"{FOLDER}/about.part", f"{FOLDER}/about")
print("ready", file=sys.stderr, flush=True)
server.serve_forever()
