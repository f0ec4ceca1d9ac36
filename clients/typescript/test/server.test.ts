/** Every method against a real server with tiny models. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";

import {
  type ArticleSchema,
  article,
  BlockKind,
  bodyOf,
  Cleaning,
  ContentTooLargeError,
  DeadlineExceededError,
  EtagMismatchError,
  Finding_Kind,
  GlossaryExistsError,
  GlossaryNotFoundError,
  html,
  InvalidRequestError,
  LanguageUnsupportedError,
  ModelNotFoundError,
  Priority,
  slice,
  StatusCode,
  SummaryStyle,
  text,
  toUtf16,
  TriwireClient,
} from "../src/index.js";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { given } from "./given.js";

const server = given<string>("TRIWIRE_TEST_SERVER");
const triwire = new TriwireClient({ target: server.value, tls: false, token: "", timeoutMs: 60_000 });
after(() => triwire.close());

const pier: MessageInitShape<typeof ArticleSchema> = {
  language: "en",
  blocks: [
    { blockId: "h", kind: BlockKind.HEADLINE, body: { case: "text", value: "Northern pier reopens" } },
    {
      blockId: "p1",
      kind: BlockKind.PARAGRAPH,
      body: { case: "text", value: "The council voted on Tuesday to reopen the pier. Engineers said it was weak." },
    },
    { blockId: "ad", kind: BlockKind.BOILERPLATE, body: { case: "text", value: "Sign up for our newsletter" } },
    { blockId: "c", kind: BlockKind.CAPTION, body: { case: "text", value: "The pier." }, credit: "Harbour Press" },
  ],
};
const content = article(pier);

describe("a server with tiny models", server.options, () => {
  test("translates block by block under the ids that came in", async () => {
    const options = { includeSentences: true };
    const answer = await triwire.translate({ requestId: "r-1", content, targetLanguage: "ko", options });
    assert.equal(answer.requestId, "r-1");
    assert.equal(answer.source, undefined);
    assert.deepEqual(answer.translation?.models, ["tiny-m2m100@1"]);
    assert.deepEqual(
      answer.translation?.blocks.map(({ block }) => block?.blockId),
      ["h", "p1", "c"],
    );
    assert.equal(answer.translation?.blocks[2]?.block?.credit, "Harbour Press");
    assert.ok((answer.usage?.segments ?? 0) >= 3);
    assert.equal(answer.usage?.computeDuration?.$typeName, "google.protobuf.Duration");
  });

  test("gives ranges in code points, which slice the text that they are of", async () => {
    const value = "🚢🚢 The pier opened on Monday. Fares rose by 12.5 percent.";
    const answer = await triwire.translate({
      content: text(value, { language: "en" }),
      targetLanguage: "ko",
      options: { includeSentences: true },
    });
    const source = answer.source?.blocks[0];
    const range = answer.translation?.blocks[0]?.sentences.at(-1)?.source;
    assert.ok(source && range);
    assert.match(slice(bodyOf(source), range), /^(🚢🚢 The pier|Fares).*percent\.$/su);
    assert.deepEqual([range.end, toUtf16(bodyOf(source), range).end], [value.length - 2, value.length]);
  });

  test("summarizes in each style", async () => {
    for (const style of [SummaryStyle.HEADLINE, SummaryStyle.BULLETS, SummaryStyle.PARAGRAPH]) {
      const { summary } = await triwire.summarize({ content, options: { style, targetLanguage: "ja" } });
      assert.deepEqual([summary?.style, summary?.sourceLanguage, summary?.targetLanguage], [style, "en", "ja"]);
      assert.ok(summary?.points.every((point) => point.sourceBlockIds.every((id) => ["h", "p1", "c"].includes(id))));
    }
  });

  test("labels the blocks of a page", async () => {
    const page = readFileSync(new URL("../../../../examples/articles/scraped-page.en.txt", import.meta.url), "utf8");
    const { article: found } = await triwire.extractArticle({ content: text(page) });
    const kinds = found?.blocks.map(({ kind }) => kind) ?? [];
    assert.equal(kinds.filter((kind) => kind === BlockKind.HEADLINE).length, 1);
    assert.ok(kinds.filter((kind) => kind === BlockKind.PARAGRAPH).length >= 10);
    const fragment = html("<h1>Pier</h1><p>It <b>opened</b> &amp; closed.</p>", { cleaning: Cleaning.NONE });
    const { article: marked } = await triwire.extractArticle({ content: fragment });
    assert.deepEqual(marked?.blocks.map(bodyOf), ["Pier", "It <b>opened</b> &amp; closed."]);
    assert.equal(marked?.blocks[1]?.body.case, "inlineHtml");
  });

  test("detects languages", async () => {
    const korean = text("항만 위원회는 화요일 북쪽 부두를 다시 열기로 결정했다."); // "the council reopens the pier"
    const { languages } = await triwire.detectLanguage({ content: korean });
    assert.equal(languages[0]?.language, "ko");
  });

  test("processes an article whole, and streams the same parts", async () => {
    const request = {
      content,
      priority: Priority.INTERACTIVE,
      targetLanguages: ["ja", "ko"],
      summaries: [{ style: SummaryStyle.BULLETS }],
    };
    const whole = await triwire.processArticle(request);
    assert.deepEqual(
      whole.translations.map(({ targetLanguage }) => targetLanguage),
      ["ja", "ko"],
    );
    const cases: string[] = [];
    const blocks = new Map<string, string>();
    for await (const { part } of triwire.streamProcessArticle(request)) {
      cases.push(String(part.case));
      if (part.case === "block" && part.value.block?.block) {
        blocks.set(`${part.value.targetLanguage} ${part.value.block.block.blockId}`, bodyOf(part.value.block.block));
      }
    }
    assert.deepEqual([cases[0], cases.at(-1)], ["started", "usage"]);
    assert.deepEqual(cases.filter((name) => !["block", "started", "usage"].includes(name)).sort(), [
      "summary",
      "translation",
      "translation",
    ]);
    for (const { targetLanguage, blocks: expected } of whole.translations) {
      for (const { block } of expected) {
        assert.equal(blocks.get(`${targetLanguage} ${block?.blockId}`), block && bodyOf(block));
      }
    }
  });

  test("answers a batch item by item, and a bad one fails alone", async () => {
    async function* items() {
      for (let number = 0; number < 40; number++) {
        const body = text(`Prices rose by ${number} percent in May.`, { language: "en" });
        const targetLanguage = number === 7 ? "fr" : "ko";
        yield {
          itemId: `i${number}`,
          operation: { case: "translate" as const, value: { content: body, targetLanguage } },
        };
      }
    }
    const outcomes = new Map<string, unknown>();
    for await (const { itemId, outcome, error } of triwire.processBatch(items(), { window: 16 })) {
      assert.ok(!outcomes.has(itemId));
      outcomes.set(itemId, error ?? outcome.case);
    }
    assert.equal(outcomes.size, 40);
    const failed = outcomes.get("i7");
    assert.ok(failed instanceof LanguageUnsupportedError);
    assert.equal(failed.metadata["target"], "fr");
    assert.equal([...outcomes.values()].filter((outcome) => outcome === "translate").length, 39);
  });

  test("lists its models, over all pages, and its limits", async () => {
    const { models, limits } = await triwire.listModels({ pageSize: 1 });
    assert.deepEqual(
      models.map(({ model }) => model),
      ["tiny-chat@1", "tiny-m2m100@1"],
    );
    assert.equal(limits?.maxBlocks, 2000);
  });

  test("keeps glossaries: create, read, replace, list, use, delete", async () => {
    const terms = [{ forms: { en: "pier", ko: "부두", ja: "埠頭" } }]; // "pier" in Korean and Japanese
    const name = "glossaries/ts-house";
    const { glossary: made } = await triwire.createGlossary({
      glossaryId: "ts-house",
      glossary: { displayName: "House", terms },
    });
    assert.equal(made?.name, name);
    await assert.rejects(triwire.createGlossary({ glossaryId: "ts-house", glossary: { terms } }), GlossaryExistsError);
    const { glossary } = await triwire.getGlossary({ name });
    assert.deepEqual(glossary?.terms[0]?.forms, terms[0]?.forms);
    assert.ok(glossary);
    const { glossary: renamed } = await triwire.updateGlossary({ glossary: { ...glossary, displayName: "Desk" } });
    assert.equal(renamed?.displayName, "Desk");
    await assert.rejects(triwire.updateGlossary({ glossary }), EtagMismatchError);
    await triwire.updateGlossary({ glossary: { name: "glossaries/ts-other", terms }, allowMissing: true });
    const names: string[] = [];
    for await (const each of triwire.listGlossaries({ pageSize: 1 })) names.push(each.name);
    assert.deepEqual(names, [name, "glossaries/ts-other"]);

    const translated = await triwire.translate({ content, targetLanguage: "ko", houseStyle: { glossaries: [name] } });
    for (const { block, findings } of translated.translation?.blocks ?? []) {
      const missing = findings.filter(({ kind }) => kind === Finding_Kind.TERM_MISSING).map(({ expected }) => expected);
      assert.ok((block && bodyOf(block).includes("부두")) || missing.includes("부두"));
    }
    await triwire.deleteGlossary({ name, etag: renamed?.etag ?? "" });
    await triwire.deleteGlossary({ name: "glossaries/ts-other" });
    await assert.rejects(triwire.getGlossary({ name }), GlossaryNotFoundError);
  });

  test("names every violation of a request that is refused", async () => {
    await assert.rejects(triwire.translate({ requestId: "*" }), (error: unknown) => {
      assert.ok(error instanceof InvalidRequestError);
      assert.equal(error.code, StatusCode.INVALID_ARGUMENT);
      assert.ok(error.requestId);
      const fields = error.violations.map(({ field }) => field);
      for (const field of ["request_id", "content", "target_language"]) assert.ok(fields.includes(field), `${fields}`);
      return true;
    });
    const model = { model: "gpt-0" };
    await assert.rejects(triwire.translate({ content, targetLanguage: "ko", options: model }), ModelNotFoundError);
    const long = text("a".repeat(2 * 1024 * 1024 + 1));
    await assert.rejects(triwire.extractArticle({ content: long }), (error: unknown) => {
      return error instanceof ContentTooLargeError && error.metadata["limit"] === "max_content_bytes";
    });
  });

  const long = article({
    language: "en",
    blocks: Array.from({ length: 500 }, (_, page) => ({
      body: { case: "text" as const, value: `The council voted on Tuesday to reopen the pier. Page ${page}.` },
    })),
  });

  test("tells a deadline that passes", async () => {
    const begun = performance.now();
    await assert.rejects(
      triwire.translate({ content: long, targetLanguage: "ko" }, { timeoutMs: 300 }),
      DeadlineExceededError,
    );
    assert.ok(performance.now() - begun < 5000);
  });

  test("is told of a call that is cancelled, and stays well", async () => {
    const controller = new AbortController();
    const parts = triwire.streamProcessArticle(
      { content: long, targetLanguages: ["ko"] },
      { signal: controller.signal },
    );
    await assert.rejects(async () => {
      for await (const { part } of parts) if (part.case === "block") controller.abort(new Error("enough"));
    }, /enough/);
    const stopped = triwire.translate({ content: long, targetLanguage: "ja" }, { signal: AbortSignal.timeout(200) });
    await assert.rejects(stopped, { name: "TimeoutError" });
    const answer = await triwire.translate({ content, targetLanguage: "ko" }, { timeoutMs: 30_000 });
    assert.equal(answer.translation?.blocks.length, 3);
  });
});
