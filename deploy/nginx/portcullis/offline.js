// Checks clearance tokens with the verifier's public keys, as docs/protocol.md says, in the same order. For njs 0.7.9: no
// state outlives a request, so the keys come from nginx's own cache; keys are imported as SPKI, not as JWK; and `await`
// does not stand within a call.

const COOKIE = "__Host-portcullis=";
// As `clearance.issuer` in the verifier's configuration.
const ISSUER = "portcullis";
const LEEWAY = 5;
const LONGEST = 1024;
// SubjectPublicKeyInfo of a P-256 key up to its point, and the 4 that says the point is not compressed (RFC 5480).
const P256 = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");

// The subrequest of auth_request: 200 for a good token, else the verifier's verdict.
async function authorize(r) {
  let good = false;
  try {
    const token = shown(r.headersIn.Cookie || "");
    good = token !== null && await isGood(r, token);
  } catch (e) {
    // A token that cannot even be read is as good as none.
    good = false;
  }
  const status = good ? 200 : await verdict(r);
  r.return(status);
}

// What the verifier says, in the words of auth_request: 200, 403, or 500 for no verdict.
async function verdict(r) {
  const answer = await r.subrequest("/.portcullis-ask");
  const admitted = answer.status === 200 && answer.headersOut["Portcullis-Action"] === "admit";
  return admitted ? 200 : answer.status === 403 ? 403 : 500;
}

function shown(cookies) {
  const pairs = cookies.split(";").map((pair) => pair.trim());
  const ours = pairs.filter((pair) => pair.startsWith(COOKIE));
  return ours.length > 0 ? ours[0].slice(COOKIE.length) : null;
}

async function isGood(r, token) {
  const parts = token.split(".");
  if (token.length > LONGEST || parts.length !== 3) {
    return false;
  }
  const header = members(parts[0]);
  if (Object.keys(header).length !== 3 || header.alg !== "ES256" || header.typ !== "clearance+jwt") {
    return false;
  }
  const key = await keyCalled(r, header.kid);
  const signature = bytes(parts[2]);
  if (key === null || signature.length !== 64) {
    return false;
  }
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signed = Buffer.from(parts[0] + "." + parts[1]);
  if (!await crypto.subtle.verify(algorithm, key, signature, signed)) {
    return false;
  }
  const claims = members(parts[1]);
  const now = Math.floor(Date.now() / 1000);
  return claims.iss === ISSUER
    && claims.aud === hostOf(r.variables.portcullis_host)
    && typeof claims.nbf === "number" && now >= claims.nbf - LEEWAY
    && typeof claims.exp === "number" && now < claims.exp + LEEWAY
    && contains(claims.net, r.remoteAddress)
    && claims.lvl >= 1;
}

// The key of this name in the verifier's JWK Set, or null. Keys of other kinds are the verifier's to use.
async function keyCalled(r, kid) {
  const answer = await r.subrequest("/.portcullis-keys");
  if (answer.status !== 200) {
    return null;
  }
  const named = JSON.parse(answer.responseText).keys.filter((key) => key.kid === kid);
  if (named.length !== 1 || named[0].kty !== "EC" || named[0].crv !== "P-256") {
    return null;
  }
  const spki = Buffer.concat([P256, bytes(named[0].x), bytes(named[0].y)]);
  return crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
}

// A JSON object in which no name stands twice: of two values, another reader might take the other. The verifier writes no
// escapes, by which a name might be spelt otherwise.
function members(part) {
  const text = bytes(part).toString();
  const read = JSON.parse(text);
  const names = text.match(/"[^"]*"\s*:/g) || [];
  if (text.indexOf("\\") >= 0 || names.length !== Object.keys(read).length) {
    throw new Error("a name twice");
  }
  return read;
}

// Base64url in its one canonical form, without padding.
function bytes(text) {
  const read = Buffer.from(text, "base64url");
  if (read.toString("base64url") !== text) {
    throw new Error("not base64url");
  }
  return read;
}

// The host a token is for: of what the origin is told.
function hostOf(authority) {
  return authority.toLowerCase().replace(/:[0-9]*$/, "").replace(/[.]+$/, "");
}

// Whether an address is in a network such as 203.0.113.0/24 or 2001:db8::/48.
function contains(network, address) {
  const parts = network.split("/");
  const net = addressBytes(parts[0]);
  const inside = addressBytes(address);
  const bits = Number(parts[1]);
  if (net.length !== inside.length || !/^[0-9]+$/.test(parts[1]) || bits > net.length * 8) {
    return false;
  }
  for (let i = 0; i < net.length; i++) {
    const counted = Math.min(Math.max(bits - 8 * i, 0), 8);
    const mask = (0xff << (8 - counted)) & 0xff;
    if ((net[i] & mask) !== (inside[i] & mask)) {
      return false;
    }
  }
  return true;
}

// 4 or 16 numbers. An IPv4 address within IPv6 is IPv4.
function addressBytes(text) {
  const dotted = /^(.*:)?([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})[.]([0-9]{1,3})$/.exec(text);
  const four = dotted ? [dotted[2], dotted[3], dotted[4], dotted[5]].map(Number) : [];
  if (dotted && !dotted[1]) {
    return four;
  }
  const words = dotted ? dotted[1] + hex(four[0], four[1]) + ":" + hex(four[2], four[3]) : text;
  const halves = words.split("::").map((half) => half === "" ? [] : half.split(":"));
  const front = halves[0];
  const back = halves.length > 1 ? halves[1] : [];
  const all = front.slice();
  while (halves.length === 2 && all.length + back.length < 8) {
    all.push("0");
  }
  back.forEach((word) => all.push(word));
  if (all.length !== 8 || halves.length > 2) {
    throw new Error("no address");
  }
  const sixteen = [];
  all.forEach((word) => {
    const value = parseInt(word, 16);
    sixteen.push(value >> 8, value & 0xff);
  });
  const mapped = sixteen.slice(0, 10).every((byte) => byte === 0) && sixteen[10] === 0xff && sixteen[11] === 0xff;
  return mapped ? sixteen.slice(12) : sixteen;
}

function hex(high, low) {
  return (high * 256 + low).toString(16);
}

export default { authorize };
