/** Gives an error that stood inside a good answer to the client, under a status: nothing of that answer has gone out. */
import { Bytes } from "../text/bytes";
import * as headerBuilder from "../http/header-builder";
import { Attempt, hasErrorInside, hideToken, verdict } from "../response/attempt-judge";
import { clientBody, clientStatus } from "../response/client-error";
import { Outcome } from "../request/exchange";
import * as host from "../proxywasm/host";
import { addAnswerHeaders } from "./answer-headers";
import * as hostNames from "./host-names";

const CONTENT_TYPE = Bytes.of("content-type");
const JSON_TYPE = Bytes.of("application/json");

/**
 * After a failure that no hop follows. False: it is none of that kind, and what was held is the client's answer. `addsTrail`: no filter
 * that comes after this one adds it.
 */
export function sendErrorInside(a: Attempt, addsTrail: bool): bool {
  const x = a.exchange;
  if (x.outcome != Outcome.Returned || !hasErrorInside(a)) return false;
  const ptr = a.validator.errorPtr;
  const len = a.validator.errorLen;
  hideToken(a, ptr, len);
  const status = clientStatus(verdict);
  const body = clientBody(x.dialect, verdict, ptr, len);
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  if (addsTrail) addAnswerHeaders(x);
  host.sendLocalResponse(status, hostNames.DETAILS, body, headerBuilder.end());
  return true;
}
