"""test_soak.py - the soak (soak.py) for some seconds: load, expiry, eviction and purges at once"""

import asyncio
import re

import pytest

from soak import soak_for

SECONDS = 15


@pytest.mark.threads
def test_under_load_eviction_and_purges_nothing_is_served_after_its_time(tmp_path):
    soak, metrics = asyncio.run(soak_for(SECONDS, tmp_path))
    values = {name: int(n) for name, n in re.findall(r"^(sheaf_cache\S+) (\d+)$", metrics, re.MULTILINE)}
    assert not soak.wrong
    assert soak.n_asked > 200 and soak.n_purges > 10
    assert values["sheaf_cache_evicted_total"] > 0
    assert 0 < values["sheaf_cache_bytes"] <= 2**20
    assert values['sheaf_cache_lookups_total{cache="source",result="hit"}'] > 0
    assert values['sheaf_cache_lookups_total{cache="endpoint",result="hit"}'] > 0
