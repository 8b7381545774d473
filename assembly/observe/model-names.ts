/** What a model is called at a provider, as far as the configuration tells. */
import { ModelName } from "../config/model-mapping";
import { Route, Upstream } from "../config/route";

/** What the model becomes at this upstream: of the route's only name, else of any; null: it stays, or depends on the name. */
export function modelThere(route: Route, upstream: Upstream): ModelName | null {
  const mapping = upstream.mapping.entries.length > 0 ? upstream.mapping : upstream.provider.mapping;
  const predicates = route.predicates;
  const isOne = predicates.length == 1 && predicates[0].isExact;
  return isOne ? mapping.lookup(predicates[0].value.ptr, predicates[0].value.len) : mapping.lookup(0, 0);
}
