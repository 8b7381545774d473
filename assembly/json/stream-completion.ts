/** Makes a whole of a JSON object that was cut. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { JsonReader } from "./stream-reader";
import { Step } from "./grammar";
import { Writer } from "../text/writer";

const NULL_VALUE = Bytes.of("null");
const ANY_MEMBER = Bytes.of('"":null');

/** For an open object: writes what makes everything in it whole, and leaves it open for one more member. */
export function complete(json: JsonReader, out: Writer): void {
  switch (json.step) {
    case Step.Value:
      out.text(NULL_VALUE);
      break;
    case Step.NextKey:
      out.text(ANY_MEMBER);
      break;
    case Step.Escape:
      out.byte(Char.Backslash);
      break;
    case Step.Hex:
      for (let i: u8 = 0; i < json.digits; i++) out.byte(Char.Zero);
      break;
    case Step.Minus:
    case Step.Point:
    case Step.Exponent:
    case Step.Sign:
      out.byte(Char.Zero);
      break;
    case Step.Word:
      for (let rest = json.word; rest != 0; rest >>= 8) out.byte(rest & 0xff);
  }
  if (json.isInText) out.byte(Char.Quote);
  if (json.isKey || json.step == Step.Colon) {
    out.byte(Char.Colon);
    out.text(NULL_VALUE);
  }
  for (let i = json.depth - 1; i > 0; i--) out.byte(json.isObject(i) ? Char.CloseBrace : Char.CloseBracket);
  if (json.depth > 1 || json.step != Step.FirstKey) out.byte(Char.Comma);
}
