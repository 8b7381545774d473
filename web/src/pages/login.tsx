import { useState } from "preact/hooks";
import { ApiError, ask } from "../console-api.js";
import { connect } from "../console-state.js";
import { Button, Field, Panel } from "../parts/controls.js";
import { timeText } from "../times.js";
import { t } from "../words.js";

export function LoginPage() {
  const [password, setPassword] = useState("");
  const [error, setError] = useState("");
  const logIn = async () => {
    try {
      await ask("login", { password });
      await connect();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      const { retryInMs, triesLeft } = problem.body;
      setError(
        retryInMs !== undefined
          ? t("waitForTry", { time: timeText(retryInMs) })
          : triesLeft !== undefined
            ? t("wrongPassword", { n: triesLeft })
            : problem.message,
      );
    }
  };
  return (
    <main class="page narrow">
      <h1>ai-failover</h1>
      <Panel>
        <form
          class="body"
          onSubmit={event => {
            event.preventDefault();
            void logIn();
          }}
        >
          <Field label={t("password")} error={error}>
            {(id, describedBy) => (
              <input
                id={id}
                type="password"
                autocomplete="current-password"
                aria-describedby={describedBy}
                value={password}
                onInput={event => setPassword(event.currentTarget.value)}
              />
            )}
          </Field>
          <Button kind="primary" type="submit">
            {t("logIn")}
          </Button>
        </form>
      </Panel>
    </main>
  );
}
