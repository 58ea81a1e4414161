"""Mail through a real Postfix, signed, killed, greylisted: postfix.py WORK TIDINGS

Postfix takes the mail and passes it on to a server that counts. What a kill left unknown is settled by Postfix's own log, so that in the end
everybody was told exactly once. dkimpy verifies the signatures as they arrive.
"""
import base64
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

import dkim
from aiosmtpd.controller import Controller

from vendor import ENVIRONMENT, Vendor, answers, free_port, until

logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
work, tidings = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
home = pathlib.Path(tempfile.mkdtemp(prefix="tidings-postfix-"))
home.chmod(0o755)


class Box:
    """Takes all mail; a greylisted recipient is asked to come back the first time."""

    def __init__(self):
        self.told, self.messages, self.grey, self.seen = collections.Counter(), [], False, set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.grey and address not in self.seen:
            self.seen.add(address)
            return "450 4.2.0 greylisted, come back in five minutes"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        self.told[envelope.rcpt_tos[0]] += 1
        self.messages.append(envelope.content)
        return "250 2.0.0 taken"


def postfix(port, behind):
    for folder in ("config", "queue", "data"):
        (home / folder).mkdir()
    shutil.chown(home / "data", "postfix")
    (home / "config/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
myhostname = mx.acme.example
mydestination =
alias_maps =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{behind}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
""")
    master = pathlib.Path("/usr/share/postfix/master.cf.dist").read_text().splitlines()
    kept = [line.replace(" y ", " n ", 1) if " y " in line else line for line in master if line and not line.startswith(("#", " ", "smtp      inet"))]
    services = [line for line in kept if line.split()[0] in "pickup cleanup qmgr tlsmgr rewrite bounce defer trace verify flush proxymap smtp relay error retry discard anvil scache postlog".split()]
    (home / "config/master.cf").write_text("\n".join([f"127.0.0.1:{port} inet n - n - 40 smtpd", *services]) + "\n")
    subprocess.run(["postfix", "-c", home / "config", "start"], check=True, capture_output=True)
    until("postfix", answers(port))


def idle():
    ran = subprocess.run(["postqueue", "-c", home / "config", "-j"], capture_output=True, text=True)
    return ran.returncode == 0 and not ran.stdout.strip()


def customers(vendor, count):
    rows = "".join(f"c{number},Person {number},p{number}@c{number}.example,1.0.0,\n" for number in range(count))
    (vendor.source / "customers.csv").write_text("customer,name,email,running,kinds\n" + rows)


def made(name, port, more=""):
    vendor = Vendor(work / name, tidings, operator=f"""
[email]
from = "A <a@acme.example>"
customers = "customers.csv"
unsubscribe = "https://acme.example/leave/{{id}}"
connections = 8
transport = "smtp://127.0.0.1:{port}"
{more}""")
    customers(vendor, 1)
    vendor.tidings("smoke")
    vendor.tidings("publish")
    return vendor


def rows(vendor):
    ran = subprocess.run([tidings, "email", "status", "--format", "json"], cwd=vendor.source, env=ENVIRONMENT, capture_output=True, text=True)
    return json.loads(ran.stdout)["deliveries"]


box, port = Box(), free_port()
server = Controller(box, hostname="127.0.0.1", server_hostname="localhost", port=free_port())
server.start()
try:
    postfix(port, server.port)

    # Killed while it sends through Postfix; its log settles what was in flight.
    vendor = made("kills", port)
    count = 1500
    customers(vendor, count)
    draw, unknown, killed = random.Random(11), 0, 0
    for number in range(25):
        child = subprocess.Popen([tidings, "email", "send", "--yes"], cwd=vendor.source, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.1 + draw.random() * 0.25)
        killed += child.poll() is None
        child.kill()
        child.wait()
    subprocess.run([tidings, "email", "send", "--yes"], cwd=vendor.source, env=ENVIRONMENT, capture_output=True)
    unknown = sum(row["state"] == "unknown" for row in rows(vendor))
    assert unknown > 0 and killed > 5, (unknown, killed)
    time.sleep(1)
    said = vendor.tidings("email", "resolve", "--from-log", str(home / "mail.log"), says=[f"{unknown} messages settled"])
    vendor.tidings("email", "resume", says=[f"{count} sent"])
    until("an empty queue", idle, 120)
    assert len(box.told) == count and set(box.told.values()) == {1}, collections.Counter(box.told.values())
    print(f"{killed} kills before a real Postfix: {count} recipients told exactly once; {said.strip()}")

    # Signed: by RSA and by Ed25519, verified as it arrives behind Postfix.
    rsa = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True, text=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=rsa.encode(), check=True, capture_output=True).stdout
    raw = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER"], check=True, capture_output=True).stdout
    point = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=raw, check=True, capture_output=True).stdout[-32:]
    for kind, key, record in (("rsa", rsa, public), ("ed25519", base64.b64encode(raw[-32:]).decode(), point)):
        box.messages.clear()
        vendor = made(kind, port, f'[email.dkim]\ndomain = "acme.example"\nselector = "{kind}"\nkey_env = "DKIM_KEY"\n')
        (vendor.source / "customers.csv").write_text('customer,name,email,running,kinds\nx,"Jürgen, der ""Große""",j@b.example,,\n')
        vendor.tidings("email", "send", "--yes", says=["1 sent"], environment={"DKIM_KEY": key})
        until("the message", lambda: box.messages, 60)
        dns = lambda name, timeout=5: f"v=DKIM1; k={kind}; p={base64.b64encode(record).decode()}".encode()
        message = box.messages[0]
        assert dkim.verify(message, dnsfunc=dns), message.decode()
        for bad in (message.replace(b"1.1.0", b"1.1.1"), message.replace(b"List-Unsubscribe: <https://acme", b"List-Unsubscribe: <https://evil"),
                    b"Reply-To: evil@example.org\r\n" + message):
            assert not dkim.verify(bad, dnsfunc=dns)
    print("dkimpy verifies both kinds of signature, and refuses each changed message")

    # Greylisted, and told when it comes back; before that it is not asked again.
    box, behind = Box(), free_port()
    box.grey = True
    direct = Controller(box, hostname="127.0.0.1", server_hostname="localhost", port=behind)
    direct.start()
    vendor = made("grey", behind)
    customers(vendor, 5)
    vendor.tidings("email", "send", "--yes", code=1, says=["5 deferred", "in a quarter of an hour"])
    vendor.tidings("email", "resume", code=1, says=["5 deferred"])
    assert not box.told
    for later, code, words in (("+4m", 1, "5 deferred"), ("+7m", 0, "5 sent")):
        ran = subprocess.run(["faketime", "-f", later, tidings, "email", "resume"], cwd=vendor.source, env=ENVIRONMENT, capture_output=True, text=True)
        assert ran.returncode == code and words in ran.stdout, (later, ran)
    direct.stop()
    assert len(box.told) == 5 and set(box.told.values()) == {1}
    print("greylisted recipients are left alone for five minutes, then told once")
finally:
    subprocess.run(["postfix", "-c", home / "config", "stop"], capture_output=True)
    server.stop()
    shutil.rmtree(home, ignore_errors=True)
