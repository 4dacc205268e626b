"""A store that speaks S3 (moto), with a bucket. It looks at signatures as botocore makes them, and at checksums as Amazon does.

It says its address, and answers each line of its input with one of its own:
  refuse COUNT STATUS [METHOD]   the next so many requests (of that method) are answered with that status
  cut COUNT             the next so many answers break off in their middle
  put KEY TEXT          an object is there, whoever asks
  keys                  how many objects there are
  empty                 there are none any more
"""

import base64
import hashlib
import io
import logging
import sys
import threading
import urllib.parse
from datetime import datetime, timezone

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

KEYS = Credentials("AKIASTOCKWELL", "a secret of the tests/+=")
REGION = "eu-central-1"
BUCKET = "stockwell"

logging.getLogger("werkzeug").setLevel(logging.ERROR)
faults = {"refuse": [], "method": "", "cut": 0}


class Checked:
    """What stands before the store."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start):
        if faults["refuse"] and faults["method"] in ("", environ["REQUEST_METHOD"]):
            return self.no(start, faults["refuse"].pop(0), "SlowDown")
        if environ.get("HTTP_X_PEER") != "own":
            wrong = signature_fault(environ)
            if wrong:
                return self.no(start, "403 Forbidden", wrong)
            told = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
            if environ["REQUEST_METHOD"] == "PUT":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                if told is None or base64.b64encode(hashlib.sha256(body).digest()).decode() != told:
                    return self.no(start, "400 Bad Request", "BadDigest")
                environ["wsgi.input"] = io.BytesIO(body)
        answer = self.inner(environ, start)
        if environ["REQUEST_METHOD"] == "GET" and "list-type" not in environ["QUERY_STRING"] and faults["cut"]:
            faults["cut"] -= 1
            whole = b"".join(answer)
            # fewer than are announced: the connection ends there
            return [whole[: len(whole) // 2]]
        return answer

    @staticmethod
    def no(start, status, word):
        body = f"<?xml version='1.0'?><Error><Code>{word}</Code></Error>".encode()
        start(str(status), [("content-type", "application/xml"), ("content-length", str(len(body)))])
        return [body]


def signature_fault(environ):
    query = urllib.parse.parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    told = query.pop("X-Amz-Signature", [None])[0]
    if told is None:
        return "AccessDenied"
    at = query["X-Amz-Date"][0]
    made = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if abs((datetime.now(timezone.utc) - made).total_seconds()) > int(query["X-Amz-Expires"][0]):
        return "RequestTimeTooSkewed"
    names = query["X-Amz-SignedHeaders"][0].split(";")
    unsigned = [name for name in environ if name.startswith("HTTP_X_AMZ_") and name[5:].lower().replace("_", "-") not in names]
    if unsigned:
        return "AccessDenied"
    path = urllib.parse.quote(environ["PATH_INFO"], safe="/~")
    plain = "&".join(
        f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value[0], safe='-_.~')}" for name, value in query.items()
    )
    request = AWSRequest(environ["REQUEST_METHOD"], f"http://{environ['HTTP_HOST']}{path}?{plain}")
    for name in names:
        request.headers[name] = environ["HTTP_" + name.upper().replace("-", "_")]
    request.context["timestamp"] = at
    auth = S3SigV4QueryAuth(KEYS, "s3", REGION)
    right = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if right == told else "SignatureDoesNotMatch"


app = Checked(DomainDispatcherApplication(create_backend_app))
server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
own = boto3.client(
    "s3", endpoint_url=address, region_name=REGION, aws_access_key_id=KEYS.access_key, aws_secret_access_key=KEYS.secret_key
)
own.meta.events.register("before-sign.s3.*", lambda request, **_: request.headers.add_header("X-Peer", "own"))
own.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
print(address, flush=True)

for line in sys.stdin:
    words = line.rstrip("\n").split(" ", 2)
    said = "done"
    if words[0] == "refuse":
        status, _, faults["method"] = words[2].partition(" ")
        faults["refuse"] = [f"{status} Fault"] * int(words[1])
    elif words[0] == "cut":
        faults["cut"] = int(words[1])
    elif words[0] == "put":
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(BUCKET, words[1], words[2].encode())
    else:
        pages = own.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        if words[0] == "empty":
            for key in keys:
                own.delete_object(Bucket=BUCKET, Key=key)
        said = str(len(keys))
    print(said, flush=True)
