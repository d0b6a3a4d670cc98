"""harness.py - what the measurements share: programs, ports, gateways on a CPU of their own, load

Gateways run on CPU 0, services and load on the others, everything on loopback. A gateway's cost is
its processes' own CPU clock, so what runs beside it does not count, though it may disturb.
"""
import atexit
import contextlib
import functools
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-bench"
PEERS = ROOT / "bench" / "peers"
SHEAF = pathlib.Path(os.environ.get("SHEAF", ROOT / "build" / "sheaf"))
PAGE = "/api/aggregated/product?id=1042"
NAMES = ["product", "inventory", "pricing", "reviews", "shipping", "media", "related", "seller"]
GATEWAY_CPU, OTHER_CPUS = "0", "1-%d" % max(1, (os.cpu_count() or 1) - 1)
EVERY_CPU = "0-%d" % ((os.cpu_count() or 1) - 1)
INSTALL_WITHIN = 180  # seconds, for what a peer has to fetch
LOAD_WITHIN = 20  # seconds beyond those that were asked for
EDGE = ("jwt", "rate limit", "log", "metrics")  # what may stand in front of a page
SCRAPE_EVERY = 1  # seconds

folder = pathlib.Path(tempfile.mkdtemp(prefix="sheaf-bench-"))
_children = []


class Gateway:
    """A running gateway: where it listens, which processes it has. fields: a file of lines, of which
    each request needs one in its head; admin: the port where its metrics are."""

    def __init__(self, name, port, path, pids, tls=False, compare="bytes", fields=None, admin=None):
        self.name, self.port, self.path, self.pids = name, port, path, pids
        self.tls, self.compare, self.fields, self.admin = tls, compare, fields, admin

    def answer(self):
        """One answer, decoded: what is compared before anything is timed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        if self.tls:
            context = ssl.create_default_context(cafile=certificate()[0])
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=context)
        try:
            lines = self.fields.read_text().splitlines()[:1] if self.fields else []
            connection.request("GET", self.path, headers=dict(line.split(": ", 1) for line in lines))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def cpu_seconds(self):
        return sum(time.clock_gettime((~pid) << 3 | 2) for pid in self.pids)

    def resident(self):
        """Bytes of memory in use."""
        n_kib = 0
        for pid in self.pids:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            n_kib += int(status.split("VmRSS:")[1].split()[0])
        return n_kib * 1024


def prepare(*programs):
    """Builds what a measurement needs and raises the limits that many connections need."""
    if not SHEAF.exists():
        sys.exit(f"no {SHEAF}: make build")
    subprocess.run([ROOT / "tools" / "configure", "build-bench"], cwd=ROOT, check=True)
    targets = [f"bench/{p}" for p in programs]
    subprocess.run(["ninja", "-C", BUILD, *targets], check=True, stdout=subprocess.DEVNULL)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            break
        except (ValueError, OSError):
            continue


def n_descriptors():
    """How many one process may have; after prepare()."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@atexit.register
def remove_folder():
    stop_children()
    shutil.rmtree(folder, ignore_errors=True)


def stop_children():
    """Gateways first: a service that leaves early would be told as a failure."""
    while _children:
        child = _children.pop()
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def start(cpus, *command, env=None):
    child = subprocess.Popen(
        ["taskset", "-c", cpus, *map(str, command)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=open(folder / "errors", "ab"), env={**os.environ, **(env or {})},
    )
    _children.append(child)
    return child


def ports(n):
    """n free ports in a row."""
    while True:
        held = [socket.create_server(("127.0.0.1", 0))]
        first = held[0].getsockname()[1]
        try:
            held += [socket.create_server(("127.0.0.1", first + i)) for i in range(1, n)]
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for s in held:
                s.close()


def wait_for(port):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nobody listens on {port}: {(folder / 'errors').read_text()[-500:]}")


def options(**values):
    return [f"{name}={value}" for name, value in values.items()]


def services(count=4, cpus=OTHER_CPUS, **more):
    first = ports(count)
    start(cpus, BUILD / "bench" / "services", *options(port=first, count=count, **more))
    wait_for(first + count - 1)
    return first


def floor(first, count=4, name="floor"):
    port = ports(1)
    child = start(GATEWAY_CPU, BUILD / "bench" / "floor", *options(port=port, services=first, count=count))
    wait_for(port)
    return Gateway(name, port, "/", [child.pid])


def floor_cached(gateway, name="floor"):
    """Says what this gateway says, to whoever asks."""
    port = ports(1)
    words = options(port=port, like=gateway.port, path=gateway.path)
    child = start(GATEWAY_CPU, BUILD / "bench" / "floor_cached", *words)
    wait_for(port)
    return Gateway(name, port, "/", [child.pid])


def certificate():
    """A certificate for 127.0.0.1 that lives as long as the measurement."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    if not cert.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
            check=True, capture_output=True,
        )
    return cert, key


@functools.cache
def tokens(n):
    """A file with a key set, and n lines with tokens of its key, all different."""
    prepare("tokens")
    keys = folder / f"keys-{n}.json"
    command = [BUILD / "bench" / "tokens", *options(keys=keys, n=n)]
    return keys, subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def fields_file(name, lines):
    out = folder / name
    out.write_text("".join(line + "\n" for line in lines))
    return out


def policy(keys):
    return ["auth:", "  customer:",
            f"    jwt: {{issuer: 'https://login.internal', audience: shop, jwks: {keys}, algorithms: [ES256]}}"]


def edge_lines(port, edge):
    """Those of EDGE that are wanted, and nothing else of it. Metrics are on the next port."""
    lines = ["log:", f"  file: {folder}/access-{port}.log" if "log" in edge else "  access: off"]
    if "jwt" in edge:
        lines += policy(tokens(1)[0])
    if "rate limit" in edge:
        lines += ["rate_limit: {rate: 1000000/s, burst: 1000000, by: ip}"]
    if "metrics" in edge:
        lines += [f"admin: 127.0.0.1:{port + 1}"]
    return lines


def sheaf_config(port, first, count=4, workers=1, tls=False, patience=None, cache=None, policies=(), twins=None,
                 edge=("log",)):
    """The default configuration but for the workers and the access log's file. patience: of everything
    that waits, where requests shall queue and none shall fail. cache: of the endpoint. policies: lines
    of YAML, of all services. twins: services like the first ones, their second targets."""
    address = f"127.0.0.1:{port}"
    lines = [f"listen: {address}"]
    if tls:
        cert, key = certificate()
        lines = ["listen:", f"  - address: {address}", "    tls:", f"      cert: {cert}", f"      key: {key}"]
    lines += [f"workers: {workers}", *edge_lines(port, edge)]
    defaults = [*([f"timeout: {patience}", f"connect_timeout: {patience}"] if patience else []), *policies]
    if defaults:
        lines += ["defaults:", "  service:", *(f"    {line}" for line in defaults)]
    lines += ["services:"]
    for i, name in enumerate(NAMES[:count]):
        targets = [f"http://127.0.0.1:{one + i}" for one in (first, twins) if one]
        lines += [f"  {name}: {{targets: [{', '.join(targets)}]}}"]
    lines += ["endpoints:", "  - path: /api/aggregated/product", "    query:", "      id:", "        required: true",
              '        pattern: "[A-Za-z0-9_-]{1,64}"', f"    timeout: {patience or '2s'}",
              *([f"    cache: {cache}"] if cache else []), *(["    auth: customer"] if "jwt" in edge else []),
              "    sources:"]
    for name in NAMES[:count]:
        lines += [f"      {name}:", f"        get: {name}:/{name}/{{id}}"]
        if name == "product":
            lines += ["        required: true"]
    return "\n".join(lines) + "\n"


def sheaf(first, name="sheaf", cpus=GATEWAY_CPU, prefix=(), env=None, **more):
    port = ports(2 if "metrics" in more.get("edge", ()) else 1)
    return _sheaf_of(sheaf_config(port, first, **more), port, name, PAGE, cpus=cpus, prefix=prefix, env=env, tls=more.get("tls", False))


def sheaf_edge(first, name, edge):
    """The page of the four services behind these of EDGE."""
    gateway = sheaf(first, name, edge=edge)
    gateway.admin = gateway.port + 1 if "metrics" in edge else None
    if "jwt" in edge:
        gateway.fields = fields_file("token", tokens(1)[1])
    return gateway


def sheaf_guarded(first, keys):
    """One service behind a path for everybody, and behind another one for who has a token."""
    port = ports(1)
    lines = [f"listen: 127.0.0.1:{port}", "workers: 1", "log: {access: off}", *policy(keys),
             f"services: {{shop: 'http://127.0.0.1:{first}'}}", "endpoints:",
             "  - {path: /open, sources: {one: {get: 'shop:/'}}}",
             "  - {path: /guarded, auth: customer, sources: {one: {get: 'shop:/'}}}"]
    anybody = _sheaf_of("\n".join(lines) + "\n", port, "open", "/open")
    return anybody, Gateway("guarded", port, "/guarded", anybody.pids)


def _sheaf_of(text, port, name, path, cpus=GATEWAY_CPU, prefix=(), env=None, tls=False):
    config = folder / f"sheaf-{port}.yaml"
    config.write_text(text)
    child = start(cpus, *prefix, SHEAF, "run", "-c", config, env=env)
    wait_for(port)
    return Gateway(name, port, path, [child.pid], tls=tls)


def sheaf_with(first, name, sources, path="/page?id=1042", patience="2s"):
    """One endpoint over one service; sources: lines of YAML, each source's under its name."""
    port = ports(1)
    lines = [f"listen: 127.0.0.1:{port}", "workers: 1", "log:", f"  file: {folder}/access-{port}.log", "services:",
             f"  shop: http://127.0.0.1:{first}", "endpoints:", "  - path: /page", f"    timeout: {patience}",
             "    query:", "      id: {}", "      ids:", "        list: true", "    sources:"]
    for source, keys in sources.items():
        lines += [f"      {source}:", *(f"        {key}" for key in keys)]
    return _sheaf_of("\n".join(lines) + "\n", port, name, path)


def _filled(template, port, first):
    text = (PEERS / template).read_text().replace("@PORT@", str(port)).replace("@FOLDER@", str(folder))
    for i in range(4):
        text = text.replace(f"@SERVICE{i}@", str(first + i))
    out = folder / template.removesuffix(".in")
    out.write_text(text)
    return out


def nginx(first):
    if not os.path.exists("/usr/lib/nginx/modules/ngx_http_lua_module.so"):
        print("nginx with Lua is left out: not installed")
        return []
    port = ports(1)
    master = start(GATEWAY_CPU, "nginx", "-c", _filled("nginx.conf.in", port, first))
    wait_for(port)
    pids = []
    while not pids:  # the master listens before it has a worker
        children = pathlib.Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text()
        pids = [int(pid) for pid in children.split()]
    splice = Gateway("nginx-splice", port, "/splice?id=1042", pids)
    # A Lua table has no order, so the members of its JSON have none.
    return [splice, Gateway("nginx-decode", port, "/decode?id=1042", pids, compare="length")]


def go(first):
    if not shutil.which("go"):
        print("the Go program is left out: no Go here")
        return []
    program = BUILD / "aggregator"
    subprocess.run(["go", "build", "-buildvcs=false", "-o", program, "."], cwd=PEERS / "go", check=True)
    port = ports(1)
    child = start(GATEWAY_CPU, program, port, first, env={"GOMAXPROCS": "1"})
    wait_for(port)
    return [Gateway("go", port, PAGE, [child.pid])]


@functools.cache
def krakend_program():
    """KrakenD CE from its Go module, built once; None where it is not to be had."""
    module = "github.com/krakend/krakend-ce/v2"
    program = BUILD / "go" / "krakend-ce"
    if program.exists():
        return program
    if not shutil.which("go"):
        print("KrakenD is left out: no Go here")
        return None
    install = ["go", "install", f"{module}/cmd/krakend-ce@latest"]
    env = {**os.environ, "GOBIN": str(program.parent)}
    try:
        run = subprocess.run(install, env=env, capture_output=True, text=True, timeout=INSTALL_WITHIN)
        said = run.stderr if run.returncode else ""
    except subprocess.TimeoutExpired:
        said = f"no module after {INSTALL_WITHIN} s"
    if not program.exists():
        print("KrakenD is left out:", (said.strip().splitlines() or ["?"])[-1].strip())
        return None
    return program


def krakend(first):
    program = krakend_program()
    if not program:
        return []
    port = ports(1)
    child = start(GATEWAY_CPU, program, "run", "-c", _filled("krakend.json.in", port, first), env={"GOMAXPROCS": "1"})
    wait_for(port)
    return [Gateway("krakend", port, "/api/aggregated/product/1042", [child.pid])]


@contextlib.contextmanager
def scraped(gateway):
    """Somebody reads its metrics once a second meanwhile, where it has any."""
    is_over = threading.Event()

    def scrape():
        wait = SCRAPE_EVERY / 2
        while not is_over.wait(wait):
            connection = http.client.HTTPConnection("127.0.0.1", gateway.admin, timeout=5)
            connection.request("GET", "/metrics")
            if connection.getresponse().status != 200:
                sys.exit(f"{gateway.name}: no metrics")
            connection.close()
            wait = SCRAPE_EVERY

    thread = threading.Thread(target=scrape if gateway.admin else is_over.wait)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def load(gateway, cpus=OTHER_CPUS, **more):
    """One run of load: its figures, and what the gateway spent: us an answer, busy as a share."""
    more = {**({"fields": gateway.fields} if gateway.fields else {}), **more}
    words = options(port=gateway.port, path=gateway.path, tls=int(gateway.tls), compare=gateway.compare, **more)
    cpu, clock = gateway.cpu_seconds(), time.monotonic()
    command = ["taskset", "-c", cpus, BUILD / "bench" / "load", *words]
    with scraped(gateway):
        run = subprocess.run(command, capture_output=True, text=True, timeout=more.get("seconds", 1) + LOAD_WITHIN)
    cpu, clock = gateway.cpu_seconds() - cpu, time.monotonic() - clock
    if run.returncode:
        sys.exit(f"{gateway.name}: {run.stderr}")
    figures = {name: float(value) for name, value in (word.split("=") for word in run.stdout.split())}
    return {**figures, "us": cpu * 1e6 / max(figures["done"], 1), "busy": cpu / clock}


def only_equal(reference, others):
    """Those of the others that answer as the reference does, as JSON values; the rest is named."""
    wanted = reference.answer()
    equal = []
    for gateway in others:
        if gateway.answer() == wanted:
            equal.append(gateway)
        else:
            print(f"{gateway.name} is left out: its answer differs from {reference.name}'s")
    return equal
