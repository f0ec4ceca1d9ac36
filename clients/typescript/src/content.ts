/** Shorter ways to write the content of a request. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { type ArticleSchema, type Cleaning, type Content, ContentSchema } from "./gen/triwire/v1/article_pb.js";

/** How raw text or HTML is read; what is left away is the contract's default. */
export interface Reading {
  /** Language of the content; by default it is detected. */
  readonly language?: string;
  /** Whether boilerplate is looked for. */
  readonly cleaning?: Cleaning;
}

/** Plain text; blank lines separate blocks. */
export function text(value: string, reading: Reading = {}): Content {
  return create(ContentSchema, { kind: { case: "text", value }, ...reading });
}

/** An HTML page or fragment. */
export function html(value: string, reading: Reading = {}): Content {
  return create(ContentSchema, { kind: { case: "html", value }, ...reading });
}

/** Blocks that already have kinds, as a CMS holds them. */
export function article(value: MessageInitShape<typeof ArticleSchema>): Content {
  return create(ContentSchema, { kind: { case: "article", value } });
}
