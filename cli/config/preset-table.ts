import { PRESETS, type Preset } from "../../assembly/config/presets.js";

export type { Preset } from "../../assembly/config/presets.js";

/** The module's own table of provider types, by name. */
export const presets: ReadonlyMap<string, Preset> = new Map(PRESETS.map(preset => [preset.type, preset]));
