import { readPresets, type Preset } from "../../assembly/config/presets.js";

export type { Preset } from "../../assembly/config/presets.js";

/** The module's own table of provider types, by name. */
export const presets: ReadonlyMap<string, Preset> = new Map(readPresets().map(preset => [preset.type, preset]));
