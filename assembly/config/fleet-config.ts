import { Bytes } from "../text/bytes";

/** The store through which gateways share health. */
export class FleetConfig {
  name!: Bytes;
  /** The Envoy cluster of the store. */
  cluster!: Bytes;
  /** Empty: the server's default user. */
  user: Bytes = Bytes.of("");
  /** Empty: the server asks for none. */
  password: Bytes = Bytes.of("");
  database: i32 = 0;
  interval: i32 = 1000;
  startTimeout: i32 = 1000;
  // Keys derived from the fleet's name and secret: the same at all members.
  nameKey0: u64 = 0;
  nameKey1: u64 = 0;
  signKey0: u64 = 0;
  signKey1: u64 = 0;
  /** Marks this fleet's entries in shared data: 16 hex digits. */
  tag: string = "";
}
