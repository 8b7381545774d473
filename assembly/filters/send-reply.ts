/** Sends an answer of ours to the client, with the trail where there is one. */
import { Bytes } from "../text/bytes";
import * as headerBuilder from "../http/header-builder";
import * as exchanges from "../request/exchange";
import { Outcome } from "../request/exchange";
import * as replies from "../response/replies";
import { Reply } from "../response/replies";
import * as host from "../proxywasm/host";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import * as hostNames from "./host-names";
import { addAnswerHeaders } from "./answer-headers";

/** The message stands in `replies.says`. `retryAfter` in seconds; 0: none. */
export function send(c: ClientStream, reply: Reply, retryAfter: u64): void {
  const x = exchangeOf(c);
  c.phase = Phase.Answered;
  if (x.outcome == Outcome.Open) x.outcome = Outcome.Local;
  const body = replies.finishReply(reply, x.dialect, retryAfter);
  addAnswerHeaders(x);
  host.sendLocalResponse(reply.status, hostNames.DETAILS, body, headerBuilder.end());
  exchanges.dropBody(x);
}

/** False, for who answers whether the request goes on. */
export function refuse(c: ClientStream, reply: Reply, text: Bytes): bool {
  replies.beginReply(text);
  send(c, reply, 0);
  return false;
}
