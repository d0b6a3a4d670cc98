"""conftest.py - fixtures: a gateway a module, gateways of a case's own, a time limit"""

import os
import resource
import signal

import pytest
from _pytest.runner import runtestprotocol

from certificates import Authority
from gateway import SHEAF, Gateway
from service import Service
from stall import StallWatch
from store import SERVERS, Store

TIME_LIMIT = 40  # seconds for one test, its fixtures aside
TRIES = 3  # of a case that fails while the runner stands still

stalls = StallWatch()

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
    stalls.begin()
    yield
    if stalls.has_stalled():
        item.user_properties.append(("stalled", stalls.longest))
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pytest_runtest_protocol(item, nextitem):
    """A failure while the runner stood still tells nothing of ours: the case is run again, and
    the last lines say so. Any other failure stands."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(TRIES):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        failed = [r for r in reports if r.failed]
        may_be_stall = [r.when for r in failed] == ["call"] and "stalled" in dict(item.user_properties)
        if not may_be_stall or attempt == TRIES - 1:
            break
        failed[0].outcome = "again"
        item.ihook.pytest_runtest_logreport(report=failed[0])
        item.user_properties.clear()
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_report_teststatus(report):
    return ("again", "R", "AGAIN") if report.outcome == "again" else None


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("again", []):
        seconds = dict(report.user_properties)["stalled"]
        why = str(report.longrepr.reprcrash.message).split("\n", 1)[0]
        terminalreporter.write_line(
            f"AGAIN {report.nodeid} - the runner stood still for {seconds:.1f} s - {why}")


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
