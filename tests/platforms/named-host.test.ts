import { onEveryEnvoy } from "./every-envoy.js";
import { ownEnvoyWithParts, startOwnEnvoy } from "./start-own-envoy.js";

onEveryEnvoy("parts under a host of a name", envoyVersion => ({
  resources: (config, port, shop) => ownEnvoyWithParts(config, envoyVersion, port, shop),
  start: (port, resources) => startOwnEnvoy(envoyVersion, port, resources),
}));
