"""How long something takes that runs in this process."""

import time


def seconds(function):
    """Of the processor, one thread: other programs do not count."""
    start = time.process_time()
    function()
    return time.process_time() - start
