/** The body of `POST /explain`: a request that is not sent. docs/status.md explains the fields. */
import { lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import * as headerBuilder from "../http/header-builder";
import { CONTENT_LENGTH, CONTENT_TYPE, JSON_TYPE } from "../http/header-names";
import { parseDecimal } from "../http/durations";
import { Kind, check } from "../json/lexer";
import { ObjectMembers } from "../json/object-members";
import { Status } from "../json/syntax-error";
import { unescape } from "../json/unescape";
import * as hostNames from "./host-names";

class Field {
  readonly name: Bytes;
  kind: Kind = Kind.Absent;
  /** A text is decoded; anything else is as it stands. */
  readonly value: Span = new Span();

  constructor(
    name: string,
    /** `Kind.Absent`: any. */
    readonly wanted: Kind,
  ) {
    this.name = Bytes.of(name);
  }
}

const MODEL = new Field("model", Kind.String);
const BODY = new Field("body", Kind.Absent);
const PATH = new Field("path", Kind.String);
const METHOD = new Field("method", Kind.String);
const HEADERS = new Field("headers", Kind.Object);
const HOST = new Field("host", Kind.String);
const ROUTE = new Field("route", Kind.String);
const SERVICE = new Field("service", Kind.String);
const SITE = new Field("site", Kind.Number);
const CONFIG = new Field("config", Kind.Object);
const FIELDS: Field[] = [MODEL, BODY, PATH, METHOD, HEADERS, HOST, ROUTE, SERVICE, SITE, CONFIG];

export enum ExplainFault {
  None,
  NotJson,
  /** One that is unknown, of another kind, or does not go with another. */
  Field,
}

const METHOD_NAME = Bytes.of(":method");
const AUTHORITY_NAME = Bytes.of("host");
const GET = Bytes.of("GET");
const POST = Bytes.of("POST");
const CHAT = Bytes.of("/v1/chat/completions");
const MODEL_START = Bytes.of('{"model":');
const MODEL_END = Bytes.of("}");

/** What was asked, valid until `drop`. One at a time. */
export class ExplainRequest {
  readonly body: Span = new Span();
  /** In the host's layout, valid until the next set of headers is built. */
  readonly headers: Span = new Span();
  /** By which a rule of Higress is found. */
  readonly route: Span = ROUTE.value;
  readonly service: Span = SERVICE.value;
  /** As `/status` counts them; -1: found by the rules. */
  site: i64 = -1;
  /** A configuration to explain it by; length 0: the one that runs. */
  readonly config: Span = CONFIG.value;
  /** Texts, decoded: together no longer than what they come from. */
  private room: usize = 0;
  private used: usize = 0;
  private readonly written: Writer = new Writer();

  read(text: Span): ExplainFault {
    for (let i = 0, k = FIELDS.length; i < k; i++) {
      unchecked(FIELDS[i]).kind = Kind.Absent;
      unchecked(FIELDS[i]).value.set(0, 0);
    }
    if (check(text.ptr, text.len) != Status.Ok || !members.start(text.ptr, text.len)) return ExplainFault.NotJson;
    this.room = heap.alloc(text.len);
    this.used = 0;
    this.written.intoOwn(256);
    while (members.next()) if (!this.take(members)) return ExplainFault.Field;
    this.site = SITE.kind == Kind.Absent ? -1 : parseDecimal(SITE.value.ptr, SITE.value.len);
    if (SITE.kind != Kind.Absent && this.site < 0) return ExplainFault.Field;
    // A whole body says its model itself.
    if (MODEL.kind != Kind.Absent && BODY.kind != Kind.Absent) return ExplainFault.Field;
    this.makeBody();
    return this.makeHeaders() ? ExplainFault.None : ExplainFault.Field;
  }

  drop(): void {
    if (this.room == 0) return;
    heap.free(this.room);
    this.room = 0;
    this.written.drop();
  }

  private take(member: ObjectMembers): bool {
    const kind = member.kind;
    if (kind == Kind.Null) return true;
    for (let i = 0, k = FIELDS.length; i < k; i++) {
      const field = unchecked(FIELDS[i]);
      if (!member.isNamed(field.name)) continue;
      if (field.wanted != Kind.Absent && field.wanted != kind) return false;
      field.kind = kind;
      field.value.set(member.value, member.valueLen);
      if (kind == Kind.String) this.decode(field.value);
      return true;
    }
    return false;
  }

  /** Replaces a string by what it says. */
  private decode(text: Span): void {
    const to = this.room + this.used;
    const size = unescape(text.ptr + 1, text.len - 2, to);
    this.used += size;
    text.set(to, size);
  }

  private makeBody(): void {
    if (MODEL.kind == Kind.Absent) {
      this.body.set(BODY.value.ptr, BODY.value.len);
      return;
    }
    const body = this.written;
    body.text(MODEL_START);
    body.jsonString(MODEL.value.ptr, MODEL.value.len);
    body.text(MODEL_END);
    this.body.set(body.ptr, body.len);
  }

  /** As a client would send them. */
  private makeHeaders(): bool {
    const size = this.body.len;
    headerBuilder.begin();
    putOr(METHOD_NAME, METHOD, size > 0 ? POST : GET);
    putOr(hostNames.PATH, PATH, CHAT);
    if (HOST.kind != Kind.Absent) putOr(hostNames.AUTHORITY, HOST, GET);
    let hasType = false;
    let hasLength = false;
    if (HEADERS.kind != Kind.Absent) {
      if (!headers.start(HEADERS.value.ptr, HEADERS.value.len)) return false;
      while (headers.next()) {
        if (headers.kind != Kind.String) return false;
        name.set(headers.key - 1, headers.keyLen + 2);
        value.set(headers.value, headers.valueLen);
        this.decode(name);
        this.decode(value);
        for (let i: usize = 0; i < name.len; i++) store<u8>(name.ptr + i, lowerCase(load<u8>(name.ptr + i)));
        if (name.is(AUTHORITY_NAME)) name.set(hostNames.AUTHORITY.ptr, hostNames.AUTHORITY.len);
        if (name.is(CONTENT_TYPE)) hasType = true;
        if (name.is(CONTENT_LENGTH)) hasLength = true;
        headerBuilder.add(name.ptr, name.len, value.ptr, value.len);
      }
    }
    if (size > 0 && !hasType) headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
    if (size > 0 && !hasLength) {
      number.into(numberRoom, DIGITS).decimal(size);
      headerBuilder.add(CONTENT_LENGTH.ptr, CONTENT_LENGTH.len, number.ptr, number.len);
    }
    const list = headerBuilder.end();
    this.headers.set(list.ptr, list.len);
    return true;
  }
}

const members = new ObjectMembers();
const headers = new ObjectMembers();
const name = new Span();
const value = new Span();
const DIGITS: usize = 20;
const numberRoom: usize = memory.data(20);
const number = new Writer();

function putOr(header: Bytes, field: Field, byDefault: Bytes): void {
  if (field.kind == Kind.Absent) headerBuilder.put(header, byDefault);
  else headerBuilder.add(header.ptr, header.len, field.value.ptr, field.value.len);
}
