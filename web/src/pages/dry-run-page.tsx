/** What would happen to a request now: nothing is sent, and it costs nothing. */
import { query } from "../console-state.js";
import { DryRun } from "../parts/dry-run.js";
import { exampleModels } from "../route-fields.js";
import { state } from "../console-state.js";
import { t } from "../words.js";

export function DryRunPage() {
  const models = exampleModels(state.value!.config);
  return (
    <>
      <h1>{t("dryRun")}</h1>
      <p class="note">{t("dryRunText")}</p>
      <DryRun model={query.value.get("model") || models[0] || ""} models={models} />
    </>
  );
}
