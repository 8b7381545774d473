import { t } from "../words.js";

export function RequestsPage() {
  return <h1>{t("requests")}</h1>;
}
