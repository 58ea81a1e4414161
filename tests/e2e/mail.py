"""Mail through servers that others wrote: mail.py WORK TIDINGS

aiosmtpd takes the mail, with TLS and a login; Python's parser reads it; SpamAssassin scores it. Then the program is killed again and again
while it sends, and the deliveries are counted at the server.
"""
import collections
import email
import email.policy
import json
import logging
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from vendor import ENVIRONMENT, Vendor, free_port

logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")
work, tidings = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 200
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)


class Box:
    def __init__(self):
        self.messages, self.told = [], collections.Counter()

    async def handle_DATA(self, server, session, envelope):
        self.told[envelope.rcpt_tos[0]] += 1
        self.messages.append(envelope.content)
        return "250 2.0.0 taken"


def certificate(name):
    key, made = work / f"{name}.key", work / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return made, context


def customers(vendor, count):
    rows = "".join(f"c{number},Person {number},p{number}@c{number}.example,1.0.0,\n" for number in range(count))
    (vendor.source / "customers.csv").write_text("customer,name,email,running,kinds\n" + rows)


def mail(port, host="localhost", more=""):
    return f'[email]\nfrom = "A <a@acme.example>"\ncustomers = "customers.csv"\n{more}transport = "smtp://{host}:{port}"\n'


def login(server, session, envelope, mechanism, data):
    # Not handled: the server itself answers 535.
    return AuthResult(success=data.login == b"me" and data.password == b"verysecret", handled=False)


# TLS and a login.
box, port = Box(), free_port()
good, context = certificate("localhost")
server = Controller(box, hostname="127.0.0.1", server_hostname="localhost", port=port, tls_context=context, require_starttls=True, authenticator=login, auth_required=True)
server.start()
vendor = Vendor(work / "tls", tidings, operator=mail(f"{port}?tls=required", "me@localhost", 'unsubscribe = "https://acme.example/leave/{id}"\n'))
customers(vendor, 3)
(vendor.source / "customers.csv").open("a").write('x,"Jürgen, der ""Große""",j@bücher.example,,\n')
vendor.tidings("smoke")
vendor.tidings("publish")
password = {"SMTP_PASSWORD": "verysecret"}
send = ("email", "send", "--yes")
vendor.tidings(*send, code=2, says=["cannot be talked to securely", "certificate"], environment=password)
other, _ = certificate("elsewhere.example")
vendor.tidings(*send, code=2, says=["cannot be talked to securely"], environment={**password, "SSL_CERT_FILE": str(other)})
trusted = {"SSL_CERT_FILE": str(good)}
vendor.tidings(*send, code=2, says=["does not let us in"], environment={**trusted, "SMTP_PASSWORD": "wrong"})
assert not box.messages
vendor.tidings(*send, says=["4 sent"], environment={**trusted, **password})
server.stop()
assert sorted(box.told) == ["j@xn--bcher-kva.example"] + [f"p{n}@c{n}.example" for n in range(3)] and set(box.told.values()) == {1}
for message in box.messages:
    read = email.message_from_bytes(message, policy=email.policy.default)
    assert not read.defects and read["To"].addresses[0].addr_spec in box.told, read.defects
    assert read["Auto-Submitted"] == "auto-generated" and read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, page = (part.get_content() for part in read.iter_parts())
    assert "https://github.com/acme/agent-bootstrap/releases/tag/v1.1.0" in text and "http-equiv" not in page and "<img" not in page
    assert len(text.strip().splitlines()) < 15
    assert email.utils.parsedate_to_datetime(read["Date"]) and read["Message-ID"].endswith("@acme.example>")
assert 'Jürgen, der "Große"' in [email.message_from_bytes(m, policy=email.policy.default)["To"].addresses[0].display_name for m in box.messages]
scored = subprocess.run(["spamassassin", "-L", "-t"], input=box.messages[0], capture_output=True, check=True).stdout.decode(errors="replace")
points = float(scored.split("Content analysis details:")[1].split("(")[1].split()[0])
assert points < 2.0, scored
print(f"TLS, login and parsers agree; SpamAssassin gives {points} points")

# Killed again and again.
box, port = Box(), free_port()
server = Controller(box, hostname="127.0.0.1", server_hostname="localhost", port=port)
server.start()
vendor = Vendor(work / "kills", tidings, operator=mail(port, "127.0.0.1", "connections = 8\n"))
count = kills * 40
customers(vendor, count)
vendor.tidings("smoke")
vendor.tidings("publish")
draw = random.Random(7)
done = 0
for number in range(kills):
    child = subprocess.Popen([tidings, "email", "send", "--yes"], cwd=vendor.source, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before, deadline = len(box.messages), time.time() + 20
    while len(box.messages) == before and child.poll() is None and time.time() < deadline:
        time.sleep(0.002)
    time.sleep(draw.random() * 0.02)
    done += child.poll() is None
    child.kill()
    child.wait()
time.sleep(1)
ran = subprocess.run([tidings, "email", "send", "--yes"], cwd=vendor.source, env=ENVIRONMENT, capture_output=True, text=True)
rows = json.loads(vendor.tidings("email", "status", "--format", "json", code=1 if "unknown" in ran.stdout else 0))["deliveries"]
server.stop()
states = collections.Counter(row["state"] for row in rows)
assert len(rows) == count and set(states) <= {"sent", "unknown"}, states
twice = [address for address, times in box.told.items() if times > 1]
missed = [row["address"] for row in rows if row["state"] == "sent" and not box.told[row["address"]]]
assert not twice and not missed, (twice, missed)
assert done > kills * 0.5, f"only {done} of {kills} were killed while they ran"
print(f"{done} kills, {count} recipients: nobody told twice, nobody missed; {states['unknown']} unknown, listed")
