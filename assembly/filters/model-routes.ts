/** Which models are served: the route of one, and what is told of all. */
import { Bytes } from "../text/bytes";
import * as headers from "../http/header-builder";
import { Config, Route } from "../config/plugin";
import * as exchanges from "../request/exchange";
import { Exchange, configOf } from "../request/exchange";
import * as head from "../request/request-head";
import * as replies from "../response/replies";
import * as host from "../proxywasm/host";
import { Client, Phase } from "./client-stream";
import * as names from "./host-names";
import * as reply from "./send-reply";

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

export function refuse(c: Client, x: Exchange): bool {
  replies.begin(x.modelLen > 0 ? SAY_UNKNOWN_MODEL : SAY_NO_MODEL);
  if (x.modelLen > 0) {
    replies.says.byte(0x27);
    replies.says.raw(exchanges.modelOf(x), x.modelLen);
    replies.says.byte(0x27);
  }
  replies.says.text(SAY_SERVED);
  sayServed(configOf(x));
  reply.send(c, replies.UNKNOWN_MODEL, 0);
  return false;
}

/** "qwen-*, deepseek-chat" */
function sayServed(config: Config): void {
  let first = true;
  for (let i = 0, k = config.routes.length; i < k; i++) {
    const predicates = config.routes[i].predicates;
    for (let j = 0, n = predicates.length; j < n; j++) {
      if (!first) replies.says.text(COMMA);
      first = false;
      replies.says.text(predicates[j].value);
      if (!predicates[j].exact) replies.says.byte(0x2a);
    }
  }
}

/** Whether the headers that `head` has read ask for the list of models, wherever this gateway's API is. */
export function areAsked(): bool {
  const size = head.querySplit(head.path.ptr, head.path.len);
  if (size < MODELS_PATH.len || !head.method.is(GET)) return false;
  return MODELS_PATH.equals(head.path.ptr + size - MODELS_PATH.len, MODELS_PATH.len);
}

export function sendList(c: Client, config: Config): bool {
  c.phase = Phase.Answered;
  headers.begin();
  headers.put(CONTENT_TYPE, JSON_TYPE);
  headers.end();
  host.sendLocalResponse(200, names.DETAILS, config.models.ptr, config.models.len, headers.ptr, headers.len);
  return false;
}
