#!/usr/bin/env python3
"""Solves a challenge of a site behind Portcullis and prints the cookie that admits this machine.

    curl -H "Cookie: $(python3 docs/client.py https://login.example)" https://login.example/

An example to build on: Python 3.8 or newer, no packages, one core, some seconds. docs/clients.md says what else a client
should do.
"""

import base64
import hashlib
import json
import sys
import urllib.request


def ask(url, body=None):
    """GET, or POST of JSON; the JSON that comes back, and the cookie. An error status is an exception."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"})) as response:
        return json.load(response), response.headers.get("Set-Cookie", "").split(";")[0]


def solve(text):
    """The text of a solution: the first k nonces whose digest ends in a word not above the threshold."""
    challenge = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    version, kind, shares, threshold = challenge[0], challenge[1], challenge[3], challenge[4:8]
    if (version, kind) != (1, 1):
        sys.exit("this client knows version 1 and kind 1 only")
    prefix = hashlib.sha256(challenge[-48:])
    solution, nonce = b"", 0
    while len(solution) < 4 * shares:
        word = nonce.to_bytes(4, "big")
        attempt = prefix.copy()
        attempt.update(word)
        if attempt.digest()[-4:] <= threshold:
            solution += word
        nonce += 1
    return base64.urlsafe_b64encode(solution).rstrip(b"=").decode()


def main():
    site = sys.argv[1].rstrip("/")
    challenge, _ = ask(site + "/.portcullis/challenge")
    submission = {"challenge": challenge["challenge"], "solution": solve(challenge["challenge"])}
    _, cookie = ask(site + challenge["redeem"], submission)
    print(cookie)


main()
