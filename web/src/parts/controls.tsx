/** Buttons, fields and links, each once. */
import { Fragment, type ComponentChildren, type JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { go, isPaused, setPaused } from "../console-state.js";
import { t } from "../words.js";
import { Mark } from "./marks.js";

interface ButtonProps {
  kind?: "primary" | "plain" | "small" | "text";
  onClick?: () => void | Promise<void>;
  disabled?: boolean;
  type?: "button" | "submit";
  label?: string;
  children: ComponentChildren;
}

/** While what it started runs it is busy, and keeps its width. */
export function Button({ kind = "plain", onClick, disabled = false, type = "button", label, children }: ButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const click = async () => {
    if (onClick === undefined) return;
    setBusy(true);
    try {
      await onClick();
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type={type}
      class={`button ${kind}`}
      disabled={disabled || isBusy}
      aria-busy={isBusy}
      aria-label={label}
      onClick={() => void click()}
    >
      {children}
    </button>
  );
}

export function Link({ to, current, children }: { to: string; current?: boolean; children: ComponentChildren }) {
  const click = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} aria-current={current ? "page" : undefined} onClick={click}>
      {children}
    </a>
  );
}

interface FieldProps {
  label: string;
  note?: ComponentChildren;
  error?: string | undefined;
  children: (id: string, describedBy: string) => JSX.Element;
}

/** A label above, a control, and below it what it means and what is wrong. */
export function Field({ label, note, error, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, `${id}-note`)}
      {(note !== undefined || error !== undefined) && (
        <div class="note" id={`${id}-note`}>
          {error && (
            <span class="wrong block" role="alert">
              <Mark state="out" label="" /> {error}
            </span>
          )}
          {note}
        </div>
      )}
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  note?: ComponentChildren;
  error?: string | undefined;
  placeholder?: string;
  /** It is shown and cannot be changed here. */
  isFixed?: boolean;
}

export function TextField({ label, value, onInput, note, error, placeholder, isFixed }: TextFieldProps) {
  return (
    <Field label={label} note={note} error={error}>
      {(id, describedBy) => (
        <input
          id={id}
          value={value}
          placeholder={placeholder}
          readOnly={isFixed}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          autocomplete="off"
          spellcheck={false}
          onInput={event => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectFieldProps {
  label: string;
  value: string;
  options: readonly (string | { value: string; text: string })[];
  onChange: (value: string) => void;
  note?: ComponentChildren;
  error?: string | undefined;
}

export function SelectField({ label, value, options, onChange, note, error }: SelectFieldProps) {
  return (
    <Field label={label} note={note} error={error}>
      {(id, describedBy) => (
        <select
          id={id}
          value={value}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          onChange={event => onChange(event.currentTarget.value)}
        >
          {options.map(option => {
            const { value, text } = typeof option === "string" ? { value: option, text: option } : option;
            return (
              <option key={value} value={value}>
                {text}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

/** Where secrets are typed: hidden, not kept by the browser, and gone from the page once they are saved. */
export function TokenField({
  value,
  onInput,
  note,
}: {
  value: string;
  onInput: (value: string) => void;
  note: string;
}) {
  const [isShown, setShown] = useState(false);
  const id = useId();
  return (
    <div class="field">
      <div class="label-row">
        <label for={id}>{t("tokensField")}</label>
        <Button kind="text" onClick={() => setShown(!isShown)}>
          {isShown ? t("hide") : t("show")}
        </Button>
      </div>
      <textarea
        id={id}
        class={isShown ? "tokens" : "tokens hidden"}
        rows={3}
        value={value}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-describedby={`${id}-note`}
        onInput={event => onInput(event.currentTarget.value)}
      />
      <div class="note" id={`${id}-note`}>
        {note}
      </div>
    </div>
  );
}

/** A name and what is known of it, within a list of class "facts". */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A long key may break behind its points. */
export function WithBreaks({ text }: { text: string }) {
  return (
    <>
      {text.split(/(?<=\.)/).map((part, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </>
  );
}

export function Panel({
  title,
  aside,
  kind = "",
  children,
}: {
  title?: string;
  /** A further class. */
  kind?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${kind}`.trim()}>
      {title === undefined ? null : (
        <header>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** Stops everything that changes by itself, and lets it go on. */
export function PauseButton() {
  return <Button onClick={() => setPaused(!isPaused.value)}>{isPaused.value ? t("goOn") : t("pause")}</Button>;
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Button kind="small" onClick={copy}>
      {isCopied ? t("copied") : (label ?? t("copy"))}
    </Button>
  );
}
