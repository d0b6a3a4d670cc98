"""conftest.py - fixtures: a gateway a module, gateways of a case's own, a time limit"""

import os
import resource
import signal

import pytest

from certificates import Authority
from gateway import SHEAF, Gateway
from service import Service
from store import SERVERS, Store

TIME_LIMIT = 40  # seconds for one test, its fixtures aside


MARKERS = [
    "essential: also run against the release binary",
    "threads: also run under the thread sanitizer",
]


def pytest_configure(config):
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if not os.access(SHEAF, os.X_OK):
        pytest.exit(f"there is no program at {SHEAF}; build it or set SHEAF", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    def too_long(*_):
        raise TimeoutError(f"longer than {TIME_LIMIT} s: {item.name}")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(TIME_LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def gateways_of(item):
    shared = item.funcargs.get("gateway")
    return [shared] if isinstance(shared, Gateway) else getattr(item.funcargs.get("start"), "started", [])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure tells what its gateways said last, and what they count."""
    report = (yield).get_result()
    if call.when == "call" and report.failed:
        for gateway in gateways_of(item):
            report.sections.append((f"gateway in {gateway.folder.name}", gateway.last_words()))


@pytest.fixture
def many_descriptors():
    """As many as may be had; their number."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def gateway(request, tmp_path_factory):
    """The module's gateway, shared by its cases: runs its CONFIG."""
    with Gateway(request.module.CONFIG, tmp_path_factory.mktemp("gateway")) as shared:
        yield shared


@pytest.fixture
def start(tmp_path):
    """Starts gateways of a case's own; each must end well, unless the case has ended it."""
    started = []

    def begin(config, **options):
        folder = tmp_path / f"gateway{len(started)}"
        folder.mkdir()
        started.append(Gateway(config, folder, **options))
        return started[-1]

    begin.started = started
    yield begin
    try:
        for one in started:
            one.stop()
    finally:
        for one in started:
            one.kill()


@pytest.fixture(params=SERVERS or [pytest.param(
    None, marks=pytest.mark.skip(reason="there is neither redis-server nor valkey-server here"))])
def store(request, tmp_path):
    """Of each kind that the machine has."""
    made = Store(request.param, tmp_path)
    yield made
    made.kill()


@pytest.fixture
def alpha():
    """A service that several gateways of a case may have."""
    with Service("alpha") as service:
        yield service


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")
