"""`python -m tests.support.sham_service`: answers `/readyz` on HEALTH_PORT, and ends badly where `/crash` is asked."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answers(BaseHTTPRequestHandler):
    """Ready as soon as it listens."""

    def do_GET(self) -> None:
        if self.path == "/crash":
            os._exit(70)
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test reads what the process says by itself."""


def end(*_: object) -> None:
    sys.stdout.write("ended in good order\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    HTTPServer(("127.0.0.1", int(os.environ["HEALTH_PORT"])), Answers).serve_forever()
