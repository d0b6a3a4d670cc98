#!/usr/bin/env python3
"""service.py - services to try the examples with

usage: python3 examples/service.py PORT...   answers any request with what it was asked
       python3 examples/service.py FILE      answers what the JSON file says: {"PORT": {"/PATH": ...}}
"""

import json
import pathlib
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        n = int(self.headers.get("content-length", 0))
        asked = {
            "id": str(self.server.server_port), "method": self.command, "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(n).decode(errors="replace"),
        }
        status, told = self.server.answer(asked)
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_):
        pass


def echo(asked):
    return 200, asked


def by_path(answers):
    def answer(asked):
        path = asked["path"].partition("?")[0]
        return (200, answers[path]) if path in answers else (404, {"unknown": path})

    return answer


def serve(port, answer):
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Service)
    server.answer = answer
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def wanted(words):
    """(port, what it answers) of each service."""
    if not words:
        sys.exit(__doc__)
    if all(word.isdigit() for word in words):
        return [(port, echo) for port in words]
    return [(port, by_path(answers)) for word in words
            for port, answers in json.loads(pathlib.Path(word).read_text()).items()]


servers = [serve(port, answer) for port, answer in wanted(sys.argv[1:])]
print("Services on", ", ".join(f"127.0.0.1:{s.server_port}" for s in servers), flush=True)
ended = threading.Event()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: ended.set())
ended.wait()
