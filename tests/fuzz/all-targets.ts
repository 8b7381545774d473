/** Every parser that takes bytes from outside. */
import type { Target } from "./fuzz-target.js";
import { blameless } from "./targets/blameless.js";
import { configuration } from "./targets/configuration.js";
import { errorAnswer } from "./targets/error-answer.js";
import { eventStream } from "./targets/event-stream.js";
import { exchange } from "./targets/whole-exchange.js";
import { form } from "./targets/form.js";
import { headerList } from "./targets/heads.js";
import { requestBody } from "./targets/chat-body.js";
import { retryAfter } from "./targets/asked-wait.js";
import { sharedData } from "./targets/shared-data.js";
import { storeAnswer } from "./targets/store-answer.js";

export const TARGETS: Target[] = [
  ...[requestBody, form, headerList, eventStream, errorAnswer, retryAfter],
  ...[configuration, sharedData, storeAnswer, exchange, blameless],
];
