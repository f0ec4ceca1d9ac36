import assert from "node:assert/strict";
import { test } from "node:test";

import { PlaintextTokenError, TriwireClient } from "../src/index.js";
import { isLocal } from "../src/plaintext.js";

const local = [
  "localhost:50051",
  "127.0.0.1:50051",
  "127.8.9.10",
  "[::1]:50051",
  "::1",
  "dns:///localhost:50051",
  "dns://10.0.0.2/127.0.0.1:50051",
  "ipv4:127.0.0.1:1,127.0.0.2:2",
  "ipv6:[::1]:50051",
  "unix:/run/triwire.sock",
];
const remote = [
  "triwire.example:50051",
  "10.0.0.1:50051",
  "0.0.0.0:50051",
  "localhost.example:50051",
  "dns:///triwire:50051",
  "ipv4:127.0.0.1:1,10.0.0.1:2",
  "[2001:db8::1]:50051",
  "xds:///127.0.0.1:50051",
  "127.0.0.1.example",
  "",
];

test("addresses of the loopback interface are on this machine, and nothing else is", () => {
  for (const target of local) assert.equal(isLocal(target), true, target);
  for (const target of remote) assert.equal(isLocal(target), false, target);
});

test("a token does not leave this machine in plaintext unless that was asked for", () => {
  const options = { target: "triwire.example:50051", token: "secret", tls: false };
  assert.throws(
    () => new TriwireClient(options),
    (error: unknown) => error instanceof PlaintextTokenError && !error.message.includes("secret"),
  );
  new TriwireClient({ ...options, allowPlaintextToken: true }).close();
  new TriwireClient({ ...options, tls: true }).close();
  new TriwireClient({ ...options, target: "localhost:50051" }).close();
});

test("half a client certificate is refused", () => {
  const tls = { clientCertificate: "cms.pem" };
  assert.throws(() => new TriwireClient({ tls }), /clientCertificate and clientKey belong together/);
});
