/** The member `history` of `GET /status`: the last updates of breakers. */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { Cause, causeName } from "../health/verdict";
import { BreakerHistory, CHANGE_OF_API, CHANGE_ORDERED, keyOf } from "./breaker-history";
import { age, writeRequest } from "./breaker-report";
import { BreakerWord, wordName } from "./breaker-word";
import { StatusSite } from "./status-site";

const HISTORY = Bytes.of("history");
const STATE = Bytes.of("state");
const MODEL = Bytes.of("model");
const CAUSE = Bytes.of("cause");
const WORDS = Bytes.of("words");
const REQUEST = Bytes.of("request");
const PROVIDER = Bytes.of("provider");
const TOKEN = Bytes.of("token");
const AGO = Bytes.of("agoMs");
const SITE = Bytes.of("site");
const BY = Bytes.of("by");
const API = Bytes.of("api");
const ORDER = Bytes.of("order");

/** After `history.read`. */
export function writeHistory(json: JsonWriter, sites: StatusSite[], history: BreakerHistory, now: u64): void {
  json.key(HISTORY).openArray();
  for (let i = 0, k = history.count; i < k; i++) {
    const change = history.at(i);
    json.openObject();
    json.key(AGO).number(age(change.at, now));
    json.key(SITE).number(siteOf(sites, change.provider));
    json.key(PROVIDER).string(change.id, change.idLen);
    json.key(TOKEN).string(change.label, change.labelLen);
    json.key(MODEL).string(change.name, (change.flags & CHANGE_OF_API) == 0 ? change.nameLen : 0);
    json.key(API).string(change.name, (change.flags & CHANGE_OF_API) != 0 ? change.nameLen : 0);
    json.key(STATE).text(wordName(<BreakerWord>change.word));
    json.key(CAUSE).text((change.flags & CHANGE_ORDERED) != 0 ? ORDER : causeName(<Cause>change.cause));
    json.key(WORDS).string(change.words, change.wordsLen);
    json.key(REQUEST);
    writeRequest(json, change);
    json.key(BY).string(change.by, change.byLen);
    json.closeObject();
  }
  json.closeArray();
}

/** -1: none of them has this provider any more. */
function siteOf(sites: StatusSite[], provider: u64): i64 {
  for (let i = 0, k = sites.length; i < k; i++) {
    const providers = sites[i].config.providers;
    for (let j = 0, n = providers.length; j < n; j++) if (keyOf(providers[j]) == provider) return i;
  }
  return -1;
}
