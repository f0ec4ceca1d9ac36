/** TLS with a certificate for the caller, and a token. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  AccessDeniedError,
  type ClientOptions,
  CredentialsInvalidError,
  TriwireClient,
  UnavailableError,
} from "../src/index.js";
import { given } from "./given.js";

interface Secured {
  readonly target: string;
  readonly token: string;
  readonly tls: { readonly rootCertificates: string; readonly clientCertificate: string; readonly clientKey: string };
  readonly otherRoot: string;
}
const server = given<Secured>("TRIWIRE_TEST_SECURED_SERVER");

async function listed(options: ClientOptions): Promise<number> {
  const triwire = new TriwireClient({
    target: server.value.target,
    timeoutMs: 10_000,
    retry: { maxAttempts: 1 },
    ...options,
  });
  try {
    return (await triwire.listModels()).models.length;
  } finally {
    triwire.close();
  }
}

describe("a server with mutual TLS and tokens", server.options, () => {
  const { tls, token, otherRoot } = server.value ?? {};

  test("lets a caller in that has a certificate and a token", async () => {
    assert.equal(await listed({ tls, token }), 1);
  });

  test("lets nobody in without a token, or with a wrong one", async () => {
    await assert.rejects(listed({ tls, token: "" }), CredentialsInvalidError);
    await assert.rejects(listed({ tls, token: "guessed" }), CredentialsInvalidError);
  });

  test("grants what the token's rights say", async () => {
    const triwire = new TriwireClient({ target: server.value.target, tls, token });
    await assert.rejects(triwire.deleteGlossary({ name: "glossaries/house" }), AccessDeniedError);
    triwire.close();
  });

  test("lets nobody in without a certificate of its authority, or in plaintext", async () => {
    await assert.rejects(listed({ tls: { rootCertificates: tls?.rootCertificates }, token }), UnavailableError);
    await assert.rejects(listed({ tls: false, token }), UnavailableError);
  });

  test("is not believed with a certificate of another authority, or under another name", async () => {
    await assert.rejects(listed({ tls: { ...tls, rootCertificates: otherRoot }, token }), UnavailableError);
    await assert.rejects(listed({ tls: { ...tls, serverName: "elsewhere.example" }, token }), UnavailableError);
  });

  test("is found from the environment", async () => {
    const variables = {
      TRIWIRE_TARGET: server.value.target,
      TRIWIRE_TOKEN: token,
      TRIWIRE_TLS_ROOT_CERTIFICATES: tls?.rootCertificates,
      TRIWIRE_TLS_CLIENT_CERTIFICATE: tls?.clientCertificate,
      TRIWIRE_TLS_CLIENT_KEY: tls?.clientKey,
    };
    Object.assign(process.env, variables);
    const triwire = new TriwireClient();
    for (const name of Object.keys(variables)) delete process.env[name];
    assert.equal((await triwire.listModels()).models.length, 1);
    triwire.close();
  });
});
