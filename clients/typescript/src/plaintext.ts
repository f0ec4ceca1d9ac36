/** A token is sent in plaintext to this machine alone, unless somebody asked for more. */

import { BlockList, isIP } from "node:net";

/** A token would go over the network unencrypted, where anyone on the way could take it. */
export class PlaintextTokenError extends Error {
  override readonly name = "PlaintextTokenError";
}

/** @throws PlaintextTokenError the target is not on this machine */
export function checkToken(target: string): void {
  if (isLocal(target)) return;
  throw new PlaintextTokenError(
    `the token would go to ${target} in plaintext: use TLS (tls: true, TRIWIRE_TLS=1), or, where a mesh or a proxy` +
      " on this machine encrypts it, allowPlaintextToken: true (TRIWIRE_ALLOW_PLAINTEXT_TOKEN=1)",
  );
}

/**
 * Whether every address of a target is on this machine; a name other than "localhost" may be anywhere.
 *
 * @param target "host:port", "dns:[//authority/]host:port", "ipv4:a:port,b:port", "ipv6:[a]:port" or "unix:path"
 */
export function isLocal(target: string): boolean {
  const [, scheme, rest = ""] = /^(unix|dns|ipv4|ipv6):(.*)$/s.exec(target) ?? [];
  if (scheme === "unix") return true;
  if (scheme === undefined && target.includes("://")) return false; // a resolver that is not known here
  const path = scheme === undefined ? target : rest.slice(rest.lastIndexOf("/") + 1);
  return path.split(",").every((address) => isLoopback(address.trim()));
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether "host", "host:port", "[v6]:port" or a bare v6 address is the loopback interface's. */
function isLoopback(address: string): boolean {
  const [, bracketed, plain = ""] = /^\[([^\]]*)\](?::\d+)?$|^([^:]*)(?::\d+)?$/.exec(address) ?? [];
  const host = bracketed ?? (plain || address);
  const version = isIP(host);
  return host === "localhost" || (version !== 0 && loopback.check(host, version === 4 ? "ipv4" : "ipv6"));
}
