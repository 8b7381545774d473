/** Names and values of headers that several rooms use. */
import { Bytes } from "../text/bytes";

export const CONTENT_TYPE = Bytes.of("content-type");
export const CONTENT_LENGTH = Bytes.of("content-length");
export const RETRY_AFTER = Bytes.of("retry-after");
export const JSON_TYPE = Bytes.of("application/json");
