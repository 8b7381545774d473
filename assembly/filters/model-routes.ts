/** Which models are served: the route of one, and what is told of all. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { SiteConfig, Route } from "../config/plugin";
import * as exchanges from "../request/exchange";
import { Exchange, configOf } from "../request/exchange";
import { RequestHead } from "../request/request-head";
import { pathLength } from "../request/request-path";
import * as replies from "../response/replies";
import * as host from "../proxywasm/host";
import { ClientStream, Phase } from "./client-stream";
import * as hostNames from "./host-names";
import * as sendReply from "./send-reply";

const CONTENT_TYPE = Bytes.of("content-type");
const GET = Bytes.of("GET");
const MODELS_PATH = Bytes.of("/v1/models");
const JSON_TYPE = Bytes.of("application/json");
const COMMA = Bytes.of(", ");
const SAY_UNKNOWN_MODEL = Bytes.of("No route serves the model ");
const SAY_NO_MODEL = Bytes.of("The request names no model, and no route serves requests without one");
const SAY_SERVED = Bytes.of("; served are: ");

export function routeFor(x: Exchange): Route | null {
  const routes = configOf(x).routes;
  const model = exchanges.modelOf(x);
  for (let i = 0, k = routes.length; i < k; i++) {
    const route = unchecked(routes[i]);
    // Without a model only a route for everything fits: a prefix cannot.
    if (x.modelLen > 0 || route.predicates.length == 0) if (route.serves(model, x.modelLen)) return route;
  }
  return null;
}

export function refuse(c: ClientStream, x: Exchange): bool {
  replies.beginReply(x.modelLen > 0 ? SAY_UNKNOWN_MODEL : SAY_NO_MODEL);
  if (x.modelLen > 0) {
    replies.message.byte(0x27);
    replies.message.raw(exchanges.modelOf(x), x.modelLen);
    replies.message.byte(0x27);
  }
  replies.message.text(SAY_SERVED);
  sayServed(configOf(x));
  sendReply.send(c, replies.UNKNOWN_MODEL, 0);
  return false;
}

/** "qwen-*, deepseek-v4-flash" */
function sayServed(config: SiteConfig): void {
  let first = true;
  for (let i = 0, k = config.routes.length; i < k; i++) {
    const predicates = config.routes[i].predicates;
    for (let j = 0, n = predicates.length; j < n; j++) {
      if (!first) replies.message.text(COMMA);
      first = false;
      replies.message.text(predicates[j].value);
      if (!predicates[j].exact) replies.message.byte(0x2a);
    }
  }
}

/** Whether a request asks for the list of models, wherever this gateway's API is. */
export function isListRequest(head: RequestHead): bool {
  const size = pathLength(head.path.ptr, head.path.len);
  if (size < MODELS_PATH.len || !head.method.is(GET)) return false;
  return MODELS_PATH.equals(head.path.ptr + size - MODELS_PATH.len, MODELS_PATH.len);
}

const models = new Span();

export function sendList(c: ClientStream, config: SiteConfig): bool {
  c.phase = Phase.Answered;
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  host.sendLocalResponse(200, hostNames.DETAILS, models.set(config.models.ptr, config.models.len), headerBuilder.end());
  return false;
}
