"""Several machines that send the same release together, with one ledger in a real PostgreSQL: postgres.py WORK TIDINGS

Counts the deliveries at the server: three at once, then some killed while others go on, then the database itself away and back.
"""
import collections
import json
import logging
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

from aiosmtpd.controller import Controller

from vendor import ENVIRONMENT, Vendor, free_port

logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
work, tidings = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
# The server does not run as root, and its folder must be its own.
folder = pathlib.Path(tempfile.mkdtemp(prefix="tidings-postgres-"))
as_server = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
if as_server:
    shutil.chown(folder, "postgres")
    folder.chmod(0o755)
port, password = free_port(), "quite secret"


def server(*arguments):
    subprocess.run([*as_server, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, cwd=folder)


def start():
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    server(binaries / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start")


def stop():
    server(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")


def ask(query):
    ran = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "tidings", "-At", "-c", query, "postgres"], check=True,
                         capture_output=True, text=True, env={**os.environ, "PGPASSWORD": password})
    return ran.stdout.split()


(folder / "password").write_text(password)
(folder / "password").chmod(0o644)
server(binaries / "initdb", "-D", folder / "data", "-U", "tidings", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}")
start()


class Box:
    def __init__(self):
        self.told = collections.Counter()

    async def handle_DATA(self, server, session, envelope):
        self.told[envelope.rcpt_tos[0]] += 1
        return "250 2.0.0 taken"


box, mail_port = Box(), free_port()
mail = Controller(box, hostname="127.0.0.1", server_hostname="localhost", port=mail_port)
mail.start()
vendor = Vendor(work / "vendor", tidings, operator=f"""
[ledger]
url = "postgres://tidings@127.0.0.1:{port}/postgres"
[email]
from = "A <a@acme.example>"
customers = "customers.csv"
connections = 4
transport = "smtp://127.0.0.1:{mail_port}"
test_recipients = ["qa@acme.example"]
""")


def customers(count):
    rows = "".join(f"c{number},Person {number},p{number}@c{number}.example,1.0.0,\n" for number in range(count))
    (vendor.source / "customers.csv").write_text("customer,name,email,running,kinds\n" + rows)


secret = {"PGPASSWORD": password}


def machine():
    return subprocess.Popen([tidings, "email", "send", "--yes"], cwd=vendor.source, env={**ENVIRONMENT, **secret},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def rows():
    ran = subprocess.run([tidings, "email", "status", "--format", "json"], cwd=vendor.source, env={**ENVIRONMENT, **secret}, capture_output=True, text=True)
    return json.loads(ran.stdout)["deliveries"]


def nobody_twice():
    twice = [address for address, times in box.told.items() if times > 1]
    missed = [row["address"] for row in rows() if row["state"] == "sent" and "by the operator" not in row["answer"] and not box.told[row["address"]]]
    assert not twice and not missed, (twice, missed)


try:
    customers(900)
    vendor.tidings("smoke", code=2, says=["cannot use the ledger"], environment={"PGPASSWORD": "wrong"})
    vendor.tidings("smoke", environment=secret)
    vendor.tidings("publish", environment=secret)
    assert "published" in vendor.tidings("ledger", environment=secret)

    machines = [machine() for _ in range(3)]
    said = [one.communicate()[0] for one in machines]
    assert all(one.returncode in (0, 1) for one in machines), said
    vendor.tidings("email", "resume", says=["900 sent"], environment=secret)
    assert set(row["state"] for row in rows()) == {"sent"} and box.told["qa@acme.example"] == 1
    nobody_twice()
    took_part = len(ask("SELECT DISTINCT runner FROM tidings.delivery WHERE kind = 'release'"))
    assert took_part > 1, "only one machine sent anything"
    print(f"three at once: 900 recipients, {took_part} processes sent some, nobody twice")

    customers(6000)
    draw, killed = random.Random(5), 0
    others = machine()
    for number in range(40):
        one = machine()
        before, deadline = sum(box.told.values()), time.time() + 20
        while sum(box.told.values()) < before + 8 and one.poll() is None and time.time() < deadline:
            time.sleep(0.002)
        time.sleep(draw.random() * 0.3)
        killed += one.poll() is None
        one.kill()
        one.wait()
        if others.poll() is not None:
            others = machine()
        if sum(box.told.values()) > 5500:
            break
    others.communicate()
    vendor.tidings("email", "resume", code=1, says=["unknown"], environment=secret)
    states = collections.Counter(row["state"] for row in rows())
    assert set(states) == {"sent", "unknown"} and sum(states.values()) == 6001 and killed > 5, (states, killed)
    nobody_twice()
    print(f"{killed} killed beside one that goes on: 6000 recipients, {states['unknown']} unknown, nobody twice")

    customers(9000)
    vendor.tidings("email", "resolve", "--assume-sent", environment=secret)
    one = machine()
    before = sum(box.told.values())
    while sum(box.told.values()) < before + 200 and one.poll() is None:
        time.sleep(0.002)
    stop()
    said = one.communicate()[0]
    assert one.returncode == 2 and "cannot" in said and "ledger" in said and password not in said, said
    start()
    for _ in range(2):
        ended = machine()
        ended.communicate()
    states = collections.Counter(row["state"] for row in rows())
    assert set(states) <= {"sent", "unknown"} and sum(states.values()) == 9001, states
    nobody_twice()
    try:
        ask("DELETE FROM tidings.receipt")
        raise SystemExit("a receipt was deleted")
    except subprocess.CalledProcessError as refused:
        assert "only added to" in refused.stderr
    print(f"the database gone while sending, and back: {states['unknown']} unknown, nobody twice")

    # The page of the book that needs a database.
    ask("DROP SCHEMA tidings CASCADE")
    book = {**os.environ, "BOOK_PAGE": "several-operators.md", "BOOK_DATABASE": f"postgres://tidings@127.0.0.1:{port}/postgres", "BOOK_PASSWORD": password}
    subprocess.run(["cargo", "test", "--quiet", "--test", "it", "what_the_book_shows_is_what_happens"], env=book, check=True)
finally:
    mail.stop()
    stop()
    shutil.rmtree(folder, ignore_errors=True)
