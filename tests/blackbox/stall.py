"""stall.py - does the machine let the runner run? How late wakes one who sleeps for a moment?"""

import threading
import time

MOMENT = 0.01  # seconds
LONG = 0.1  # seconds; what cases leave between their times is seldom much more


class StallWatch:
    """The longest stall since it was last asked to begin."""

    def __init__(self):
        self.longest = 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self):
        while True:
            due = time.monotonic() + MOMENT
            time.sleep(MOMENT)
            self.longest = max(self.longest, time.monotonic() - due)

    def begin(self):
        self.longest = 0.0

    def has_stalled(self):
        return self.longest >= LONG
