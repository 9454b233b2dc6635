"""Writes the vectors beside this file anew, from a checkout of https://github.com/C2SP/wycheproof.

    python3 trim.py CHECKOUT

Keeps what the verifier could be asked to verify: ES256, EdDSA with Ed25519, HS256, and every case about which keys may be
used. Says in each file how many cases of the original were left out, and why. Of a key it keeps the public half as a JWK,
of a case what the test reads. Nothing else is changed.
"""

import base64
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def base64url(digits, length):
    number = bytes.fromhex(digits)
    return base64.urlsafe_b64encode(number.lstrip(b"\0").rjust(length, b"\0")).decode().rstrip("=")


def key(group):
    """A JWK, or a JWK Set: of an asymmetric key the public half."""
    return group.get("public") or group["private"]


def web_reason(group):
    """Why a group of JWS cases is left out; None where it is kept."""
    if any("jwe" in case for case in group["tests"]):
        return "encryption (JWE), which nothing here does"
    if "keys" in key(group):
        return None
    if key(group)["kty"] == "RSA":
        return "RSA keys, which no token of ours is signed with"
    if key(group).get("crv") == "P-521":
        return "P-521 keys, which no token of ours is signed with"
    return None


def web_group(group):
    cases = [{name: case[name] for name in ("tcId", "comment", "result", "jws")} for case in group["tests"]]
    return {"key": key(group), "cases": cases}


def raw_group(group):
    public = group["publicKey"]
    if public["type"] == "EcPublicKey":
        x, y = (base64url(public[name], 32) for name in ("wx", "wy"))
        jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    else:
        x = base64.urlsafe_b64encode(bytes.fromhex(public["pk"])).decode().rstrip("=")
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
    cases = [{name: case[name] for name in ("tcId", "comment", "result", "msg", "sig")} for case in group["tests"]]
    return {"key": jwk, "cases": cases}


FILES = {
    "json_web_signature": (web_reason, web_group),
    "json_web_key": (web_reason, web_group),
    "json_web_crypto": (web_reason, web_group),
    "ecdsa_secp256r1_sha256_p1363": (lambda group: None, raw_group),
    "ed25519": (lambda group: None, raw_group),
}


def trimmed(original, commit, reason, keep):
    left_out, groups = {}, []
    for group in original["testGroups"]:
        why = reason(group)
        if why:
            left_out[why] = left_out.get(why, 0) + len(group["tests"])
        else:
            groups.append(keep(group))
    return {"commit": commit, "cases": original["numberOfTests"], "left_out": left_out, "groups": groups}


def written(file):
    """JSON with a line for each case, so that a change can be read."""
    lines = [f'{{"commit": {json.dumps(file["commit"])}, "cases": {file["cases"]},']
    lines += [f'"left_out": {json.dumps(file["left_out"])},', '"groups": [']
    groups = []
    for group in file["groups"]:
        cases = ",\n".join("  " + json.dumps(case) for case in group["cases"])
        groups.append(f'{{"key": {json.dumps(group["key"])}, "cases": [\n{cases}]}}')
    return "\n".join(lines) + "\n" + ",\n".join(groups) + "\n]}\n"


if __name__ == "__main__":
    git = ["git", "-C", sys.argv[1]]
    run = lambda *words: subprocess.run([*git, *words], check=True, capture_output=True, text=True).stdout
    commit = run("rev-parse", "HEAD").strip()
    for name, (reason, keep) in FILES.items():
        original = json.loads(run("show", f"HEAD:testvectors_v1/{name}_test.json"))
        (HERE / f"{name}.json").write_text(written(trimmed(original, commit, reason, keep)))
