"""test_scenes.py - services that fail as real ones do, and networks that do (CONTRACT 3.5, 3.8)

What must hold in every scene is in scene.py. Here is what each does, and what becomes of it.
"""

import pytest

import wire
from cases import table
from scene import DEADLINES, Scene

OUTAGES = (
    ("a service that is stopped", lambda a: a.pause(), lambda a: a.go_on(), "timeout"),
    ("one that is killed", lambda a: a.kill(), lambda a: a.start(), "unreachable"),
    ("one that refuses", lambda a: a.be("refuse"), lambda a: a.be("well"), "unreachable"),
    ("one that resets", lambda a: a.be("reset"), lambda a: a.be("well"), "unreachable"),
    ("one that resets in the midst of its answer", lambda a: a.be("half"), lambda a: a.be("well"),
     "unreachable"),
    ("one that accepts and never answers", lambda a: a.be("silent"), lambda a: a.be("well"),
     "timeout"),
    ("one that drips", lambda a: a.be("drip"), lambda a: a.be("well"), "timeout"),
)


@pytest.fixture(params=wire.KINDS)
def link(request):
    with wire.made(request.param) as made:
        yield made


def outage(scene, trouble, mend, kind):
    """Nothing of the service is there: its part fails, and a breaker opens before it."""
    scene.play(trouble, mend)
    assert set(scene.kinds("/plain")) == {kind}
    assert "open" in scene.kinds("/guarded")
    for one in scene.of("/guarded"):
        if one["kinds"]["two"] == "open":
            assert one["seconds"] - one["kept"] < DEADLINES["/guarded"] / 4, "it is told at once"
    helped(scene)
    scene.end()


def helped(scene):
    """With a second target hardly a request is lost: it is called again, or beside, or instead."""
    pair = scene.kinds("/pair")
    assert pair[None] > 0.9 * sum(pair.values()), pair


@table("trouble, mend, kind", *OUTAGES)
def test_an_outage_costs_its_own_part(start, trouble, mend, kind):
    with Scene(start) as scene:
        outage(scene, lambda: trouble(scene.failing), lambda: mend(scene.failing), kind)


@pytest.mark.essential
@table("trouble, mend, kind", *OUTAGES[:2])
def test_of_four_workers_too(start, trouble, mend, kind):
    with Scene(start, workers=4) as scene:
        outage(scene, lambda: trouble(scene.failing), lambda: mend(scene.failing), kind)


def test_bursts_of_503_cost_what_falls_into_them(start):
    with Scene(start) as scene:
        scene.play(lambda: scene.failing.be("bursts"), lambda: scene.failing.be("well"))
        plain = scene.kinds("/plain")
        assert set(plain) == {None, "status"} and min(plain.values()) > 5
        helped(scene)
        scene.end()


@pytest.mark.parametrize("link", wire.CUT_KINDS, indirect=True)
def test_a_network_that_is_cut_is_an_outage(start, link):
    with Scene(start, link) as scene:
        scene.play(link.cut, link.impair)
        assert set(scene.kinds("/plain")) <= {"timeout", "unreachable"}
        assert "open" in scene.kinds("/guarded")
        helped(scene)
        scene.end()


def test_a_slow_network_costs_its_time(start, link):
    with Scene(start, link) as scene:
        scene.play(lambda: link.impair(delay=0.03, jitter=0.01), link.impair)
        assert set(scene.kinds("/plain")) == {None}
        assert min(one["seconds"] for one in scene.of("/plain")) > 0.06, "there and back"
        scene.end()


def test_a_network_that_loses_costs_what_it_loses(start, link):
    with Scene(start, link) as scene:
        scene.play(lambda: link.impair(loss=0.25, delay=0.001), link.impair)
        plain = scene.kinds("/plain")
        assert set(plain) <= {None, "timeout", "unreachable"} and plain[None] > 5
        assert len(plain) > 1, "it did lose"
        helped(scene)
        scene.end()
