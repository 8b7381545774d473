/** Buttons, fields and links, each once. */
import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { go } from "../console-state.js";
import { t } from "../words.js";

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
  error?: string;
  children: (id: string, describedBy: string) => JSX.Element;
}

/** A label above, a control, and below it what it means or what is wrong: the room for that is always kept. */
export function Field({ label, note, error, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, `${id}-note`)}
      <div class={error ? "note wrong" : "note"} id={`${id}-note`} role={error ? "alert" : undefined}>
        {error || note}
      </div>
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  note?: ComponentChildren;
  error?: string;
  placeholder?: string;
}

export function TextField({ label, value, onInput, note, error, placeholder }: TextFieldProps) {
  return (
    <Field label={label} note={note} error={error}>
      {(id, describedBy) => (
        <input
          id={id}
          value={value}
          placeholder={placeholder}
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
}

export function SelectField({ label, value, options, onChange, note }: SelectFieldProps) {
  return (
    <Field label={label} note={note}>
      {(id, describedBy) => (
        <select
          id={id}
          value={value}
          aria-describedby={describedBy}
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

export function Panel({
  title,
  aside,
  children,
}: {
  title?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel">
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
