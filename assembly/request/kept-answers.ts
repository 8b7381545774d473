import { Provider } from "../config/provider";

/** An answer about the request that is kept, in one block: its headers as the host gave them, then its body. */
@unmanaged
export class FirstAnswer {
  /** 0: there is none. */
  status: i32;
  /** The first hop of the request has said it: no switch to another upstream is the reason. */
  isOwn: bool;
  block: usize;
  headersLen: usize;
  bodyLen: usize;
}

/** Bytes of a provider's message that are kept. */
export const QUOTE_SIZE: usize = 512;

/** What a provider said, its text behind these fields. */
@unmanaged
export class Quote {
  provider: Provider;
  /** It tells of the request, and may have words of it. */
  isPrivate: bool;
  len: usize;

  get ptr(): usize {
    return changetype<usize>(this) + offsetof<Quote>();
  }
}
