// A hook that a CMS calls when an article is saved: `node hook.mjs`. The same as hook.py, with the TypeScript client.
// Environment: CMS_URL, HOOK_PORT (8080), LANGUAGES ("ko,ja"); TRIWIRE_TARGET and the others of the client.

import { createServer } from "node:http";
import {
  bodyOf,
  CancelledError,
  DeadlineExceededError,
  Finding_Kind,
  Finding_Severity,
  html,
  Priority,
  QueueFullError,
  TriwireClient,
  TriwireError,
  UnavailableError,
} from "triwire-client";

const cmsUrl = process.env.CMS_URL ?? "http://127.0.0.1:8000";
const targetLanguages = (process.env.LANGUAGES ?? "ko,ja").split(",");
const later = [QueueFullError, UnavailableError, DeadlineExceededError, CancelledError];
const triwire = new TriwireClient();
const underWay = new Map();

// The same id for the same revision: a CMS that repeats its call starts nothing twice, and the id finds the article in
// the logs and traces of the server.
function take(saved) {
  const requestId = `${saved.id}.${saved.revision}`;
  if (!underWay.has(requestId)) {
    const work = translated(requestId, saved)
      .then((result) => put(saved, result))
      // Not lost: when the CMS repeats its call the server still knows what it made.
      .catch((error) => console.error(`${requestId}: the CMS did not take the result: ${error}`))
      .finally(() => underWay.delete(requestId));
    underWay.set(requestId, work);
  }
  return requestId;
}

// What the CMS is to know of a revision: its translations, or why there are none.
async function translated(requestId, saved) {
  try {
    const result = await triwire.processArticle(
      {
        content: html(saved.html),
        targetLanguages,
        requestId,
        priority: saved.urgent ? Priority.INTERACTIVE : Priority.STANDARD,
      },
      { timeoutMs: saved.urgent ? 60_000 : 600_000 }, // retries and the wait in the queue included
    );
    return { state: state(result), translations: result.translations.map(asJson) };
  } catch (error) {
    if (later.some((kind) => error instanceof kind)) {
      return { state: "later", reason: error.reason, seconds: (error.retryDelayMs ?? 60_000) / 1000 };
    }
    if (error instanceof TriwireError) {
      return { state: "failed", reason: error.reason, message: error.message };
    }
    throw error;
  }
}

const findings = (translation) => [...translation.findings, ...translation.blocks.flatMap((block) => block.findings)];

// `held` until an editor has looked, `look` if it is worth a look, else `ready`.
function state(result) {
  const severities = new Set(result.translations.flatMap(findings).map((finding) => finding.severity));
  if (severities.has(Finding_Severity.CRITICAL)) return "held";
  return severities.has(Finding_Severity.WARNING) ? "look" : "ready";
}

const asJson = (translation) => ({
  language: translation.targetLanguage,
  blocks: Object.fromEntries(translation.blocks.map(({ block }) => [block.blockId, bodyOf(block)])),
  findings: findings(translation).map(({ kind, expected, actual }) => ({
    kind: `KIND_${Finding_Kind[kind]}`,
    expected,
    actual,
  })),
});

// The CMS drops a result whose revision is no longer the newest.
async function put(saved, result) {
  const answer = await fetch(`${cmsUrl}/articles/${saved.id}/translations`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ revision: saved.revision, ...result }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

const server = createServer(async (request, response) => {
  let answer;
  try {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const saved = JSON.parse(body);
    if (!("id" in saved && "revision" in saved && typeof saved.html === "string")) {
      throw new TypeError("a member is missing");
    }
    answer = [202, { request_id: take(saved) }];
  } catch (error) {
    answer = [400, { error: `needs id, revision and html as JSON: ${error}` }];
  }
  response.writeHead(answer[0], { "Content-Type": "application/json" }).end(JSON.stringify(answer[1]));
});

process.on("SIGTERM", () => {
  server.close(async () => {
    await Promise.all(underWay.values());
    triwire.close();
  });
  server.closeAllConnections();
});
server.listen(Number(process.env.HOOK_PORT ?? 8080), "127.0.0.1");
