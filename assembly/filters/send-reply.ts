/** Sends an answer of ours to the client, with the trail where there is one. */
import { Bytes } from "../text/bytes";
import * as headers from "../http/header-builder";
import * as exchanges from "../request/exchange";
import { Outcome } from "../request/exchange";
import * as replies from "../response/replies";
import { Reply } from "../response/replies";
import * as host from "../proxywasm/host";
import { Client, Phase, exchangeOf } from "./client-stream";
import * as names from "./host-names";
import { addStory } from "./answer-headers";

/** The message stands in `replies.says`. `retryAfter` in seconds; 0: none. */
export function send(c: Client, reply: Reply, retryAfter: u64): void {
  const x = exchangeOf(c);
  c.phase = Phase.Answered;
  if (x.outcome == Outcome.Open) x.outcome = Outcome.Local;
  replies.finish(reply, x.dialect, retryAfter);
  addStory(x);
  headers.end();
  host.sendLocalResponse(reply.status, names.DETAILS, replies.ptr, replies.len, headers.ptr, headers.len);
  exchanges.dropBody(x);
}

/** False, for who answers whether the request goes on. */
export function refuse(c: Client, reply: Reply, text: Bytes): bool {
  replies.begin(text);
  send(c, reply, 0);
  return false;
}
