import { t } from "../words.js";

export function DryRunPage() {
  return <h1>{t("dryRun")}</h1>;
}
