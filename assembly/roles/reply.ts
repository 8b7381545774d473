/** Sends an answer of ours to the client, with the trail where there is one. */
import { Bytes } from "../bytes/bytes";
import * as headers from "../bytes/pairs-writer";
import * as exchanges from "../exchange/exchange";
import { Outcome } from "../exchange/exchange";
import * as replies from "../exchange/replies";
import { Reply } from "../exchange/replies";
import * as host from "../proxy/host";
import { Client, Phase, exchangeOf } from "./client";
import * as names from "./names";
import { addStory } from "./story";

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
