"""test_config.py - that what a configuration says in its other forms is what is served (CONTRACT 3)"""

import pytest

from behaviour import answer, silent
from cases import GRAIN, fresh
from gateway import Gateway
from service import Service

CONFIG = """
listen: ${PLACE_OF_SHEAF:-@listen@}
workers: auto
include: [conf.d/*.yaml]
defaults:
  endpoint: {timeout: 250ms, errors: text, response_headers: {x-a: "1", x-b: "2"}}
  service: {timeout: 150ms}
  source: {fallback: none, forward: [x-one, x-two]}
services:
  alpha: ${SERVICE_OF_SHEAF}
  slow: {targets: ["http://@slow@"], timeout: 5s}
endpoints:
  - path: /plain/{key}
    sources: {one: {get: "alpha:/{key}"}}
  - path: /own/{key}
    timeout: 2s
    errors: objects
    response_headers: {x-b: "3"}
    sources:
      one: {get: "alpha:/{key}", timeout: 300ms, fallback: {own: 1}, forward: [x-three]}
  - path: /deadline/{key}
    sources: {one: {get: "slow:/{key}"}}
  - path: /list/{key}
    sources:
      - {name: zeta, get: "alpha:/{key}"}
      - {name: eta, get: "alpha:/{key}"}
"""

PART = """
services:
  beta: http://@beta@
endpoints:
  - path: /part/{key}
    sources: {one: {get: "beta:/{key}"}, two: {get: "alpha:/{key}"}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Service("alpha") as alpha:
        env = {"SERVICE_OF_SHEAF": f"http://{alpha.address}"}
        with Gateway(CONFIG, tmp_path_factory.mktemp("config"), env=env,
                     files={"conf.d/part.yaml": PART}, alpha=alpha) as shared:
            yield shared


def ask(gateway, endpoint, service="alpha", behaviour=None, fields=()):
    key = fresh()
    if behaviour:
        gateway[service].on(f"/{key}", behaviour)
    return gateway.get(f"/{endpoint}/{key}", fields=fields), gateway[service].only(f"/{key}")


def test_an_included_file_joins(gateway):
    got, _ = ask(gateway, "part", "beta")
    assert got.json()["one"]["service"] == "beta" and got.json()["two"]["service"] == "alpha"


def test_sources_may_be_a_list(gateway):
    got = gateway.get(f"/list/{fresh()}")
    assert list(got.json()) == ["zeta", "eta"]


class TestDefaults:
    def test_they_hold_where_nothing_is_said(self, gateway):
        got, call = ask(gateway, "plain", behaviour=silent(), fields=[("X-One", "1")])
        assert got.json()["errors"] == ["one: no answer within 150 ms"]
        assert got.json()["one"] == "none" and call["x-one"] == "1"
        assert (got["x-a"], got["x-b"]) == ("1", "2")

    def test_they_hold_of_an_endpoint_too(self, gateway):
        got, _ = ask(gateway, "deadline", "slow", silent())
        assert 0.25 - GRAIN <= got.seconds < 0.7

    def test_what_is_said_replaces_scalars_and_lists(self, gateway):
        fields = [("X-One", "1"), ("X-Three", "3")]
        got, call = ask(gateway, "own", behaviour=silent(), fields=fields)
        assert got.failures() == [("one", "timeout")] and 0.3 - GRAIN <= got.seconds < 0.8
        assert call["x-one"] is None and call["x-three"] == "3"

    def test_and_merges_maps(self, gateway):
        got, _ = ask(gateway, "own", behaviour=answer({}))
        assert (got["x-a"], got["x-b"]) == ("1", "3")
