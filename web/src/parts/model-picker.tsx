/** The model of a request: one of the names that the routes serve, or any other. */
import { t } from "../words.js";
import { TextField } from "./controls.js";

interface Props {
  models: readonly string[];
  value: string;
  onPick: (model: string) => void;
}

export function ModelPicker({ models, value, onPick }: Props) {
  return (
    <>
      <div class="chips">
        {models.map(name => (
          <button type="button" class="chip" key={name} aria-pressed={name === value} onClick={() => onPick(name)}>
            {name}
          </button>
        ))}
      </div>
      <TextField label={t("model")} value={value} onInput={onPick} />
    </>
  );
}
