/** Providers that ai-proxy can serve and this module cannot: it neither translates between APIs nor signs requests. */
import { isIdle } from "./console-route";
import { Fields } from "./fields";
import { addPartialMistake } from "./mistakes";
import { Preset } from "./presets";

/** Keys that sign each request, or each token. */
const SIGNING: string[] = ["awsAccessKey", "vertexAuthKey", "hunyuanAuthKey"];
const WHERE: string[] = ["url", "vertexProjectId", "providerDomain"];

/** Whether it is one; it is told then, and only what it concerns is refused. */
export function isUntranslated(fields: Fields, preset: Preset): bool {
  if (preset.type == "minimax" && fields.text("minimaxApiType", "v2") == "pro")
    return tell(fields, "minimaxApiType", '"pro", an API of MiniMax\'s own', '"v2", which is OpenAI\'s');
  const hasToken = !isIdle(fields.value.get("apiTokens"));
  for (let i = 0; i < SIGNING.length; i++)
    if (!hasToken && !isIdle(fields.value.get(SIGNING[i])))
      return tell(
        fields,
        SIGNING[i],
        "a key that signs, which this module does not do",
        "apiTokens with what it may send",
      );
  if (preset.type == "vertex" && !hasAny(fields, WHERE))
    return tell(
      fields,
      "vertexProjectId",
      "nothing: in its Express Mode Vertex speaks an API of its own",
      "vertexRegion and vertexProjectId, with an access token; or type gemini, with a key of its own",
    );
  return false;
}

function hasAny(fields: Fields, names: string[]): bool {
  for (let i = 0; i < names.length; i++) if (!isIdle(fields.value.get(names[i]))) return true;
  return false;
}

function tell(fields: Fields, field: string, found: string, allowed: string): bool {
  addPartialMistake(fields.pathOf(field), found, allowed);
  return true;
}
