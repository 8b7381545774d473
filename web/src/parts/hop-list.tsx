/** Hops in their order, which is changed by dragging, by keys and by buttons. */
import { useEffect, useRef, useState } from "preact/hooks";
import { furtherMappings, type ChainHop } from "../route-fields.js";
import { t } from "../words.js";
import { Button } from "./controls.js";

interface HopListProps {
  hops: readonly ChainHop[];
  kind: ChainHop["kind"];
  providers: readonly string[];
  /** What a new hop asks. */
  spare: string;
  onChange: (hops: ChainHop[]) => void;
}

export function HopList({ hops, kind, providers, spare, onChange }: HopListProps) {
  const [spoken, setSpoken] = useState("");
  const [dragged, setDragged] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  // The focus goes with the hop that was moved by a key.
  const [movedTo, setMovedTo] = useState<number | null>(null);
  useEffect(() => {
    if (movedTo === null) return;
    const row = list.current?.children[movedTo];
    if (!row?.contains(document.activeElement)) row?.querySelector("select")?.focus();
    setMovedTo(null);
  }, [movedTo]);

  const move = (from: number, to: number) => {
    if (from === to || to < 0 || to >= hops.length) return;
    const hop = hops[from]!;
    onChange(hops.toSpliced(from, 1).toSpliced(to, 0, hop));
    setMovedTo(to);
    setSpoken(t("moved", { name: hop.provider, position: to + 1 }));
  };
  const hasWeight = kind === "upstream" && hops.length > 1;

  return (
    <>
      <ol class="hops" ref={list}>
        {hops.map((hop, i) => (
          <li
            key={i}
            class={dragged === i ? "dragged" : ""}
            onDragOver={event => dragged !== null && event.preventDefault()}
            onDrop={event => {
              event.preventDefault();
              if (dragged !== null) move(dragged, i);
              setDragged(null);
            }}
            onKeyDown={event => {
              if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
              event.preventDefault();
              move(i, event.key === "ArrowUp" ? i - 1 : i + 1);
            }}
          >
            <span
              class="grip"
              aria-hidden="true"
              draggable={hops.length > 1}
              onDragStart={event => {
                setDragged(i);
                event.dataTransfer?.setData("text/plain", String(i));
                event.dataTransfer?.setDragImage(event.currentTarget.parentElement!, 12, 20);
              }}
              onDragEnd={() => setDragged(null)}
            >
              {hops.length > 1 && (
                <svg viewBox="0 0 8 14">
                  <path d="M1 2h2v2H1zM5 2h2v2H5zM1 6h2v2H1zM5 6h2v2H5zM1 10h2v2H1zM5 10h2v2H5z" fill="currentColor" />
                </svg>
              )}
              {i + 1}
            </span>
            <HopRow
              hop={hop}
              hasWeight={hasWeight}
              providers={providers}
              onChange={next => onChange(hops.with(i, next))}
            />
            <span class="hop-buttons">
              {hops.length > 1 && (
                <>
                  <Button kind="small" label={t("moveUp")} disabled={i === 0} onClick={() => move(i, i - 1)}>
                    ↑
                  </Button>
                  <Button
                    kind="small"
                    label={t("moveDown")}
                    disabled={i === hops.length - 1}
                    onClick={() => move(i, i + 1)}
                  >
                    ↓
                  </Button>
                </>
              )}
              {(kind === "fallback" || hops.length > 1) && (
                <Button kind="small" label={t("remove")} onClick={() => onChange(hops.toSpliced(i, 1))}>
                  ×
                </Button>
              )}
            </span>
          </li>
        ))}
      </ol>
      <div class="actions">
        <Button
          kind="small"
          onClick={() => onChange([...hops, { provider: spare, model: "", weight: "", kind, isNew: true }])}
        >
          + {t("add")}
        </Button>
        {hops.length > 1 && (
          <span class="note">
            {t("dragOr")} <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd>
          </span>
        )}
      </div>
      <div class="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}

interface HopRowProps {
  hop: ChainHop;
  hasWeight: boolean;
  providers: readonly string[];
  onChange: (hop: ChainHop) => void;
}

function HopRow({ hop, hasWeight, providers, onChange }: HopRowProps) {
  const further = furtherMappings(hop);
  // One that the file names and does not have is shown as it is: the check says what is wrong with it.
  const choices = providers.includes(hop.provider) ? providers : [hop.provider, ...providers];
  return (
    <div class={hasWeight ? "hop weighted" : "hop"}>
      <select
        aria-label={t("provider")}
        value={hop.provider}
        onChange={event => onChange({ ...hop, provider: event.currentTarget.value })}
      >
        {choices.map(id => (
          <option key={id}>{id}</option>
        ))}
      </select>
      <input
        aria-label={t("modelThere")}
        value={hop.model}
        placeholder={t("sameModel")}
        spellcheck={false}
        onInput={event => onChange({ ...hop, model: event.currentTarget.value })}
      />
      {hasWeight && (
        <input
          aria-label={t("weight")}
          value={hop.weight}
          placeholder="100"
          inputMode="numeric"
          onInput={event => onChange({ ...hop, weight: event.currentTarget.value })}
        />
      )}
      {further > 0 && <span class="note">{t("furtherNames", { n: further })}</span>}
    </div>
  );
}
