"""A device with passkeys as somebody else writes one (soft-webauthn), beside the test: each line that it reads is a
request, each line that it writes an answer, both JSON. It presses no button and shows no page.

create, get: with `options` and `origin`, as a browser would ask. `verified` makes it say that it has made sure who uses it,
which the package by itself never says. `rewind` sets its counter.
"""

import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.utils import sha256
from soft_webauthn import SoftWebauthnDevice

VERIFIED = 0x04


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def coded(data):
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def flagged(data):
    return data[:32] + bytes([data[32] | VERIFIED]) + data[33:]


def asked(options):
    options = dict(options)
    options["challenge"] = decoded(options["challenge"])
    if "user" in options:
        options["user"] = dict(options["user"], id=decoded(options["user"]["id"]))
    return {"publicKey": options}


def create(device, request):
    made = device.create(asked(request["options"]), request["origin"])
    attestation = made["response"]["attestationObject"]
    if request.get("verified"):
        parts = cbor.decode(attestation)
        attestation = cbor.encode(dict(parts, authData=flagged(parts["authData"])))
    response = {"clientDataJSON": coded(made["response"]["clientDataJSON"]), "attestationObject": coded(attestation)}
    return credential(made, response)


def get(device, request):
    given = device.get(asked(request["options"]), request["origin"])
    parts = given["response"]
    data, signature = parts["authenticatorData"], parts["signature"]
    if request.get("verified"):
        data = flagged(data)
        signature = device.private_key.sign(data + sha256(parts["clientDataJSON"]), ec.ECDSA(hashes.SHA256()))
    response = {
        "clientDataJSON": coded(parts["clientDataJSON"]),
        "authenticatorData": coded(data),
        "signature": coded(signature),
        "userHandle": coded(parts["userHandle"]),
    }
    return credential(given, response)


def credential(made, response):
    raw = coded(made["rawId"])
    return {"id": raw, "rawId": raw, "type": "public-key", "response": response, "clientExtensionResults": {}}


def rewind(device, request):
    device.sign_count = request["count"]
    return {}


device = SoftWebauthnDevice()
for line in sys.stdin:
    request = json.loads(line)
    answer = {"create": create, "get": get, "rewind": rewind}[request["do"]](device, request)
    print(json.dumps(answer), flush=True)
