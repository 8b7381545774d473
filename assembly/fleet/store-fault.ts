/** Why a gateway goes on alone, in words that say what to do. What the server says itself is not repeated: it may quote the password. */
import { Bytes } from "../text/bytes";

export enum StoreFault {
  None,
  /** Nothing has been heard yet. */
  Joining,
  NoCluster,
  Unreachable,
  BadCertificate,
  NoTls,
  Silent,
  WantsTls,
  NotRedis,
  TooLarge,
  PasswordNeeded,
  WrongPassword,
  NoPasswordWanted,
  NoPermission,
  NoScripts,
  NoDatabase,
  ReadOnly,
  Full,
  NotSaving,
  Loading,
  Busy,
  Moved,
  ClusterDown,
  Protected,
  Crowded,
  Other,
}

// prettier-ignore
const WORDS: Bytes[] = Bytes.ofAll([
  "",
  "has not answered yet",
  "has no cluster in this Envoy",
  "cannot be reached",
  "has a certificate that fleet.caFile does not vouch for, or one of another name",
  "does not speak TLS: a redis:// url is without it",
  "does not answer, wants TLS (a rediss:// url), or does not close the connection after the request (a proxy in front of it?)",
  "wants TLS: a rediss:// url is with it",
  "does not answer in Redis's protocol",
  "answers more than was asked for",
  "asks for a password: write it into fleet.url",
  "refuses the user or the password of fleet.url",
  "has no password for this user: remove it from fleet.url",
  "does not allow this user what a gateway needs (docs/fleet.md has the line)",
  "does not run scripts",
  "has no database of the number in fleet.url",
  "is a replica that takes no writes",
  "is full",
  "takes no writes, because it cannot save them",
  "is still loading its data",
  "is busy with a script",
  "is a cluster, and this endpoint does not own the fleet's keys",
  "is a cluster that is down",
  "is in protected mode: it takes only clients of its own machine",
  "has no room for another client",
  "answers with an error",
]);

export function faultWords(fault: StoreFault): Bytes {
  return unchecked(WORDS[fault]);
}

/** Between writes such a store looks well. */
export function isOfWrites(fault: StoreFault): bool {
  return fault == StoreFault.ReadOnly || fault == StoreFault.Full || fault == StoreFault.NotSaving;
}

class Sign {
  readonly text: Bytes;
  constructor(
    text: string,
    readonly fault: StoreFault,
  ) {
    this.text = Bytes.of(text);
  }
}

/** What an error contains; the first that fits counts. */
const SIGNS: Sign[] = [
  new Sign("called without any password", StoreFault.NoPasswordWanted),
  new Sign("no password is set", StoreFault.NoPasswordWanted),
  new Sign("for 'auth' command", StoreFault.WrongPassword),
  new Sign("WRONGPASS", StoreFault.WrongPassword),
  new Sign("invalid password", StoreFault.WrongPassword),
  new Sign("NOAUTH", StoreFault.PasswordNeeded),
  new Sign("unauthenticated", StoreFault.PasswordNeeded),
  new Sign("NOPERM", StoreFault.NoPermission),
  new Sign("can't run this command", StoreFault.NoPermission),
  new Sign("No permissions", StoreFault.NoPermission),
  new Sign("READONLY", StoreFault.ReadOnly),
  new Sign("OOM", StoreFault.Full),
  new Sign("MISCONF", StoreFault.NotSaving),
  new Sign("NOREPLICAS", StoreFault.NotSaving),
  new Sign("LOADING", StoreFault.Loading),
  new Sign("MASTERDOWN", StoreFault.ReadOnly),
  new Sign("BUSY", StoreFault.Busy),
  new Sign("MOVED", StoreFault.Moved),
  new Sign("ASK ", StoreFault.Moved),
  new Sign("TRYAGAIN", StoreFault.Moved),
  new Sign("CROSSSLOT", StoreFault.Moved),
  new Sign("CLUSTERDOWN", StoreFault.ClusterDown),
  new Sign("DENIED", StoreFault.Protected),
  new Sign("max number of clients", StoreFault.Crowded),
  new Sign("Protocol error", StoreFault.NotRedis),
  new Sign("DB index", StoreFault.NoDatabase),
  new Sign("SELECT is not allowed", StoreFault.NoDatabase),
  new Sign("unknown command", StoreFault.NoScripts),
  new Sign("unsupported command", StoreFault.NoScripts),
];

/** What Envoy says where there is no connection. */
const CONNECTION_SIGNS: Sign[] = [
  new Sign("CERTIFICATE_VERIFY_FAILED", StoreFault.BadCertificate),
  new Sign("verify SAN list", StoreFault.BadCertificate),
  new Sign("TLS", StoreFault.NoTls),
];

/** Of an error of the store. */
export function faultOf(ptr: usize, len: usize): StoreFault {
  return find(SIGNS, ptr, len, StoreFault.Other);
}

export function faultOfConnection(ptr: usize, len: usize): StoreFault {
  return find(CONNECTION_SIGNS, ptr, len, StoreFault.Unreachable);
}

/** Of what is no answer of a Redis: a server that takes our first bytes for a TLS handshake ends it with an alert. */
export function faultOfBytes(ptr: usize, len: usize): StoreFault {
  return len >= 2 && load<u8>(ptr) == TLS_ALERT && load<u8>(ptr, 1) == TLS_VERSION
    ? StoreFault.WantsTls
    : StoreFault.NotRedis;
}

const TLS_ALERT: u8 = 0x15;
const TLS_VERSION: u8 = 0x03;

function find(signs: Sign[], ptr: usize, len: usize, other: StoreFault): StoreFault {
  for (let i = 0, k = signs.length; i < k; i++) {
    const sign = unchecked(signs[i]);
    for (let at: usize = 0; at + sign.text.len <= len; at++)
      if (memory.compare(ptr + at, sign.text.ptr, sign.text.len) == 0) return sign.fault;
  }
  return other;
}
